//! `compare instructions`: how many instructions one more wait and one more request take.

use std::path::PathBuf;
use std::process::ExitCode;

use analysis::Analysis;
use anyhow::{Context, anyhow, bail};
use record::{Extent, Unfinished, Writer, differences, read_file};
use report::pages::instructions::document;

use super::destination::record_path;
use super::heading;
use super::run::exit_code;
use super::selection::seed_from_clock;
use crate::elsewhere::Elsewhere;
use crate::instructions::valgrind::Valgrind;
use crate::instructions::{self, Work};
use crate::interrupt;
use crate::output::{complain, print, print_document, print_path};
use crate::registry;
use crate::suite::{DEFAULT_PATIENCE, Suite, unwritable};

/// What to show under `compare instructions --help`.
pub const EXAMPLES: &str = "\
Examples:
  compare instructions --only 'coroutines/*'
  compare instructions --record before.jsonl
  compare instructions --resume before.jsonl       finish what was interrupted
  compare diff before.jsonl after.jsonl";

/// What `compare instructions` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only ids that match one of these globs, such as 'coroutines/*' [default: all]
    #[arg(long, value_name = "GLOB", help_heading = heading::RUN)]
    only: Vec<String>,
    /// What each task does [default: each of them]
    #[arg(long, value_enum, help_heading = heading::RUN)]
    workload: Option<Work>,
    /// Where the record goes [default: target/compare/instructions/record.jsonl]
    #[arg(long, value_name = "FILE", help_heading = heading::RECORD)]
    record: Option<PathBuf>,
    /// Replace the record if there is one
    #[arg(long, help_heading = heading::RECORD)]
    overwrite: bool,
    /// Append what this record does not have yet
    #[arg(long, value_name = "FILE", conflicts_with_all = ["record", "overwrite"], help_heading = heading::RECORD)]
    resume: Option<PathBuf>,
}

/// Counts, and prints what was counted.
///
/// # Errors
/// If valgrind cannot be used, a pattern matches no contestant or the record cannot be written.
/// Nothing has been run then.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let contestants = registry::select(&args.only, &Elsewhere::default())?;
    let valgrind = Valgrind::find().map_err(|why| anyhow!(why))?;
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let suite = Suite::new(&program, Extent::Partial, seed_from_clock(), DEFAULT_PATIENCE);
    let description = suite.description();
    let path = match &args.resume {
        Some(path) => path.clone(),
        None => {
            let path = record_path(args.record.as_deref(), "instructions", args.overwrite)?;
            Writer::create(&path, description.clone()).with_context(|| unwritable(&path))?;
            path
        }
    };
    let unfinished = Unfinished::open(&path)?;
    let run = &unfinished.record().run;
    let differences = differences(run, description);
    if !differences.is_empty() || run.program != description.program {
        let mut said: Vec<_> = differences.iter().map(ToString::to_string).collect();
        said.extend((run.program != description.program).then(|| "the program is another".into()));
        bail!("{} cannot be resumed here: {}", path.display(), said.join("; "));
    }
    let stop = interrupt::listen()?;
    let works = args.workload.map_or(Work::ALL.to_vec(), |work| vec![work]);
    let valgrind = Ok(valgrind);
    let tally = instructions::append(&program, &valgrind, &contestants, &works, unfinished, stop)?;
    if tally.interrupted {
        complain("interrupted; --resume counts the rest");
    }
    print_document(&document(&Analysis::of(&read_file(&path)?, None)), false);
    print("");
    print_path(&path);
    Ok(exit_code(tally))
}
