//! `compare run`: some cells, as asked for.

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use workload::{Arrival, StateSize, Workload};

use crate::cli::http::HttpArgs;
use crate::interrupt;
use crate::output::{complain, print};
use crate::plan::{self, Kind, Step};
use crate::project::{Project, RECORD};
use crate::record::{Build, Extent, read_file};
use crate::registry;
use crate::report;
use crate::suite::{Suite, Tally};
use crate::units;

/// What to show under `compare run --help`.
pub const EXAMPLES: &str = "\
Examples:
  compare run --only 'coroutines/*,callbacks/*' --tasks 10k,100k,1M --repeats 3
  compare run --only threads/per-task --tasks 40k        where is the wall?
  compare run --only coroutines/smol --tasks 10M --record big.jsonl
  compare run --only 'coroutines/*' --state 8KiB --waits 3 --json
  compare run --only '*/tokio,threads/*' --arrival rate:5k/s --tasks 2k --wait 100ms
  compare run --only 'coroutines/*' --herd --tasks 10k --repeats 5
  compare run --workload http --only '*/smol,threads/*' --tasks 100,1k --wait 200ms --bytes 4KiB
  compare run --workload http --server http://192.0.2.7:8080 --only coroutines/tokio --tasks 1k
  compare run --workload transfer --tasks 32 --bytes 256KiB --rate-limit 20MiB";

/// More repeats than this are a slip of the finger.
const MOST_REPEATS: u32 = 1000;

/// What `compare run` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only ids that match one of these globs, such as 'coroutines/*' [default: all]
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    only: Vec<String>,
    /// What each task waits for
    #[arg(long, value_enum, default_value_t = Kind::Timer)]
    workload: Kind,
    #[command(flatten)]
    http: HttpArgs,
    /// How many tasks: 1000, 10k, 10_000, 1M, or several with commas [default: those of the full run]
    #[arg(long, value_name = "COUNT", value_delimiter = ',', value_parser = units::parse_count, allow_hyphen_values = true)]
    tasks: Vec<u32>,
    /// How long each wait lasts at least, such as 250ms [default: long enough to weigh in]
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, allow_hyphen_values = true)]
    wait: Option<Duration>,
    /// By how much the first task waits longer than the last one
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, allow_hyphen_values = true)]
    spread: Option<Duration>,
    /// When tasks start: all at once (burst), or at a rate such as rate:5k/s, and then a task is late
    /// from when it was to start [default: burst]
    #[arg(long, value_name = "ARRIVAL", value_parser = units::parse_arrival, allow_hyphen_values = true)]
    arrival: Option<Arrival>,
    /// Give all tasks one deadline, instead of each the end of its own wait
    #[arg(long, conflicts_with_all = ["spread", "arrival"])]
    herd: bool,
    /// What each task keeps alive while it waits: 0, 64, 1KiB or 8KiB
    #[arg(long, value_name = "SIZE", default_value = "0", allow_hyphen_values = true)]
    state: StateSize,
    /// How many times each task waits
    #[arg(long, value_name = "COUNT", default_value = "1", value_parser = units::parse_count, allow_hyphen_values = true)]
    waits: u32,
    /// How often each cell is run, at most 1000 times [default: 1, or as in the full run]
    #[arg(long, value_name = "COUNT", value_parser = parse_repeats, allow_hyphen_values = true)]
    repeats: Option<u32>,
    /// How many workers a pool has [default: as many as there are tasks]
    #[arg(long, value_name = "COUNT", value_parser = units::parse_count, allow_hyphen_values = true)]
    pool_workers: Option<u32>,
    /// Do not count heaps in cells of their own
    #[arg(long)]
    no_heap: bool,
    /// The seed of the cells' order and of the intervals [default: from the clock]
    #[arg(long, value_parser = parse_seed, allow_hyphen_values = true)]
    seed: Option<u64>,
    /// How long a cell may be silent beyond its waits before it is killed
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, default_value = "60s", allow_hyphen_values = true)]
    patience: Duration,
    /// Where the record goes [default: target/compare/run/record.jsonl]
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Replace the record if there is one
    #[arg(long)]
    overwrite: bool,
    /// Print the record instead of tables
    #[arg(long)]
    json: bool,
}

/// Runs the cells.
///
/// # Errors
/// If a pattern matches nobody or the record cannot be written. Nothing has been run then.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let contestants = registry::select(&args.only)?;
    let path = record_path(args)?;
    let waits = waits_per_task(args.waits)?;
    let workload = args
        .http
        .workload(args.workload, args.wait)?
        .with_duration(args.wait.unwrap_or(Duration::ZERO))
        .with_spread(args.spread.unwrap_or(Duration::ZERO))
        .with_state(args.state)
        .with_waits(waits)
        .with_arrival(args.arrival.unwrap_or_default());
    if args.herd && workload.asks().is_some() {
        bail!("`--herd` is for --workload timer: when a request is answered is up to the server");
    }
    let workload = if args.herd { workload.as_herd() } else { workload };
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let seed = args.seed.unwrap_or_else(seed_from_clock);
    let mut suite = Suite::new(&program, Extent::Partial, seed, args.patience);
    if let Some(servers) = args.http.servers()? {
        suite = suite.with_servers(servers);
    }
    // When tasks start and end is no matter of the heap.
    let wants_heap = !args.no_heap && !args.herd && args.arrival.is_none();
    let count_heap = wants_heap && suite.can_count();
    if wants_heap && !suite.can_count() {
        complain(format_args!(
            "heaps are not counted: `cargo build --release -p compare` makes the counting build"
        ));
    }

    let mut cells = Vec::new();
    for contestant in &contestants {
        let steps = steps(args, contestant.as_ref(), count_heap);
        cells.extend(plan::cells(
            contestant.as_ref(),
            &steps,
            workload,
            args.wait.is_some() || !args.workload.waits_to_be_weighed(),
            args.pool_workers,
        ));
    }
    let tally = suite.run(cells, &path, interrupt::listen()?)?;

    if args.json {
        print(std::fs::read_to_string(&path)?.trim_end());
    } else {
        print(report::terminal(&read_file(&path)?, report::terminal_width()));
        print(path.display());
    }
    Ok(exit_code(tally))
}

/// How a run that went this way ends.
pub fn exit_code(tally: Tally) -> ExitCode {
    if tally.interrupted {
        ExitCode::from(130)
    } else if tally.failed > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// A seed for a run that was not given one.
pub fn seed_from_clock() -> u64 {
    // Seconds: short enough to be typed again, and no two runs start in the same one.
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn steps(args: &Args, contestant: &dyn workload::Contestant, count_heap: bool) -> Vec<Step> {
    if args.tasks.is_empty() {
        let mut steps = plan::default_steps(contestant, args.workload, Extent::Full);
        steps.retain(|step| step.build == Build::Timed || count_heap);
        if let Some(repeats) = args.repeats {
            for step in steps.iter_mut().filter(|step| step.build == Build::Timed) {
                step.repeats = repeats;
            }
        }
        return steps;
    }
    let mut steps = Vec::new();
    for &tasks in &args.tasks {
        steps.push(Step { tasks, repeats: args.repeats.unwrap_or(1), build: Build::Timed });
        if count_heap {
            steps.push(Step { tasks, repeats: 1, build: Build::Counting });
        }
    }
    steps
}

fn parse_repeats(text: &str) -> Result<u32, String> {
    let repeats = units::parse_count(text).map_err(|error| error.to_string())?;
    if repeats > MOST_REPEATS {
        return Err(format!("`{text}` is too many: a cell is run from 1 to {MOST_REPEATS} times"));
    }
    Ok(repeats)
}

/// Reads a seed.
///
/// # Errors
/// If it is not a whole number of 64 bits. The error says what was given and what is allowed.
pub fn parse_seed(text: &str) -> Result<u64, String> {
    let problem = |_| format!("`{text}` is not a seed: give a whole number from 0 to {}", u64::MAX);
    text.parse().map_err(problem)
}

fn waits_per_task(given: u32) -> anyhow::Result<NonZeroU16> {
    let most = Workload::MOST_WAITS;
    u16::try_from(given).ok().filter(|waits| *waits <= most).and_then(NonZeroU16::new).with_context(
        || format!("`--waits {given}` is too many: a task has from 1 to {most} waits"),
    )
}

fn record_path(args: &Args) -> anyhow::Result<PathBuf> {
    let Some(path) = &args.record else {
        return Ok(Project::find()?.scratch().join("run").join(RECORD));
    };
    if path.is_dir() {
        bail!("{} is a folder; give a file for the record", path.display());
    }
    if path.exists() && !path.is_file() {
        bail!("{} is no ordinary file; give another one for the record", path.display());
    }
    if path.exists() && !args.overwrite {
        bail!("{} exists; give another file, or --overwrite to replace it", path.display());
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if folder.exists() && !folder.is_dir() {
        bail!("{} is not a folder; give another file for the record", folder.display());
    }
    Ok(path.clone())
}
