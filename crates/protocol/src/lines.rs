//! What of a workload and of its results stands in the protocol and in a record alike.

use serde::{Deserialize, Serialize};

/// A workload without its number of tasks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WorkloadLine {
    /// What each task waits for: `timer`, `http` (an answer), `transfer` (an answer whose bytes a
    /// server with a rate limit sends), `relay` and `relay-pipe` (a token, through a channel or a pipe) or
    /// `timeout` (an operation under a timeout).
    pub wait: String,
    /// How long each wait lasts.
    pub duration_ns: u64,
    /// By how much the first task's wait is longer than the last one's.
    pub spread_ns: u64,
    /// What each task keeps alive while it waits.
    pub state_bytes: u64,
    /// How many bytes of stack each task uses and gives back before it waits.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub depth_bytes: u64,
    /// How many times each task waits.
    pub waits_per_task: u32,
    /// When the tasks start: `burst`, or at a rate: `rate:5000/s`.
    pub arrival: String,
    /// Whether all tasks wait for one deadline.
    #[serde(rename = "herd", default, skip_serializing_if = "std::ops::Not::not")]
    pub synchronized_wakeup: bool,
    /// How many rounds each task computes after each wait.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub job_rounds: u32,
    /// How every second task ends, if it does not return its sum: `panics`, `cancelled`, `times-out`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<String>,
    /// Whether the waits of a spread rise after the first task's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rising: bool,
    /// Whether it is noted what each task does, when, and on which thread.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trace: bool,
    /// Whether the harness keeps the process on one core.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub one_core: bool,
    /// Of how many of 1,000 operations the timeout is cancelled, for `timeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_per_mille: Option<u16>,
    /// What each answer is asked to be, for `http` and `transfer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpLine>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero<T: Default + PartialEq>(count: &T) -> bool {
    *count == T::default()
}

impl WorkloadLine {
    /// How many of so many tasks end otherwise than by returning their sum.
    pub fn ending_otherwise(&self, tasks: u64) -> u64 {
        match self.cancelled_per_mille {
            Some(cancelled) => (tasks * u64::from(1_000 - cancelled.min(1_000))).div_ceil(1_000),
            None if self.ending.is_some() => tasks / 2,
            None => 0,
        }
    }
}

/// Something that a task did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceLine {
    /// Which task.
    pub task: u32,
    /// What it did.
    pub step: Step,
    /// On which thread: a number that no other thread of the process has.
    pub thread: u32,
    /// When, since the wave began.
    pub at_ns: u64,
}

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// It starts.
    Started,
    /// It begins a wait.
    Waits,
    /// The call that started it, and was handed the rest of it, came back.
    Returned,
    /// It wakes.
    Woke,
    /// It ends with its sum.
    Ended,
    /// It ends without one.
    Lost,
}

/// What an answer is asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HttpLine {
    /// The size of its body.
    pub bytes: u64,
    /// Whether a connection serves more than one request.
    pub keep_alive: bool,
    /// What the server caps all answers together at, in bytes per second.
    pub rate_limit: Option<u64>,
    /// How long a connection may take.
    pub connect_timeout_ns: u64,
    /// How long nothing may come, beyond the delay asked for.
    pub read_timeout_ns: u64,
    /// How long a whole request may take, beyond the delay asked for.
    pub total_timeout_ns: u64,
}

/// How late tasks woke after their deadline, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatenessLine {
    /// Half of the wakes were at most this late.
    pub p50: u64,
    /// 90 %.
    pub p90: u64,
    /// 99 %.
    pub p99: u64,
    /// 99.9 %.
    pub p999: u64,
    /// All of them.
    pub max: u64,
}

/// The tasks that ended with an error of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorLine {
    /// The kind, such as `reset` or `read-timeout`.
    pub kind: String,
    /// How many tasks.
    pub tasks: u64,
    /// The first of the errors, in words.
    pub first: String,
}
