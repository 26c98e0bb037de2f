//! A future that ends at a deadline, and the heap behind it.
//!
//! The heap belongs to the thread. Whoever polls a [`Sleep`] on a thread must also wake what is due
//! there, as [`Executor`](super::Executor) does.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use reactor::Timers;
use workload::Moment;

/// A future that ends at its deadline, in 8 bytes.
///
/// It does not remember whether it is in the heap already, nor for whom: each time it is polled too
/// early it is put there again. Polled for nothing, it costs an entry and another poll for nothing.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Sleep(Moment);

impl Sleep {
    /// Sleeps until the deadline.
    pub fn until(deadline: Moment) -> Self {
        Self(deadline)
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if Moment::now() >= self.0 {
            return Poll::Ready(());
        }
        SLEEPERS.with_borrow_mut(|sleepers| sleepers.insert(self.0, context.waker().clone()));
        Poll::Pending
    }
}

/// Wakes at most `most` sleepers of this thread that are due. Says how many there were.
pub(super) fn wake_due(most: usize) -> usize {
    let now = Moment::now();
    let due = || SLEEPERS.with_borrow_mut(|sleepers| sleepers.pop_due(now));
    std::iter::from_fn(due).take(most).map(Waker::wake).count()
}

/// The earliest deadline on this thread.
pub(super) fn next_deadline() -> Option<Moment> {
    SLEEPERS.with_borrow(Timers::next_deadline)
}

thread_local! {
    static SLEEPERS: RefCell<Timers<Waker>> = RefCell::default();
}
