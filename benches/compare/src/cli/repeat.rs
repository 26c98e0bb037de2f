//! `compare repeat`: the same run several times, and how far its figures moved.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use analysis::repeat::Repeat;
use analysis::sides::Part;
use anyhow::bail;
use report::comparisons;

use super::destination::{check_free, record_path};
use super::heading;
use super::run::exit_code;
use super::selection::Given;
use super::tables::{check_one_input, is_standard, read};
use crate::interrupt;
use crate::output::{complain, print_document, print_json};
use crate::scope;
use crate::suite::Tally;
use crate::units;
use record::Record;

/// What to show under `compare repeat --help`.
pub const EXAMPLES: &str = "\
Examples:
  compare repeat 2 --only 'coroutines/*' --tasks 1k,10k --record again.jsonl
  compare repeat --of again.1.jsonl,again.2.jsonl";

/// More runs than this are a slip of the finger.
const MOST_RUNS: u32 = 20;

/// What `compare repeat` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many runs, from 2 to 20
    #[arg(value_name = "K", value_parser = parse_runs, allow_hyphen_values = true, required_unless_present = "of")]
    runs: Option<u32>,
    #[command(flatten)]
    given: Given,
    /// Run nothing, and compare the runs in these records
    #[arg(long, value_name = "FILE", value_delimiter = ',', conflicts_with_all = ["runs", "record", "overwrite"], help_heading = heading::RECORD)]
    of: Vec<PathBuf>,
    /// Where the records go, each with its number before the extension
    /// [default: target/compare/repeat/record.jsonl]
    #[arg(long, value_name = "FILE", help_heading = heading::RECORD)]
    record: Option<PathBuf>,
    /// Replace records that are there
    #[arg(long, help_heading = heading::RECORD)]
    overwrite: bool,
    /// Do not start again in a systemd scope where only that gives cells a control group
    #[arg(long, help_heading = heading::HOW)]
    no_scope: bool,
    /// Every figure, and not only a summary
    #[arg(long, help_heading = heading::PRINTED)]
    all: bool,
    /// As JSON
    #[arg(long, help_heading = heading::PRINTED)]
    json: bool,
}

/// Runs and compares.
///
/// # Errors
/// If options do not fit together, or a record cannot be read or written. No cell has run then.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Some(runs) = args.runs else {
        return of_records(args);
    };
    if args.record.as_deref().is_some_and(is_standard) {
        bail!("`--record -` is for one record, and a repeat has several: give a file");
    }
    scope::enter(args.no_scope);
    let first = record_path(args.record.as_deref(), "repeat", true)?;
    let paths: Vec<PathBuf> = (1..=runs).map(|run| numbered(&first, run)).collect();
    for path in &paths {
        // Records in the folder of this command are replaced like those of a run.
        check_free(path, args.overwrite || args.record.is_none())?;
    }
    let stop = interrupt::listen()?;
    let seed = args.given.seed();
    let mut total = Tally::default();
    for (run, path) in (0..).zip(&paths) {
        // Each run has an order of its own, and learns for itself how long to wait.
        let mut planned = args.given.plan(seed.wrapping_add(run))?;
        complain(format_args!("run {} of {runs}: {}", run + 1, path.display()));
        if run == 0 {
            planned.say_what_is_missing();
        }
        let tally = planned.suite.run(planned.cells, path, stop)?;
        total.failed += tally.failed;
        if tally.interrupted {
            complain(format_args!(
                "compare: interrupted in run {} of {runs}; `compare run --resume {}` finishes it, \
                 and `compare repeat --of` compares what is there",
                run + 1,
                path.display()
            ));
            return Ok(exit_code(tally));
        }
    }
    show(args, &paths)?;
    for path in &paths {
        complain(path.display());
    }
    Ok(exit_code(total))
}

fn of_records(args: &Args) -> anyhow::Result<ExitCode> {
    if let Some(option) = args.given.first() {
        bail!("`{option}` cannot be given with --of, which runs nothing; leave it out");
    }
    if !(2..=MOST_RUNS as usize).contains(&args.of.len()) {
        bail!("--of has {}: give from 2 to {MOST_RUNS} records, with commas", args.of.len());
    }
    check_one_input(&args.of)?;
    show(args, &args.of)?;
    Ok(ExitCode::SUCCESS)
}

fn show(args: &Args, paths: &[PathBuf]) -> anyhow::Result<()> {
    let records = paths.iter().map(|path| read(path)).collect::<anyhow::Result<Vec<Record>>>()?;
    let repeat = Repeat::of(&records.iter().collect::<Vec<_>>());
    if args.runs.is_none() && Part::ALL.iter().all(|part| repeat.part(*part).compared == 0) {
        let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        bail!("{} have no figure in common that can be compared", names.join(" and "));
    }
    if args.json {
        print_json(&repeat)?;
    } else {
        print_document(&comparisons::repeat::document(&repeat), args.all);
    }
    Ok(())
}

/// `folder/name.2.jsonl` of `folder/name.jsonl`.
fn numbered(path: &Path, run: u32) -> PathBuf {
    match path.extension() {
        Some(extension) => path.with_extension(format!("{run}.{}", extension.to_string_lossy())),
        None => path.with_extension(run.to_string()),
    }
}

fn parse_runs(text: &str) -> Result<u32, String> {
    let problem = || format!("`{text}` is not a number of runs: give one from 2 to {MOST_RUNS}");
    let runs = units::parse_count(text).map_err(|_| problem())?;
    (2..=MOST_RUNS).contains(&runs).then_some(runs).ok_or_else(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_before_the_extension() {
        assert_eq!(numbered(Path::new("a/b.jsonl"), 2), Path::new("a/b.2.jsonl"));
        assert_eq!(numbered(Path::new("a.d/b"), 12), Path::new("a.d/b.12"));
    }

    #[test]
    fn one_run_is_no_repeat() {
        assert_eq!((parse_runs("2"), parse_runs("20")), (Ok(2), Ok(20)));
        for wrong in ["0", "1", "21", "-2", "two", "2k", ""] {
            let message = parse_runs(wrong).unwrap_err();
            assert_eq!(
                message,
                format!("`{wrong}` is not a number of runs: give one from 2 to 20")
            );
        }
    }
}
