//! Standard output and standard error, which the reader may have closed.
//!
//! `println!` panics when nothing reads. A table whose reader has seen enough is no fault, and a line
//! of progress that cannot be read must not end a run.
//!
//! What may name foreign text, of a record, an argument or a server, goes through [`tell`] and
//! [`complain`], so nothing in it reaches the terminal that it would obey.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use report::document::Document;
use report::render::json;
use report::render::terminal::{DEFAULT_WIDTH, Options, clean, message, render};
use serde::Serialize;
use terminal_size::terminal_size_of;

/// Writes text of ours to standard output.
///
/// Ends the process quietly if the reader is gone, as `head` is after its last line, and with exit
/// code 2 and a line if standard output is full or broken otherwise.
pub fn print(text: impl Display) {
    let mut out = io::stdout().lock();
    must_be_written(writeln!(out, "{text}").and_then(|()| out.flush()));
}

/// Prints help, or the version, as clap has it, and returns how the process ends. What cannot be written
/// is treated as by [`print()`].
pub fn print_help(help: &clap::Error) -> ExitCode {
    must_be_written(help.print().and_then(|()| io::stdout().flush()));
    ExitCode::from(u8::try_from(help.exit_code()).unwrap_or(2))
}

fn must_be_written(result: io::Result<()>) {
    if let Err(error) = result {
        if error.kind() == ErrorKind::BrokenPipe {
            std::process::exit(0);
        }
        complain(format_args!("compare: standard output cannot be written: {error}"));
        std::process::exit(2);
    }
}

/// Prints a document as wide as the terminal is; in full with its details.
pub fn print_document(document: &Document, details: bool) {
    print(render(document, Options { width: terminal_width(), details }).trim_end());
}

/// Prints a value as JSON.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(json::text(&serde_json::to_value(value)?).trim_end());
    Ok(())
}

/// Writes a message to standard output, as wide as the terminal is.
pub fn tell(text: impl Display) {
    let width = terminal_width().unwrap_or(DEFAULT_WIDTH);
    print(message(&text.to_string(), Some(width)));
}

/// Prints a path in one line, however long it is: it may be for another program.
pub fn print_path(path: &Path) {
    print(clean(&path.display().to_string()));
}

/// Writes a message to standard error, if that can be written: as wide as the terminal is, and in one
/// line where it is none.
pub fn complain(text: impl Display) {
    let width = terminal_size_of(io::stderr()).map(|(width, _)| width.0);
    let _ = writeln!(io::stderr().lock(), "{}", message(&text.to_string(), width));
}

/// How many columns standard output has; `None` where it is no terminal.
pub fn terminal_width() -> Option<u16> {
    terminal_size_of(io::stdout()).map(|(width, _)| width.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_terminal_has_no_width() {
        // The test's own output is captured or piped, and if it is not, it has a width.
        assert!(terminal_width().is_none_or(|width| width > 0));
    }
}
