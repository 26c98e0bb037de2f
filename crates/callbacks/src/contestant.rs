//! `callbacks/event-loop`: all tasks on one loop, on one thread.

use std::cell::Cell;
use std::io;
use std::rc::Rc;

use workload::{
    About, Contestant, Instance, Ledger, Medium, Moment, Refusal, Settings, Start, Starts, State,
    TaskHandle, Wait, WithState, Workload, relay,
};

use crate::event_loop::EventLoop;
use crate::http::fetch;
use crate::relay::{Link, Place, pass};
use crate::timer::add;

const TIMER: &str =
    "a heap, 1 ns; sleeps in the crate polling, which has the kernel time it with a timerfd";

/// The contestant `callbacks/event-loop`.
#[derive(Clone, Copy, Debug)]
pub struct OneLoop;

impl Contestant for OneLoop {
    fn about(&self) -> About {
        let summary = "boxed callbacks on a single-threaded event loop over `polling`";
        About {
            timer: Some(TIMER),
            can_cancel: true,
            is_on_one_thread: true,
            is_floor: true,
            ..About::new("callbacks/event-loop", summary)
        }
    }

    fn unsupported(&self, _: &Workload) -> Option<&'static str> {
        None
    }

    fn start(&self, _: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        let event_loop =
            EventLoop::new().map_err(|source| Refusal::Start { what: "an event loop", source })?;
        Ok(Box::new(event_loop))
    }
}

impl Instance for EventLoop {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        let started = ledger.workload().state.with(StartAll { event_loop: self, ledger });
        started.map_err(|source| Refusal::Start { what: "a ring of pipes", source })?;
        EventLoop::run(self).map_err(|source| Refusal::Wait { what: "the event loop", source })
    }
}

struct StartAll<'a> {
    event_loop: &'a mut EventLoop,
    ledger: &'static Ledger,
}

impl WithState for StartAll<'_> {
    type Output = io::Result<()>;

    fn with<const N: usize>(self) -> io::Result<()> {
        let Self { event_loop, ledger } = self;
        let mut starts = ledger.starts();
        let place = || {
            let place = Rc::<Place>::default();
            Ok((place.clone(), place))
        };
        let places = relay::ring(Medium::Channel, &mut starts, place, |to, token| {
            to.token.set(Some(token));
        })?;
        for (handle, (from, to)) in places {
            pass::<N>(event_loop, handle, Link::Queued { from, to });
        }
        let pipe = || {
            let (to, from) = relay::pipe()?;
            Ok((to, event_loop.sockets().pipe(from)?))
        };
        for (handle, (from, to)) in relay::ring(Medium::Pipe, &mut starts, pipe, relay::write)? {
            pass::<N>(event_loop, handle, Link::Piped { from, to });
        }
        start_due::<N>(event_loop, starts, ledger.workload().wait);
        Ok(())
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
            (Start::Now(handle), Wait::Timer { .. } | Wait::Relay(_)) => {
                match handle.cancelled_after() {
                    Some(after) => add_until(event_loop, handle, Moment::now() + after),
                    None => {
                        let (ledger, index) = (handle.ledger(), handle.index());
                        add::<N>(event_loop, handle);
                        ledger.returned(index);
                    }
                }
            }
            // A request that is answered or refused at once goes through its task from here.
            (Start::Now(handle), Wait::Http(_)) => {
                event_loop.call(|event_loop| fetch::<N>(event_loop, handle));
            }
        }
    }
}

/// Adds two numbers after waiting, unless `by` comes first: what would go on with the task is dropped then.
fn add_until(event_loop: &mut EventLoop, mut handle: TaskHandle, by: Moment) {
    handle.sign_in();
    let Some(deadline) = handle.next_wait() else { return };
    let rest = Rc::new(Cell::new(Some(handle)));
    let kept = rest.clone();
    let alarm = event_loop.alarm(by, Box::new(move |_, _| drop(kept.take())));
    let go_on = move |event_loop: &mut EventLoop, deadline| {
        event_loop.cancel(alarm);
        if let Some(handle) = rest.take() {
            handle.woke(deadline, &State::<0>::empty());
            let sum = handle.task().sum();
            handle.sign_out(sum);
        }
    };
    // What takes longer than it may never calls back.
    if deadline < by {
        event_loop.at(deadline, Box::new(go_on));
    }
}
