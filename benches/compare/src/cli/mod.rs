//! The command line.
//!
//! | file | command |
//! | --- | --- |
//! | [`list`] | `compare list`: the contestants |
//! | [`run`] | `compare run`: some cells, as asked for |
//! | [`instructions`] | `compare instructions`: what a wait takes in instructions |
//! | [`repeat`] | `compare repeat`: the same run several times, and how far its figures moved |
//! | [`diff`] | `compare diff`: two records, figure by figure |
//! | [`tables`] | `compare tables`: the generated files of a record |
//! | [`claims`] | `compare claims`: the verdicts on a record |
//! | [`plan`] | `compare plan`: what a case of one's own costs |
//! | [`report`] | `compare report`: everything that a record says on one page of HTML |
//! | [`walls`] | `compare walls`: where each contestant stops, and at which limit |
//! | [`weigh`] | `compare weigh`: what one more connection costs a server |
//! | [`check_contestant`] | `compare check-contestant`: whether a contestant does what the protocol says |
//! | [`proof`] | `compare proof`: whether every cell of a record has proof |
//!
//! `compare bench TARGET` is what the bench targets start (see [`crate::bench`]), and `compare cell` is the
//! process of a cell.
//!
//! Whatever cannot be understood or does not exist is one line on standard error and exit code 2,
//! and nothing has been written by then. A run in which a cell failed ends with 1 after everything
//! else; an interrupted one with 130.

pub mod check_contestant;
pub mod claims;
mod destination;
pub mod diff;
mod elsewhere;
mod heading;
mod http;
pub mod instructions;
pub mod list;
mod mistake;
pub mod plan;
pub mod proof;
pub mod repeat;
pub mod report;
pub mod run;
pub(crate) mod selection;
pub mod tables;
pub mod walls;
pub mod weigh;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use self::mistake::one_line;
use crate::bench;
use crate::interrupt;
use crate::limits;
use crate::meter::cgroup;
use crate::output::{complain, print_help};
use crate::registry;

/// What does one waiting task cost, in a subroutine, a thread, a callback or a coroutine?
#[derive(Debug, Parser)]
#[command(name = "compare", version, arg_required_else_help = true, after_help = EXAMPLES, max_term_width = 80)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the contestants that can be run
    List(list::Args),
    /// Run some cells, weigh them and print the tables
    #[command(after_help = run::EXAMPLES)]
    Run(Box<run::Args>),
    /// Count the instructions of a wait, a request and a hop, with valgrind
    #[command(after_help = instructions::EXAMPLES)]
    Instructions(instructions::Args),
    /// Run the same cells several times, and see how far the figures move
    #[command(after_help = repeat::EXAMPLES)]
    Repeat(Box<repeat::Args>),
    /// Compare two records, figure by figure
    #[command(after_help = diff::EXAMPLES)]
    Diff(diff::Args),
    /// Write everything that a record yields, or check that it is fresh
    Tables(tables::Args),
    /// Print the verdicts on a record
    Claims(claims::Args),
    /// Work out what a case of your own costs, from a record
    #[command(after_help = plan::EXAMPLES)]
    Plan(plan::Args),
    /// Write one page of HTML that has everything a record says
    #[command(after_help = report::EXAMPLES)]
    Report(report::Args),
    /// Find where each contestant stops here, at which limit, and what moves it
    #[command(after_help = walls::EXAMPLES)]
    Walls(walls::Args),
    /// Weigh any server: what one more connection costs it, and how many fit
    #[command(after_help = weigh::EXAMPLES)]
    Weigh(Box<weigh::Args>),
    /// Check that every cell of a record has proof
    Proof(proof::Args),
    /// Check that a contestant, of this program or from elsewhere, does what the protocol says
    CheckContestant(check_contestant::Args),
    /// Hold connections to a server; the harness starts this
    #[command(hide = true)]
    WeighClient {
        /// Where the server listens
        address: crate::weigh::address::Address,
    },
    /// Be the process of a cell; the harness starts this
    #[command(hide = true)]
    Cell {
        /// Which contestant [default: say who all of them are]
        id: Option<String>,
    },
}

const EXAMPLES: &str = "\
Examples:
  compare list
  compare run --only 'coroutines/*' --tasks 1k,10k,100k --repeats 3
  compare tables --check
  compare claims --record target/compare/quick/record.jsonl
  compare report --open
  compare walls --only threads/per-task
  compare weigh --connect 127.0.0.1:8000 -- python3 -m http.server

The main job, everything in its default size: cargo bench -p compare
The same in 40 minutes, for the record:       cargo bench -p compare -- --thorough";

/// Runs the command that the process was started with. Not inlined: it takes more stack than there may
/// be, which its caller looks at.
#[inline(never)]
pub fn main() -> ExitCode {
    limits::raise_descriptors();
    interrupt::outlive_large_files();
    let mut arguments = std::env::args_os().skip(1).map(|one| one.to_string_lossy().into_owned());
    if arguments.next().as_deref() == Some("bench") {
        let code = bench::main(arguments);
        cgroup::give_back();
        return code;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return explain(&error),
    };
    let result = match cli.command {
        Command::List(args) => list::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Instructions(args) => instructions::run(&args),
        Command::Repeat(args) => repeat::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Tables(args) => tables::run(&args),
        Command::Claims(args) => claims::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Walls(args) => walls::run(&args),
        Command::Weigh(args) => weigh::run(&args),
        Command::WeighClient { address } => {
            crate::weigh::client::main(&address).map(|()| ExitCode::SUCCESS)
        }
        Command::Proof(args) => proof::run(&args),
        Command::CheckContestant(args) => check_contestant::run(&args),
        Command::Cell { id } => Ok(registry::serve(id.as_deref())),
    };
    cgroup::give_back();
    result.unwrap_or_else(|error| {
        complain(format_args!("compare: {error:#}"));
        ExitCode::from(2)
    })
}

/// Help goes to standard output as clap has it. A mistake becomes one line.
fn explain(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => print_help(error),
        _ => {
            complain(format_args!("compare: {}", one_line(&error.render().to_string())));
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_mistake_is_one_line_that_names_what_was_given() {
        let mistake =
            |args: &[&str]| one_line(&Cli::try_parse_from(args).unwrap_err().render().to_string());
        let message = mistake(&["compare", "run", "--tasks", "ten"]);
        assert!(message.contains("`ten`") && !message.contains('\n'), "{message}");
        let message = mistake(&["compare", "rum"]);
        assert!(message.contains("'rum'") && message.contains("'run'"), "{message}");
    }
}
