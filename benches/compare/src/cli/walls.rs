//! `compare walls`: where each contestant stops, at which limit, and what moves it.

use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::ExitCode;

use analysis::found;
use anyhow::{Context, bail};
use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use protocol::CeilingLine;
use record::{Extent, read_file};

use super::destination::record_path;
use super::elsewhere::ElsewhereArgs;
use super::heading;
use super::run::exit_code;
use super::selection::seed_from_clock;
use crate::events::RunCell;
use crate::interrupt;
use crate::meter::process::Procfs;
use crate::output::{print, print_document, print_json, print_path};
use crate::plan::Kind;
use crate::registry;
use crate::scope;
use crate::suite::{DEFAULT_PATIENCE, Suite};
use crate::units::parse_count;
use crate::walls;

/// What to show under `compare walls --help`.
pub const EXAMPLES: &str = "\
Examples:
  compare walls --only 'threads/*,*/tokio' --workload http
  compare walls --only threads/per-task --raise    as root: does the wall move?";

/// What `compare walls` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only ids that match one of these globs, such as 'coroutines/*' [default: those that are compared]
    #[arg(long, value_name = "GLOB", help_heading = heading::RUN)]
    only: Vec<String>,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    /// What each task waits for: timer or http
    #[arg(long, value_name = "WORKLOAD", default_value = "timer", value_parser = counted_by_limits(), hide_possible_values = true, help_heading = heading::RUN)]
    workload: Kind,
    /// The most tasks that are tried
    #[arg(long, value_name = "COUNT", default_value = "1M", value_parser = parse_count, allow_hyphen_values = true, help_heading = heading::RUN)]
    max_tasks: u32,
    /// As root: move the limit that stopped a contestant, look again, and put it back
    #[arg(long, help_heading = heading::RUN)]
    raise: bool,
    /// Where the record goes [default: target/compare/walls/record.jsonl]
    #[arg(long, value_name = "FILE", help_heading = heading::RECORD)]
    record: Option<PathBuf>,
    /// Replace the record if there is one
    #[arg(long, help_heading = heading::RECORD)]
    overwrite: bool,
    /// Do not start again in a systemd scope where only that gives cells a control group
    #[arg(long, help_heading = heading::HOW)]
    no_scope: bool,
    /// As JSON
    #[arg(long, help_heading = heading::PRINTED)]
    json: bool,
}

/// What limits count the tasks of.
fn counted_by_limits() -> impl TypedValueParser<Value = Kind> {
    PossibleValuesParser::new(["timer", "http"]).try_map(|name| Kind::from_str(&name, false))
}

/// Searches, and prints what was found.
///
/// # Errors
/// If no contestant is left to search, limits may not be moved, or the record cannot be written. No cell has
/// run then.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    scope::enter(args.no_scope);
    let path = record_path(args.record.as_deref(), "walls", args.overwrite)?;
    if args.raise {
        let file = OpenOptions::new().write(true).open("/proc/sys/vm/max_map_count");
        file.context("`--raise` needs root: /proc/sys/vm/max_map_count cannot be written")?;
    }
    if !args.workload.is_at_hand() {
        bail!("`--workload http` needs the feature `server`, which this program was built without");
    }
    // No limit counts the tasks of those that do not wait at once.
    let mut contestants = registry::select(&args.only, &args.elsewhere.read(&args.only)?)?;
    contestants.retain(|one| one.profile.ceiling != CeilingLine::One);
    contestants.retain(|one| !args.only.is_empty() || one.is_compared() && one.is_own());
    if contestants.is_empty() {
        bail!("`--only` matches none whose tasks wait at once: no limit stops the others");
    }
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let mut suite =
        Suite::new(&program, Extent::Partial, seed_from_clock(), DEFAULT_PATIENCE).of(&contestants);
    let (run, raise) = (suite.description().clone(), args.raise.then(Procfs::default));
    let what = (args.workload.workload(), args.max_tasks);
    let plan = &mut |cell: &mut RunCell<'_>| {
        let mut all = contestants.iter();
        all.try_for_each(|one| walls::search(one, what, raise.as_ref(), &run, cell))
    };
    let tally = suite.search((0, plan), &path, interrupt::listen()?)?;
    let found = found::of(&read_file(&path)?);
    if args.json {
        print_json(&found)?;
    } else {
        print_document(&report::found::document(&found), false);
        print("");
        print_path(&path);
    }
    Ok(exit_code(tally))
}
