//! The kit: it makes any program a contestant, which a harness starts, weighs from outside and ends.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`serve`](mod@serve) | [`serve()`]: serves contestants to a harness |
//! | `cell` | one cell: runs a contestant once, or as often as it is told to, and speaks with the harness |
//! | [`hello`] | who a contestant is, as its process says first |
//! | [`allocator`] | which allocator is loaded |
//! | [`heap`] | an allocator that counts what a program has asked for |
//! | [`usage`] | CPU time and context switches of the process that asks |

#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod allocator;
mod cell;
pub mod heap;
pub mod hello;
pub mod serve;
pub mod usage;

pub use cell::TRY_AGAIN;
pub use hello::Program;
pub use serve::serve;
pub use workload;
