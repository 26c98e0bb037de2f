//! What to run in a cell.

use workload::{ContestantId, Workload};

use record::Build;

/// What to run in a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellSpec {
    /// Who runs.
    pub contestant: ContestantId,
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
}
