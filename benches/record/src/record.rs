//! A whole record, and one line of it.

use serde::{Deserialize, Serialize};

use crate::cell::{Cell, Throughput};
use crate::instructions::Instructions;
use crate::run::Run;
use crate::weighing::Weighing;

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
    /// The instructions that were counted, in that order too.
    pub instructions: Vec<Instructions>,
    /// The servers that were weighed, process by process.
    pub weighings: Vec<Weighing>,
    /// Whether the last line was cut off, as a killed run leaves it. That line is not in `cells`.
    pub truncated: bool,
}

impl Record {
    /// A record of this run with nothing else in it yet.
    pub fn of(run: Run) -> Self {
        let (cells, throughput, instructions) = (Vec::new(), Vec::new(), Vec::new());
        let weighings = Vec::new();
        Self { run, cells, throughput, instructions, weighings, truncated: false }
    }
}

/// Of so many cells one at most may come before a repeat that is lower than its own: a part of the plan
/// or a resumed run begins anew, and a shuffle goes down at every third cell.
const CELLS_A_DESCENT: usize = 20;

impl Record {
    /// Whether its cells ran in rounds: every cell once, then every cell again. The order of the cells
    /// says it, because [`Cell::repeat`] is then the number of the round and hardly ever goes down.
    pub fn is_in_rounds(&self) -> bool {
        let descents = self.cells.windows(2).filter(|pair| pair[1].repeat < pair[0].repeat).count();
        let is_repeated = self.cells.iter().any(|cell| cell.repeat > 0);
        is_repeated && descents * CELLS_A_DESCENT <= self.cells.len()
    }
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
    /// Instructions of one contestant × workload.
    Instructions(Box<Instructions>),
    /// One process of a server that was weighed.
    Weighing(Box<Weighing>),
}
