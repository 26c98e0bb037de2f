//! A server in a process of its own, for the tests of others.
//!
//! A test counts the threads and descriptors of its own process, so its server must live in
//! another. That other process is the test's own program, which begins with
//! [`become_server_if_asked`]: so there is no binary that has to be built before and found.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::cli;

/// The variable that asks a program to be a server: its arguments, one a line.
const ARGUMENTS: &str = "DELAY_SERVER_ARGUMENTS";

/// How long a server may take to start, and to stop beyond what it was told to.
const PATIENCE: Duration = Duration::from_secs(20);

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
    #[error("the server's first line is {0:?}, not its address")]
    FirstLine(String),
    /// The server does not answer.
    #[error("the server at {address} does not answer: {source}")]
    Silent {
        /// Where it said that it is.
        address: SocketAddr,
        /// What happened instead.
        source: io::Error,
    },
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
            .stdout(Stdio::piped());
        // In a process group of its own, an interrupt from the keyboard reaches whoever started it
        // alone, which still wants answers then, and stops it itself.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut process = Process(command.spawn()?);
        let line = process.first_line()?;
        let address = line.strip_prefix("http://").and_then(|address| address.parse().ok());
        let Some(address) = address else { return Err(StartError::FirstLine(line)) };
        ask(address).map_err(|source| StartError::Silent { address, source })?;
        Ok(Self { address, process })
    }

    /// The first address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
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
        thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(stdout).read_line(&mut line);
            let _ = sender.send(read.map(|_| line.trim_end().to_owned()));
        });
        receiver.recv_timeout(PATIENCE).map_err(|_| io::ErrorKind::TimedOut)?
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let patience = Instant::now() + PATIENCE;
        while !self.has_ended() && Instant::now() < patience {
            thread::sleep(Duration::from_millis(2));
        }
        if !self.has_ended() {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

fn ask(server: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET /stats HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 200 ") {
        Ok(())
    } else {
        Err(io::Error::other(format!("it answers {answer:?}")))
    }
}
