//! The task that waits for a timer, as a coroutine: it stops in each wait, remembers where and with
//! what, and goes on from there.

use std::future::Future;

use workload::{State, TaskHandle};

use crate::runtime::Runtime;

/// Adds two numbers after waiting. Does nothing until it is polled.
///
/// It is an `async` block in a function and not an `async fn`: the block works on its captured
/// handle in place, where a function would keep its argument twice, once as it was passed and once
/// as it is used (rust-lang/rust#62958).
#[allow(clippy::manual_async_fn, reason = "the frame is smaller this way; see above")]
pub fn add<R: Runtime, const N: usize>(mut handle: TaskHandle) -> impl Future<Output = ()> {
    async move {
        handle.sign_in();
        let mut state = State::<N>::empty();
        state.fill(handle.task());
        while let Some(deadline) = handle.next_wait() {
            let deadline = R::sleep_until(deadline).await;
            handle.woke(deadline, &state);
        }
        let sum = handle.task().sum();
        handle.sign_out(sum);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use workload::{Ledger, Workload};

    use super::*;
    use crate::bare::{Bare, Sleep};

    /// What the task holds beside the runtime's timer: its handle and where it is. The timer has
    /// the deadline.
    #[test]
    fn the_frame_holds_nothing_twice() {
        fn frame<const N: usize>() -> usize {
            let ledger = Ledger::open(Workload::timer(1, Duration::ZERO));
            size_of_val(&add::<Bare, N>(ledger.handle(0))) - size_of::<Sleep>()
        }
        assert_eq!(frame::<0>(), size_of::<TaskHandle>() + 2);
        assert_eq!(frame::<64>(), size_of::<TaskHandle>() + 2 + 64);
        assert_eq!(frame::<8192>(), size_of::<TaskHandle>() + 2 + 8192);
    }
}
