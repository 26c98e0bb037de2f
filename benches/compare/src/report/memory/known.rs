//! Of which series something per waiting task can be said, by which bytes, and why not of the others.

use std::collections::BTreeSet;

use crate::fit::{Figure, Series, is_all_waiting, is_control, is_proven, proven, series};
use crate::report::format;
use record::{Build, CgroupKind, Record};

/// The figure that decides between two contestants on this machine.
pub(crate) fn deciding_figure(record: &Record) -> Figure {
    if has_full_bill(record) { Figure::Total } else { Figure::Rss }
}

pub(super) fn has_full_bill(record: &Record) -> bool {
    record.cells.iter().any(|cell| {
        cell.build == Build::Timed && is_proven(cell) && Figure::Total.read(cell).is_some()
    })
}

/// The series of which something per waiting task can be said. Controls have a page of their own.
pub(in crate::report) fn weighed_series(record: &Record) -> Vec<Series> {
    let mut all = series(record);
    all.retain(|series| {
        !series.shape.is_transfer()
            && !series.shape.is_for_lateness()
            && !is_control(&series.contestant)
    });
    all
}

/// Whether every proven cell of a series ran one task at a time.
pub(in crate::report) fn is_one_at_a_time(record: &Record, series: &Series) -> bool {
    let cells = proven(record, series, Build::Timed);
    !cells.is_empty()
        && cells.iter().all(|cell| cell.proof.is_some_and(|proof| proof.expected_in_flight <= 1))
}

/// Why some figures are missing, one sentence each.
pub(in crate::report) fn bill_notes(record: &Record) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(note) = full_bill_note(record) {
        notes.push(note);
    }
    let counted = record.cells.iter().any(|cell| cell.build == Build::Counting && is_proven(cell));
    if !counted {
        notes.push("Heap: no cell of the counting build in this record has proof.".into());
    }
    for series in weighed_series(record) {
        if is_one_at_a_time(record, &series) {
            notes.push(format!(
                "{series} takes one task at a time: the others are queued, not waiting, so there \
                 is no weight per waiting task."
            ));
        } else if let Some(note) = small_pool_note(record, &series) {
            notes.push(note);
        }
    }
    notes
}

/// Why there is no full bill; `None` if there is one.
pub(crate) fn full_bill_note(record: &Record) -> Option<String> {
    if has_full_bill(record) {
        return None;
    }
    let host = &record.run.host;
    let reason = match (&host.cgroup_note, host.cgroup) {
        (Some(note), _) => note.clone(),
        (None, CgroupKind::None) => "no control group could be made, for no recorded reason".into(),
        (None, _) => "no cell with proof was weighed in its control group".into(),
    };
    Some(format!("Full bill: not to be had here: {reason}."))
}

/// Which cells of a pool were left out because it had fewer workers than tasks.
pub(crate) fn small_pool_note(record: &Record, series: &Series) -> Option<String> {
    let left_out: BTreeSet<u64> = proven(record, series, Build::Timed)
        .into_iter()
        .filter(|cell| !is_all_waiting(cell))
        .map(|cell| cell.tasks)
        .collect();
    if left_out.is_empty() {
        return None;
    }
    let counts: Vec<String> = left_out.into_iter().map(format::count).collect();
    Some(format!(
        "{series} at {} tasks is left out of every figure per waiting task: it had fewer places \
         than tasks, so the others were queued.",
        format::list(&counts)
    ))
}
