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
        match workload.wait {
            Wait::Http(_) if !self.has_sockets => Some("timers"),
            Wait::Relay(medium) if !R::MEDIA.contains(&medium) => {
                Some("what it has sockets or channels for")
            }
            _ => None,
        }
    }

    fn start(&self, _: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        let runtime = R::new().map_err(|source| Refusal::Start { what: "the runtime", source })?;
        let contestant = Self { has_sockets: self.has_sockets, runtime: PhantomData };
        Ok(Box::new(Started { contestant, runtime }))
    }
}

struct Started<R> {
    contestant: On<R>,
    runtime: R,
}

impl<R: Runtime> Instance for Started<R> {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        Refusal::unless_supported(self.contestant.unsupported(ledger.workload()))?;
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
