//! What tasks did, in order: kept only for tests.

use super::sync::{Mutex, lock};
use crate::http::ErrorKind;

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

/// Every [`Event`] in order, if they are kept at all.
#[derive(Debug)]
pub(super) struct Trace(Option<Mutex<Vec<Event>>>);

impl Trace {
    pub(super) const OFF: Self = Self(None);

    pub(super) fn on() -> Self {
        Self(Some(Mutex::default()))
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

    pub(super) fn events(&self) -> Vec<Event> {
        self.0.as_ref().map(|events| lock(events).clone()).unwrap_or_default()
    }
}

/// Apart from where it is looked at whether events are kept, because none are in what is measured.
#[cold]
fn keep(events: &Mutex<Vec<Event>>, event: Event) {
    lock(events).push(event);
}
