//! A whole record, and one line of it.

use serde::{Deserialize, Serialize};

use crate::cell::{Cell, Throughput};
use crate::run::Run;

/// The version of the record's form that this program writes, and the only one it reads.
pub const SCHEMA: u32 = 1;

/// A whole record.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The first line.
    pub run: Run,
    /// The cells, in the order in which they ran.
    pub cells: Vec<Cell>,
    /// The throughput samples, in the order in which they were taken.
    pub throughput: Vec<Throughput>,
    /// Whether the last line was cut off, as a killed run leaves it. That line is not in `cells`.
    pub truncated: bool,
}

/// One line of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Line {
    /// The first line.
    Run(Box<Run>),
    /// One contestant × one workload × one repeat.
    Cell(Box<Cell>),
    /// One timed contestant × workload.
    Throughput(Box<Throughput>),
}
