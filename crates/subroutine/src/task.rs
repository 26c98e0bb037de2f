//! The task as a subroutine: it starts at its first line, blocks its thread in each wait, and is
//! gone when it returns.

use std::thread;
use std::time::Duration;

use workload::{Moment, State, Visit, Wait};

use crate::fetch::{Connection, fetch};

/// Does what the workload asks of its tasks: [`add`] or [`fetch`].
///
/// `kept` is the caller's place for a connection that can serve the next task too. A panic leaves
/// it empty.
pub fn run<const N: usize>(visit: Visit, kept: &mut Option<Connection>) {
    match visit.workload().wait {
        Wait::Timer { .. } => add::<N>(visit),
        Wait::Http(_) => fetch::<N>(visit, kept),
    }
}

/// Adds two numbers after waiting. Blocks the calling thread until then.
pub fn add<const N: usize>(mut visit: Visit) {
    visit.sign_in();
    let mut state = State::<N>::empty();
    state.fill(visit.task());
    while let Some(deadline) = visit.next_wait() {
        sleep_until(deadline);
        visit.woke(deadline, &state);
    }
    let sum = visit.task().sum();
    visit.sign_out(sum);
}

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
