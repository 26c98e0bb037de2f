//! The record: the raw results of one run, and the only source of every figure shown.
//!
//! A record is JSON Lines. The first line is the [`Run`] (machine, versions, seed), each further
//! line a [`Cell`], a [`Throughput`], [`Instructions`] or a [`Weighing`]. It is appended line by line while
//! the run goes on, so that a killed run loses at most the line that it was about to write. Fits, ratios
//! and verdicts are derived from it and never stored in it.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`record`] | [`Record`] and its [`Line`]s |
//! | [`run`] | [`Run`]: the first line; [`Host`]: the machine |
//! | [`cell`] | [`Cell`] and [`Throughput`]: the lines after it |
//! | [`conditions`] | [`Conditions`]: what happened to the machine while a cell ran |
//! | [`instructions`] | [`Instructions`]: the lines of what was counted |
//! | [`weighing`] | [`Weighing`]: the lines of servers that were weighed |
//! | [`proof`] | [`ProofLine`] and [`ServerProof`]: that a cell did its work, and what is wrong if not |
//! | `read` | [`read_file`]: a record from a file, within bounds |
//! | `write` | [`Writer`]: appends line by line; [`Unfinished`]: goes on with what a killed run left |
//! | `differ` | [`differences`]: whether two runs were made on the same setup |
//! | `synthetic` | (feature `synthetic`) records with known slopes, for tests |

pub mod cell;
pub mod conditions;
mod differ;
pub mod instructions;
pub mod proof;
mod read;
pub mod record;
pub mod run;
#[cfg(any(test, feature = "synthetic"))]
pub mod synthetic;
pub mod weighing;
mod write;

pub use cell::{Build, Cell, Limit, Memory, Sample, Status, Throughput, Time, Wave, Weight};
pub use conditions::{Conditions, Count};
pub use differ::{Difference, differences};
pub use instructions::Instructions;
pub use proof::{ProofLine, SecondProof, ServerProof};
pub use protocol::{
    CeilingLine, ErrorLine, HttpLine, LatenessLine, Profile, RoleLine, Step, TraceLine,
    WorkloadLine,
};
pub use read::{LONGEST_LINE, MOST_LINES, ReadError, read_file, read_from};
pub use record::{Line, Record, SCHEMA};
pub use run::{CgroupKind, Extent, Host, LimitValue, Run, TaskCode, Unlimited};
pub use weighing::{Held, Hold, LimitOf, Sockets, Weighing};
pub use write::{Unfinished, Writer};
