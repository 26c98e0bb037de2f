//! `compare diff`: two records, figure by figure.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;

use super::tables::read;
use crate::diff;
use crate::output::{complain, print};
use crate::report;
use crate::units;

/// What to show under `compare diff --help`.
pub const EXAMPLES: &str = "\
Examples:
  compare diff before.jsonl after.jsonl
  compare diff before.jsonl after.jsonl --only 'coroutines/*' --fail-on-regression 5%
  compare diff docs/results/record.jsonl target/compare/full/record.jsonl --json";

/// What `compare diff` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The record to compare with
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The record to be compared
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Only contestants whose ids match one of these globs [default: all]
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    only: Vec<String>,
    /// End with 1 if a figure is worse by more than this with its whole interval, such as 5% or 0.05
    #[arg(long, value_name = "PART", value_parser = units::parse_part, allow_hyphen_values = true)]
    fail_on_regression: Option<f64>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Compares the records.
///
/// # Errors
/// If one of them cannot be read, a pattern matches nobody, or they have no figure in common.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let diff = diff::diff(&old, &new, &args.only)?;
    if diff.rows.is_empty() {
        bail!(
            "{} and {} have no figure in common: no contestant with proof did the same in both",
            args.old.display(),
            args.new.display()
        );
    }
    if !diff.warnings.is_empty() {
        complain(format_args!(
            "compare: the records were not made on the same: {}",
            diff.warnings.join("; ")
        ));
    }
    if args.json {
        print(serde_json::to_string_pretty(&diff.to_json())?);
    } else {
        print(diff.terminal(report::terminal_width()));
    }
    let Some(part) = args.fail_on_regression else { return Ok(ExitCode::SUCCESS) };
    let regressions = diff.regressions(part);
    for row in &regressions {
        complain(format_args!(
            "compare: {}, {} is worse by more than {} %",
            row.subject,
            row.figure,
            report::format::number(part * 100.0, 1)
        ));
    }
    Ok(if regressions.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
