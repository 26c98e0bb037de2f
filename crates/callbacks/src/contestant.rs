//! `callbacks/event-loop`: all tasks on one loop, on one thread.

use workload::{Ceiling, Contestant, ContestantId, Engine, Ledger, Refusal, Settings, WithState};

use crate::event_loop::EventLoop;
use crate::task::add;

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

    fn start(&self, _: &Settings) -> Result<Box<dyn Engine>, Refusal> {
        let event_loop =
            EventLoop::new().map_err(|source| Refusal::Start { what: "an event loop", source })?;
        Ok(Box::new(event_loop))
    }
}

impl Engine for EventLoop {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        ledger.workload().state.with(Start { event_loop: self, ledger });
        EventLoop::run(self).map_err(|source| Refusal::Wait { what: "the event loop", source })
    }
}

struct Start<'a> {
    event_loop: &'a mut EventLoop,
    ledger: &'static Ledger,
}

impl WithState for Start<'_> {
    type Output = ();

    fn with<const N: usize>(self) {
        for index in 0..self.ledger.workload().tasks {
            add::<N>(self.event_loop, self.ledger.visit(index));
        }
    }
}
