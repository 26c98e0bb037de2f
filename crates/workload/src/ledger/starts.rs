//! When the tasks of a wave start.
//!
//! Tasks that come at a rate come whether or not a worker is free to start them: that is what makes a
//! queue visible. So the ledger says which task is to start and when, and the model waits
//! for that moment in its own way.

use super::counters::Ledger;
use super::handle::TaskHandle;
use crate::clock::Moment;
use crate::spec::{Arrival, Workload};

/// The tasks of a wave, in the order in which they start. Made by [`Ledger::starts`].
///
/// In a burst, every task may start at once. With a rate, all that are due come one after another,
/// and then the moment before which there is no other. A model that asks again too early is told the
/// same moment again.
#[derive(Debug)]
#[must_use = "the tasks of a wave start when they are taken out"]
pub struct Starts {
    ledger: &'static Ledger,
    next: u32,
    /// What the clock said when it was last read, so that it is not read for each of many tasks
    /// that are all due.
    now: Moment,
}

/// What comes next in a wave.
#[derive(Debug)]
pub enum Start {
    /// This task, now.
    Now(TaskHandle),
    /// No task before this moment.
    At(Moment),
}

impl Starts {
    /// What the tasks are asked to do.
    pub fn workload(&self) -> &'static Workload {
        self.ledger.workload()
    }

    /// The moment before which no further task starts, if it has not come yet.
    fn too_early(&mut self) -> Option<Moment> {
        let start = self.ledger.start_of(self.next);
        if self.now < start {
            self.now = Moment::now();
        }
        (self.now < start).then_some(start)
    }
}

impl Ledger {
    /// Begins the wave and hands out its tasks, each when it is to start.
    pub fn starts(&'static self) -> Starts {
        Starts { ledger: self, next: 0, now: self.begun() }
    }
}

impl Iterator for Starts {
    type Item = Start;

    #[inline]
    fn next(&mut self) -> Option<Start> {
        let workload = self.ledger.workload();
        if self.next >= workload.tasks {
            return None;
        }
        if workload.arrival != Arrival::Burst
            && let Some(moment) = self.too_early()
        {
            return Some(Start::At(moment));
        }
        let handle = self.ledger.handle(self.next);
        self.next += 1;
        Some(Start::Now(handle))
    }
}
