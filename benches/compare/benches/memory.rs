//! Weighs every contestant. See `compare::bench` for the flags.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    compare::bench::memory::main(Path::new(env!("CARGO_BIN_EXE_compare")))
}
