//! `trust.md`: whether the figures can be trusted: what they are held to, and what came of it.

use analysis::Analysis;
use analysis::bar::Outcome;
use analysis::detectable::Detectable;
use analysis::figure::Figure;
use analysis::instrument::{Again, Check, Held, Instrument, Overhead};
use analysis::repeat::Repeat;
use analysis::series::WaitFor;

use super::page::Page;
use crate::comparisons::repeat;
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::tables::{self, MOST_ROWS};
use crate::text::{Text, cautions, names, quantities, say};

/// The page.
pub(crate) const PAGE: Page = Page { id: "trust", name: "can these figures be trusted?", build };

fn build(analysis: &Analysis) -> Document {
    let instrument = &analysis.instrument;
    let mut blocks = vec![Block::Quote(answer(analysis))];
    blocks.extend(cautions::of_extent(analysis).into_iter().map(Block::Paragraph));
    let missed = missed(analysis);
    if !missed.is_empty() {
        blocks.push(Block::Heading("What was missed".into()));
        blocks.push(Block::List(missed));
    }
    blocks.push(Block::Heading("Repeatability".into()));
    blocks.extend(repeatability(analysis));
    blocks.extend(controls(instrument));
    blocks.extend(again(instrument));
    blocks.extend(overhead(instrument));
    blocks.extend(detectable(&instrument.detectable));
    Document { id: "trust", title: "Can these figures be trusted?".into(), blocks }
}

/// How many bars have each outcome, those of the run before included.
struct Bars {
    met: usize,
    missed: usize,
    undecided: usize,
    not_measured: usize,
}

impl Bars {
    fn of(analysis: &Analysis) -> Self {
        let checks = analysis.instrument.checks();
        let mut outcomes: Vec<Outcome> = checks.iter().map(Check::outcome).collect();
        outcomes.extend(analysis.repeat.iter().flat_map(|repeat| {
            let bars = [repeat.bytes.bar, repeat.cpu.bar].into_iter().flatten();
            bars.map(|bar| bar.outcome).chain([repeat.order.outcome])
        }));
        let count = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
        Self {
            met: count(Outcome::Met),
            missed: count(Outcome::Missed),
            undecided: count(Outcome::Undecided),
            not_measured: count(Outcome::NotMeasured),
        }
    }

    const fn all(&self) -> usize {
        self.met + self.missed + self.undecided + self.not_measured
    }
}

fn answer(analysis: &Analysis) -> Vec<Text> {
    let bars = Bars::of(analysis);
    let said = if bars.all() == 0 {
        "Nothing in this record checks its figures: it has no control, no baseline, and no run \
         before it."
            .into()
    } else {
        let counts = [
            (bars.met, "met"),
            (bars.missed, "missed"),
            (bars.undecided, "undecided"),
            (bars.not_measured, "not measured"),
        ];
        let counts: Vec<String> = counts
            .into_iter()
            .filter(|(count, word)| *count > 0 || *word == "missed")
            .map(|(count, word)| {
                let is = if count == 1 { "is" } else { "are" };
                format!("{} {is} {word}", format::count(count as u64))
            })
            .collect();
        say(
            "Of {all} bars that these figures are held to, **{counts}**.",
            &[("all", &format::count(bars.all() as u64)), ("counts", &format::list(&counts))],
        )
    };
    vec![said, again_or_not(analysis)]
}

/// How well the figures come out again, or how to find out.
fn again_or_not(analysis: &Analysis) -> Text {
    match &analysis.repeat {
        Some(repeat) => repeat::answer(repeat),
        None => say(
            "There is no other run of the same to hold against this one, so whether its figures come \
             out again is not known: `{command}`, run once more, shows it.",
            &[("command", analysis.run.extent.command())],
        ),
    }
}

/// The bars that were missed, each with what it means, and how many are undecided.
fn missed(analysis: &Analysis) -> Vec<Text> {
    let checks = analysis.instrument.checks();
    let is = |outcome| checks.iter().filter(move |check| check.outcome() == outcome);
    let mut said: Vec<Text> = analysis.repeat.iter().flat_map(repeat::missed).collect();
    let rest = is(Outcome::Missed).count().saturating_sub(MOST_ROWS);
    said.extend(is(Outcome::Missed).take(MOST_ROWS).map(|check| match check {
        Check::Held(held) => held_missed(held),
        Check::Again(again) => again_missed(again),
        Check::Overhead(overhead) => overhead_missed(overhead),
    }));
    if rest > 0 {
        let rest = format::count(rest as u64);
        said.push(say("{rest} more are in the tables below.", &[("rest", &rest)]));
    }
    let undecided = is(Outcome::Undecided).count();
    if undecided > 0 {
        said.push(say(
            "**Undecided: {undecided}.** An interval reaches over its bar, or there are too few readings \
             for one. The tables below say which.",
            &[("undecided", &format::count(undecided as u64))],
        ));
    }
    said
}

fn held_missed(held: &Held) -> Text {
    say(
        "**A control weighs what it holds: missed.** `{control}` holds {bytes} for each task, and its \
         {figure} grows by {slope}; it may be off by {allowed}. Every figure of bytes may be off \
         like this.",
        &[
            ("control", held.control.as_str()),
            ("bytes", &format::bytes(held.bytes as f64)),
            ("figure", quantities::figure(held.figure)),
            ("slope", &estimate(held.slope, Unit::Bytes)),
            ("allowed", &format::bytes(held.allowed)),
        ],
    )
}

fn again_missed(again: &Again) -> Text {
    let template = if again.is_another {
        "**{name} is as much as itself: missed.** Under another label its {figure} is {ratio} times \
         as much, and the interval leaves out 1. A difference as small as this between two \
         contestants says nothing."
    } else {
        "**{name} against itself to within {widest}: missed.** Its {figure} is {ratio} times as much \
         under another label, so the interval is wider. A difference within it says nothing."
    };
    say(
        template,
        &[
            ("name", &names::contestant(&again.itself)),
            ("figure", quantities::figure(again.figure)),
            ("ratio", &estimate(again.ratio, Unit::Times)),
            ("widest", &format::percent(again.widest)),
        ],
    )
}

fn overhead_missed(overhead: &Overhead) -> Text {
    say(
        "**The harness adds little to {name}: missed.** Its {figure} is {ratio} times that of the \
         same task straight on its runtime, and may be {allowed} times. What the harness adds is in \
         its figures.",
        &[
            ("name", &names::series(&overhead.series)),
            ("figure", quantities::figure(overhead.figure)),
            ("ratio", &estimate(overhead.ratio, Unit::Times)),
            ("allowed", &format::times(overhead.allowed)),
        ],
    )
}

fn estimate(figure: Option<analysis::estimate::Estimate>, unit: Unit) -> String {
    figure.map_or_else(|| format::NONE.into(), |figure| format::estimate(&figure, unit))
}

fn repeatability(analysis: &Analysis) -> Vec<Block> {
    let Some(repeat) = &analysis.repeat else {
        return vec![Block::Paragraph(again_or_not(analysis))];
    };
    let mut blocks = vec![Block::Paragraph(runs(repeat))];
    blocks.extend(repeat::different_setup(repeat).map(Block::Paragraph));
    blocks.push(Block::Table(repeat::summary(repeat)));
    blocks.push(Block::Paragraph(repeat::note()));
    blocks.extend(repeat::figures(repeat));
    blocks
}

fn runs(repeat: &Repeat) -> Text {
    let [first, second] = &repeat.runs[..] else { return Text::default() };
    let template = if repeat.is_one_program() {
        "Run 1 began {first}, and run 2, which all other pages are made of, {second}. The same \
         program made both."
    } else {
        "Run 1 began {first}, and run 2, which all other pages are made of, {second}. The program \
         was built anew in between."
    };
    say(template, &[("first", &first.started), ("second", &second.started)])
}

fn controls(instrument: &Instrument) -> Vec<Block> {
    if instrument.held.is_empty() {
        return vec![];
    }
    let mut table = Table::new([
        Column::words("Control"),
        Column::new("Holds", Unit::Bytes),
        Column::words("Figure"),
        Column::new("Measured", Unit::Bytes).with_intervals(),
        Column::new("May be off by", Unit::Bytes),
        Column::words("Bar"),
    ]);
    let mut held: Vec<&Held> = instrument.held.iter().collect();
    held.sort_by_key(|held| held.outcome);
    for held in held {
        table.push(vec![
            Cell::text(Text::code(held.control.as_str())),
            Cell::value(held.bytes as f64),
            Cell::text(quantities::figure(held.figure)),
            Cell::figure(held.slope, "measured at fewer than two N"),
            Cell::value(held.allowed),
            Cell::text(quantities::outcome(held.outcome)),
        ]);
    }
    let mut blocks = vec![
        Block::Heading("Controls".into()),
        Block::Paragraph(
            "A control holds so many bytes for each task, and the slope must find them. The bar is \
             met where the whole interval is within what it may be off by, and missed where the \
             whole interval is outside. The full bill has 8 bytes of page table for each page held."
                .into(),
        ),
    ];
    blocks.extend(tables::table("What controls hold and weigh", table));
    blocks.extend(signing(instrument).map(Block::Paragraph));
    blocks
}

/// What the harness itself adds to each task, in a sentence.
fn signing(instrument: &Instrument) -> Option<Text> {
    let parts: Vec<String> = instrument
        .signing
        .iter()
        .filter(|(figure, _)| !matches!(figure, Figure::Heap))
        .map(|(figure, slope)| {
            let shown = format::estimate(slope, quantities::unit(*figure));
            format!("{shown} of {}", quantities::figure(*figure))
        })
        .collect();
    (!parts.is_empty()).then(|| {
        say(
            "Signing in, waking and signing out add to every task of every contestant, as the \
             control that holds nothing shows: {parts}. In a comparison it is on both sides.",
            &[("parts", &format::list(&parts))],
        )
    })
}

fn again(instrument: &Instrument) -> Vec<Block> {
    let mut table = Table::new([
        Column::words("Contestant"),
        Column::words("Figure"),
        Column::new("Times itself", Unit::Times).with_intervals(),
        Column::new("Widest interval", Unit::Share),
        Column::words("Bar"),
    ]);
    let mut rows: Vec<&Again> = instrument.again.iter().collect();
    rows.sort_by_key(|again| again.outcome);
    for again in rows {
        table.push(vec![
            Cell::text(names::contestant(&again.itself)),
            Cell::text(quantities::figure(again.figure)),
            Cell::figure(again.ratio, "the two have fewer than two N in common"),
            Cell::value(again.widest),
            Cell::text(quantities::outcome(again.outcome)),
        ]);
    }
    let Some(table) = tables::table("Every contestant against itself", table) else {
        return vec![];
    };
    vec![
        Block::Heading("A contestant against itself".into()),
        Block::Paragraph(
            "A contestant runs under another label too. The bar is met where the interval of its \
             ratio to itself holds 1 and is no wider, on either side, than the widest interval; \
             without an interval it is undecided."
                .into(),
        ),
        table,
    ]
}

fn overhead(instrument: &Instrument) -> Vec<Block> {
    let mut table = Table::new([
        Column::words("Contestant"),
        Column::words("Figure"),
        Column::new("Times its baseline", Unit::Times).lower().with_intervals(),
        Column::new("Most", Unit::Times),
        Column::words("Bar"),
        Column::words("Between N"),
    ]);
    let mut rows: Vec<&Overhead> = instrument.overhead.iter().collect();
    rows.sort_by_key(|overhead| overhead.outcome);
    for overhead in rows {
        let (from, to) = overhead.tasks;
        table.push(vec![
            Cell::text(names::series(&overhead.series)),
            Cell::text(quantities::figure(overhead.figure)),
            Cell::figure(overhead.ratio, "one of the two has no reading above zero"),
            Cell::value(overhead.allowed),
            Cell::text(quantities::outcome(overhead.outcome)),
            Cell::text(format!("{}–{}", format::count(from), format::count(to))),
        ]);
    }
    let Some(table) = tables::table("Every contestant against its baseline", table) else {
        return vec![];
    };
    vec![
        Block::Heading("Harness overhead".into()),
        Block::Paragraph(
            "A baseline is the same task written straight on a runtime, without the harness's \
             contract and ledger. The bar is met where the whole interval is at most what stands \
             beside it."
                .into(),
        ),
        table,
    ]
}

fn detectable(all: &[Detectable]) -> Vec<Block> {
    let mut table = Table::new([
        Column::words("A difference in"),
        Column::new("Median pair", Unit::Share).lower(),
        Column::new("Worst pair", Unit::Share).lower(),
        Column::words("Which"),
        Column::new("Pairs", Unit::Count),
        Column::new("Without a ratio", Unit::Count),
    ]);
    for row in all {
        let figure = quantities::quantity(row.quantity);
        let none = "no pair has a ratio with an interval";
        let share =
            |share: Option<f64>| share.map_or_else(|| Cell::Missing(none.into()), Cell::value);
        table.push(vec![
            Cell::text(format!("{figure}, {}", wait(&row.wait))),
            share(row.median),
            share(row.worst.as_ref().map(|worst| worst.difference)),
            row.worst.as_ref().map_or_else(
                || Cell::Missing(none.into()),
                |worst| {
                    let [first, second] = [&worst.first, &worst.second]
                        .map(|series| names::contestant(&series.contestant));
                    Cell::text(format!("{first} and {second}"))
                },
            ),
            Cell::Count(row.pairs as u64),
            Cell::Count(row.without_ratio as u64),
        ]);
    }
    let Some(table) = tables::table("Every minimum detectable difference", table) else {
        return vec![];
    };
    vec![
        Block::Heading("Minimum detectable difference".into()),
        Block::Paragraph(
            "The smallest difference between two contestants that this run could have shown: the \
             width of the interval of their ratio. A smaller one is within noise."
                .into(),
        ),
        table,
    ]
}

fn wait(wait: &WaitFor) -> &str {
    match wait {
        WaitFor::Timer => "timers",
        WaitFor::Http => "requests",
        WaitFor::Transfer => "transfers",
        WaitFor::Other(other) => other,
    }
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic, small_run};

    use super::*;

    /// A run in which the control of 512 bytes measures this, with so many repeats.
    fn run(measured: u64, repeats: u32) -> Record {
        let bill = |rss| Bill { noise: 4_096, ..Bill::of(rss).with_kernel(0) };
        let mut made = Synthetic::new();
        made.line("control/null", &[1, 100_000], bill(0))
            .line("control/512", &[1, 100_000], bill(measured))
            .line("control/again-bare", &[1, 100_000], bill(64))
            .line("coroutines/bare", &[1, 100_000], bill(64));
        let mut record = made.record();
        record.cells.retain(|cell| cell.repeat < repeats);
        record
    }

    fn page(record: &Record, previous: Option<&Record>) -> Document {
        build(&Analysis::of(record, previous))
    }

    fn answer_of(document: &Document) -> String {
        let Block::Quote(parts) = &document.blocks[0] else { panic!("{document:?}") };
        parts.iter().map(Text::words).collect::<Vec<_>>().join(" ")
    }

    fn list(document: &Document) -> Vec<String> {
        let lists = document.blocks.iter().filter_map(|block| match block {
            Block::List(points) => Some(points),
            _ => None,
        });
        lists.flatten().map(Text::words).collect()
    }

    #[test]
    fn a_sound_run_misses_nothing_and_says_how_to_make_another() {
        let document = page(&run(512, 3), None);
        assert_eq!(
            answer_of(&document),
            "Of 9 bars that these figures are held to, 7 are met, 0 are missed and 2 are not \
             measured. There is no other run of the same to hold against this one, so whether its \
             figures come out again is not known: cargo bench -p compare, run once more, shows it."
        );
        assert!(list(&document).is_empty());
    }

    #[test]
    fn what_was_missed_comes_first_with_what_it_means() {
        let document = page(&run(600, 3), None);
        assert!(answer_of(&document).contains("2 are missed"));
        let missed = list(&document);
        assert!(
            missed[0]
                .starts_with("A control weighs what it holds: missed. control/512 holds 512 B")
        );
        assert!(missed[0].contains("grows by 600 B"), "{missed:?}");
        assert_eq!(missed.len(), 2);
        let other = page(&run(512, 3), Some(&run(600, 3)));
        let missed = list(&other);
        assert!(
            missed[0].starts_with("bytes of the runs within 2 %: missed. 1 of 3"),
            "{missed:?}"
        );
        assert!(answer_of(&other).contains("moved by no more than this: bytes "));
    }

    /// Two cells have a line and no interval, and nothing follows from that.
    #[test]
    fn without_intervals_nothing_is_met_or_missed() {
        let document = page(&run(512, 1), Some(&run(512, 1)));
        let answer = answer_of(&document);
        // The distance of two slopes needs no interval.
        assert!(answer.contains("2 are met, 0 are missed, 7 are undecided"), "{answer}");
        assert!(list(&document)[0].starts_with("Undecided: 7."), "{:?}", list(&document));
        let table = repeat::summary(
            Analysis::of(&run(512, 1), Some(&run(512, 1))).repeat.as_ref().unwrap(),
        );
        assert!(table.rows.iter().all(|row| row[4] == Cell::text("no intervals")), "{table:?}");
    }

    #[test]
    fn a_record_that_nothing_checks_says_so() {
        let document = page(&Synthetic::new().record(), None);
        assert!(answer_of(&document).starts_with("Nothing in this record checks its figures"));
        let heads = document.blocks.iter().filter(|block| matches!(block, Block::Heading(_)));
        assert_eq!(heads.count(), 1);
        let small = page(&small_run(), Some(&small_run()));
        assert!(answer_of(&small).contains("0 are missed"), "{}", answer_of(&small));
    }
}
