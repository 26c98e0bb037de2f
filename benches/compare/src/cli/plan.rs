//! `compare plan`: what a case of one's own costs, before it is written.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use analysis::Analysis;
use analysis::plan::{Case, Outcome, Plan, Work};
use anyhow::{Context, anyhow, bail};
use clap::ValueEnum;
use record::{Build, Extent, read_file};
use workload::quantity::parse_count;
use workload::{Arrival, StateSize, Workload};

use super::destination::record_path;
use super::heading;
use super::run::exit_code;
use super::selection::seed_from_clock;
use super::tables::read_of_tasks;
use crate::interrupt;
use crate::output::{print, print_document, print_json, print_path};
use crate::plan::{self, Kind, Step};
use crate::registry;
use crate::scope;
use crate::suite::{DEFAULT_PATIENCE, Suite};
use crate::units;

/// What to show under `compare plan --help`.
pub const EXAMPLES: &str = "\
Examples:
  compare plan --tasks 20k --wait 200ms --state 2KiB
  compare plan --tasks 8k --wait 200ms --workload http
  compare plan --rate 5k/s --wait 200ms        rate × wait of them wait at once
  compare plan --memory 512MiB --state 8KiB    how many fit?
  compare plan --tasks 3k --wait 1s --state 4KiB --verify";

/// What the options of a case stand under in the help.
const CASE: &str = "Your case";

/// How often each contestant is run to verify a plan.
const REPEATS: u32 = 3;

/// What `compare plan` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many tasks: 1000, 20k, 1M; with --rate, how many come in all
    #[arg(long, value_name = "COUNT", value_parser = parse_count, allow_hyphen_values = true, required_unless_present_any = ["rate", "memory"], help_heading = CASE)]
    tasks: Option<u32>,
    /// How long each task waits, such as 200ms
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = units::parse_duration, allow_hyphen_values = true, help_heading = CASE)]
    wait: Duration,
    /// What each task keeps alive while it waits, such as 2KiB
    #[arg(long, value_name = "SIZE", default_value = "0", value_parser = units::parse_size, allow_hyphen_values = true, help_heading = CASE)]
    state: u64,
    /// What each task waits for
    #[arg(long, value_enum, default_value_t = Waiting::Timer, help_heading = CASE)]
    workload: Waiting,
    /// How many tasks come a second, such as 5k/s
    #[arg(long, value_name = "RATE", value_parser = parse_rate, allow_hyphen_values = true, help_heading = CASE)]
    rate: Option<u64>,
    /// How much memory there is, such as 512MiB; without --tasks and --rate: how many fit in it
    #[arg(long, value_name = "SIZE", value_parser = units::parse_size, allow_hyphen_values = true, help_heading = CASE)]
    memory: Option<u64>,
    /// The record that it is worked out from; `-` is the standard input [default: docs/results/record.jsonl]
    #[arg(long, value_name = "FILE", help_heading = heading::RECORD)]
    record: Option<PathBuf>,
    /// Run the case here, and print what was planned beside what was measured
    #[arg(long, help_heading = heading::HOW)]
    verify: bool,
    /// Do not start again in a systemd scope where only that gives cells a control group
    #[arg(long, help_heading = heading::HOW)]
    no_scope: bool,
    /// As JSON
    #[arg(long, help_heading = heading::PRINTED)]
    json: bool,
}

/// The workloads that can be planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Waiting {
    /// A timer
    Timer,
    /// An answer from a server, over a connection of its own
    Http,
}

/// Prints the plan, and verifies it if that was asked.
///
/// # Errors
/// If the record cannot be read, or the case has no plan or cannot be run here. With `--verify` the
/// plan has been printed by then.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.verify {
        scope::enter(args.no_scope);
    }
    let analysis = Analysis::of(&read_of_tasks(args.record.as_deref())?, None);
    let case = args.case();
    let planned =
        analysis.plan(&case).map_err(|problem| anyhow!(report::plan::problem(&problem)))?;
    let run = match args.verify {
        true => Some((args.cells(&planned)?, record_path(None, "verify", true)?)),
        false => None,
    };
    if !args.json {
        print_document(&report::plan::document(&planned, &analysis), false);
    } else if run.is_none() {
        print_json(&planned)?;
    }
    let Some((cells, path)) = run else { return Ok(ExitCode::SUCCESS) };
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let mut suite = Suite::new(&program, Extent::Partial, seed_from_clock(), DEFAULT_PATIENCE);
    let tally = suite.run(cells, &path, interrupt::listen()?)?;
    let verified = planned.verify(&Analysis::of(&read_file(&path)?, None));
    if args.json {
        print_json(&verified)?;
    } else {
        print("");
        print_document(&report::plan::verified(&planned, &verified), false);
        print("");
        print_path(&path);
    }
    Ok(exit_code(tally))
}

impl Args {
    fn case(&self) -> Case {
        Case {
            tasks: self.tasks.map(u64::from),
            wait_ns: protocol::ns(self.wait),
            state_bytes: self.state,
            work: match self.workload {
                Waiting::Timer => Work::Timer,
                Waiting::Http => Work::Http,
            },
            rate: self.rate,
            memory_bytes: self.memory,
        }
    }

    /// The cells that show whether a plan holds: all tasks that it has waiting at once, of every
    /// contestant that fits and is compiled in.
    fn cells(&self, planned: &Plan) -> anyhow::Result<Vec<crate::cell::CellSpec>> {
        let waiting = planned.waiting.and_then(|waiting| u32::try_from(waiting).ok());
        let Some(tasks) = waiting else {
            bail!("`--verify` runs tasks: give --tasks, or --rate for rate × wait of them");
        };
        let state = StateSize::try_from(self.state).map_err(|problem| {
            anyhow!("`--verify` runs tasks whose state has a size that was compiled in: {problem}")
        })?;
        let kind = match self.workload {
            Waiting::Timer => Kind::Timer,
            Waiting::Http => Kind::Http,
        };
        if !kind.is_at_hand() {
            bail!("the delay server is compiled out: build with `--features server` to verify");
        }
        let workload: Workload =
            kind.workload().with_duration(self.wait).with_state(state).with_arrival(Arrival::Burst);
        let step = Step { tasks, repeats: REPEATS, build: Build::Timed };
        let mut cells = Vec::new();
        for row in planned.rows.iter().filter(|row| row.outcome == Outcome::Fits) {
            let Ok(contestant) = registry::find(row.contestant.as_str()) else { continue };
            if contestant.unsupported(&workload).is_none() {
                cells.extend(plan::cells(contestant, &[step], workload, true, None));
            }
        }
        // What is kept after a wave is another question.
        cells.iter_mut().for_each(|cell| cell.second_wave = false);
        if cells.is_empty() {
            bail!("nothing that fits can be run by this program: there is nothing to verify");
        }
        Ok(cells)
    }
}

/// Reads a count with `/s` at the end.
fn parse_rate(text: &str) -> Result<u64, String> {
    let count = text.strip_suffix("/s").and_then(|count| parse_count(count).ok());
    count.map(u64::from).ok_or_else(|| {
        format!("`{text}` is not a rate: give 1 to 4294967295 tasks a second, such as 5k/s")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_count_a_second() {
        assert_eq!(parse_rate("5k/s"), Ok(5_000));
        for wrong in ["5k", "0/s", "/s", "5k/m", "-1/s", ""] {
            assert!(parse_rate(wrong).unwrap_err().contains(&format!("`{wrong}`")), "{wrong}");
        }
    }
}
