//! Weighs and times every contestant, and checks what is claimed of them.
//!
//! A run goes through these from top to bottom:
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`cli`] | the command line |
//! | [`registry`] | the contestants, by id |
//! | [`contestant`] | a contestant as the harness knows it: who it is, and the command that starts it |
//! | [`elsewhere`] | contestants that are other programs, from a file |
//! | [`environment`] | variants: contestants in another environment |
//! | `hello` | starts a contestant's process so that it says who it is |
//! | [`plan`] | which cells a run is made of, and in which order |
//! | [`suite`] | a run: a machine that is ready, its cells and its record |
//! | [`events`] | runs the cells one after another, and tells what happens |
//! | [`progress`], [`tally`] | where a run is, and how its cells ended |
//! | [`resume`] | which cells of a killed run are left |
//! | [`check`] | whether a contestant does what the protocol says |
//! | [`cell`] | one cell: starts its process, weighs it, explains how it ended |
//! | `walls`, `raise` | where each contestant stops, before and after a limit is moved |
//! | [`mod@instructions`] | counts the instructions of a wait and of a request |
//! | [`servers`] | the servers that cells ask |
//! | [`meter`] | weighs a process from outside |
//! | [`weigh`] | weighs any server while it holds connections |
//! | [`scope`] | gets a user without privileges a control group |
//! | [`host`], [`limits`] | the machine, and what it limits |
//! | [`generated`], [`splice`] | the files that a record yields |
//! | [`mod@include`] | puts code into the pages that show it |
//! | [`session`], [`project`], [`output`] | where results go |
//! | [`interrupt`], [`units`] | Ctrl-C; quantities on the command line |
//! | [`patience`] | waits for a process, but not forever |
//! | [`mod@bench`] | what the two bench targets share |
//! | [`controls`] | contestants whose weight is known, to check the instrument |
//! | [`faults`] | contestants that do it wrong, for tests of all this |

#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod bench;
pub mod cell;
pub mod check;
pub mod cli;
pub mod contestant;
pub mod controls;
pub mod elsewhere;
pub mod environment;
pub mod events;
pub mod faults;
pub mod generated;
mod hello;
pub mod host;
pub mod include;
pub mod instructions;
pub mod interrupt;
pub mod limits;
pub mod meter;
pub mod output;
pub mod patience;
pub mod plan;
pub mod progress;
pub mod project;
mod raise;
pub mod registry;
pub mod resume;
pub mod scope;
pub mod servers;
pub mod session;
pub mod splice;
pub mod suite;
pub mod tally;
pub mod units;
mod walls;
pub mod weigh;
