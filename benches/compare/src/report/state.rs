//! The part of `memory.md` on live state: what a waiting task weighs that keeps something, and how
//! many times its model keeps it.

use std::collections::BTreeSet;

use workload::StateSize;

use super::format::{self, NONE};
use super::memory::{deciding_figure, section, slope_text, weighed_series};
use super::table::{Align, Table};
use crate::fit::{self, Estimate, Figure, Fit, Series, Shape, is_compared, readings, task_counts};
use record::Record;

/// The section; `None` if no cell of the record keeps any state.
pub(super) fn sections(record: &Record) -> Option<String> {
    let table = table(record);
    if table.is_empty() {
        return None;
    }
    let by = if deciding_figure(record) == Figure::Total { "full bill" } else { "RSS" };
    let mut text = String::new();
    section(&mut text, "Live state", &table);
    text.push_str(&format!(
        "\nBytes per waiting task ({by}) by how many bytes it keeps alive while it waits, and how\n\
         many times it holds them: (slope with the state − slope without) ÷ bytes of state. 1.00 is\n\
         once; what is above it is held twice, or lost to the allocator's rounding or a runtime's\n\
         alignment; what is below found room in what the task has anyway, such as the last page of\n\
         a thread's stack. The slope without state is over the same N as those with it.\n"
    ));
    Some(text)
}

fn table(record: &Record) -> Table {
    let all: Vec<Series> = weighed_series(record)
        .into_iter()
        .filter(|series| is_compared(&series.contestant))
        .collect();
    let sizes: BTreeSet<u64> =
        all.iter().map(|series| series.shape.state_bytes).filter(|bytes| *bytes > 0).collect();
    let mut columns = vec![("Contestant".to_owned(), Align::Left), (size_text(0), Align::Right)];
    columns.extend(sizes.iter().map(|size| (size_text(*size), Align::Right)));
    columns.extend(sizes.iter().map(|size| (format!("{} held", size_text(*size)), Align::Right)));
    let mut table = Table::new(columns);
    let mut without: Vec<Series> = Vec::new();
    for series in all.iter().filter(|series| series.shape.state_bytes > 0) {
        let base = with_state(series, 0);
        if !without.contains(&base) {
            without.push(base);
        }
    }
    for base in &without {
        let kept = Kept::of(record, base, &sizes);
        let mut row = vec![base.to_string(), slope_text(kept.none.clone())];
        row.extend(kept.with.iter().map(|(_, fit)| slope_text(fit.clone())));
        row.extend(kept.with.iter().map(|(bytes, fit)| {
            let held = fit
                .as_ref()
                .zip(kept.none.as_ref())
                .map(|(with, none)| with.slope.less_per(&none.slope, *bytes as f64));
            held.map_or_else(|| NONE.into(), |held| held_text(&held))
        }));
        if row[1..].iter().any(|cell| cell != NONE) {
            table.push(row);
        }
    }
    table
}

/// The slopes of one contestant by the bytes that its tasks keep.
struct Kept {
    none: Option<Fit>,
    with: Vec<(u64, Option<Fit>)>,
}

impl Kept {
    /// Over the task counts that were measured both with state and without: where memory grows by
    /// doubling, slopes over other counts differ by more than the state.
    fn of(record: &Record, base: &Series, sizes: &BTreeSet<u64>) -> Self {
        let figure = deciding_figure(record);
        let counts = |series: &Series| task_counts(&readings(record, series, figure));
        let with: BTreeSet<u64> =
            sizes.iter().flat_map(|bytes| counts(&with_state(base, *bytes))).collect();
        let common: BTreeSet<u64> = counts(base).intersection(&with).copied().collect();
        let slope = |series: &Series| {
            let mut readings = readings(record, series, figure);
            if common.len() >= 2 {
                readings.retain(|reading| common.contains(&reading.tasks));
            }
            Fit::of(&readings, fit::bootstrap(record, series, figure))
        };
        Self {
            none: slope(base),
            with: sizes.iter().map(|bytes| (*bytes, slope(&with_state(base, *bytes)))).collect(),
        }
    }
}

fn with_state(series: &Series, state_bytes: u64) -> Series {
    Series { shape: Shape { state_bytes, ..series.shape.clone() }, ..series.clone() }
}

/// `64 B`, `1 KiB`, …
fn size_text(bytes: u64) -> String {
    StateSize::try_from(bytes)
        .map_or_else(|_| format!("{} B", format::count(bytes)), |size| size.to_string())
}

fn held_text(held: &Estimate) -> String {
    let value = format::number(held.value, 2);
    if !held.is_bounded() {
        return format!("{value}× (?)");
    }
    format!("{value}× ({}–{})", format::number(held.low, 2), format::number(held.high, 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::{Bill, Synthetic, small_run};

    fn with_states() -> Record {
        let mut made = Synthetic::new();
        let noisy = |rss| Bill { noise: 1_000, ..Bill::of(rss) };
        // One that holds its state once, one that holds half of it twice, and a thread that has room.
        made.line("coroutines/bare", &[1, 1_000, 10_000], noisy(64))
            .line("coroutines/smol", &[1, 1_000, 10_000], noisy(300))
            .line("threads/per-task", &[1, 100, 1_000], noisy(9_800))
            .line("baseline/bare", &[1, 10_000], noisy(60))
            .state(1_024)
            .line("coroutines/bare", &[1, 1_000, 10_000], noisy(64 + 1_024))
            .line("coroutines/smol", &[1, 1_000, 10_000], noisy(300 + 1_536))
            .line("threads/per-task", &[100, 1_000], noisy(9_800))
            .state(8_192)
            .line("coroutines/bare", &[1, 1_000, 10_000], noisy(64 + 8_192));
        made.record()
    }

    #[test]
    fn what_is_held_more_than_once_shows() {
        insta::assert_snapshot!(table(&with_states()).markdown(), @r#"
        | Contestant       |                0 B |             1 KiB |             8 KiB |        1 KiB held |        8 KiB held |
        | ---------------- | -----------------: | ----------------: | ----------------: | ----------------: | ----------------: |
        | threads/per-task |  9,800 ± 2 (0.0 %) | 9,800 ± 2 (0.0 %) |                 — | 0.00× (0.00–0.00) |                 — |
        | coroutines/bare  | 64.0 ± 0.1 (0.2 %) | 1,088 ± 0 (0.0 %) | 8,256 ± 0 (0.0 %) | 1.00× (1.00–1.00) | 1.00× (1.00–1.00) |
        | coroutines/smol  |    300 ± 0 (0.0 %) | 1,836 ± 0 (0.0 %) |                 — | 1.50× (1.50–1.50) |                 — |
        "#);
    }

    #[test]
    fn the_slope_without_state_is_over_the_same_task_counts() {
        let mut record = with_states();
        // A reading that only the cells without state have, far off the line.
        let mut odd = record.cells[0].clone();
        odd.tasks = 500;
        odd.memory.waiting.as_mut().unwrap().rss_bytes = Some(900_000_000);
        let proof = odd.proof.as_mut().unwrap();
        (proof.completed, proof.peak_in_flight, proof.expected_in_flight) = (500, 500, 500);
        (proof.before_weighing, proof.after_weighing) = (500, 500);
        record.cells.push(odd);
        assert_eq!(table(&record), table(&with_states()));
    }

    #[test]
    fn without_state_there_is_no_section() {
        assert_eq!(sections(&small_run()), None);
        assert!(sections(&with_states()).unwrap().contains("Live state"));
    }

    #[test]
    fn a_state_without_its_counterpart_is_not_told() {
        let mut made = Synthetic::new();
        made.state(64).line("coroutines/bare", &[1, 100], Bill::of(128));
        let text = table(&made.record()).markdown();
        assert!(text.contains("128 ±") && text.contains(NONE), "{text}");
    }
}
