//! How far figures move when the same run is made again.

use analysis::bar::Outcome;
use analysis::estimate::{CONFIDENCE, Estimate, quantile};
use analysis::repeat::{Moved, Repeat, Row, Swap};
use analysis::sides::Part;

use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::tables::{self, MOST_ROWS, folded, section, tasks};
use crate::text::{Text, cautions, names, quantities, say};

/// More runs than this are shown by their least, their median and their most.
const MOST_SHOWN: usize = 3;

/// The document of `compare repeat`: the bars that were missed, what moved, and every figure folded
/// away.
pub fn document(repeat: &Repeat) -> Document {
    let runs = format::count(repeat.runs.len() as u64);
    let title = say("How far the figures of {runs} runs lie apart", &[("runs", &runs)]);
    let mut blocks = vec![Block::Paragraph(answer(repeat))];
    blocks.extend(section("Bars that were missed", missed(repeat)));
    blocks.extend(measured(repeat));
    Document { id: "repeat", title, blocks }
}

/// Whether the runs were made on the same, what moved, and every figure folded away.
pub(crate) fn measured(repeat: &Repeat) -> Vec<Block> {
    let setup = cautions::different_setup("runs", &repeat.differences);
    let mut blocks: Vec<Block> = setup.into_iter().map(Block::Paragraph).collect();
    blocks.extend([Block::Table(summary(repeat)), Block::Paragraph(NOTE.into())]);
    blocks.extend(Part::ALL.into_iter().filter_map(|part| {
        let summary = say("Every figure of the runs: {part}", &[("part", quantities::part(part))]);
        folded(summary, part_table(repeat, part))
    }));
    blocks
}

/// How far most figures of each part lie apart, and whether the order is the same, in a sentence.
pub(crate) fn answer(repeat: &Repeat) -> Text {
    let parts: Vec<String> = Part::ALL
        .into_iter()
        .filter_map(|part| {
            let within = format::percent(repeat.part(part).within?);
            Some(format!("{} {within}", quantities::part(part)))
        })
        .collect();
    if parts.is_empty() {
        return "The runs have no figure in common that can be distinguished from zero.".into();
    }
    let order = match (repeat.order.ordered, repeat.order.swaps.len()) {
        (0, _) => String::new(),
        (_, 0) => " The contestants come in the same order of bytes in all of them.".into(),
        (_, 1) => " One pair of contestants changes its order of bytes.".into(),
        (_, pairs) => format!(" {pairs} pairs of contestants change their order of bytes."),
    };
    say(
        "Made again, {most} of the figures of each kind moved by no more than this: \
         **{parts}**.{order}",
        &[
            ("most", &format::percent(CONFIDENCE)),
            ("parts", &format::list(&parts)),
            ("order", &order),
        ],
    )
}

/// A row for each part: how far its figures moved.
pub(crate) fn summary(repeat: &Repeat) -> Table {
    let share = |share: Option<f64>| {
        Cell::figure(share.map(Estimate::lone), "none can be distinguished from zero")
    };
    let most = format!("{} lie within", format::percent(CONFIDENCE));
    let parts = Part::ALL.into_iter().map(|part| (part, repeat.part(part)));
    tables::of(
        parts.filter(|(_, moved)| moved.figures > 0),
        &[
            (Column::words("Figures of"), &|(part, _)| Cell::text(quantities::part(*part))),
            (Column::new("Half lie within", Unit::Share).lower(), &|(_, of)| share(of.median)),
            (Column::new(most, Unit::Share).lower(), &|(_, of)| share(of.within)),
            (Column::new("Farthest apart", Unit::Share).lower(), &|(_, of)| {
                share(of.worst.as_ref().map(|worst| worst.apart))
            }),
            (Column::words("Beyond their own intervals"), &|(_, of)| Cell::text(beyond(of))),
            (Column::words("Bar"), &|(_, of)| Cell::text(bar(of))),
        ],
    )
}

fn beyond(moved: &Moved) -> String {
    if moved.with_intervals == 0 {
        return "no intervals".into();
    }
    let counts = [moved.beyond_intervals, moved.with_intervals];
    counts.map(|count| format::count(count as u64)).join(" of ")
}

fn bar(moved: &Moved) -> String {
    let Some(bar) = moved.bar else { return "none".into() };
    format!("{}: {}", format::percent(bar.allowed), quantities::outcome(bar.outcome))
}

/// The bars that were missed, each with what it means.
pub(crate) fn missed(repeat: &Repeat) -> Vec<Text> {
    let missed = |part: Part| {
        let moved = repeat.part(part);
        let bar = moved.bar.filter(|bar| bar.outcome == Outcome::Missed)?;
        let worst = moved.worst.as_ref()?;
        Some(say(
            "**{Part} of the runs within {allowed}: missed.** {beyond} of {figures} figures {lie} \
             farther apart, the farthest {worst} ({of}). Of all of them 95 % moved by up \
             to {within}, so between two runs a smaller difference in {part} says nothing.",
            &[
                ("Part", &format::capital(quantities::part(part))),
                ("part", quantities::part(part)),
                ("lie", if bar.beyond == 1 { "lies" } else { "lie" }),
                ("allowed", &format::percent(bar.allowed)),
                ("beyond", &format::count(bar.beyond as u64)),
                ("figures", &format::count(moved.compared as u64)),
                ("worst", &format::percent(worst.apart)),
                ("of", &quantities::whole_subject(&worst.subject)),
                ("within", &format::percent(moved.within?)),
            ],
        ))
    };
    let swaps = repeat.order.swaps.iter().take(MOST_ROWS).map(swap);
    [Part::Bytes, Part::Cpu, Part::Instructions]
        .into_iter()
        .filter_map(missed)
        .chain(swaps)
        .collect()
}

fn swap(swap: &Swap) -> Text {
    let numbers = |runs: &[usize]| format::list(runs.iter().map(ToString::to_string));
    let overlap = match &swap.overlap_in[..] {
        [] => "In no run do their intervals overlap.".to_owned(),
        runs => format!("Their intervals overlap in run {}.", numbers(runs)),
    };
    say(
        "**The same order of contestants: missed.** {first} takes fewer bytes than {second} in run \
         {runs} alone. {overlap}",
        &[
            ("first", &names::series(&swap.first)),
            ("second", &names::series(&swap.second)),
            ("runs", &numbers(&swap.first_is_less_in)),
            ("overlap", &overlap),
        ],
    )
}

/// What the columns mean.
const NOTE: &str = "How far two runs lie apart is a part of their median; of more runs, the two that are farthest \
     apart count. A figure is beyond its own interval if the interval of the ratio of those two \
     leaves out 1. Bytes are the full bill of a waiting task, or what is known of it without a \
     control group. Time to start, rates and lateness move with the state of the machine, and are \
     held to no bar.";

const UNKNOWN: &str = "it cannot be distinguished from zero in every run";

/// Every figure of a part, those that moved most first.
fn part_table(repeat: &Repeat, part: Part) -> Table {
    let heads: Vec<String> = match repeat.runs.len() {
        runs @ ..=MOST_SHOWN => (1..=runs).map(|run| format!("Run {run}")).collect(),
        _ => ["Least", "Median", "Most"].map(str::to_owned).into(),
    };
    let runs = heads.into_iter().map(|head| Column::new(head, quantities::unit_of_part(part)));
    let count = [Column::new("N", Unit::Count)];
    let last = [Column::new("Apart", Unit::Share).lower(), Column::words("Beyond its interval")];
    let is_wanted = |row: &&Row| row.subject.quantity.part() == part;
    let mut rows: Vec<&Row> = repeat.rows.iter().filter(is_wanted).collect();
    rows.sort_by(|a, b| b.apart.unwrap_or(-1.0).total_cmp(&a.apart.unwrap_or(-1.0)));
    let row = |row: &Row| {
        let mut cells = vec![tasks(row.subject.tasks)];
        cells.extend(shown(&row.runs).into_iter().map(Cell::value));
        cells.push(Cell::figure(row.apart.map(Estimate::lone), UNKNOWN));
        cells.push(Cell::text(match row.is_beyond {
            Some(true) => "yes",
            Some(false) => "no",
            None => "unknown",
        }));
        (quantities::of_what(&row.subject), cells)
    };
    let columns = count.into_iter().chain(runs).chain(last);
    tables::named("Of what", columns, rows.into_iter().map(row))
}

fn shown(runs: &[Estimate]) -> Vec<f64> {
    let values: Vec<f64> = runs.iter().map(|run| run.value).collect();
    if values.len() <= MOST_SHOWN {
        return values;
    }
    [0.0, 0.5, 1.0].into_iter().filter_map(|part| quantile(&values, part)).collect()
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic};

    use super::*;

    fn run(weights: &[(&str, u64)]) -> Record {
        let mut made = Synthetic::new();
        for &(id, rss) in weights {
            made.line(id, &[1, 100, 1_000, 10_000], Bill::of(rss).with_kernel(1_000));
        }
        made.record()
    }

    fn of(records: &[Record]) -> Repeat {
        Repeat::of(&records.iter().collect::<Vec<_>>())
    }

    #[test]
    fn the_answer_has_every_part_that_was_measured() {
        let one = run(&[("coroutines/bare", 100), ("threads/per-task", 9_000)]);
        let other = run(&[("coroutines/bare", 100), ("threads/per-task", 9_300)]);
        let repeat = of(&[one, other]);
        assert_eq!(
            answer(&repeat).words(),
            "Made again, 95 % of the figures of each kind moved by no more than this: bytes 2.8 %, CPU \
             3.1 %, time to start 3.1 % and lateness 0 %. The contestants come in the same order of \
             bytes in all of them."
        );
        let table = summary(&repeat);
        assert_eq!((table.rows.len(), table.columns.len()), (4, 6));
        assert_eq!(table.rows[0][5], Cell::text("2 %: missed"));
        assert_eq!(table.rows[3][5], Cell::text("none"));
        let missed = missed(&repeat);
        assert!(missed[0].words().contains("the farthest 3 % (thread each: full bill)"));
        assert_eq!(missed.len(), 2);
    }

    #[test]
    fn a_swapped_pair_is_named() {
        let one = run(&[("coroutines/bare", 100), ("coroutines/smol", 101)]);
        let other = run(&[("coroutines/bare", 101), ("coroutines/smol", 100)]);
        let repeat = of(&[one.clone(), other, one]);
        let said = missed(&repeat).last().unwrap().words();
        assert_eq!(
            said,
            "The same order of contestants: missed. bare futures takes fewer bytes than smol in run \
             1 and 3 alone. In no run do their intervals overlap."
        );
        assert!(
            answer(&repeat)
                .words()
                .ends_with("One pair of contestants changes its order of bytes.")
        );
    }

    #[test]
    fn many_runs_are_shown_by_their_least_median_and_most() {
        let one = run(&[("coroutines/bare", 100)]);
        let repeat = of(&vec![one; 5]);
        let heads: Vec<String> = part_table(&repeat, Part::Bytes)
            .columns
            .iter()
            .map(|column| column.head.words())
            .collect();
        assert_eq!(heads[2..5], ["Least", "Median", "Most"]);
    }

    #[test]
    fn runs_with_nothing_in_common_say_so() {
        let document = document(&of(&[run(&[("coroutines/bare", 1)]), run(&[("threads/x", 1)])]));
        let Block::Paragraph(answer) = &document.blocks[0] else { panic!() };
        assert!(answer.words().contains("no figure in common"));
    }
}
