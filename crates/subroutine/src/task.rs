//! The task as a subroutine: it starts at its first line, blocks its thread in each wait, and is
//! gone when it returns.

use std::thread;
use std::time::Duration;

use workload::{Moment, State, Visit};

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
