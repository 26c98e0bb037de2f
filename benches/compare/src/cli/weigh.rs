//! `compare weigh`: what one more connection costs a server.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Duration;

use analysis::Analysis;
use analysis::weighing::Server;
use anyhow::{Context, bail};
use record::{
    Extent, Held, Hold, Line, Record, Unfinished, Weighing, Writer, differences, read_file,
};
use report::format;
use report::render::markdown::{self, Place};
use report::weighing::{self, document};
use workload::quantity::parse_count;

use super::destination::record_path;
use super::heading;
use super::run::exit_code;
use super::selection::seed_from_clock;
use crate::interrupt;
use crate::meter::cgroup;
use crate::output::{complain, print, print_document, print_json, print_path};
use crate::project::Project;
use crate::scope;
use crate::suite::{DEFAULT_PATIENCE, Suite, Tally, unwritable};
use crate::units;
use crate::weigh::address::Address;
use crate::weigh::process::Plan;
use crate::weigh::request::request;
use crate::weigh::server::Target;

/// What to show under `compare weigh --help`.
pub const EXAMPLES: &str = "\
Examples:
  compare weigh --connect 127.0.0.1:8000 --connections 0,2k -- python3 -m http.server
  compare weigh --connect 127.0.0.1:8080 --hold idle,keep-alive -- ./my-server
  compare weigh --connect unix:/tmp/a.sock --memory 512MiB -- ./my-server
  compare weigh --connect 127.0.0.1:80 --systemd-unit nginx
  compare weigh --connect 127.0.0.1:8080 --record before.jsonl -- ./my-server
  compare diff before.jsonl after.jsonl --fail-on-regression 5%
  compare report --record after.jsonl --open

Ends with 0 if there is a figure, also where a limit stopped it, with 1 if not,
with 2 if an option is wrong or the server did not come to listen, and with
130 if it was interrupted.";

/// What the options of a server stand under in the help.
const SERVER: &str = "The server";

/// What the options of connections stand under in the help.
const CONNECTIONS: &str = "Its connections";

/// How many processes of a server are weighed at least and at most if nothing else is said. One that collects
/// garbage at moments of its own weighs something else in each process.
const REPEATS: [u32; 2] = [3, 9];

/// The part of a figure that its interval may be wide to either side before another process is weighed.
const NARROW: f64 = 0.01;

/// The longest name of a server, in bytes.
const LONGEST_NAME: usize = 60;

/// The most bytes of a file that each connection sends.
const MOST_BYTES: u64 = 64 << 10;

/// What `compare weigh` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the server listens: 127.0.0.1:PORT, localhost:PORT, [::1]:PORT or unix:PATH
    #[arg(long, value_name = "ADDRESS", help_heading = SERVER)]
    connect: Address,
    #[command(flatten)]
    target: TargetArgs,
    /// What it is called in the record [default: the program's name]
    #[arg(long, value_name = "NAME", help_heading = SERVER)]
    name: Option<String>,
    /// What each connection does, one or more of: idle, keep-alive (one whole answer by HTTP/1.1, then nothing),
    /// waiting (for that answer), file:PATH (sends the bytes of that file)
    #[arg(long, value_name = "WHAT", value_delimiter = ',', default_value = "idle", value_parser = parse_hold, help_heading = CONNECTIONS)]
    hold: Vec<HoldArg>,
    /// How many are held, step by step, rising, such as 0,500,2k,5k [default: up to 50k, as far as limits and half
    /// of the free memory allow; no step begins after 20 seconds]
    #[arg(long, value_name = "COUNTS", value_delimiter = ',', value_parser = parse_step, allow_hyphen_values = true, help_heading = CONNECTIONS)]
    connections: Vec<u64>,
    /// What `keep-alive` and `waiting` ask for
    #[arg(long, value_name = "PATH", default_value = "/", help_heading = CONNECTIONS)]
    path: String,
    /// Also say how many connections fit in this much memory, such as 512MiB
    #[arg(long, value_name = "SIZE", value_parser = units::parse_size, allow_hyphen_values = true, help_heading = CONNECTIONS)]
    memory: Option<u64>,
    /// How many processes of the server are weighed, each started afresh [default: 3, and up to 9 until the
    /// figure is within 1 %]
    #[arg(long, value_name = "COUNT", value_parser = parse_count, allow_hyphen_values = true, help_heading = heading::HOW)]
    repeats: Option<u32>,
    /// How long the server may take to listen, or may go without progress
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = units::parse_duration, allow_hyphen_values = true, help_heading = heading::HOW)]
    patience: Duration,
    /// Do not start again in a systemd scope where only that gives a control group
    #[arg(long, help_heading = heading::HOW)]
    no_scope: bool,
    /// Where the record goes [default: target/compare/weigh/record.jsonl, which is replaced; outside of a
    /// checkout a new file whose name is printed]
    #[arg(long, value_name = "FILE", help_heading = heading::RECORD)]
    record: Option<PathBuf>,
    /// Replace the record if there is one
    #[arg(long, help_heading = heading::RECORD)]
    overwrite: bool,
    /// Add to this record of other servers
    #[arg(long, value_name = "FILE", conflicts_with_all = ["record", "overwrite"], help_heading = heading::RECORD)]
    append: Option<PathBuf>,
    /// As JSON
    #[arg(long, conflicts_with = "markdown", help_heading = heading::PRINTED)]
    json: bool,
    /// As Markdown
    #[arg(long, help_heading = heading::PRINTED)]
    markdown: bool,
}

/// What is weighed.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct TargetArgs {
    /// A process that runs already, with those that it started
    #[arg(long, value_name = "PID", value_parser = parse_pid, allow_hyphen_values = true, help_heading = SERVER)]
    pid: Option<u32>,
    /// A unit of systemd that runs already
    #[arg(long, value_name = "UNIT", help_heading = SERVER)]
    systemd_unit: Option<String>,
    /// A control group that the server is alone in: its folder, or its path
    #[arg(long, value_name = "GROUP", help_heading = SERVER)]
    cgroup: Option<String>,
    /// A program to start, with its arguments
    #[arg(last = true, value_name = "COMMAND", help_heading = SERVER)]
    command: Vec<String>,
}

/// What connections do, and the file with what they send.
#[derive(Clone, Debug)]
struct HoldArg(Hold, Option<PathBuf>);

/// Weighs, and prints what was weighed.
///
/// # Errors
/// If an argument does not fit another, or the server does not come to accept connections. Nothing is
/// written then.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let target = args.target.get();
    args.check(&target)?;
    let holds = args.holds()?;
    scope::enter(args.no_scope);
    let name = args.name.clone().unwrap_or_else(|| target.name());
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let suite = Suite::new(&program, Extent::Partial, seed_from_clock(), DEFAULT_PATIENCE);
    let description = suite.description();
    let cgroups = cgroup::of_this_process();
    let stop = interrupt::listen()?;
    let plan = Plan {
        target: &target,
        name: &name,
        address: &args.connect,
        cgroups: cgroups.as_ref().map_err(String::as_str),
        patience: args.patience,
        stop,
    };
    let path = match &args.append {
        Some(path) => path.clone(),
        None => args.record_path()?,
    };
    let mut tally = weigh_all(args, &plan, &holds, &path, description)?;
    let is_kept = tally.cells() > 0;
    if tally.interrupted {
        let kept = if is_kept { "; what was weighed is kept" } else { "" };
        complain(format_args!("compare: interrupted{kept}"));
    }
    if is_kept && !show(args, &path, &name)? {
        tally.failed += 1;
    }
    Ok(exit_code(tally))
}

/// Weighs a process of the server for each repeat and each way to hold a connection, and writes them into the
/// record, which is made when the first of them accepts.
fn weigh_all(
    args: &Args,
    plan: &Plan<'_>,
    holds: &[(Hold, Vec<u8>)],
    path: &Path,
    description: &record::Run,
) -> anyhow::Result<Tally> {
    let is_attached = plan.target.attached().is_some();
    let [least, most] = match args.repeats {
        _ if is_attached => [1, 1],
        Some(repeats) => [repeats, repeats],
        None => REPEATS,
    };
    let mut steps = vec![args.connections.clone(); holds.len()];
    let mut record: Option<Writer> = None;
    let mut tally = Tally::default();
    let mut weighed = vec![Record::of(description.clone()); holds.len()];
    let is_free = args.connections.is_empty();
    let each = (0..most).flat_map(|repeat| holds.iter().enumerate().map(move |of| (repeat, of)));
    for (repeat, (nth, (hold, bytes))) in each {
        let done = &weighed[nth];
        let asked = if is_free && repeat == 0 { 2 } else { steps[nth].len() };
        // What held none at first will hold none again.
        if asked < 2 || repeat >= least && is_narrow(done) {
            continue;
        }
        let server = match plan.begin() {
            Ok(server) => server,
            Err(_) if plan.stop.load(Ordering::SeqCst) => {
                tally.interrupted = true;
                break;
            }
            Err(error) if record.is_none() => return Err(error),
            Err(error) => {
                complain(format_args!("compare: {error:#}"));
                tally.failed += 1;
                break;
            }
        };
        let to = match &mut record {
            Some(writer) => writer,
            None => record.insert(writer(args, path, description, plan)?),
        };
        let of = if repeat < least { format!("of {least}") } else { format!("of up to {most}") };
        let said = format!("{}, {}, process {} {of}", plan.name, hold.name(), repeat + 1);
        let mut first = None;
        let (weighing, was_interrupted) =
            plan.weigh(server, *hold, bytes, [repeat, least], &mut steps[nth], |held| {
                let progress = progress(first.get_or_insert(*held), held);
                complain(format_args!("compare: {said}: {progress}"));
            });
        if let Some(reason) = &weighing.reason {
            complain(format_args!("compare: {said}: {reason}"));
        }
        tally.count(weighing.status);
        tally.interrupted |= was_interrupted;
        weighed[nth].weighings.push(weighing.clone());
        let line = Line::Weighing(Box::new(weighing));
        to.append(&line).with_context(|| unwritable(path))?;
        if was_interrupted {
            break;
        }
    }
    Ok(tally)
}

/// Whether another process would hardly change the figure.
fn is_narrow(weighed: &Record) -> bool {
    let width = |server: &Server| server.basis()?.bytes.relative_half_width();
    analysis::weighing::of(weighed).iter().filter_map(width).all(|width| width <= NARROW)
}

/// Prints what the record says. Whether the server of this name has a figure of each hold.
fn show(args: &Args, path: &Path, name: &str) -> anyhow::Result<bool> {
    let analysis = Analysis::of(&read_file(path)?, None);
    let document = document(&analysis, args.memory);
    if args.json || args.markdown {
        complain(format_args!("compare: the record is {}", path.display()));
    }
    if args.json {
        print_json(&weighing::json(&analysis.servers, args.memory))?;
    } else if args.markdown {
        print(markdown::render(&document, &Place { results: "", docs: "" }).trim_end());
    } else {
        print_document(&document, false);
        print("");
        print_path(path);
    }
    let mut own = analysis.servers.iter().filter(|server| server.server == name);
    Ok(own.all(|server| server.basis().is_some()))
}

impl TargetArgs {
    fn get(&self) -> Target {
        let Self { pid, systemd_unit, cgroup, command } = self;
        match (pid, systemd_unit, cgroup) {
            (Some(pid), ..) => Target::Pid(*pid),
            (_, Some(unit), _) => Target::Unit(unit.clone()),
            (_, _, Some(group)) => Target::Group(group.clone()),
            _ => Target::Command(command.clone()),
        }
    }
}

impl Args {
    fn check(&self, target: &Target) -> anyhow::Result<()> {
        if !self.connections.is_empty() && !self.connections.is_sorted_by(|one, next| one < next) {
            bail!(
                "`--connections` must rise, such as 0,500,2k,5k: a server keeps what it once took"
            );
        }
        if self.connections.len() == 1 {
            bail!(
                "`--connections` needs two counts at least, such as 0,500,2k,5k: a slope has two ends"
            );
        }
        let mut holds: Vec<_> = self.hold.iter().map(|hold| hold.0).collect();
        holds.sort_unstable();
        if holds.windows(2).any(|pair| pair[0] == pair[1]) {
            bail!("`--hold` has the same twice: give each once, such as idle,keep-alive");
        }
        if self.name.as_ref().is_some_and(|name| !(1..=LONGEST_NAME).contains(&name.trim().len())) {
            bail!("`--name` has 1 to {LONGEST_NAME} bytes");
        }
        if self.memory == Some(0) {
            bail!("`--memory 0` holds none: give a size such as 512MiB");
        }
        if target.attached().is_some()
            && (self.hold.len() > 1 || self.repeats.is_some_and(|of| of > 1))
        {
            bail!(
                "what runs already cannot be started afresh, and what it keeps of one weighing hides in the \
                 next: give one `--hold` and no `--repeats`, or let it be started with `-- COMMAND`"
            );
        }
        if !self.path.starts_with('/')
            || self.path.contains(|c: char| c.is_whitespace() || c.is_control())
        {
            bail!("`{}` is no path to ask for: give one such as /wait", self.path.escape_debug());
        }
        Ok(())
    }

    /// What connections do, and what they send for it.
    fn holds(&self) -> anyhow::Result<Vec<(Hold, Vec<u8>)>> {
        let asked = || request(&self.connect.to_string(), &self.path);
        let one = |HoldArg(hold, file): &HoldArg| {
            let bytes = match (hold, file) {
                (Hold::Idle, _) => Vec::new(),
                (_, None) => asked(),
                (_, Some(file)) => {
                    let unreadable = || format!("{} cannot be read", file.display());
                    let about = std::fs::metadata(file).with_context(unreadable)?;
                    if !about.is_file() || !(1..=MOST_BYTES).contains(&about.len()) {
                        let path = file.display();
                        bail!("{path} is no ordinary file of 1 to {MOST_BYTES} bytes");
                    }
                    std::fs::read(file).with_context(unreadable)?
                }
            };
            Ok((*hold, bytes))
        };
        self.hold.iter().map(one).collect()
    }

    /// Where the record goes: outside of a checkout, into a file of its own among the temporary ones.
    fn record_path(&self) -> anyhow::Result<PathBuf> {
        if self.record.is_some() || Project::find().is_ok() {
            return record_path(self.record.as_deref(), "weigh", self.overwrite);
        }
        let file = tempfile::Builder::new().prefix("weigh-").suffix(".jsonl").tempfile()?;
        // It is made when there is something to write.
        Ok(file.into_temp_path().to_path_buf())
    }
}

/// A record that is new, or that was made on the same setup.
fn writer(
    args: &Args,
    path: &Path,
    description: &record::Run,
    plan: &Plan<'_>,
) -> anyhow::Result<Writer> {
    if args.append.is_none() || !path.exists() {
        return Writer::create(path, description.clone()).with_context(|| unwritable(path));
    }
    let unfinished = Unfinished::open(path)?;
    let there = unfinished.record();
    if !there.cells.is_empty() {
        bail!("{} is a record of contestants; give one of servers, or a new file", path.display());
    }
    let attached = plan.target.attached();
    let is_other = |line: &Weighing| {
        line.server == plan.name
            && (line.command.as_slice(), &line.attached) != (plan.target.command(), &attached)
    };
    if there.weighings.iter().any(is_other) {
        bail!(
            "{} has another server that is called {}: give this one a `--name`",
            path.display(),
            plan.name
        );
    }
    if there.truncated {
        complain(format_args!(
            "compare: the last line of {} was cut off, and is left out",
            path.display()
        ));
    }
    let differences = differences(&there.run, description);
    if !differences.is_empty() {
        let said: Vec<String> = differences.iter().map(ToString::to_string).collect();
        bail!("{} was made on another setup: {}", path.display(), said.join("; "));
    }
    unfinished.go_on().with_context(|| unwritable(path))
}

/// What a step says on standard error.
fn progress(first: &Held, held: &Held) -> String {
    let more = held.connections.checked_sub(first.connections).filter(|more| *more > 0);
    let each =
        more.zip(held.known_bytes().zip(first.known_bytes())).map(|(more, (now, before))| {
            format!(", {} each", format::bytes((now as f64 - before as f64) / more as f64))
        });
    format!("{} held{}", format::counted(held.connections, "connection"), each.unwrap_or_default())
}

fn parse_step(text: &str) -> Result<u64, String> {
    let none = (text == "0").then_some(0);
    none.or_else(|| parse_count(text).ok().map(u64::from)).ok_or_else(|| {
        let most = u32::MAX;
        format!(
            "`{text}` is not a number of connections: give whole and rising ones up to {most}, such as 0,500,2k,5k"
        )
    })
}

fn parse_pid(text: &str) -> Result<u32, String> {
    let pid = text.parse().ok().filter(|pid| *pid > 0);
    pid.ok_or_else(|| format!("`{text}` is no number of a process: `ps` has them"))
}

fn parse_hold(text: &str) -> Result<HoldArg, String> {
    let named = [Hold::Idle, Hold::KeepAlive, Hold::Waiting];
    let file = text.strip_prefix("file:").filter(|path| !path.is_empty());
    let named = named.into_iter().find(|hold| hold.name() == text).map(|hold| HoldArg(hold, None));
    named.or_else(|| Some(HoldArg(Hold::File, Some(file?.into())))).ok_or_else(|| {
        format!(
            "`{text}` is not what a connection does: give idle, keep-alive, waiting or file:PATH"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_holds_are_read_as_they_are_written() {
        assert_eq!((parse_step("0"), parse_step("2k")), (Ok(0), Ok(2_000)));
        for wrong in ["", "-1", "many", "1.5"] {
            assert!(parse_step(wrong).unwrap_err().contains(&format!("`{wrong}`")), "{wrong}");
        }
        assert_eq!(parse_hold("keep-alive").unwrap().0, Hold::KeepAlive);
        assert_eq!(parse_hold("file:/a").unwrap().1, Some("/a".into()));
        for wrong in ["", "file:", "busy"] {
            assert!(parse_hold(wrong).unwrap_err().contains(&format!("`{wrong}`")), "{wrong}");
        }
    }
}
