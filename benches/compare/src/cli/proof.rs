//! `compare proof`: whether every cell of a record has proof.

use std::path::PathBuf;
use std::process::ExitCode;

use super::tables::read_or_committed;
use crate::output::tell;
use analysis::index::is_proven;
use record::{Cell, Instructions, Record, Status};

/// What `compare proof` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The record; `-` is the standard input [default: docs/results/record.jsonl]
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// Prints what lacks proof, and fails if anything does that should have it.
///
/// # Errors
/// If the record cannot be read.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let record = read_or_committed(args.record.as_deref())?;
    let flaws = flaws(&record);
    for flaw in &flaws {
        tell(flaw);
    }
    let count = |status| record.cells.iter().filter(|cell| cell.status == status).count();
    let proven = record.cells.iter().filter(|cell| is_proven(cell)).count();
    let also = [
        (record.instructions.len(), "lines of instructions"),
        (record.weighings.len(), "processes of servers"),
    ];
    let also = also.iter().filter(|(lines, _)| *lines > 0);
    let counted: String = also.map(|(lines, what)| format!(", {lines} {what}")).collect();
    tell(format_args!(
        "{} cells: {} with proof, {} walls, {} skipped, {} without proof; {} throughput lines{counted}",
        record.cells.len(),
        proven,
        count(Status::Wall),
        count(Status::Skipped),
        record.cells.len() - proven - count(Status::Wall) - count(Status::Skipped),
        record.throughput.len()
    ));
    Ok(if flaws.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Everything in the record that claims to be a figure and has no proof. A record without any cell
/// proves nothing.
fn flaws(record: &Record) -> Vec<String> {
    let mut flaws: Vec<_> = record
        .cells
        .iter()
        .filter_map(|cell| {
            let flaw = flaw(cell)?;
            Some(format!("{} × {}, repeat {}: {flaw}", cell.contestant, cell.tasks, cell.repeat))
        })
        .collect();
    flaws.extend(record.throughput.iter().filter(|line| line.status == Status::Failed).map(
        |line| {
            let reason = line.reason.as_deref().unwrap_or("no reason is given");
            format!("throughput of {} × {}: {reason}", line.contestant, line.tasks)
        },
    ));
    flaws.extend(record.instructions.iter().filter_map(|line| {
        Some(format!(
            "instructions of {}, {}: {}",
            line.contestant,
            line.workload.wait,
            line.flaw()?
        ))
    }));
    flaws.extend(record.weighings.iter().filter_map(|line| {
        let (hold, nth) = (line.hold.name(), line.repeat + 1);
        Some(format!("{}, {hold}, process {nth}: {}", line.server, line.flaw()?))
    }));
    let is_counted = |line: &Instructions| line.status == Status::Ok && line.flaw().is_none();
    if record.weighings.is_empty()
        && !record.instructions.iter().any(is_counted)
        && record.cells.iter().all(|cell| cell.status != Status::Ok)
    {
        flaws.push("no cell has proof".into());
    }
    flaws
}

fn flaw(cell: &Cell) -> Option<String> {
    match cell.status {
        Status::Ok => cell.flaw(),
        Status::Wall if cell.limit.is_none() => Some("a wall that names no limit".into()),
        Status::Wall | Status::Skipped => None,
        Status::Failed => Some(cell.reason.clone().unwrap_or_else(|| "it failed".into())),
    }
}
