//! What the harness and the process of a cell say to each other.
//!
//! JSON lines: orders on the child's standard input, events on its standard output. Every line
//! carries the version, so that a contestant written in another language can join and an old one is
//! refused instead of misread. `docs/protocol.md` is the description for those who write one.
//!
//! ```text
//! harness                                     child
//!                                         <-  {"v":2,"event":"hello","id":…,…}, unasked
//! {"v":2,"order":"begin","contestant":…}  ->  starts the runtime, no task yet
//!                                         <-  {"v":2,"event":"idle",…}
//! {"v":2,"order":"go"}                    ->  starts all tasks
//!                                         <-  {"v":2,"event":"parked","in_flight":…,…}
//! {"v":2,"order":"go"}                    ->  looks again, lets the tasks end
//!                                         <-  {"v":2,"event":"drained",…}
//! {"v":2,"order":"go"}                    ->  ends
//!   or {"v":2,"order":"again"}            ->  starts all tasks once more: parked, go, drained, go
//! ```
//!
//! Instead of the first `go` there may be `{"v":2,"order":"waves","count":…}`: the child starts and ends
//! all tasks so many times without stopping in between, says `drained` of each time, and is told to go.
//!
//! A child that has not seen all tasks in flight before the first ends says `drained` without
//! `parked`: its wait was too short. A child that knows one wave only may end, with exit code 0,
//! when it is told to go again. A child that is refused something says `refused` at any time.
//! A child whose standard input ends, ends too.

use std::io::{self, BufRead, Read, Write};
use std::net::SocketAddr;
use std::num::NonZeroU8;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::lines::{ErrorLine, LatenessLine, TraceLine, WorkloadLine};
use crate::profile::Profile;
use crate::wide;

/// The version of the protocol.
pub const VERSION: u32 = 2;

/// The longest line that is read, in bytes. No line of the protocol comes near it.
pub const LONGEST_LINE: u64 = 64 * 1024;

/// A line of the protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message<T> {
    /// [`VERSION`].
    pub v: u32,
    /// What is said.
    #[serde(flatten)]
    pub body: T,
}

/// What the harness says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case")]
pub enum Order {
    /// The first line: what to start.
    Begin(Box<Begin>),
    /// On to the next phase.
    Go,
    /// After `drained`: the same tasks once more, in the same process and runtime.
    Again,
    /// After `idle`, instead of [`Order::Go`]: all tasks several times, one wave after the other in the
    /// same process and runtime. The child says `drained` of each wave, in order, when all are over.
    Waves {
        /// How many waves.
        count: u32,
    },
}

/// What to start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begin {
    /// The contestant's id.
    pub contestant: String,
    /// The workload, without its number of tasks.
    pub workload: WorkloadLine,
    /// The number of tasks.
    pub tasks: u32,
    /// The size of a pool, for contestants that are one.
    pub pool_workers: u32,
    /// The server that tasks ask, for workloads that ask one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerLine>,
    /// That all tasks are never there at once, so this is not waited for: the child says `drained`
    /// without `parked`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unweighed: bool,
}

/// The server that tasks ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerLine {
    /// Where it listens.
    pub address: SocketAddr,
    /// On how many addresses, counted up from that one, with the same port.
    pub addresses: NonZeroU8,
    /// The number under which it counts these requests.
    pub group: u32,
}

/// What the child says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The first line, unasked: who this is.
    Hello(Box<Profile>),
    /// The runtime is started and has no task.
    Idle {
        /// Bytes on the heap, from a build that counts them.
        heap_bytes: Option<u64>,
    },
    /// All tasks are in flight.
    #[serde(rename = "parked")]
    AllWaiting(AllWaiting),
    /// All tasks are over.
    Drained(Drained),
    /// The operating system refused something.
    Refused {
        /// What, and why.
        reason: String,
        /// How many threads the contestant had made, if it was refused one more.
        #[serde(default)]
        threads: Option<u64>,
    },
}

impl Event {
    /// Its word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Hello(_) => "hello",
            Self::Idle { .. } => "idle",
            Self::AllWaiting(_) => "parked",
            Self::Drained(_) => "drained",
            Self::Refused { .. } => "refused",
        }
    }
}

/// All tasks are in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllWaiting {
    /// How many.
    pub in_flight: u64,
    /// How long it took from the first task's start.
    pub start_ns: u64,
    /// User and system CPU of the process in that time.
    pub start_cpu_ns: u64,
    /// Bytes on the heap, from a build that counts them.
    pub heap_bytes: Option<u64>,
}

/// All tasks are over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drained {
    /// How many were in flight after the harness had weighed; `None` if it did not.
    pub in_flight_after_weighing: Option<u64>,
    /// Tasks that returned a sum.
    pub completed: u64,
    /// What the sums add up to, mixed.
    pub checksum: u64,
    /// The most tasks that were seen in flight at once.
    pub peak_in_flight: u64,
    /// The errors with which tasks ended, by kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorLine>,
    /// Tasks that ended without a sum and without an error, or whose state was damaged, or that
    /// woke too early.
    pub lost: u64,
    /// From the first task's start until all were over.
    pub wall_ns: u64,
    /// User CPU of the process in that time.
    pub user_ns: u64,
    /// System CPU in that time.
    pub system_ns: u64,
    /// Switches because a thread had to wait.
    pub voluntary_switches: u64,
    /// Switches because another thread got the core.
    pub involuntary_switches: u64,
    /// How late the tasks woke.
    pub lateness_ns: Option<LatenessLine>,
    /// Bytes on the heap, from a build that counts them.
    pub heap_bytes: Option<u64>,
    /// What the tasks did, in order, where the workload asks for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<TraceLine>,
}

/// Why a line could not be understood.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// The other side is gone.
    #[error("the other side closed the pipe")]
    Closed,
    /// The pipe broke.
    #[error("the pipe broke: {0}")]
    Io(#[from] io::Error),
    /// The line is too long to be one of ours.
    #[error("a line of more than {LONGEST_LINE} bytes is not of this protocol")]
    TooLong,
    /// The line is of another version.
    #[error("protocol version {given} is not {VERSION}, which is spoken here")]
    Version {
        /// The version that was given.
        given: String,
    },
    /// The line is not one of ours.
    #[error("`{line}` is not a line of this protocol: {problem}")]
    NotOurs {
        /// The beginning of the line.
        line: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// Writes one line.
///
/// # Errors
/// If the pipe is broken.
pub fn write<T: Serialize>(mut to: impl Write, body: T) -> io::Result<()> {
    let mut line = serde_json::to_value(Message { v: VERSION, body }).map_err(io::Error::other)?;
    wide::to_text(&mut line);
    let mut line = line.to_string();
    line.push('\n');
    to.write_all(line.as_bytes())?;
    to.flush()
}

/// Reads one line.
///
/// # Errors
/// If there is none, or none that ends, or it is not of this protocol and version.
pub fn read<T: DeserializeOwned>(from: &mut impl BufRead) -> Result<T, ProtocolError> {
    let mut line = Vec::new();
    from.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    if !line.ends_with(b"\n") {
        // A child that dies in the middle of a line has not said it, and how it died is what
        // matters.
        let is_cut_off = (line.len() as u64) < LONGEST_LINE;
        return Err(if is_cut_off { ProtocolError::Closed } else { ProtocolError::TooLong });
    }
    parse(&String::from_utf8_lossy(&line))
}

fn parse<T: DeserializeOwned>(line: &str) -> Result<T, ProtocolError> {
    let broken = |problem: String| ProtocolError::NotOurs {
        line: line.trim_end().chars().take(80).collect(),
        problem,
    };
    let not_ours = |error: serde_json::Error| broken(error.to_string());
    let mut value: serde_json::Value = serde_json::from_str(line).map_err(not_ours)?;
    let version = value.get("v");
    if version.and_then(serde_json::Value::as_u64) != Some(u64::from(VERSION)) {
        let given = version.map_or_else(|| "none".to_owned(), ToString::to_string);
        return Err(ProtocolError::Version { given });
    }
    wide::from_text(&mut value).map_err(broken)?;
    serde_json::from_value::<Message<T>>(value).map(|message| message.body).map_err(not_ours)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn begin() -> Order {
        Order::Begin(Box::new(Begin {
            contestant: "coroutines/bare".into(),
            workload: WorkloadLine {
                wait: "timer".into(),
                duration_ns: 1,
                spread_ns: 0,
                state_bytes: 64,
                depth_bytes: 0,
                waits_per_task: 2,
                arrival: "burst".into(),
                synchronized_wakeup: false,
                job_rounds: 0,
                ending: None,
                rising: false,
                trace: false,
                one_core: false,
                cancelled_per_mille: None,
                http: None,
            },
            tasks: 3,
            pool_workers: 4,
            server: None,
            unweighed: false,
        }))
    }

    #[test]
    fn what_is_written_is_read() {
        let mut pipe = Vec::new();
        write(&mut pipe, begin()).unwrap();
        write(&mut pipe, Order::Go).unwrap();
        write(&mut pipe, Order::Again).unwrap();
        write(&mut pipe, Order::Waves { count: 12 }).unwrap();
        assert!(pipe.ends_with(b"{\"count\":12,\"order\":\"waves\",\"v\":2}\n"));
        let mut from = pipe.as_slice();
        assert_eq!(read::<Order>(&mut from).unwrap(), begin());
        assert_eq!(read::<Order>(&mut from).unwrap(), Order::Go);
        assert_eq!(read::<Order>(&mut from).unwrap(), Order::Again);
        assert_eq!(read::<Order>(&mut from).unwrap(), Order::Waves { count: 12 });
        assert!(matches!(read::<Order>(&mut from), Err(ProtocolError::Closed)));
    }

    #[test]
    fn another_version_is_refused_and_named() {
        let error = parse::<Order>(r#"{"v":1,"order":"go"}"#).unwrap_err().to_string();
        assert_eq!(error, "protocol version 1 is not 2, which is spoken here");
        let error = parse::<Order>(r#"{"order":"go"}"#).unwrap_err().to_string();
        assert_eq!(error, "protocol version none is not 2, which is spoken here");
    }

    #[test]
    fn a_flood_without_a_line_end_is_cut_off() {
        let flood = vec![b'x'; 10 * LONGEST_LINE as usize];
        assert!(matches!(read::<Event>(&mut flood.as_slice()), Err(ProtocolError::TooLong)));
    }

    #[test]
    fn a_line_that_was_cut_off_by_a_death_was_not_said() {
        for cut_off in ["{\"v\":1,\"order\":\"g", "{\"v\":1,\"order\":\"go\"}"] {
            let read = read::<Order>(&mut cut_off.as_bytes());
            assert!(matches!(read, Err(ProtocolError::Closed)), "{cut_off}: {read:?}");
        }
    }

    proptest! {
        #[test]
        fn no_line_breaks_the_reader(line in ".*") {
            let _ = parse::<Event>(&line);
        }
    }
}
