//! The event loop: it waits for whatever comes next, and calls back whoever waits for it.
//!
//! One thread, no lock. It sleeps in the operating system's readiness poller (`epoll`, `kqueue`,
//! …), so that sockets can wait beside timers: they will be registered with the same poller, under
//! keys of their own, and called back from the same place.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use polling::{Events, Poller};
use timers::Timers;
use workload::Moment;

/// What is called back: once, with the loop, so that it can wait for something else.
pub type Callback = Box<dyn FnOnce(&mut EventLoop)>;

/// An event loop.
#[derive(Debug)]
pub struct EventLoop {
    timers: Timers<Callback>,
    poller: Poller,
    events: Events,
}

impl EventLoop {
    /// A loop with nothing to wait for.
    ///
    /// # Errors
    /// When the operating system has no poller to give.
    pub fn new() -> io::Result<Self> {
        Ok(Self { timers: Timers::new(), poller: Poller::new()?, events: Events::new() })
    }

    /// Has `callback` called at `deadline` or as soon after it as the loop gets to it.
    pub fn at(&mut self, deadline: Moment, callback: Callback) {
        self.timers.insert(deadline, callback);
    }

    /// Calls back until there is nothing left to wait for.
    ///
    /// A callback that panics ends itself and not the loop.
    ///
    /// # Errors
    /// When the operating system's poller fails.
    pub fn run(&mut self) -> io::Result<()> {
        loop {
            let now = Moment::now();
            while let Some(callback) = self.timers.pop_due(now) {
                // The loop is in order whenever a callback has it, so it is in order after a panic.
                let _ = catch_unwind(AssertUnwindSafe(|| callback(self)));
            }
            let Some(deadline) = self.timers.next_deadline() else {
                return Ok(());
            };
            self.events.clear();
            self.poller.wait(&mut self.events, Some(deadline.since(Moment::now())))?;
        }
    }
}
