//! Weighs waiting tasks. See `compare --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    compare::cli::main()
}
