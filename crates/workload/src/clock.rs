//! One monotonic clock for a whole process.
//!
//! A task keeps its deadline for as long as it waits, so the deadline's size is part of the bill.
//! [`Instant`] takes 16 bytes; a [`Moment`] takes 8.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Nanoseconds on the process's monotonic clock, counted from the first time anybody asked.
///
/// 64 bits of nanoseconds last for 584 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// The present.
    #[inline]
    pub fn now() -> Self {
        Self(saturating_ns(epoch().elapsed()))
    }

    /// The same point in time as an [`Instant`], for the interfaces that take one.
    #[inline]
    pub fn instant(self) -> Instant {
        epoch() + Duration::from_nanos(self.0)
    }

    /// How long it is from `earlier` until this moment; zero if `earlier` is later.
    #[inline]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.ns_since(earlier))
    }

    /// The same in nanoseconds, where no [`Duration`] is needed.
    #[inline]
    pub(crate) fn ns_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    pub(crate) fn to_ns(self) -> u64 {
        self.0
    }

    pub(crate) fn from_ns(ns: u64) -> Self {
        Self(ns)
    }
}

impl From<Instant> for Moment {
    /// The same point in time; the beginning of the clock for what was before it.
    fn from(instant: Instant) -> Self {
        Self(saturating_ns(instant.saturating_duration_since(epoch())))
    }
}

impl std::ops::Add<Duration> for Moment {
    type Output = Self;

    /// The moment `duration` later; saturates at the end of the clock.
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(saturating_ns(duration)))
    }
}

impl std::ops::Sub<Duration> for Moment {
    type Output = Self;

    /// The moment `duration` earlier; saturates at the beginning of the clock.
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(saturating_ns(duration)))
    }
}

fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(Instant::now)
}

fn saturating_ns(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_and_its_instant_are_the_same_point() {
        let before = Instant::now();
        let moment = Moment::now();
        let after = Instant::now();
        // A moment counts whole nanoseconds from the epoch, so it may lie below by less than one.
        assert!(moment.instant() + Duration::from_nanos(1) >= before);
        assert!(moment.instant() <= after);
    }

    #[test]
    fn a_moment_comes_back_from_its_instant_as_it_was() {
        let moment = Moment::now() + Duration::from_nanos(7);
        assert_eq!(Moment::from(moment.instant()), moment);
    }

    #[test]
    fn differences_do_not_go_below_zero() {
        let now = Moment::now();
        let later = now + Duration::from_millis(3);
        assert_eq!(later.since(now), Duration::from_millis(3));
        assert_eq!(now.since(later), Duration::ZERO);
    }

    #[test]
    fn the_far_future_saturates() {
        assert_eq!(Moment::now() + Duration::MAX, Moment(u64::MAX));
    }

    #[test]
    fn going_back_ends_at_the_beginning() {
        let now = Moment::now();
        assert_eq!(now + Duration::from_millis(3) - Duration::from_millis(3), now);
        assert_eq!(now - Duration::MAX, Moment(0));
    }
}
