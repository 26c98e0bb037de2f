//! The end of a wave.

use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use super::sync::{AtomicBool, Condvar, Mutex, lock};

/// A future that ends when a wave is over. Made by [`Ledger::over`](super::Ledger::over).
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Over<'a>(pub(super) &'a End);

impl Future for Over<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let end = self.0;
        let mut waker = lock(&end.waker);
        if end.is_over.load(Ordering::SeqCst) {
            return Poll::Ready(());
        }
        match &mut *waker {
            Some(known) => known.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Poll::Pending
    }
}

/// The end of a wave, which one task reaches and one contestant waits for.
#[derive(Debug, Default)]
pub(super) struct End {
    is_over: AtomicBool,
    waker: Mutex<Option<Waker>>,
    reached: Condvar,
}

impl End {
    pub(super) fn reset(&self, is_over: bool) {
        *lock(&self.waker) = None;
        self.is_over.store(is_over, Ordering::SeqCst);
    }

    pub(super) fn is_reached(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    pub(super) fn announce(&self) {
        // Under the lock, so that a contestant about to wait has either seen the flag or is waiting.
        let mut waker = lock(&self.waker);
        self.is_over.store(true, Ordering::SeqCst);
        let woken = waker.take();
        self.reached.notify_all();
        // A waker may poll at once, and that takes the lock.
        drop(waker);
        if let Some(waker) = woken {
            waker.wake();
        }
    }

    pub(super) fn wait(&self) {
        let mut waker = lock(&self.waker);
        while !self.is_over.load(Ordering::SeqCst) {
            waker = self.reached.wait(waker).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
