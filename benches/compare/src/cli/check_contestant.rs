//! `compare check-contestant`: whether a contestant does what the protocol says.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;

use super::elsewhere::ElsewhereArgs;
use crate::check::{self, Subject, Verdict};
use crate::interrupt;
use crate::output::{complain, tell};
use crate::registry;
use crate::units;

/// What `compare check-contestant` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its id
    id: String,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    /// How long it may be silent beyond its waits
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, default_value = "10s", allow_hyphen_values = true)]
    patience: Duration,
}

/// Prints a line for each check. Fails if one failed, or if the contestant cannot be run here.
///
/// # Errors
/// If there is no such contestant.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Args { id, elsewhere, patience } = args;
    let contestant =
        registry::one(id, &elsewhere.read(std::slice::from_ref(id))?.with_patience(*patience))?;
    if contestant.missing.is_some() {
        // Why was said when it was started.
        return Ok(ExitCode::FAILURE);
    }
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let stop = interrupt::listen()?;
    let subject = Subject { contestant, program, patience: *patience, stop };
    let (mut passed, mut failed, mut not_asked) = (0, 0, 0);
    let all = check::run(&subject, |name, verdict| match verdict {
        Verdict::Passed => {
            passed += 1;
            tell(format_args!("ok         {name}"));
        }
        Verdict::NotAsked(why) => {
            not_asked += 1;
            tell(format_args!("not asked  {name}: {why}"));
        }
        Verdict::Failed(why) => {
            failed += 1;
            tell(format_args!("FAILED     {name}: {why}"));
        }
    });
    if all.is_err() {
        complain("compare: interrupted");
        return Ok(ExitCode::from(130));
    }
    tell(format_args!("{id}: {passed} passed, {failed} failed, {not_asked} not asked"));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
