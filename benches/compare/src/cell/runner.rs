//! Runs one cell after another, each again with a longer wait where the wait was too short.

use std::num::NonZeroU8;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use workload::http::spec::LONGEST_DELAY;
use workload::{Arrival, Http, Settings, Wait, Workload};

use super::attempt::Attempt;
use super::ending::Ending;
use super::estimate::{Estimates, TRIAL_TASKS};
use super::process::{PAUSE, SHORTAGE};
use super::spec::CellSpec;
use super::unfit::{self, HIGHEST_FLOOR};
use super::unweighed;
use crate::host;
use crate::limits::Limits;
use crate::meter::cgroup::Cgroups;
use crate::servers::Servers;
use crate::units;
use protocol::ServerLine;
use record::{Build, Cell, Status};
use report::format;

/// How often a wait that was too short is doubled before the cell is given up.
pub const MOST_ATTEMPTS: u32 = 6;

/// The share of the available memory that a cell may be expected to take.
const MEMORY_SHARE: f64 = 0.8;

/// Runs cells.
#[derive(Debug)]
pub struct Runner {
    /// The program that runs a cell, timed.
    pub timed: PathBuf,
    /// The same over a counting allocator; `None` where it was not built.
    pub counting: Option<PathBuf>,
    /// Where cells get a control group; `None` where none can be made.
    pub cgroups: Option<Cgroups>,
    /// The limits of this machine.
    pub limits: Limits,
    /// How long a cell may be silent, beyond the waits that it was asked for.
    pub patience: Duration,
    /// What was learned from the cells so far.
    pub estimates: Estimates,
    /// Where cells that ask a server find one.
    pub servers: Servers,
}

/// The run was interrupted: what it was doing is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

impl Runner {
    /// Runs one cell, again with a longer wait when the wait was too short to weigh in.
    ///
    /// # Errors
    /// If `stop` is set meanwhile. The cell's process is gone then.
    pub fn run(&mut self, spec: &CellSpec, stop: &AtomicBool) -> Result<Cell, Interrupted> {
        let contestant = spec.contestant;
        if let Some(missing) = &contestant.missing {
            let reason = Some(missing.reason.clone());
            return Ok(spec.cell(&spec.workload, missing.status, reason));
        }
        let settings = Settings { pool_workers: spec.pool_workers };
        let ceiling = contestant.ceiling(&settings);
        self.try_small(spec, stop)?;
        let mut workload = spec.workload;
        if let Some(wait) = self.estimates.wait_for(spec) {
            workload = workload.with_duration(wait);
        }
        let refused = unfit::reason(contestant, &workload, ceiling, spec.waves.is_some());
        if let Some(reason) = refused.or_else(|| self.too_large(spec)) {
            return Ok(spec.cell(&workload, Status::Skipped, Some(reason)));
        }

        let mut is_weighed = spec.waves.is_none()
            && (!spec.wait_is_given && !workload.trace
                || unweighed::can_be_weighed(&workload, ceiling));
        for attempt in 1..=MOST_ATTEMPTS {
            if stop.load(Ordering::SeqCst) {
                return Err(Interrupted);
            }
            if let Wait::Http(http) = &mut workload.wait {
                match self.servers.get(http.rate_limit) {
                    Ok(ServerLine { address, addresses, group }) => {
                        // A kept connection can serve the next task only if that goes there too.
                        let is_shared = http.keep_alive && ceiling.limit() < workload.tasks.into();
                        let addresses = if is_shared { NonZeroU8::MIN } else { addresses };
                        *http = Http { server: address, addresses, group, ..*http };
                    }
                    Err(error) => {
                        return Ok(spec.cell(&workload, Status::Failed, Some(error.to_string())));
                    }
                }
            }
            let expected = ceiling.expected_in_flight(workload.tasks);
            let counting = self.counting.as_deref();
            let program = match contestant.program(spec.build, &self.timed, counting) {
                Ok(program) => program,
                Err(reason) => {
                    return Ok(spec.cell(&workload, Status::Failed, Some(reason.into())));
                }
            };
            let one = Attempt {
                command: &|| contestant.command(program),
                cgroups: self.cgroups.as_ref(),
                patience: self.patience,
                spec,
                workload: &workload,
                expected,
                is_weighed,
                stop,
            };
            let patience = Instant::now() + SHORTAGE;
            let mut ending = one.run();
            while ending.may_be_the_moments() && Instant::now() < patience {
                thread::sleep(PAUSE);
                ending = one.run();
            }
            match ending {
                // With a rate, another wait would be another question.
                Ending::TooShort if spec.wait_is_given && workload.arrival != Arrival::Burst => {
                    is_weighed = false;
                }
                // A transfer lasts as long as its bytes. It was long enough to be seen, so the look
                // came too late, and another may come in time.
                Ending::TooShort if workload.is_transfer() => {}
                Ending::TooShort => {
                    let longer = workload.with_duration(workload.duration() * 2);
                    let is_last = attempt == MOST_ATTEMPTS
                        // Doubling nothing makes no difference.
                        || workload.duration().is_zero()
                        || is_longest(&workload)
                        || longer.longest(ceiling.limit()) > HIGHEST_FLOOR;
                    if is_last {
                        return Ok(self.too_short(spec, &workload, attempt));
                    }
                    workload = longer;
                }
                Ending::Interrupted => return Err(Interrupted),
                ending => {
                    let mut cell = ending.into_cell(spec, &workload, &self.limits);
                    cell.attempts = attempt;
                    self.estimates.learn(spec, &cell);
                    return Ok(cell);
                }
            }
        }
        Ok(self.too_short(spec, &workload, MOST_ATTEMPTS))
    }

    /// The cell after so many attempts, the last of them with this workload.
    fn too_short(&self, spec: &CellSpec, workload: &Workload, attempts: u32) -> Cell {
        let reason = if workload.is_transfer() {
            format!("in {attempts} attempts the tasks were never found all under way")
        } else {
            format!(
                "a wait of {} was still too short to find all tasks in flight",
                units::duration(workload.duration())
            )
        };
        Cell { attempts, ..spec.cell(workload, Status::Failed, Some(reason)) }
    }

    /// Runs a small cell for what it tells, where a guess would refuse this one.
    fn try_small(&mut self, spec: &CellSpec, stop: &AtomicBool) -> Result<(), Interrupted> {
        let is_small = spec.workload.tasks <= TRIAL_TASKS;
        if is_small || self.estimates.knows(spec) || self.too_large(spec).is_none() {
            return Ok(());
        }
        let small = CellSpec {
            workload: Workload { tasks: TRIAL_TASKS, ..spec.workload },
            wait_is_given: false,
            pool_workers: spec.pool_workers.min(TRIAL_TASKS),
            build: Build::Timed,
            second_wave: false,
            ..*spec
        };
        self.run(&small, stop).map(|_| ())
    }

    fn too_large(&self, spec: &CellSpec) -> Option<String> {
        let available = host::available_memory()?;
        let needed = self.estimates.bytes_for(spec);
        #[allow(clippy::cast_precision_loss, reason = "an estimate")]
        let (bytes, limit) =
            (available.bytes as f64, available.limit_bytes.map(|limit| limit as f64));
        (needed > bytes * MEMORY_SHARE).then(|| {
            let (needed, bytes) = (format::size(needed), format::size(bytes));
            let within = limit.map_or_else(String::new, |limit| {
                format!(" within the control group's limit of {}", format::size(limit))
            });
            let share = MEMORY_SHARE * 100.0;
            format!(
                "this would take about {needed}, and {bytes} of memory is available{within}; \
                 a cell may take {share:.0} % of it"
            )
        })
    }
}

/// Whether the server would refuse a longer delay.
fn is_longest(workload: &Workload) -> bool {
    workload.asks().is_some() && 2 * workload.duration_of(0) > LONGEST_DELAY
}
