//! One cell: one contestant × one workload × one repeat, in a process of its own, weighed from here.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `runner` | [`Runner`]: runs cells, each until its wait is long enough |
//! | `spec` | [`CellSpec`]: what to run |
//! | `unfit` | what is not run at all, and why |
//! | [`estimate`] | [`estimate::Estimates`]: how long to wait and how much memory to expect, learned on the way |
//! | `attempt` | one run of a cell, phase by phase |
//! | `watched` | the process of a run: what it says, what it uses, how it died |
//! | `requests` | what the server sees of a run |
//! | [`process`] | [`process::ChildProcess`]: the process itself and the pipes to it |
//! | `ending` | how a run can end, and what that makes of the cell |
//! | [`unweighed`] | a run that is not weighed: it shows how late tasks are, or a rate |
//! | [`stopped`] | a run that came to no proof: a wall or a failure, and the reason |
//!
//! Whatever happens in a cell costs that cell and no other: it always comes back as a
//! [`record::Cell`], with a reason if it is not a figure. The one exception is an interruption, which
//! is no result.

mod attempt;
mod ending;
pub mod estimate;
pub mod process;
mod requests;
mod runner;
mod spec;
pub mod stopped;
mod unfit;
pub mod unweighed;
mod watched;

pub use runner::{Interrupted, MOST_ATTEMPTS, Runner};
pub use spec::{CellSpec, Waves};
pub use unfit::{HIGHEST_FLOOR, HIGHEST_WAVE_FLOOR};
