//! Starts the built program. What is compiled once need not be linked into each bench target.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// The program that does all the work.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_compare");

/// Has it run this target with this process's arguments, in this process where that can be.
pub(crate) fn compare(target: &str) -> ExitCode {
    let mut program = Command::new(PROGRAM);
    program.arg("bench").arg(target).args(std::env::args_os().skip(1));
    if let Ok(itself) = std::env::current_exe() {
        program.env("COMPARE_BENCH_TARGET", itself);
    }
    let error = program.exec();
    eprintln!("{target}: {PROGRAM} cannot be started: {error}");
    ExitCode::from(2)
}
