//! Where a run is: a bar on a terminal, a line a cell in a pipe.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::events::{Event, Reader};
use crate::output::complain;
use crate::tally::Tally;
use crate::units;
use record::{Build, Cell, Status};
use report::format;

/// Where a run is. It goes to standard error, so that tables and records can be piped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
    /// How many cells there will be, as far as that is known: of a search it is not.
    planned: u64,
}

impl Default for Progress {
    fn default() -> Self {
        let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let target =
            if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style =
            ProgressStyle::with_template("cell {pos} of {len} [{bar:12}] {eta} left  {wide_msg}")
                .expect("the template is a constant that indicatif accepts");
        let bar = ProgressBar::with_draw_target(Some(0), target).with_style(style);
        Self { bar, is_terminal, planned: 0 }
    }
}

impl Reader for Progress {
    fn read(&mut self, event: Event<'_>) -> anyhow::Result<()> {
        match event {
            Event::Start { cells, already } => {
                self.planned = already + cells;
                self.bar.set_length(self.planned);
                self.bar.set_position(already);
                self.bar.reset_eta();
            }
            Event::CellStart(spec) => {
                let tasks = u64::from(spec.workload.tasks);
                self.bar.set_message(name(spec.contestant.id(), tasks, spec.build));
                self.bar.set_length(self.bar.length().unwrap_or(0).max(self.bar.position() + 1));
                self.bar.tick();
            }
            Event::CellOver(cell) => {
                self.bar.inc(1);
                let is_news = matches!(cell.status, Status::Failed | Status::Wall);
                if !self.is_terminal || is_news {
                    let line = describe(cell, self.bar.position(), self.planned);
                    self.bar.suspend(|| complain(line));
                }
            }
            Event::Over(Tally { ok, walls, skipped, failed, interrupted }) => {
                self.bar.finish_and_clear();
                let end = if *interrupted { "interrupted after" } else { "done:" };
                complain(format_args!(
                    "{end} {ok} ok, {walls} walls, {skipped} skipped, {failed} failed"
                ));
            }
        }
        Ok(())
    }
}

fn name(contestant: &str, tasks: u64, build: Build) -> String {
    let counted = match build {
        Build::Timed => "",
        Build::Counting => ", heap",
    };
    format!("{contestant} × {}{counted}", format::count(tasks))
}

fn describe(cell: &Cell, position: u64, cells: u64) -> String {
    let status = match cell.status {
        Status::Ok => "ok",
        Status::Wall => "wall",
        Status::Skipped => "skipped",
        Status::Failed => "FAILED",
    };
    let name = name(&cell.contestant, cell.tasks, cell.build);
    let of = if cells < position { String::new() } else { format!(" of {cells}") };
    let mut line = format!("cell {position}{of}: {name}: {status}");
    if let Some(time) = cell.time {
        line = format!("{line}, {}", units::duration(Duration::from_nanos(time.wall_ns)));
    }
    if let Some(rate) = cell.tasks_per_second() {
        line = format!("{line}, {} a second", format::count(rate as u64));
    }
    // Of a wall, its limit says more than the last words of what ran into it.
    match (&cell.limit, &cell.reason) {
        (Some(limit), _) => format!("{line}: {limit}"),
        (None, Some(reason)) => format!("{line}: {reason}"),
        (None, None) => line,
    }
}
