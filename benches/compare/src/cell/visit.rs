//! One run of a cell, phase by phase.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use workload::http::Stats;
use workload::{Http, Workload};

use super::ending::{Ending, Outcome};
use super::process::ChildProcess;
use super::unweighed::Unweighed;
use super::{CellSpec, Runner, procfs};
use crate::limits::LastSeen;
use crate::meter;
use crate::meter::cgroup::Group;
use crate::protocol::{Begin, Drained, Event, Order, ProtocolError};
use crate::record::{Build, ServerProof, Weight, ns};
use crate::servers;
use crate::units;

/// How long a phase is left alone before it is weighed, so that what was just freed or handed on is
/// settled.
const SETTLING: Duration = Duration::from_millis(5);

/// How often the harness looks whether it should stop, and how many threads there are.
const TICK: Duration = Duration::from_millis(5);

/// How long a start may take before the harness begins to look how far it is. Looking disturbs, and
/// most cells are over by then.
const UNWATCHED: Duration = Duration::from_millis(150);

/// How long the server may take to count its last answers.
const COUNTING: Duration = Duration::from_secs(1);

/// A count of mappings counts if the threads grew by at most one part in so many meanwhile.
const STEADY: u64 = 20;

/// Looking takes at most this share of the time: one part in so many.
const WATCHED_SHARE: u32 = 8;

/// Runs a cell once, and weighs it with `expected` tasks in flight or not at all.
pub(super) fn run(
    runner: &Runner,
    spec: &CellSpec,
    workload: &Workload,
    expected: u64,
    is_weighed: bool,
    stop: &AtomicBool,
) -> Ending {
    let Some(program) = runner.program(spec.build) else {
        return Ending::NotStarted(
            "there is no counting build beside this program; `cargo build --release -p compare` \
             makes both"
                .into(),
        );
    };
    let group = match runner.cgroups.as_ref().map(meter::cgroup::Cgroups::make).transpose() {
        Ok(group) => group,
        Err(error) => return Ending::NotStarted(format!("no control group: {error}")),
    };
    let child = match ChildProcess::start(program) {
        Ok(child) => child,
        Err(error) => {
            return Ending::NotStarted(format!("{} does not start: {error}", program.display()));
        }
    };
    if let Some(Err(error)) = group.as_ref().map(|group| group.add(child.id())) {
        return Ending::NotStarted(format!("the control group takes no process: {error}"));
    }
    let run = Run {
        spec,
        workload,
        patience: runner.patience,
        stop,
        child,
        last_seen: LastSeen::default(),
        mappings_per_thread: None,
        group,
    };
    run.phases(expected, is_weighed)
}

struct Run<'a> {
    spec: &'a CellSpec,
    workload: &'a Workload,
    patience: Duration,
    stop: &'a AtomicBool,
    // Dropped before the group, which can be removed only when nobody is in it.
    child: ChildProcess,
    last_seen: LastSeen,
    mappings_per_thread: Option<f64>,
    group: Option<Group>,
}

impl Run<'_> {
    fn phases(mut self, expected: u64, is_weighed: bool) -> Ending {
        let done = if is_weighed {
            self.try_phases(expected).map(|outcome| Ending::Done(Box::new(outcome)))
        } else {
            self.try_unweighed(expected).map(|unweighed| Ending::Unweighed(Box::new(unweighed)))
        };
        match done {
            Ok(ending) => ending,
            Err(Stopped::Ending(ending)) => *ending,
            Err(Stopped::Died) => self.autopsy(),
        }
    }

    /// Has the child start its runtime. Returns its heap without any task.
    fn begin(&mut self, unweighed: bool) -> Result<Option<u64>, Stopped> {
        self.child.tell(Order::Begin(Box::new(Begin {
            contestant: self.spec.contestant.as_str().to_owned(),
            workload: self.workload.into(),
            tasks: self.workload.tasks,
            pool_workers: self.spec.pool_workers,
            server: self.workload.asks().map(Into::into),
            unweighed,
        })));
        match self.next("start its runtime", self.patience)? {
            Event::Idle { heap_bytes } => Ok(heap_bytes),
            _ => Err(unexpected("idle")),
        }
    }

    /// Runs the tasks, which are never all there, and looks at nothing but how late they were.
    fn try_unweighed(&mut self, expected_in_flight: u64) -> Result<Unweighed, Stopped> {
        self.begin(true)?;
        self.child.tell(Order::Go);
        let waits = self.workload.longest(expected_in_flight);
        let Event::Drained(drained) = self.next("end its tasks", self.patience + waits)? else {
            return Err(unexpected("drained"));
        };
        let mut server = None;
        if let Some(http) = self.workload.asks() {
            self.settle(server.insert(ServerProof::default()), http)?;
        }
        self.child.tell(Order::Go);
        Ok(Unweighed { expected_in_flight, drained, server, last_seen: self.last_seen })
    }

    fn try_phases(&mut self, expected: u64) -> Result<Outcome, Stopped> {
        let heap_bytes = self.begin(false)?;
        let idle = self.weigh(heap_bytes);

        self.child.tell(Order::Go);
        let gone = Instant::now();
        let waits = self.workload.longest(expected);
        let parked = match self.next("start its tasks", self.patience + waits)? {
            Event::Parked(parked) => parked,
            Event::Drained(drained) => return Err(self.all_too_soon(drained)),
            _ => return Err(unexpected("parked")),
        };
        let mut server = match self.workload.asks() {
            None => None,
            Some(http) => match self.wait_for_server(http, expected, gone)? {
                Some(proof) => Some(proof),
                None => {
                    // The child knows why, if anybody does.
                    self.child.tell(Order::Go);
                    return match self.next("end its tasks", self.patience + waits)? {
                        Event::Drained(drained) => Err(self.all_too_soon(drained)),
                        _ => Err(unexpected("drained")),
                    };
                }
            },
        };
        let parked_weight = self.weigh(parked.heap_bytes);
        if let (Some(proof), Some(http)) = (&mut server, self.workload.asks()) {
            proof.open_after_weighing = ask(http)?.open;
        }

        self.child.tell(Order::Go);
        let Event::Drained(drained) = self.next("end its tasks", self.patience + waits)? else {
            return Err(unexpected("drained"));
        };
        // Nobody must have left while the weighing went on.
        let left_early = drained.in_flight_after_weighing.unwrap_or(0) < expected
            || server.is_some_and(|proof| proof.open_after_weighing < expected);
        if left_early {
            return Err(self.all_too_soon(drained));
        }
        if let (Some(proof), Some(http)) = (&mut server, self.workload.asks()) {
            self.settle(proof, http)?;
        }
        let drained_weight = self.weigh(drained.heap_bytes);
        self.child.tell(Order::Go);
        Ok(Outcome {
            expected_in_flight: expected,
            idle,
            parked_weight,
            drained_weight,
            parked,
            drained,
            server,
            last_seen: self.last_seen,
        })
    }

    /// The tasks were not all in flight while they were weighed: some failed, or their wait was too
    /// short.
    fn all_too_soon(&self, drained: Drained) -> Stopped {
        if drained.errors.is_empty() {
            return Ending::TooShort.into();
        }
        Ending::Errors { errors: drained.errors, last_seen: self.last_seen }.into()
    }

    /// Waits until the server has as many requests open as are expected; `None` if that cannot be
    /// any more, because too few are left to come.
    fn wait_for_server(
        &mut self,
        http: &Http,
        expected: u64,
        gone: Instant,
    ) -> Result<Option<ServerProof>, Stopped> {
        let requests = requests(self.workload);
        loop {
            let stats = ask(http)?;
            if stats.open == expected {
                return Ok(Some(ServerProof {
                    open_before_weighing: stats.open,
                    all_open_ns: ns(gone.elapsed()),
                    ..ServerProof::default()
                }));
            }
            let is_late = gone.elapsed() > self.patience + self.workload.longest(expected);
            if requests.saturating_sub(stats.served + stats.broken) < expected || is_late {
                return Ok(None);
            }
            if self.stop.load(Ordering::SeqCst) {
                return Err(Ending::Interrupted.into());
            }
            self.glance();
            thread::sleep(TICK);
        }
    }

    /// Fills in what the server saw of the whole cell. It may count an answer a moment after the
    /// client has it.
    fn settle(&self, proof: &mut ServerProof, http: &Http) -> Result<(), Stopped> {
        let patience = Instant::now() + COUNTING;
        let stats = loop {
            let stats = ask(http)?;
            if stats.served + stats.broken >= requests(self.workload) || Instant::now() > patience {
                break stats;
            }
            thread::sleep(Duration::from_millis(1));
        };
        proof.high_water = stats.high_water;
        proof.served = stats.served;
        proof.broken = stats.broken;
        Ok(())
    }

    /// The next event; `to` says what the child is expected to do, for the reason if it does not.
    fn next(&mut self, to: &str, patience: Duration) -> Result<Event, Stopped> {
        let started = Instant::now();
        let mut look_after = UNWATCHED;
        loop {
            match self.child.next(TICK) {
                Some(Ok(Event::Refused { reason, threads })) => {
                    self.look();
                    self.carry_forward(threads);
                    return Err(Ending::Refused { reason, last_seen: self.last_seen }.into());
                }
                Some(Ok(event)) => return Ok(event),
                Some(Err(ProtocolError::Closed)) => return Err(Stopped::Died),
                Some(Err(error)) => {
                    return Err(Ending::BrokeProtocol(error.to_string()).into());
                }
                None => {}
            }
            if self.stop.load(Ordering::SeqCst) {
                return Err(Ending::Interrupted.into());
            }
            let elapsed = started.elapsed();
            if elapsed > patience {
                return Err(Ending::Hung(format!(
                    "did not {to} within {}, and was killed",
                    units::duration(patience)
                ))
                .into());
            }
            if elapsed > look_after {
                let looking = Instant::now();
                self.look();
                look_after = started.elapsed() + looking.elapsed() * WATCHED_SHARE;
            } else if elapsed > UNWATCHED {
                self.glance();
            }
        }
    }

    /// Looks what the child uses, so that it is known if the child dies of it. What was seen is never
    /// forgotten for less: a process that is dying has nothing left.
    fn look(&mut self) {
        let pid = self.child.id();
        let before = procfs().threads(pid);
        let seen = LastSeen { total_bytes: self.charged(), ..LastSeen::of(&procfs(), pid) };
        // Counting mappings takes time. Only a count while nothing moved says how many a thread has.
        if before.is_some_and(|threads| threads > 0)
            && let (Some(threads), Some(mappings)) = (seen.threads, seen.mappings)
            && before.is_some_and(|before| threads <= before + before / STEADY)
        {
            self.mappings_per_thread = Some(mappings as f64 / threads as f64);
        }
        self.last_seen.raise(&seen);
    }

    /// Looks at the number of threads alone, which costs nothing.
    fn glance(&mut self) {
        self.carry_forward(procfs().threads(self.child.id()));
    }

    /// Carries the mappings forward with the threads. Counting tens of thousands of mappings takes so
    /// long that a child that makes a thread for each task is far beyond them by the time they are
    /// counted.
    fn carry_forward(&mut self, threads: Option<u64>) {
        let Some(threads) = threads.filter(|threads| Some(*threads) > self.last_seen.threads)
        else {
            return;
        };
        self.last_seen.threads = Some(threads);
        let Some(per_thread) = self.mappings_per_thread else { return };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate")]
        let mappings = (threads as f64 * per_thread) as u64;
        if Some(mappings) > self.last_seen.mappings {
            self.last_seen.mappings = Some(mappings);
            self.last_seen.mappings_are_estimated = true;
        }
    }

    fn charged(&self) -> Option<u64> {
        self.group.as_ref().and_then(|group| group.weigh().total_bytes)
    }

    fn weigh(&mut self, heap_bytes: Option<u64>) -> Weight {
        match self.spec.build {
            // A counting build is slower and heavier than what it stands for: only the count counts.
            Build::Counting => Weight { heap_bytes, ..Weight::default() },
            Build::Timed => {
                thread::sleep(SETTLING);
                let weight = meter::weigh(&procfs(), self.child.id(), self.group.as_ref());
                self.last_seen.raise(&LastSeen {
                    threads: weight.threads,
                    mappings: weight.mappings,
                    mappings_are_estimated: false,
                    descriptors: weight.descriptors,
                    rss_bytes: weight.rss_bytes,
                    total_bytes: weight.total_bytes,
                    threads_in_system: procfs().threads_in_system(),
                });
                weight
            }
        }
    }

    fn autopsy(self) -> Ending {
        let oom_kills = self.group.as_ref().and_then(Group::oom_kills).unwrap_or(0);
        match self.child.bury() {
            Ok((status, last_words)) => Ending::Died {
                status,
                last_words,
                was_oom_killed: oom_kills > 0,
                last_seen: self.last_seen,
            },
            Err(error) => Ending::BrokeProtocol(format!("cannot be waited for: {error}")),
        }
    }
}

/// How many requests the tasks make.
fn requests(workload: &Workload) -> u64 {
    u64::from(workload.tasks) * u64::from(workload.waits_per_task.get())
}

/// What the server says of this cell's requests.
fn ask(http: &Http) -> Result<Stats, Stopped> {
    servers::ask(http.server, Some(http.group))
        .map_err(|error| Ending::NotStarted(error.to_string()).into())
}

enum Stopped {
    Ending(Box<Ending>),
    Died,
}

fn unexpected(wanted: &str) -> Stopped {
    Ending::BrokeProtocol(format!("said something else than `{wanted}`")).into()
}

impl From<Ending> for Stopped {
    fn from(ending: Ending) -> Self {
        Self::Ending(Box::new(ending))
    }
}
