//! All checks as tests of one program.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};

use super::watchdog::Watchdog;
use super::{arrival, checks, http};
use crate::contestant::Contestant;
use crate::http::Http;
use crate::ledger::silence_planted_panics;
use crate::spec::Workload;

/// Runs all checks on all contestants, with the arguments that `cargo test` passes. The server is
/// one that was started with [`SERVER_ARGUMENTS`](super::SERVER_ARGUMENTS).
pub fn main(contestants: Vec<Box<dyn Contestant>>, server: SocketAddr) -> ExitCode {
    silence_planted_panics();
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let watchdog = Watchdog::start();
    let mut trials = Vec::new();
    for contestant in contestants {
        let contestant: Arc<dyn Contestant> = Arc::from(contestant);
        for &(name, check) in checks::CHECKS.iter().chain(arrival::CHECKS) {
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
