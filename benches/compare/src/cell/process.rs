//! The process of a cell, and the pipes to it.

use std::fs;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::meter::cgroup::Group;
use crate::meter::process::Procfs;
use crate::patience::{End, end_of};
use protocol::{self, Event, Order, ProtocolError};

/// How long a shortage of processes or memory may last before a cell is not started: one that is over
/// sooner costs no cell.
pub(super) const SHORTAGE: Duration = Duration::from_secs(3);

/// How long to wait before a try to start again.
pub(super) const PAUSE: Duration = Duration::from_millis(50);

/// How much of what a child last wrote to its standard error is kept, in bytes.
const TAIL_BYTES: usize = 4096;

/// How long a child may take to die after it closed its pipe.
const DYING: Duration = Duration::from_secs(10);

/// How long a dead process's standard error may stay open: what it has started may still hold it.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How often the harness looks whether it should stop.
pub(super) const TICK: Duration = Duration::from_millis(5);

/// How many events may wait to be read; a child that talks more has to wait.
const QUEUE: usize = 8;

/// Variables with which a runtime would run another number of threads, or a thread another stack,
/// than what the contestant says. They are kept from whatever is measured, except a variant that is one by them.
pub const RUNTIME_SETTINGS: &[&str] = &[
    "ASYNC_STD_THREAD_COUNT",
    "RAYON_NUM_THREADS",
    "RUST_MIN_STACK",
    "SMOL_THREADS",
    "TOKIO_WORKER_THREADS",
];

/// The process of a cell. It is killed when this is dropped, with what it has started.
#[derive(Debug)]
pub struct ChildProcess {
    child: Child,
    orders: Option<ChildStdin>,
    events: Receiver<Result<Event, ProtocolError>>,
    tail: Option<Receiver<String>>,
}

impl ChildProcess {
    /// Starts the command, in this control group if there is one.
    ///
    /// A process, and the threads here that listen to it, may be refused for a moment: that is tried
    /// again, until `stop` is set.
    ///
    /// # Errors
    /// If it cannot be started, or the group takes no process. None is left then.
    pub fn start(
        command: impl Fn() -> Command,
        group: Option<&Group>,
        stop: &AtomicBool,
    ) -> io::Result<Self> {
        let patience = Instant::now() + SHORTAGE;
        loop {
            match Self::try_start(command(), group) {
                Err(error)
                    if [ErrorKind::WouldBlock, ErrorKind::OutOfMemory].contains(&error.kind())
                        && Instant::now() < patience
                        && !stop.load(Ordering::SeqCst) =>
                {
                    thread::sleep(PAUSE);
                }
                result => return result,
            }
        }
    }

    fn try_start(mut command: Command, group: Option<&Group>) -> io::Result<Self> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // The last line is wanted, not thirty lines of frames.
            .env("RUST_BACKTRACE", "0");
        for setting in RUNTIME_SETTINGS {
            // What a variant is given stays.
            if !command.get_envs().any(|(name, _)| name == *setting) {
                command.env_remove(setting);
            }
        }
        // In a process group of its own, an interrupt from the keyboard reaches the harness alone,
        // which then ends the cell itself and knows why it ended.
        command.process_group(0);
        if let Some(group) = group {
            group.enter_before_exec(&mut command)?;
        }
        let (send, events) = mpsc::sync_channel(QUEUE);
        // From here on it is killed if anything fails.
        let mut started = Self { child: command.spawn()?, orders: None, events, tail: None };
        let child = &mut started.child;
        be_killed_first(child.id());
        started.orders = child.stdin.take();
        if let Some(stdout) = child.stdout.take() {
            thread::Builder::new().spawn(move || {
                let mut stdout = BufReader::new(stdout);
                loop {
                    let event = protocol::read(&mut stdout);
                    let is_last = event.is_err();
                    if send.send(event).is_err() || is_last {
                        return;
                    }
                }
            })?;
        }
        if let Some(stderr) = child.stderr.take() {
            let (send, tail) = mpsc::sync_channel(1);
            thread::Builder::new().spawn(move || send.send(tail_of(stderr)))?;
            started.tail = Some(tail);
        }
        Ok(started)
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Gives an order. If it is not taken, the next event shows that.
    pub fn tell(&mut self, order: Order) {
        if let Some(orders) = &mut self.orders {
            let _ = protocol::write(orders, order);
        }
    }

    /// Says any line. If it is not taken, the next event shows that.
    pub fn tell_line(&mut self, line: &str) {
        if let Some(orders) = &mut self.orders {
            let _ = writeln!(orders, "{line}").and_then(|()| orders.flush());
        }
    }

    /// The next event, if it comes in time.
    pub fn next(&self, timeout: Duration) -> Option<Result<Event, ProtocolError>> {
        match self.events.recv_timeout(timeout) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Err(ProtocolError::Closed)),
        }
    }

    /// The next event, if it comes within this time and before `stop` is set.
    pub fn hear(
        &self,
        patience: Duration,
        stop: &AtomicBool,
    ) -> Option<Result<Event, ProtocolError>> {
        let until = Instant::now() + patience;
        while Instant::now() < until && !stop.load(Ordering::SeqCst) {
            if let Some(event) = self.next(TICK) {
                return Some(event);
            }
        }
        None
    }

    /// Keeps the process on the last of the cores that it may use. It has not been told what to run yet, so
    /// all threads that it makes for that stay there too.
    ///
    /// # Errors
    /// What the system says; or that this one has no such call.
    pub fn keep_on_one_core(&self) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        {
            let process = self.group_id();
            let allowed = sched_getaffinity(process)?;
            let is_allowed = |core: &usize| allowed.is_set(*core).unwrap_or(false);
            let last = (0..CpuSet::count()).rev().find(is_allowed).unwrap_or(0);
            let mut one = CpuSet::new();
            one.set(last)?;
            Ok(sched_setaffinity(process, &one)?)
        }
        #[cfg(not(target_os = "linux"))]
        Err(ErrorKind::Unsupported.into())
    }

    /// Waits for the process to end by itself, and kills it if it takes too long.
    ///
    /// Returns how it ended, and what it last wrote to its standard error. Its standard input is closed.
    ///
    /// # Errors
    /// If the operating system does not say how it ended.
    pub fn reap(&mut self) -> io::Result<(ExitStatus, String)> {
        self.orders = None;
        let End { status, .. } = end_of(&mut self.child, DYING)?;
        let tail = self.tail.take().and_then(|tail| tail.recv_timeout(LAST_WORDS).ok());
        let tail = tail.unwrap_or_default();
        Ok((status, tail))
    }

    /// Whether any process is in its process group: itself, or what it has left behind.
    pub fn is_in_group(&self) -> bool {
        killpg(self.group_id(), None).is_ok()
    }

    fn group_id(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        // What it has started ends too, as far as that has stayed in its process group.
        let _ = killpg(self.group_id(), Signal::SIGKILL);
        // These fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Has the kernel choose this process if it must kill one for want of memory, and not the harness or
/// another process that shares a limit with it (`oom_score_adj` in proc_pid_oom_score_adj(5)). Any user may ask
/// for that. A cell has not been told what to run yet, so it cannot be too late.
pub(crate) fn be_killed_first(pid: u32) {
    const FIRST_OF_ALL: &str = "1000";
    let file = Procfs::default().root().join(pid.to_string()).join("oom_score_adj");
    // Where there is no such file, the system chooses as it likes.
    let _ = fs::write(file, FIRST_OF_ALL);
}

/// Reads to the end and keeps the last part.
pub(crate) fn tail_of(mut from: impl Read) -> String {
    let mut tail = Vec::new();
    let mut buffer = [0; TAIL_BYTES];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        tail.extend_from_slice(&buffer[..length]);
        if tail.len() > 2 * TAIL_BYTES {
            tail.drain(..tail.len() - TAIL_BYTES);
        }
    }
    let start = tail.len().saturating_sub(TAIL_BYTES);
    String::from_utf8_lossy(&tail[start..]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_the_last_part() {
        let text: String = (0..10_000).map(|line| format!("line {line}\n")).collect();
        let tail = tail_of(text.as_bytes());
        assert!(tail.ends_with("line 9999\n"));
        assert_eq!(tail.len(), TAIL_BYTES);
        assert_eq!(tail_of(&b"short"[..]), "short");
    }
}
