//! What a token goes through between two tasks of one thread.

use std::cell::Cell;
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// The token, or what waits for it.
#[derive(Default)]
pub(super) struct Place {
    token: Cell<Option<u64>>,
    waiting: Cell<Option<Waker>>,
}

impl Place {
    pub(super) fn put(&self, token: u64) {
        self.token.set(Some(token));
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }

    pub(super) async fn take(&self) -> u64 {
        poll_fn(|context| match self.token.take() {
            Some(token) => Poll::Ready(token),
            None => {
                self.waiting.set(Some(context.waker().clone()));
                Poll::Pending
            }
        })
        .await
    }
}
