//! The ledger: where tasks sign in and out.
//!
//! It proves that the work was done (how many tasks returned a sum, and the right one), at what
//! concurrency (how many were in flight at once), and how late each task woke. It also says when
//! each task is to start ([`Ledger::starts`]). It must not become the thing that is measured, so:
//!
//! * its counters are split over [`SHARDS`] cache lines by task index, in runs of
//!   [`RUN_OF_TASKS`], so that threads working on different tasks rarely meet on one line;
//! * each shard knows how many tasks will sign out of it, so the end of a wave is found without a
//!   counter that every task would have to touch;
//! * the number in flight is summed up only when somebody asks, and when the first task leaves
//!   after others have come in, because only then can a high-water mark have been reached.
//!
//! A ledger is made once and lives as long as the process, so that a task refers to it by a plain
//! reference of 8 bytes: a counted reference would cost every task two more atomic operations and
//! would weigh the same.

mod failures;
mod handle;
mod lateness;
mod shard;
mod starts;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

pub use failures::Failure;
pub use handle::{PLANTED_PANIC, TaskHandle};
pub use lateness::Lateness;
pub use starts::{Start, Starts};

use crate::clock::Moment;
use crate::http::{ErrorKind, FetchError};
use crate::spec::Workload;
use crate::task::{checksum_of, expected_checksum};
use failures::Failures;
use lateness::merge;
use shard::Shard;

/// How many shards the counters are split over.
pub const SHARDS: usize = 16;

/// How many tasks with neighbouring indices share a shard.
pub const RUN_OF_TASKS: u32 = 64;

/// All that signed in have been summed up.
const FLAT: u8 = 0;
/// Somebody signed in since.
const RISING: u8 = 1;
/// A sum is being made, and nobody signed in since it began.
const SUMMING: u8 = 2;

/// Stands for the time at which a wave began that has not.
const NOT_BEGUN: u64 = u64::MAX;

/// Where the tasks of one workload sign in and out.
#[derive(Debug)]
pub struct Ledger {
    workload: Workload,
    /// When the wave began, in the nanoseconds of a [`Moment`], or [`NOT_BEGUN`].
    begun: AtomicU64,
    shards: Box<[Shard; SHARDS]>,
    /// Whether tasks signed in since the number in flight was last summed up: [`FLAT`], [`RISING`]
    /// or [`SUMMING`].
    tide: AtomicU8,
    /// Held by the leaving task that sums up. Others that leave meanwhile wait for it: if they left
    /// before it has counted them, the peak would be lost.
    summing: Mutex<()>,
    peak: AtomicU64,
    full_shards: AtomicUsize,
    end: End,
    failures: Mutex<Failures>,
    trace: Option<Mutex<Vec<Event>>>,
}

/// What a wave did, as its ledger saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Tasks that signed out with a sum.
    pub completed: u64,
    /// Their sums, mixed and added up; see [`checksum_of`].
    pub checksum: u64,
    /// What that should be if every task completes.
    pub expected_checksum: u64,
    /// The most tasks ever seen in flight at once. Never more than there truly were.
    pub peak_in_flight: u64,
    /// Tasks that ended by a panic or were dropped, before or after they signed in.
    pub lost: u64,
    /// Tasks that ended with an error; [`Ledger::failures`] has them by kind.
    pub failed: u64,
    /// Waits after which a task's state was not what it was before.
    pub damaged: u64,
}

impl Proof {
    /// Whether `tasks` tasks returned the right sums, and none was lost, failed or found its state damaged.
    pub fn is_whole(&self, tasks: u32) -> bool {
        self.completed == u64::from(tasks)
            && self.checksum == self.expected_checksum
            && self.lost == 0
            && self.failed == 0
            && self.damaged == 0
    }
}

/// Something a task did; kept only by a tracing ledger, for tests of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The task with this index signed in.
    In(u32),
    /// The task with this index woke from its wait with this number, from 0.
    Woke(u32, u32),
    /// The task with this index signed out with its sum.
    Out(u32),
    /// The task with this index ended with an error of this kind.
    Failed(u32, ErrorKind),
    /// The task with this index was lost.
    Lost(u32),
}

impl Ledger {
    /// A ledger for this workload, which stays for the rest of the process.
    pub fn open(workload: Workload) -> &'static Self {
        keep(Self::new(workload, None))
    }

    /// The same, and it keeps every [`Event`] in order. For tests: it serialises all tasks.
    pub fn open_tracing(workload: Workload) -> &'static Self {
        keep(Self::new(workload, Some(Mutex::default())))
    }

    fn new(workload: Workload, trace: Option<Mutex<Vec<Event>>>) -> Self {
        let shards: [Shard; SHARDS] =
            std::array::from_fn(|shard| Shard::new(quota(workload.tasks, shard)));
        let ledger = Self {
            workload,
            begun: AtomicU64::new(NOT_BEGUN),
            shards: Box::new(shards),
            tide: AtomicU8::new(FLAT),
            summing: Mutex::default(),
            peak: AtomicU64::new(0),
            full_shards: AtomicUsize::new(0),
            end: End::default(),
            failures: Mutex::default(),
            trace,
        };
        ledger.rewind();
        ledger
    }

    /// What the tasks are asked to do.
    #[inline]
    pub fn workload(&self) -> &Workload {
        &self.workload
    }

    /// The place of the task with this index, which has not signed in yet.
    ///
    /// # Panics
    /// If the workload has no such task.
    pub fn handle(&'static self, index: u32) -> TaskHandle {
        assert!(index < self.workload.tasks, "task {index} of {}", self.workload.tasks);
        TaskHandle::new(self, index)
    }

    /// Begins the wave and hands out its tasks, each when it is to start.
    pub fn starts(&'static self) -> Starts {
        self.begun();
        Starts::new(self)
    }

    /// When the wave began: when its tasks were asked for, or else when somebody first wanted to
    /// know.
    pub fn begun(&self) -> Moment {
        let known = self.begun.load(Ordering::SeqCst);
        if known != NOT_BEGUN {
            return Moment::from_ns(known);
        }
        let now = Moment::now();
        let stored =
            self.begun.compare_exchange(NOT_BEGUN, now.to_ns(), Ordering::SeqCst, Ordering::SeqCst);
        stored.map_or_else(Moment::from_ns, |_| now)
    }

    /// When the task with this index is to start: with a rate, its place in the wave; otherwise when
    /// the wave began.
    pub fn start_of(&self, index: u32) -> Moment {
        self.begun() + self.workload.arrival.start_of(index)
    }

    /// Makes the ledger ready for another wave of the same workload.
    ///
    /// # Panics
    /// If tasks of the last wave are still in flight.
    pub fn rewind(&self) {
        assert_eq!(self.in_flight(), 0, "a ledger is rewound between waves");
        let mut empty_shards = 0;
        for shard in self.shards.iter() {
            shard.reset();
            empty_shards += usize::from(shard.quota == 0);
        }
        self.begun.store(NOT_BEGUN, Ordering::SeqCst);
        self.tide.store(FLAT, Ordering::SeqCst);
        self.peak.store(0, Ordering::SeqCst);
        self.full_shards.store(empty_shards, Ordering::SeqCst);
        lock(&self.failures).clear();
        if let Some(trace) = &self.trace {
            lock(trace).clear();
        }
        self.end.reset(empty_shards == SHARDS);
    }

    /// How many tasks are in flight, at least.
    ///
    /// Those that signed in are counted before those that signed out, so the result is never more
    /// than there were at the moment between the two counts. When tasks only wait, it is exact.
    pub fn in_flight(&self) -> u64 {
        let came: u64 = self.shards.iter().map(|shard| shard.came.load(Ordering::SeqCst)).sum();
        let left: u64 = self.shards.iter().map(|shard| shard.left.load(Ordering::SeqCst)).sum();
        let in_flight = came.saturating_sub(left);
        self.peak.fetch_max(in_flight, Ordering::SeqCst);
        in_flight
    }

    /// A future that ends when every task of the wave has signed out or was lost.
    pub fn over(&self) -> Over<'_> {
        Over(self)
    }

    /// Blocks until every task of the wave has signed out or was lost.
    pub fn wait_until_over(&self) {
        self.end.wait();
    }

    /// Whether every task of the wave has signed out or was lost.
    pub fn is_over(&self) -> bool {
        self.end.is_over.load(Ordering::SeqCst)
    }

    /// What the wave did so far.
    pub fn proof(&self) -> Proof {
        let sum = |of: fn(&Shard) -> &AtomicU64| {
            self.shards
                .iter()
                .fold(0u64, |total, shard| total.wrapping_add(of(shard).load(Ordering::SeqCst)))
        };
        // A lost or failed task is counted as such before it is counted as gone, so in this order the
        // difference is never below zero, also while tasks are about.
        let left = sum(|shard| &shard.left);
        let lost = sum(|shard| &shard.lost);
        let failed = sum(|shard| &shard.failed);
        Proof {
            completed: left.saturating_sub(lost).saturating_sub(failed),
            checksum: sum(|shard| &shard.checksum),
            expected_checksum: expected_checksum(self.workload.tasks, self.workload.panicking_task),
            peak_in_flight: self.peak.load(Ordering::SeqCst),
            lost,
            failed,
            damaged: sum(|shard| &shard.damaged),
        }
    }

    /// How many wakes came before their deadline, and how many tasks of a rate started before they
    /// were to. There should be none.
    pub fn early(&self) -> u64 {
        self.shards.iter().map(|shard| shard.early.load(Ordering::SeqCst)).sum()
    }

    /// How late the tasks woke; `None` if none has.
    pub fn lateness(&self) -> Option<Lateness> {
        merge(self.shards.iter().map(|shard| &shard.lateness))
    }

    /// The errors with which tasks ended, by kind.
    pub fn failures(&self) -> Vec<Failure> {
        lock(&self.failures).list()
    }

    /// What the tasks did, in order. Empty unless the ledger traces.
    pub fn events(&self) -> Vec<Event> {
        self.trace.as_ref().map(|trace| lock(trace).clone()).unwrap_or_default()
    }

    /// Signs the task with this index in.
    ///
    /// A [`TaskHandle`] does this and the next two by itself, also when a task panics; they are public
    /// for a task that is written straight on a runtime, without anything of the harness.
    #[inline]
    pub fn enter(&self, index: u32) {
        self.shard(index).came.fetch_add(1, Ordering::SeqCst);
        // Read before written, so that a burst of tasks shares the line instead of fighting for it.
        if self.tide.load(Ordering::SeqCst) != RISING {
            self.tide.store(RISING, Ordering::SeqCst);
        }
        self.note(Event::In(index));
    }

    /// Notes that the task with this index woke now from a wait that was to end at `deadline`.
    #[inline]
    pub fn woke(&self, index: u32, deadline: Moment) {
        self.woke_late(index, deadline, deadline);
    }

    /// The same for a wait that ended at `deadline` and should have ended at `due`, because it
    /// should have begun sooner.
    #[inline]
    fn woke_late(&self, index: u32, deadline: Moment, due: Moment) {
        let shard = self.shard(index);
        let now = Moment::now();
        if now < deadline {
            shard.early.fetch_add(1, Ordering::SeqCst);
        }
        shard.lateness.record(now.ns_since(due));
    }

    /// Notes that the task with this index starts now.
    fn started(&self, index: u32) {
        let start = self.start_of(index);
        if Moment::now() < start {
            self.shard(index).early.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Signs the task with this index out, with its sum.
    #[inline]
    pub fn leave(&self, index: u32, sum: u64) {
        self.look_for_a_peak();
        self.note(Event::Out(index));
        let shard = self.shard(index);
        shard.checksum.fetch_add(checksum_of(sum), Ordering::SeqCst);
        self.count_out(shard);
    }

    /// Signs the task with this index out, without a sum.
    pub fn fail(&self, index: u32, error: &FetchError) {
        self.look_for_a_peak();
        self.note(Event::Failed(index, error.kind));
        lock(&self.failures).count(error);
        let shard = self.shard(index);
        shard.failed.fetch_add(1, Ordering::SeqCst);
        self.count_out(shard);
    }

    fn lose(&self, index: u32, had_signed_in: bool) {
        self.look_for_a_peak();
        self.note(Event::Lost(index));
        let shard = self.shard(index);
        if !had_signed_in {
            shard.came.fetch_add(1, Ordering::SeqCst);
        }
        shard.lost.fetch_add(1, Ordering::SeqCst);
        self.count_out(shard);
    }

    fn damage(&self, index: u32) {
        self.shard(index).damaged.fetch_add(1, Ordering::SeqCst);
    }

    #[inline(always)]
    fn note(&self, event: Event) {
        if let Some(trace) = &self.trace {
            keep_event(trace, event);
        }
    }

    /// To be called by a task that leaves, before it is counted out.
    fn look_for_a_peak(&self) {
        if self.tide.load(Ordering::SeqCst) == FLAT {
            return;
        }
        let _summing = lock(&self.summing);
        if self.tide.load(Ordering::SeqCst) == FLAT {
            return;
        }
        self.tide.store(SUMMING, Ordering::SeqCst);
        self.in_flight();
        // It stays as it is if a task signed in meanwhile, which may not be in the sum.
        let _ = self.tide.compare_exchange(SUMMING, FLAT, Ordering::SeqCst, Ordering::SeqCst);
    }

    fn count_out(&self, shard: &Shard) {
        let left = shard.left.fetch_add(1, Ordering::SeqCst) + 1;
        if left == shard.quota && self.full_shards.fetch_add(1, Ordering::SeqCst) + 1 == SHARDS {
            self.end.announce();
        }
    }

    fn shard(&self, index: u32) -> &Shard {
        &self.shards[shard_of(index)]
    }
}

/// A future that ends when a wave is over. Made by [`Ledger::over`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Over<'a>(&'a Ledger);

impl Future for Over<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let end = &self.0.end;
        let mut waker = lock(&end.waker);
        if end.is_over.load(Ordering::SeqCst) {
            return Poll::Ready(());
        }
        match &mut *waker {
            Some(known) => known.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Poll::Pending
    }
}

/// The end of a wave, which one task reaches and one contestant waits for.
#[derive(Debug, Default)]
struct End {
    is_over: AtomicBool,
    waker: Mutex<Option<Waker>>,
    reached: Condvar,
}

impl End {
    fn reset(&self, is_over: bool) {
        *lock(&self.waker) = None;
        self.is_over.store(is_over, Ordering::SeqCst);
    }

    fn announce(&self) {
        // Under the lock, so that whoever is about to wait has either seen the flag or is waiting.
        let mut waker = lock(&self.waker);
        self.is_over.store(true, Ordering::SeqCst);
        let woken = waker.take();
        self.reached.notify_all();
        // A waker may poll at once, and that takes the lock.
        drop(waker);
        if let Some(waker) = woken {
            waker.wake();
        }
    }

    fn wait(&self) {
        let mut waker = lock(&self.waker);
        while !self.is_over.load(Ordering::SeqCst) {
            waker = self.reached.wait(waker).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Apart from where it is looked at whether the ledger traces, which nobody does who is measured.
#[cold]
fn keep_event(trace: &Mutex<Vec<Event>>, event: Event) {
    lock(trace).push(event);
}

/// Keeps a ledger for the rest of the process, in a list, so that a leak checker can tell it from
/// what was lost.
fn keep(ledger: Ledger) -> &'static Ledger {
    static OPEN: Mutex<Vec<&'static Ledger>> = Mutex::new(Vec::new());
    let ledger: &'static Ledger = Box::leak(Box::new(ledger));
    lock(&OPEN).push(ledger);
    ledger
}

fn shard_of(index: u32) -> usize {
    (index / RUN_OF_TASKS) as usize % SHARDS
}

/// How many of `tasks` tasks belong to this shard.
fn quota(tasks: u32, shard: usize) -> u64 {
    let tasks = u64::from(tasks);
    let run = u64::from(RUN_OF_TASKS);
    let round = run * SHARDS as u64;
    let rest = (tasks % round).saturating_sub(shard as u64 * run);
    tasks / round * run + rest.min(run)
}

/// Locks, also after a task panicked while it held the lock: what is in there is only counted.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
