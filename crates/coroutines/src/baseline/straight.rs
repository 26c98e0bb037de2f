//! The contestant that a baseline is, and what baselines do not run.

use std::io;
use std::num::NonZeroU16;

use workload::{
    About, Arrival, Contestant, Ending, Instance, Ledger, Refusal, Role, Settings, StateSize,
    Workload,
};

/// Starts a runtime and returns what runs all tasks of a ledger on it.
pub(super) type Start = fn() -> io::Result<Box<dyn FnMut(&'static Ledger)>>;

#[derive(Debug)]
pub(super) struct Straight {
    pub(super) id: &'static str,
    pub(super) of: Option<&'static str>,
    pub(super) summary: &'static str,
    pub(super) stays_in_process: bool,
    pub(super) unsupported: fn(&Workload) -> Option<&'static str>,
    pub(super) start: Start,
}

impl Straight {
    pub(super) fn boxed(self) -> Box<dyn Contestant> {
        Box::new(self)
    }
}

impl Contestant for Straight {
    fn about(&self) -> About {
        About {
            model: Some("coroutines"),
            role: Role::Baseline { of: self.of },
            stays_in_process: self.stays_in_process,
            ..About::new(self.id, self.summary)
        }
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
        Refusal::unless_supported((self.unsupported)(ledger.workload()))?;
        (self.run)(ledger);
        Ok(())
    }
}

/// What a baseline of the timers runs, if it is not this.
pub(super) fn only_timers(workload: &Workload) -> Option<&'static str> {
    let is_fit = workload.is_timer() && is_plain(workload);
    (!is_fit).then_some("timers in a burst, with one wait a task and no state")
}

/// The same of a baseline that has a ring of channels too.
#[cfg(feature = "tokio")]
pub(super) fn only_timers_and_relays(workload: &Workload) -> Option<&'static str> {
    let is_over_channels = workload.wait == workload::Wait::Relay(workload::Medium::Channel);
    let is_ring =
        is_over_channels && is_plain(&Workload { waits_per_task: NonZeroU16::MIN, ..*workload });
    only_timers(workload).filter(|_| !is_ring)
}

/// What a baseline of the requests runs, if it is not this.
#[cfg(feature = "hyper")]
pub(super) fn only_requests(workload: &Workload) -> Option<&'static str> {
    let is_fit = workload.asks().is_some_and(|http| !http.keep_alive) && is_plain(workload);
    (!is_fit)
        .then_some("requests in a burst over a connection each, with one wait a task and no state")
}

/// Whether nothing is asked for that would take a loop or a state: the tasks are written out
/// without, so they do nothing else. They start in a burst, each with its own deadline.
fn is_plain(workload: &Workload) -> bool {
    workload.state == StateSize::None
        && workload.depth == 0
        && workload.waits_per_task == NonZeroU16::MIN
        && workload.ending == Ending::Returns
        && workload.job_rounds == 0
        && !workload.trace
        && workload.arrival == Arrival::Burst
        && !workload.synchronized_wakeup
}
