//! A contestant out of any runtime.

use std::marker::PhantomData;

use workload::{About, Contestant, Instance, Ledger, Refusal, Settings, Wait, WithState, Workload};

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
    fn about(&self) -> About {
        R::ABOUT
    }

    fn unsupported(&self, workload: &Workload) -> Option<&'static str> {
        unsupported::<R>(self.has_sockets, workload)
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
