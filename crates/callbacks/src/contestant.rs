//! `callbacks/event-loop`: all tasks on one loop, on one thread.

use std::cell::Cell;
use std::rc::Rc;

use workload::{
    Ceiling, Contestant, ContestantId, Instance, Ledger, Moment, Refusal, Settings, Start, Starts,
    State, TaskHandle, Wait, WithState,
};

use crate::event_loop::EventLoop;
use crate::http::fetch;
use crate::timer::add;

/// The contestant `callbacks/event-loop`.
#[derive(Clone, Copy, Debug)]
pub struct OneLoop;

impl Contestant for OneLoop {
    fn id(&self) -> ContestantId {
        ContestantId::new("callbacks/event-loop")
    }

    fn summary(&self) -> &'static str {
        "boxed callbacks on a single-threaded event loop over `polling`"
    }

    fn ceiling(&self, _: &Settings) -> Ceiling {
        Ceiling::Unbounded
    }

    fn can_cancel(&self) -> bool {
        true
    }

    fn is_on_one_thread(&self) -> bool {
        true
    }

    fn is_floor(&self) -> bool {
        true
    }

    fn timer(&self) -> Option<&'static str> {
        Some(
            "a heap, 1 ns; sleeps in the crate polling, which has the kernel time it with a timerfd",
        )
    }

    fn start(&self, _: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        let event_loop =
            EventLoop::new().map_err(|source| Refusal::Start { what: "an event loop", source })?;
        Ok(Box::new(event_loop))
    }
}

impl Instance for EventLoop {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        ledger.workload().state.with(StartAll { event_loop: self, ledger });
        EventLoop::run(self).map_err(|source| Refusal::Wait { what: "the event loop", source })
    }
}

struct StartAll<'a> {
    event_loop: &'a mut EventLoop,
    ledger: &'static Ledger,
}

impl WithState for StartAll<'_> {
    type Output = ();

    fn with<const N: usize>(self) {
        start_due::<N>(self.event_loop, self.ledger.starts(), self.ledger.workload().wait);
    }
}

/// Starts the tasks that are due, and has itself called when the next one is.
fn start_due<const N: usize>(event_loop: &mut EventLoop, mut starts: Starts, wait: Wait) {
    while let Some(start) = starts.next() {
        match (start, wait) {
            (Start::At(moment), _) => {
                let later =
                    move |event_loop: &mut EventLoop, _| start_due::<N>(event_loop, starts, wait);
                return event_loop.at(moment, Box::new(later));
            }
            (Start::Now(handle), Wait::Timer { .. }) => match handle.cancelled_after() {
                Some(after) => add_until(event_loop, handle, Moment::now() + after),
                None => {
                    let (ledger, index) = (handle.ledger(), handle.index());
                    add::<N>(event_loop, handle);
                    ledger.returned(index);
                }
            },
            // A request that is answered or refused at once goes through its task from here.
            (Start::Now(handle), Wait::Http(_)) => {
                event_loop.call(|event_loop| fetch::<N>(event_loop, handle));
            }
        }
    }
}

/// Adds two numbers after waiting, unless `by` comes first: what would go on with the task is dropped
/// then, and the timer finds nothing.
fn add_until(event_loop: &mut EventLoop, mut handle: TaskHandle, by: Moment) {
    handle.sign_in();
    let Some(deadline) = handle.next_wait() else { return };
    let rest = Rc::new(Cell::new(Some(handle)));
    let kept = rest.clone();
    event_loop.at(by, Box::new(move |_, _| drop(kept.take())));
    let go_on = move |_: &mut EventLoop, deadline| {
        if let Some(handle) = rest.take() {
            handle.woke(deadline, &State::<0>::empty());
            let sum = handle.task().sum();
            handle.sign_out(sum);
        }
    };
    event_loop.at(deadline, Box::new(go_on));
}
