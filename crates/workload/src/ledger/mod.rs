//! The ledger: where tasks sign in and out.
//!
//! It proves that the work was done (how many tasks returned a sum, and the right one), at what
//! concurrency (how many were in flight at once), and how late each task woke. It also says when
//! each task is to start ([`Ledger::starts`]). It must not become the thing that is measured, so:
//!
//! * its counters are split over [`SHARDS`] cache lines by task index, in runs of
//!   [`RUN_OF_TASKS`], so that threads working on different tasks rarely meet on one line;
//! * each shard knows how many tasks will sign out of it, so the end of a wave is found without a
//!   counter that every task would have to touch;
//! * the number in flight is summed up only on demand, and when the first task leaves
//!   after others have come in, because only then can a high-water mark have been reached.
//!
//! A ledger is made once and lives as long as the process, so that a task refers to it by a plain
//! reference of 8 bytes: a counted reference would cost every task two more atomic operations and
//! would weigh the same.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `counters` | [`Ledger`]: the counters of a wave |
//! | `handle` | [`TaskHandle`]: one task's way through the ledger |
//! | `starts` | [`Starts`]: when the tasks of a wave start |
//! | `proof` | [`Proof`]: what a wave did |
//! | `lateness` | [`Lateness`]: how late tasks woke |
//! | `failures` | [`Failure`]: the errors with which tasks ended |
//! | `trace` | [`Event`]: what tasks did, in order, for traces and tests |
//! | `end` | [`Over`]: the end of a wave |
//! | `shard` | one shard of the counters |
//! | `sync` | locks and atomics: std's, or a model's |

mod counters;
mod end;
mod failures;
mod handle;
mod lateness;
mod proof;
mod shard;
mod starts;
mod sync;
mod trace;

pub use counters::Ledger;
pub use end::Over;
pub use failures::Failure;
pub use handle::{TaskHandle, silence_planted_panics};
pub use lateness::Lateness;
pub use proof::Proof;
pub use shard::{RUN_OF_TASKS, SHARDS};
pub use starts::{Start, Starts};
pub use trace::{Event, Noted};

#[cfg(test)]
mod tests;
