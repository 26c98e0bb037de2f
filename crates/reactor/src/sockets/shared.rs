//! What the sockets of a thread share.

use std::cell::RefCell;
use std::sync::Arc;

use polling::{PollMode, Poller};

use super::slots::Slots;

/// What a socket shares with the others of its thread.
pub(super) struct Shared<W> {
    pub(super) poller: Arc<Poller>,
    pub(super) mode: PollMode,
    pub(super) slots: RefCell<Slots<W>>,
}
