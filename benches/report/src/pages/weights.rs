//! What the pages on memory share: the weight of one more waiting task in a cell, how many times as
//! much a thread takes, from how many tasks on a process is lighter, and why a weight is missing.

use std::collections::{BTreeMap, BTreeSet};

use analysis::claims::lighter::summary::STATE_BYTES;
use analysis::contestant::Id;
use analysis::crossover::{Crossover, Finding};
use analysis::estimate::Estimate;
use analysis::measured::{Measured, Waiting};
use analysis::series::Shape;
use analysis::{Analysis, Basis};

use super::contestants;
use crate::document::{Block, Cell, Unit};
use crate::format;
use crate::text::{Text, names, say};

/// A kind of work, by the shape of its workload.
pub(crate) type Kind = fn(&Shape) -> bool;

/// Whether tasks wait for a timer and keep the live state that stands for all sizes.
pub(crate) fn keeps_state(shape: &Shape) -> bool {
    shape.state_bytes == STATE_BYTES && shape.without_state().is_plain()
}

/// What stands where a weight cannot be distinguished from zero.
pub(crate) const UNDECIDED: &str = "undecided: the interval holds zero";

/// The contestants that a page shows first, the thread each before all others.
pub(crate) fn leading<'a>(all: impl IntoIterator<Item = &'a Id>) -> Vec<Id> {
    let mut shown = contestants::leading(all);
    shown.sort_by_key(|id| !id.is_reference());
    shown
}

/// What was measured of a contestant in work of this kind: what has a weight before what has none.
pub(crate) fn find<'a>(analysis: &'a Analysis, id: &Id, is_kind: Kind) -> Option<&'a Measured> {
    let of_kind =
        |measured: &&Measured| measured.series.contestant == *id && is_kind(&measured.series.shape);
    let mut all = analysis.measured.iter().filter(of_kind);
    let has_weight = |measured: &&Measured| weight(analysis, measured).is_some();
    all.clone().find(has_weight).or_else(|| all.next())
}

/// What one more waiting task of a series takes, in bytes; `None` where it is not known to be above
/// zero.
pub(crate) fn weight(analysis: &Analysis, measured: &Measured) -> Option<Estimate> {
    measured.slope(analysis.basis.figure()).filter(Estimate::is_decided)
}

/// How many times as much as in this series a thread each takes for the same work; `None` where one
/// of the two is not known to be above zero.
pub(crate) fn thread_over(analysis: &Analysis, measured: &Measured) -> Option<Estimate> {
    let figure = analysis.basis.figure();
    weight(analysis, measured)?;
    analysis.get(&measured.series.by(Id::reference()))?.slope_over(measured, figure)
}

/// The weight in a cell, or why there is none.
pub(crate) fn weight_cell(analysis: &Analysis, measured: Option<&Measured>) -> Cell {
    let Some(measured) = measured else { return Cell::Missing("not measured".into()) };
    let figure = analysis.basis.figure();
    let reason = match &measured.waiting {
        Waiting::OneAtATime => "one at a time: the others are queued, not waiting",
        Waiting::NoProof => "no cell with proof",
        _ if measured.slope(figure).is_some() => UNDECIDED,
        _ if measured.proven_at.len() == 1 => "only one N was measured",
        _ => "not read at two N with all tasks waiting",
    };
    Cell::figure(weight(analysis, measured), reason)
}

/// How many times as much a thread each takes, in a cell.
pub(crate) fn thread_over_cell(analysis: &Analysis, measured: Option<&Measured>) -> Cell {
    match measured {
        Some(measured) if measured.series.contestant.is_reference() => Cell::value(1.0),
        _ => Cell::figure(
            measured.and_then(|measured| thread_over(analysis, measured)),
            "there is no weight of both",
        ),
    }
}

/// From how many tasks on a process is lighter, in the words of a sentence; `None` where the two were
/// not measured at one N.
pub(crate) fn lighter_from(crossover: &Crossover) -> Option<String> {
    let (largest, finding) = crossover.at_the_largest()?;
    let tasks = |tasks: u64| format::counted(tasks, "task");
    if crossover.at.len() == 1 {
        let not = if finding == Finding::Lighter { "" } else { "not " };
        return Some(format!("{not}at {}, the only number measured", tasks(largest)));
    }
    Some(match crossover.from_between() {
        None => format!("at no number of tasks up to {}", format::count(largest)),
        Some((_, 1)) => "at any number of tasks".into(),
        Some((least, most)) if least == most => format!("from {} on", tasks(most)),
        Some((1, most)) if crossover.not_at.is_none() => {
            format!("from {} on at the latest", tasks(most))
        }
        Some((least, most)) => {
            format!("from somewhere between {} and {} on", format::count(least), tasks(most))
        }
    })
}

/// The same in a cell of counts.
pub(crate) fn lighter_from_cell(crossover: Option<&Crossover>) -> Cell {
    let found = crossover.and_then(|crossover| Some((crossover, crossover.at_the_largest()?)));
    match found.map(|(crossover, (largest, _))| (crossover.from_between(), largest)) {
        None if crossover.is_some_and(|crossover| !crossover.too_few.is_empty()) => {
            Cell::Missing("undecided: measured fewer than three times".into())
        }
        None => Cell::Missing("not measured at one N".into()),
        Some((None, largest)) => Cell::text(format!("not by {}", format::count(largest))),
        Some((Some((least, most)), _)) => between_cell(least, most),
    }
}

/// A count that lies between the two.
pub(crate) fn between_cell(least: u64, most: u64) -> Cell {
    match least == most {
        true => Cell::Count(most),
        false => Cell::text(format::range(least as f64, most as f64, Unit::Count)),
    }
}

/// What is weighed, in a sentence.
pub(crate) fn what_is_weighed(analysis: &Analysis) -> Text {
    match analysis.basis {
        Basis::FullBill => {
            "Bytes are private memory and the kernel's part: stacks in the kernel, page tables, \
             sockets and other objects. Pages of files are not in them."
                .into()
        }
        Basis::KnownBill => {
            let note = analysis.run.host.cgroup_note.as_deref();
            say(
                "Bytes are private memory, page tables and the threads' stacks in the kernel: a \
                 lower bound. The rest of the kernel's part is not known here, as no cell was \
                 weighed in a control group of its own ({note}).",
                &[("note", note.unwrap_or("for no recorded reason"))],
            )
        }
    }
}

/// Why some contestants have no weight of a waiting task, or not at every N; each reason once.
pub(crate) fn left_out(analysis: &Analysis, is_kind: Kind) -> Option<Block> {
    let mut one_at_a_time: BTreeSet<String> = BTreeSet::new();
    let mut queued: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let of_kind = |measured: &&Measured| {
        measured.series.contestant.is_compared() && is_kind(&measured.series.shape)
    };
    for measured in analysis.measured.iter().filter(of_kind) {
        let name = names::contestant(&measured.series.contestant);
        match &measured.waiting {
            Waiting::OneAtATime => {
                one_at_a_time.insert(name);
            }
            Waiting::NotAllAt(tasks) => {
                let counts = format::list(tasks.iter().copied().map(format::count));
                queued.entry(counts).or_default().insert(name);
            }
            _ => {}
        }
    }
    let mut said = Vec::new();
    if !one_at_a_time.is_empty() {
        said.push(say(
            "{names}: one task waits at a time, so there is no weight of one more waiting task.",
            &[("names", &format::list(one_at_a_time))],
        ));
    }
    said.extend(queued.into_iter().map(|(at, names)| {
        say(
            "At {at} tasks, {names} had fewer places than tasks: the others were queued, so those \
             cells are in no weight of a waiting task.",
            &[("at", &at), ("names", &format::list(names))],
        )
    }));
    said.into_iter().reduce(Text::and).map(Block::Paragraph)
}
