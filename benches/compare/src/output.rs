//! Standard output and standard error, which may be closed.
//!
//! `println!` panics when the reader is gone. A table whose reader has seen enough is no fault, and a line
//! of progress that cannot be shown must not end a run.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Writes a line to standard output.
///
/// Ends the process quietly if the reader is gone, as `head` is after its last line, and with exit
/// code 2 and a line if standard output is full or broken otherwise.
pub fn print(line: impl Display) {
    let mut out = io::stdout().lock();
    if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
        if error.kind() == ErrorKind::BrokenPipe {
            std::process::exit(0);
        }
        complain(format_args!("compare: standard output cannot be written: {error}"));
        std::process::exit(2);
    }
}

/// Writes a line to standard error, if that can be written.
pub fn complain(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
