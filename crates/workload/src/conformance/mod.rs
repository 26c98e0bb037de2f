//! The suite that every contestant passes.
//!
//! Each check is a test of its own, named `contestant: check`, so that a failure names both. They
//! run one after another on the main thread: what a contestant leaves behind is found by counting
//! this process's threads and descriptors, which other tests would disturb.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `checks` | what is checked with timers |
//! | `arrival` | when tasks start, and what counts as late |
//! | [`http`] | what is checked with a server, and every fault |
//! | `closing` | a server that closes connections which its client wants to keep, for unit tests |
//! | `residue` | what is left in the process |
//!
//! A model crate's `tests/conformance.rs` (with `harness = false`) starts a server in a process of
//! its own, before anything is counted, and hands over its address:
//!
//! ```ignore
//! fn main() -> ExitCode {
//!     if let Some(code) = delay_server::process::become_server_if_asked() {
//!         return code;
//!     }
//!     let server = ServerProcess::start_this_program(SERVER_ARGUMENTS).expect("a server starts");
//!     workload::conformance::main(threads::contestants(), server.address())
//! }
//! ```

mod arrival;
mod checks;
mod closing;
pub mod http;
mod residue;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::contestant::{Contestant, Settings};
use crate::http::Http;
use crate::ledger::{Ledger, PLANTED_PANIC, Proof};
use crate::spec::Workload;
pub use checks::CHECKS;
pub use closing::serve_and_close;
pub use http::SERVER_ARGUMENTS;

/// A check that has not ended after this long will not end.
const PATIENCE: Duration = Duration::from_secs(120);

/// The pool size used by the suite: small enough that 1000 tasks go through it many times.
pub const SETTINGS: Settings = Settings { pool_workers: 8 };

/// What a check is: its name, and what it does with a contestant.
pub type Check = (&'static str, fn(&dyn Contestant) -> Result<(), String>);

/// Runs all checks on all contestants, with the arguments that `cargo test` passes. The server is
/// one that was started with [`SERVER_ARGUMENTS`].
pub fn main(contestants: Vec<Box<dyn Contestant>>, server: SocketAddr) -> ExitCode {
    silence_planted_panics();
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let watchdog = Watchdog::start();
    let mut trials = Vec::new();
    for contestant in contestants {
        let contestant: Arc<dyn Contestant> = Arc::from(contestant);
        for &(name, check) in CHECKS.iter().chain(arrival::CHECKS) {
            trials.push(trial(&watchdog, &contestant, name, check));
        }
        let http = Workload::http(1, Http::new(server, Duration::ZERO, 0));
        if contestant.unsupported(&http).is_some() {
            continue;
        }
        for &(name, check) in http::CHECKS {
            trials.push(trial(&watchdog, &contestant, name, move |contestant| {
                check(contestant, server)
            }));
        }
        for &fault in http::FAULTS {
            let (cause, kind, _) = fault;
            let name = format!("fault {cause} ends as {kind}");
            let check = move |contestant: &dyn Contestant| http::ends_as(contestant, server, fault);
            trials.push(trial(&watchdog, &contestant, &name, check));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(
    watchdog: &Arc<Watchdog>,
    contestant: &Arc<dyn Contestant>,
    name: &str,
    check: impl FnOnce(&dyn Contestant) -> Result<(), String> + Send + 'static,
) -> Trial {
    let (watchdog, contestant) = (watchdog.clone(), contestant.clone());
    let name = format!("{}: {name}", contestant.id());
    Trial::test(name.clone(), move || {
        let _watched = watchdog.over(name);
        check(contestant.as_ref()).map_err(Failed::from)
    })
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
    let mut instance = contestant.start(settings).map_err(|refusal| refusal.to_string())?;
    instance.run(ledger).map_err(|refusal| refusal.to_string())?;
    if !ledger.is_over() {
        return Err(format!("returned before all tasks were over: {:?}", ledger.proof()));
    }
    Ok(())
}

/// Expects that a run of `tasks` tasks that began at `started` took as long as its longest wait, and
/// that each task woke once and not before its deadline.
fn expect_punctual(ledger: &Ledger, tasks: u32, started: Instant) -> Result<(), String> {
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

fn expect_complete(proof: &Proof, tasks: u32) -> Result<(), String> {
    let is_whole = proof.is_whole(tasks);
    is_whole.then_some(()).ok_or_else(|| format!("{tasks} tasks left this proof: {proof:?}"))
}

/// Ends the process if a check hangs, because a test that hangs says nothing.
///
/// One thread watches over all checks: one for each would come and go while a check counts threads.
struct Watchdog {
    checks: mpsc::Sender<Option<String>>,
}

impl Watchdog {
    fn start() -> Arc<Self> {
        let (checks, under_way) = mpsc::channel::<Option<String>>();
        thread::spawn(move || {
            while let Ok(check) = under_way.recv() {
                let Some(name) = check else { continue };
                if under_way.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                    eprintln!("{name} has not ended after {} s", PATIENCE.as_secs());
                    std::process::exit(101);
                }
            }
        });
        Arc::new(Self { checks })
    }

    fn over(&self, name: String) -> Watched<'_> {
        let _ = self.checks.send(Some(name));
        Watched(self)
    }
}

/// A check that is under way.
struct Watched<'a>(&'a Watchdog);

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        let _ = self.0.checks.send(None);
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
