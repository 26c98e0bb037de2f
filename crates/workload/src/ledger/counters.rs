//! The ledger itself: the counters of a wave.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::end::{End, Over};
use super::failures::{Failure, Failures};
use super::lateness::{Lateness, merge};
use super::proof::Proof;
use super::shard::{SHARDS, Shard, quota, shard_of};
use super::sync::{AtomicU8, AtomicU64, AtomicUsize, Mutex, lock};
use super::trace::{Event, Noted, Trace};
use crate::clock::Moment;
use crate::http::FetchError;
use crate::spec::{Ending, Workload};
use crate::task::checksum_of;

/// All that signed in have been summed up.
const FLAT: u8 = 0;
/// A task signed in since.
const RISING: u8 = 1;
/// A sum is being made, and no task signed in since it began.
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
    trace: Trace,
    /// Whether each wait just lasts as long as all of its task, as in nearly all that is measured.
    pub(super) is_plain: bool,
}

impl Ledger {
    /// A ledger for this workload, which stays for the rest of the process.
    pub fn open(workload: Workload) -> &'static Self {
        keep(Self::new(workload, if workload.trace { Trace::on() } else { Trace::OFF }))
    }

    /// The same, and it keeps every [`Event`] in order. For tests: it serialises all tasks.
    pub fn open_tracing(workload: Workload) -> &'static Self {
        keep(Self::new(workload, Trace::on()))
    }

    pub(super) fn new(workload: Workload, trace: Trace) -> Self {
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
            is_plain: !workload.synchronized_wakeup
                && !trace.is_on()
                && workload.ending != Ending::Cancelled,
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

    /// When the wave began: when its tasks were asked for, or else when this was first called.
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
        self.trace.clear();
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
        Over(&self.end)
    }

    /// Blocks until every task of the wave has signed out or was lost.
    pub fn wait_until_over(&self) {
        self.end.wait();
    }

    /// Whether every task of the wave has signed out or was lost.
    pub fn is_over(&self) -> bool {
        self.end.is_reached()
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
            expected_checksum: self.workload.expected_checksum(),
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
        self.noted().into_iter().map(|noted| noted.event).collect()
    }

    /// The same with times and threads.
    pub fn noted(&self) -> Vec<Noted> {
        self.trace.noted()
    }

    /// To be called where a model hands the rest of a task to something, when the call that started the
    /// task with this index has come back.
    #[inline]
    pub fn returned(&self, index: u32) {
        self.note(Event::Returned(index));
    }

    /// Signs the task with this index in.
    ///
    /// A [`TaskHandle`](super::TaskHandle) does this and the next two by itself, also when a task panics; they are public
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
    pub(super) fn woke_late(&self, index: u32, deadline: Moment, due: Moment) {
        let shard = self.shard(index);
        let now = Moment::now();
        if now < deadline {
            shard.early.fetch_add(1, Ordering::SeqCst);
        }
        shard.lateness.record(now.ns_since(due));
    }

    /// Notes that the task with this index starts now.
    pub(super) fn started(&self, index: u32) {
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

    pub(super) fn lose(&self, index: u32, had_signed_in: bool) {
        self.look_for_a_peak();
        self.note(Event::Lost(index));
        let shard = self.shard(index);
        if !had_signed_in {
            shard.came.fetch_add(1, Ordering::SeqCst);
        }
        shard.lost.fetch_add(1, Ordering::SeqCst);
        self.count_out(shard);
    }

    pub(super) fn damage(&self, index: u32) {
        self.shard(index).damaged.fetch_add(1, Ordering::SeqCst);
    }

    #[inline(always)]
    pub(super) fn note(&self, event: Event) {
        self.trace.note(event);
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

/// Keeps a ledger for the rest of the process, in a list, so that a leak checker can tell it from
/// what was lost.
fn keep(ledger: Ledger) -> &'static Ledger {
    static OPEN: std::sync::Mutex<Vec<&'static Ledger>> = std::sync::Mutex::new(Vec::new());
    let ledger: &'static Ledger = Box::leak(Box::new(ledger));
    OPEN.lock().unwrap_or_else(PoisonError::into_inner).push(ledger);
    ledger
}
