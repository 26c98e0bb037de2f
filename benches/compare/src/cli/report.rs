//! `compare report`: everything that a record says on one page of HTML that loads nothing.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use analysis::Analysis;
use anyhow::bail;
use report::render::html::Around;

use super::tables::{committed, is_standard, read};
use crate::generated::{Files, IN_RESULTS, ONE_PAGE};
use crate::output::{complain, print_path};
use crate::project::Project;

/// What to show under `compare report --help`.
pub const EXAMPLES: &str = "\
Examples:
  compare report --open
  compare report --record target/compare/quick/record.jsonl
  compare run --tasks 1k,10k --record new.jsonl && compare report --record new.jsonl";

/// What `compare report` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The record; `-` is the standard input [default: docs/results/record.jsonl]
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Where the page goes [default: beside the record, with `.html` at the end; of the committed
    /// record docs/results/index.html]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Open it in a browser
    #[arg(long)]
    open: bool,
}

/// Writes the page, prints where it is, and opens it if that was asked.
///
/// # Errors
/// If the record cannot be read, the page would replace it, or the page cannot be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.out.is_none() && args.record.as_deref().is_some_and(is_standard) {
        bail!("say with --out where the page goes: the standard input has no folder")
    }
    let project = args.record.is_none().then(Project::find).transpose()?;
    let (analysis, records, beside, around) = match (&args.record, &project) {
        (_, Some(project)) => {
            let records = vec![project.record(), project.previous(), project.servers()];
            (committed(project)?, records, project.results().join(ONE_PAGE), IN_RESULTS)
        }
        (record, None) => {
            let path = record.clone().unwrap_or_default();
            let beside = path.with_extension("html");
            (Analysis::of(&read(&path)?, None), vec![path], beside, Around::default())
        }
    };
    let (path, around) = match &args.out {
        Some(out) => (out.clone(), Around::default()),
        None => (beside, around),
    };
    let files = Files::of_page(&analysis, project.as_ref(), path.clone(), &around)?;
    records.iter().try_for_each(|record| files.check_spares(record))?;
    files.write()?;
    print_path(&path);
    Ok(if args.open { open(&path) } else { ExitCode::SUCCESS })
}

/// Hands the page to the desktop, which knows a browser.
fn open(page: &Path) -> ExitCode {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let problem = match command.status() {
        Ok(status) if status.success() => return ExitCode::SUCCESS,
        Ok(status) => format!("{program} says no: {status}"),
        Err(error) => format!("{program}: {error}"),
    };
    complain(format_args!(
        "compare: the page is written, but no browser could be opened ({problem}); open it by hand"
    ));
    ExitCode::FAILURE
}
