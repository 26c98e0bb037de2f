//! The same task written straight on each runtime, to weigh the harness's overhead.
//!
//! No [`Runtime`](crate::Runtime), no handle, no state, no loop over waits: each file is what one
//! would write who knows only that runtime and the ledger's three calls. What `coroutines/tokio`
//! costs more than `baseline/tokio` is ours, not tokio's.
//!
//! `baseline/hyper` is the one that has no contestant of its name: it is a plain client on hyper, and
//! shows what requests cost those who do not write their own.
//!
//! Baselines are rows of the benchmark and no contestants: they run one kind of workload only.

#[cfg(feature = "async-std")]
mod async_std;
mod bare;
#[cfg(feature = "hyper")]
mod hyper;
#[cfg(feature = "smol")]
mod smol;
#[cfg(feature = "tokio")]
mod tokio;

use std::io;
use std::num::NonZeroU16;

use workload::{
    Arrival, Ceiling, Contestant, ContestantId, Instance, Ledger, Refusal, Settings, StateSize,
    Wait, Workload,
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
        #[cfg(feature = "hyper")]
        hyper::HYPER,
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
    unsupported: fn(&Workload) -> Option<&'static str>,
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
        (self.unsupported)(workload)
    }

    fn start(&self, _: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        let run =
            (self.start)().map_err(|source| Refusal::Start { what: "the runtime", source })?;
        Ok(Box::new(Started { run, unsupported: self.unsupported }))
    }
}

struct Started {
    run: Box<dyn FnMut(&'static Ledger)>,
    unsupported: fn(&Workload) -> Option<&'static str>,
}

impl Instance for Started {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        if let Some(only) = (self.unsupported)(ledger.workload()) {
            return Err(Refusal::Unsupported { only });
        }
        (self.run)(ledger);
        Ok(())
    }
}

/// What a baseline of the timers runs, if it is not this.
fn only_timers(workload: &Workload) -> Option<&'static str> {
    let is_fit = matches!(workload.wait, Wait::Timer { .. }) && is_plain(workload);
    (!is_fit).then_some("timers in a burst, with one wait a task and no state")
}

/// What a baseline of the requests runs, if it is not this.
#[cfg(feature = "hyper")]
fn only_requests(workload: &Workload) -> Option<&'static str> {
    let is_fit = workload.asks().is_some_and(|http| !http.keep_alive) && is_plain(workload);
    (!is_fit)
        .then_some("requests in a burst over a connection each, with one wait a task and no state")
}

/// Whether nothing is asked for that would take a loop or a state: the tasks are written out
/// without, so they do nothing else. They start in a burst, each with its own deadline.
fn is_plain(workload: &Workload) -> bool {
    workload.state == StateSize::None
        && workload.waits_per_task == NonZeroU16::MIN
        && workload.panicking_task.is_none()
        && workload.arrival == Arrival::Burst
        && !workload.synchronized_wakeup
}
