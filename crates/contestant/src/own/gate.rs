//! Where a future waits, and what is kept of each task beside its future.
//!
//! What is kept belongs to the thread, and one task of it runs at a time. So a [`Gate`] need not say whose
//! it is, and takes nothing in the future that has it.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BTreeMap, BinaryHeap};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use workload::{Moment, State, TaskHandle};

/// Where a future of one's own waits. It takes no room in a future.
#[derive(Debug)]
pub struct Gate(PhantomData<*const ()>);

impl Gate {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }

    /// A future that waits as the workload has its tasks wait: until a timer has gone off, as often as the
    /// workload says. The task is in flight from its first poll on. Once all waits of the task are over,
    /// this is over at once.
    pub fn wait(&self) -> Wait {
        Wait(PhantomData)
    }
}

/// The future of [`Gate::wait`]. It takes no room in a future.
///
/// # Panics
/// When it is polled outside of the task whose gate made it.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Wait(PhantomData<*const ()>);

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        DESK.with_borrow_mut(|desk| desk.poll_wait(context.waker()))
    }
}

thread_local! {
    static DESK: RefCell<Desk> = RefCell::default();
}

/// What is kept beside the futures.
#[derive(Default)]
struct Desk {
    places: Vec<Place>,
    due: BinaryHeap<Reverse<(Moment, u32)>>,
    /// Which task is being polled.
    polled: Option<u32>,
    /// Tells the executor's waker from others.
    executor: usize,
    /// The wakers of waits that something else than the executor polls, as a join does.
    others: BTreeMap<u32, Waker>,
}

/// What is kept of a task.
struct Place {
    /// `None` when the task is over.
    handle: Option<TaskHandle>,
    stage: Stage,
    /// When the wait that was begun last ends.
    deadline: Moment,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    Waiting,
    Woken,
    Over,
}

impl Desk {
    fn poll_wait(&mut self, waker: &Waker) -> Poll<()> {
        let task = self.polled.expect("a gate is for the task that it was given to");
        let place = &mut self.places[task as usize];
        let handle = place.handle.as_mut().expect("what is polled is not over");
        let next = match place.stage {
            Stage::Over => return Poll::Ready(()),
            Stage::Waiting => None,
            Stage::New => {
                handle.sign_in();
                Some(handle.next_wait())
            }
            Stage::Woken => {
                handle.woke(place.deadline, &State::<0>::empty());
                Some(handle.next_wait())
            }
        };
        match next {
            None => {}
            Some(None) => {
                place.stage = Stage::Over;
                return Poll::Ready(());
            }
            Some(Some(deadline)) => {
                (place.stage, place.deadline) = (Stage::Waiting, deadline);
                self.due.push(Reverse((deadline, task)));
            }
        }
        if waker.data().addr() == self.executor {
            self.others.remove(&task);
        } else {
            self.others.insert(task, waker.clone());
        }
        Poll::Pending
    }
}

/// Makes room for the tasks of a wave, whose executor has this waker. The room is given back with the
/// [`Open`].
pub(super) fn open(tasks: usize, executor: &Waker) -> Open {
    DESK.set(Desk {
        places: Vec::with_capacity(tasks),
        due: BinaryHeap::with_capacity(tasks),
        executor: executor.data().addr(),
        ..Desk::default()
    });
    Open
}

/// The room for the tasks of a wave.
pub(super) struct Open;

impl Open {
    /// Takes the next task in.
    pub(super) fn push(&mut self, handle: TaskHandle, begun: Moment) {
        let place = Place { handle: Some(handle), stage: Stage::New, deadline: begun };
        DESK.with_borrow_mut(|desk| desk.places.push(place));
    }

    /// Does the work of polling this task.
    pub(super) fn polling<T>(&mut self, task: u32, poll: impl FnOnce() -> T) -> T {
        DESK.with_borrow_mut(|desk| desk.polled = Some(task));
        let polled = poll();
        DESK.with_borrow_mut(|desk| desk.polled = None);
        polled
    }

    /// Ends a task: with its sum if it came to its end and its waits are over.
    pub(super) fn end(&mut self, task: u32, came_to_its_end: bool) {
        DESK.with_borrow_mut(|desk| {
            let place = &mut desk.places[task as usize];
            let Some(handle) = place.handle.take() else { return };
            if came_to_its_end && place.stage == Stage::Over {
                let sum = handle.task().sum();
                handle.sign_out(sum);
            }
        });
    }

    /// When the next wait ends.
    pub(super) fn next_deadline(&self) -> Option<Moment> {
        DESK.with_borrow(|desk| desk.due.peek().map(|Reverse((deadline, _))| *deadline))
    }

    /// A task whose wait is over at `now`, and what is to be woken for it beside the executor.
    pub(super) fn pop_due(&mut self, now: Moment) -> Option<(u32, Option<Waker>)> {
        DESK.with_borrow_mut(|desk| {
            let first = desk.due.peek_mut().filter(|first| first.0.0 <= now)?;
            let Reverse((_, task)) = PeekMut::pop(first);
            desk.places[task as usize].stage = Stage::Woken;
            Some((task, desk.others.remove(&task)))
        })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let desk = DESK.take();
        // Outside of the cell: a waker may do anything when it is dropped.
        drop(desk);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_takes_nothing_and_what_is_kept_of_a_task_is_small() {
        assert_eq!(size_of::<Gate>() + size_of::<Wait>(), 0);
        assert_eq!(size_of::<Place>() + size_of::<Reverse<(Moment, u32)>>(), 24 + 16);
    }

    #[test]
    #[should_panic(expected = "for the task that it was given to")]
    fn a_gate_is_of_no_use_outside_of_its_task() {
        let _ = std::pin::pin!(Gate::new().wait()).poll(&mut Context::from_waker(Waker::noop()));
    }
}
