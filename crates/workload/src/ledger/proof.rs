//! What a wave did.

/// What a wave did, as its ledger saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Tasks that signed out with a sum.
    pub completed: u64,
    /// Their sums, mixed and added up; see [`checksum_of`](crate::task::checksum_of).
    pub checksum: u64,
    /// What that should be if every task completes.
    pub expected_checksum: u64,
    /// The most tasks ever seen in flight at once. Never more than there truly were.
    pub peak_in_flight: u64,
    /// Tasks that ended by a panic or were dropped, before or after they signed in.
    pub lost: u64,
    /// Tasks that ended with an error; [`Ledger::failures`](super::Ledger::failures) has them by kind.
    pub failed: u64,
    /// Waits after which a task's state was not what it was before.
    pub damaged: u64,
}

impl Proof {
    /// Whether `tasks` tasks returned the right sums, and none was lost, failed or found its state damaged.
    pub fn is_whole(&self, tasks: u32) -> bool {
        self.completed == u64::from(tasks)
            && self.checksum == self.expected_checksum
            && self.lost == 0
            && self.failed == 0
            && self.damaged == 0
    }
}
