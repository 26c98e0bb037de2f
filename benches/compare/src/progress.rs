//! Where a run is: a bar on a terminal, a line a cell in a pipe.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cell::CellSpec;
use crate::output::complain;
use crate::suite::Tally;
use crate::units;
use record::{Build, Cell, Status};

/// Where a run is. It goes to standard error, so that tables and records can be piped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
    cells: u64,
}

impl Progress {
    /// Progress over so many cells, after so many that are over already.
    pub fn over(cells: u64, already: u64) -> Self {
        let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let target =
            if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let cells = already + cells;
        let bar = ProgressBar::with_draw_target(Some(cells), target)
            .with_style(
                ProgressStyle::with_template(
                    "cell {pos} of {len} [{bar:24}] {elapsed} gone, {eta} left  {wide_msg}",
                )
                .expect("the template is a constant that indicatif accepts"),
            )
            .with_position(already);
        Self { bar, is_terminal, cells }
    }

    /// A cell begins.
    pub fn begin(&self, spec: &CellSpec) {
        let tasks = u64::from(spec.workload.tasks);
        self.bar.set_message(name(spec.contestant.as_str(), tasks, spec.build));
        self.bar.tick();
    }

    /// A cell is over.
    pub fn end(&self, cell: &Cell) {
        self.bar.inc(1);
        let is_bad = cell.status == Status::Failed;
        if !self.is_terminal || is_bad {
            self.line(&describe(cell, self.bar.position(), self.cells));
        }
    }

    /// The run is over.
    pub fn finish(&self, tally: &Tally) {
        self.bar.finish_and_clear();
        let Tally { ok, walls, skipped, failed, interrupted } = tally;
        let end = if *interrupted { "interrupted after" } else { "done:" };
        self.line(&format!("{end} {ok} ok, {walls} walls, {skipped} skipped, {failed} failed"));
    }

    /// Something worth a line of its own.
    pub fn line(&self, text: &str) {
        if self.is_terminal {
            self.bar.suspend(|| complain(format_args!("{text}")));
        } else {
            complain(text);
        }
    }
}

fn name(contestant: &str, tasks: u64, build: Build) -> String {
    let counted = match build {
        Build::Timed => "",
        Build::Counting => ", heap",
    };
    format!("{contestant} × {}{counted}", units::count(tasks))
}

fn describe(cell: &Cell, position: u64, cells: u64) -> String {
    let status = match cell.status {
        Status::Ok => "ok",
        Status::Wall => "wall",
        Status::Skipped => "skipped",
        Status::Failed => "FAILED",
    };
    let name = name(&cell.contestant, cell.tasks, cell.build);
    let mut line = format!("cell {position} of {cells}: {name}: {status}");
    if let Some(time) = cell.time {
        line = format!("{line}, {}", units::duration(Duration::from_nanos(time.wall_ns)));
    }
    if let Some(reason) = &cell.reason {
        line = format!("{line}: {reason}");
    }
    if let Some(limit) = &cell.limit {
        line = format!("{line} ({limit})");
    }
    line
}
