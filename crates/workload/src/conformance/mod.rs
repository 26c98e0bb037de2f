//! The suite that every contestant passes.
//!
//! Each check is a test of its own, named `contestant: check`, so that a failure names both. They
//! run one after another on the main thread: what a contestant leaves behind is found by counting
//! this process's threads and descriptors, which other tests would disturb.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `suite` | [`main`]: all checks as tests of one program |
//! | `running` | [`run`]: running a contestant, and what every run is held against |
//! | `checks` | what is checked with timers |
//! | `arrival` | when tasks start, and what counts as late |
//! | [`http`] | what is checked with a server, and every fault |
//! | `closing` | a server that closes connections which its client wants to keep, for unit tests |
//! | `residue` | what is left in the process |
//! | `watchdog` | the end of a check that hangs |
//!
//! A model crate's `tests/conformance.rs` (with `harness = false`) starts a server in a process of
//! its own, before anything is counted, and hands over its address:
//!
//! ```ignore
//! fn main() -> ExitCode {
//!     if let Some(code) = delay_server::process::become_server_if_asked() {
//!         return code;
//!     }
//!     let server = ServerProcess::start_this_program(SERVER_ARGUMENTS).expect("a server starts");
//!     workload::conformance::main(threads::contestants(), server.address())
//! }
//! ```

mod arrival;
mod checks;
mod closing;
pub mod http;
mod residue;
mod running;
mod suite;
mod watchdog;

pub use checks::CHECKS;
pub use closing::serve_and_close;
pub use http::SERVER_ARGUMENTS;
pub use running::{Check, SETTINGS, run};
pub use suite::main;
