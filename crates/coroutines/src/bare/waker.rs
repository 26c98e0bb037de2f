//! Wakers that take no allocation.
//!
//! A waker is one machine word of data and a table of functions. The word here is not a pointer but
//! a pair of numbers: which executor, and which of its tasks. Waking looks the executor up in a
//! list; if it is gone, nothing happens. So a waker can be cloned and kept for free, may outlive
//! its task and its executor, and there is no memory for it to get wrong. What it costs is that
//! lookup.
//!
//! A task's key is used again after the task is over, so a waker that was kept for too long can
//! wake another task. That task is polled once for nothing, which every future must bear with.

use std::collections::BTreeMap;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError};
use std::task::{RawWaker, RawWakerVTable, Waker};

use reactor::Notifier;
use workload::contain;

use super::sync::thread::{self, Thread};
use super::sync::{Mutex, MutexGuard, RwLock};

const _: () = assert!(
    usize::BITS >= 64,
    "a waker of `bare` keeps the numbers of an executor and of a task in one word of 64 bits"
);

/// The tasks of one executor that have been woken and not yet polled.
#[derive(Debug)]
pub struct Woken {
    executor: u32,
    thread: Thread,
    state: Mutex<State>,
    /// How often a wake had to rouse the executor.
    #[cfg(test)]
    pub(super) roused: AtomicU32,
}

#[derive(Debug, Default)]
struct State {
    keys: Vec<u32>,
    /// How the executor wants to be roused, if it is asleep. While it is at work it is not: it
    /// looks at the keys before it falls asleep, so rousing it would only cost.
    rouse: Option<Rouse>,
}

/// How a sleeping executor is roused.
#[derive(Debug)]
pub enum Rouse {
    /// Its thread sleeps.
    Unpark,
    /// Its thread waits for sockets.
    Notify(Notifier),
}

impl Woken {
    /// An empty list for an executor on this thread, and its entry in the list of executors.
    pub fn register() -> Registered {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let executor = NEXT.fetch_add(1, Ordering::Relaxed);
        let woken = Arc::new(Self {
            executor,
            thread: thread::current(),
            state: Mutex::default(),
            #[cfg(test)]
            roused: AtomicU32::new(0),
        });
        let mut executors = EXECUTORS.write().unwrap_or_else(PoisonError::into_inner);
        executors.insert(executor, woken.clone());
        Registered(woken)
    }

    /// A waker for the task with this key.
    pub fn waker(&self, key: u32) -> Waker {
        // SAFETY: the functions of the table keep what `RawWaker` asks for: they may be called from
        // any thread and any number of times, and they give nothing back, because the data is two
        // numbers and owns nothing.
        unsafe { Waker::from_raw(raw(word(self.executor, key))) }
    }

    /// Moves all woken keys into `keys`, which should be empty.
    pub fn take(&self, keys: &mut Vec<u32>) {
        std::mem::swap(&mut self.lock().keys, keys);
    }

    /// Has the first wake from now on rouse the executor. Says whether it may sleep:
    /// not if a task is woken already.
    pub fn fall_asleep(&self, rouse: Rouse) -> bool {
        let mut state = self.lock();
        let may_sleep = state.keys.is_empty();
        if may_sleep {
            state.rouse = Some(rouse);
        }
        may_sleep
    }

    /// Has no wake from now on rouse the executor: to be called when it no longer sleeps, before it
    /// wakes its own tasks.
    pub fn stay_awake(&self) {
        self.lock().rouse = None;
    }

    fn wake(&self, key: u32) {
        let mut state = self.lock();
        state.keys.push(key);
        let rouse = state.rouse.take();
        drop(state);
        #[cfg(test)]
        self.roused.fetch_add(rouse.is_some().into(), Ordering::Relaxed);
        match rouse {
            None => {}
            Some(Rouse::Unpark) => self.thread.unpark(),
            Some(Rouse::Notify(notifier)) => notifier.notify(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An executor's entry in the list of executors. Dropping it takes it out of the list.
#[derive(Debug)]
pub struct Registered(Arc<Woken>);

impl std::ops::Deref for Registered {
    type Target = Woken;

    fn deref(&self) -> &Woken {
        &self.0
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut executors = EXECUTORS.write().unwrap_or_else(PoisonError::into_inner);
        executors.remove(&self.0.executor);
    }
}

/// Which task a waker of ours wakes, in half the size of a waker: without the table of functions,
/// which is the same for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskId(usize);

impl TaskId {
    /// What this waker wakes, if it is one of ours. Code that polls futures of its own, as a join
    /// does, gives them wakers of its own.
    pub fn of(waker: &Waker) -> Option<Self> {
        ptr::eq(waker.vtable(), &TABLE).then(|| Self(waker.data().addr()))
    }

    /// Wakes the task.
    pub fn wake(self) {
        wake(ptr::without_provenance(self.0));
    }
}

/// Wakes all of them, also those behind one that panics. Says how many there were.
pub(super) fn wake_all(mut wakers: impl Iterator<Item = Waker>) -> usize {
    let mut woken = 0;
    let mut wake_rest = || {
        for waker in &mut wakers {
            woken += 1;
            waker.wake();
        }
    };
    while contain(&mut wake_rest).is_none() {}
    woken
}

type Executors = RwLock<BTreeMap<u32, Arc<Woken>>>;

/// Mostly there is one, which an ordered map finds without hashing its number.
#[cfg(not(interleavings))]
static EXECUTORS: Executors = RwLock::new(BTreeMap::new());
#[cfg(interleavings)]
loom::lazy_static! {
    static ref EXECUTORS: Executors = RwLock::new(BTreeMap::new());
}

static TABLE: RawWakerVTable = RawWakerVTable::new(raw, wake, wake, ignore);

fn raw(word: *const ()) -> RawWaker {
    RawWaker::new(word, &TABLE)
}

fn wake(word: *const ()) {
    let (executor, key) = numbers(word);
    let executors = EXECUTORS.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(woken) = executors.get(&executor) {
        woken.wake(key);
    }
}

fn ignore(_: *const ()) {}

fn word(executor: u32, key: u32) -> *const () {
    ptr::without_provenance((executor as usize) << 32 | key as usize)
}

#[allow(clippy::cast_possible_truncation, reason = "both halves are taken")]
fn numbers(word: *const ()) -> (u32, u32) {
    let word = word.addr();
    ((word >> 32) as u32, word as u32)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn taken(woken: &Woken) -> Vec<u32> {
        let mut keys = Vec::new();
        woken.take(&mut keys);
        keys
    }

    #[test]
    fn a_waker_and_its_clones_wake_their_task() {
        let woken = Woken::register();
        let waker = woken.waker(7);
        let clone = waker.clone();
        assert!(clone.will_wake(&waker));
        assert!(!woken.waker(8).will_wake(&waker));
        clone.wake_by_ref();
        waker.wake();
        clone.wake();
        assert_eq!(taken(&woken), [7, 7, 7]);
        assert_eq!(taken(&woken), [0u32; 0]);
    }

    #[test]
    fn a_waker_of_ours_is_as_good_as_the_number_of_its_task() {
        let woken = Woken::register();
        let task = TaskId::of(&woken.waker(7)).unwrap();
        task.wake();
        assert_eq!(taken(&woken), [7]);
        drop(woken);
        task.wake();
        assert_eq!(TaskId::of(Waker::noop()), None);
        assert_eq!(2 * size_of::<TaskId>(), size_of::<Waker>());
    }

    #[test]
    fn executors_do_not_get_each_others_wakes() {
        let [one, other] = [(); 2].map(|()| Woken::register());
        one.waker(1).wake();
        other.waker(u32::MAX).wake();
        assert_eq!(taken(&one), [1]);
        assert_eq!(taken(&other), [u32::MAX]);
    }

    #[test]
    fn a_waker_outlives_its_executor() {
        let woken = Woken::register();
        let waker = woken.waker(1);
        drop(woken);
        waker.wake_by_ref();
        waker.wake();
    }

    #[test]
    fn another_thread_wakes_a_sleeping_one() {
        let woken = Woken::register();
        let waker = woken.waker(3);
        let other = thread::spawn(move || waker.wake());
        let mut keys = Vec::new();
        while keys.is_empty() {
            if woken.fall_asleep(Rouse::Unpark) {
                thread::park();
            }
            woken.take(&mut keys);
        }
        other.join().unwrap();
        assert_eq!(keys, [3]);
    }

    #[test]
    fn nobody_falls_asleep_over_a_woken_task() {
        let woken = Woken::register();
        woken.waker(1).wake();
        assert!(!woken.fall_asleep(Rouse::Unpark));
        assert_eq!(taken(&woken), [1]);
        assert!(woken.fall_asleep(Rouse::Unpark));
    }
}
