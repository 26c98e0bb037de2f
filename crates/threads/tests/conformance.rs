//! Every contestant of this crate against the whole conformance suite.

use std::process::ExitCode;

use delay_server::process::{ServerProcess, become_server_if_asked};
use workload::conformance::{self, SERVER_ARGUMENTS};

fn main() -> ExitCode {
    if let Some(code) = become_server_if_asked() {
        return code;
    }
    let server = ServerProcess::start_this_program(SERVER_ARGUMENTS).expect("a server starts");
    conformance::main(threads::contestants(), server.address())
}
