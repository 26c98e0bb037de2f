//! The options that say which cells are run and how, and the cells that they make.

use std::ffi::OsStr;
use std::num::NonZeroU16;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args as _};
use workload::{Arrival, Ending, StateSize, Workload};

use super::elsewhere::ElsewhereArgs;
use super::heading;
use super::http::HttpArgs;
use super::mistake::one_line;
use crate::cell::CellSpec;
use crate::contestant::Contestant;
use crate::environment::{self, Environment};
use crate::output::complain;
use crate::plan::{self, Kind, Step};
use crate::registry;
use crate::suite::Suite;
use crate::units;
use protocol::MOST_TRACED;
use record::{Build, Extent};

/// Why heaps are not counted, and what helps.
pub(super) const NO_HEAP: &str = "`cargo build --release -p compare` makes the counting build";

/// More repeats than this are a slip of the finger.
const MOST_REPEATS: u32 = 1000;

/// More waves than this in one process tell no more, and a line of the record must hold them all.
const MOST_RATE_WAVES: u32 = 1_000;

/// More rounds than this take a task seconds.
const MOST_ROUNDS: u32 = 1_000_000_000;

/// The options that say which cells are run and how. A record keeps them, so that a killed run can
/// be resumed.
#[derive(Debug, clap::Args)]
pub(super) struct Selection {
    /// Only ids that match one of these globs, such as 'coroutines/*' [default: all]
    #[arg(long, value_name = "GLOB", help_heading = heading::RUN)]
    only: Vec<String>,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    /// Run the contestants in this environment, such as LD_PRELOAD=libjemalloc.so.2; may be given several
    /// times. Each is a variant then, `ID{NAME=VALUE}`. As they are, they run without --env alone
    #[arg(long, value_name = "NAME=VALUE", value_parser = environment::parse, allow_hyphen_values = true, help_heading = heading::RUN)]
    env: Vec<(String, String)>,
    /// What each task waits for
    #[arg(long, value_enum, default_value_t = Kind::Timer, help_heading = heading::RUN)]
    workload: Kind,
    /// How many tasks: 1000, 10k, 10_000, 1M, or several with commas [default: those of the full run]
    #[arg(long, value_name = "COUNT", value_delimiter = ',', value_parser = units::parse_count, allow_hyphen_values = true, help_heading = heading::RUN)]
    tasks: Vec<u32>,
    /// How long each wait lasts at least, such as 250ms [default: long enough to weigh in]
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, allow_hyphen_values = true, help_heading = heading::TASK)]
    wait: Option<Duration>,
    /// By how much the first task waits longer than the last one
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, allow_hyphen_values = true, help_heading = heading::TASK)]
    spread: Option<Duration>,
    /// When tasks start: all at once (burst), or at a rate such as rate:5k/s, and then a task is late
    /// from when it was to start [default: burst]
    #[arg(long, value_name = "ARRIVAL", value_parser = str::parse::<Arrival>, allow_hyphen_values = true, help_heading = heading::TASK)]
    arrival: Option<Arrival>,
    /// Give all tasks one deadline, instead of each the end of its own wait
    #[arg(long, alias = "herd", conflicts_with_all = ["spread", "arrival"], help_heading = heading::TASK)]
    synchronized_wakeup: bool,
    /// What each task keeps alive while it waits: 0, 64, or 1, 2, 4, 8, 16, 32 or 64 KiB (1KiB)
    #[arg(long, value_name = "SIZE", default_value = "0", allow_hyphen_values = true, help_heading = heading::TASK)]
    state: StateSize,
    /// How much stack each task uses and gives back before it waits, at most 64KiB
    #[arg(long, value_name = "SIZE", default_value = "0", value_parser = parse_depth, allow_hyphen_values = true, help_heading = heading::TASK)]
    depth: u32,
    /// How many times each task waits [default: 1, or 500 in a relay]
    #[arg(long, value_name = "COUNT", value_parser = parse_waits, allow_hyphen_values = true, help_heading = heading::TASK)]
    waits: Option<NonZeroU16>,
    /// How many of the timeouts of --workload timeout are cancelled [default: 99%]. A timeout comes after fifty
    /// times as long as its operation
    #[arg(long, value_name = "SHARE", value_parser = parse_share, allow_hyphen_values = true, help_heading = heading::TASK)]
    cancel: Option<u16>,
    /// Keep each process on one core
    #[arg(long, help_heading = heading::HOW)]
    one_core: bool,
    /// How many rounds of a hash each task computes after each wait, such as 1M
    #[arg(long, value_name = "ROUNDS", default_value = "0", value_parser = parse_rounds, allow_hyphen_values = true, help_heading = heading::TASK)]
    jobs: u32,
    /// How every second task ends: returns, panics, cancelled, or times-out with --workload http
    #[arg(long, value_name = "ENDING", default_value = "returns", value_parser = str::parse::<Ending>, allow_hyphen_values = true, help_heading = heading::TASK)]
    ending: Ending,
    /// Note what each of at most 64 tasks does, when, and on which thread, instead of weighing them; three
    /// tasks that wait 240, 80 and 160 ms, if nothing else is said
    #[arg(long, conflicts_with = "rate_waves", help_heading = heading::RUN)]
    trace: bool,
    /// How often each cell is run, at most 1000 times [default: 1, or as in the full run]
    #[arg(long, value_name = "COUNT", value_parser = parse_repeats, allow_hyphen_values = true, help_heading = heading::RUN)]
    repeats: Option<u32>,
    /// Show a rate instead of a weight: run all tasks so many times in each process, after a few times to
    /// warm up; timers wait 1 ms then, a server 0 ms, if nothing else is said
    #[arg(long, value_name = "COUNT", value_parser = parse_rate_waves, allow_hyphen_values = true, conflicts_with_all = ["synchronized_wakeup", "arrival"], help_heading = heading::RUN)]
    rate_waves: Option<u32>,
    /// How many workers a pool has [default: as many as there are tasks, or 64 with --rate-waves]
    #[arg(long, value_name = "COUNT", value_parser = units::parse_count, allow_hyphen_values = true, help_heading = heading::TASK)]
    pool_workers: Option<u32>,
    /// Do not count heaps in cells of their own
    #[arg(long, help_heading = heading::HOW)]
    no_heap: bool,
    /// The seed of the cells' order and of the intervals [default: from the clock]
    #[arg(long, value_parser = parse_seed, allow_hyphen_values = true, help_heading = heading::HOW)]
    seed: Option<u64>,
    /// How long a cell may be silent beyond its waits before it is killed
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, default_value = "60s", allow_hyphen_values = true, help_heading = heading::HOW)]
    pub(super) patience: Duration,
    #[command(flatten)]
    http: HttpArgs,
}

/// A selection, and the options that make it again.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) selection: Selection,
    /// One `--name=value` or `--name` an option, those that were not given left out.
    pub(super) arguments: Vec<String>,
}

/// Cells, and the suite that is ready for them.
pub(super) struct Planned {
    pub(super) suite: Suite,
    pub(super) cells: Vec<CellSpec>,
    /// Whether heaps should be counted and cannot be.
    pub(super) lacks_heap: bool,
}

impl Selection {
    /// How long a wait is if that is not said, as far as it is known before anything has run.
    fn usual_wait(&self) -> Duration {
        match (self.rate_waves, self.workload) {
            (Some(_), Kind::Timer | Kind::Timeout) => plan::rates::WAIT,
            _ => Duration::ZERO,
        }
    }

    /// How many waves show a rate; `None` where tasks are weighed or traced.
    fn waves(&self) -> Option<u32> {
        let is_relay = matches!(self.workload, Kind::Relay | Kind::RelayPipe);
        self.rate_waves.or(is_relay.then_some(plan::relays::WAVES))
    }

    /// The workload of this kind without what all kinds have.
    fn of_kind(&self) -> anyhow::Result<Workload> {
        let workload = self.http.workload(self.workload)?;
        let is_timeout = workload.timeouts.is_some();
        if self.cancel.is_some() && !is_timeout {
            bail!("`--cancel` is for --workload timeout");
        }
        let is_told = self.spread.is_some()
            || self.arrival.is_some()
            || self.trace
            || self.ending != Ending::Returns
            || is_timeout && (self.waits.is_some() || self.state != StateSize::None)
            || workload.is_relay() && (self.wait.is_some() || self.jobs != 0);
        if is_told && (is_timeout || workload.is_relay()) {
            bail!(
                "relays and operations under timeouts start at once and end in their own way: leave out \
                 --spread, --arrival, --trace and --ending, and --waits and --state with timeouts, and \
                 --wait and --jobs in a relay"
            );
        }
        Ok(Workload {
            timeouts: self.cancel.or(workload.timeouts),
            waits_per_task: self.waits.unwrap_or(workload.waits_per_task),
            one_core: self.one_core,
            ..workload
        })
    }

    /// The workload with its trace and with tasks that end as was asked for.
    fn with_ends(&self, workload: Workload) -> anyhow::Result<Workload> {
        let is_http = self.workload == Kind::Http;
        match self.ending {
            Ending::TimesOut if !is_http => {
                bail!("`--ending times-out` is for --workload http: a timer does not come too late")
            }
            Ending::Cancelled if workload.asks().is_some() || self.state != StateSize::None => {
                bail!("`--ending cancelled` is for --workload timer without state")
            }
            _ => {}
        }
        let workload = match self.ending {
            Ending::TimesOut => plan::traces::times_out(workload),
            Ending::Returns => workload,
            ending => workload.with_ending(ending),
        };
        if !self.trace {
            return Ok(workload);
        }
        if let Some(tasks) = self.tasks.iter().find(|tasks| **tasks > MOST_TRACED) {
            bail!("`--tasks {tasks}` is too many for --trace: give from 1 to {MOST_TRACED}");
        }
        let is_told = self.wait.is_none() && self.spread.is_none() && !self.synchronized_wakeup;
        Ok(match is_told {
            true => plan::traces::story(workload),
            false => Workload { trace: true, ..workload },
        })
    }
}

impl Given {
    /// The seed that was given, or one from the clock.
    pub(super) fn seed(&self) -> u64 {
        self.selection.seed.unwrap_or_else(seed_from_clock)
    }

    /// Whether any of these options was given.
    pub(super) fn first(&self) -> Option<&str> {
        self.arguments.first().map(String::as_str)
    }

    /// Looks at the machine and plans the cells.
    ///
    /// # Errors
    /// If a pattern matches no contestant, or options do not fit together.
    pub(super) fn plan(&self, seed: u64) -> anyhow::Result<Planned> {
        let args = &self.selection;
        let environment = Environment::of(&args.env).map_err(|problem| anyhow!(problem))?;
        let mut contestants = registry::select(
            &args.only,
            &args.elsewhere.read(&args.only)?.with_patience(args.patience),
        )?;
        let workload = args
            .of_kind()?
            .with_duration(args.wait.unwrap_or_else(|| args.usual_wait()))
            .with_spread(args.spread.unwrap_or(Duration::ZERO))
            .with_state(args.state)
            .with_depth(args.depth)
            .with_arrival(args.arrival.unwrap_or_default());
        if args.synchronized_wakeup && args.workload != Kind::Timer {
            bail!(
                "`--synchronized-wakeup` is for --workload timer: only timers can all be due at once"
            );
        }
        let workload =
            if args.synchronized_wakeup { workload.with_synchronized_wakeup() } else { workload };
        let workload = args.with_ends(Workload { job_rounds: args.jobs, ..workload })?;
        let program = std::env::current_exe().context("this program does not know where it is")?;
        if !environment.is_empty() {
            contestants = environment.variants(&contestants, &program);
        }
        let mut suite = Suite::new(&program, Extent::Partial, seed, args.patience).of(&contestants);
        if let Some(servers) = args.http.servers()? {
            suite = suite.with_servers(servers);
        }
        // When tasks start and end is no matter of the heap, and only this program has a counting build.
        let wants_heap = !args.no_heap
            && contestants.iter().any(|contestant| contestant.is_own())
            && !args.trace
            && !args.synchronized_wakeup
            && args.arrival.is_none()
            && args.waves().is_none();
        let count_heap = wants_heap && suite.can_count();
        let lacks_heap = wants_heap && !suite.can_count();
        let mut arguments = self.arguments.clone();
        if lacks_heap {
            // A run that goes on with the record is to plan what is planned here.
            arguments.push("--no-heap".into());
        }

        let mut cells = Vec::new();
        for contestant in &contestants {
            if let Some(waves) = args.waves() {
                cells.extend(rate_cells(args, contestant, workload, waves));
                continue;
            }
            let steps = steps(args, contestant, count_heap);
            cells.extend(plan::cells(
                contestant,
                &steps,
                workload,
                args.wait.is_some() || args.trace || !args.workload.waits_to_be_weighed(),
                args.pool_workers,
            ));
        }
        HttpArgs::check_delays(&cells)?;
        Ok(Planned { suite: suite.called_with(arguments), cells, lacks_heap })
    }

    /// Reads what a record keeps.
    pub(super) fn parse(arguments: &[String]) -> Result<Self, String> {
        #[derive(clap::Parser)]
        #[command(no_binary_name = true, disable_help_flag = true)]
        struct Alone {
            #[command(flatten)]
            given: Given,
        }
        let alone = <Alone as clap::Parser>::try_parse_from(arguments);
        alone.map(|alone| alone.given).map_err(|error| one_line(&error.render().to_string()))
    }
}

/// The options of a [`Selection`] that stand on a command line, written out.
fn written(matches: &ArgMatches) -> Vec<String> {
    let options = Selection::augment_args(clap::Command::new("selection"));
    let mut written = Vec::new();
    for option in options.get_arguments() {
        let id = option.get_id().as_str();
        let Some(name) = option.get_long() else { continue };
        if matches.value_source(id) != Some(ValueSource::CommandLine) {
            continue;
        }
        if !option.get_action().takes_values() {
            written.push(format!("--{name}"));
            continue;
        }
        for values in matches.get_raw_occurrences(id).into_iter().flatten() {
            let values: Vec<_> = values.map(OsStr::to_string_lossy).collect();
            written.push(format!("--{name}={}", values.join(",")));
        }
    }
    written
}

impl clap::FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let arguments = written(matches);
        Ok(Self { selection: Selection::from_arg_matches(matches)?, arguments })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for Given {
    fn augment_args(command: clap::Command) -> clap::Command {
        Selection::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Selection::augment_args_for_update(command)
    }
}

impl Planned {
    /// Says if heaps are not counted although that was not asked for.
    pub(super) fn say_what_is_missing(&self) {
        if self.lacks_heap {
            complain(format_args!("heaps are not counted: {NO_HEAP}"));
        }
    }
}

/// A seed for a run that was not given one.
pub(crate) fn seed_from_clock() -> u64 {
    // Seconds: short enough to be typed again, and no two runs start in the same one.
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn steps(args: &Selection, contestant: &'static Contestant, count_heap: bool) -> Vec<Step> {
    // What another program asks its allocator for cannot be counted.
    let count_heap = count_heap && contestant.is_own();
    if args.tasks.is_empty() && args.trace {
        let (tasks, repeats) = (plan::traces::STORY_TASKS, args.repeats.unwrap_or(1));
        return vec![Step { tasks, repeats, build: Build::Timed }];
    }
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
        if count_heap && contestant.is_own() {
            steps.push(Step { tasks, repeats: 1, build: Build::Counting });
        }
    }
    steps
}

/// The cells with so many waves each.
fn rate_cells(
    args: &Selection,
    contestant: &'static Contestant,
    workload: Workload,
    waves: u32,
) -> Vec<CellSpec> {
    let usual = || match args.workload {
        Kind::Relay | Kind::RelayPipe => vec![plan::relays::RING],
        Kind::Timeout => vec![plan::relays::OPERATIONS],
        kind => plan::rates::tasks(kind, Extent::Full),
    };
    let tasks = if args.tasks.is_empty() { usual() } else { args.tasks.clone() };
    let repeats = args.repeats.unwrap_or(1);
    let cells = |tasks| {
        plan::rates::waves(contestant, workload, tasks, repeats, args.pool_workers, Some(waves))
    };
    tasks.into_iter().flat_map(cells).collect()
}

fn parse_rate_waves(text: &str) -> Result<u32, String> {
    match units::parse_count(text).map_err(|error| error.to_string())? {
        waves @ 1..=MOST_RATE_WAVES => Ok(waves),
        _ => Err(format!("`{text}` is too many: a process has from 1 to {MOST_RATE_WAVES} waves")),
    }
}

fn parse_depth(text: &str) -> Result<u32, String> {
    let bytes = units::parse_size(text)?;
    let depth = u32::try_from(bytes).ok().filter(|depth| *depth <= Workload::MOST_DEPTH);
    depth.ok_or_else(|| format!("`{text}` is too much stack: give a size from 0 to 64KiB"))
}

fn parse_repeats(text: &str) -> Result<u32, String> {
    count_up_to(MOST_REPEATS, text)
}

fn parse_rounds(text: &str) -> Result<u32, String> {
    if text == "0" { Ok(0) } else { count_up_to(MOST_ROUNDS, text) }
}

fn parse_share(text: &str) -> Result<u16, String> {
    let part = units::parse_part(text).ok().map(|part| (part * 1_000.0).round());
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1,000")]
    let share = part.filter(|part| *part <= 1_000.0).map(|part| part as u16);
    share.ok_or_else(|| {
        format!("`{text}` is no share: give one from 0% to 100%, such as 99% or 99.9%")
    })
}

fn parse_waits(text: &str) -> Result<NonZeroU16, String> {
    let waits = count_up_to(Workload::MOST_WAITS.into(), text)?;
    NonZeroU16::try_from(u16::try_from(waits).unwrap_or(0)).map_err(|error| error.to_string())
}

fn count_up_to(most: u32, text: &str) -> Result<u32, String> {
    let count = units::parse_count(text).ok().filter(|count| *count <= most);
    count.ok_or_else(|| {
        format!("`{text}` is not a count here: give a whole number from 1 to {most}")
    })
}

/// Reads a seed.
///
/// # Errors
/// If it is not a whole number of 64 bits. The error says what was given and what is allowed.
pub(crate) fn parse_seed(text: &str) -> Result<u64, String> {
    let problem = |_| format!("`{text}` is not a seed: give a whole number from 0 to {}", u64::MAX);
    text.parse().map_err(problem)
}
