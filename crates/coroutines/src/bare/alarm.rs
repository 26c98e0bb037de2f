//! A future that ends at a deadline, and that is mostly dropped before.
//!
//! An alarm bounds the wait for something else: a [`Sleep`](super::Sleep) would leave its entry in
//! the heap until its deadline, long after what it was to bound is over. Like those, alarms belong
//! to the thread, and what polls one there must also wake what is due.

use std::cell::RefCell;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use reactor::{TimeoutId, Timeouts};
use workload::Moment;

use super::waker::wake_all;

/// A future that ends at its deadline, or soon after; 16 bytes. Dropped before, it leaves nothing.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Alarm {
    deadline: Moment,
    /// `None` until the first poll. What has this name is gone once the alarm has gone off.
    id: Option<TimeoutId>,
}

impl Alarm {
    /// An alarm at the deadline.
    pub fn at(deadline: Moment) -> Self {
        Self { deadline, id: None }
    }
}

impl Future for Alarm {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let waker = context.waker().clone();
        let Some(id) = self.id else {
            let deadline = self.deadline;
            self.id = Some(ALARMS.with_borrow_mut(|alarms| alarms.insert(deadline, waker)));
            return Poll::Pending;
        };
        let old = ALARMS
            .with_borrow_mut(|alarms| alarms.get_mut(id).map(|known| mem::replace(known, waker)));
        if old.is_some() { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            // There is no heap left if the thread is ending.
            let _ = ALARMS.try_with(|alarms| alarms.borrow_mut().remove(id));
        }
    }
}

/// Wakes the tasks whose alarms are due on this thread.
pub(super) fn wake_due(now: Moment) {
    let due = || ALARMS.with_borrow_mut(|alarms| alarms.pop_due(now));
    wake_all(std::iter::from_fn(due));
}

/// The earliest deadline of an alarm on this thread.
pub(super) fn next_deadline() -> Option<Moment> {
    ALARMS.with_borrow(Timeouts::next_deadline)
}

thread_local! {
    static ALARMS: RefCell<Timeouts<Waker>> = RefCell::default();
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::super::{A_WHILE, block_on};
    use super::*;

    fn is_any_set() -> bool {
        next_deadline().is_some()
    }

    #[test]
    fn an_alarm_goes_off_at_its_deadline() {
        let deadline = Moment::now() + Duration::from_millis(5);
        block_on(Alarm::at(deadline));
        assert!(Moment::now() >= deadline);
        assert!(!is_any_set());
    }

    #[test]
    fn an_alarm_that_is_dropped_leaves_nothing() {
        block_on(async {
            for _ in 0..100 {
                let mut alarm = Alarm::at(Moment::now() + Duration::from_secs(1000));
                let polled = poll_fn(|context| Poll::Ready(Pin::new(&mut alarm).poll(context)));
                assert!(polled.await.is_pending());
                assert!(is_any_set());
            }
        });
        assert!(!is_any_set());
    }

    #[test]
    fn an_alarm_that_went_off_takes_no_other_with_it() {
        block_on(async {
            let mut first = Alarm::at(Moment::now());
            Pin::new(&mut first).await;
            let mut second = Alarm::at(Moment::now() + A_WHILE);
            let polled = poll_fn(|context| Poll::Ready(Pin::new(&mut second).poll(context)));
            assert!(polled.await.is_pending());
            drop(first);
            assert!(is_any_set());
            second.await;
        });
    }

    #[test]
    fn an_alarm_is_small() {
        assert_eq!(size_of::<Alarm>(), 16);
    }
}
