//! `state.md`: what a waiting task weighs that keeps state, and where the advantage shrinks; and what stays
//! of the stack that it used before.

use std::collections::BTreeSet;

use analysis::Analysis;
use analysis::contestant::{Id, Model};
use analysis::estimate::Estimate;
use analysis::state::{StatePoint, StateRow};

use super::contestants::cautions;
use super::page::Page;
use super::weights::{UNDECIDED, leading, what_is_weighed};
use crate::chart::{Axis, Chart, Line, Plot};
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::tables::{named, under};
use crate::text::{Text, names, say};

pub(crate) const PAGE: Page = Page { id: "state", name: "live state", build };

/// Sizes that a table has before others, in bytes; the largest of a record comes after the first two.
const WANTED: [u64; 6] = [0, 8_192, 1_024, 64, 2_048, 16_384];

/// So many sizes at most are in a table that is not folded away.
const MOST_SIZES: usize = 5;

fn build(analysis: &Analysis) -> Document {
    let (rows, shown) = plain(&analysis.states);
    let (deep, _) = plain(&analysis.depths);
    let sizes = sizes(&rows);
    let answer = answer(&rows, &sizes).and(stays_with_a_thread(&deep).unwrap_or_default());
    let mut blocks = vec![Block::Quote(vec![answer])];
    blocks.extend(chart(&rows).map(Block::Chart));
    let bytes = |size: String| Column::new(size, Unit::Bytes).lower();
    let weight = |point: &StatePoint| {
        Cell::figure(Some(point.bytes).filter(Estimate::is_decided), UNDECIDED)
    };
    let weights = table(&rows, &sizes, "no state", bytes, weight);
    let note = "The slope over N, state included; over the same N for each size. [Every size and \
                contestant, with intervals](page:all).";
    let note = what_is_weighed(analysis).and(say(note, &[]));
    let note = note.and(boxed(&rows).unwrap_or_default());
    blocks.extend(under("A waiting task by the state that it keeps", weights, note));
    let has_any = |row: &&&StateRow| row.at.values().any(|point| point.reference_over.is_some());
    let ratios: Vec<&StateRow> = rows.iter().filter(has_any).copied().collect();
    let ratios = table(
        &ratios,
        &sizes,
        "no state",
        |size| Column::new(size, Unit::Times),
        |point| Cell::figure(point.reference_over, "there is no weight of both"),
    );
    blocks.extend(under("How many times as much a thread each takes", ratios, ""));
    let depths = table(&deep, &self::sizes(&deep), "none", bytes, weight);
    let note = "The slope over N, the stack that is still touched included; over the same N for each size.";
    blocks.extend(under(
        "A waiting task by the stack that it used and gave back before",
        depths,
        note,
    ));
    blocks.extend(cautions(analysis, &shown));
    Document { id: PAGE.id, title: "What live state adds".into(), blocks }
}

/// The rows of plain timers by the contestants that a page shows first, and those.
fn plain(rows: &[StateRow]) -> (Vec<&StateRow>, Vec<Id>) {
    let mut rows: Vec<&StateRow> = rows.iter().filter(|row| row.series.shape.is_plain()).collect();
    let shown = leading(rows.iter().map(|row| &row.series.contestant));
    rows.retain(|row| shown.contains(&row.series.contestant));
    (rows, shown)
}

/// Which of the contestants keep a large task in two allocations. Where the sizes are from: the crate
/// async-task 4.7 boxes a future of 2,048 bytes or more (`Builder::spawn_unchecked` in `src/runnable.rs`),
/// under smol and async-std; tokio 1.54 one of more than 16,384 in a release build
/// (`BOX_FUTURE_THRESHOLD` in `src/runtime/mod.rs`).
fn boxed(rows: &[&StateRow]) -> Option<Text> {
    const BOX: [(&[&str], &str); 2] =
        [(&["async-std", "smol"], "of 2 KiB or more"), (&["tokio"], "of more than 16 KiB")];
    let shown: BTreeSet<&str> = rows.iter().map(|row| row.series.contestant.name()).collect();
    let said = BOX.iter().filter_map(|(runtimes, size)| {
        let names = format::list(runtimes.iter().filter(|name| shown.contains(*name)));
        (!names.is_empty()).then(|| format!("{names} one {size}"))
    });
    let said = said.collect::<Vec<_>>().join(", ");
    (!said.is_empty()).then(|| {
        say(
            "A runtime puts a large task, its state and what it has beside that, into an allocation of \
             its own: {said}.",
            &[("said", &said)],
        )
    })
}

/// What a thread weighs that has used stack before it waits, beside a coroutine that did the same.
fn stays_with_a_thread(deep: &[&StateRow]) -> Option<Text> {
    let thread = deep.iter().find(|row| row.series.contestant.is_reference())?;
    let coroutine = example(deep, |_| true)?;
    let (depth, _) = thread.at.iter().find(|(bytes, _)| **bytes > 0)?;
    let weight = |row: &StateRow, bytes: &u64| {
        let point = row.at.get(bytes).filter(|point| point.bytes.is_decided())?;
        Some(format::bytes(point.bytes.value))
    };
    Some(say(
        "A thread also keeps the pages of its stack that it has touched: after a call that used \
         {depth} and came back, it weighs **{after}** while it waits, in place of {before}. A {name} \
         task weighs {task_after} after the same call and {task_before} without it: its worker's next task uses the same pages again.",
        &[
            ("depth", &format::size(*depth as f64)),
            ("after", &weight(thread, depth)?),
            ("before", &weight(thread, &0)?),
            ("name", &names::contestant(&coroutine.series.contestant)),
            ("task_after", &weight(coroutine, depth)?),
            ("task_before", &weight(coroutine, &0)?),
        ],
    ))
}

/// The coroutine that stands for all of which this is so: tokio, or else the first.
fn example<'a>(rows: &[&'a StateRow], is_fit: impl Fn(&StateRow) -> bool) -> Option<&'a StateRow> {
    let is_one = |row: &&StateRow| row.series.model() == Model::Coroutines && is_fit(row);
    let coroutines = rows.iter().copied().filter(is_one);
    coroutines.min_by_key(|row| row.series.contestant.name() != "tokio")
}

/// How many times as much a thread takes at each size, by the example of one coroutine.
fn answer(rows: &[&StateRow], sizes: &BTreeSet<u64>) -> Text {
    let ratio = |row: &StateRow, bytes: &u64| row.at.get(bytes)?.reference_over;
    let has_ratio =
        |row: &StateRow| row.at.keys().any(|bytes| *bytes > 0 && ratio(row, bytes).is_some());
    let Some(row) = example(rows, has_ratio) else {
        return match rows.is_empty() {
            true => "This record does not say what live state adds: no task that is weighed keeps \
                     any."
                .into(),
            false => "This record does not say where a coroutine's advantage shrinks: there is no \
                      thread each and coroutine with the same state."
                .into(),
        };
    };
    let times = |bytes: &u64| Some(format::times(ratio(row, bytes)?.value));
    let with: Vec<String> = sizes
        .iter()
        .filter(|bytes| **bytes > 0)
        .filter_map(|bytes| {
            Some(format!("{} times with {}", times(bytes)?, format::size(*bytes as f64)))
        })
        .collect();
    let (name, with) = (names::contestant(&row.series.contestant), format::list(&with));
    let none =
        times(&0).map(|times| format!("{times} times as much as a {name} task without state"));
    let shrinks = say(
        "The more a task keeps alive while it waits, the less it matters what keeps it. A thread \
         takes {none}, and **{with}**.",
        &[("none", &none.unwrap_or_else(|| format!("more than a {name} task"))), ("with", &with)],
    );
    shrinks.and(free_in_a_thread(rows).unwrap_or_default())
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

/// The sizes of the tables: those that are wanted most.
fn sizes(rows: &[&StateRow]) -> BTreeSet<u64> {
    let all: BTreeSet<u64> = rows.iter().flat_map(|row| row.at.keys().copied()).collect();
    let (first, others) = WANTED.split_at(2);
    let mut sizes = BTreeSet::new();
    for bytes in first.iter().chain(all.last()).chain(others).chain(&all) {
        if sizes.len() < MOST_SIZES && all.contains(bytes) {
            sizes.insert(*bytes);
        }
    }
    sizes
}

fn table(
    rows: &[&StateRow],
    sizes: &BTreeSet<u64>,
    none: &str,
    column: impl Fn(String) -> Column,
    cell: impl Fn(&StatePoint) -> Cell,
) -> Table {
    let head = |bytes: &u64| match bytes {
        0 => column(none.into()),
        bytes => column(format::size(*bytes as f64)),
    };
    let row = |row: &&StateRow| {
        let cell = |bytes: &u64| match row.at.get(bytes) {
            Some(point) => cell(point),
            None => Cell::Missing("not measured".into()),
        };
        (names::contestant(&row.series.contestant), sizes.iter().map(cell).collect())
    };
    named("", sizes.iter().map(head), rows.iter().map(row))
}

/// Bytes of a waiting task over the state that it keeps; `None` where no line has two points.
fn chart(rows: &[&StateRow]) -> Option<Chart> {
    let line = |row: &&StateRow| {
        let id = &row.series.contestant;
        let at = row.at.iter().filter(|(bytes, point)| **bytes > 0 && point.bytes.is_decided());
        let points = at.map(|(bytes, point)| (*bytes as f64, point.bytes.value)).collect();
        Line { name: names::contestant(id), tone: names::tone(id), points, wall: None }
    };
    let lines: Vec<Line> = rows.iter().map(line).filter(|line| line.points.len() >= 2).collect();
    let said = lines.iter().filter_map(|line| {
        let at = |(state, bytes): &(f64, f64)| {
            format!("{} with {}", format::bytes(*bytes), format::size(*state))
        };
        Some(format!("{} {} to {}", line.name, at(line.points.first()?), at(line.points.last()?)))
    });
    let said = said.collect::<Vec<_>>().join("; ");
    (!lines.is_empty()).then(|| Chart {
        id: "state",
        title: "Memory of a waiting task over the state it keeps alive".into(),
        subtitle: "One more task that waits for a timer, state included. Lower is less.".into(),
        alt: format!("Memory of a waiting task by its live state: {said}."),
        plot: Plot::Lines {
            x: Axis { label: "Live state".into(), unit: Unit::Size, is_log: true },
            y: Axis { label: "One more waiting task".into(), unit: Unit::Bytes, is_log: true },
            lines,
        },
    })
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic};

    use super::super::example::{answer, lines, poor_records};
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
    fn of_many_sizes_a_table_has_five() {
        let all = [0, 64, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536];
        let record = with_states(&all);
        let analysis = Analysis::of(&record, None);
        let rows_of: Vec<&StateRow> = analysis.states.iter().collect();
        let sizes: Vec<u64> = sizes(&rows_of).into_iter().collect();
        assert_eq!(sizes, [0, 64, 1_024, 8_192, 65_536]);
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

    #[test]
    fn what_a_thread_keeps_of_its_stack_is_told_beside_a_coroutine() {
        let mut made = Synthetic::new();
        let noisy = |rss| Bill { noise: 100, ..Bill::of(rss).with_kernel(0) };
        for (depth, kept) in [(0, 0), (16_384, 12_288)] {
            made.depth(depth)
                .line("threads/per-task", &[1, 100, 1_000], noisy(37_000 + kept))
                .line("coroutines/smol", &[1, 100, 10_000], noisy(249));
        }
        let record = made.record();
        let answer = answer(PAGE, &record);
        let told = "A thread also keeps the pages of its stack that it has touched: after a call that used 16 KiB and came back, it weighs 49.3 kB while it waits, in place of 37 kB. A smol task weighs 249 B after the same call and 249 B without it: its worker's next task uses the same pages again.";
        assert!(answer.ends_with(told), "{answer}");
        let lines = lines(PAGE, &record);
        assert!(lines.iter().any(|line| line == "thread each | 37 kB | 49.3 kB"), "{lines:?}");
    }

    #[test]
    fn the_table_says_which_runtime_boxes_a_large_task() {
        let mut record = with_states(&[0, 64]);
        let told = |record: &Record| {
            let document = build(&Analysis::of(record, None));
            document.blocks.iter().any(|block| matches!(block, Block::Paragraph(text) if text.words().contains("allocation of its own: tokio one of more than 16 KiB.")))
        };
        assert!(told(&record));
        record.cells.retain(|cell| cell.contestant.starts_with("threads"));
        assert!(!told(&record));
    }
}
