//! What the two bench targets share: how `cargo bench -p compare -- …` is understood.
//!
//! The targets themselves hold next to nothing: each starts `compare bench TARGET` with the arguments
//! that it was given, so that what is measured and what measures is compiled and linked once. Cargo
//! hands everything after `--` to every bench target, and adds `--bench`. All of it is checked before
//! anything runs; [`HELP`] says which flags there are. All others are criterion's.
//!
//! What is no flag is a name of `--list` or a part of one, and selects in both targets.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`invocation`] | how a target was called |
//! | `flags` | criterion's flags, and what each takes |
//! | [`names`] | the names of what is run |
//! | `target` | what both do |
//! | [`memory`] | weighs contestants |
//! | [`throughput`] | times waves for criterion |

mod flags;
pub mod invocation;
pub mod memory;
pub mod names;
mod target;
pub mod throughput;

use std::process::ExitCode;

use crate::output::complain;
pub use invocation::{HELP, Invocation};

/// Runs the target of this name, or a part of it, with these arguments.
pub fn main(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    let target = arguments.next().unwrap_or_default();
    let result = match (target.as_str(), Invocation::parse(arguments)) {
        (_, Err(error)) => Err(error),
        ("memory", Ok(invocation)) => memory::run(&invocation),
        ("throughput", Ok(invocation)) => throughput::run(&invocation),
        ("samples", Ok(invocation)) => throughput::serve(&invocation),
        _ => Err(anyhow::anyhow!("`{target}` is no bench target: there are memory and throughput")),
    };
    result.unwrap_or_else(|error| {
        let who = if target.is_empty() { "compare bench" } else { &target };
        complain(format_args!("{who}: {error:#}"));
        ExitCode::from(2)
    })
}
