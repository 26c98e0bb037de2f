//! What an executor and its wakers meet by on several threads: std's, or under
//! `cfg(interleavings)` loom's, by which the models in `tests` try the ways in which threads can meet.

#[cfg(not(interleavings))]
pub(super) use std::{
    sync::{Mutex, MutexGuard, RwLock},
    thread,
};

#[cfg(interleavings)]
pub(super) use loom::sync::{Mutex, MutexGuard, RwLock};

#[cfg(interleavings)]
pub(super) mod thread {
    pub(in super::super) use loom::thread::{Thread, current, park};

    pub(in super::super) fn park_timeout(_: std::time::Duration) {
        unreachable!("a model has no clock");
    }
}
