//! The task that waits for a token, as a subroutine: it blocks its thread until the token comes.

use workload::{State, TaskHandle};

/// Takes the token with `take` as often as it comes, and passes it on with `send`. Blocks the calling thread.
pub fn pass<const N: usize>(
    mut handle: TaskHandle,
    mut take: impl FnMut() -> Option<u64>,
    send: impl Fn(u64),
) {
    handle.sign_in();
    let mut state = State::<N>::empty();
    state.fill(handle.task());
    while handle.next_turn() {
        let Some(token) = take() else { return };
        send(handle.took(token, &state));
    }
    let sum = handle.task().sum();
    handle.sign_out(sum);
}
