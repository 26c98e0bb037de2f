//! `compare tables`: the generated files of a record.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::output::{complain, print};
use crate::project::{Generated, Project};
use crate::report;
use record::{Record, read_file};

/// What `compare tables` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The record [default: docs/results/record.jsonl]
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Where the pages go [default: the record's folder]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Write nothing; fail if a file is not exactly what the record yields
    #[arg(long)]
    check: bool,
}

/// Writes or checks the files.
///
/// The summary in the front page belongs to the committed record; another record's stays out of it.
///
/// # Errors
/// If the record cannot be read or a file cannot be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let project = if args.record.is_none() { Some(Project::find()?) } else { None };
    let (path, readme) = match (&args.record, &project) {
        (None, Some(project)) => (project.record(), Some(project.readme())),
        (path, _) => (path.clone().unwrap_or_default(), None),
    };
    let record = read(&path)?;
    let folder = match &args.out {
        Some(folder) => folder.as_path(),
        None => path.parent().unwrap_or(Path::new(".")),
    };
    let readme = readme.filter(|_| args.out.is_none());
    let generated = match &project {
        Some(project) => project.generated(&record)?,
        None => Generated::of(&record),
    };
    let files = generated.at(folder, readme.as_deref())?;
    if args.check {
        let stale = files.stale();
        for path in &stale {
            complain(format_args!(
                "compare: {} is not what the record yields; run `compare tables`",
                path.display()
            ));
        }
        return Ok(if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    files.write()?;
    print(report::terminal(&record, report::terminal_width()));
    for path in files.paths() {
        print(path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads this record, or the committed one.
///
/// # Errors
/// If it cannot be read, or there is no checkout to find the committed one in.
pub(super) fn read_or_committed(record: Option<&Path>) -> anyhow::Result<Record> {
    match record {
        Some(path) => read(path),
        None => read(&Project::find()?.record()),
    }
}

/// Reads a record, and says if its last line was cut off.
///
/// # Errors
/// If it cannot be read.
pub(super) fn read(path: &Path) -> anyhow::Result<Record> {
    let record = read_file(path)?;
    if record.truncated {
        complain(format_args!(
            "compare: the last line of {} was cut off and is left out",
            path.display()
        ));
    }
    Ok(record)
}
