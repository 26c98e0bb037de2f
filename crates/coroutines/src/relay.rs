//! The task that waits for a token, as a coroutine: it stops until the token comes, and goes on from there.

use workload::{State, TaskHandle};

/// Takes the token with `take` as often as it comes, and passes it on with `send`. Does nothing until it is
/// polled.
pub async fn pass<const N: usize>(
    mut handle: TaskHandle,
    mut take: impl AsyncFnMut() -> Option<u64>,
    send: impl Fn(u64),
) {
    handle.sign_in();
    let mut state = State::<N>::empty();
    state.fill(handle.task());
    while handle.next_turn() {
        let Some(token) = take().await else { return };
        send(handle.took(token, &state));
    }
    let sum = handle.task().sum();
    handle.sign_out(sum);
}
