//! The event loop: it waits for what comes next, and calls what waits for it.
//!
//! One thread, no lock, and no call that blocks but the one in the operating system's readiness
//! poller (`epoll`, `kqueue`, …), where it sleeps until a timer is due or a socket is ready.

use std::collections::VecDeque;
use std::io;

use reactor::{Socket, Sockets, TimeoutId, Timeouts, Timers};
use workload::{Moment, contain};

/// After how many rounds in which there was more to do than the poller says at once, timeouts are
/// looked at all the same.
const MOST_FULL_ROUNDS: u32 = 64;

/// What is called back: once, with the loop, so that it can wait for something else, and with the
/// deadline that it waited for, which the loop had to keep, so that nothing else need.
pub type Callback = Box<dyn FnOnce(&mut EventLoop, Moment)>;

/// What is called back with a token: once, with the loop.
pub(crate) type Received = Box<dyn FnOnce(&mut EventLoop, u64)>;

/// How many timers are called back at most before the loop looks for sockets that are ready.
const BATCH: usize = 256;

/// How many operations that are done at once may call back within one another. After that the next
/// one waits for its turn in the loop, so that the stack ends somewhere and one connection on which
/// much comes does not keep the others waiting.
const DEEPEST: u32 = 8;

/// How much is read at once, in bytes. There is one such buffer, whose contents are used before the
/// next read, and not one for each connection.
const BUFFER_BYTES: usize = 16 * 1024;

/// An event loop.
pub struct EventLoop {
    timers: Timers<Callback>,
    /// What waits for a deadline that mostly does not come.
    alarms: Timeouts<Callback>,
    /// What is to be called next, with what.
    queue: VecDeque<(Received, u64)>,
    sockets: Sockets<Waiting>,
    /// At which place in `sockets` something waits, and until when at most. Whatever waits for a
    /// socket is here too, so nothing waits if both heaps are empty.
    timeouts: Timeouts<u32>,
    /// What was found ready and is to be called; kept so that its memory is.
    ready: Vec<Waiting>,
    /// Empty until something is read.
    buffer: Vec<u8>,
    depth: u32,
}

impl EventLoop {
    /// A loop with nothing to wait for.
    ///
    /// # Errors
    /// When the operating system has no poller to give.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            timers: Timers::default(),
            alarms: Timeouts::default(),
            queue: VecDeque::new(),
            sockets: Sockets::new()?,
            timeouts: Timeouts::default(),
            ready: Vec::new(),
            buffer: Vec::new(),
            depth: 0,
        })
    }

    /// Has `callback` called at `deadline` or as soon after it as the loop gets to it.
    pub fn at(&mut self, deadline: Moment, callback: Callback) {
        self.timers.insert(deadline, callback);
    }

    /// The same for a deadline that is cancelled before it comes, nearly always.
    pub fn alarm(&mut self, deadline: Moment, callback: Callback) -> TimeoutId {
        self.alarms.insert(deadline, callback)
    }

    /// Takes back an [`alarm`](Self::alarm), if it has not gone off.
    pub fn cancel(&mut self, alarm: TimeoutId) {
        self.alarms.remove(alarm);
    }

    /// Has `received` called with the token when what was queued before has been called.
    pub(crate) fn soon(&mut self, received: Received, token: u64) {
        self.queue.push_back((received, token));
    }

    /// Calls back until there is nothing left to wait for.
    ///
    /// A callback that panics ends itself and not the loop. What it owned is dropped: a connection
    /// is closed.
    ///
    /// # Errors
    /// When the operating system's poller fails.
    pub fn run(&mut self) -> io::Result<()> {
        let mut full_rounds = 0;
        loop {
            let now = Moment::now();
            self.call_due(now);
            let queued = (!self.queue.is_empty()).then_some(now);
            let (timer, timeout) = (self.timers.next_deadline(), self.timeouts.next_deadline());
            let next = [queued, timer, timeout, self.alarms.next_deadline()];
            let Some(deadline) = next.into_iter().flatten().min() else {
                return Ok(());
            };
            let now = Moment::now();
            let all = self.sockets.poll(Some(deadline.since(now)), &mut self.ready)?;
            self.call_ready();
            // A wait is too long only if what it waits for was not there in time. It may have been,
            // if there was more than the poller says at once; then the next round will tell, or one
            // of those after it.
            full_rounds = if all { 0 } else { full_rounds + 1 };
            if full_rounds % MOST_FULL_ROUNDS == 0 {
                self.call_timed_out(now);
            }
        }
    }

    /// Calls `callback` now. If it panics, that ends itself only.
    pub fn call(&mut self, callback: impl FnOnce(&mut Self)) {
        self.depth = 0;
        // The loop is in order whenever a callback has it, so it is in order after a panic.
        contain(|| callback(self));
    }

    /// What was read last, in as many bytes as the read said there were.
    pub fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.sockets.len()
    }

    pub(crate) fn sockets(&self) -> &Sockets<Waiting> {
        &self.sockets
    }

    /// Reads into the buffer, as much as fits.
    pub(crate) fn read(&mut self, socket: &Socket<Waiting>) -> io::Result<usize> {
        self.buffer.resize(BUFFER_BYTES, 0);
        socket.try_read(&mut self.buffer)
    }

    /// Has `callback` called when the socket at this place is worth trying again, or at `by`.
    pub(crate) fn wait(&mut self, socket: u32, by: Moment, callback: SocketCallback) {
        let timeout = self.timeouts.insert(by, socket);
        self.sockets.wait(socket, Waiting { callback, timeout });
    }

    /// Whether nothing more should be called within whatever has called this.
    pub(crate) fn is_deep(&self) -> bool {
        self.depth >= DEEPEST
    }

    /// Calls `callback` now, within whatever has called this.
    pub(crate) fn call_within(&mut self, callback: impl FnOnce(&mut Self)) {
        self.depth += 1;
        callback(self);
        self.depth -= 1;
    }

    #[cfg(test)]
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// The size of the box that waits for the next deadline, which is dropped.
    #[cfg(test)]
    pub(crate) fn sleeping_bytes(&mut self) -> Option<usize> {
        let deadline = self.timers.next_deadline()?;
        self.timers.pop_due(deadline).map(|(_, callback)| size_of_val(&*callback))
    }

    /// The size of the box that waits for the socket at this place.
    #[cfg(test)]
    pub(crate) fn waiting_bytes(&self, socket: u32) -> Option<usize> {
        self.sockets.take(socket).map(|waiting| size_of_val(&*waiting.callback))
    }

    fn call_due(&mut self, now: Moment) {
        let mut called = 0;
        while let Some((deadline, callback)) = self.timers.pop_due(now) {
            self.call(|event_loop| callback(event_loop, deadline));
            called += 1;
            if called >= BATCH && !self.sockets.is_empty() {
                break;
            }
        }
        while let Some(callback) = self.alarms.pop_due(now) {
            self.call(|event_loop| callback(event_loop, now));
        }
        for _ in 0..BATCH {
            let Some((received, token)) = self.queue.pop_front() else { return };
            self.call(|event_loop| received(event_loop, token));
        }
    }

    fn call_ready(&mut self) {
        let mut ready = std::mem::take(&mut self.ready);
        for Waiting { callback, timeout } in ready.drain(..) {
            let (by, _) = self.timeouts.remove(timeout).expect("what waits has a timeout");
            self.call(|event_loop| callback(event_loop, Woken::Ready { by }));
        }
        self.ready = ready;
    }

    fn call_timed_out(&mut self, now: Moment) {
        while let Some(socket) = self.timeouts.pop_due(now) {
            if let Some(Waiting { callback, .. }) = self.sockets.take(socket) {
                self.call(|event_loop| callback(event_loop, Woken::TooLate));
            }
        }
    }
}

/// What is called back when a socket is ready or it is too late.
pub(crate) type SocketCallback = Box<dyn FnOnce(&mut EventLoop, Woken)>;

/// Why a [`SocketCallback`] is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// Until when it may wait again, if it must: the loop knew that, so the callback need not keep
    /// it too.
    Ready {
        by: Moment,
    },
    TooLate,
}

/// What waits for a socket.
pub(crate) struct Waiting {
    callback: SocketCallback,
    timeout: TimeoutId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_loop_keeps_of_a_wait_is_small() {
        assert_eq!(size_of::<Callback>() + size_of::<Moment>(), 24);
        assert_eq!(size_of::<Option<Waiting>>(), 24);
    }
}
