//! The contract between a model and the program that runs it.

use std::fmt;
use std::io;

use crate::ledger::Ledger;
use crate::spec::Workload;

/// One implementation of a model.
///
/// It knows the workload and the ledger, nothing else. It never measures itself.
pub trait Contestant: Send + Sync {
    /// Who it is.
    fn about(&self) -> About;

    /// `model/name`.
    fn id(&self) -> ContestantId {
        self.about().id
    }

    /// How many of its tasks can be in flight at once.
    fn ceiling(&self, _: &Settings) -> Ceiling {
        Ceiling::Unbounded
    }

    /// What the contestant does run, if it is not made for this workload.
    fn unsupported(&self, workload: &Workload) -> Option<&'static str> {
        workload.is_relay().then_some("timers and requests")
    }

    /// Starts the runtime, the pool or the loop, but no task.
    ///
    /// # Errors
    /// When the operating system refuses what the contestant needs to start.
    fn start(&self, settings: &Settings) -> Result<Box<dyn Instance>, Refusal>;
}

/// Who a contestant is, whatever it is asked to do.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// `model/name`.
    pub id: ContestantId,
    /// What it is, in one line, for tables and lists.
    pub summary: &'static str,
    /// How it waits; the part of its id before the slash, if it does not say.
    pub model: Option<&'static str>,
    /// What it is in a run for.
    pub role: Role,
    /// What its timers are and how exact they are by design, in a few words, for the tables of
    /// lateness: `wheel, 1 ms, rounds up`.
    pub timer: Option<&'static str>,
    /// A word of warning that belongs wherever a user meets it.
    pub caution: Option<&'static str>,
    /// With how many tasks at most a run tries it where nothing else is asked for. What follows from its
    /// ceiling, if it does not say.
    pub most_tasks: Option<u32>,
    /// Whether dropping its instance leaves threads or descriptors that serve the whole process and
    /// stay until its end, as the global executors of smol and async-std do. They must not grow.
    pub stays_in_process: bool,
    /// Whether a task of it can be cancelled while it waits for a timer. An OS thread cannot.
    pub can_cancel: bool,
    /// Whether all its tasks run on one thread, so that it uses one core at most. With a ceiling of one they do
    /// anyhow.
    pub is_on_one_thread: bool,
    /// Whether it is written by hand, without a runtime: it shows a floor, and builds no service.
    pub is_floor: bool,
    /// Whether it is there to show what people write, beside a contestant at its best.
    pub is_as_written: bool,
}

impl About {
    /// A compared contestant, of which there is nothing else to say.
    ///
    /// # Panics
    /// As [`ContestantId::new`].
    pub const fn new(id: &'static str, summary: &'static str) -> Self {
        Self {
            id: ContestantId::new(id),
            summary,
            model: None,
            role: Role::Compared,
            timer: None,
            caution: None,
            most_tasks: None,
            stays_in_process: false,
            can_cancel: false,
            is_on_one_thread: false,
            is_floor: false,
            is_as_written: false,
        }
    }
}

/// A started contestant. Dropping it stops it and gives back what it took.
///
/// An instance may hold what belongs to one thread, so it stays on the thread that started it.
pub trait Instance {
    /// Runs every task of the ledger's workload, and returns when all of them are over.
    ///
    /// It takes the tasks from [`Ledger::starts`], which begins the wave, and starts each as soon
    /// as it is handed out. Where that says that no task is to start before some moment, the
    /// instance waits for it as its tasks wait for their timers, while those that have started go
    /// on.
    ///
    /// # Errors
    /// When the operating system refuses something a task needs. Tasks that were already started
    /// are left to end by themselves; those that were not count as lost.
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal>;
}

/// What a contestant is in a run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It takes part in the comparison.
    Compared,
    /// It shows the harness overhead in another contestant: the same task straight on its runtime.
    Baseline {
        /// Whose, if there is a contestant of its kind.
        of: Option<&'static str>,
    },
    /// Its weight is known, to check the instrument.
    Holds {
        /// How much it holds for each task.
        bytes: u64,
    },
    /// It is another contestant under another label (A/A).
    Again {
        /// Which one.
        of: &'static str,
    },
    /// It does something wrong, to show that the harness notices.
    Fault,
}

/// A contestant's name, `model/name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContestantId(&'static str);

impl ContestantId {
    /// A name of the form `model/name`.
    ///
    /// # Panics
    /// At compile time in a `const`, otherwise when called, if there is no `/` in it.
    pub const fn new(id: &'static str) -> Self {
        let bytes = id.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] == b'/' {
                return Self(id);
            }
            at += 1;
        }
        panic!("a contestant's id has the form model/name")
    }

    /// The whole id.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The part before the slash.
    pub fn model(self) -> &'static str {
        self.0.split_once('/').map_or(self.0, |(model, _)| model)
    }
}

impl fmt::Display for ContestantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// What can be set from outside. A contestant takes what concerns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many threads a pool has.
    pub pool_workers: u32,
}

impl Settings {
    /// 64: what a thread pool for blocking work usually has on a small machine, many times the
    /// cores because its threads wait and do not compute.
    pub const DEFAULT_POOL_WORKERS: u32 = 64;
}

impl Default for Settings {
    fn default() -> Self {
        Self { pool_workers: Self::DEFAULT_POOL_WORKERS }
    }
}

/// How many tasks of a contestant can be in flight at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceiling {
    /// One: the next task starts when the last one is over.
    One,
    /// As many as there are workers.
    Pool(u32),
    /// As many as there are tasks.
    Unbounded,
}

impl Ceiling {
    /// The ceiling as a number; `u64::MAX` where there is none.
    pub fn limit(self) -> u64 {
        match self {
            Self::One => 1,
            Self::Pool(workers) => u64::from(workers),
            Self::Unbounded => u64::MAX,
        }
    }

    /// How many of `tasks` tasks are in flight when as many as possible are.
    pub fn expected_in_flight(self, tasks: u32) -> u64 {
        u64::from(tasks).min(self.limit())
    }
}

impl fmt::Display for Ceiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One => f.pad("1"),
            Self::Pool(workers) => f.pad(&format!("{workers} (pool)")),
            Self::Unbounded => f.pad("all tasks"),
        }
    }
}

/// The operating system said no.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A thread could not be made.
    #[error("thread {nth} of {wanted} could not be made: {source}")]
    Thread {
        /// Which one it was, counted from 1.
        nth: u64,
        /// How many were wanted.
        wanted: u64,
        /// The reason given.
        source: io::Error,
    },
    /// A runtime, a pool or an event loop could not be started.
    #[error("{what} could not be started: {source}")]
    Start {
        /// What was to be started.
        what: &'static str,
        /// The reason given.
        source: io::Error,
    },
    /// The contestant is not made for this workload.
    #[error("this contestant runs only {only}")]
    Unsupported {
        /// What it does run.
        only: &'static str,
    },
    /// A running event loop could not wait for its next event.
    #[error("{what} could not wait: {source}")]
    Wait {
        /// What was waiting.
        what: &'static str,
        /// The reason given.
        source: io::Error,
    },
}

impl Refusal {
    /// What comes of asking a contestant for a workload, with what it runs if it is not made for that.
    ///
    /// # Errors
    /// If it is not made for it.
    pub fn unless_supported(only: Option<&'static str>) -> Result<(), Self> {
        only.map_or(Ok(()), |only| Err(Self::Unsupported { only }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_a_model() {
        assert_eq!(ContestantId::new("threads/per-task").model(), "threads");
    }

    #[test]
    #[should_panic(expected = "model/name")]
    fn an_id_without_a_model_is_refused() {
        let _ = ContestantId::new("threads");
    }

    #[test]
    fn ceilings_bound_the_tasks_in_flight() {
        assert_eq!(Ceiling::One.expected_in_flight(5), 1);
        assert_eq!(Ceiling::One.expected_in_flight(0), 0);
        assert_eq!(Ceiling::Pool(3).expected_in_flight(5), 3);
        assert_eq!(Ceiling::Pool(8).expected_in_flight(5), 5);
        assert_eq!(Ceiling::Unbounded.expected_in_flight(5), 5);
    }
}
