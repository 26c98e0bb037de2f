//! Times every contestant with criterion. See `compare::bench` for the flags.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use analysis::contestant::Id;
use analysis::missing::{Missing, Why};
use anyhow::Context;
use compare::bench::throughput::{Combination, tasks};
use compare::bench::{Invocation, memory, requests};
use compare::cell::process::RUNTIME_SETTINGS;
use compare::limits;
use compare::output::{complain, print};
use compare::plan::Kind;
use compare::project::Project;
use compare::servers::Servers;
use compare::session::{self, Part, Session};
use compare::suite::{DEFAULT_PATIENCE, Suite};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use record::{Extent, Writer};
use workload::{Contestant, Settings};

/// Our own arguments, while criterion reads the others.
const OWN: &str = "COMPARE_BENCH_OWN_ARGUMENTS";

const GROUP: &str = "timer-1ms";

fn main() -> ExitCode {
    limits::raise_descriptors();
    let result = match std::env::var(OWN) {
        Ok(own) => run(&own),
        Err(_) => leave_criterion_its_own(),
    };
    result.unwrap_or_else(|error| {
        complain(format_args!("throughput: {error:#}"));
        ExitCode::from(2)
    })
}

/// Starts this program again, in the same process, with criterion's arguments alone. Criterion reads
/// the process's arguments itself, and refuses ours.
fn leave_criterion_its_own() -> anyhow::Result<ExitCode> {
    let invocation = Invocation::parse(std::env::args().skip(1))?;
    if let Some(help) = invocation.help() {
        // Of two targets, the other one prints it.
        if session::is_only_target(Part::Throughput) {
            print(help);
        }
        return Ok(ExitCode::SUCCESS);
    }
    memory::chosen(&invocation)?;
    let own: Vec<_> =
        invocation.own().into_iter().filter_map(|own| own.into_string().ok()).collect();
    let mut again = Command::new(std::env::current_exe()?);
    again.args(&invocation.foreign).env(OWN, own.join("\n"));
    for setting in RUNTIME_SETTINGS {
        again.env_remove(setting);
    }
    #[cfg(unix)]
    return Err(std::os::unix::process::CommandExt::exec(&mut again))
        .context("this program cannot be started again");
    #[cfg(not(unix))]
    Ok(if again.status()?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How long criterion takes for each combination.
struct Pace {
    samples: usize,
    warm_up: Duration,
    measurement: Duration,
}

impl Pace {
    fn of(extent: Extent) -> Self {
        let (samples, warm_up_ms, measurement_ms) = match extent {
            Extent::Quick => (10, 50, 150),
            Extent::Full | Extent::Partial => (10, 200, 500),
            Extent::Thorough => (20, 500, 2_000),
        };
        Self {
            samples,
            warm_up: Duration::from_millis(warm_up_ms),
            measurement: Duration::from_millis(measurement_ms),
        }
    }
}

fn run(own: &str) -> anyhow::Result<ExitCode> {
    let arguments = own.lines().map(str::to_owned).chain(std::env::args().skip(1));
    let invocation = Invocation::parse(arguments)?;
    let is_bench = invocation.is_bench() && !invocation.is_list();
    let contestants = memory::chosen(&Invocation { foreign: Vec::new(), ..invocation.clone() })?;

    let mut record = if is_bench { Some(Recording::begin(&invocation)?) } else { None };
    let pace = Pace::of(invocation.sizes());
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(pace.samples)
        .nresamples(10_000)
        .warm_up_time(pace.warm_up)
        .measurement_time(pace.measurement)
        .configure_from_args();
    let tasks = tasks(&invocation);

    let mut failures = 0;
    let mut group = criterion.benchmark_group(GROUP);
    group.sampling_mode(SamplingMode::Flat);
    for contestant in contestants.iter().filter(|c| Id::new(c.id().as_str()).is_compared()) {
        let mut instance = contestant.start(&Settings::default());
        for &tasks in tasks {
            let id = BenchmarkId::new(contestant.id().as_str(), tasks);
            if !invocation.wants(&format!("{GROUP}/{}/{tasks}", contestant.id())) {
                continue;
            }
            let mut combination = Combination::timers(contestant.as_ref(), tasks);
            match &mut instance {
                Err(refusal) => combination.fail(refusal.to_string()),
                Ok(instance) if !combination.is_floor() => {
                    group.throughput(Throughput::Elements(u64::from(tasks)));
                    group.bench_function(id, |bencher| {
                        bencher.iter_custom(|waves| combination.waves(instance.as_mut(), waves));
                    });
                }
                Ok(_) => {}
            }
            if !keep(combination, pace.samples, record.as_mut())? {
                failures += 1;
                // What was left running would get into the next measurement.
                break;
            }
        }
    }
    group.finish();
    criterion.final_summary();
    failures += time_requests(&invocation, &contestants, record.as_mut())?;
    if let Some(record) = record {
        failures += record.complete()?;
    }
    Ok(if failures > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Times waves of requests, and says how many combinations failed.
fn time_requests(
    invocation: &Invocation,
    contestants: &[Box<dyn Contestant>],
    mut record: Option<&mut Recording>,
) -> anyhow::Result<usize> {
    if invocation.is_list() {
        requests::names(invocation, contestants)
            .for_each(|name| print(format_args!("{name}: benchmark")));
        return Ok(0);
    }
    if !Kind::Http.is_at_hand() {
        print("requests: not timed, because the delay server is compiled out (--features server)");
        return Ok(0);
    }
    let mut servers = Servers::own(Path::new(env!("CARGO_BIN_EXE_compare")));
    let seed = record.as_ref().map_or_else(|| invocation.seed(), |record| record.seed);
    let mut failures = 0;
    for waves in requests::waves(invocation) {
        for combination in waves.time(invocation, contestants, &mut servers, seed) {
            print(combination.describe());
            if !keep(combination, waves.samples, record.as_deref_mut())? {
                failures += 1;
            }
        }
    }
    Ok(failures)
}

/// Puts what came of a combination into the record, if there is one, and says whether it went well.
fn keep(
    combination: Combination,
    samples: usize,
    record: Option<&mut Recording>,
) -> anyhow::Result<bool> {
    let failure = combination
        .failure()
        .map(|reason| format!("{} × {}: {reason}", combination.contestant(), combination.tasks()));
    if let (Some(record), Some(line)) = (record, combination.into_line(samples)) {
        record.writer.throughput(line).context("the record cannot be written")?;
    }
    if let Some(failure) = &failure {
        complain(format_args!("throughput: {failure}: FAILED"));
    }
    Ok(failure.is_none())
}

/// This target's part of the record.
struct Recording {
    session: Session,
    writer: Writer,
    seed: u64,
}

impl Recording {
    fn begin(invocation: &Invocation) -> anyhow::Result<Self> {
        let extent = invocation.extent();
        let session = Session::open(Project::find()?, extent, invocation.replaces_results())?;
        let program = std::env::current_exe()?;
        let suite = Suite::new(&program, extent, invocation.seed(), DEFAULT_PATIENCE);
        let path = session.begin(Part::Throughput);
        let writer = Writer::create(&path, suite.description().clone())
            .with_context(|| format!("record {} cannot be written", path.display()))?;
        Ok(Self { session, writer, seed: suite.description().seed })
    }

    /// Publishes, and says how many cells of the other part failed.
    fn complete(self) -> anyhow::Result<usize> {
        drop(self.writer);
        let published = self.session.complete(Part::Throughput)?;
        published.show(Part::Throughput);
        let failed = |missing: &&Missing| missing.why == Why::Failed;
        Ok(published
            .analysis
            .missing
            .iter()
            .filter(failed)
            .map(|missing| missing.cells as usize)
            .sum())
    }
}
