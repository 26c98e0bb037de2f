//! Which cells belong together: one contestant, one shape of workload, any N.

use record::{Cell, Run, WorkloadLine};
use serde::Serialize;

use crate::contestant::{Id, Model, Role};

/// The cells that one line is laid through: one contestant, one shape of workload, any N.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Series {
    /// The contestant.
    pub contestant: Id,
    /// What each of its tasks does.
    pub shape: Shape,
}

impl Series {
    /// The series that this cell belongs to.
    pub fn of(run: &Run, cell: &Cell) -> Self {
        Self::of_work(run, &cell.contestant, &cell.workload)
    }

    /// The series of this contestant and workload.
    pub fn of_work(run: &Run, contestant: &str, workload: &WorkloadLine) -> Self {
        Self { contestant: Id::of(run, contestant), shape: Shape::of(workload) }
    }

    /// The contestant's model.
    pub fn model(&self) -> Model {
        self.contestant.model()
    }

    /// Whether it is a compared contestant that waits for plain timers or plain requests.
    pub fn is_plain_and_compared(&self) -> bool {
        self.contestant.is_compared() && (self.shape.is_plain() || self.shape.is_plain_request())
    }

    /// Whether it waits for plain timers or plain requests and is compared, or stands apart.
    pub fn is_plain_contestant(&self) -> bool {
        let is_one =
            matches!(self.contestant.role(), Role::Compared | Role::Elsewhere | Role::Variant);
        is_one && (self.shape.is_plain() || self.shape.is_plain_request())
    }

    /// The same work by another contestant.
    #[must_use]
    pub fn by(&self, contestant: Id) -> Self {
        Self { contestant, shape: self.shape.clone() }
    }

    /// A name that never changes, because the draws of the bootstrap depend on it.
    pub fn key(&self) -> String {
        format!("{}{}", self.contestant, self.shape.key())
    }
}

/// A workload without what varies along one line: the number of tasks, and the length of the wait,
/// which is made longer as the tasks get more so that all of them can be weighed waiting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Shape {
    /// What each task waits for.
    pub wait: WaitFor,
    /// How many times each task waits.
    pub waits_per_task: u32,
    /// What each task keeps alive while it waits, in bytes.
    pub state_bytes: u64,
    /// How many bytes of stack each task uses and gives back before it waits.
    pub depth_bytes: u64,
    /// When the tasks start.
    pub arrival: Arrival,
    /// What is asked of a server, where one is asked.
    pub asked: Option<Asked>,
    /// By how much the first task waits longer than the last one, in nanoseconds.
    pub spread_ns: u64,
    /// Whether all tasks wait for one deadline.
    pub synchronized_wakeup: bool,
    /// How many rounds each task computes after each wait.
    #[serde(skip_serializing_if = "is_none")]
    pub job_rounds: u32,
    /// How every second task ends, if it does not return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<String>,
    /// Of how many of 1,000 operations the timeout is cancelled, where they have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_per_mille: Option<u16>,
    /// Whether the process was kept on one core.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub one_core: bool,
}

/// What a task waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitFor {
    /// A timer.
    Timer,
    /// An answer that a server holds back.
    Http,
    /// An answer whose bytes a server with a limit sends. Nothing per waiting task follows from it.
    Transfer,
    /// Something that this program does not know.
    Other(String),
}

/// When tasks start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrival {
    /// All at once.
    Burst,
    /// So many a second; 0 where the record's rate cannot be read.
    Rate(u64),
}

/// What is asked of a server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Asked {
    /// The size of each answer's body.
    pub bytes: u64,
    /// Whether a connection serves more than one request.
    pub keep_alive: bool,
    /// What the server caps all answers together at, in bytes per second.
    pub rate_limit: Option<u64>,
}

impl Shape {
    /// The shape of this workload.
    pub fn of(workload: &WorkloadLine) -> Self {
        Self {
            wait: match &*workload.wait {
                "timer" => WaitFor::Timer,
                "http" => WaitFor::Http,
                "transfer" => WaitFor::Transfer,
                other => WaitFor::Other(other.to_owned()),
            },
            waits_per_task: workload.waits_per_task,
            state_bytes: workload.state_bytes,
            depth_bytes: workload.depth_bytes,
            arrival: match &*workload.arrival {
                "burst" => Arrival::Burst,
                rate => Arrival::Rate(per_second(rate)),
            },
            asked: workload.http.map(|http| Asked {
                bytes: http.bytes,
                keep_alive: http.keep_alive,
                rate_limit: http.rate_limit,
            }),
            spread_ns: workload.spread_ns,
            synchronized_wakeup: workload.synchronized_wakeup,
            job_rounds: workload.job_rounds,
            ending: workload.ending.clone(),
            cancelled_per_mille: workload.cancelled_per_mille,
            one_core: workload.one_core,
        }
    }

    /// Whether each task waits for one timer and keeps nothing alive of its own.
    pub fn is_plain(&self) -> bool {
        self.is_timer() && self.is_once_without_state()
    }

    /// The same of one answer of a server without a limit, over a connection of its own.
    pub fn is_plain_request(&self) -> bool {
        self.is_http()
            && self.is_once_without_state()
            && self.asked.as_ref().is_none_or(|asked| !asked.keep_alive)
    }

    /// Whether each task waits once, starts in a burst, and neither keeps anything alive nor uses stack.
    fn is_once_without_state(&self) -> bool {
        let is_once = self.waits_per_task == 1 && !self.is_for_lateness() && !self.one_core;
        is_once && self.state_bytes == 0 && self.depth_bytes == 0 && !self.does_more()
    }

    /// Whether its tasks do more than wait and return: compute, or end otherwise.
    pub fn does_more(&self) -> bool {
        self.job_rounds != 0 || self.ending.is_some()
    }

    /// Whether its tasks start or are due as they do to show how late they are: at a rate, all at
    /// once, or one after another. No line is laid through what such tasks weigh.
    pub fn is_for_lateness(&self) -> bool {
        self.synchronized_wakeup || self.spread_ns != 0 || self.arrival != Arrival::Burst
    }

    /// Whether tasks wait for timers.
    pub fn is_timer(&self) -> bool {
        self.wait == WaitFor::Timer
    }

    /// Whether tasks wait for answers that a server without a limit holds back.
    pub fn is_http(&self) -> bool {
        self.wait == WaitFor::Http
    }

    /// Whether tasks wait for bytes that a server with a limit sends.
    pub fn is_transfer(&self) -> bool {
        self.wait == WaitFor::Transfer
    }

    /// Whether a token goes from task to task: through channels, or through pipes.
    pub fn is_relay(&self) -> bool {
        matches!(&self.wait, WaitFor::Other(wait) if wait == "relay" || wait == "relay-pipe")
    }

    /// Whether the weight of a waiting task follows from its cells.
    pub fn is_weighed(&self) -> bool {
        !self.is_transfer() && !self.is_for_lateness()
    }

    /// The same without its state.
    #[must_use]
    pub fn without_state(&self) -> Self {
        Self { state_bytes: 0, ..self.clone() }
    }

    /// What differs from one timer wait without state, as [`Series::key`] has it.
    fn key(&self) -> String {
        let mut key = match &self.wait {
            WaitFor::Timer => String::new(),
            WaitFor::Http => ", http".to_owned(),
            WaitFor::Transfer => ", transfer".to_owned(),
            WaitFor::Other(other) => format!(", {other}"),
        };
        if let Some(asked) = &self.asked {
            let kept = if asked.keep_alive { ", keep-alive" } else { "" };
            let limit = asked.rate_limit.map(|limit| format!(", {limit} B/s"));
            key += &format!(" ({} B{kept}{})", asked.bytes, limit.unwrap_or_default());
        }
        let rate = if let Arrival::Rate(rate) = self.arrival { Some(rate) } else { None };
        let parts = [
            (self.state_bytes != 0).then(|| format!(", {} B state", self.state_bytes)),
            (self.depth_bytes != 0).then(|| format!(", {} B depth", self.depth_bytes)),
            (self.waits_per_task != 1).then(|| format!(", {} waits", self.waits_per_task)),
            rate.map(|rate| format!(", rate:{rate}/s arrival")),
            (self.spread_ns != 0).then(|| format!(", spread over {} ns", self.spread_ns)),
            self.synchronized_wakeup.then(|| ", herd".to_owned()),
            (self.job_rounds != 0).then(|| format!(", jobs of {}", self.job_rounds)),
            self.ending.as_ref().map(|ending| format!(", half {ending}")),
            self.cancelled_per_mille.map(|of| format!(", {of} of 1000 cancelled")),
            self.one_core.then(|| ", one core".to_owned()),
        ];
        key + &parts.into_iter().flatten().collect::<String>()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_none(count: &u32) -> bool {
    *count == 0
}

fn per_second(arrival: &str) -> u64 {
    let rate = arrival.strip_prefix("rate:").and_then(|rest| rest.strip_suffix("/s"));
    rate.and_then(|rate| rate.parse().ok()).unwrap_or(0)
}
