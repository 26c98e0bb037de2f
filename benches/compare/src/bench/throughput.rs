//! The bench target `throughput`: criterion times waves, and each of its samples is a new process that
//! runs the cell of a rate.
//!
//! Criterion is no dependency of what is measured, so it stays in the target, which links nothing else
//! of ours. [`run`] checks what it is asked for and starts the target again with criterion's flags alone.
//! That starts [`serve`], which runs the cells and keeps the record. They speak in lines: this side says
//! the group and criterion's usual settings, then a line for each benchmark and an empty one. Criterion
//! asks for `NUMBER ITERATIONS` and is told how many nanoseconds they took, until it says `end`. What is
//! said then is for the terminal.

use std::io::{self, BufRead};
use std::ops::ControlFlow;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::sync::atomic::AtomicBool;

use analysis::missing::{Missing, Why};
use anyhow::{Context, bail};

use super::invocation::Invocation;
use super::names::{GROUP, Names, criterion_home, function};
use super::target;
use crate::cell::process::RUNTIME_SETTINGS;
use crate::cell::{CellSpec, Interrupted, Waves};
use crate::interrupt;
use crate::output::{complain, print, tell};
use crate::scope;
use crate::session::{self, Part, Session};
use crate::suite::{DEFAULT_PATIENCE, Suite, unwritable};
use protocol::ns;
use record::{Extent, LatenessLine, Line, Sample, Status, Throughput, Writer};

/// Where the target says which program it is.
const TARGET: &str = "COMPARE_BENCH_TARGET";

/// Where it finds all arguments, a line each, while criterion reads its own.
const ARGUMENTS: &str = "COMPARE_BENCH_ARGUMENTS";

/// More waves than this in one process are not run: they stand for the others.
const MOST_WAVES: u64 = 100_000;

/// Checks what is asked for, and has criterion go on.
///
/// # Errors
/// If something is asked for that is not there, or the target is not started by cargo.
pub fn run(invocation: &Invocation) -> anyhow::Result<ExitCode> {
    if let ControlFlow::Break(code) = target::to_run(invocation, Part::Throughput)? {
        return Ok(code);
    }
    scope::enter(invocation.no_scope);
    let program = std::env::var_os(TARGET).context("`cargo bench -p compare` starts this")?;
    let arguments = std::env::args_os().skip(3);
    let arguments: Vec<_> = arguments.map(|one| one.to_string_lossy().into_owned()).collect();
    let mut criterion = Command::new(program);
    criterion.args(invocation.of_criterion()).env(ARGUMENTS, arguments.join("\n"));
    for setting in RUNTIME_SETTINGS {
        criterion.env_remove(setting);
    }
    // Where a baseline was looked for.
    criterion.env("CRITERION_HOME", criterion_home()?);
    // A session is told by the cargo that runs it, and this process is to have that parent still.
    criterion.env(session::PARENT, session::parent_id().to_string());
    Err(criterion.exec()).context("the bench target cannot be started again")
}

/// Runs the cells that criterion asks for.
///
/// # Errors
/// If the record cannot be written, or criterion asks for what there is not.
pub fn serve(invocation: &Invocation) -> anyhow::Result<ExitCode> {
    let stop = interrupt::listen()?;
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let mut suite = Suite::new(&program, invocation.extent(), invocation.seed(), DEFAULT_PATIENCE);
    let recording =
        invocation.is_bench().then(|| Recording::begin(invocation, &suite)).transpose()?;
    let names = Names::of(invocation)?;
    let mut timed: Vec<Timed> = names.throughput.into_iter().map(Timed::of).collect();

    let [warm_up_ms, measurement_ms] = pace_ms(invocation.sizes());
    print(format_args!("{GROUP} {} {warm_up_ms} {measurement_ms}", invocation.samples()));
    for Timed { spec, .. } in &timed {
        print(format_args!("{} {}", function(spec), spec.workload.tasks));
    }
    print("");
    for line in io::stdin().lock().lines() {
        let line = line?;
        if line == "end" {
            return over(timed, invocation, recording);
        }
        let numbers = line.split_once(' ').and_then(|(nth, waves)| {
            Some((timed.get_mut(nth.parse::<usize>().ok()?)?, waves.parse().ok()?))
        });
        let Some((timed, waves)) = numbers else { bail!("criterion asks for `{line}`") };
        let Ok(elapsed_ns) = timed.sample(&mut suite, waves, stop) else {
            return Ok(ExitCode::from(130));
        };
        print(elapsed_ns);
    }
    // Criterion ended in another way, and has said why.
    Ok(ExitCode::FAILURE)
}

/// For how long criterion warms up and measures each benchmark. It counts the starts of processes as
/// time of waves when it works out how many waves fit, so there are fewer than it would seem.
const fn pace_ms(extent: Extent) -> [u32; 2] {
    match extent {
        Extent::Quick => [10, 500],
        Extent::Full | Extent::Partial | Extent::Thorough => [200, 2_000],
    }
}

/// What criterion times, with what came of it.
struct Timed {
    spec: CellSpec,
    samples: Vec<Sample>,
    lateness_ns: Option<LatenessLine>,
    /// How it ended, and why, if not well.
    failure: Option<(Status, String)>,
}

impl Timed {
    const fn of(spec: CellSpec) -> Self {
        Self { spec, samples: Vec::new(), lateness_ns: None, failure: None }
    }

    /// Runs so many waves in a process and returns how many nanoseconds they took. After one that came
    /// to no proof, nothing more is run.
    fn sample(
        &mut self,
        suite: &mut Suite,
        waves: u64,
        stop: &AtomicBool,
    ) -> Result<u64, Interrupted> {
        if self.failure.is_some() {
            return Ok(waves);
        }
        let mut spec = self.spec;
        let count = u32::try_from(waves.clamp(1, MOST_WAVES)).unwrap_or(u32::MAX);
        spec.waves = Some(Waves { warm_up: 1, count });
        let cell = suite.run_one(&spec, stop)?;
        if cell.status != Status::Ok {
            let reason = cell.reason.unwrap_or_default();
            complain(format_args!("throughput: {}: FAILED: {reason}", function(&spec)));
            self.failure = Some((cell.status, reason));
            return Ok(waves);
        }
        let counted = || cell.waves.iter().filter(|wave| !wave.warm_up);
        let elapsed_ns: u64 = counted().map(|wave| wave.wall_ns).sum();
        let cpu_ns = counted().map(|wave| wave.user_ns + wave.system_ns).sum();
        self.samples.push(Sample { waves: count.into(), elapsed_ns, cpu_ns });
        self.lateness_ns = cell.lateness_ns;
        Ok((u128::from(elapsed_ns) * u128::from(waves) / u128::from(count)) as u64)
    }

    /// The line for the record, with the last `samples` samples: those before were for warming up.
    /// `None` if criterion asked for nothing.
    fn into_line(mut self, samples: usize) -> Option<Throughput> {
        if self.samples.is_empty() && self.failure.is_none() {
            return None;
        }
        let warm_up = self.samples.len().saturating_sub(samples);
        self.samples.drain(..warm_up);
        let (status, reason) =
            self.failure.map_or((Status::Ok, None), |(status, reason)| (status, Some(reason)));
        let spec = &self.spec;
        let places = if spec.is_pool { u64::from(spec.pool_workers) } else { u64::MAX };
        Some(Throughput {
            contestant: spec.contestant.id().to_owned(),
            workload: (&spec.workload).into(),
            tasks: spec.workload.tasks.into(),
            pool_workers: spec.is_pool.then_some(spec.pool_workers),
            status,
            reason,
            floor_ns: ns(spec.workload.longest(places)),
            samples: self.samples,
            server_high_water: None,
            lateness_ns: self.lateness_ns,
        })
    }
}

/// Ends a run: publishes what came of it, and says how many failed.
fn over(
    timed: Vec<Timed>,
    invocation: &Invocation,
    recording: Option<Recording>,
) -> anyhow::Result<ExitCode> {
    let mut failures = timed.iter().filter(|timed| timed.failure.is_some()).count();
    if let Some(mut recording) = recording {
        for line in timed.into_iter().filter_map(|timed| timed.into_line(invocation.samples())) {
            let line = Line::Throughput(Box::new(line));
            recording.writer.append(&line).context("the record cannot be written")?;
        }
        failures += recording.complete()?;
    } else {
        tell("throughput: one wave of each ran with proof");
    }
    Ok(if failures > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// This target's part of the record.
struct Recording {
    session: Session,
    writer: Writer,
}

impl Recording {
    fn begin(invocation: &Invocation, suite: &Suite) -> anyhow::Result<Self> {
        let session = target::open_session(invocation)?;
        let path = session.begin(Part::Throughput);
        let writer = Writer::create(&path, suite.description().clone())
            .with_context(|| unwritable(&path))?;
        Ok(Self { session, writer })
    }

    /// Publishes, and says how many cells of the other part failed.
    fn complete(self) -> anyhow::Result<usize> {
        drop(self.writer);
        let published = self.session.complete(Part::Throughput)?;
        published.show(Part::Throughput);
        let failed = |missing: &&Missing| missing.why == Why::Failed;
        let failed = published.analysis.missing.iter().filter(failed);
        Ok(failed.map(|missing| missing.cells as usize).sum())
    }
}
