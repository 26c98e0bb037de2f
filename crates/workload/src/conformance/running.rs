//! Running a contestant, and what every run is held against.

use std::time::Instant;

use crate::contestant::{Contestant, Settings};
use crate::ledger::{Ledger, Proof};
use crate::spec::Workload;

/// The pool size used by the suite: small enough that 1000 tasks go through it many times.
pub const SETTINGS: Settings = Settings { pool_workers: 8 };

/// What a check is: its name, and what it does with a contestant.
pub type Check = (&'static str, fn(&dyn Contestant) -> Result<(), String>);

/// Starts the contestant, runs the workload on it, and stops it.
///
/// # Errors
/// If the contestant could not start or run.
pub fn run(
    contestant: &dyn Contestant,
    settings: &Settings,
    workload: Workload,
) -> Result<&'static Ledger, String> {
    let ledger = Ledger::open(workload);
    run_on(contestant, settings, ledger)?;
    Ok(ledger)
}

pub(super) fn run_on(
    contestant: &dyn Contestant,
    settings: &Settings,
    ledger: &'static Ledger,
) -> Result<(), String> {
    let mut instance = contestant.start(settings).map_err(|refusal| refusal.to_string())?;
    instance.run(ledger).map_err(|refusal| refusal.to_string())?;
    if !ledger.is_over() {
        return Err(format!("returned before all tasks were over: {:?}", ledger.proof()));
    }
    Ok(())
}

/// Expects that a run of `tasks` tasks that began at `started` took as long as its longest wait, and
/// that each task woke once and not before its deadline.
pub(super) fn expect_punctual(ledger: &Ledger, tasks: u32, started: Instant) -> Result<(), String> {
    let took = started.elapsed();
    expect_complete(&ledger.proof(), tasks)?;
    if took < ledger.workload().duration_of(0) {
        return Err(format!("was done after {took:?}, before the longest wait was over"));
    }
    let wakes = ledger.lateness().map_or(0, |lateness| lateness.wakes);
    if wakes != u64::from(tasks) {
        return Err(format!("{wakes} wakes were noted for {tasks} tasks"));
    }
    if ledger.early() != 0 {
        return Err(format!("{} tasks woke before their deadline", ledger.early()));
    }
    Ok(())
}

/// Expects that every second one of the tasks panicked, and that no other was lost.
pub(super) fn expect_half(proof: &Proof, tasks: u32) -> Result<(), String> {
    let half = u64::from(tasks) / 2;
    let is_half = [proof.completed, proof.lost, proof.failed] == [half, half, 0]
        && proof.checksum == proof.expected_checksum;
    let flaw = || format!("half of {tasks} tasks panicked and this was the proof: {proof:?}");
    is_half.then_some(()).ok_or_else(flaw)
}

pub(super) fn expect_complete(proof: &Proof, tasks: u32) -> Result<(), String> {
    let is_whole = proof.is_whole(tasks);
    is_whole.then_some(()).ok_or_else(|| format!("{tasks} tasks left this proof: {proof:?}"))
}
