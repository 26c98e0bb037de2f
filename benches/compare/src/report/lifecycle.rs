//! `bill.md`, its second part: what a process keeps when its tasks are over, and whether the same
//! tasks once more make that grow.

use super::format::{self, NONE};
use super::memory::deciding_figure;
use super::table::{Align, Table};
use crate::fit::{Figure, Series, is_all_waiting, proven, series};
use crate::record::{Build, Cell, Record, Weight};

/// From which part of what the first wave added at its peak something counts as kept or grown.
const NOTABLE_SHARE: f64 = 0.02;

/// And from how many bytes: below, it is pages of code that were run for the first time.
const NOTABLE_BYTES: f64 = 256.0 * 1024.0;

/// The part of the page.
pub(super) fn section(record: &Record) -> String {
    let by = if deciding_figure(record) == Figure::Total { "full bill" } else { "RSS" };
    format!(
        "\n## What is kept\n\n{}\n\
         Bytes of the whole process, {by}, at the largest N at which the same tasks were run once more\n\
         in the same process and runtime: before the first task, all waiting, all over, and both once\n\
         more. Kept is what is still there after the first wave, for each of its tasks. What is below\n\
         {} % of what the first wave added at its peak, or below {} KiB, counts as nothing. A process\n\
         *gives back* what it keeps nothing of; it *keeps, and does not grow*, where the second wave\n\
         adds nothing to what the first has left, as an allocator does that holds on to freed memory\n\
         for later; it *grows* where the second wave leaves more. That last may be a leak, or a runtime\n\
         that is not warm after one wave: two waves cannot tell.\n",
        table(record).markdown(),
        format::number(NOTABLE_SHARE * 100.0, 0),
        format::number(NOTABLE_BYTES / 1024.0, 0),
    )
}

/// What a cell weighed in its five phases, in bytes.
struct Phases {
    tasks: u64,
    idle: f64,
    parked: f64,
    drained: f64,
    second_parked: f64,
    second_drained: f64,
}

impl Phases {
    /// `None` where a phase was not weighed.
    fn of(cell: &Cell, figure: Figure) -> Option<Self> {
        let read = |weight: &Option<Weight>| figure.read_weight(weight.as_ref()?);
        Some(Self {
            tasks: cell.tasks,
            idle: read(&cell.memory.idle)?,
            parked: read(&cell.memory.parked)?,
            drained: read(&cell.memory.drained)?,
            second_parked: read(&cell.memory.second_parked)?,
            second_drained: read(&cell.memory.second_drained)?,
        })
    }

    fn kept(&self) -> f64 {
        self.drained - self.idle
    }

    fn growth(&self) -> f64 {
        self.second_drained - self.drained
    }

    fn verdict(&self) -> &'static str {
        let notable = (NOTABLE_SHARE * (self.parked - self.idle)).max(NOTABLE_BYTES);
        if self.growth() >= notable {
            "grows"
        } else if self.kept() >= notable {
            "keeps, does not grow"
        } else {
            "gives back"
        }
    }
}

fn table(record: &Record) -> Table {
    let figure = deciding_figure(record);
    let mut table = Table::new([
        ("Contestant", Align::Left),
        ("N", Align::Right),
        ("Idle", Align::Right),
        ("Waiting", Align::Right),
        ("Over", Align::Right),
        ("Waiting again", Align::Right),
        ("Over again", Align::Right),
        ("Kept per task (B)", Align::Right),
        ("Second wave added", Align::Right),
        ("", Align::Left),
    ]);
    for series in series(record) {
        let Some(phases) = largest(record, &series, figure) else { continue };
        let whole = |bytes: f64| format::number(bytes, 0);
        table.push(vec![
            series.to_string(),
            format::count(phases.tasks),
            whole(phases.idle),
            whole(phases.parked),
            whole(phases.drained),
            whole(phases.second_parked),
            whole(phases.second_drained),
            if phases.tasks == 0 {
                NONE.into()
            } else {
                format::amount(phases.kept() / phases.tasks as f64)
            },
            whole(phases.growth()),
            phases.verdict().into(),
        ]);
    }
    table
}

/// The proven cell with a second wave that has the most tasks; the first of several.
fn largest(record: &Record, series: &Series, figure: Figure) -> Option<Phases> {
    let all = proven(record, series, Build::Timed).into_iter().filter(|cell| is_all_waiting(cell));
    all.filter_map(|cell| Phases::of(cell, figure))
        .reduce(|most, next| if next.tasks > most.tasks { next } else { most })
}
