//! Weighs waiting tasks. See `compare --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = compare::limits::refuse_a_small_stack() {
        return code;
    }
    #[cfg(feature = "server")]
    if let Some(code) = delay_server::process::become_server_if_asked() {
        return code;
    }
    compare::cli::main()
}
