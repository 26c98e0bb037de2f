//! `bill.md`, its second part: what a process keeps when its tasks are over, and whether the same
//! tasks once more make that grow.

use super::format::{self, NONE};
use super::memory::deciding_figure;
use super::table::{Align, Table};
use crate::fit::{Figure, Series, is_all_waiting, proven, series};
use record::{Build, Cell, Record, Weight};

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
         finds room in what the first has left, as in an allocator that holds on to freed memory for\n\
         later; it *grows* where the second wave both leaves more and needs more at its peak, because\n\
         what leaks cannot be used again. That may still be a runtime that is not warm after one wave:\n\
         two waves cannot tell.\n",
        table(record).markdown(),
        format::number(NOTABLE_SHARE * 100.0, 0),
        format::number(NOTABLE_BYTES / 1024.0, 0),
    )
}

/// What a cell weighed in its five phases, in bytes.
struct Phases {
    tasks: u64,
    idle: f64,
    waiting: f64,
    drained: f64,
    second_waiting: f64,
    second_drained: f64,
}

impl Phases {
    /// `None` where a phase was not weighed.
    fn of(cell: &Cell, figure: Figure) -> Option<Self> {
        let read = |weight: &Option<Weight>| figure.read_weight(weight.as_ref()?);
        Some(Self {
            tasks: cell.tasks,
            idle: read(&cell.memory.idle)?,
            waiting: read(&cell.memory.waiting)?,
            drained: read(&cell.memory.drained)?,
            second_waiting: read(&cell.memory.second_waiting)?,
            second_drained: read(&cell.memory.second_drained)?,
        })
    }

    fn kept(&self) -> f64 {
        self.drained - self.idle
    }

    fn growth(&self) -> f64 {
        self.second_drained - self.drained
    }

    fn growth_at_peak(&self) -> f64 {
        self.second_waiting - self.waiting
    }

    fn verdict(&self) -> &'static str {
        let notable = (NOTABLE_SHARE * (self.waiting - self.idle)).max(NOTABLE_BYTES);
        if self.growth().min(self.growth_at_peak()) >= notable {
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
            whole(phases.waiting),
            whole(phases.drained),
            whole(phases.second_waiting),
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

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::{Bill, Synthetic};

    /// A contestant that weighs so much in its five phases, in MiB.
    fn phases(mib: [u64; 5]) -> Record {
        let mut made = Synthetic::new();
        made.line("coroutines/smol", &[1, 1_024], Bill::of(300).with_kernel(40));
        let mut record = made.record();
        let cell =
            record.cells.iter_mut().find(|cell| cell.tasks == 1_024 && cell.repeat == 0).unwrap();
        let weight = |mib: u64| Some(Weight { total_bytes: Some(mib << 20), ..Weight::default() });
        cell.memory.idle = weight(mib[0]);
        cell.memory.waiting = weight(mib[1]);
        cell.memory.drained = weight(mib[2]);
        cell.memory.second_waiting = weight(mib[3]);
        cell.memory.second_drained = weight(mib[4]);
        record
    }

    fn row(record: &Record) -> String {
        table(record).markdown().lines().last().unwrap().to_owned()
    }

    #[test]
    fn what_is_given_back_kept_or_grows_is_told_apart() {
        assert!(row(&phases([2, 50, 2, 50, 2])).ends_with("| gives back |"));
        assert!(row(&phases([2, 50, 49, 50, 49])).ends_with("| keeps, does not grow |"));
        let grows = row(&phases([2, 50, 10, 58, 18]));
        assert!(grows.ends_with("| grows |"), "{grows}");
        assert!(grows.contains("| 8,192 |") || grows.contains(" 8,192 "), "{grows}");
        assert!(grows.contains("8,388,608"), "{grows}");
        // An allocator that gives back less the second time is no leak: the peak is the same.
        assert!(row(&phases([2, 50, 10, 50, 40])).ends_with("| keeps, does not grow |"));
        // Less than one part in fifty of what the wave added.
        assert!(row(&phases([2, 202, 2, 202, 5])).ends_with("| gives back |"));
    }

    #[test]
    fn the_section_of_a_small_run() {
        insta::assert_snapshot!(section(&phases([2, 50, 49, 50, 49])), @r#"
        ## What is kept

        | Contestant      |     N |      Idle |    Waiting |       Over | Waiting again | Over again | Kept per task (B) | Second wave added |                      |
        | --------------- | ----: | --------: | ---------: | ---------: | ------------: | ---------: | ----------------: | ----------------: | -------------------- |
        | coroutines/smol | 1,024 | 2,097,152 | 52,428,800 | 51,380,224 |    52,428,800 | 51,380,224 |            48,128 |                 0 | keeps, does not grow |

        Bytes of the whole process, full bill, at the largest N at which the same tasks were run once more
        in the same process and runtime: before the first task, all waiting, all over, and both once
        more. Kept is what is still there after the first wave, for each of its tasks. What is below
        2 % of what the first wave added at its peak, or below 256 KiB, counts as nothing. A process
        *gives back* what it keeps nothing of; it *keeps, and does not grow*, where the second wave
        finds room in what the first has left, as in an allocator that holds on to freed memory for
        later; it *grows* where the second wave both leaves more and needs more at its peak, because
        what leaks cannot be used again. That may still be a runtime that is not warm after one wave:
        two waves cannot tell.
        "#);
    }

    #[test]
    fn only_cells_with_a_second_wave_are_shown() {
        let mut made = Synthetic::new();
        made.line("coroutines/smol", &[1, 100], Bill::of(300).with_kernel(40));
        assert!(table(&made.record()).is_empty());
        assert!(section(&made.record()).contains("There is nothing of this in the record."));
        assert!(row(&phases([2, 50, 2, 50, 2])).contains("1,024"));
    }
}
