//! How long to wait and how much memory to expect.
//!
//! All tasks must be in flight before the first one ends, and stay so while they are weighed. How
//! long that takes differs by a factor of a hundred between contestants, and a wait that is always
//! long enough for the slowest would make a run take hours. So the wait follows from how long the
//! contestant's cells have taken to start so far; where the estimate is too low, the cell is run
//! again with twice the wait, and nothing is lost but time.

use std::collections::HashMap;
use std::time::Duration;

use workload::ContestantId;

use super::CellSpec;
use crate::record::{Cell, Status};

/// The shortest wait: enough to weigh a small process in.
const SHORTEST: Duration = Duration::from_millis(50);

/// What starting a task may take where nothing is known yet, in nanoseconds.
const UNKNOWN_START_NS: f64 = 2_000.0;

/// The same for a thread.
const UNKNOWN_THREAD_START_NS: f64 = 60_000.0;

/// How much longer than it took so far a start may take.
const MARGIN: f64 = 1.3;

/// What weighing may take for each task, in nanoseconds: the kernel walks the page tables.
const WEIGHING_NS: f64 = 60.0;

/// Cells of fewer tasks say more about the harness than about a task.
const FEWEST_TASKS: u64 = 1_000;

/// What was learned from the cells so far.
#[derive(Debug, Default)]
pub struct Estimates {
    by_contestant: HashMap<(ContestantId, u64), Estimate>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Estimate {
    start_ns_per_task: f64,
    bytes_per_task: f64,
}

impl Estimates {
    /// How long the tasks of this cell should wait; `None` if that was asked for.
    pub fn wait_for(&self, spec: &CellSpec) -> Option<Duration> {
        if spec.wait_is_given {
            return None;
        }
        let unknown = match spec.contestant.model() {
            "threads" => UNKNOWN_THREAD_START_NS,
            _ => UNKNOWN_START_NS,
        };
        let start_ns = self.get(spec).map_or(unknown, |estimate| estimate.start_ns_per_task);
        let tasks = f64::from(spec.workload.tasks);
        let ns = tasks * (start_ns * MARGIN + WEIGHING_NS);
        Some(SHORTEST + Duration::from_secs_f64(ns / 1e9))
    }

    /// How many bytes this cell will take, as far as smaller ones tell.
    pub fn bytes_for(&self, spec: &CellSpec) -> Option<f64> {
        self.get(spec).map(|estimate| estimate.bytes_per_task * f64::from(spec.workload.tasks))
    }

    /// Learns from a cell.
    #[allow(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn learn(&mut self, spec: &CellSpec, cell: &Cell) {
        if cell.status != Status::Ok || cell.tasks < FEWEST_TASKS {
            return;
        }
        let tasks = cell.tasks as f64;
        let estimate = self.by_contestant.entry(key(spec)).or_default();
        if let Some(time) = cell.time {
            let start_ns = time.start_ns as f64 / tasks;
            estimate.start_ns_per_task = estimate.start_ns_per_task.max(start_ns);
        }
        let weight = cell.memory.parked.and_then(|parked| parked.total_bytes.or(parked.rss_bytes));
        if let Some(bytes) = weight {
            // Of the largest cell so far: in a small one, most of the weight is the program.
            estimate.bytes_per_task = if estimate.bytes_per_task == 0.0 {
                bytes as f64 / tasks
            } else {
                estimate.bytes_per_task.min(bytes as f64 / tasks)
            };
        }
    }

    fn get(&self, spec: &CellSpec) -> Option<Estimate> {
        self.by_contestant
            .get(&key(spec))
            .copied()
            .filter(|estimate| estimate.start_ns_per_task > 0.0)
    }
}

fn key(spec: &CellSpec) -> (ContestantId, u64) {
    (spec.contestant, spec.workload.state.bytes())
}
