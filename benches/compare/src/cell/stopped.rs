//! A run that came to no proof: a wall or a failure, and the reason in words.

use workload::http::ErrorKind;
use workload::{Ending, Workload};

use crate::limits::{LastSeen, Limits};
use record::{Cell, ErrorLine, Limit, Status};
use report::format;

/// The cell whose tasks ended with these errors. Where descriptors or ports ran out, that is a wall.
pub(super) fn failed_with(
    errors: Vec<ErrorLine>,
    cell: Cell,
    limits: &Limits,
    last_seen: &LastSeen,
) -> Cell {
    let words: Vec<String> = errors
        .iter()
        .map(|error| format!("{} × `{}`", format::count(error.tasks), error.first))
        .collect();
    let reason = format!("tasks ended with errors: {}", words.join("; "));
    let ran_out_of = |kind: ErrorKind| errors.iter().any(|error| error.kind == kind.name());
    let limit = limits.descriptors(last_seen).filter(|_| ran_out_of(ErrorKind::Descriptors));
    let limit = limit.or_else(|| limits.ports().filter(|_| ran_out_of(ErrorKind::Ports)));
    stopped_at(limit, Cell { reason: Some(reason), errors, ..cell })
}

/// Whether some of these errors are other than the workload wants.
pub(super) fn are_unexpected(errors: &[ErrorLine], workload: &Workload) -> bool {
    let wanted = (workload.ending == Ending::TimesOut).then(|| ErrorKind::ReadTimeout.name());
    errors.iter().any(|error| Some(&*error.kind) != wanted)
}

/// The cell that was stopped at this limit, or at none that can be named.
pub(super) fn stopped_at(limit: Option<Limit>, cell: Cell) -> Cell {
    let status = if limit.is_some() { Status::Wall } else { Status::Failed };
    Cell { status, limit, ..cell }
}

/// The cell, or that it failed where its proof has a flaw.
pub(super) fn without_flaw(cell: Cell) -> Cell {
    match cell.flaw() {
        None => cell,
        flaw => Cell { status: Status::Failed, reason: flaw, ..cell },
    }
}

/// What std says of an allocation that failed, the system of any other, and the unwinder of a panic that it had
/// no memory for.
const WANT_OF_MEMORY: [&str; 3] =
    ["memory allocation of ", "Cannot allocate memory", "failed to initiate panic"];

/// What the system says of a thread that it did not make, whatever the reason.
const WANT_OF_THREADS: [&str; 2] = ["Resource temporarily unavailable", "WouldBlock"];

/// What the system says where a process has no descriptor left. It is said of one too many, so that nothing need
/// be near when it is looked at.
const WANT_OF_DESCRIPTORS: &str = "Too many open files";

/// A cell that was stopped at a limit is a wall, which is a result. One that was stopped by nothing
/// that can be named is a failure. What its process `said` may name what it wanted.
pub(super) fn wall_or_failure(
    cell: Cell,
    said: &str,
    limits: &Limits,
    last_seen: &LastSeen,
) -> Cell {
    let was_refused_memory = || WANT_OF_MEMORY.iter().any(|words| said.contains(words));
    let of_descriptors =
        || limits.descriptors(last_seen).filter(|_| said.contains(WANT_OF_DESCRIPTORS));
    let limit = limits.nearest(last_seen).or_else(of_descriptors);
    let of_memory = || limits.of_refused_memory(last_seen).filter(|_| was_refused_memory());
    let was_refused_a_thread = || WANT_OF_THREADS.iter().any(|words| said.contains(words));
    let of_thread = || limits.of_a_refused_thread(last_seen).filter(|_| was_refused_a_thread());
    stopped_at(limit.or_else(of_memory).or_else(of_thread), cell)
}

/// A reason fit for one line of a table and of a terminal: what a child says of itself may be long, and
/// hold anything.
pub(crate) fn legible(reason: &str) -> String {
    const MOST: usize = 500;
    let mut characters = reason.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut text: String = characters.by_ref().take(MOST).collect();
    if characters.next().is_some() {
        text.push('…');
    }
    text
}

/// The last line that says something, to stand behind how a process ended.
pub(crate) fn after_saying(text: &str) -> String {
    last_line(text).map_or_else(String::new, |line| format!(", after saying `{line}`"))
}

/// The last line that says something. std's hint about backtraces does not, nor that a panic is the last.
pub(crate) fn last_line(text: &str) -> Option<&str> {
    let says_nothing = |line: &str| {
        line.is_empty()
            || [
                "note: ",
                "stack backtrace:",
                "thread caused non-unwinding panic",
                "panic in a destructor",
            ]
            .iter()
            .any(|words| line.starts_with(words))
    };
    text.lines().map(str::trim).rfind(|line| !says_nothing(line))
}
