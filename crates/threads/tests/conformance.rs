//! Every contestant of this crate against the whole conformance suite.

use std::process::ExitCode;

fn main() -> ExitCode {
    workload::conformance::main(threads::contestants())
}
