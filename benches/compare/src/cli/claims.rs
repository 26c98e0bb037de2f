//! `compare claims`: the verdicts on a record.

use std::path::PathBuf;
use std::process::ExitCode;

use analysis::Analysis;
use report::pages::claims;

use super::tables::read_of_tasks;
use crate::output::{print_document, print_json};

/// What `compare claims` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The record; `-` is the standard input [default: docs/results/record.jsonl]
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Every row of evidence too
    #[arg(long)]
    all: bool,
    /// As JSON: claims with verdict, conditions and evidence
    #[arg(long, conflicts_with = "all")]
    json: bool,
}

/// Prints the verdicts, and with `--all` what they rest on.
///
/// # Errors
/// If the record cannot be read, or is one of servers.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let analysis = Analysis::of(&read_of_tasks(args.record.as_deref())?, None);
    if args.json {
        print_json(&analysis.claims)?;
    } else if args.all {
        print_document(&claims::all_rows(&analysis), true);
    } else {
        print_document(&claims::brief(&analysis), false);
    }
    Ok(ExitCode::SUCCESS)
}
