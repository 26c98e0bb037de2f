//! How many cells of a run ended in which way.

use record::Status;

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Cells with proof.
    pub ok: u64,
    /// Cells that a limit stopped.
    pub walls: u64,
    /// Cells that were not run.
    pub skipped: u64,
    /// Cells without proof.
    pub failed: u64,
    /// Whether the run was interrupted.
    pub interrupted: bool,
}

impl Tally {
    /// Counts one more that ended like this.
    pub fn count(&mut self, status: Status) {
        match status {
            Status::Ok => self.ok += 1,
            Status::Wall => self.walls += 1,
            Status::Skipped => self.skipped += 1,
            Status::Failed => self.failed += 1,
        }
    }

    /// All cells counted.
    pub fn cells(&self) -> u64 {
        self.ok + self.walls + self.skipped + self.failed
    }
}
