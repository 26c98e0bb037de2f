//! The errors with which tasks ended.

use std::collections::BTreeMap;

use crate::http::{ErrorKind, FetchError};

/// The tasks that ended with an error of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind.
    pub kind: ErrorKind,
    /// How many tasks.
    pub tasks: u64,
    /// The first of the errors, in words.
    pub first: String,
}

/// All of them. Failing is not the path that is measured: a lock and a text do.
#[derive(Debug, Default)]
pub(super) struct Failures(BTreeMap<ErrorKind, (u64, String)>);

impl Failures {
    pub(super) fn count(&mut self, error: &FetchError) {
        self.0.entry(error.kind).or_insert_with(|| (0, error.to_string())).0 += 1;
    }

    pub(super) fn list(&self) -> Vec<Failure> {
        self.0
            .iter()
            .map(|(&kind, (tasks, first))| Failure { kind, tasks: *tasks, first: first.clone() })
            .collect()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
