//! The weights, and from how many tasks on a process is lighter.

use std::collections::BTreeSet;

use analysis::Analysis;
use analysis::contestant::Id;
use analysis::crossover::Crossover;
use analysis::measured::Measured;
use analysis::series::Shape;

use crate::document::{Block, Column, Table, Unit};
use crate::pages::weights::{
    Kind, find, keeps_state, leading, lighter_from_cell, thread_over_cell, weight, weight_cell,
};
use crate::tables::{MOST_ROWS, named, under};
use crate::text::names;

/// As many columns at most has a table that is not folded away, the name included.
const MOST_COLUMNS: usize = 6;

/// What tasks do while they are weighed, with its words.
pub(super) struct Work {
    pub(super) is_kind: Kind,
    /// Above a column.
    head: &'static str,
    /// After "a thread" or "a task".
    pub(super) of_a_task: &'static str,
    /// After "… times".
    pub(super) each: &'static str,
}

const WORKS: [Work; 3] = [
    Work {
        is_kind: Shape::is_plain,
        head: "timer",
        of_a_task: "that waits for a timer",
        each: "with a timer each",
    },
    Work {
        is_kind: Shape::is_plain_request,
        head: "open request",
        of_a_task: "with an open request",
        each: "with an open request each",
    },
    Work {
        is_kind: keeps_state,
        head: "timer, 8 KiB state",
        of_a_task: "that keeps 8 KiB alive",
        each: "with 8 KiB of live state each",
    },
];

/// The kinds of work of which the record has a weight of what is compared, the plain timer first.
pub(super) fn works(analysis: &Analysis) -> Vec<&'static Work> {
    works_of(analysis, Id::is_compared)
}

fn works_of(analysis: &Analysis, is_wanted: impl Fn(&Id) -> bool) -> Vec<&'static Work> {
    let is_weighed = |work: &&Work| {
        analysis.measured.iter().any(|measured| {
            (work.is_kind)(&measured.series.shape)
                && is_wanted(&measured.series.contestant)
                && weight(analysis, measured).is_some()
        })
    };
    WORKS.iter().filter(is_weighed).collect()
}

/// The contestants that the page shows first: those of which there is a weight.
pub(super) fn shown(analysis: &Analysis) -> Vec<Id> {
    let works = works(analysis);
    let is_shown = |measured: &&Measured| {
        works.iter().any(|work| (work.is_kind)(&measured.series.shape))
            && weight(analysis, measured).is_some()
    };
    leading(analysis.measured.iter().filter(is_shown).map(|measured| &measured.series.contestant))
}

/// Bytes of one more waiting task, and how many times as much a thread each takes.
pub(super) fn weights(analysis: &Analysis, shown: &[Id]) -> Table {
    let works = works(analysis);
    let ratios = if shown.iter().any(Id::is_reference) { 2.min(works.len()) } else { 0 };
    rows(analysis, shown, &works, ratios)
}

/// The same of contestants that stand apart, which are set against nothing; without those that have no
/// weight.
pub(super) fn apart(analysis: &Analysis, ids: &[Id]) -> Table {
    let has_weight = |id: &&Id| !works_of(analysis, |other| other == *id).is_empty();
    let shown: Vec<Id> = ids.iter().filter(has_weight).cloned().collect();
    rows(analysis, &shown, &works_of(analysis, |id| shown.contains(id)), 0)
}

fn rows(analysis: &Analysis, shown: &[Id], works: &[&Work], ratios: usize) -> Table {
    let weights = works.iter().map(|work| Column::new(work.head, Unit::Bytes).lower());
    let heads = works[..ratios]
        .iter()
        .map(|work| Column::new(format!("times as much in a thread, {}", work.head), Unit::Times));
    let row = |id: &Id| {
        let of = |work: &Work| find(analysis, id, work.is_kind);
        let weights = works.iter().map(|work| weight_cell(analysis, of(work)));
        let ratios = works[..ratios].iter().map(|work| thread_over_cell(analysis, of(work)));
        (names::contestant(id), weights.chain(ratios).collect())
    };
    named("", weights.chain(heads), shown.iter().map(row))
}

/// The matrices of timers and of requests; nothing where there is nothing to compare.
pub(super) fn crossings(analysis: &Analysis) -> Vec<Block> {
    let kinds: [(Kind, &str); 2] = [
        (Shape::is_plain, "Timers: lighter from how many tasks on"),
        (Shape::is_plain_request, "Requests: lighter from how many tasks on"),
    ];
    let is_known =
        |crossover: &&Crossover| !crossover.at.is_empty() || !crossover.too_few.is_empty();
    let matrix = |(is_kind, title): (Kind, &str)| {
        let found = analysis
            .crossovers
            .iter()
            .filter(|crossover| is_kind(&crossover.series.shape) && is_known(crossover));
        under(title, matrix(&found.collect::<Vec<_>>()), "")
    };
    let mut blocks: Vec<Block> = kinds.into_iter().flat_map(matrix).collect();
    if !blocks.is_empty() {
        blocks.push(Block::Paragraph(
            "The smallest number of waiting tasks from which on the whole process is lighter than \
             that of the column's contestant at every number measured. “2 to 10”: nothing between \
             was measured. Medians of the repeats are compared; a difference counts where it is \
             more than 1 % and more than the repeats leave undecided; fewer than three repeats of one \
             of the two decide nothing. A pool has a place for each \
             task here."
                .into(),
        ));
    }
    blocks
}

fn matrix(found: &[&Crossover]) -> Table {
    let threads: BTreeSet<&Id> = found.iter().map(|crossover| &crossover.against).collect();
    let mut threads: Vec<&Id> = threads.into_iter().collect();
    threads.sort_by_key(|id| !id.is_reference());
    threads.truncate(MOST_COLUMNS - 1);
    let against =
        |id: &&Id| Column::new(format!("than {}", names::contestant(id)), Unit::Count).lower();
    let rows: BTreeSet<&Id> = found.iter().map(|crossover| &crossover.series.contestant).collect();
    let row = |id: &Id| {
        let cell = |thread: &&Id| {
            let pair = (id, *thread);
            let is_pair = |of: &&&Crossover| (&of.series.contestant, &of.against) == pair;
            lighter_from_cell(found.iter().find(is_pair).copied())
        };
        (names::contestant(id), threads.iter().map(cell).collect())
    };
    named("lighter", threads.iter().map(against), rows.into_iter().take(MOST_ROWS).map(row))
}
