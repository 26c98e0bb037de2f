//! A server in a process of its own, for the tests of others.
//!
//! A test counts the threads and descriptors of its own process, so its server must live in
//! another. That other process is the test's own program, which begins with
//! [`become_server_if_asked`]: so there is no binary that has to be built before and found.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use workload::http::Stats;
use workload::http::get::Why;

use crate::cli;

/// The variable that asks a program to be a server: its arguments, one a line.
const ARGUMENTS: &str = "DELAY_SERVER_ARGUMENTS";

/// How much of what a server says before it is one is kept.
const MOST_SAID_BYTES: u64 = 4096;

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a server may take to stop: its grace time, and a little.
const STOPPING: Duration = Duration::from_secs(6);

/// If this process was started to be a server, is one until it is stopped.
///
/// A program that starts servers with [`ServerProcess::start_this_program`] calls this first of all
/// and returns the exit code, if there is one.
pub fn become_server_if_asked() -> Option<ExitCode> {
    let arguments = std::env::var(ARGUMENTS).ok()?;
    Some(cli::main(arguments.lines().map(OsString::from)))
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// This process was itself asked to be a server, and went on to start one.
    #[error("a program that starts servers must begin with `become_server_if_asked`")]
    NotAsked,
    /// An argument that cannot be handed over.
    #[error("the argument {0:?} has more than one line")]
    Argument(String),
    /// The process could not be started or talked to.
    #[error("the server's process could not be started: {0}")]
    Process(#[from] io::Error),
    /// The server said something else than its address, or nothing.
    #[error("{}", first_line(line, said))]
    FirstLine {
        /// Its first line.
        line: String,
        /// What it said on its standard error.
        said: String,
    },
    /// The server does not answer.
    #[error("the server at {address} does not answer: {source}")]
    Silent {
        /// Where it said that it is.
        address: SocketAddr,
        /// What happened instead.
        source: Why,
    },
}

fn first_line(line: &str, said: &str) -> String {
    match said.trim() {
        "" => format!("the server's first line is {line:?}, not its address"),
        said => said.to_owned(),
    }
}

/// A server in a process of its own. It stops when this is dropped, or when this process ends,
/// however it ends.
#[derive(Debug)]
pub struct ServerProcess {
    address: SocketAddr,
    process: Process,
}

impl ServerProcess {
    /// Starts this very program as a server, with these arguments of the command line.
    ///
    /// # Errors
    /// If the process does not start, or no server answers in it.
    pub fn start_this_program<A: AsRef<str>>(
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Self, StartError> {
        Self::start(&std::env::current_exe()?, arguments)
    }

    /// Starts a program that begins with [`become_server_if_asked`].
    ///
    /// # Errors
    /// If the process does not start, or no server answers in it.
    pub fn start<A: AsRef<str>>(
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Self, StartError> {
        if std::env::var_os(ARGUMENTS).is_some() {
            return Err(StartError::NotAsked);
        }
        let mut lines = "--until-stdin-closes".to_owned();
        for argument in arguments {
            let argument = argument.as_ref();
            if argument.contains(['\n', '\r']) {
                return Err(StartError::Argument(argument.to_owned()));
            }
            lines.push('\n');
            lines.push_str(argument);
        }
        let mut command = Command::new(program);
        command
            .env(ARGUMENTS, lines)
            // Whatever it serves, it is the same server.
            .env_remove("TOKIO_WORKER_THREADS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // In a process group of its own, an interrupt from the keyboard reaches the program that
        // started it alone, which still wants answers then, and stops it itself.
        command.process_group(0);
        let mut process = Process(command.spawn()?);
        let line = process.first_line()?;
        let address = line.strip_prefix("http://").and_then(|address| address.parse().ok());
        let Some(address) = address else {
            let said = process.last_words();
            return Err(StartError::FirstLine { line, said });
        };
        process.pass_on_what_it_says()?;
        Stats::of(address, None, PATIENCE)
            .map_err(|error| StartError::Silent { address, source: error.why })?;
        Ok(Self { address, process })
    }

    /// The first address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the process at once, which need not answer any more.
    pub fn kill(mut self) {
        let _ = self.process.0.kill();
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.process.0.id()
    }
}

/// A process that is stopped when this is dropped.
#[derive(Debug)]
struct Process(Child);

impl Process {
    /// The first line on its standard output, without its end.
    fn first_line(&mut self) -> io::Result<String> {
        let Some(stdout) = self.0.stdout.take() else { return Ok(String::new()) };
        let (sender, receiver) = mpsc::channel();
        // A thread, because a pipe has no read timeout. It ends with the process at the latest.
        thread::Builder::new().spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(stdout).read_line(&mut line);
            let _ = sender.send(read.map(|_| line.trim_end().to_owned()));
        })?;
        receiver.recv_timeout(PATIENCE).map_err(|_| io::ErrorKind::TimedOut)?
    }

    /// All that it says on its standard error. It has ended, or will be ended here.
    fn last_words(&mut self) -> String {
        let _ = self.0.kill();
        let mut said = Vec::new();
        if let Some(stderr) = self.0.stderr.take() {
            let _ = stderr.take(MOST_SAID_BYTES).read_to_end(&mut said);
        }
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Passes on what it says from here on.
    fn pass_on_what_it_says(&mut self) -> io::Result<()> {
        if let Some(mut stderr) = self.0.stderr.take() {
            thread::Builder::new().spawn(move || io::copy(&mut stderr, &mut io::stderr()))?;
        }
        Ok(())
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let patience = Instant::now() + STOPPING;
        while !self.has_ended() && Instant::now() < patience {
            thread::sleep(Duration::from_millis(2));
        }
        if !self.has_ended() {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}
