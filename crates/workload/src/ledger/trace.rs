//! What tasks did, in order: kept only where a workload asks for a trace, and in tests.

use std::sync::atomic::{AtomicU32, Ordering};

use super::sync::{Mutex, lock};
use crate::clock::Moment;
use crate::http::ErrorKind;

/// Something a task did; kept only by a tracing ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The task with this index signed in.
    In(u32),
    /// The task with this index began its wait with this number, from 0.
    Waits(u32, u32),
    /// The call that started the task with this index, and was handed the rest of it, came back.
    Returned(u32),
    /// The task with this index woke from its wait with this number, from 0.
    Woke(u32, u32),
    /// The task with this index signed out with its sum.
    Out(u32),
    /// The task with this index ended with an error of this kind.
    Failed(u32, ErrorKind),
    /// The task with this index was lost.
    Lost(u32),
}

/// An [`Event`] with its time and its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    /// What was done.
    pub event: Event,
    /// When.
    pub at: Moment,
    /// On which thread: threads of a process are counted as they first note something.
    pub thread: u32,
}

/// Every [`Event`] in order, if they are kept at all.
#[derive(Debug)]
pub(super) struct Trace(Option<Mutex<Vec<Noted>>>);

impl Trace {
    pub(super) const OFF: Self = Self(None);

    pub(super) fn on() -> Self {
        Self(Some(Mutex::default()))
    }

    #[inline(always)]
    pub(super) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    #[inline(always)]
    pub(super) fn note(&self, event: Event) {
        if let Some(events) = &self.0 {
            keep(events, event);
        }
    }

    pub(super) fn clear(&self) {
        if let Some(events) = &self.0 {
            lock(events).clear();
        }
    }

    pub(super) fn noted(&self) -> Vec<Noted> {
        self.0.as_ref().map(|events| lock(events).clone()).unwrap_or_default()
    }
}

/// Apart from where it is looked at whether events are kept, because none are in what is measured.
#[cold]
fn keep(events: &Mutex<Vec<Noted>>, event: Event) {
    static THREADS: AtomicU32 = AtomicU32::new(0);
    thread_local! {
        static THREAD: u32 = THREADS.fetch_add(1, Ordering::Relaxed);
    }
    let thread = THREAD.with(|thread| *thread);
    // The time is read while the list is held, so that the list is in the order of its times.
    let mut events = lock(events);
    events.push(Noted { event, at: Moment::now(), thread });
}
