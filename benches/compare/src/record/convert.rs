//! Between the words of the record and those of the `workload` crate.

use std::fmt::Display;
use std::num::NonZeroU16;
use std::time::Duration;

use workload::{Arrival, Lateness, StateSize, Wait, Workload};

use super::{LatenessLine, WorkloadLine};

impl WorkloadLine {
    /// The workload with so many tasks.
    ///
    /// # Errors
    /// If a part of it is unknown here.
    pub fn with_tasks(&self, tasks: u32) -> Result<Workload, UnknownWorkload> {
        let unknown = |part: &'static str, value: &dyn Display| UnknownWorkload {
            part,
            value: value.to_string(),
        };
        if self.wait != "timer" {
            return Err(unknown("wait", &self.wait));
        }
        if self.arrival != "burst" {
            return Err(unknown("arrival", &self.arrival));
        }
        let state = StateSize::try_from(self.state_bytes)
            .map_err(|_| unknown("state", &self.state_bytes))?;
        let waits = u16::try_from(self.waits_per_task)
            .ok()
            .filter(|waits| *waits <= Workload::MOST_WAITS)
            .and_then(NonZeroU16::new)
            .ok_or_else(|| unknown("number of waits", &self.waits_per_task))?;
        Ok(Workload::timer(tasks, Duration::from_nanos(self.duration_ns))
            .with_spread(Duration::from_nanos(self.spread_ns))
            .with_state(state)
            .with_waits(waits))
    }
}

impl From<&Workload> for WorkloadLine {
    fn from(workload: &Workload) -> Self {
        let Wait::Timer { duration, spread } = workload.wait;
        let Arrival::Burst = workload.arrival;
        Self {
            wait: "timer".into(),
            duration_ns: ns(duration),
            spread_ns: ns(spread),
            state_bytes: workload.state.bytes(),
            waits_per_task: workload.waits_per_task.get().into(),
            arrival: "burst".into(),
        }
    }
}

/// A workload that this program does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {part} `{value}` of the workload is unknown here")]
pub struct UnknownWorkload {
    part: &'static str,
    value: String,
}

impl From<Lateness> for LatenessLine {
    fn from(lateness: Lateness) -> Self {
        Self {
            p50: lateness.p50_ns,
            p90: lateness.p90_ns,
            p99: lateness.p99_ns,
            p999: lateness.p999_ns,
            max: lateness.max_ns,
        }
    }
}

/// A duration in the record's unit; saturates after 584 years.
pub fn ns(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workload_survives_the_record() {
        let workload = Workload::timer(7, Duration::from_millis(3))
            .with_spread(Duration::from_secs(1))
            .with_state(StateSize::KiB8)
            .with_waits(NonZeroU16::new(4).unwrap());
        assert_eq!(WorkloadLine::from(&workload).with_tasks(7), Ok(workload));
    }

    #[test]
    fn what_is_unknown_is_named() {
        let timer = WorkloadLine::from(&Workload::timer(1, Duration::ZERO));
        let unknown = |line: WorkloadLine| line.with_tasks(1).unwrap_err().to_string();
        assert_eq!(
            unknown(WorkloadLine { wait: "tide".into(), ..timer.clone() }),
            "the wait `tide` of the workload is unknown here"
        );
        assert_eq!(
            unknown(WorkloadLine { state_bytes: 3, ..timer.clone() }),
            "the state `3` of the workload is unknown here"
        );
        assert_eq!(
            unknown(WorkloadLine { waits_per_task: 0, ..timer }),
            "the number of waits `0` of the workload is unknown here"
        );
    }
}
