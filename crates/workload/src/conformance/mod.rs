//! The suite that every contestant passes.
//!
//! Each check is a test of its own, named `contestant: check`, so that a failure names both. They
//! run one after another on the main thread: what a contestant leaves behind is found by counting
//! this process's threads and descriptors, which other tests would disturb.
//!
//! A model crate's `tests/conformance.rs` (with `harness = false`) is one line:
//!
//! ```ignore
//! fn main() -> ExitCode { workload::conformance::main(threads::contestants()) }
//! ```

mod checks;
mod residue;

use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::contestant::{Contestant, Settings};
use crate::ledger::{Ledger, PLANTED_PANIC, Proof};
use crate::spec::Workload;
pub use checks::CHECKS;

/// A check that has not ended after this long will not end.
const PATIENCE: Duration = Duration::from_secs(120);

/// The pool size used by the suite: small enough that 1000 tasks go through it many times.
pub const SETTINGS: Settings = Settings { pool_workers: 8 };

/// What a check is: its name, and what it does with a contestant.
pub type Check = (&'static str, fn(&dyn Contestant) -> Result<(), String>);

/// Runs all checks on all contestants, with the arguments that `cargo test` passes.
pub fn main(contestants: Vec<Box<dyn Contestant>>) -> ExitCode {
    silence_planted_panics();
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let mut trials = Vec::new();
    for contestant in contestants {
        let contestant: Arc<dyn Contestant> = Arc::from(contestant);
        for &(name, check) in CHECKS {
            let id = contestant.id();
            let contestant = contestant.clone();
            trials.push(Trial::test(format!("{id}: {name}"), move || {
                let _watchdog = Watchdog::over(format!("{id}: {name}"));
                check(contestant.as_ref()).map_err(Failed::from)
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

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

fn run_on(
    contestant: &dyn Contestant,
    settings: &Settings,
    ledger: &'static Ledger,
) -> Result<(), String> {
    let mut engine = contestant.start(settings).map_err(|refusal| refusal.to_string())?;
    engine.run(ledger).map_err(|refusal| refusal.to_string())?;
    if !ledger.is_over() {
        return Err(format!("returned before all tasks were over: {:?}", ledger.proof()));
    }
    Ok(())
}

fn expect_complete(proof: &Proof, tasks: u32) -> Result<(), String> {
    let is_whole = proof.is_whole(tasks);
    is_whole.then_some(()).ok_or_else(|| format!("{tasks} tasks left this proof: {proof:?}"))
}

/// Ends the process if a check hangs, because a test that hangs says nothing.
struct Watchdog {
    _alive: mpsc::Sender<()>,
}

impl Watchdog {
    fn over(name: String) -> Self {
        let (alive, silence) = mpsc::channel::<()>();
        thread::spawn(move || {
            if silence.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("{name} has not ended after {} s", PATIENCE.as_secs());
                std::process::exit(101);
            }
        });
        Self { _alive: alive }
    }
}

fn silence_planted_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload().downcast_ref() != Some(&PLANTED_PANIC) {
            report(panic);
        }
    }));
}
