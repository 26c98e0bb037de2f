//! The task that waits for a timer, as a subroutine: it starts at its first line, blocks its thread
//! in each wait, and is gone when it returns.

use workload::{State, TaskHandle};

use crate::sleep::sleep_until;

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
