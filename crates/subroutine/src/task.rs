//! The task as a subroutine: it starts at its first line, blocks its thread in each wait, and is
//! gone when it returns.

use std::thread;
use std::time::Duration;

use workload::{Moment, State, TaskHandle, Wait};

use crate::fetch::{Connection, fetch};

/// Does what the workload asks of its tasks: [`add`] or [`fetch`].
///
/// `kept` is the caller's place for a connection that can serve the next task too. A panic leaves
/// it empty.
pub fn run<const N: usize>(handle: TaskHandle, kept: &mut Option<Connection>) {
    match handle.workload().wait {
        Wait::Timer { .. } => add::<N>(handle),
        Wait::Http(_) => fetch::<N>(handle, kept),
    }
}

/// Adds two numbers after waiting. Blocks the calling thread until then.
pub fn add<const N: usize>(mut handle: TaskHandle) {
    handle.sign_in();
    let mut state = State::<N>::empty();
    state.fill(handle.task());
    while let Some(deadline) = handle.next_wait() {
        sleep_until(deadline);
        handle.woke(deadline, &state);
    }
    let sum = handle.task().sum();
    handle.sign_out(sum);
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
