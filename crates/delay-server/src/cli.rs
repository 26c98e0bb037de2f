//! The command line.
//!
//! Whatever cannot be understood or done is one line on standard error and exit code 2. A stop
//! after which something was still open ends with 1, a second signal with 130, any other stop
//! with 0.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write};
use std::net::IpAddr;
use std::num::{NonZeroU8, NonZeroU64};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::sync::watch;

use crate::server::{Options, Server};

/// Answer over HTTP after the delay asked for
///
/// The first line on standard output is the address: http://127.0.0.1:PORT
#[derive(Debug, Parser)]
#[command(name = "delay-server", version, no_binary_name = true, after_help = EXAMPLES)]
struct Cli {
    /// The address to listen on
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// The port to listen on; 0 for any that is free
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// Listen on this many addresses, counted up from the first, with the same port
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_addresses)]
    addresses: NonZeroU8,
    /// The bandwidth of all answers together, a second: 10MiB, 512KiB, 4096
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    rate_limit: Option<NonZeroU64>,
    /// How long open requests are given when the server stops: 500ms, 5s
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = parse_duration)]
    grace: Duration,
    /// Stop when standard input ends
    #[arg(long)]
    until_stdin_closes: bool,
}

const EXAMPLES: &str = "\
Examples:
  delay-server --port 8080
  delay-server --rate-limit 10MiB --addresses 8
  curl -i 'http://127.0.0.1:8080/wait?ms=50&bytes=1024&a=1&b=2'
  curl 'http://127.0.0.1:8080/stats'

SIGINT or SIGTERM stops it; a second one does so at once.";

/// Runs the server with these arguments, without the program's name, until it is stopped.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return explain(&error),
    };
    match run(&cli) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(open) => {
            let grace = humantime::format_duration(cli.grace);
            complain(format_args!(
                "connections still open after the grace time of {grace}: {open}"
            ));
            ExitCode::FAILURE
        }
        Err(error) => {
            complain(error);
            ExitCode::from(2)
        }
    }
}

/// Returns how many connections were still open after the grace time.
fn run(cli: &Cli) -> Result<usize, String> {
    raise_descriptor_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|error| format!("the runtime could not be started: {error}"))?;
    let options = Options {
        bind: cli.bind,
        port: cli.port,
        addresses: cli.addresses,
        rate_limit: cli.rate_limit,
        grace: cli.grace,
    };
    let still_open = runtime.block_on(async {
        let server = Server::bind(options).await.map_err(|error| error.to_string())?;
        let stop = stop_requests(cli.until_stdin_closes)?;
        announce(&server).map_err(|error| format!("standard output cannot be written: {error}"))?;
        Ok(server.run(stop).await)
    });
    // What is still open after the grace time is not waited for any longer.
    runtime.shutdown_background();
    still_open
}

fn announce(server: &Server) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "http://{}", server.address())?;
    out.flush()
}

/// A future that ends at the first signal, or when standard input ends. The second signal ends the
/// process.
///
/// Signals come over a thread of their own and not by tokio's `signal` feature: cargo would switch
/// that on for every program of the workspace, and with it a driver in the runtime that is weighed.
fn stop_requests(until_stdin_closes: bool) -> Result<impl Future<Output = ()>, String> {
    let (stop, mut stopped) = watch::channel(false);
    let by_signal = stop.clone();
    let was_asked = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        if was_asked.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        by_signal.send_replace(true);
    })
    .map_err(|error| format!("signals cannot be caught: {error}"))?;
    if until_stdin_closes {
        let by_stdin = stop.clone();
        let watcher = move || {
            // An error is an end, too: nothing will come any more.
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            by_stdin.send_replace(true);
        };
        thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(watcher)
            .map_err(|error| format!("standard input cannot be watched: {error}"))?;
    }
    Ok(async move { drop(stopped.wait_for(|stop| *stop).await) })
}

/// A connection is a descriptor. Where the limit cannot be raised, there are fewer of them.
fn raise_descriptor_limit() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

fn parse_addresses(text: &str) -> Result<NonZeroU8, String> {
    text.parse().map_err(|_| format!("`{text}` is not a count of addresses: give 1 to 255"))
}

fn parse_size(text: &str) -> Result<NonZeroU64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit: Option<u64> = match unit {
        "" | "B" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    let bytes =
        number.parse::<u64>().ok().zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
    bytes.and_then(NonZeroU64::new).ok_or_else(|| {
        format!(
            "`{text}` is not a bandwidth: give bytes a second from 1, such as 4096, 512KiB or 10MiB"
        )
    })
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| format!("`{text}` is not a duration: give one such as 500ms, 5s or 1m"))
}

/// Help goes to standard output as clap has it. A mistake becomes one line.
fn explain(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            match error.print().and_then(|()| io::stdout().flush()) {
                Err(problem) if problem.kind() != io::ErrorKind::BrokenPipe => {
                    complain(format_args!("standard output cannot be written: {problem}"));
                    ExitCode::from(2)
                }
                _ => ExitCode::SUCCESS,
            }
        }
        _ => {
            complain(one_line(&error.render().to_string()));
            ExitCode::from(2)
        }
    }
}

/// clap's message without its `error: `, its usage and its hint, on one line.
fn one_line(message: &str) -> String {
    let message = message.strip_prefix("error: ").unwrap_or(message);
    message
        .lines()
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn complain(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "delay-server: {line}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, expected) in
            [("1", 1), ("4096", 4096), ("7B", 7), ("512KiB", 524_288), ("10MiB", 10_485_760)]
        {
            assert_eq!(parse_size(text).map(NonZeroU64::get), Ok(expected), "{text}");
        }
        for text in [
            "",
            "0",
            "0MiB",
            "MiB",
            "-1",
            "+1",
            "1.5MiB",
            "1 MiB",
            "1MB",
            "1kib",
            "18446744073709551615KiB",
        ] {
            assert!(
                parse_size(text).unwrap_err().starts_with(&format!("`{text}` is not")),
                "{text}"
            );
        }
    }

    #[test]
    fn a_mistake_is_one_line_that_names_what_was_given() {
        let mistake = |arguments: &[&str]| {
            one_line(&Cli::try_parse_from(arguments).unwrap_err().render().to_string())
        };
        for (arguments, given) in [
            (&["--rate-limit", "fast"], "`fast`"),
            (&["--grace", "soon"], "`soon`"),
            (&["--addresses", "0"], "`0`"),
            (&["--port", "65536"], "'65536'"),
            (&["--bind", "localhost"], "'localhost'"),
        ] {
            let message = mistake(arguments);
            assert!(message.contains(given) && !message.contains('\n'), "{message}");
        }
        assert!(mistake(&["--ports", "1"]).contains("'--ports'"));
    }
}
