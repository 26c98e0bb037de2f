//! The kit: it makes any program a contestant, which a harness starts, weighs from outside and ends.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     contestant::serve([
//!         contestant::own("own/nothing", "a future that holds nothing", |gate| async move {
//!             gate.wait().await;
//!         }),
//!     ])
//! }
//! ```
//!
//! `docs/your-own.md` shows a whole project. A contestant is one of these:
//!
//! | what it is | by what it becomes a contestant |
//! | --- | --- |
//! | a future of one's own | [`own()`] |
//! | a runtime of one's own, timers only | [`on_runtime()`], with [`task()`] if it runs futures |
//! | anything else | the trait [`Contestant`](workload::Contestant) |
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`serve`](mod@serve) | [`serve()`]: serves contestants to a harness |
//! | `cell` | one cell: runs a contestant once, or as often as it is told to, and speaks with the harness |
//! | [`hello`] | who a contestant is, as its process says first |
//! | [`allocator`] | which allocator is loaded |
//! | [`heap`] | an allocator that counts what a program has asked for |
//! | [`mod@own`] | [`own()`]: futures of one's own, weighed where they wait; [`on_runtime()`]: tasks on any runtime |
//! | [`usage`] | CPU time and context switches of the process that asks |

#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod allocator;
mod cell;
pub mod heap;
pub mod hello;
pub mod own;
pub mod serve;
pub mod usage;

pub use cell::TRY_AGAIN;
pub use hello::Program;
pub use own::{Gate, on_runtime, own, task};
pub use serve::serve;
pub use workload;
