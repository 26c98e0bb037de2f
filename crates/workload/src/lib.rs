//! The waiting workload: what every contestant is asked to do, and how it proves that it did it.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`spec`] | [`Workload`]: how many tasks, what each waits for, what it holds meanwhile |
//! | [`task`] | [`Task`]: two numbers in, a wait (or several), their sum out |
//! | `depth` | stack that a task uses and gives back before it waits |
//! | [`state`] | [`State`]: the bytes a task keeps alive across its waits |
//! | [`clock`] | [`Moment`]: a point on one monotonic clock, in eight bytes |
//! | [`http`] | the workload `http`: requests, answers, timeouts and faults, without any waiting |
//! | [`relay`] | the workload `relay`: the ring through which a token goes |
//! | [`ledger`] | [`Ledger`] and [`TaskHandle`]: where tasks sign in and out; [`Starts`]: when each is to |
//! | [`quantity`] | counts and arrivals as people and records write them |
//! | [`mod@contain`] | [`contain()`]: where a panic ends |
//! | [`contestant`] | [`Contestant`]: the contract between a model and the program that runs it |
//! | `conformance` | (feature `conformance`) the suite every contestant passes |
//!
//! A contestant sees this crate and nothing else. It never measures itself: it signs its tasks in
//! and out, and the program that runs it reads the ledger.

// Here because everything else is built on this crate, and waits for it.
#[cfg(not(unix))]
compile_error!(
    "this workspace builds for Linux, macOS and other Unix systems only, whose processes, signals and limits it measures with; on Windows, build it in WSL 2"
);

pub mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod contain;
pub mod contestant;
mod depth;
pub mod http;
pub mod ledger;
pub mod quantity;
pub mod relay;
pub mod spec;
pub mod state;
pub mod task;

pub use clock::Moment;
pub use contain::contain;
pub use contestant::{About, Ceiling, Contestant, ContestantId, Instance, Refusal, Role, Settings};
pub use http::Http;
pub use ledger::{Lateness, Ledger, Proof, Start, Starts, TaskHandle};
pub use spec::{Arrival, Ending, Medium, Wait, Workload};
pub use state::{State, StateSize, WithState};
pub use task::Task;
