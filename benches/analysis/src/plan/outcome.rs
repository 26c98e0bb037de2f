//! The answer: each contestant's part of it, ranked, and what to choose.

use serde::Serialize;

use super::case::Case;
use crate::contestant::Id;
use crate::estimate::Estimate;
use crate::walls::Ceiling;

/// What a case costs each contestant, and what to choose.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// What was asked.
    pub case: Case,
    /// How many tasks wait at once; `None` where only memory was given.
    pub waiting: Option<u64>,
    /// How many come a second: as asked, or as many as end, if each that ends is followed by another.
    pub per_second: Option<f64>,
    /// The cores of the machine.
    pub cores: u32,
    /// The contestants: those that can do it first, then by memory and CPU, or by how many fit.
    pub rows: Vec<Row>,
    /// What to choose.
    pub advice: Advice,
}

/// A contestant's part of the answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The contestant.
    pub contestant: Id,
    /// Whether it can do it here.
    pub outcome: Outcome,
    /// Whether all of its tasks run on one thread.
    pub is_on_one_thread: bool,
    /// The whole process, all of them waiting, in bytes.
    pub memory: Option<Estimate>,
    /// The CPU of a task, in nanoseconds.
    pub cpu_ns: Option<Estimate>,
    /// The cores that it keeps busy at [`Plan::per_second`].
    pub cores: Option<Estimate>,
    /// How late 99 in a hundred tasks are.
    pub late: Option<Late>,
    /// What has to be moved for so many tasks, the first limit first.
    pub in_the_way: Vec<Ceiling>,
    /// What would stop it next, with more tasks than that.
    pub next: Option<Ceiling>,
    /// How many tasks it can have here at most, by memory and every other limit.
    pub most: Option<u64>,
    /// How far the figures reach beyond what was measured.
    pub stretches: Vec<Stretch>,
    /// Whether there is something to be told before it is chosen.
    pub has_caution: bool,
}

/// Whether a contestant can do it here.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Yes.
    Fits,
    /// A limit stops it first.
    Stopped(Ceiling),
    /// It needs more cores than it has.
    TooBusy {
        /// How many it has.
        cores: u32,
    },
    /// It takes one task at a time.
    OneAtATime {
        /// How long all of them take, one after another, in nanoseconds.
        takes_ns: u128,
    },
    /// Others were run with so much state and this one was not: its stacks may not hold it.
    StateNotHeld {
        /// The largest size it was run with.
        largest: u64,
    },
    /// There is no fit of it in the record.
    NoFit,
}

/// How late tasks are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Late {
    /// How late 99 in a hundred are, in nanoseconds.
    pub p99_ns: Estimate,
    /// Of how many tasks, or at how many a second, that was measured: the nearest there is.
    pub at: u64,
    /// Whether they came at a rate.
    pub is_at_rate: bool,
}

/// How far a figure reaches beyond what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stretch {
    /// There are more tasks than this, the most that were measured.
    Tasks(u64),
    /// There is more state than this, the most that was measured.
    State(u64),
    /// State was measured of tasks that wait for timers.
    StateOfTimers,
    /// No state was measured: a byte is taken for a byte.
    StateAssumed,
}

/// What to choose.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Advice {
    /// Nothing does it here.
    Nothing,
    /// A thread for each task: simpler, and cheap enough here.
    Threads {
        /// The contestant.
        contestant: Id,
        /// The contestant that needs least of those that a service would be built on.
        lightest: Option<Id>,
        /// How many bytes that one saves.
        saves: Option<f64>,
    },
    /// A runtime.
    Runtime {
        /// The contestant.
        contestant: Id,
        /// Why not a thread for each task.
        reasons: Vec<Reason>,
    },
}

/// Why a thread for each task is not chosen.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A limit stops it.
    Stopped(Ceiling),
    /// A limit is near: it leaves less than half of the room.
    Near(Ceiling),
    /// It needs so many times as much memory, and a good part of what there is.
    Memory(f64),
    /// It keeps so many cores busy.
    Busy(f64),
    /// It was not measured.
    Unknown,
}

/// The name of the limit that is the memory of a case.
pub const MEMORY_GIVEN: &str = "memory_given";

impl Plan {
    /// The row of this contestant.
    pub fn row(&self, contestant: &Id) -> Option<&Row> {
        self.rows.iter().find(|row| row.contestant == *contestant)
    }
}
