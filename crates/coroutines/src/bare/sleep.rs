//! A future that ends at a deadline, and the heap behind it.
//!
//! The heap belongs to the thread. What polls a [`Sleep`] on a thread must also wake what is due
//! there, as [`Executor`](super::Executor) does.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use reactor::Timers;
use workload::Moment;

use super::waker::{TaskId, wake_all};

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
    /// The deadline.
    type Output = Moment;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Moment> {
        let Self(deadline) = *self;
        if Moment::now() >= deadline {
            return Poll::Ready(deadline);
        }
        match TaskId::of(context.waker()) {
            Some(task) => TASKS.with_borrow_mut(|tasks| tasks.insert(deadline, task)),
            None => {
                let waker = context.waker().clone();
                OTHERS.with_borrow_mut(|others| others.insert(deadline, waker));
            }
        }
        Poll::Pending
    }
}

/// Wakes about `most` sleepers of this thread that are due. Says how many there were.
pub(super) fn wake_due(most: usize) -> usize {
    let now = Moment::now();
    let tasks = || TASKS.with_borrow_mut(|tasks| tasks.pop_due(now));
    let others = || OTHERS.with_borrow_mut(|others| others.pop_due(now)).map(|(_, waker)| waker);
    let woken = std::iter::from_fn(tasks).take(most).map(|(_, task)| task.wake()).count();
    woken + wake_all(std::iter::from_fn(others).take(most))
}

/// The earliest deadline on this thread.
pub(super) fn next_deadline() -> Option<Moment> {
    let deadlines =
        [TASKS.with_borrow(Timers::next_deadline), OTHERS.with_borrow(Timers::next_deadline)];
    deadlines.into_iter().flatten().min()
}

thread_local! {
    /// Tasks of our executors, by their number.
    static TASKS: RefCell<Timers<TaskId>> = RefCell::default();
    /// What else polled a [`Sleep`] on this thread.
    static OTHERS: RefCell<Timers<Waker>> = RefCell::default();
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;
    use std::time::Duration;

    use super::super::{A_WHILE, block_on};
    use super::*;

    #[test]
    fn it_yields_its_deadline() {
        let deadline = Moment::now() + Duration::from_millis(2);
        assert_eq!(block_on(Sleep::until(deadline)), deadline);
        assert!(Moment::now() >= deadline);
    }

    /// As a join polls the futures that it joins.
    #[test]
    fn a_waker_that_is_not_ours_is_woken_too() {
        struct Count(AtomicU32, Waker);
        impl Wake for Count {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Ordering::SeqCst);
                self.1.wake_by_ref();
            }
        }

        let deadline = Moment::now() + A_WHILE;
        let mut sleep = Sleep::until(deadline);
        let mut count: Option<Arc<Count>> = None;
        block_on(poll_fn(|context| {
            let waker = context.waker().clone();
            let known = count.get_or_insert_with(|| Arc::new(Count(AtomicU32::new(0), waker)));
            let waker = Waker::from(known.clone());
            Pin::new(&mut sleep).poll(&mut Context::from_waker(&waker))
        }));
        assert_eq!(count.unwrap().0.load(Ordering::SeqCst), 1);
    }
}
