//! One cell: one contestant × one workload × one repeat, in a process of its own, weighed from here.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`spec`] | [`CellSpec`]: what to run |
//! | [`estimate`] | [`estimate::Estimates`]: how long to wait and how much memory to expect, learned on the way |
//! | [`process`] | [`process::ChildProcess`]: the cell's process and the pipes to it |
//! | [`attempt`] | one run of a cell, phase by phase |
//! | [`unweighed`] | a cell whose tasks are never all there, which shows how late they are |
//! | [`ending`] | how a run can end, and what that makes of the cell |
//!
//! Whatever happens in a cell costs that cell and no other: it always comes back as a [`Cell`],
//! with a reason if it is not a figure. The one exception is an interruption, which is nobody's
//! result.

pub mod attempt;
pub mod ending;
pub mod estimate;
pub mod process;
pub mod spec;
pub mod unweighed;

use std::num::NonZeroU8;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use workload::http::spec::LONGEST_DELAY;
use workload::{Arrival, Contestant, Http, Settings, Wait, Workload};

use self::ending::Ending;
use self::estimate::Estimates;
pub use self::spec::CellSpec;
use crate::host;
use crate::limits::Limits;
use crate::meter::cgroup::Cgroups;
use crate::meter::process::Procfs;
use crate::servers::Servers;
use crate::units;
use protocol::ServerLine;
use record::{Build, Cell, Memory, Status};

/// How often a wait that was too short is doubled before the cell is given up.
pub(crate) const MOST_ATTEMPTS: u32 = 6;

/// A workload whose arithmetic floor is above this is not run: it would take that long whatever the
/// contestant did.
pub const HIGHEST_FLOOR: Duration = Duration::from_secs(60);

/// The least that a transfer must last, so that all of its bodies are seen under way at once.
const SHORTEST_TRANSFER: Duration = Duration::from_millis(100);

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

/// The run was interrupted: what it was doing is nobody's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

impl Runner {
    /// Runs one cell, again with a longer wait when the wait was too short to weigh in.
    ///
    /// # Errors
    /// If `stop` is set meanwhile. The cell's process is gone then.
    pub fn run(
        &mut self,
        contestant: &dyn Contestant,
        spec: &CellSpec,
        stop: &AtomicBool,
    ) -> Result<Cell, Interrupted> {
        let settings = Settings { pool_workers: spec.pool_workers };
        let ceiling = contestant.ceiling(&settings);
        let mut workload = spec.workload;
        if let Some(wait) = self.estimates.wait_for(spec) {
            workload = workload.with_duration(wait);
        }
        if let Some(only) = contestant.unsupported(&workload) {
            let reason = format!("this contestant runs only {only}");
            return Ok(spec.cell(&workload, Status::Skipped, Some(reason)));
        }
        let least = workload.longest(ceiling.limit());
        // A single wait may be as long as was asked for; what is refused is waiting in many rounds.
        if least > HIGHEST_FLOOR && least > workload.duration_of(0) {
            return Ok(spec.cell(
                &workload,
                Status::Skipped,
                Some(format!(
                    "at most {ceiling} in flight{} makes this last {} whatever the contestant does; \
                 more than {} is not run",
                    match workload.arrival {
                        Arrival::Burst => String::new(),
                        rate => format!(", coming at {rate},"),
                    },
                    units::duration(least),
                    units::duration(HIGHEST_FLOOR)
                )),
            ));
        }
        if workload.asks().is_some() && workload.duration_of(0) > LONGEST_DELAY {
            let reason = format!(
                "this takes a wait of {}, and a server waits at most {} before it answers",
                units::duration(workload.duration_of(0)),
                units::duration(LONGEST_DELAY)
            );
            return Ok(spec.cell(&workload, Status::Skipped, Some(reason)));
        }
        if let Some(reason) = over_too_soon(&workload) {
            return Ok(spec.cell(&workload, Status::Skipped, Some(reason)));
        }
        if let Some(reason) = self.too_large(spec) {
            return Ok(spec.cell(&workload, Status::Skipped, Some(reason)));
        }

        let mut is_weighed = !spec.wait_is_given || unweighed::can_be_weighed(&workload, ceiling);
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
            match attempt::run(self, spec, &workload, expected, is_weighed, stop) {
                // With a rate, another wait would be another question.
                Ending::TooShort if spec.wait_is_given && workload.arrival != Arrival::Burst => {
                    is_weighed = false;
                }
                // A transfer lasts as long as its bytes. It was long enough to be seen, so whoever looked
                // came too late, and may look again.
                Ending::TooShort if workload.is_transfer() => {}
                // Doubling nothing makes no difference.
                Ending::TooShort if workload.duration().is_zero() => {
                    return Ok(self.too_short(spec, &workload, attempt));
                }
                Ending::TooShort if is_longest(&workload) => {
                    return Ok(self.too_short(spec, &workload, attempt));
                }
                Ending::TooShort => {
                    workload = workload.with_duration(workload.duration() * 2);
                    if workload.longest(ceiling.limit()) > HIGHEST_FLOOR {
                        return Ok(self.too_short(spec, &workload, attempt));
                    }
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

    /// The cell after so many attempts, the last of them with half the wait of this workload.
    fn too_short(&self, spec: &CellSpec, workload: &Workload, attempts: u32) -> Cell {
        let reason = if workload.is_transfer() {
            format!("in {attempts} attempts the tasks were never found all under way")
        } else {
            format!(
                "a wait of {} was still too short to find all tasks in flight",
                units::duration(workload.duration() / 2)
            )
        };
        Cell { attempts, ..spec.cell(workload, Status::Failed, Some(reason)) }
    }

    fn program(&self, build: Build) -> Option<&PathBuf> {
        match build {
            Build::Timed => Some(&self.timed),
            Build::Counting => self.counting.as_ref(),
        }
    }

    fn too_large(&self, spec: &CellSpec) -> Option<String> {
        let available = host::available_memory()?;
        let needed = self.estimates.bytes_for(spec);
        #[allow(clippy::cast_precision_loss, reason = "an estimate")]
        let (bytes, limit) =
            (available.bytes as f64, available.group_limit_bytes.map(|limit| limit as f64));
        (needed > bytes * MEMORY_SHARE).then(|| {
            let (needed, bytes) = (units::bytes(needed), units::bytes(bytes));
            let within = limit.map_or_else(String::new, |limit| {
                format!(" within the control group's limit of {}", units::bytes(limit))
            });
            let share = MEMORY_SHARE * 100.0;
            format!(
                "this would take about {needed}, and {bytes} of memory is available{within}; \
                 a cell may take {share:.0} % of it"
            )
        })
    }
}

/// Why a transfer is too small to be found under way; `None` if it is none, or large enough.
fn over_too_soon(workload: &Workload) -> Option<String> {
    workload.asks()?.rate_limit?;
    let floor = workload.transfer_floor();
    (floor < SHORTEST_TRANSFER).then(|| {
        format!(
            "{} bodies of {} are through in {}, and a transfer must last {} to be seen as a whole; \
             give more bytes or a lower limit",
            units::count(workload.tasks.into()),
            units::bytes(workload.asks().map_or(0, |http| http.bytes) as f64),
            units::duration(floor),
            units::duration(SHORTEST_TRANSFER)
        )
    })
}

/// Whether the server would refuse a longer delay.
fn is_longest(workload: &Workload) -> bool {
    workload.asks().is_some() && 2 * workload.duration_of(0) > LONGEST_DELAY
}

impl CellSpec {
    /// A cell of this spec that did not come to a proof.
    pub(crate) fn cell(&self, workload: &Workload, status: Status, reason: Option<String>) -> Cell {
        Cell {
            contestant: self.contestant.as_str().to_owned(),
            workload: workload.into(),
            tasks: u64::from(self.workload.tasks),
            pool_workers: self.is_pool.then_some(self.pool_workers),
            repeat: self.repeat,
            build: self.build,
            status,
            reason,
            limit: None,
            attempts: 1,
            proof: None,
            memory: Memory::default(),
            time: None,
            lateness_ns: None,
            server: None,
            errors: Vec::new(),
            second: None,
        }
    }
}

/// Where processes are looked at.
fn procfs() -> Procfs {
    Procfs::default()
}
