//! The workload: what every contestant is asked to do.

use std::fmt;
use std::num::{NonZeroU16, NonZeroU32};
use std::str::FromStr;
use std::time::Duration;

use crate::http::Http;
use crate::state::StateSize;
use crate::task::checksum_of_tasks;

/// What a contestant is asked to do. Two contestants given equal workloads do equal work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Workload {
    /// How many tasks there are. Zero is allowed: nothing to do is something to do right.
    pub tasks: u32,
    /// What each task waits for.
    pub wait: Wait,
    /// What each task keeps alive while it waits.
    pub state: StateSize,
    /// How many bytes of stack each task uses and gives back before it waits; at most
    /// [`Workload::MOST_DEPTH`]. A coroutine uses its worker's stack, a thread its own, which keeps the
    /// pages that were touched.
    pub depth: u32,
    /// How many times each task waits, one after another; at most [`Workload::MOST_WAITS`].
    pub waits_per_task: NonZeroU16,
    /// When the tasks start.
    pub arrival: Arrival,
    /// Whether all tasks wait for one deadline, which is the end of a wait that began with the wave,
    /// instead of each for the end of a wait of its own. For timers without a spread.
    pub synchronized_wakeup: bool,
    /// How every second task ends (those with odd indices). The others return.
    pub ending: Ending,
    /// How many rounds each task computes after each wait: work that no compiler takes out.
    pub job_rounds: u32,
    /// Whether the waits of a spread rise after the first task's, which is the longest either way: with
    /// three tasks 3, 1, 2 and not 3, 2, 1.
    pub rising: bool,
    /// Whether the ledger notes what each task does, when, and on which thread. Nothing is weighed or
    /// timed then.
    pub trace: bool,
    /// Whether the process is kept on one core. The harness sees to that, and no contestant need.
    pub one_core: bool,
    /// Where each task is an operation under a timeout: of how many of 1,000 the operation ends first, so that
    /// the timeout is cancelled. The others are cancelled by it, after [`Workload::TIMEOUT`] times as long.
    pub timeouts: Option<u16>,
}

impl Workload {
    /// How many times as long as its operation a timeout is.
    pub const TIMEOUT: u32 = 50;

    /// The most waits that a task can have.
    pub const MOST_WAITS: u16 = u16::MAX - 1;

    /// The most stack that a task can use before it waits.
    pub const MOST_DEPTH: u32 = 64 * 1024;

    /// `tasks` tasks, started at once, that each wait once for `duration` and hold nothing.
    pub fn timer(tasks: u32, duration: Duration) -> Self {
        Self {
            tasks,
            wait: Wait::Timer { duration, spread: Duration::ZERO },
            state: StateSize::None,
            depth: 0,
            waits_per_task: NonZeroU16::MIN,
            arrival: Arrival::Burst,
            synchronized_wakeup: false,
            ending: Ending::Returns,
            job_rounds: 0,
            rising: false,
            trace: false,
            one_core: false,
            timeouts: None,
        }
    }

    /// `tasks` tasks, started at once, that each wait once for such an answer and hold nothing.
    pub fn http(tasks: u32, http: Http) -> Self {
        Self { wait: Wait::Http(http), ..Self::timer(tasks, Duration::ZERO) }
    }

    /// A ring of `tasks` tasks, through which a token goes once.
    pub fn relay(tasks: u32, medium: Medium) -> Self {
        Self { wait: Wait::Relay(medium), ..Self::timer(tasks, Duration::ZERO) }
    }

    /// The same with this state.
    #[must_use]
    pub fn with_state(self, state: StateSize) -> Self {
        Self { state, ..self }
    }

    /// The same with so many bytes of stack used before the wait.
    ///
    /// # Panics
    /// If that is more than [`Workload::MOST_DEPTH`].
    #[must_use]
    pub fn with_depth(self, depth: u32) -> Self {
        assert!(depth <= Self::MOST_DEPTH, "{depth} bytes of stack");
        Self { depth, ..self }
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
            Wait::Relay(_) => {}
        }
        self
    }

    /// The same with tasks that start like this.
    #[must_use]
    pub fn with_arrival(self, arrival: Arrival) -> Self {
        Self { arrival, ..self }
    }

    /// The same with one deadline for all tasks.
    ///
    /// # Panics
    /// If the tasks wait for answers, whose time is the server's to choose, or if their waits are
    /// spread.
    #[must_use]
    pub fn with_synchronized_wakeup(self) -> Self {
        assert!(self.is_timer(), "only timers can all be due at once");
        assert!(self.spread().is_zero(), "waits of several lengths have no common deadline");
        Self { synchronized_wakeup: true, ..self }
    }

    /// The same with each task under a timeout. So many of 1,000 timeouts are cancelled.
    #[must_use]
    pub fn with_timeouts(self, cancelled: u16) -> Self {
        Self { timeouts: Some(cancelled), ending: Ending::Cancelled, ..self }
    }

    /// The same with every second task ending like this.
    #[must_use]
    pub fn with_ending(self, ending: Ending) -> Self {
        Self { ending, ..self }
    }

    /// Whether the task with this index ends otherwise than by returning its sum.
    #[inline]
    pub fn ends_otherwise(&self, index: u32) -> bool {
        match self.timeouts {
            None => self.ending != Ending::Returns && index % 2 == 1,
            Some(cancelled) => {
                let late = 1_000_u64.saturating_sub(cancelled.into());
                u64::from(index) * late % 1_000 < late
            }
        }
    }

    /// The checksum of a whole wave: of every task that returns its sum.
    pub fn expected_checksum(&self) -> u64 {
        checksum_of_tasks((0..self.tasks).filter(|index| !self.ends_otherwise(*index)))
    }

    /// The same with waits of this length. A spread stays as it is, and a relay as fast as it can be.
    #[must_use]
    pub fn with_duration(mut self, duration: Duration) -> Self {
        match &mut self.wait {
            Wait::Timer { duration: old, .. } | Wait::Http(Http { delay: old, .. }) => {
                *old = duration;
            }
            Wait::Relay(_) => {}
        }
        self
    }

    /// How long each wait lasts, without the spread.
    #[inline]
    pub fn duration(&self) -> Duration {
        match self.wait {
            Wait::Timer { duration, .. } | Wait::Http(Http { delay: duration, .. }) => duration,
            Wait::Relay(_) => Duration::ZERO,
        }
    }

    /// By how much the first task's wait is longer than the last one's.
    #[inline]
    pub fn spread(&self) -> Duration {
        match self.wait {
            Wait::Timer { spread, .. } | Wait::Http(Http { spread, .. }) => spread,
            Wait::Relay(_) => Duration::ZERO,
        }
    }

    /// How long each wait of the task with this index lasts.
    #[inline]
    pub fn duration_of(&self, index: u32) -> Duration {
        if self.spread().is_zero() { self.duration() } else { self.duration_in_spread(index) }
    }

    /// Apart, so that a task of a wave without a spread does not carry it along.
    #[inline(never)]
    fn duration_in_spread(&self, index: u32) -> Duration {
        if self.tasks < 2 {
            return self.duration();
        }
        let last = self.tasks - 1;
        let step = match (self.rising, index) {
            (true, 0) => last,
            (true, index) => (index - 1).min(last),
            (false, index) => last.saturating_sub(index),
        };
        let share = f64::from(step) / f64::from(last);
        self.duration() + self.spread().mul_f64(share)
    }

    /// How long after the wave began its last task is to start.
    pub fn last_start(&self) -> Duration {
        self.tasks.checked_sub(1).map_or(Duration::ZERO, |last| self.arrival.start_of(last))
    }

    /// Whether its tasks ask a server that has a rate limit.
    pub fn is_transfer(&self) -> bool {
        self.asks().is_some_and(|http| http.rate_limit.is_some())
    }

    /// What the tasks ask a server for, if they do.
    #[inline]
    pub fn asks(&self) -> Option<&Http> {
        match &self.wait {
            Wait::Http(http) => Some(http),
            Wait::Timer { .. } | Wait::Relay(_) => None,
        }
    }

    /// Whether the tasks wait for timers.
    pub fn is_timer(&self) -> bool {
        matches!(self.wait, Wait::Timer { .. })
    }

    /// Whether a token goes from task to task.
    pub fn is_relay(&self) -> bool {
        matches!(self.wait, Wait::Relay(_))
    }

    /// The longest that this can take a contestant that does it without delay: as [`floor`], with
    /// the longest of the waits.
    ///
    /// [`floor`]: Self::floor
    pub fn longest(&self, ceiling: u64) -> Duration {
        let is_late = self.timeouts.is_some() && self.ends_otherwise(0);
        let times = if is_late { Self::TIMEOUT } else { 1 };
        self.with_duration(self.duration_of(0).saturating_mul(times)).floor(ceiling)
    }

    /// The least time in which anybody can do this with at most `ceiling` tasks in flight:
    /// tasks ÷ ceiling × waits × duration, in whole rounds; or until the last task has started and
    /// waited; or what all bodies together take at the server's rate limit, whichever is longest.
    pub fn floor(&self, ceiling: u64) -> Duration {
        let waits = u64::from(self.waits_per_task.get());
        let in_rounds = |rounds: u64| {
            let waits = u32::try_from(rounds.saturating_mul(waits)).unwrap_or(u32::MAX);
            self.duration().saturating_mul(waits)
        };
        // Tasks with one deadline end together, however many wait at a time and whenever each started.
        let waiting = if self.synchronized_wakeup {
            in_rounds(u64::from(self.tasks).min(1)).max(self.last_start())
        } else {
            let rounds = u64::from(self.tasks).div_ceil(ceiling.max(1));
            in_rounds(rounds).max(self.last_start().saturating_add(in_rounds(rounds.min(1))))
        };
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

/// How a task ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ending {
    /// It returns its sum.
    #[default]
    Returns,
    /// It panics after its first wait.
    Panics,
    /// It is cancelled while it waits: what would go on with it is dropped.
    Cancelled,
    /// Its answer does not come in time.
    TimesOut,
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
        /// By how much the first task's wait is longer than the last one's. Zero lets tasks end together; a
        /// positive spread makes tasks end in the reverse of the order they started in.
        spread: Duration,
    },
    /// An answer from a server.
    Http(Http),
    /// A token, from the task before it in a ring.
    Relay(Medium),
}

/// What a token goes through from one task to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Medium {
    /// The channel that the model or the runtime has for that.
    Channel,
    /// A pipe of the operating system.
    Pipe,
}

/// When the tasks start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Arrival {
    /// All at once, as fast as the model can start them.
    #[default]
    Burst,
    /// One after another at this rate, whatever has become of those before: task i is to start
    /// i ÷ rate after the wave began. What a task is late counts from when it was *to* start, so a
    /// model that cannot keep up shows its queue instead of hiding it.
    Rate {
        /// How many tasks a second.
        per_second: NonZeroU32,
    },
}

impl Arrival {
    /// How long after the wave began the task with this index is to start.
    #[inline]
    pub fn start_of(self, index: u32) -> Duration {
        const NANOS_PER_SECOND: u64 = 1_000_000_000;

        match self {
            Self::Burst => Duration::ZERO,
            // Less than 2³² times less than 2³⁰: it fits.
            Self::Rate { per_second } => Duration::from_nanos(
                u64::from(index) * NANOS_PER_SECOND / u64::from(per_second.get()),
            ),
        }
    }
}

/// As the record and the command line have it: `burst`, `rate:5000/s`.
impl fmt::Display for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Burst => f.pad("burst"),
            Self::Rate { per_second } => f.pad(&format!("rate:{per_second}/s")),
        }
    }
}

/// As the record and the command line have it.
impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Returns => "returns",
            Self::Panics => "panics",
            Self::Cancelled => "cancelled",
            Self::TimesOut => "times-out",
        })
    }
}

impl FromStr for Ending {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Returns, Self::Panics, Self::Cancelled, Self::TimesOut];
        let found = all.into_iter().find(|ending| ending.to_string() == text);
        found.ok_or_else(|| {
            format!("`{text}` is no way to end: give returns, panics, cancelled or times-out")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_synchronized_wakeup_waits_alike() {
        let synchronized = Workload::timer(3, 5 * MS);
        assert!((0..3).all(|index| synchronized.duration_of(index) == 5 * MS));
    }

    #[test]
    fn a_spread_makes_the_first_task_the_slowest() {
        let spread = Workload::timer(3, 5 * MS).with_spread(10 * MS);
        let durations: Vec<_> = (0..3).map(|index| spread.duration_of(index)).collect();
        assert_eq!(durations, [15 * MS, 10 * MS, 5 * MS]);
        assert_eq!(Workload::timer(1, 5 * MS).with_spread(10 * MS).duration_of(0), 5 * MS);
        let rising = Workload { rising: true, ..spread };
        let durations: Vec<_> = (0..3).map(|index| rising.duration_of(index)).collect();
        assert_eq!(durations, [15 * MS, 5 * MS, 10 * MS]);
    }

    #[test]
    fn a_part_of_the_timeouts_comes_spread_over_the_tasks() {
        let of = |tasks, cancelled| Workload::timer(tasks, MS).with_timeouts(cancelled);
        let late = |tasks, cancelled| {
            (0..tasks).filter(|index| of(tasks, cancelled).ends_otherwise(*index)).count()
        };
        let counts = [0, 500, 990, 999, 1_000].map(|cancelled| late(10_000, cancelled));
        assert_eq!(counts, [10_000, 5_000, 100, 10, 0]);
        assert_eq!((late(100, 990), late(1, 990)), (1, 1));
        assert_eq!([990, 1_000].map(|cancelled| of(300, cancelled).longest(300)), [50 * MS, MS]);
        assert_eq!(of(300, 990).floor(300), MS);
    }

    #[test]
    fn every_second_task_ends_otherwise_and_is_in_no_checksum() {
        let workload = Workload::timer(4, MS).with_ending(Ending::Panics);
        assert_eq!(
            [0, 1, 2, 3].map(|index| workload.ends_otherwise(index)),
            [false, true, false, true]
        );
        assert_eq!(workload.expected_checksum(), checksum_of_tasks([0, 2].into_iter()));
        let all = workload.with_ending(Ending::Returns);
        assert_eq!(all.expected_checksum(), checksum_of_tasks(0..4));
        let endings = [Ending::Returns, Ending::Panics, Ending::Cancelled, Ending::TimesOut];
        assert_eq!(endings.map(|ending| ending.to_string().parse()), endings.map(Ok));
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

    fn rate(per_second: u32) -> Arrival {
        Arrival::Rate { per_second: NonZeroU32::new(per_second).unwrap() }
    }

    #[test]
    fn tasks_of_a_rate_start_in_equal_steps_however_fast_or_many_they_are() {
        assert_eq!(rate(4).start_of(0), Duration::ZERO);
        assert_eq!(rate(4).start_of(6), 1500 * MS);
        assert_eq!(rate(u32::MAX).start_of(u32::MAX), Duration::from_secs(1));
        assert_eq!(rate(1).start_of(u32::MAX), Duration::from_secs(u32::MAX.into()));
        assert_eq!(Arrival::Burst.start_of(u32::MAX), Duration::ZERO);
        assert_eq!(Workload::timer(5, MS).with_arrival(rate(4)).last_start(), 1000 * MS);
        assert_eq!(Workload::timer(0, MS).with_arrival(rate(4)).last_start(), Duration::ZERO);
    }

    #[test]
    fn arrivals_print_as_the_record_has_them() {
        assert_eq!(Arrival::Burst.to_string(), "burst");
        assert_eq!(rate(5000).to_string(), "rate:5000/s");
    }

    #[test]
    fn the_last_task_has_to_start_and_to_wait() {
        let paced = Workload::timer(11, 5 * MS).with_arrival(rate(100));
        assert_eq!(paced.floor(u64::MAX), 105 * MS);
        assert_eq!(paced.with_spread(MS).longest(u64::MAX), 106 * MS);
        assert_eq!(paced.with_duration(50 * MS).floor(1), 550 * MS);
        assert_eq!(Workload::timer(0, MS).with_arrival(rate(1)).floor(1), Duration::ZERO);
        assert_eq!(Workload::timer(1, MS).with_arrival(rate(1)).floor(1), MS);
    }

    #[test]
    fn a_synchronized_wakeup_ends_together_whoever_waits_for_it() {
        let synchronized = Workload::timer(100, 5 * MS).with_synchronized_wakeup();
        assert_eq!(synchronized.floor(1), 5 * MS);
    }

    #[test]
    #[should_panic(expected = "common deadline")]
    fn what_is_spread_is_not_synchronized() {
        let _ = Workload::timer(2, MS).with_spread(MS).with_synchronized_wakeup();
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
