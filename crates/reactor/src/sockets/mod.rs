//! Sockets that tell when they are ready, by the operating system's poller (`epoll`, `kqueue`, …).
//!
//! A socket is registered once, when it connects, for both directions and for changes only
//! ("edge-triggered"), and is taken out once, when it is closed; nothing is said to the poller in
//! between. So that this loses no change, each socket remembers in which direction it was ready
//! last, until an operation finds that it no longer is. An operation that cannot succeed costs no
//! call of the system then: a request's answer is not looked for before something has come.
//! Pollers that do not know changes are told before each wait what is waited for.
//!
//! What waits is a `W`: a callback or a waker. It takes its place beside its socket: one place,
//! because a client does one thing at a time with a connection.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `socket` | [`Socket`]: connecting, reading and writing without blocking |
//! | `shared` | what the sockets of a thread share |
//! | `slots` | what is known of each socket, at the place that it was given |

mod shared;
mod slots;
mod socket;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::io::{self, PipeReader};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use polling::{Event, Events, PollMode, Poller};
use socket2::{Domain, SockRef};
use workload::contain;

use self::shared::Shared;
use self::slots::key;
pub use self::socket::Socket;
use self::socket::{is_in_progress, new_socket};

/// How many events of the poller's own, its notification and its timer, can stand among those that
/// it hands out, unseen.
const POLLERS_OWN: usize = 2;

/// The sockets of one thread, and the poller that watches them.
pub struct Sockets<W> {
    shared: Rc<Shared<W>>,
    events: Events,
}

/// Ends the wait of another thread in [`Sockets::poll`].
#[derive(Clone, Debug)]
pub struct Notifier(Arc<Poller>);

impl<W> Sockets<W> {
    /// No sockets.
    ///
    /// # Errors
    /// When the operating system has no poller to give.
    pub fn new() -> io::Result<Self> {
        let poller = Poller::new()?;
        let mode = if poller.supports_edge() { PollMode::Edge } else { PollMode::Oneshot };
        Ok(Self::with_mode(poller, mode))
    }

    fn with_mode(poller: Poller, mode: PollMode) -> Self {
        let slots = RefCell::default();
        let shared = Rc::new(Shared { poller: Arc::new(poller), mode, slots });
        Self { shared, events: Events::new() }
    }

    /// Begins to connect to `address`. Whether that succeeded says [`Socket::finish_connect`].
    ///
    /// # Errors
    /// When there is no descriptor left, or the connection is refused at once.
    pub fn connect(&self, address: SocketAddr) -> io::Result<Socket<W>> {
        let socket = new_socket(Domain::for_address(address))?;
        let is_there = match socket.connect(&address.into()) {
            Ok(()) => true,
            Err(error) if is_in_progress(&error) => false,
            Err(error) => return Err(error),
        };
        let socket = self.register(TcpStream::from(socket))?;
        self.shared.slots.borrow_mut().get(socket.place).ready.write = is_there;
        Ok(socket)
    }

    /// Watches the end of a pipe, which does not block from here on.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn pipe(&self, reader: PipeReader) -> io::Result<Socket<W, PipeReader>> {
        SockRef::from(&reader).set_nonblocking(true)?;
        self.register(reader)
    }

    fn register<S: AsFd + AsRawFd>(&self, stream: S) -> io::Result<Socket<W, S>> {
        let shared = self.shared.clone();
        let (place, generation) = shared.slots.borrow_mut().insert();
        // Owned before it is registered, so that it is taken out of both again if that fails.
        let socket = Socket { stream, place, shared };
        let interest = match self.shared.mode {
            PollMode::Edge => Event::all(key(place, generation)),
            _ => Event::none(key(place, generation)),
        };
        // SAFETY: a source must be deleted from the poller before it is dropped. The stream belongs
        // to `socket`, which never gives it away and whose `drop` deletes it first.
        unsafe { self.shared.poller.add_with_mode(&socket.stream, interest, self.shared.mode) }?;
        Ok(socket)
    }

    /// Waits until a socket is ready, at most for `timeout`, and appends to `woken` what waited for
    /// those that are. Says whether that were all; if not, more are ready at this moment.
    ///
    /// # Errors
    /// When the operating system's poller fails.
    pub fn poll(&mut self, timeout: Option<Duration>, woken: &mut Vec<W>) -> io::Result<bool> {
        self.events.clear();
        self.shared.poller.wait(&mut self.events, timeout)?;
        let mut slots = self.shared.slots.borrow_mut();
        let mut events = 0;
        for event in self.events.iter() {
            events += 1;
            woken.extend(slots.take_ready(&event));
        }
        Ok(events + POLLERS_OWN < self.events.capacity().get())
    }

    /// As [`Socket::wait`], where what waits owns the socket: the socket at this place.
    ///
    /// # Panics
    /// If there never was a socket at this place.
    pub fn wait(&self, place: u32, waiter: W) -> Option<W> {
        self.shared.slots.borrow_mut().get(place).waiter.replace(waiter)
    }

    /// Takes out what waits at this place, if anything does.
    pub fn take(&self, place: u32) -> Option<W> {
        self.shared.slots.borrow_mut().take(place)
    }

    /// How many sockets there are.
    pub fn len(&self) -> usize {
        self.shared.slots.borrow().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What ends a wait in [`poll`](Self::poll) from another thread.
    pub fn notifier(&self) -> Notifier {
        Notifier(self.shared.poller.clone())
    }
}

/// Drops what waits, because it may own the socket that it waits for, and then neither would ever
/// be dropped.
impl<W> Drop for Sockets<W> {
    fn drop(&mut self) {
        let places = self.shared.slots.borrow().slots.len();
        for place in 0..places {
            #[allow(clippy::cast_possible_truncation, reason = "places are numbered in 32 bits")]
            let waiter = self.take(place as u32);
            // Not within the borrow: it may drop a socket, which borrows again. If that panics, the
            // others are dropped all the same.
            contain(|| drop(waiter));
        }
    }
}

impl Notifier {
    /// Ends the wait that is on, or the next one.
    pub fn notify(&self) {
        // It cannot fail but by a descriptor that is not the poller's any more, and that is owned.
        let _ = self.0.notify();
    }
}
