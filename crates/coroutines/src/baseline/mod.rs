//! The same task written straight on each runtime, to weigh our scaffolding.
//!
//! No [`Runtime`](crate::Runtime), no visit, no state, no loop over waits: each file is what one
//! would write who knows only that runtime and the ledger's three calls. What `coroutines/tokio`
//! costs more than `baseline/tokio` is ours, not tokio's.
//!
//! Baselines are rows of the benchmark and no contestants: they run one kind of workload only.

#[cfg(feature = "async-std")]
mod async_std;
mod bare;
#[cfg(feature = "smol")]
mod smol;
#[cfg(feature = "tokio")]
mod tokio;

use std::io;
use std::num::NonZeroU16;

use workload::{
    Ceiling, Contestant, ContestantId, Engine, Ledger, Refusal, Settings, StateSize, Workload,
};

/// All baselines whose features are on.
pub fn baselines() -> Vec<Box<dyn Contestant>> {
    let baselines = [
        #[cfg(feature = "tokio")]
        tokio::MULTI_THREAD,
        #[cfg(feature = "tokio")]
        tokio::CURRENT_THREAD,
        #[cfg(feature = "async-std")]
        async_std::ASYNC_STD,
        #[cfg(feature = "smol")]
        smol::GLOBAL,
        #[cfg(feature = "smol")]
        smol::LOCAL,
        bare::BARE,
    ];
    baselines.map(|baseline| Box::new(baseline) as Box<dyn Contestant>).into()
}

/// Starts a runtime and returns what runs all tasks of a ledger on it.
type Start = fn() -> io::Result<Box<dyn FnMut(&'static Ledger)>>;

#[derive(Debug)]
struct Straight {
    id: ContestantId,
    summary: &'static str,
    stays_in_process: bool,
    start: Start,
}

impl Contestant for Straight {
    fn id(&self) -> ContestantId {
        self.id
    }

    fn summary(&self) -> &'static str {
        self.summary
    }

    fn ceiling(&self, _: &Settings) -> Ceiling {
        Ceiling::Unbounded
    }

    fn stays_in_process(&self) -> bool {
        self.stays_in_process
    }

    fn unsupported(&self, workload: &Workload) -> Option<&'static str> {
        unsupported(workload)
    }

    fn start(&self, _: &Settings) -> Result<Box<dyn Engine>, Refusal> {
        let run =
            (self.start)().map_err(|source| Refusal::Start { what: "the runtime", source })?;
        Ok(Box::new(Started(run)))
    }
}

struct Started(Box<dyn FnMut(&'static Ledger)>);

impl Engine for Started {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        if let Some(only) = unsupported(ledger.workload()) {
            return Err(Refusal::Unsupported { only });
        }
        (self.0)(ledger);
        Ok(())
    }
}

/// The task is written out without a loop and without state, so it does nothing else.
fn unsupported(workload: &Workload) -> Option<&'static str> {
    let is_plain = workload.state == StateSize::None
        && workload.waits_per_task == NonZeroU16::MIN
        && workload.panicking_task.is_none();
    (!is_plain).then_some("tasks with one wait and no state")
}
