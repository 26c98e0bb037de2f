//! `compare run`: some cells, as asked for.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use analysis::Analysis;
use anyhow::{anyhow, bail};
use tempfile::TempDir;

use super::destination::record_path;
use super::heading;
use super::selection::{Given, NO_HEAP};
use super::tables::is_standard;
use crate::interrupt;
use crate::output::{print, print_document, print_path};
use crate::project::RECORD;
use crate::scope;
use crate::suite::Tally;
use record::{Difference, Unfinished, differences, read_file};
use report::render::json;

/// What to show under `compare run --help`.
pub const EXAMPLES: &str = "\
Examples:
  compare run --only 'coroutines/*' --tasks 10k,100k,1M --repeats 3
  compare run --only coroutines/smol --tasks 10M --record big.jsonl
  compare run --only 'coroutines/*' --state 8KiB --waits 3 --json
  compare run --only '*/tokio,threads/*' --depth 16KiB --tasks 100,1k --repeats 3
  compare run --only '*/tokio,threads/*' --arrival rate:5k/s --tasks 2k --wait 100ms
  compare run --only 'coroutines/*' --synchronized-wakeup --tasks 10k --repeats 5
  compare run --env LD_PRELOAD=libjemalloc.so.2 --only '*/tokio' --tasks 10k,100k
  compare run --rate-waves 20 --tasks 100,10k --repeats 5    how many a second?
  compare run --workload relay --one-core    what does a hop cost, from task to task?
  compare run --workload timeout --cancel 99% --tasks 10k --only 'coroutines/*'
  compare run --trace --only '*/tokio,threads/per-task'    who ends first, on which thread?
  compare run --jobs 2M --tasks 8 --only 'coroutines/*'    do computations run at once?
  compare run --ending panics --tasks 10k --only '*/smol'  is everything given back?
  compare run --workload http --only '*/smol' --tasks 100,1k --bytes 4KiB
  compare run --workload http --server http://192.0.2.7:8080 --tasks 1k
  compare run --workload transfer --tasks 32 --rate-limit 20MiB
  compare run --resume big.jsonl                   finish what was interrupted
  compare run --only '*/tokio' --tasks 1k --record - | compare claims --record -";

/// What `compare run` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    given: Given,
    /// Where the record goes; `-` is the standard output, without tables [default: target/compare/run/record.jsonl]
    #[arg(long, value_name = "FILE", help_heading = heading::RECORD)]
    record: Option<PathBuf>,
    /// Replace the record if there is one
    #[arg(long, help_heading = heading::RECORD)]
    overwrite: bool,
    /// Finish the run that left this record, with the options that it was started with
    #[arg(long, value_name = "FILE", conflicts_with_all = ["record", "overwrite"], help_heading = heading::RECORD)]
    resume: Option<PathBuf>,
    /// Do not start again in a systemd scope where only that gives cells a control group
    #[arg(long, help_heading = heading::HOW)]
    no_scope: bool,
    /// Print the record instead of tables
    #[arg(long, help_heading = heading::PRINTED)]
    json: bool,
}

/// Runs the cells.
///
/// # Errors
/// If a pattern matches no contestant or the record cannot be written. Nothing has been run then.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    scope::enter(args.no_scope);
    if let Some(path) = &args.resume {
        return resume(args, path);
    }
    let is_piped = args.record.as_deref().is_some_and(is_standard);
    // A record is written cell by cell, and printed when it is whole.
    let folder = is_piped.then(tempfile::tempdir).transpose()?;
    let path = match &folder {
        Some(folder) => folder.path().join(RECORD),
        None => record_path(args.record.as_deref(), "run", args.overwrite)?,
    };
    let mut planned = args.given.plan(args.given.seed())?;
    planned.say_what_is_missing();
    let tally = planned.suite.run(planned.cells, &path, interrupt::listen()?)?;
    show(&path, args.json || is_piped, folder)?;
    Ok(exit_code(tally))
}

/// Runs what the record lacks, after checking that it is made by the same program on the same
/// machine.
fn resume(args: &Args, path: &Path) -> anyhow::Result<ExitCode> {
    let name = path.display();
    let is_foreign = |option: &&String| !option.starts_with("--patience=");
    if let Some(option) = args.given.arguments.iter().find(is_foreign) {
        bail!("`{option}` cannot be given with --resume: {name} says what is run; leave it out");
    }
    if is_standard(path) || path.exists() && !path.is_file() {
        bail!("{name} is no ordinary file; give a record to resume");
    }
    let unfinished = Unfinished::open(path)?;
    let run = &unfinished.record().run;
    let Some(arguments) = &run.arguments else {
        bail!("{name} cannot be resumed: it does not say how `compare run` was called");
    };
    let mut given = Given::parse(arguments).map_err(|problem| {
        anyhow!("{name} cannot be resumed: its options are not understood: {problem}")
    })?;
    if !args.given.arguments.is_empty() {
        given.selection.patience = args.given.selection.patience;
    }
    let mut planned = given.plan(run.seed)?;
    let mut differences = differences(run, planned.suite.description());
    if run.program != planned.suite.description().program {
        let word = |program: &Option<String>| {
            program.as_ref().map_or_else(|| "unknown".into(), |program| format!("`{program}`"))
        };
        differences.push(Difference {
            what: "this program".into(),
            before: word(&run.program),
            after: word(&planned.suite.description().program),
        });
    }
    if !differences.is_empty() {
        let differences: Vec<_> = differences.iter().map(ToString::to_string).collect();
        bail!("{name} cannot be resumed here: {}", differences.join("; "));
    }
    if planned.lacks_heap {
        bail!("{name} cannot be resumed: it counts heaps, and {NO_HEAP}");
    }
    let tally = planned.suite.resume(planned.cells, unfinished, interrupt::listen()?)?;
    show(path, args.json, None)?;
    Ok(exit_code(tally))
}

/// Prints the record itself or its tables. The folder, if it is there for the record alone, is gone by then.
fn show(path: &Path, json: bool, folder: Option<TempDir>) -> anyhow::Result<()> {
    if json {
        let text = std::fs::read_to_string(path)?;
        // Nothing is left of it, whatever becomes of the output.
        drop(folder);
        print(json::escaped(text.trim_end()));
    } else {
        print_document(&report::run::document(&Analysis::of(&read_file(path)?, None)), false);
        print("");
        print_path(path);
    }
    Ok(())
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
