//! std's sleep, until a deadline.

use std::thread;
use std::time::Duration;

use workload::Moment;

/// What [`sleep_until`] waits on, for tables. std's sleep is clock_nanosleep(2) or nanosleep(2) on
/// Unix, whose timers the kernel rounds up to the clock's resolution (hrtimers) and may delay by the
/// thread's timer slack.
pub const TIMER: &str = "a sleeping thread, 1 ns; the kernel adds the timer slack";

/// Blocks the calling thread until the deadline.
pub fn sleep_until(deadline: Moment) {
    loop {
        let left = deadline.since(Moment::now());
        if left == Duration::ZERO {
            return;
        }
        thread::sleep(left);
    }
}
