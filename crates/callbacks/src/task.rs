//! The task as a chain of callbacks: each wait is handed the rest of the task.
//!
//! What a subroutine keeps in its variables, a callback carries by hand: the visit and the state
//! move from one callback into the next.

use workload::{State, Visit};

use crate::event_loop::EventLoop;

/// Adds two numbers after waiting. Returns at once; the rest happens in callbacks.
pub fn add<const N: usize>(event_loop: &mut EventLoop, mut visit: Visit) {
    visit.sign_in();
    let mut state = State::<N>::empty();
    state.fill(visit.task());
    wait_or_end(event_loop, visit, state);
}

fn wait_or_end<const N: usize>(event_loop: &mut EventLoop, mut visit: Visit, state: State<N>) {
    match visit.next_wait() {
        Some(deadline) => event_loop.at(
            deadline,
            Box::new(move |event_loop| {
                visit.woke(deadline, &state);
                wait_or_end(event_loop, visit, state);
            }),
        ),
        None => {
            let sum = visit.task().sum();
            visit.sign_out(sum);
        }
    }
}
