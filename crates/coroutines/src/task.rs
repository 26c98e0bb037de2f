//! The task as a coroutine: it stops in each wait, remembers where and with what, and goes on from
//! there.

use std::future::Future;

use workload::{State, Visit};

use crate::runtime::Runtime;

/// Adds two numbers after waiting. Does nothing until it is polled.
///
/// It is an `async` block in a function and not an `async fn`: the block works on its captured
/// visit in place, where a function would keep its argument twice, once as it was passed and once
/// as it is used (rust-lang/rust#62958).
pub fn add<R: Runtime, const N: usize>(mut visit: Visit) -> impl Future<Output = ()> {
    async move {
        visit.sign_in();
        let mut state = State::<N>::empty();
        state.fill(visit.task());
        while let Some(deadline) = visit.next_wait() {
            R::sleep_until(deadline).await;
            visit.woke(deadline, &state);
        }
        let sum = visit.task().sum();
        visit.sign_out(sum);
    }
}
