//! The process of a run: what it says, what it uses, how it died.

use std::io::ErrorKind;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::ending::Ending;
use super::process::{ChildProcess, TICK};
use crate::limits::LastSeen;
use crate::meter;
use crate::meter::cgroup::{Cgroups, Group};
use crate::meter::process::Procfs;
use crate::output::complain;
use crate::units;
use protocol::{Drained, Event, Order, ProtocolError};
use record::{Build, Weight};

/// How long a phase is left alone before it is weighed, so that what was just freed or handed on is
/// settled.
const SETTLING: Duration = Duration::from_millis(5);

/// How long a start may take before the harness begins to look how far it is. Looking disturbs, and
/// most cells are over by then.
const UNWATCHED: Duration = Duration::from_millis(150);

/// From so many threads on, mappings are theirs. Of those of a smaller process most are the program's
/// and its allocator's, some 50, and do not grow with the threads.
const MANY_THREADS: u64 = 250;

/// Looking takes at most this share of the time: one part in so many.
const WATCHED_SHARE: u32 = 8;

/// Why a run does not go on.
pub(super) enum Stopped {
    /// It ended like this.
    Ending(Box<Ending>),
    /// Its process is gone.
    Died,
}

impl From<Ending> for Stopped {
    fn from(ending: Ending) -> Self {
        Self::Ending(Box::new(ending))
    }
}

/// The process said something else than what it should.
pub(super) fn unexpected(wanted: &str, said: &Event) -> Stopped {
    Ending::BrokeProtocol(format!("said `{}` and not `{wanted}`", said.name())).into()
}

/// A process that runs a cell, with what was seen of it.
pub(super) struct Watched<'a> {
    pub(super) patience: Duration,
    pub(super) stop: &'a AtomicBool,
    /// What it used at most.
    pub(super) last_seen: LastSeen,
    /// Whether nothing is looked at while it runs: what it does is timed, and looking takes time.
    pub(super) is_left_alone: bool,
    /// Why the group is not the child's any more.
    pub(super) lost_group: Option<String>,
    build: Build,
    // Dropped before the group, which can be removed only when it is empty.
    pub(super) child: ChildProcess,
    /// At least and at most.
    mappings_per_thread: Option<[f64; 2]>,
    /// All slab of the system before the process was started.
    slab_before: Option<u64>,
    /// How many processes of the whole system the kernel had killed for want of memory by then.
    oom_kills_before: Option<u64>,
    group: Option<Group>,
}

impl<'a> Watched<'a> {
    /// Starts the process, in a control group of its own where one can be made.
    ///
    /// # Errors
    /// How the run ended, if it cannot be started.
    pub(super) fn start(
        command: &dyn Fn() -> Command,
        cgroups: Option<&Cgroups>,
        build: Build,
        has_server: bool,
        patience: Duration,
        stop: &'a AtomicBool,
    ) -> Result<Self, Box<Ending>> {
        let not_started = |reason| Box::new(Ending::NotStarted(reason));
        let group = cgroups.map(Cgroups::make).transpose().map_err(|error| {
            not_started(format!("no control group can be made for it: {error}"))
        })?;
        // The server's side of a connection is slab of the same system, and could not be told apart.
        let slab_before = (build == Build::Timed && !has_server)
            .then(|| meter::kernel::slab_in_system(&procfs()))
            .flatten();
        let oom_kills_before = procfs().oom_kills();
        let child = ChildProcess::start(command, group.as_ref(), stop).map_err(|error| {
            let why = match error.kind() {
                ErrorKind::WouldBlock => {
                    " (no process or thread is left within `ulimit -u`, pids.max or kernel.pid_max, \
                     or no memory for one within `ulimit -v`)"
                }
                _ => "",
            };
            let program = command();
            not_started(format!("{} does not start: {error}{why}", program.get_program().display()))
        })?;
        Ok(Self {
            patience,
            stop,
            last_seen: LastSeen::default(),
            is_left_alone: false,
            lost_group: None,
            build,
            child,
            mappings_per_thread: None,
            slab_before,
            oom_kills_before,
            group,
        })
    }

    /// Gives the tasks a moment to end, and returns the errors with which they did.
    pub(super) fn last_words(&mut self, patience: Duration) -> Option<Drained> {
        self.child.tell(Order::Go);
        match self.child.hear(patience, self.stop) {
            Some(Ok(Event::Drained(drained))) if !drained.errors.is_empty() => Some(drained),
            _ => None,
        }
    }

    /// The tasks were not all in flight while they were weighed: some failed, or their wait was too
    /// short.
    pub(super) fn all_too_soon(&self, drained: Drained) -> Stopped {
        if drained.errors.is_empty() {
            return Ending::TooShort.into();
        }
        Ending::Errors { errors: drained.errors, last_seen: self.last_seen }.into()
    }

    /// The next event, which may take these waits and some patience; `to` says what the child is
    /// expected to do, for the reason if it does not.
    pub(super) fn next(&mut self, to: &str, waits: Duration) -> Result<Event, Stopped> {
        let patience = self.patience + waits;
        let started = Instant::now();
        let mut look_after = UNWATCHED;
        loop {
            match self.child.next(TICK) {
                Some(Ok(Event::Refused { reason, threads })) => {
                    self.look();
                    self.carry_forward(threads);
                    self.look_at_user(0);
                    let is_gone = !procfs().has_memory(self.child.id());
                    let last_words = is_gone.then(|| self.child.reap().ok()).flatten();
                    let last_words = last_words.map(|(_, said)| said).unwrap_or_default();
                    let last_seen = self.last_seen;
                    return Err(Ending::Refused { reason, last_words, last_seen }.into());
                }
                Some(Ok(event)) => {
                    self.last_seen.has_all |= matches!(event, Event::AllWaiting(_));
                    return Ok(event);
                }
                Some(Err(ProtocolError::Closed)) => return Err(Stopped::Died),
                Some(Err(error)) => {
                    return Err(Ending::BrokeProtocol(error.to_string()).into());
                }
                None => {}
            }
            if self.stop.load(Ordering::SeqCst) {
                return Err(self.stopped());
            }
            let elapsed = started.elapsed();
            if elapsed > patience {
                self.look();
                let patience = units::duration(patience);
                let reason = format!("did not {to} within {patience}, and was killed");
                return Err(Ending::Hung { reason, last_seen: self.last_seen }.into());
            }
            if self.is_left_alone {
                continue;
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

    /// The harness was told to stop. If the kernel has killed the cell before that, this is the cell's end, and
    /// perhaps why: systemd stops a unit in which that happens.
    fn stopped(&self) -> Stopped {
        if self.group.as_ref().and_then(Group::oom_kills).unwrap_or(0) == 0 {
            return Ending::Interrupted.into();
        }
        complain(format_args!(
            "compare: told to stop (SIGTERM or SIGINT) after a cell was killed for want of memory; if that was \
             systemd, `-p Delegate=yes` lets the run go on"
        ));
        Stopped::Died
    }

    /// Looks at the number of threads and at the addresses alone, which costs nothing.
    pub(super) fn glance(&mut self) {
        let address_space = procfs().peak_address_bytes(self.child.id());
        self.last_seen.raise(&LastSeen { address_space, ..LastSeen::default() });
        self.carry_forward(procfs().threads(self.child.id()));
    }

    /// Looks what the child uses, so that it is known if the child dies of it. What was seen is never
    /// forgotten for less: a process that is dying has nothing left.
    fn look(&mut self) {
        let pid = self.child.id();
        let before = procfs().threads(pid);
        let total_bytes = self.group.as_ref().and_then(|group| group.weigh(Some(0)).total_bytes);
        let seen = LastSeen { total_bytes, ..LastSeen::of(&procfs(), pid) };
        let after = procfs().threads(pid);
        if let (Some(before), Some(after), Some(mappings)) = (before, after, seen.mappings)
            && before >= MANY_THREADS
        {
            // While they are counted, more threads are made.
            let mut each = [after, before].map(|threads| mappings as f64 / threads as f64);
            if let Some([least, most]) = self.mappings_per_thread
                && least.max(each[0]) <= most.min(each[1])
            {
                each = [least.max(each[0]), most.min(each[1])];
            }
            self.mappings_per_thread = Some(each);
        }
        self.last_seen.raise(&seen);
        self.carry_mappings_forward();
    }

    /// Looks at the threads of the user, of whose processes this many threads are gone.
    fn look_at_user(&mut self, gone: u64) {
        let threads_of_user = procfs().threads_of_user().map(|threads| threads + gone);
        self.last_seen.raise(&LastSeen { threads_of_user, ..LastSeen::default() });
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
        self.carry_mappings_forward();
    }

    fn carry_mappings_forward(&mut self) {
        let (Some(threads), Some(per_thread)) = (self.last_seen.threads, self.mappings_per_thread)
        else {
            return;
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate")]
        let [least, most] = per_thread.map(|each| (threads as f64 * each) as u64);
        if Some(most) > self.last_seen.mappings {
            self.last_seen.mappings = Some(most);
            self.last_seen.mappings_at_least = Some(least);
        }
    }

    pub(super) fn weigh(&mut self, heap_bytes: Option<u64>) -> Weight {
        match self.build {
            // A counting build is slower and heavier than what it stands for: only the count counts.
            Build::Counting => Weight { heap_bytes, ..Weight::default() },
            Build::Timed => {
                thread::sleep(SETTLING);
                let weight = meter::weigh(&procfs(), &[self.child.id()], self.group.as_ref());
                if let Some(group) = &self.group {
                    let lost = group.is_lost_to(&procfs(), self.child.id());
                    self.lost_group = self.lost_group.take().or(lost);
                }
                self.last_seen.raise(&LastSeen {
                    threads: weight.threads,
                    mappings: weight.mappings,
                    address_space: procfs().peak_address_bytes(self.child.id()),
                    descriptors: weight.descriptors,
                    rss_bytes: weight.rss_bytes,
                    total_bytes: weight.total_bytes,
                    threads_in_system: procfs().threads_in_system(),
                    ..LastSeen::default()
                });
                weight
            }
        }
    }

    /// The same with what takes long to read, and with what only makes sense beside tasks.
    pub(super) fn weigh_in_detail(&mut self, heap_bytes: Option<u64>) -> Weight {
        let mut weight = self.weigh(heap_bytes);
        if self.build == Build::Timed {
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

    pub(super) fn diagnose_exit(mut self) -> Ending {
        let kills = self.group.as_ref().and_then(Group::oom_kills);
        // A watcher looks now and then; the group knows the most that there ever was.
        let total_bytes = self.group.as_ref().and_then(Group::peak_bytes);
        self.last_seen.raise(&LastSeen { total_bytes, ..LastSeen::default() });
        let now_and_before = procfs().oom_kills().zip(self.oom_kills_before);
        // With the threads here that listen to it, which end with it.
        self.look_at_user(0);
        let ended = self.child.reap();
        self.look_at_user(self.last_seen.threads.unwrap_or(0));
        match ended {
            Ok((status, last_words)) => Ending::Died {
                status,
                last_words,
                was_oom_killed: match kills {
                    Some(kills) => kills > 0,
                    // Without a group that counts: some process was killed for memory, and this one was killed.
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

/// Whether a process was ended by the signal that no process survives.
fn was_killed(status: ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status)
        == Some(nix::sys::signal::Signal::SIGKILL as i32)
}

fn procfs() -> Procfs {
    Procfs::default()
}
