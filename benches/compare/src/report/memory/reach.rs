//! The largest N that each contestant has reached, and its wall.

use super::known::weighed_series;
use crate::fit::{Series, proven};
use crate::report::format::{self, NONE};
use crate::report::table::{Align, Table};
use record::{Build, Record, Status};

pub(super) fn table(record: &Record) -> Table {
    let mut table = Table::new([
        ("Contestant", Align::Left),
        ("Largest N with proof", Align::Right),
        ("Wall at N", Align::Right),
        ("Limit", Align::Left),
        ("Its value", Align::Right),
        ("In use then", Align::Right),
    ]);
    for series in weighed_series(record) {
        let wall = record
            .cells
            .iter()
            .filter(|cell| cell.status == Status::Wall && Series::of(cell) == series)
            .min_by_key(|cell| cell.tasks);
        let limit = wall.and_then(|cell| cell.limit.as_ref());
        table.push(vec![
            series.to_string(),
            reach_text(record, &series),
            wall.map_or_else(|| NONE.into(), |cell| format::count(cell.tasks)),
            limit.map_or_else(|| NONE.into(), |limit| format!("`{}`", limit.name)),
            limit.map_or_else(|| NONE.into(), |limit| format::count(limit.value)),
            limit.map_or_else(
                || NONE.into(),
                |limit| {
                    let about = if limit.used_is_estimated { "≈ " } else { "" };
                    format!("{about}{}", format::count(limit.used))
                },
            ),
        ]);
    }
    table
}

/// The largest N that a series reached with proof, as text; the number in flight where it is less.
pub(in crate::report) fn reach_text(record: &Record, series: &Series) -> String {
    let Some(cell) = proven(record, series, Build::Timed).pop() else {
        return NONE.into();
    };
    let in_flight = cell.proof.map_or(0, |proof| proof.peak_in_flight);
    if in_flight == cell.tasks {
        format::count(cell.tasks)
    } else {
        format!("{} ({} at a time)", format::count(cell.tasks), format::count(in_flight))
    }
}
