//! An operation beside an alarm that goes off when it has taken too long.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use workload::Moment;

use crate::runtime::Sockets;

/// Does the operation, which fails with [`ErrorKind::TimedOut`] if it is not done at `by`.
///
/// The alarm is set when the operation has to wait, and not before: most writes and many reads are
/// done the first time they are polled.
pub(crate) fn in_time<R: Sockets, T>(
    by: Moment,
    operation: impl Future<Output = io::Result<T>>,
) -> impl Future<Output = io::Result<T>> {
    InTime { operation, alarm: Alarm::Unset { by }, set_alarm: R::alarm }
}

pin_project! {
    /// Written out, because an `async` block would hold a pinned reference to each of its parts
    /// beside the part itself.
    struct InTime<O, A, S> {
        #[pin]
        operation: O,
        #[pin]
        alarm: Alarm<A>,
        set_alarm: S,
    }
}

pin_project! {
    /// When it goes off, which is in the alarm once that is set.
    #[project = AlarmProjection]
    enum Alarm<A> {
        Unset { by: Moment },
        Set { #[pin] alarm: A },
    }
}

impl<T, O, A, S> Future for InTime<O, A, S>
where
    O: Future<Output = io::Result<T>>,
    A: Future,
    S: Fn(Moment) -> A,
{
    type Output = io::Result<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let mut this = self.project();
        if let Poll::Ready(done) = this.operation.poll(context) {
            return Poll::Ready(done);
        }
        loop {
            match this.alarm.as_mut().project() {
                AlarmProjection::Unset { by } => {
                    let alarm = (this.set_alarm)(*by);
                    this.alarm.set(Alarm::Set { alarm });
                }
                AlarmProjection::Set { alarm } => {
                    return alarm.poll(context).map(|_| Err(ErrorKind::TimedOut.into()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::{pending, poll_fn, ready};
    use std::time::Duration;

    use super::*;
    use crate::bare::{Bare, block_on};

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn what_is_done_at_once_is_done_even_after_its_time() {
        let done = block_on(in_time::<Bare, _>(Moment::now(), ready(Ok(3))));
        assert_eq!(done.unwrap(), 3);
    }

    #[test]
    fn what_takes_too_long_is_timed_out_and_not_before() {
        let by = Moment::now() + 5 * MS;
        let done = block_on(in_time::<Bare, ()>(by, pending()));
        assert_eq!(done.unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(Moment::now() >= by);
    }

    #[test]
    fn what_is_done_later_is_done() {
        let polls = Cell::new(0);
        let operation = poll_fn(|context| {
            polls.set(polls.get() + 1);
            context.waker().wake_by_ref();
            if polls.get() == 3 { Poll::Ready(Ok(())) } else { Poll::Pending }
        });
        block_on(in_time::<Bare, _>(Moment::now() + 1000 * MS, operation)).unwrap();
        assert_eq!(polls.get(), 3);
    }
}
