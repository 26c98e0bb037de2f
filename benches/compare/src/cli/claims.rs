//! `compare claims`: the verdicts on a record.

use std::path::PathBuf;
use std::process::ExitCode;

use super::tables::read_or_committed;
use crate::claims;
use crate::output::print;

/// What `compare claims` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The record [default: docs/results/record.jsonl]
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Prints the verdicts.
///
/// # Errors
/// If the record cannot be read.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let record = read_or_committed(args.record.as_deref())?;
    if args.json {
        print(serde_json::to_string_pretty(&claims::to_json(&record))?);
    } else {
        print(claims::render_markdown(&record).trim_end());
    }
    Ok(ExitCode::SUCCESS)
}
