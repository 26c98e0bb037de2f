//! Answers after the delay it is asked for. See `delay-server --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    delay_server::process::become_server_if_asked()
        .unwrap_or_else(|| delay_server::cli::main(std::env::args_os().skip(1)))
}
