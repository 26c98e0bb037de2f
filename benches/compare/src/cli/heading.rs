//! What options stand under in the help, the same in every command.

/// Which cells are run.
pub(super) const RUN: &str = "What is run";

/// What the tasks of a cell do.
pub(super) const TASK: &str = "What each task does";

/// How cells are run.
pub(super) const HOW: &str = "How it is run";

/// Where the record is.
pub(super) const RECORD: &str = "The record";

/// What is printed.
pub(super) const PRINTED: &str = "What is printed";

/// Requests.
pub(super) const HTTP: &str = "With --workload http or transfer";
