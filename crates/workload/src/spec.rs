//! The workload: what every contestant is asked to do.

use std::num::NonZeroU16;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::http::Http;
use crate::state::StateSize;

/// What a contestant is asked to do. Two contestants given equal workloads do equal work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Workload {
    /// How many tasks there are. Zero is allowed: nothing to do is something to do right.
    pub tasks: u32,
    /// What each task waits for.
    pub wait: Wait,
    /// What each task keeps alive while it waits.
    pub state: StateSize,
    /// How many times each task waits, one after another; at most [`Workload::MOST_WAITS`].
    pub waits_per_task: NonZeroU16,
    /// When the tasks start.
    pub arrival: Arrival,
    /// A task that panics after its first wait, to show that a panic costs only that task.
    /// `None` in everything that is measured.
    pub panicking_task: Option<u32>,
}

impl Workload {
    /// The most waits that a task can have.
    pub const MOST_WAITS: u16 = u16::MAX - 1;

    /// `tasks` tasks, started at once, that each wait once for `duration` and hold nothing.
    pub fn timer(tasks: u32, duration: Duration) -> Self {
        Self {
            tasks,
            wait: Wait::Timer { duration, spread: Duration::ZERO },
            state: StateSize::None,
            waits_per_task: NonZeroU16::MIN,
            arrival: Arrival::Burst,
            panicking_task: None,
        }
    }

    /// `tasks` tasks, started at once, that each wait once for such an answer and hold nothing.
    pub fn http(tasks: u32, http: Http) -> Self {
        Self { wait: Wait::Http(http), ..Self::timer(tasks, Duration::ZERO) }
    }

    /// The same with this state.
    #[must_use]
    pub fn with_state(self, state: StateSize) -> Self {
        Self { state, ..self }
    }

    /// The same with this many waits a task.
    ///
    /// # Panics
    /// If that is more than [`Workload::MOST_WAITS`].
    #[must_use]
    pub fn with_waits(self, waits_per_task: NonZeroU16) -> Self {
        assert!(waits_per_task.get() <= Self::MOST_WAITS, "{waits_per_task} waits a task");
        Self { waits_per_task, ..self }
    }

    /// The same with waits spread: the first task's wait is longer by `spread`, the last one's not
    /// at all, and those between in equal steps.
    #[must_use]
    pub fn with_spread(mut self, spread: Duration) -> Self {
        match &mut self.wait {
            Wait::Timer { spread: old, .. } | Wait::Http(Http { spread: old, .. }) => *old = spread,
        }
        self
    }

    /// The same with one task that panics after its first wait.
    #[must_use]
    pub fn with_panic(self, task: u32) -> Self {
        Self { panicking_task: Some(task), ..self }
    }

    /// The same with waits of this length. A spread stays as it is.
    #[must_use]
    pub fn with_duration(mut self, duration: Duration) -> Self {
        match &mut self.wait {
            Wait::Timer { duration: old, .. } | Wait::Http(Http { delay: old, .. }) => {
                *old = duration;
            }
        }
        self
    }

    /// How long each wait lasts, without the spread.
    #[inline]
    pub fn duration(&self) -> Duration {
        match self.wait {
            Wait::Timer { duration, .. } | Wait::Http(Http { delay: duration, .. }) => duration,
        }
    }

    /// By how much the first task's wait is longer than the last one's.
    #[inline]
    pub fn spread(&self) -> Duration {
        match self.wait {
            Wait::Timer { spread, .. } | Wait::Http(Http { spread, .. }) => spread,
        }
    }

    /// How long each wait of the task with this index lasts.
    #[inline]
    pub fn duration_of(&self, index: u32) -> Duration {
        let (duration, spread) = (self.duration(), self.spread());
        if spread.is_zero() || self.tasks < 2 {
            return duration;
        }
        let last = self.tasks - 1;
        let share = f64::from(last.saturating_sub(index)) / f64::from(last);
        duration + spread.mul_f64(share)
    }

    /// What the tasks ask a server for, if they do.
    #[inline]
    pub fn asks(&self) -> Option<&Http> {
        match &self.wait {
            Wait::Timer { .. } => None,
            Wait::Http(http) => Some(http),
        }
    }

    /// The longest that this can take a contestant that does it without delay: as [`floor`], with
    /// the longest of the waits.
    ///
    /// [`floor`]: Self::floor
    pub fn longest(&self, ceiling: u64) -> Duration {
        self.with_duration(self.duration_of(0)).floor(ceiling)
    }

    /// The least time in which anybody can do this with at most `ceiling` tasks in flight:
    /// tasks ÷ ceiling × waits × duration, in whole rounds; or what all bodies together take at the
    /// server's rate limit, if that is longer.
    pub fn floor(&self, ceiling: u64) -> Duration {
        let rounds = u64::from(self.tasks).div_ceil(ceiling.max(1));
        let waits = rounds.saturating_mul(u64::from(self.waits_per_task.get()));
        let waiting = self.duration().saturating_mul(u32::try_from(waits).unwrap_or(u32::MAX));
        waiting.max(self.transfer_floor())
    }

    /// What all bodies together take at the server's rate limit: bytes ÷ limit. Zero where nothing
    /// is limited.
    pub fn transfer_floor(&self) -> Duration {
        let Some(Http { bytes, rate_limit: Some(limit), .. }) = self.asks() else {
            return Duration::ZERO;
        };
        let bodies = f64::from(self.tasks) * f64::from(self.waits_per_task.get());
        #[allow(clippy::cast_precision_loss, reason = "a time to a few digits is meant")]
        let seconds = bodies * *bytes as f64 / limit.get() as f64;
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

/// What a task waits for.
///
/// A new kind of wait is a variant here and an arm in each model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wait {
    /// A timer.
    Timer {
        /// How long each wait lasts, from the moment the task begins it.
        duration: Duration,
        /// By how much the first task's wait is longer than the last one's. Zero makes a herd; a
        /// positive spread makes tasks end in the reverse of the order they started in.
        spread: Duration,
    },
    /// An answer from a server.
    Http(Http),
}

/// When the tasks start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrival {
    /// All at once, as fast as the model can start them.
    #[default]
    Burst,
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_herd_waits_alike() {
        let herd = Workload::timer(3, 5 * MS);
        assert!((0..3).all(|index| herd.duration_of(index) == 5 * MS));
    }

    #[test]
    fn a_spread_makes_the_first_task_the_slowest() {
        let spread = Workload::timer(3, 5 * MS).with_spread(10 * MS);
        let durations: Vec<_> = (0..3).map(|index| spread.duration_of(index)).collect();
        assert_eq!(durations, [15 * MS, 10 * MS, 5 * MS]);
        assert_eq!(Workload::timer(1, 5 * MS).with_spread(10 * MS).duration_of(0), 5 * MS);
    }

    #[test]
    fn the_floor_counts_whole_rounds() {
        let waits = NonZeroU16::new(2).unwrap();
        let workload = Workload::timer(10, MS).with_waits(waits);
        assert_eq!(workload.floor(1), 20 * MS);
        assert_eq!(workload.floor(4), 6 * MS);
        assert_eq!(workload.floor(u64::MAX), 2 * MS);
        assert_eq!(Workload::timer(0, MS).floor(1), Duration::ZERO);
        assert_eq!(workload.with_spread(MS).longest(u64::MAX), 4 * MS);
    }

    #[test]
    fn the_floor_of_a_capped_transfer_is_bytes_by_cap() {
        let server = "127.0.0.1:1".parse().unwrap();
        let http = Http { rate_limit: NonZeroU64::new(1000), ..Http::new(server, MS, 500) };
        let workload = Workload::http(4, http);
        assert_eq!(workload.transfer_floor(), Duration::from_secs(2));
        assert_eq!(workload.floor(u64::MAX), Duration::from_secs(2));
        assert_eq!(workload.with_duration(1000 * MS).floor(1), Duration::from_secs(4));
        assert_eq!(Workload::http(4, Http::new(server, MS, 500)).floor(2), 2 * MS);
    }
}
