//! Counts one contestant in one kind of work.

use std::num::NonZeroU16;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use workload::{Ceiling, Http, Settings, Wait, Workload};

use super::valgrind::Valgrind;
use crate::cell::process::ChildProcess;
use crate::cell::stopped::{after_saying, legible};
use crate::cell::unweighed::proof;
use crate::cell::{Interrupted, MOST_ATTEMPTS};
use crate::contestant::Contestant;
use crate::plan::Kind;
use crate::plan::relays::RING;
use crate::servers::{self, Servers};
use protocol::{Drained, Event, Order, ServerLine};
use record::{Instructions, Status};
use report::format;

/// How often both numbers of tasks are counted.
const REPEATS: usize = 3;

/// How long all tasks wait at first; three times as long where they were not all there.
const WAIT: Duration = Duration::from_millis(300);

/// How long a process may be silent: under valgrind it is some fifty times slower.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long the server may take to count its last answers.
const COUNTING: Duration = Duration::from_secs(1);

/// How often the server is asked then.
const TICK: Duration = Duration::from_millis(20);

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Work {
    /// One wait for a timer
    #[value(name = "timer")]
    Wait,
    /// One request to a server
    #[value(name = "http")]
    Request,
    /// One hand-over of a token through a channel
    #[value(name = "relay")]
    Hop,
}

impl Work {
    /// All of it.
    pub const ALL: [Self; 3] = [Self::Wait, Self::Request, Self::Hop];

    /// As in a workload of the record.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Wait => "timer",
            Self::Request => "http",
            Self::Hop => "relay",
        }
    }

    /// The two numbers of tasks, or of hops. From 1,024 on every shard of the ledger has some, and what a further
    /// task takes is the same from one to the next.
    const fn tasks(self) -> [u32; 2] {
        match self {
            Self::Wait => [1_200, 2_400],
            Self::Request => [1_100, 1_600],
            Self::Hop => [100 * RING, 300 * RING],
        }
    }

    /// What these tasks do, if so many of them at most can be in flight.
    ///
    /// Timers have one deadline for all, where all can wait at once: how many wake together would
    /// otherwise depend on how fast they started. Where they take turns, all turns take one wait.
    fn workload(self, tasks: u32, in_flight: u64, wait: Duration) -> Workload {
        let is_all = in_flight == u64::from(tasks);
        #[allow(clippy::cast_precision_loss, reason = "a few thousand")]
        let turn = wait.mul_f64(in_flight as f64 / f64::from(tasks));
        let kind = match self {
            Self::Wait => Kind::Timer,
            Self::Request => Kind::Http,
            Self::Hop => Kind::Relay,
        };
        let workload = Workload { tasks, ..kind.workload() };
        match self {
            // More hops of the same tasks.
            Self::Hop => Workload { tasks: RING, ..workload }.with_waits(laps(tasks)),
            Self::Wait if is_all => workload.with_duration(wait).with_synchronized_wakeup(),
            Self::Wait => workload.with_duration(turn),
            // A server is asked for whole milliseconds.
            Self::Request => workload.with_duration(Duration::from_millis(turn.as_millis() as u64)),
        }
    }
}

/// How often each task of a ring has the token, for so many hops.
fn laps(hops: u32) -> NonZeroU16 {
    u16::try_from(hops / RING).ok().and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MIN)
}

/// What is counted of these contestants.
pub(super) fn all(
    contestants: &[&'static Contestant],
    works: &[Work],
) -> impl Iterator<Item = (&'static Contestant, Work)> {
    let works = works.iter().copied();
    let at_hand = works.filter(|work| *work != Work::Request || Kind::Http.is_at_hand());
    at_hand.flat_map(move |work| {
        let runs_it = move |contestant: &&'static Contestant| {
            contestant.unsupported(&work.workload(1, 1, WAIT)).is_none()
        };
        contestants.iter().copied().filter(runs_it).map(move |contestant| (contestant, work))
    })
}

/// A line in words.
pub(super) fn describe(line: &Instructions) -> String {
    let Instructions { contestant, workload, status, reason, .. } = line;
    let mut per_task = line.per_task();
    per_task.sort_by(f64::total_cmp);
    let said = match (per_task.get(per_task.len() / 2), status) {
        (Some(median), _) => {
            let of = if workload.wait == Work::Hop.name() { "hop" } else { "task" };
            format!("{} instructions a {of}", format::plain(median.round()))
        }
        (None, Status::Failed) => format!("FAILED: {}", reason.as_deref().unwrap_or_default()),
        (None, _) => format!("skipped: {}", reason.as_deref().unwrap_or_default()),
    };
    format!("{contestant}, {}: {said}", workload.wait)
}

/// Counts contestants.
pub(super) struct Counter<'a> {
    program: &'a Path,
    valgrind: Result<&'a Valgrind, &'a str>,
    servers: Servers,
    stop: &'a AtomicBool,
    /// It let a process be silent for too long. Nothing more is counted then, because each count takes so long.
    is_silent: bool,
}

/// Why a count did not come about.
enum Stopped {
    /// The first task was over before the last one had started.
    TooShort,
    /// The system does not give it what it wants.
    Refused(String),
    Failed(String),
    Interrupted,
}

impl<'a> Counter<'a> {
    /// Counts contestants of this program; without valgrind, says why not.
    pub(super) fn new(
        program: &'a Path,
        valgrind: Result<&'a Valgrind, &'a str>,
        stop: &'a AtomicBool,
    ) -> Self {
        Self { program, valgrind, servers: Servers::own(program), stop, is_silent: false }
    }

    /// Counts both numbers of tasks, as often as it is repeated; all of it again with a longer wait
    /// where that was too short.
    ///
    /// # Errors
    /// If the run is to stop.
    pub(super) fn count(
        &mut self,
        contestant: &'static Contestant,
        work: Work,
    ) -> Result<Instructions, Interrupted> {
        let ceiling = contestant.ceiling(&Settings::default());
        let [few, many] = work.tasks();
        let workloads = |wait| {
            // The wait of both is that of more tasks.
            let more = work.workload(many, ceiling.expected_in_flight(many), wait);
            match work {
                Work::Hop => [work.workload(few, u64::from(few), wait), more],
                _ => [Workload { tasks: few, ..more }, more],
            }
        };
        let mut line = Instructions {
            contestant: contestant.id().to_owned(),
            workload: (&workloads(WAIT)[1]).into(),
            pool_workers: matches!(ceiling, Ceiling::Pool(_))
                .then_some(Settings::default().pool_workers),
            tasks: [few, many].map(u64::from),
            status: Status::Ok,
            reason: None,
            tool: self.valgrind.ok().map(|valgrind| valgrind.version.clone()),
            repeats: Vec::new(),
        };
        let ended = |status, reason: &str, line| {
            Ok(Instructions { status, reason: Some(legible(reason)), ..line })
        };
        let valgrind = match self.valgrind {
            Ok(valgrind) => valgrind,
            Err(why) => return ended(Status::Skipped, why, line),
        };
        if self.is_silent {
            return ended(Status::Skipped, "valgrind was silent in an earlier count", line);
        }
        let mut wait = WAIT;
        for _ in 1..MOST_ATTEMPTS {
            let once = |_| {
                // More tasks first: if their wait is too short, nothing else is lost.
                let [few, many] = workloads(wait);
                let many = self.process(valgrind, contestant, many)?;
                Ok([self.process(valgrind, contestant, few)?, many])
            };
            match (0..REPEATS).map(once).collect() {
                Ok(repeats) => return Ok(Instructions { repeats, ..line }),
                Err(Stopped::TooShort) => {
                    wait *= 3;
                    line.workload = (&workloads(wait)[1]).into();
                }
                Err(Stopped::Interrupted) => return Err(Interrupted),
                Err(Stopped::Refused(reason)) => return ended(Status::Skipped, &reason, line),
                Err(Stopped::Failed(reason)) => return ended(Status::Failed, &reason, line),
            }
        }
        let reason =
            "the first task was over before the last one had started, however long it waited";
        ended(Status::Failed, reason, line)
    }

    /// All instructions of one process that runs these tasks, with proof.
    fn process(
        &mut self,
        valgrind: &Valgrind,
        contestant: &'static Contestant,
        mut workload: Workload,
    ) -> Result<u64, Stopped> {
        let failed = |why: &dyn std::fmt::Display| Stopped::Failed(why.to_string());
        if let Wait::Http(http) = &mut workload.wait {
            let server = self.servers.get(None).map_err(|error| failed(&error))?;
            let ServerLine { address, addresses, group } = server;
            *http = Http { server: address, addresses, group, ..*http };
        }
        let folder = tempfile::tempdir().map_err(|error| failed(&error))?;
        let command = || valgrind.command(self.program, contestant.id(), &folder);
        let mut child = ChildProcess::start(command, None, self.stop)
            .map_err(|error| failed(&format_args!("valgrind does not start: {error}")))?;
        child.tell(contestant.begin(&workload, Settings::default().pool_workers, true));
        for _ in 0..3 {
            match self.next(&child)? {
                Some(Event::Hello(hello)) => {
                    contestant.recognize(&hello).map_err(Stopped::Failed)?;
                }
                Some(Event::Idle { .. }) => child.tell(Order::Go),
                Some(Event::Drained(drained)) => {
                    check(contestant, &workload, drained)?;
                    child.tell(Order::Go);
                    let (status, said) = child.reap().map_err(|error| failed(&error))?;
                    if !status.success() {
                        return Err(died(status, &said));
                    }
                    return valgrind.counted(&folder).map_err(Stopped::Failed);
                }
                Some(Event::Refused { reason, .. }) => return Err(Stopped::Refused(reason)),
                Some(Event::AllWaiting(_)) => break,
                None => {
                    let (status, said) = child.reap().map_err(|error| failed(&error))?;
                    return Err(died(status, &said));
                }
            }
        }
        Err(failed(&"it said something else than `hello`, `idle` and `drained`"))
    }

    /// What the process says next; `None` if it says nothing any more.
    fn next(&mut self, child: &ChildProcess) -> Result<Option<Event>, Stopped> {
        match child.hear(PATIENCE, self.stop) {
            Some(Ok(event)) => Ok(Some(event)),
            Some(Err(protocol::ProtocolError::Closed)) => Ok(None),
            Some(Err(error)) => Err(Stopped::Failed(error.to_string())),
            None if self.stop.load(Ordering::SeqCst) => Err(Stopped::Interrupted),
            None => {
                self.is_silent = true;
                let silent = format!("it was silent for {} s and was killed", PATIENCE.as_secs());
                Err(Stopped::Failed(silent))
            }
        }
    }
}

fn died(status: ExitStatus, said: &str) -> Stopped {
    Stopped::Failed(format!("died under valgrind: {status}{}", after_saying(said)))
}

/// Whether the work was done, and was waited for by all tasks at once where they have one deadline.
fn check(
    contestant: &'static Contestant,
    workload: &Workload,
    drained: Drained,
) -> Result<(), Stopped> {
    let tasks = u64::from(workload.tasks);
    if let Some(error) = drained.errors.first() {
        return Err(Stopped::Failed(format!("tasks ended with errors: {}", error.first)));
    }
    let expected = contestant.ceiling(&Settings::default()).expected_in_flight(workload.tasks);
    let proof = proof(&drained, expected, workload);
    if let Some(flaw) = proof.flaw(tasks) {
        return Err(Stopped::Failed(flaw));
    }
    let patience = Instant::now() + COUNTING;
    while let Some(http) = workload.asks() {
        let stats = servers::ask(http.server, Some(http.group))
            .map_err(|error| Stopped::Failed(error.to_string()))?;
        if stats.served == tasks {
            break;
        }
        if Instant::now() > patience {
            let flaw = format!("the server answered {} of {tasks} requests", stats.served);
            return Err(Stopped::Failed(flaw));
        }
        thread::sleep(TICK);
    }
    let is_one_deadline = workload.synchronized_wakeup && proof.peak_in_flight < expected;
    if is_one_deadline { Err(Stopped::TooShort) } else { Ok(()) }
}
