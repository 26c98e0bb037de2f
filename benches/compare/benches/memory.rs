//! Runs every contestant in cells. See `compare::bench` for the flags.

#[path = "common/start.rs"]
mod start;

use std::process::ExitCode;

fn main() -> ExitCode {
    start::compare("memory")
}
