//! CPU time and context switches of the process that asks.
//!
//! Read with getrusage(2) for `RUSAGE_SELF`: all threads of the process, those that have ended
//! included. Its `ru_maxrss` is left out on purpose: it survives exec, so a child starts with its
//! parent's.

use std::io;
use std::ops::Sub;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// What a process has used since it began, or between two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// User CPU in nanoseconds. The kernel reports whole microseconds.
    pub user_ns: u64,
    /// System CPU in nanoseconds.
    pub system_ns: u64,
    /// Context switches because a thread had to wait.
    pub voluntary_switches: u64,
    /// Context switches because another thread got the core.
    pub involuntary_switches: u64,
}

impl Usage {
    /// What this process has used so far.
    ///
    /// # Errors
    /// If getrusage(2) fails, which it does not for one's own process.
    pub fn now() -> io::Result<Self> {
        let usage = getrusage(UsageWho::RUSAGE_SELF)?;
        Ok(Self {
            user_ns: nanoseconds(usage.user_time()),
            system_ns: nanoseconds(usage.system_time()),
            voluntary_switches: unsigned(usage.voluntary_context_switches()),
            involuntary_switches: unsigned(usage.involuntary_context_switches()),
        })
    }

    /// User and system CPU together, in nanoseconds.
    pub fn cpu_ns(self) -> u64 {
        self.user_ns + self.system_ns
    }
}

impl Sub for Usage {
    type Output = Self;

    /// What was used between `earlier` and this reading; zero where it would be less. The kernel
    /// scales sampled user and system time, so that either may be read as less than before on
    /// systems without exact accounting.
    fn sub(self, earlier: Self) -> Self {
        Self {
            user_ns: self.user_ns.saturating_sub(earlier.user_ns),
            system_ns: self.system_ns.saturating_sub(earlier.system_ns),
            voluntary_switches: self.voluntary_switches.saturating_sub(earlier.voluntary_switches),
            involuntary_switches: self
                .involuntary_switches
                .saturating_sub(earlier.involuntary_switches),
        }
    }
}

fn nanoseconds(time: TimeVal) -> u64 {
    unsigned(time.tv_sec()) * 1_000_000_000 + unsigned(time.tv_usec()) * 1_000
}

/// The kernel's integers are signed, and their width depends on the system.
fn unsigned(value: impl TryInto<u64>) -> u64 {
    value.try_into().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_only_grows() {
        let before = Usage::now().unwrap();
        let started = std::time::Instant::now();
        let mut after = before;
        // It works until that shows; if it never does, the test ends here.
        while after.cpu_ns() == before.cpu_ns() {
            assert!(started.elapsed().as_secs() < 60, "{after:?}");
            std::hint::black_box((0..100_000_u64).fold(0, |sum, i| sum ^ std::hint::black_box(i)));
            after = Usage::now().unwrap();
        }
        assert!(after.user_ns >= before.user_ns && after.system_ns >= before.system_ns);
        assert!(after.voluntary_switches >= before.voluntary_switches);
        assert!(after.involuntary_switches >= before.involuntary_switches);
    }

    #[test]
    fn a_difference_is_taken_in_each_column_and_is_never_negative() {
        let early =
            Usage { user_ns: 5, system_ns: 10, voluntary_switches: 3, involuntary_switches: 1 };
        let late =
            Usage { user_ns: 9, system_ns: 8, voluntary_switches: 7, involuntary_switches: 1 };
        let expected =
            Usage { user_ns: 4, system_ns: 0, voluntary_switches: 4, involuntary_switches: 0 };
        assert_eq!(late - early, expected);
        assert_eq!(expected.cpu_ns(), 4);
    }
}
