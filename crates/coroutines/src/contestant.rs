//! A contestant out of any runtime.

use std::marker::PhantomData;

use workload::{
    Ceiling, Contestant, ContestantId, Instance, Ledger, Refusal, Settings, Wait, WithState,
    Workload,
};

use crate::runtime::{Runtime, Sockets};

/// The contestant that runs the task on `R`.
#[derive(Debug)]
pub struct On<R> {
    has_sockets: bool,
    runtime: PhantomData<fn() -> R>,
}

impl<R: Runtime> On<R> {
    /// The contestant in a box, which runs timers only.
    pub fn timers_only() -> Box<dyn Contestant> {
        Box::new(Self { has_sockets: false, runtime: PhantomData })
    }

    /// The contestant in a box.
    pub fn boxed() -> Box<dyn Contestant>
    where
        R: Sockets,
    {
        Box::new(Self { has_sockets: true, runtime: PhantomData })
    }
}

impl<R: Runtime> Contestant for On<R> {
    fn id(&self) -> ContestantId {
        R::ID
    }

    fn summary(&self) -> &'static str {
        R::SUMMARY
    }

    fn ceiling(&self, _: &Settings) -> Ceiling {
        Ceiling::Unbounded
    }

    fn stays_in_process(&self) -> bool {
        R::STAYS_IN_PROCESS
    }

    fn unsupported(&self, workload: &Workload) -> Option<&'static str> {
        unsupported::<R>(self.has_sockets, workload)
    }

    fn can_cancel(&self) -> bool {
        R::CAN_CANCEL
    }

    fn timer(&self) -> Option<&'static str> {
        Some(R::TIMER)
    }

    fn is_on_one_thread(&self) -> bool {
        R::ONE_THREAD
    }

    fn is_as_written(&self) -> bool {
        R::AS_WRITTEN
    }

    fn is_floor(&self) -> bool {
        R::FLOOR
    }

    fn most_tasks(&self) -> Option<u32> {
        R::MOST_TASKS
    }

    fn caution(&self) -> Option<&'static str> {
        R::CAUTION
    }

    fn start(&self, _: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        let runtime = R::new().map_err(|source| Refusal::Start { what: "the runtime", source })?;
        Ok(Box::new(Started { runtime, has_sockets: self.has_sockets }))
    }
}

/// What the runtime runs, if not this.
fn unsupported<R: Runtime>(has_sockets: bool, workload: &Workload) -> Option<&'static str> {
    match workload.wait {
        Wait::Http(_) if !has_sockets => Some("timers"),
        Wait::Relay(medium) if !R::MEDIA.contains(&medium) => {
            Some("what it has sockets or channels for")
        }
        _ => None,
    }
}

struct Started<R> {
    runtime: R,
    has_sockets: bool,
}

impl<R: Runtime> Instance for Started<R> {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        if let Some(only) = unsupported::<R>(self.has_sockets, ledger.workload()) {
            return Err(Refusal::Unsupported { only });
        }
        ledger.workload().state.with(RunAll { runtime: &mut self.runtime, ledger });
        Ok(())
    }
}

struct RunAll<'a, R> {
    runtime: &'a mut R,
    ledger: &'static Ledger,
}

impl<R: Runtime> WithState for RunAll<'_, R> {
    type Output = ();

    fn with<const N: usize>(self) {
        self.runtime.run_all::<N>(self.ledger);
    }
}
