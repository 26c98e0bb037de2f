//! `trust.md`: whether the figures can be trusted: what they are held to, and what came of it.

use analysis::Analysis;
use analysis::bar::Outcome;
use analysis::conditions::Disturbances;
use analysis::detectable::Detectable;
use analysis::estimate::Estimate;
use analysis::instrument::{Check, Instrument};
use analysis::rates::{ALIKE_WITHIN, ReadTwice};
use analysis::repeat::Repeat;
use analysis::sides::Part;

use super::page::Page;
use crate::comparisons::repeat;
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::tables::{self, MOST_ROWS};
use crate::text::{Text, cautions, conditions, names, quantities, say};

pub(crate) const PAGE: Page = Page { id: "trust", name: "can these figures be trusted?", build };

fn build(analysis: &Analysis) -> Document {
    let instrument = &analysis.instrument;
    let outcomes = outcomes(analysis);
    let mut blocks = vec![Block::Quote(vec![answer(&outcomes), again_or_not(analysis)])];
    blocks.extend(cautions::of_extent(analysis).into_iter().map(Block::Paragraph));
    let is_missed = outcomes.contains(&Outcome::Missed);
    let head = if is_missed { "What was missed" } else { "What is undecided" };
    blocks.extend(tables::section(head, missed(analysis)));
    blocks.push(Block::Heading("Repeatability".into()));
    blocks.extend(repeatability(analysis));
    blocks.extend(touched(&analysis.disturbances));
    blocks.extend(controls(instrument));
    blocks.extend(again(instrument));
    blocks.extend(overhead(instrument));
    blocks.extend(detectable(&instrument.detectable));
    blocks.extend(read_twice(&analysis.read_twice));
    if !analysis.measured.is_empty() {
        blocks.extend([Block::Heading("Rounds".into()), Block::Paragraph(rounds(analysis))]);
    }
    Document { id: "trust", title: "Can these figures be trusted?".into(), blocks }
}

/// What is resampled in this record.
fn rounds(analysis: &Analysis) -> Text {
    Text::plain(match analysis.is_in_rounds {
        true => {
            "The cells ran in rounds: every cell once, in random order, and then again. The round is \
             what is resampled, and the same rounds for every figure, so that ratios are taken within \
             rounds."
        }
        false => {
            "The cells ran in one random order and not in rounds. The cell is what is resampled, so \
             the intervals do not know how the machine drifted."
        }
    })
}

/// The rates in rounds against those of criterion.
fn read_twice(all: &[ReadTwice]) -> Vec<Block> {
    const NONE: &str = "one of the two has no interval";
    let figure = |head, unit| Column::new(head, unit).with_intervals();
    let table = tables::of(
        all,
        &[
            (Column::words("Contestant"), &|row| {
                let name = names::contestant(&row.series.contestant);
                let wait = format::duration(row.wait_ns as f64);
                Cell::text(format!("{name}, {} of {wait}", names::wait(&row.series.shape.wait)))
            }),
            (Column::new("Tasks", Unit::Count), &|row| Cell::Count(row.tasks)),
            (figure("By rounds", Unit::PerSecond), &|row| Cell::Figure(row.by_rounds)),
            (figure("By criterion", Unit::PerSecond), &|row| Cell::Figure(row.by_samples)),
            (figure("Criterion ÷ rounds", Unit::Times), &|row| Cell::figure(row.ratio, NONE)),
            (Column::words("Alike"), &|row| match row.agrees {
                Some(agrees) => Cell::text(if agrees { "yes" } else { "no" }),
                None => Cell::Missing(NONE.into()),
            }),
        ],
    );
    let note = format!(
        "Tasks a second are read twice: in the rounds of the plan, and by criterion, one contestant after \
         another. The two are alike where the interval of their ratio comes within {} of 1.",
        format::percent(ALIKE_WITHIN)
    );
    section("Rates, read twice", &note, "Every rate that was read twice", table)
}

/// The outcome of each bar, those of the run before included.
fn outcomes(analysis: &Analysis) -> Vec<Outcome> {
    let of_repeat = |repeat: &Repeat| {
        let bars = Part::ALL.into_iter().filter_map(|part| repeat.part(part).bar);
        bars.map(|bar| bar.outcome).chain([repeat.order.outcome]).collect::<Vec<_>>()
    };
    let checks = analysis.instrument.checks();
    let of_checks = checks.iter().map(Check::outcome);
    of_checks.chain(analysis.repeat.iter().flat_map(of_repeat)).collect()
}

fn answer(outcomes: &[Outcome]) -> Text {
    if outcomes.is_empty() {
        return "Nothing in this record checks its figures: it has no control, no baseline, and no \
                run before it."
            .into();
    }
    let all = [Outcome::Met, Outcome::Missed, Outcome::Undecided, Outcome::NotMeasured];
    let said = all.into_iter().filter_map(|outcome| {
        let count = outcomes.iter().filter(|of| **of == outcome).count();
        let is = if count == 1 { "is" } else { "are" };
        let is_said = count > 0 || outcome == Outcome::Missed;
        let count = format::count(count as u64);
        is_said.then(|| format!("{count} {is} {}", quantities::outcome(outcome)))
    });
    say(
        "Of {all} bars that these figures are held to, **{counts}**.",
        &[("all", &format::count(outcomes.len() as u64)), ("counts", &format::list(said))],
    )
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
    said.extend(is(Outcome::Missed).take(MOST_ROWS).map(missed_check));
    let mut more = |count: usize, sentence: &str| {
        if count > 0 {
            said.push(say(sentence, &[("count", &format::count(count as u64))]));
        }
    };
    let rest = is(Outcome::Missed).count().saturating_sub(MOST_ROWS);
    more(rest, "{count} more are in the tables below.");
    more(
        is(Outcome::Undecided).count(),
        "**Undecided: {count}.** An interval reaches over its bar, or there are too few readings \
         for one. The tables below say which.",
    );
    said
}

fn missed_check(check: &Check<'_>) -> Text {
    let figure = quantities::figure;
    let (bar, found) = match check {
        Check::Held(held) => (
            "A control weighs what it holds".to_owned(),
            format!(
                "{} holds {} for each task, and its {} grows by {}; it may be off by {}. Every figure \
                 of bytes may be off like this.",
                held.control.as_str(),
                format::bytes(held.bytes as f64),
                figure(held.figure),
                estimate(held.slope, Unit::Bytes),
                format::bytes(held.allowed)
            ),
        ),
        Check::Again(again) => (
            format!(
                "{} is as much as itself, to within {}",
                names::contestant(&again.itself),
                format::percent(again.widest)
            ),
            format!(
                "Under another label its {} is {} times as much. A difference between two \
                 contestants that is no more than this says nothing.",
                figure(again.figure),
                estimate(again.ratio, Unit::Times)
            ),
        ),
        Check::Overhead(overhead) => (
            format!("The harness adds little to {}", names::series(&overhead.series)),
            format!(
                "Its {} is {} times that of the same task straight on its runtime, and may be {} \
                 times. What the harness adds is in its figures.",
                figure(overhead.figure),
                estimate(overhead.ratio, Unit::Times),
                format::times(overhead.allowed)
            ),
        ),
    };
    Text::strong(format!("{bar}: missed.")).and(Text::plain(found))
}

fn estimate(figure: Option<Estimate>, unit: Unit) -> String {
    figure.map_or_else(|| format::NONE.into(), |figure| format::estimate(&figure, unit))
}

fn repeatability(analysis: &Analysis) -> Vec<Block> {
    let Some(repeat) = &analysis.repeat else {
        return vec![Block::Paragraph(again_or_not(analysis))];
    };
    [Block::Paragraph(runs(repeat))].into_iter().chain(repeat::measured(repeat)).collect()
}

fn runs(repeat: &Repeat) -> Text {
    let [first, second] = &repeat.runs[..] else { return Text::default() };
    let program = match repeat.is_one_program() {
        true => "The same program made both.",
        false => "The program was built anew in between.",
    };
    say(
        "Run 1 began {first}, and run 2, which all other pages are made of, {second}. {program}",
        &[("first", &first.started), ("second", &second.started), ("program", program)],
    )
}

/// A section with its table, folded away if it is long; nothing if it has no row.
fn section(head: &str, note: &str, summary: &str, table: Table) -> Vec<Block> {
    let below = |table| vec![Block::Heading(head.into()), Block::Paragraph(note.into()), table];
    tables::table(summary, table).map_or_else(Vec::new, below)
}

/// The cells that something happened to.
fn touched(found: &Disturbances) -> Vec<Block> {
    let table = tables::of(
        &found.touched,
        &[
            (Column::words("What happened"), &|row| Cell::text(conditions::flag(row.flag))),
            (Column::words("Cells of"), &|row| Cell::text(names::series(&row.series))),
            (Column::new("N", Unit::Count), &|row| Cell::Count(row.tasks)),
            (Column::words("Repeats, from 1"), &|row| {
                let repeats =
                    row.repeats.iter().map(|repeat| format::count(u64::from(*repeat) + 1));
                Cell::text(repeats.collect::<Vec<_>>().join(", "))
            }),
            (Column::new("Cells", Unit::Count), &|row| Cell::Count(row.cells)),
            (Column::words("At most"), &|row| Cell::text(conditions::extent(row.flag, &row.worst))),
        ],
    );
    let note = "What happened to the machine from the end of the cell before until the end of the cell. \
                No figure is left out because of it. Pressure on the CPU is in the record, and is no \
                finding: tasks that wait for a core are what many cells are about.";
    section("Conditions", note, "Every cell that something happened to", table)
}

/// Missed bars first.
fn by_outcome<T>(rows: &[T], outcome: fn(&T) -> Outcome) -> Vec<&T> {
    let mut rows: Vec<&T> = rows.iter().collect();
    rows.sort_by_key(|row| outcome(row));
    rows
}

fn controls(instrument: &Instrument) -> Vec<Block> {
    let table = tables::of(
        by_outcome(&instrument.held, |row| row.outcome),
        &[
            (Column::words("Control"), &|row| Cell::text(Text::code(row.control.as_str()))),
            (Column::new("Holds", Unit::Bytes), &|row| Cell::value(row.bytes as f64)),
            (Column::words("Figure"), &|row| Cell::text(quantities::figure(row.figure))),
            (Column::new("Measured", Unit::Bytes).with_intervals(), &|row| {
                Cell::figure(row.slope, "measured at fewer than two N")
            }),
            (Column::new("May be off by", Unit::Bytes), &|row| Cell::value(row.allowed)),
            (Column::words("Bar"), &|row| Cell::text(quantities::outcome(row.outcome))),
        ],
    );
    let note = "A control holds so many bytes for each task, and the slope must find them. The bar is \
                met where the whole interval is within what it may be off by, and missed where the \
                whole interval is outside. The full bill has 8 bytes of page table for each page held. \
                What the control that holds nothing weighs is on both sides of a comparison.";
    section("Controls", note, "What controls hold and weigh", table)
}

fn again(instrument: &Instrument) -> Vec<Block> {
    let table = tables::of(
        by_outcome(&instrument.again, |row| row.outcome),
        &[
            (Column::words("Contestant"), &|row| Cell::text(names::contestant(&row.itself))),
            (Column::words("Figure"), &|row| Cell::text(quantities::figure(row.figure))),
            (Column::new("Times itself", Unit::Times).with_intervals(), &|row| {
                Cell::figure(row.ratio, "the two have fewer than two N in common")
            }),
            (Column::new("Widest interval", Unit::Share), &|row| Cell::value(row.widest)),
            (Column::words("Bar"), &|row| Cell::text(quantities::outcome(row.outcome))),
        ],
    );
    let note = "A contestant runs under another label too. The bar is met where the interval of its \
                ratio to itself holds 1 and is no wider, on either side, than the widest interval; \
                without an interval it is undecided.";
    section("A contestant against itself", note, "Every contestant against itself", table)
}

fn overhead(instrument: &Instrument) -> Vec<Block> {
    let table = tables::of(
        by_outcome(&instrument.overhead, |row| row.outcome),
        &[
            (Column::words("Contestant"), &|row| Cell::text(names::series(&row.series))),
            (Column::words("Figure"), &|row| Cell::text(quantities::figure(row.figure))),
            (Column::new("Times its baseline", Unit::Times).lower().with_intervals(), &|row| {
                Cell::figure(row.ratio, "one of the two has no reading above zero")
            }),
            (Column::new("Most", Unit::Times), &|row| Cell::value(row.allowed)),
            (Column::words("Bar"), &|row| Cell::text(quantities::outcome(row.outcome))),
            (Column::words("Between N"), &|row| {
                let (from, to) = row.tasks;
                Cell::text(format!("{}–{}", format::count(from), format::count(to)))
            }),
        ],
    );
    let note = "A baseline is the same task written straight on a runtime, without the harness's \
                contract and ledger. The bar is met where the whole interval is at most what stands \
                beside it.";
    section("Harness overhead", note, "Every contestant against its baseline", table)
}

fn detectable(all: &[Detectable]) -> Vec<Block> {
    const NONE: &str = "no pair has a ratio with an interval";
    let share = |share: Option<f64>| Cell::figure(share.map(Estimate::lone), NONE);
    let table = tables::of(
        all,
        &[
            (Column::words("A difference in"), &|row| {
                let (figure, wait) = (quantities::quantity(row.quantity), names::wait(&row.wait));
                Cell::text(format!("{figure}, {wait}s"))
            }),
            (Column::new("Median pair", Unit::Share).lower(), &|row| share(row.median)),
            (Column::new("Worst pair", Unit::Share).lower(), &|row| {
                share(row.worst.as_ref().map(|worst| worst.difference))
            }),
            (Column::words("Which"), &|row| {
                let Some(worst) = &row.worst else { return Cell::Missing(NONE.into()) };
                let [first, second] = [&worst.first, &worst.second]
                    .map(|series| names::contestant(&series.contestant));
                Cell::text(format!("{first} and {second}"))
            }),
            (Column::new("Pairs", Unit::Count), &|row| Cell::Count(row.pairs as u64)),
            (Column::new("Without a ratio", Unit::Count), &|row| {
                Cell::Count(row.without_ratio as u64)
            }),
        ],
    );
    let note = "The smallest difference between two contestants that this run could have shown: the \
                width of the interval of their ratio. A smaller one is within noise.";
    section("Minimum detectable difference", note, "Every minimum detectable difference", table)
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
            missed[0].starts_with("Bytes of the runs within 2 %: missed. 1 of 3"),
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
    fn rates_that_were_read_twice_are_held_against_each_other() {
        let mut made = Synthetic::new();
        made.line("coroutines/smol", &[1, 100], Bill::of(300))
            .waves("coroutines/smol", 100, &[1_000_000, 1_010_000, 1_020_000])
            .waves("threads/per-task", 100, &[4_000_000, 4_010_000, 4_020_000]);
        assert!(!heads(&page(&made.record(), None)).contains(&"Rates, read twice".into()));
        let shuffled = rounds(&Analysis::of(&made.record(), None));
        assert!(shuffled.words().contains("not in rounds"), "{}", shuffled.words());
        made.timed("coroutines/smol", 100, &[1_000_000, 1_010_000, 1_030_000])
            .timed("threads/per-task", 100, &[1_000_000, 1_010_000, 1_030_000])
            .in_rounds();
        let analysis = Analysis::of(&made.record(), None);
        assert!(rounds(&analysis).words().contains("within rounds"));
        assert!(heads(&build(&analysis)).contains(&"Rates, read twice".into()));
        let blocks = read_twice(&analysis.read_twice);
        let Some(Block::Table(table)) = blocks.last() else { panic!("{blocks:?}") };
        let said: Vec<_> = table.rows.iter().map(|row| (row[0].clone(), row[5].clone())).collect();
        let expected = [("thread each, timer of 1 ms", "no"), ("smol, timer of 1 ms", "yes")];
        assert_eq!(said, expected.map(|(of, alike)| (Cell::text(of), Cell::text(alike))));
    }

    fn heads(document: &Document) -> Vec<String> {
        let head = |block: &Block| match block {
            Block::Heading(head) => Some(head.words()),
            _ => None,
        };
        document.blocks.iter().filter_map(head).collect()
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
