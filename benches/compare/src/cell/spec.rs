//! What to run in a cell.

use workload::Workload;

use crate::contestant::Contestant;
use record::{Build, Cell, Status};

/// What to run in a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellSpec {
    /// The contestant that runs.
    pub contestant: &'static Contestant,
    /// What it runs.
    pub workload: Workload,
    /// Whether the workload's wait was asked for, and not left to be estimated.
    pub wait_is_given: bool,
    /// The size of a pool.
    pub pool_workers: u32,
    /// Whether the contestant is a pool.
    pub is_pool: bool,
    /// Which repeat of the same cell this is, from 0.
    pub repeat: u32,
    /// Which build runs it.
    pub build: Build,
    /// Whether the same tasks are run once more in the same process, to see what is kept and whether
    /// that grows.
    pub second_wave: bool,
    /// Whether it shows a rate, in so many waves, instead of being weighed.
    pub waves: Option<Waves>,
}

/// How many waves a process has that shows a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waves {
    /// Waves before those that count.
    pub warm_up: u32,
    /// Waves that count.
    pub count: u32,
}

impl Waves {
    /// So many that count, after about a tenth as many.
    pub const fn of(count: u32) -> Self {
        Self { warm_up: 1 + count / 10, count }
    }

    /// All of them.
    pub const fn all(self) -> u32 {
        self.warm_up + self.count
    }
}

impl CellSpec {
    /// A cell of this spec that did not come to a proof.
    pub(crate) fn cell(&self, workload: &Workload, status: Status, reason: Option<String>) -> Cell {
        let (id, tasks) = (self.contestant.id().to_owned(), u64::from(self.workload.tasks));
        Cell {
            pool_workers: self.is_pool.then_some(self.pool_workers),
            repeat: self.repeat,
            build: self.build,
            status,
            reason,
            rate: self.waves.is_some(),
            ..Cell::of(id, workload.into(), tasks)
        }
    }
}
