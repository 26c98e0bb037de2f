//! `state.md`: what a waiting task weighs that keeps state, and where the advantage shrinks.

use std::collections::BTreeSet;

use analysis::Analysis;
use analysis::contestant::{Id, Model};
use analysis::estimate::Estimate;
use analysis::state::{StatePoint, StateRow};

use super::contestants::{cautions, details};
use super::page::Page;
use super::weights::{UNDECIDED, is_decided, leading, what_is_weighed};
use crate::chart::{Axis, Chart, Line, Plot};
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::text::{Text, names, say};

/// The page.
pub(crate) const PAGE: Page = Page { id: "state", name: "live state", build };

/// Sizes that a table has before others, in bytes; the largest of a record comes after the first two.
const WANTED: [u64; 6] = [0, 8_192, 1_024, 64, 2_048, 16_384];

/// So many sizes at most are in a table that is not folded away.
const MOST_SIZES: usize = 5;

fn build(analysis: &Analysis) -> Document {
    let rows: Vec<&StateRow> =
        analysis.states.iter().filter(|row| row.series.shape.is_plain()).collect();
    let shown = leading(rows.iter().map(|row| &row.series.contestant));
    let rows: Vec<&StateRow> =
        rows.into_iter().filter(|row| shown.contains(&row.series.contestant)).collect();
    let sizes = sizes(&rows);
    let mut blocks = vec![Block::Quote(vec![answer(&rows, &sizes)])];
    let chart = chart(&rows);
    if !chart.is_empty() {
        blocks.push(Block::Chart(chart));
    }
    let weights = table(&rows, &sizes, Unit::Bytes, |_, point| {
        Cell::figure(Some(point.bytes).filter(is_decided), UNDECIDED)
    });
    if !weights.is_empty() {
        blocks.push(Block::Heading("A waiting task by the state that it keeps".into()));
        blocks.push(Block::Table(weights));
        blocks.push(Block::Paragraph(
            what_is_weighed(analysis)
                .and("The slope over N, state included; over the same N for each size.".into()),
        ));
    }
    let ratios: Vec<&StateRow> = rows
        .iter()
        .copied()
        .filter(|row| row.at.values().any(|point| point.reference_over.is_some()))
        .collect();
    let ratios = table(&ratios, &sizes, Unit::Times, |_, point| {
        Cell::figure(point.reference_over, "there is no weight of both")
    });
    if !ratios.is_empty() {
        blocks.push(Block::Heading("How many times as much a thread each takes".into()));
        blocks.push(Block::Table(ratios));
    }
    blocks.extend(cautions(analysis, &shown));
    blocks.extend(details(
        "Every contestant and size, with intervals, and how many times the state is held",
        vec![Block::Table(every(analysis)), Block::Paragraph(HELD.into())],
    ));
    Document { id: PAGE.id, title: "What live state adds".into(), blocks }
}

const HELD: &str = "Held is (slope with the state − slope without) ÷ bytes of state: 1.00 is once. \
                    What is above it is held twice, or lost to the allocator's rounding or a \
                    runtime's alignment. What is below found room in what the task has anyway, \
                    such as the last page of a thread's stack.";

/// How many times as much a thread takes at each size, by the example of one coroutine.
fn answer(rows: &[&StateRow], sizes: &BTreeSet<u64>) -> Text {
    let coroutines =
        || rows.iter().filter(|row| row.series.model() == Model::Coroutines && has_ratio(row));
    let is_tokio = |row: &&&StateRow| row.series.contestant.name() == "tokio";
    let Some(row) = coroutines().find(is_tokio).or_else(|| coroutines().next()) else {
        return match rows.is_empty() {
            true => "This record does not say what live state adds: no task that is weighed keeps \
                     any."
                .into(),
            false => "This record does not say where a coroutine's advantage shrinks: there is no \
                      thread each and coroutine with the same state."
                .into(),
        };
    };
    let ratio = |bytes: u64| row.at.get(&bytes)?.reference_over;
    let times = |ratio: Estimate| format::times(ratio.value);
    let name = names::contestant(&row.series.contestant);
    let with: Vec<String> = sizes
        .iter()
        .filter(|bytes| **bytes > 0)
        .filter_map(|bytes| Some((format::size(*bytes as f64), times(ratio(*bytes)?))))
        .map(|(size, times)| format!("{times} times with {size}"))
        .collect();
    let with = format::list(&with);
    let shrinks = match ratio(0) {
        None => say(
            "A thread takes more than a {name} task by as much: **{with}** of state that is alive \
             during the wait.",
            &[("name", &name), ("with", &with)],
        ),
        Some(none) => say(
            "The more a task keeps alive while it waits, the less it matters what keeps it. A \
             thread takes {none} times as much as a {name} task without state, and **{with}**.",
            &[("none", &times(none)), ("name", &name), ("with", &with)],
        ),
    };
    shrinks.and(free_in_a_thread(rows).unwrap_or_default())
}

fn has_ratio(row: &StateRow) -> bool {
    row.at.iter().any(|(bytes, point)| *bytes > 0 && point.reference_over.is_some())
}

/// Below which part of its size state counts as free.
const FREE: f64 = 0.1;

/// Up to which size a thread each has room for the state in what it has touched anyway.
fn free_in_a_thread(rows: &[&StateRow]) -> Option<Text> {
    let thread = rows.iter().find(|row| row.series.contestant.is_reference())?;
    let is_free =
        |point: &StatePoint| point.held.is_some_and(|held| held.is_bounded() && held.value < FREE);
    let with_state = thread.at.iter().filter(|(bytes, _)| **bytes > 0);
    let (bytes, _) = with_state.take_while(|(_, point)| is_free(point)).last()?;
    Some(say(
        "State of up to {size} costs a thread nothing: there is room in the page of its stack that \
         it has touched anyway.",
        &[("size", &format::size(*bytes as f64))],
    ))
}

/// The sizes of the tables: those that are wanted most, in their order.
fn sizes(rows: &[&StateRow]) -> BTreeSet<u64> {
    let all: BTreeSet<u64> = rows.iter().flat_map(|row| row.at.keys().copied()).collect();
    let (first, others) = WANTED.split_at(2);
    let wanted = first.iter().chain(all.last()).chain(others).chain(&all);
    let mut sizes = BTreeSet::new();
    for bytes in wanted.filter(|bytes| all.contains(bytes)) {
        if sizes.len() < MOST_SIZES {
            sizes.insert(*bytes);
        }
    }
    sizes
}

fn table(
    rows: &[&StateRow],
    sizes: &BTreeSet<u64>,
    unit: Unit,
    cell: impl Fn(&Id, &StatePoint) -> Cell,
) -> Table {
    let columns = sizes.iter().map(|bytes| {
        let column = Column::new(size(*bytes), unit);
        if unit == Unit::Bytes { column.lower() } else { column }
    });
    let mut table = Table::new([Column::words("")].into_iter().chain(columns));
    for row in rows {
        let id = &row.series.contestant;
        let mut cells = vec![Cell::text(names::contestant(id))];
        cells.extend(sizes.iter().map(|bytes| match row.at.get(bytes) {
            Some(point) => cell(id, point),
            None => Cell::Missing("not measured".into()),
        }));
        table.push(cells);
    }
    table
}

/// Every point with its intervals, a row each.
fn every(analysis: &Analysis) -> Table {
    let mut table = Table::new([
        Column::words(""),
        Column::new("state", Unit::Size),
        Column::new("bytes per waiting task", Unit::Bytes).lower().with_intervals(),
        Column::new("held", Unit::Times).with_intervals(),
        Column::new("a thread each takes", Unit::Times).with_intervals(),
    ]);
    for row in &analysis.states {
        let no_ratio = match row.series.contestant.is_reference() {
            true => "this is a thread each",
            false => "there is no weight of both",
        };
        for (bytes, point) in &row.at {
            table.push(vec![
                Cell::text(names::series(&row.series)),
                Cell::Count(*bytes),
                Cell::Figure(point.bytes),
                Cell::figure(point.held, "there is no state, or no slope without"),
                Cell::figure(point.reference_over, no_ratio),
            ]);
        }
    }
    table
}

fn size(bytes: u64) -> String {
    if bytes == 0 { "no state".into() } else { format::size(bytes as f64) }
}

/// Bytes of a waiting task over the state that it keeps.
fn chart(rows: &[&StateRow]) -> Chart {
    let lines: Vec<Line> = rows
        .iter()
        .map(|row| Line {
            name: names::contestant(&row.series.contestant),
            tone: names::tone(&row.series.contestant),
            points: row
                .at
                .iter()
                .filter(|(bytes, point)| **bytes > 0 && is_decided(&point.bytes))
                .map(|(bytes, point)| (*bytes as f64, point.bytes.value))
                .collect(),
            wall: None,
        })
        .filter(|line| line.points.len() >= 2)
        .collect();
    let said: Vec<String> = lines
        .iter()
        .filter_map(|line| {
            let ((least, from), (most, to)) = (line.points.first()?, line.points.last()?);
            let at = |bytes: &f64, state: &f64| {
                format!("{} with {}", format::bytes(*bytes), format::size(*state))
            };
            Some(format!("{} {} to {}", line.name, at(from, least), at(to, most)))
        })
        .collect();
    Chart {
        id: "state",
        title: "Memory of a waiting task over the state it keeps alive".into(),
        subtitle: "One more task that waits for a timer, state included. Lower is less.".into(),
        alt: format!("Memory of a waiting task by its live state: {}.", said.join("; ")),
        plot: Plot::Lines {
            x: Axis { label: "Live state".into(), unit: Unit::Size, is_log: true },
            y: Axis { label: "One more waiting task".into(), unit: Unit::Bytes, is_log: true },
            lines,
        },
    }
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic};

    use super::super::example::{answer, folded, lines, poor_records, rows};
    use super::*;

    /// Two contestants with these sizes of state. A thread has room for 1 KiB.
    fn with_states(sizes: &[u64]) -> Record {
        let mut made = Synthetic::new();
        let noisy = |rss| Bill { noise: 100, ..Bill::of(rss).with_kernel(0) };
        for bytes in sizes {
            let thread = 37_000 + if *bytes > 1_024 { *bytes } else { 0 };
            made.state(*bytes).line("threads/per-task", &[1, 100, 1_000], noisy(thread)).line(
                "coroutines/tokio",
                &[1, 1_000, 10_000],
                noisy(448 + bytes),
            );
        }
        made.record()
    }

    #[test]
    fn the_answer_says_where_the_advantage_shrinks() {
        let record = with_states(&[0, 64, 1_024, 8_192]);
        insta::assert_snapshot!(answer(PAGE, &record), @"The more a task keeps alive while it waits, the less it matters what keeps it. A thread takes 83 times as much as a tokio task without state, and 72 times with 64 B, 25 times with 1 KiB and 5.2 times with 8 KiB. State of up to 1 KiB costs a thread nothing: there is room in the page of its stack that it has touched anyway.");
        let text = lines(PAGE, &record).join("\n");
        assert!(text.contains("\ntokio | 448 B | 512 B | 1.47 kB | 8.64 kB"), "{text}");
        assert!(text.contains("\ntokio | 83 | 72 | 25 | 5.2"), "{text}");
    }

    #[test]
    fn of_many_sizes_a_table_has_five_and_what_is_folded_away_has_all() {
        let all = [0, 64, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536];
        let record = with_states(&all);
        let analysis = Analysis::of(&record, None);
        let rows_of: Vec<&StateRow> = analysis.states.iter().collect();
        let sizes: Vec<u64> = sizes(&rows_of).into_iter().collect();
        assert_eq!(sizes, [0, 64, 1_024, 8_192, 65_536]);
        let every = folded(PAGE, &record, "Every contestant").unwrap();
        assert_eq!(rows(&every).len(), 2 * all.len());
    }

    #[test]
    fn poor_records_say_that_they_say_nothing() {
        for record in poor_records() {
            assert!(answer(PAGE, &record).starts_with("This record does not say"));
            assert_eq!(lines(PAGE, &record), Vec::<String>::new());
        }
        let mut alone = with_states(&[0, 64]);
        alone.cells.retain(|cell| cell.contestant.starts_with("coroutines"));
        assert!(answer(PAGE, &alone).contains("there is no thread each"));
        assert!(lines(PAGE, &alone).iter().any(|line| line == "tokio | 448 B | 512 B"));
    }
}
