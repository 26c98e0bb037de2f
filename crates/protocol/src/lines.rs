//! What of a workload and of its results stands in the protocol and in a record alike.

use serde::{Deserialize, Serialize};

/// A workload without its number of tasks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WorkloadLine {
    /// What each task waits for: `timer`, `http` (an answer) or `transfer` (an answer whose bytes a
    /// server with a rate limit sends).
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
    /// What each answer is asked to be, for `http` and `transfer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpLine>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
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
