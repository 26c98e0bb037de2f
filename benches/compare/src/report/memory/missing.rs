//! Every cell that has no figure, with its reason.

use std::collections::BTreeMap;

use crate::fit::{Series, is_proven, series};
use crate::report::format;
use crate::report::table::{Align, Table};
use record::{Build, Cell, Record, Status};

pub(super) fn table(record: &Record) -> Table {
    let mut table = Table::new([
        ("Contestant", Align::Left),
        ("N", Align::Right),
        ("Build", Align::Left),
        ("Cells", Align::Right),
        ("Status", Align::Left),
        ("Reason", Align::Left),
    ]);
    for series in series(record) {
        let mut alike: BTreeMap<(u64, &str, &str, String), u64> = BTreeMap::new();
        for cell in &record.cells {
            if Series::of(cell) == series && !is_proven(cell) {
                let key = (cell.tasks, build_word(cell), status_word(cell), reason_of(cell));
                *alike.entry(key).or_default() += 1;
            }
        }
        for ((tasks, build, status, reason), cells) in alike {
            table.push(vec![
                series.to_string(),
                format::count(tasks),
                build.into(),
                format::count(cells),
                status.into(),
                reason,
            ]);
        }
    }
    table
}

fn build_word(cell: &Cell) -> &'static str {
    match cell.build {
        Build::Timed => "timed",
        Build::Counting => "counting",
    }
}

fn status_word(cell: &Cell) -> &'static str {
    match cell.status {
        Status::Ok => "no proof",
        Status::Wall => "wall",
        Status::Skipped => "skipped",
        Status::Failed => "failed",
    }
}

fn reason_of(cell: &Cell) -> String {
    let flaw = || cell.flaw();
    cell.reason.clone().or_else(flaw).unwrap_or_else(|| "none was recorded".into())
}
