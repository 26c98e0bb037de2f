//! One shard of the ledger's counters.

use std::sync::atomic::Ordering;

use super::lateness::Histogram;
use super::sync::AtomicU64;

/// How many shards the counters are split over. A model has as few as show what more would.
pub const SHARDS: usize = if cfg!(interleavings) { 2 } else { 16 };

/// How many tasks with neighbouring indices share a shard.
pub const RUN_OF_TASKS: u32 = if cfg!(interleavings) { 1 } else { 64 };

/// Counters of the tasks whose indices fall on one shard.
///
/// 128 bytes and not 64: the prefetcher of current x86 processors fetches lines in pairs, and some
/// Arm processors have lines of 128 bytes.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Shard {
    /// Tasks that signed in.
    pub(super) came: AtomicU64,
    /// Tasks that signed out or were lost.
    pub(super) left: AtomicU64,
    /// Of those that left: without a sum.
    pub(super) lost: AtomicU64,
    /// Of those that left: with an error.
    pub(super) failed: AtomicU64,
    /// Waits after which the state was damaged.
    pub(super) damaged: AtomicU64,
    /// Wakes before their deadline, and starts before their time.
    pub(super) early: AtomicU64,
    /// The sums, mixed and added up.
    pub(super) checksum: AtomicU64,
    /// How many tasks will leave through this shard.
    pub(super) quota: u64,
    /// How late tasks woke.
    pub(super) lateness: Histogram,
}

impl Shard {
    pub(super) fn new(quota: u64) -> Self {
        Self { quota, ..Self::default() }
    }

    pub(super) fn reset(&self) {
        let counters = [
            &self.came,
            &self.left,
            &self.lost,
            &self.failed,
            &self.damaged,
            &self.early,
            &self.checksum,
        ];
        for counter in counters {
            counter.store(0, Ordering::SeqCst);
        }
        self.lateness.reset();
    }
}

/// Which shard the task with this index belongs to.
pub(super) fn shard_of(index: u32) -> usize {
    (index / RUN_OF_TASKS) as usize % SHARDS
}

/// How many of `tasks` tasks belong to this shard.
pub(super) fn quota(tasks: u32, shard: usize) -> u64 {
    let tasks = u64::from(tasks);
    let run = u64::from(RUN_OF_TASKS);
    let round = run * SHARDS as u64;
    let rest = (tasks % round).saturating_sub(shard as u64 * run);
    tasks / round * run + rest.min(run)
}
