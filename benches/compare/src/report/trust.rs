//! `trust.md`: whether the instrument measures right, by contestants whose weight is known.
//!
//! See [`crate::controls`] for who they are.

use super::format::{self, NONE};
use super::memory::section;
use super::page_head;
use super::table::{Align, Table};
use crate::controls::{again_of, held_bytes};
use crate::fit::{
    self, Estimate, Figure, Fit, Reading, Series, fit, is_control, readings, series, task_counts,
};
use record::Record;

/// By how many bytes the slope of what holds little may be off.
const BYTES_BAR: f64 = 2.0;

/// Up to how many bytes held that bar is the one that counts.
const LITTLE: u64 = 64;

/// By what part of itself the slope of what holds more may be off.
const PART_BAR: f64 = 0.01;

/// The widest interval of the ratio of a contestant to itself, on either side and as a part of it.
const AGAIN_MEMORY_BAR: f64 = 0.03;
const AGAIN_CPU_BAR: f64 = 0.10;

/// What counts as 1.00: what is shown so.
const EVEN: f64 = 0.005;

/// The whole page.
pub(super) fn page(record: &Record) -> String {
    let mut text = page_head(
        record,
        "Can these figures be trusted?",
        &[
            "Controls are contestants whose weight is known before they are weighed: the harness".into(),
            "alone, the harness with so many bytes held for each task, and a contestant under another".into(),
            "label. They run among the others in every run and take no part in the comparison.".into(),
        ],
    );
    section(&mut text, "What is held is what is measured", &held_table(record));
    text.push_str(&format!(
        "\nThe slope must be the bytes held: within {} B up to {} B, and within {} % above. The bar is\n\
         met where the whole interval lies within it, missed where the whole interval lies outside.\n\
         The full bill has 8 B of page table for each page held, which is a part of that.\n",
        format::number(BYTES_BAR, 0),
        format::count(LITTLE),
        format::number(PART_BAR * 100.0, 0)
    ));
    section(&mut text, "What the harness itself costs", &harness_table(record));
    text.push_str(
        "\nSlopes of the control that holds nothing: what signing in, waking and signing out of the\n\
         ledger adds to every task of every contestant. In comparisons it is on both sides.\n",
    );
    section(&mut text, "A contestant against itself", &again_table(record));
    text.push_str(&format!(
        "\nSlopes over the task counts that both have. The interval of the ratio must contain 1.00, to\n\
         the digits shown, and be no wider than ± {} % for memory and ± {} % for CPU. Of intervals\n\
         that hold {} %, one in twenty leaves out what is true.\n",
        format::number(AGAIN_MEMORY_BAR * 100.0, 0),
        format::number(AGAIN_CPU_BAR * 100.0, 0),
        format::number(fit::CONFIDENCE * 100.0, 0)
    ));
    text
}

/// What the controls must weigh and what was measured of them.
pub(super) fn held_table(record: &Record) -> Table {
    let mut table = Table::new([
        ("Control", Align::Left),
        ("Held (B)", Align::Right),
        ("Figure", Align::Left),
        ("Measured (B)", Align::Right),
        ("Off by", Align::Right),
        ("Bar", Align::Right),
        ("Verdict", Align::Left),
        ("N", Align::Right),
        ("Cells", Align::Right),
    ]);
    for check in held(record) {
        let slope = check.fit.as_ref().map(|fit| fit.slope.estimate);
        let show = |text: Option<String>| text.unwrap_or_else(|| NONE.into());
        table.push(vec![
            check.series.to_string(),
            format::count(check.held),
            check.figure_name().into(),
            show(slope.map(|slope| format::estimate(&slope))),
            show(slope.map(|slope| off_text(slope.value, check.held))),
            check.bar_text(),
            check.verdict().into(),
            show(check.fit.as_ref().map(range_text)),
            show(check.fit.as_ref().map(|fit| fit.cells.to_string())),
        ]);
    }
    table
}

/// A contestant under another label, against itself.
pub(super) fn again_table(record: &Record) -> Table {
    let mut table = Table::new([
        ("Control", Align::Left),
        ("Itself", Align::Left),
        ("Figure", Align::Left),
        ("Ratio", Align::Right),
        ("Interval at most", Align::Right),
        ("Verdict", Align::Left),
        ("N", Align::Right),
        ("Cells", Align::Right),
    ]);
    for again in controls(record) {
        let Some(itself) = again_of(&again.contestant) else { continue };
        let itself = Series { contestant: itself, shape: again.shape.clone() };
        for (figure, name, bar) in [
            (Figure::Rss, "RSS", AGAIN_MEMORY_BAR),
            (Figure::Total, "full bill", AGAIN_MEMORY_BAR),
            (Figure::Cpu, "CPU", AGAIN_CPU_BAR),
        ] {
            let fits = fits_over_common(record, &again, &itself, figure);
            let ratio = fits.as_ref().and_then(|(ours, theirs)| ours.slope.over(&theirs.slope));
            let show = |text: Option<String>| text.unwrap_or_else(|| NONE.into());
            table.push(vec![
                again.to_string(),
                itself.to_string(),
                name.into(),
                show(ratio.map(|ratio| format::ratio(&ratio))),
                format!("± {} %", format::number(bar * 100.0, 0)),
                again_verdict(ratio, bar).into(),
                show(fits.as_ref().map(|(fit, _)| range_text(fit))),
                show(fits.map(|(ours, theirs)| format!("{} and {}", ours.cells, theirs.cells))),
            ]);
        }
    }
    table
}

/// What the instrument measured wrong in this run, one sentence each: every bar of a control that
/// was missed.
pub(super) fn misses(record: &Record) -> Vec<String> {
    let missed = held(record).into_iter().filter(|check| check.verdict() == MISSED);
    missed
        .map(|check| {
            format!(
                "The instrument is off: {} holds {} B for each task and has a slope of {} B ({}). \
                 See trust.md.",
                check.series,
                format::count(check.held),
                check
                    .fit
                    .as_ref()
                    .map_or_else(|| NONE.into(), |fit| format::estimate(&fit.slope.estimate)),
                check.figure_name()
            )
        })
        .collect()
}

const MET: &str = "met";
const MISSED: &str = "missed";
const UNDECIDED: &str = "undecided";
const NOT_MEASURED: &str = "not measured";

/// A figure of a control that holds so many bytes for each task.
struct Check {
    series: Series,
    held: u64,
    figure: Figure,
    fit: Option<Fit>,
}

impl Check {
    fn figure_name(&self) -> &'static str {
        match self.figure {
            Figure::Rss => "RSS",
            Figure::Total => "full bill",
            _ => "heap",
        }
    }

    /// By how many bytes the slope may be off.
    fn bar(&self) -> f64 {
        if self.held <= LITTLE { BYTES_BAR } else { self.held as f64 * PART_BAR }
    }

    fn bar_text(&self) -> String {
        if self.held <= LITTLE {
            format!("± {} B", format::number(BYTES_BAR, 0))
        } else {
            format!("± {} %", format::number(PART_BAR * 100.0, 0))
        }
    }

    fn verdict(&self) -> &'static str {
        let Some(fit) = &self.fit else { return NOT_MEASURED };
        let held = self.held as f64;
        let (least, most) = (held - self.bar(), held + self.bar());
        let Estimate { low, high, .. } = fit.slope.estimate;
        if low >= least && high <= most {
            MET
        } else if high < least || low > most {
            MISSED
        } else {
            UNDECIDED
        }
    }
}

fn held(record: &Record) -> Vec<Check> {
    let mut checks = Vec::new();
    for series in controls(record) {
        let Some(held) = held_bytes(&series.contestant) else { continue };
        for figure in [Figure::Rss, Figure::Total, Figure::Heap] {
            let fit = fit(record, &series, figure);
            checks.push(Check { series: series.clone(), held, figure, fit });
        }
    }
    // By how much they hold, and not by the digits of their names.
    checks.sort_by_key(|check| check.held);
    checks
}

fn harness_table(record: &Record) -> Table {
    let mut table = Table::new([("Figure", Align::Left), ("Per task", Align::Right)]);
    let nothing = |series: &Series| held_bytes(&series.contestant) == Some(0);
    for series in controls(record).into_iter().filter(nothing) {
        for (figure, name) in [
            (Figure::Rss, "RSS (B)"),
            (Figure::Total, "Full bill (B)"),
            (Figure::Heap, "Heap (B)"),
            (Figure::Start, "Start (ns)"),
            (Figure::Finish, "Finish (ns)"),
            (Figure::Cpu, "All CPU (ns)"),
        ] {
            let slope = fit(record, &series, figure).map(|fit| fit.slope.estimate);
            let text = slope.map_or_else(|| NONE.into(), |slope| format::estimate_fine(&slope));
            table.push(vec![name.into(), text]);
        }
    }
    table
}

fn controls(record: &Record) -> Vec<Series> {
    let mut all = series(record);
    all.retain(|series| is_control(&series.contestant) && series.shape.is_plain());
    all
}

/// The slopes of two series over the task counts that both have.
fn fits_over_common(
    record: &Record,
    ours: &Series,
    theirs: &Series,
    figure: Figure,
) -> Option<(Fit, Fit)> {
    let of = |series: &Series| readings(record, series, figure);
    let (our_readings, their_readings) = (of(ours), of(theirs));
    let slope = |series: &Series, own: &[Reading], other: &[Reading]| {
        let counts = task_counts(other);
        let common: Vec<Reading> =
            own.iter().filter(|reading| counts.contains(&reading.tasks)).copied().collect();
        Fit::of(&common, fit::bootstrap(record, series, figure))
    };
    slope(ours, &our_readings, &their_readings).zip(slope(theirs, &their_readings, &our_readings))
}

fn again_verdict(ratio: Option<Estimate>, bar: f64) -> &'static str {
    let Some(ratio) = ratio else { return NOT_MEASURED };
    if !ratio.is_bounded() {
        return UNDECIDED;
    }
    if ratio.low > 1.0 + EVEN || ratio.high < 1.0 - EVEN {
        return "missed: not 1.00";
    }
    match ratio.relative_half_width() {
        Some(half_width) if half_width <= bar => MET,
        _ => "missed: too wide",
    }
}

fn off_text(measured: f64, held: u64) -> String {
    let off = measured - held as f64;
    let sign = if off > 0.0 { "+" } else { "" };
    let bytes = format!("{sign}{} B", format::number(off, 1));
    if held == 0 {
        return bytes;
    }
    format!("{bytes} ({} %)", format::number(off.abs() / held as f64 * 100.0, 2))
}

fn range_text(fit: &Fit) -> String {
    format!("{}–{}", format::count(fit.min_tasks), format::count(fit.max_tasks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{pages, summary};
    use record::synthetic::{Bill, Synthetic};

    fn noisy(rss: u64) -> Bill {
        Bill { noise: 4_096, ..Bill::of(rss).with_kernel(rss / 512) }
    }

    /// A run in which the control of 512 bytes measures this.
    fn run(measured: u64) -> Record {
        let mut made = Synthetic::new();
        made.line("control/null", &[1, 10_000, 100_000], noisy(0))
            .line("control/64", &[1, 10_000, 100_000], noisy(64))
            .line("control/512", &[1, 10_000, 100_000], noisy(measured))
            .line("control/4096", &[1, 1_000, 10_000], noisy(4_096))
            .line("control/again-bare", &[1, 10_000, 100_000], noisy(64))
            .line("coroutines/bare", &[1, 10_000, 100_000, 1_000_000], noisy(64));
        for (id, bytes) in [("control/null", 0), ("control/64", 64), ("control/4096", 4_096)] {
            made.counting(id, &[1, 1_000, 10_000], bytes);
        }
        made.counting("control/512", &[1, 1_000, 10_000], measured);
        made.record()
    }

    fn estimate(low: f64, value: f64, high: f64) -> Option<Estimate> {
        Some(Estimate { value, low, high })
    }

    #[test]
    fn a_sound_instrument_meets_every_bar() {
        insta::assert_snapshot!(page(&run(512)), @r#"
        <!-- Generated from record.jsonl by `compare tables`; do not edit. -->

        # Can these figures be trusted?

        Controls are contestants whose weight is known before they are weighed: the harness
        alone, the harness with so many bytes held for each task, and a contestant under another
        label. They run among the others in every run and take no part in the comparison.
        Made by `cargo bench -p compare`. Intervals hold 95 % of 2,000 bootstrap resamples.

        Machine: Example CPU, 2 cores, 24.0 GiB, Linux 6.1.0; run of 2026-01-02T03:04:05Z.

        ## What is held is what is measured

        | Control      | Held (B) | Figure    |       Measured (B) |          Off by |   Bar | Verdict |         N | Cells |
        | ------------ | -------: | --------- | -----------------: | --------------: | ----: | ------- | --------: | ----: |
        | control/null |        0 | RSS       |          0.0 ± 0.1 |           0.0 B | ± 2 B | met     | 1–100,000 |     9 |
        | control/null |        0 | full bill |          0.0 ± 0.1 |           0.0 B | ± 2 B | met     | 1–100,000 |     9 |
        | control/null |        0 | heap      |          0.0 ± 0.0 |           0.0 B | ± 2 B | met     |  1–10,000 |     9 |
        | control/64   |       64 | RSS       | 64.0 ± 0.1 (0.1 %) |  0.0 B (0.00 %) | ± 2 B | met     | 1–100,000 |     9 |
        | control/64   |       64 | full bill | 64.0 ± 0.1 (0.1 %) |  0.0 B (0.00 %) | ± 2 B | met     | 1–100,000 |     9 |
        | control/64   |       64 | heap      | 64.0 ± 0.0 (0.0 %) |  0.0 B (0.00 %) | ± 2 B | met     |  1–10,000 |     9 |
        | control/512  |      512 | RSS       |    512 ± 0 (0.0 %) |  0.0 B (0.00 %) | ± 1 % | met     | 1–100,000 |     9 |
        | control/512  |      512 | full bill |    513 ± 0 (0.0 %) | +1.0 B (0.20 %) | ± 1 % | met     | 1–100,000 |     9 |
        | control/512  |      512 | heap      |    512 ± 0 (0.0 %) |  0.0 B (0.00 %) | ± 1 % | met     |  1–10,000 |     9 |
        | control/4096 |    4,096 | RSS       |  4,096 ± 1 (0.0 %) |  0.0 B (0.00 %) | ± 1 % | met     |  1–10,000 |     9 |
        | control/4096 |    4,096 | full bill |  4,104 ± 1 (0.0 %) | +8.0 B (0.20 %) | ± 1 % | met     |  1–10,000 |     9 |
        | control/4096 |    4,096 | heap      |  4,096 ± 0 (0.0 %) |  0.0 B (0.00 %) | ± 1 % | met     |  1–10,000 |     9 |

        The slope must be the bytes held: within 2 B up to 64 B, and within 1 % above. The bar is
        met where the whole interval lies within it, missed where the whole interval lies outside.
        The full bill has 8 B of page table for each page held, which is a part of that.

        ## What the harness itself costs

        | Figure        |    Per task |
        | ------------- | ----------: |
        | RSS (B)       | 0.00 ± 0.06 |
        | Full bill (B) | 0.00 ± 0.06 |
        | Heap (B)      | 0.00 ± 0.00 |
        | Start (ns)    | 0.00 ± 0.06 |
        | Finish (ns)   | 0.00 ± 0.06 |
        | All CPU (ns)  | 0.00 ± 0.06 |

        Slopes of the control that holds nothing: what signing in, waking and signing out of the
        ledger adds to every task of every contestant. In comparisons it is on both sides.

        ## A contestant against itself

        | Control            | Itself          | Figure    |             Ratio | Interval at most | Verdict |         N |   Cells |
        | ------------------ | --------------- | --------- | ----------------: | ---------------: | ------- | --------: | ------: |
        | control/again-bare | coroutines/bare | RSS       | 1.00× (1.00–1.00) |            ± 3 % | met     | 1–100,000 | 9 and 9 |
        | control/again-bare | coroutines/bare | full bill | 1.00× (1.00–1.00) |            ± 3 % | met     | 1–100,000 | 9 and 9 |
        | control/again-bare | coroutines/bare | CPU       | 1.00× (1.00–1.00) |           ± 10 % | met     | 1–100,000 | 9 and 9 |

        Slopes over the task counts that both have. The interval of the ratio must contain 1.00, to
        the digits shown, and be no wider than ± 3 % for memory and ± 10 % for CPU. Of intervals
        that hold 95 %, one in twenty leaves out what is true.
        "#);
        assert!(misses(&run(512)).is_empty());
    }

    #[test]
    fn an_instrument_that_is_off_by_two_percent_is_found_out_on_every_page() {
        for off in [502, 522] {
            let record = run(off);
            let text = held_table(&record).markdown();
            let missed: Vec<&str> = text.lines().filter(|line| line.contains("missed")).collect();
            assert_eq!(missed.len(), 3, "RSS, full bill and heap: {text}");
            assert!(missed.iter().all(|line| line.contains("control/512")), "{text}");
            assert_eq!(misses(&record).len(), 3);
            for page in pages(&record) {
                assert!(page.text.contains("The instrument is off"), "{}", page.file);
            }
            assert!(summary(&record).contains("The instrument is off"));
        }
    }

    #[test]
    fn a_few_bytes_off_what_is_little_is_found_out_too() {
        let with = |bytes| {
            let mut made = Synthetic::new();
            made.line("control/64", &[1, 10_000, 100_000], Bill::of(bytes));
            held_table(&made.record()).markdown()
        };
        assert!(with(66).contains("| met "), "{}", with(66));
        assert!(with(67).contains("| missed "), "{}", with(67));
        assert!(with(61).contains("| missed "), "{}", with(61));
    }

    #[test]
    fn noise_as_wide_as_the_bar_decides_nothing() {
        let mut made = Synthetic::new();
        made.line("control/64", &[1, 10_000], Bill { noise: 40_000, ..Bill::of(64) });
        let text = held_table(&made.record()).markdown();
        assert!(text.contains("undecided"), "{text}");
        assert!(text.contains("not measured"), "the full bill and the heap: {text}");
    }

    #[test]
    fn a_contestant_that_is_not_itself_is_found_out() {
        assert_eq!(again_verdict(estimate(0.98, 1.0, 1.02), 0.03), "met");
        assert_eq!(again_verdict(estimate(1.002, 1.003, 1.004), 0.03), "met");
        assert_eq!(again_verdict(estimate(1.01, 1.02, 1.03), 0.03), "missed: not 1.00");
        assert_eq!(again_verdict(estimate(0.96, 0.98, 0.99), 0.03), "missed: not 1.00");
        assert_eq!(again_verdict(estimate(0.96, 1.0, 1.04), 0.03), "missed: too wide");
        assert_eq!(
            again_verdict(estimate(f64::NEG_INFINITY, 1.0, f64::INFINITY), 0.03),
            "undecided"
        );
        assert_eq!(again_verdict(None, 0.03), "not measured");
        let mut made = Synthetic::new();
        made.line("control/again-bare", &[1, 10_000], Bill::of(66)).line(
            "coroutines/bare",
            &[1, 10_000],
            Bill::of(64),
        );
        let text = again_table(&made.record()).markdown();
        assert!(text.contains("missed: not 1.00"), "{text}");
    }

    #[test]
    fn only_the_task_counts_of_both_are_held_against_each_other() {
        let record = run(512);
        let of =
            |id: &str| Series { contestant: id.into(), shape: controls(&record)[0].shape.clone() };
        let (again, itself) = (of("control/again-bare"), of("coroutines/bare"));
        let (ours, theirs) = fits_over_common(&record, &again, &itself, Figure::Rss).unwrap();
        assert_eq!((ours.cells, theirs.cells, theirs.max_tasks), (9, 9, 100_000));
    }

    #[test]
    fn controls_take_no_part_in_the_comparison() {
        let record = run(512);
        for page in pages(&record).iter().filter(|page| page.file != "trust.md") {
            assert!(!page.text.contains("control/"), "{}: {}", page.file, page.text);
        }
        assert!(!summary(&record).contains("control/"));
    }
}
