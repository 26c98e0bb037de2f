//! Which cells belong together: one contestant, one shape of workload, any N.

use std::fmt;
use std::time::Duration;

use crate::units;
use record::{Cell, Record, WorkloadLine};

/// The cells that one line is laid through: one contestant, one shape of workload, any N.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Series {
    /// The contestant's id.
    pub contestant: String,
    /// What each of its tasks does.
    pub shape: Shape,
}

impl Series {
    /// The series that this cell belongs to.
    pub fn of(cell: &Cell) -> Self {
        Self { contestant: cell.contestant.clone(), shape: Shape::of(&cell.workload) }
    }

    /// The contestant's model.
    pub fn model(&self) -> &str {
        model_of(&self.contestant)
    }

    /// The contestant's name within its model.
    pub fn name(&self) -> &str {
        self.contestant.split_once('/').map_or(&self.contestant, |(_, name)| name)
    }
}

/// The contestant, with whatever sets its workload apart.
impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.contestant, self.shape)
    }
}

/// A workload without what varies along one line: the number of tasks, and the length of the wait,
/// which is made longer as the tasks get more so that all of them can be weighed waiting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    /// What each task waits for.
    pub wait: String,
    /// How many times each task waits.
    pub waits_per_task: u32,
    /// What each task keeps alive while it waits, in bytes.
    pub state_bytes: u64,
    /// When the tasks start.
    pub arrival: String,
    /// What is asked of a server, where one is asked.
    pub asked: Option<Asked>,
    /// By how much the first task waits longer than the last one, in nanoseconds.
    pub spread_ns: u64,
    /// Whether all tasks wait for one deadline.
    pub synchronized_wakeup: bool,
}

/// What is asked of a server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
            wait: workload.wait.clone(),
            waits_per_task: workload.waits_per_task,
            state_bytes: workload.state_bytes,
            arrival: workload.arrival.clone(),
            asked: workload.http.map(|http| Asked {
                bytes: http.bytes,
                keep_alive: http.keep_alive,
                rate_limit: http.rate_limit,
            }),
            spread_ns: workload.spread_ns,
            synchronized_wakeup: workload.synchronized_wakeup,
        }
    }

    /// Whether each task waits for one timer and keeps nothing alive of its own.
    pub fn is_plain(&self) -> bool {
        self.is_timer()
            && self.waits_per_task == 1
            && self.state_bytes == 0
            && !self.is_for_lateness()
    }

    /// Whether its tasks start or are due as they do to show how late they are: at a rate, all at
    /// once, or one after another. What such tasks weigh is what others do, so no line is laid
    /// through them.
    pub fn is_for_lateness(&self) -> bool {
        self.synchronized_wakeup || self.spread_ns != 0 || self.arrival != "burst"
    }

    /// Whether tasks wait for timers.
    pub fn is_timer(&self) -> bool {
        self.wait == "timer"
    }

    /// Whether tasks wait for answers that a server without a limit holds back.
    pub fn is_http(&self) -> bool {
        self.wait == "http"
    }

    /// Whether tasks wait for bytes that a server with a limit sends. They are not parked while they
    /// are weighed, so nothing per waiting task follows from them.
    pub fn is_transfer(&self) -> bool {
        self.wait == "transfer"
    }
}

/// What differs from one timer wait without state, each part after a comma.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_timer() {
            write!(f, ", {}", self.wait)?;
        }
        if let Some(asked) = &self.asked {
            let kept = if asked.keep_alive { ", keep-alive" } else { "" };
            write!(f, " ({} B{kept})", asked.bytes)?;
        }
        if self.state_bytes != 0 {
            write!(f, ", {} B state", self.state_bytes)?;
        }
        if self.waits_per_task != 1 {
            write!(f, ", {} waits", self.waits_per_task)?;
        }
        if self.arrival != "burst" {
            write!(f, ", {} arrival", self.arrival)?;
        }
        if self.spread_ns != 0 {
            write!(f, ", spread over {}", units::duration(Duration::from_nanos(self.spread_ns)))?;
        }
        if self.synchronized_wakeup {
            f.write_str(", herd")?;
        }
        Ok(())
    }
}

/// The series of this record, by model, contestant and shape; those without a single proof too.
pub fn series(record: &Record) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    for cell in &record.cells {
        let series = Series::of(cell);
        if !all.contains(&series) {
            all.push(series);
        }
    }
    all.sort_by(|a, b| contestant_order(&a.contestant, &b.contestant).then(a.shape.cmp(&b.shape)));
    all
}

/// The models, in the order in which everything is listed. Others come after these.
pub const MODELS: [&str; 6] =
    ["subroutine", "threads", "callbacks", "coroutines", "baseline", "control"];

/// The part of an id before the slash.
pub fn model_of(contestant: &str) -> &str {
    contestant.split_once('/').map_or(contestant, |(model, _)| model)
}

/// Whether this contestant takes part in the comparison. Baselines show the harness's overhead,
/// and controls check the instrument.
pub fn is_compared(contestant: &str) -> bool {
    !matches!(model_of(contestant), "baseline" | "control")
}

/// Whether this contestant is one of the [controls](crate::controls).
pub fn is_control(contestant: &str) -> bool {
    model_of(contestant) == "control"
}

/// How two contestants are listed: by the order of [`MODELS`], then by name.
pub fn contestant_order(a: &str, b: &str) -> std::cmp::Ordering {
    let rank = |id| MODELS.iter().position(|model| *model == model_of(id)).unwrap_or(MODELS.len());
    rank(a).cmp(&rank(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::{Bill, Synthetic};

    #[test]
    fn series_come_in_the_order_of_the_models() {
        let mut made = Synthetic::new();
        for id in
            ["odd/one", "baseline/smol", "coroutines/smol", "threads/per-task", "subroutine/x"]
        {
            made.line(id, &[1], Bill::of(1));
        }
        made.state(64).line("coroutines/smol", &[1], Bill::of(1));
        let labels: Vec<String> = series(&made.record()).iter().map(ToString::to_string).collect();
        assert_eq!(
            labels,
            [
                "subroutine/x",
                "threads/per-task",
                "coroutines/smol",
                "coroutines/smol, 64 B state",
                "baseline/smol",
                "odd/one"
            ]
        );
    }
}
