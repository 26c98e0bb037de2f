//! What is asked of a plan, and why it may have no answer.

use serde::Serialize;

use crate::series::Shape;

/// A service to be: how many tasks wait for what, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Case {
    /// How many tasks there are; with a rate, how many come in all.
    pub tasks: Option<u64>,
    /// How long each of them waits, in nanoseconds.
    pub wait_ns: u64,
    /// What each keeps alive while it waits, in bytes.
    pub state_bytes: u64,
    /// What each waits for.
    pub work: Work,
    /// How many come a second.
    pub rate: Option<u64>,
    /// How many bytes there are for all of it.
    pub memory_bytes: Option<u64>,
}

/// What the tasks of a case wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// A timer.
    Timer,
    /// An answer, over a connection of its own.
    Http,
}

/// Why there is no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum PlanError {
    /// Neither tasks nor a rate nor memory.
    #[error("there is nothing to plan: give --tasks, --rate or --memory")]
    NothingAsked,
    /// No task at all.
    #[error("a plan for 0 tasks has no answer: give 1 task or more")]
    NoTasks,
    /// The state alone is more than the memory.
    #[error(
        "the live state alone is {state} bytes and there are {memory} bytes of memory: give fewer \
         tasks, less --state or more --memory"
    )]
    StateAboveMemory {
        /// All of the state, in bytes.
        state: u64,
        /// The memory, in bytes.
        memory: u64,
    },
    /// The record has no line through readings of this work.
    #[error(
        "the record has no fit of this work for any contestant: it takes two numbers of tasks with \
         proof; `compare run` with several --tasks makes them"
    )]
    NoFits,
}

/// What is asked, with what the machine of the record has for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// What was asked.
    pub(super) case: &'a Case,
    /// How many tasks wait at once.
    pub(super) waiting: Option<u64>,
    /// How many come a second.
    pub(super) per_second: Option<f64>,
    /// The cores.
    pub(super) cores: u32,
    /// The memory, with the name of the limit that it is.
    pub(super) memory: Option<(&'static str, u64)>,
    /// The largest state that any contestant was measured with.
    pub(super) largest_state: Option<u64>,
}

impl Case {
    /// So many timers.
    pub const fn timers(tasks: u64, wait_ns: u64, state_bytes: u64) -> Self {
        let (rate, memory_bytes) = (None, None);
        Self { tasks: Some(tasks), wait_ns, state_bytes, work: Work::Timer, rate, memory_bytes }
    }

    /// So many requests.
    pub const fn requests(tasks: u64, wait_ns: u64, state_bytes: u64) -> Self {
        Self { work: Work::Http, ..Self::timers(tasks, wait_ns, state_bytes) }
    }

    /// How many tasks wait at once: with a rate, rate × wait (Little, *A Proof for the Queuing
    /// Formula L = λW*, 1961), and not more than there are. `None` where neither is asked.
    pub fn waiting(&self) -> Option<u64> {
        let by_rate = self.rate.map(|rate| {
            let product = u128::from(rate) * u128::from(self.wait_ns);
            u64::try_from(product.div_ceil(1_000_000_000)).unwrap_or(u64::MAX).max(1)
        });
        match (self.tasks, by_rate) {
            (Some(tasks), Some(by_rate)) => Some(tasks.min(by_rate)),
            (tasks, by_rate) => tasks.or(by_rate),
        }
    }

    /// What is wrong with it on a machine with so much memory.
    pub(crate) fn flaw(&self, memory: Option<u64>) -> Option<PlanError> {
        if self.tasks == Some(0) || self.rate == Some(0) {
            return Some(PlanError::NoTasks);
        }
        if self.waiting().is_none() && self.memory_bytes.is_none() {
            return Some(PlanError::NothingAsked);
        }
        let state = self.state_bytes.saturating_mul(self.waiting().unwrap_or(1));
        let memory = memory?;
        (state > memory).then_some(PlanError::StateAboveMemory { state, memory })
    }
}

impl Work {
    /// Whether tasks of this shape do this and nothing else, their state aside.
    pub(crate) fn is_of(self, shape: &Shape) -> bool {
        let plain = shape.without_state();
        match self {
            Self::Timer => plain.is_plain(),
            Self::Http => plain.is_plain_request(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_at_once_is_rate_times_wait() {
        let case = Case::timers(20_000, 200_000_000, 0);
        assert_eq!(case.waiting(), Some(20_000));
        assert_eq!(Case { rate: Some(5_000), ..case }.waiting(), Some(1_000));
        assert_eq!(Case { rate: Some(5_000_000), ..case }.waiting(), Some(20_000));
        assert_eq!(Case { rate: Some(3), tasks: None, ..case }.waiting(), Some(1));
        let most = Case { rate: Some(u64::MAX), tasks: None, wait_ns: u64::MAX, ..case };
        assert_eq!(most.waiting(), Some(u64::MAX));
    }

    #[test]
    fn what_has_no_answer_says_why() {
        let case = Case::timers(20_000, 1, 2_048);
        assert_eq!(case.flaw(Some(1 << 30)), None);
        assert_eq!(Case { tasks: Some(0), ..case }.flaw(None), Some(PlanError::NoTasks));
        assert_eq!(Case { tasks: None, ..case }.flaw(None), Some(PlanError::NothingAsked));
        let state = 20_000 * 2_048;
        let flaw = PlanError::StateAboveMemory { state, memory: 1 << 20 };
        assert_eq!(case.flaw(Some(1 << 20)), Some(flaw));
    }
}
