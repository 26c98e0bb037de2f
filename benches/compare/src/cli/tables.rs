//! `compare tables`: the generated files of a record.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use analysis::Analysis;
use anyhow::bail;
use record::{Record, read_file};

use crate::generated::Files;
use crate::output::{complain, print, print_path};
use crate::project::Project;

/// What `compare tables` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The record; `-` is the standard input [default: docs/results/record.jsonl]
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
/// The front pages and the page on choosing belong to the committed record; another record's stay in
/// their own folder.
///
/// # Errors
/// If the record cannot be read, a page would replace it, or a file cannot be written.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let files = match (&args.record, &args.out) {
        (None, None) => {
            let project = Project::find()?;
            Files::of_project(&committed(&project)?, &project)?
        }
        (record, Some(folder)) => {
            let analysis = match record {
                Some(path) => Analysis::of(&read(path)?, None),
                None => committed(&Project::find()?)?,
            };
            Files::in_folder(&analysis, folder)
        }
        (Some(path), None) if is_standard(path) => {
            bail!("say with --out where the pages go: the standard input has no folder")
        }
        (Some(path), None) => {
            let folder = path.parent().unwrap_or(Path::new("."));
            Files::in_folder(&Analysis::of(&read(path)?, None), folder)
        }
    };
    if args.check {
        let stale = files.stale();
        for path in &stale {
            complain(format_args!(
                "compare: {} is not what the record yields; run `compare tables`",
                path.display()
            ));
        }
        if stale.is_empty() {
            print(format_args!("all {} files are what the record yields", files.paths().count()));
        }
        return Ok(if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if let Some(record) = &args.record {
        files.check_spares(record)?;
    }
    files.write()?;
    for path in files.paths().filter(|path| path.extension().is_some_and(|kind| kind == "md")) {
        print_path(path);
    }
    Ok(ExitCode::SUCCESS)
}

/// What the committed record says, with the run before it.
///
/// # Errors
/// If one of the two cannot be read.
pub(super) fn committed(project: &Project) -> anyhow::Result<Analysis> {
    let previous = project.previous();
    let previous = previous.exists().then(|| read(&previous)).transpose()?;
    Ok(Analysis::of(&read(&project.record())?, previous.as_ref()))
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

/// Reads this record of tasks, or the committed one.
///
/// # Errors
/// As [`read_or_committed`], and if it is a record of servers: what is asked of it is about tasks.
pub(super) fn read_of_tasks(given: Option<&Path>) -> anyhow::Result<Record> {
    let record = read_or_committed(given)?;
    if record.cells.is_empty() && !record.weighings.is_empty() {
        bail!(
            "{} is a record of servers; give one of tasks, such as `compare run` makes",
            given.unwrap_or(Path::new("-")).display()
        );
    }
    Ok(record)
}

/// Checks that no more than one of these records is the standard input, which can be read once.
///
/// # Errors
/// If several are.
pub(super) fn check_one_input<'a>(
    records: impl IntoIterator<Item = &'a PathBuf>,
) -> anyhow::Result<()> {
    if records.into_iter().filter(|path| is_standard(path)).count() > 1 {
        bail!("`-` is the standard input, which can be read once: give a file for the others");
    }
    Ok(())
}

/// Whether this is the standard input or output, and not a file.
pub(super) fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
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
