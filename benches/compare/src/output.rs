//! Standard output and standard error, which the reader may have closed.
//!
//! `println!` panics when nothing reads. A table whose reader has seen enough is no fault, and a line
//! of progress that cannot be read must not end a run.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};

use report::document::Document;
use report::render::terminal::{Options, clean, render};

/// A message is no longer than this, in characters: what it names may be foreign and endless.
const LONGEST_MESSAGE: usize = 2_000;

/// Writes text of ours to standard output.
///
/// Ends the process quietly if the reader is gone, as `head` is after its last line, and with exit
/// code 2 and a line if standard output is full or broken otherwise.
pub fn print(text: impl Display) {
    let mut out = io::stdout().lock();
    if let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush()) {
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

/// Writes a message of one line to standard error, if that can be written. What it names may come from
/// a record, an argument or a server, so nothing in it reaches the terminal that it would obey.
pub fn complain(message: impl Display) {
    let message: String = message.to_string().chars().take(LONGEST_MESSAGE).collect();
    let _ = writeln!(io::stderr().lock(), "{}", clean(&message));
}

/// How many columns standard output has; `None` where it is no terminal.
pub fn terminal_width() -> Option<u16> {
    let is_terminal = io::stdout().is_terminal();
    is_terminal.then(terminal_size::terminal_size).flatten().map(|(width, _)| width.0)
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
