//! `callbacks/event-loop`: all tasks on one loop, on one thread.

use workload::{
    Ceiling, Contestant, ContestantId, Engine, Ledger, Refusal, Settings, Wait, WithState,
};

use crate::event_loop::EventLoop;
use crate::fetch::fetch;
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
        let Self { event_loop, ledger } = self;
        let visits = (0..ledger.workload().tasks).map(|index| ledger.visit(index));
        match ledger.workload().wait {
            Wait::Timer { .. } => visits.for_each(|visit| add::<N>(event_loop, visit)),
            // A request that is answered or refused at once goes through its task from here.
            Wait::Http(_) => visits.for_each(|visit| {
                event_loop.call(|event_loop| fetch::<N>(event_loop, visit));
            }),
        }
    }
}
