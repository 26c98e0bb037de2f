//! One run of a cell, phase by phase.

use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use workload::http::Stats;
use workload::{Http, Workload};

use super::ending::{Ending, Outcome, Second, Wave};
use super::process::ChildProcess;
use super::unweighed::Unweighed;
use super::{CellSpec, Runner, procfs};
use crate::limits::LastSeen;
use crate::meter;
use crate::meter::cgroup::Group;
use crate::servers;
use crate::units;
use protocol::ns;
use protocol::{Begin, Drained, Event, Order, ProtocolError};
use record::{Build, ServerProof, Weight};

/// How long a phase is left alone before it is weighed, so that what was just freed or handed on is
/// settled.
const SETTLING: Duration = Duration::from_millis(5);

/// How often the harness looks whether it should stop, and how many threads there are.
const TICK: Duration = Duration::from_millis(5);

/// How long a start may take before the harness begins to look how far it is. Looking disturbs, and
/// most cells are over by then.
const UNWATCHED: Duration = Duration::from_millis(150);

/// How long tasks may take to end with errors when their server says nothing any more.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// What a request may take beyond its delay, on a slow machine.
const REQUEST: Duration = Duration::from_millis(20);

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
        Err(error) => {
            return Ending::NotStarted(format!("no control group can be made for it: {error}"));
        }
    };
    // The server's side of a connection is slab of the same system: nobody could tell whose it is.
    let slab_before = (spec.build == Build::Timed && workload.asks().is_none())
        .then(|| meter::kernel::slab_in_system(&procfs()))
        .flatten();
    let oom_kills_before = procfs().oom_kills();
    let child = match ChildProcess::start(program, group.as_ref()) {
        Ok(child) => child,
        Err(error) => {
            return Ending::NotStarted(format!("{} does not start: {error}", program.display()));
        }
    };
    let run = Run {
        spec,
        workload,
        patience: runner.patience,
        stop,
        child,
        last_seen: LastSeen::default(),
        mappings_per_thread: None,
        slab_before,
        oom_kills_before,
        group,
        lost_group: None,
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
    /// All slab of the system before the process was started.
    slab_before: Option<u64>,
    /// How many processes of the whole system the kernel had killed for want of memory by then.
    oom_kills_before: Option<u64>,
    group: Option<Group>,
    /// Why the group is not the child's any more.
    lost_group: Option<String>,
}

impl Run<'_> {
    fn phases(mut self, expected: u64, is_weighed: bool) -> Ending {
        if is_weighed {
            return self.weighed(expected);
        }
        match self.unweighed(expected) {
            Ok(unweighed) => Ending::Unweighed(Box::new(unweighed)),
            Err(Stopped::Ending(ending)) => *ending,
            Err(Stopped::Died) => self.diagnose_exit(),
        }
    }

    /// Weighs one wave, and a second one if that was asked for.
    fn weighed(mut self, expected: u64) -> Ending {
        let mut outcome = match self.first_wave(expected) {
            Ok(outcome) => outcome,
            Err(Stopped::Ending(ending)) => return *ending,
            Err(Stopped::Died) => return self.diagnose_exit(),
        };
        if self.spec.second_wave {
            outcome.second = match self.wave(Order::Again, expected, outcome.first.server) {
                Ok(wave) => Second::Done(Box::new(wave)),
                Err(Stopped::Ending(ending)) => match *ending {
                    // The whole cell again, or not at all.
                    Ending::TooShort | Ending::Interrupted => return *ending,
                    ending => Second::Failed(Box::new(ending)),
                },
                Err(Stopped::Died) => match self.diagnose_exit() {
                    // It knows one wave only, as the protocol allows.
                    Ending::Died { status, .. } if status.success() => Second::None,
                    ending => Second::Failed(Box::new(ending)),
                },
            };
        } else {
            self.child.tell(Order::Go);
        }
        Ending::Done(Box::new(outcome))
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
    fn unweighed(&mut self, expected_in_flight: u64) -> Result<Unweighed, Stopped> {
        self.begin(true)?;
        self.child.tell(Order::Go);
        let waits =
            self.workload.longest(expected_in_flight) + work(self.workload, expected_in_flight);
        let Event::Drained(drained) = self.next("end its tasks", self.patience + waits)? else {
            return Err(unexpected("drained"));
        };
        let mut server = None;
        if let Some(http) = self.workload.asks() {
            self.settle(server.insert(ServerProof::default()), ServerProof::default(), http)?;
        }
        self.child.tell(Order::Go);
        Ok(Unweighed { expected_in_flight, drained, server, last_seen: self.last_seen })
    }

    fn first_wave(&mut self, expected: u64) -> Result<Outcome, Stopped> {
        let heap_bytes = self.begin(false)?;
        let idle = self.weigh(heap_bytes);
        let first = self.wave(Order::Go, expected, None)?;
        Ok(Outcome {
            expected_in_flight: expected,
            idle,
            first,
            second: Second::None,
            last_seen: self.last_seen,
        })
    }

    /// All tasks from their start to their end. `before` is what the server saw of an earlier wave.
    fn wave(
        &mut self,
        order: Order,
        expected: u64,
        before: Option<ServerProof>,
    ) -> Result<Wave, Stopped> {
        let exhausted_before = match self.workload.asks() {
            Some(http) => self.ask(http)?.exhausted,
            None => 0,
        };
        self.child.tell(order);
        let gone = Instant::now();
        let waits = self.workload.longest(expected) + work(self.workload, expected);
        let waiting = match self.next("start its tasks", self.patience + waits)? {
            Event::AllWaiting(waiting) => waiting,
            Event::Drained(drained) => return Err(self.all_too_soon(drained)),
            _ => return Err(unexpected("parked")),
        };
        let over = before.map_or(0, |before| before.served + before.broken);
        let mut server = match self.workload.asks() {
            None => None,
            Some(http) => {
                match self.wait_for_server(http, expected, over, gone, exhausted_before)? {
                    Some(proof) => Some(proof),
                    None => {
                        // The child knows why, if anybody does.
                        self.child.tell(Order::Go);
                        return match self.next("end its tasks", self.patience + waits)? {
                            Event::Drained(drained) => Err(self.all_too_soon(drained)),
                            _ => Err(unexpected("drained")),
                        };
                    }
                }
            }
        };
        let waiting_weight = self.weigh_in_detail(waiting.heap_bytes);
        if let (Some(proof), Some(http)) = (&mut server, self.workload.asks()) {
            proof.open_after_weighing = self.ask(http)?.open;
        }

        self.child.tell(Order::Go);
        let Event::Drained(drained) = self.next("end its tasks", self.patience + waits)? else {
            return Err(unexpected("drained"));
        };
        // Nobody must have left while the weighing went on.
        let left_early = drained.in_flight_after_weighing.unwrap_or(0) < expected
            || server.is_some_and(|proof| proof.open_after_weighing < expected);
        if left_early || !drained.errors.is_empty() {
            return Err(self.all_too_soon(drained));
        }
        if let (Some(proof), Some(http)) = (&mut server, self.workload.asks()) {
            self.settle(proof, before.unwrap_or_default(), http)?;
        }
        let drained_weight = self.weigh_in_detail(drained.heap_bytes);
        if let Some(reason) = self.lost_group.take() {
            return Err(Ending::LostGroup(reason).into());
        }
        Ok(Wave { waiting_weight, drained_weight, waiting, drained, server })
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
    /// any more, because too few are left to come. `over` of its requests are of an earlier wave.
    fn wait_for_server(
        &mut self,
        http: &Http,
        expected: u64,
        over: u64,
        gone: Instant,
        exhausted_before: u64,
    ) -> Result<Option<ServerProof>, Stopped> {
        let requests = over + requests(self.workload);
        loop {
            let stats = self.ask(http)?;
            if stats.open == expected {
                return Ok(Some(ServerProof {
                    open_before_weighing: stats.open,
                    all_open_ns: ns(gone.elapsed()),
                    ..ServerProof::default()
                }));
            }
            if stats.exhausted > exhausted_before {
                return Err(Ending::ServerFull { last_seen: self.last_seen }.into());
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

    /// Fills in what the server saw of the whole wave, beyond what it saw before. It may count an
    /// answer a moment after the client has it.
    fn settle(
        &mut self,
        proof: &mut ServerProof,
        before: ServerProof,
        http: &Http,
    ) -> Result<(), Stopped> {
        let requests = requests(self.workload) + before.served + before.broken;
        let patience = Instant::now() + COUNTING;
        let stats = loop {
            let stats = self.ask(http)?;
            if stats.served + stats.broken >= requests || Instant::now() > patience {
                break stats;
            }
            thread::sleep(Duration::from_millis(1));
        };
        proof.high_water = stats.high_water;
        proof.served = stats.served.saturating_sub(before.served);
        proof.broken = stats.broken.saturating_sub(before.broken);
        Ok(())
    }

    /// What the server says of this cell's requests. If it says nothing any more, the tasks may
    /// know more of it, and are given a moment to.
    fn ask(&mut self, http: &Http) -> Result<Stats, Stopped> {
        let error = match servers::ask(http.server, Some(http.group)) {
            Ok(stats) => return Ok(stats),
            Err(error) => error,
        };
        self.child.tell(Order::Go);
        let patience = Instant::now() + LAST_WORDS;
        while Instant::now() < patience && !self.stop.load(Ordering::SeqCst) {
            match self.child.next(TICK) {
                Some(Ok(Event::Drained(drained))) if !drained.errors.is_empty() => {
                    return Err(self.all_too_soon(drained));
                }
                None => {}
                Some(_) => break,
            }
        }
        Err(Ending::NotStarted(error.to_string()).into())
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
                if let Some(group) = &self.group {
                    let lost = group.is_lost_to(&procfs(), self.child.id());
                    self.lost_group = self.lost_group.take().or(lost);
                }
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

    /// The same with what takes long to read, and with what only makes sense beside tasks.
    fn weigh_in_detail(&mut self, heap_bytes: Option<u64>) -> Weight {
        let mut weight = self.weigh(heap_bytes);
        if self.spec.build == Build::Timed {
            if let Some(before) = self.slab_before.filter(|_| weight.slab_bytes.is_none()) {
                let now = meter::kernel::slab_in_system(&procfs());
                let signed = |bytes: u64| i64::try_from(bytes).ok();
                weight.system_slab_bytes =
                    now.and_then(signed).zip(signed(before)).map(|(now, before)| now - before);
            }
            weight.stack_bytes = procfs().stacks(self.child.id());
        }
        weight
    }

    fn diagnose_exit(mut self) -> Ending {
        let kills = self.group.as_ref().and_then(Group::oom_kills);
        // A watcher looks now and then; the group knows the most that there ever was.
        let total_bytes = self.group.as_ref().and_then(Group::peak_bytes);
        self.last_seen.raise(&LastSeen { total_bytes, ..LastSeen::default() });
        let now_and_before = procfs().oom_kills().zip(self.oom_kills_before);
        match self.child.reap() {
            Ok((status, last_words)) => Ending::Died {
                status,
                last_words,
                was_oom_killed: match kills {
                    Some(kills) => kills > 0,
                    // Without a group that counts, somebody was killed meanwhile, and this one was.
                    None => {
                        was_killed(status)
                            && now_and_before.is_some_and(|(now, before)| now > before)
                    }
                },
                last_seen: self.last_seen,
            },
            Err(error) => Ending::BrokeProtocol(format!("cannot be waited for: {error}")),
        }
    }
}

/// Whether a process was ended by the signal that nobody survives.
#[cfg(unix)]
fn was_killed(status: ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status)
        == Some(nix::sys::signal::Signal::SIGKILL as i32)
}

/// Nowhere else are there signals.
#[cfg(not(unix))]
fn was_killed(_: ExitStatus) -> bool {
    false
}

/// How many requests the tasks make.
fn requests(workload: &Workload) -> u64 {
    u64::from(workload.tasks) * u64::from(workload.waits_per_task.get())
}

/// What connecting and asking may take beyond the waits where tasks do it one after another.
fn work(workload: &Workload, expected: u64) -> Duration {
    if workload.asks().is_none() {
        return Duration::ZERO;
    }
    let in_turn = requests(workload).div_ceil(expected.max(1));
    REQUEST.saturating_mul(u32::try_from(in_turn).unwrap_or(u32::MAX))
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
