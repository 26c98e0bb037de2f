//! The task that waits for a timer, as a chain of callbacks: each wait is handed the rest of the
//! task.
//!
//! What a subroutine keeps in its variables, a callback carries by hand: the handle and the state
//! move from one callback into the next.

use workload::{State, TaskHandle};

use crate::event_loop::EventLoop;

/// Adds two numbers after waiting. Returns at once; the rest happens in callbacks.
pub fn add<const N: usize>(event_loop: &mut EventLoop, mut handle: TaskHandle) {
    handle.sign_in();
    let mut state = State::<N>::empty();
    state.fill(handle.task());
    wait_or_end(event_loop, handle, state);
}

fn wait_or_end<const N: usize>(
    event_loop: &mut EventLoop,
    mut handle: TaskHandle,
    state: State<N>,
) {
    match handle.next_wait() {
        Some(deadline) => event_loop.at(
            deadline,
            Box::new(move |event_loop, deadline| {
                handle.woke(deadline, &state);
                wait_or_end(event_loop, handle, state);
            }),
        ),
        None => {
            let sum = handle.task().sum();
            handle.sign_out(sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use workload::{Ledger, Workload};

    use super::*;

    /// What the task holds while it waits: its handle and its state. The loop has the deadline.
    #[test]
    fn a_waiting_task_holds_nothing_twice() {
        fn held<const N: usize>() -> usize {
            let ledger = Ledger::open(Workload::timer(1, Duration::ZERO));
            let mut event_loop = EventLoop::new().unwrap();
            add::<N>(&mut event_loop, ledger.handle(0));
            event_loop.sleeping_bytes().unwrap()
        }
        assert_eq!(held::<0>(), size_of::<TaskHandle>());
        assert_eq!(held::<64>(), size_of::<TaskHandle>() + 64);
        assert_eq!(held::<8192>(), size_of::<TaskHandle>() + 8192);
    }
}
