//! `compare diff`: two records, figure by figure.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use record::Record;

use super::heading;
use super::tables::{check_one_input, read};
use crate::output::{complain, print_document, print_json};
use crate::registry;
use crate::units;
use analysis::diff::diff;
use report::comparisons::diff as words;

/// What to show under `compare diff --help`.
pub const EXAMPLES: &str = "\
Examples:
  compare diff before.jsonl after.jsonl
  compare diff before.jsonl after.jsonl --fail-on-regression 5%
  compare diff docs/results/record.jsonl target/compare/full/record.jsonl";

/// What the options of a comparison stand under in the help.
const COMPARED: &str = "What is compared";

/// What `compare diff` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The record to compare with; `-` is the standard input
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The record to be compared; `-` is the standard input
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Only contestants whose ids match one of these globs [default: all]
    #[arg(long, value_name = "GLOB", help_heading = COMPARED)]
    only: Vec<String>,
    /// End with 1 if a figure is worse by more than this with its whole interval, such as 5% or 0.05
    #[arg(long, value_name = "PART", value_parser = units::parse_part, allow_hyphen_values = true, help_heading = COMPARED)]
    fail_on_regression: Option<f64>,
    /// Every figure, and not only those that moved most
    #[arg(long, help_heading = heading::PRINTED)]
    all: bool,
    /// As JSON
    #[arg(long, help_heading = heading::PRINTED)]
    json: bool,
}

/// Compares the records.
///
/// # Errors
/// If one of them cannot be read, a pattern matches no contestant, or they have no figure in common.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    check_one_input([&args.old, &args.new])?;
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let ids: BTreeSet<String> = [&old, &new].into_iter().flat_map(contestants).collect();
    let ids: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let wanted = registry::matching(&args.only, &ids)?;
    if old.weighings.is_empty() != new.weighings.is_empty()
        && old.cells.is_empty() != new.cells.is_empty()
    {
        let (servers, others) =
            if new.weighings.is_empty() { (&args.old, &args.new) } else { (&args.new, &args.old) };
        bail!(
            "{} is a record of servers and {} is one of contestants: give two of the same kind",
            servers.display(),
            others.display()
        );
    }
    let diff = diff(&old, &new, |id| wanted.contains(id.as_str()));
    if diff.rows.is_empty() && !(old.weighings.is_empty() || new.weighings.is_empty()) {
        bail!(
            "{} and {} have no server in common that held the same connections in at least two steps, with an \
             interval: give both the same --name and --connections, and --repeats 3",
            args.old.display(),
            args.new.display()
        );
    }
    if diff.rows.is_empty() {
        bail!(
            "{} and {} have no figure in common: no contestant with proof did the same in both",
            args.old.display(),
            args.new.display()
        );
    }
    if args.json {
        print_json(&words::json(&diff))?;
    } else {
        print_document(&words::document(&diff), args.all);
    }
    let Some(part) = args.fail_on_regression else { return Ok(ExitCode::SUCCESS) };
    let regressions = diff.regressions(part);
    for row in &regressions {
        complain(format_args!("compare: {}", words::regression(row, part).words()));
    }
    Ok(if regressions.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The ids of everything in a record.
fn contestants(record: &Record) -> impl Iterator<Item = String> {
    let of_cells = record.cells.iter().map(|cell| cell.contestant.clone());
    let counted = record.instructions.iter().map(|line| line.contestant.clone());
    let weighed = record.weighings.iter().map(|line| line.server.clone());
    let timed = record.throughput.iter().map(|timed| timed.contestant.clone());
    of_cells.chain(timed).chain(counted).chain(weighed)
}
