//! A socket that does not block.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, AsRawFd};
use std::rc::Rc;

use polling::{Event, PollMode};
use socket2::{Domain, Protocol, Type};

use super::shared::Shared;
use super::slots::{Direction, key};

/// A connected socket, or one that is being connected; or the end of a pipe that is read from. Dropping it
/// takes it out of the poller and closes it.
///
/// Its operations never block. Where they would, they return [`io::ErrorKind::WouldBlock`], and
/// what is set to wait with [`wait`](Self::wait) afterwards is handed out by
/// [`Sockets::poll`](super::Sockets::poll) when it is worth trying again. That can be too early: who
/// is woken tries again and waits again.
pub struct Socket<W, S: AsFd + AsRawFd = TcpStream> {
    pub(super) stream: S,
    pub(super) place: u32,
    pub(super) shared: Rc<Shared<W>>,
}

impl<W> Socket<W> {
    /// Whether the socket is connected now. Asked until it says so or fails.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] while it is being connected; why it could not be.
    pub fn finish_connect(&self) -> io::Result<()> {
        if !self.is_ready(Direction::Write) {
            return Err(self.not_ready(Direction::Write));
        }
        match self.stream.take_error()? {
            Some(error) => Err(error),
            // A request must not wait until the one before it is acknowledged (Nagle).
            None => self.stream.set_nodelay(true),
        }
    }

    /// Writes as many of the bytes as are taken.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] while none is taken; what the operating system says.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.attempt(Direction::Write, || (&self.stream).write(bytes))
    }
}

impl<W, S: AsFd + AsRawFd> Socket<W, S> {
    /// Reads what has come, as far as it fits; 0 bytes at its end.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] while nothing has come; what the operating system says.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize>
    where
        for<'a> &'a S: Read,
    {
        self.attempt(Direction::Read, || (&self.stream).read(buffer))
    }

    /// Has `waiter` handed out by [`Sockets::poll`](super::Sockets::poll) once the operation that
    /// would have blocked is worth trying again. Returns what waited before.
    pub fn wait(&self, waiter: W) -> Option<W> {
        self.shared.slots.borrow_mut().get(self.place).waiter.replace(waiter)
    }

    /// The socket's place among the [`Sockets`](super::Sockets). It is another's when this socket is
    /// gone.
    pub fn place(&self) -> u32 {
        self.place
    }

    fn attempt<T>(
        &self,
        direction: Direction,
        mut operation: impl FnMut() -> io::Result<T>,
    ) -> io::Result<T> {
        while self.is_ready(direction) {
            match operation() {
                // Not earlier: less than was asked for can also mean that the end came with it, and
                // of that the poller may have told already.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.shared.slots.borrow_mut().get(self.place).ready.set(direction, false);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
        Err(self.not_ready(direction))
    }

    fn is_ready(&self, direction: Direction) -> bool {
        self.shared.slots.borrow_mut().get(self.place).ready.has(direction)
    }

    /// Sees to it that the next change in this direction wakes what waits then.
    fn not_ready(&self, direction: Direction) -> io::Error {
        let mut slots = self.shared.slots.borrow_mut();
        let slot = slots.get(self.place);
        slot.wanted.set(direction, true);
        if self.shared.mode != PollMode::Edge {
            let key = key(self.place, slot.generation);
            let wanted = Event::new(key, slot.wanted.read, slot.wanted.write);
            let mode = self.shared.mode;
            if let Err(error) = self.shared.poller.modify_with_mode(&self.stream, wanted, mode) {
                return error;
            }
        }
        io::ErrorKind::WouldBlock.into()
    }
}

impl<W, S: AsFd + AsRawFd> Drop for Socket<W, S> {
    fn drop(&mut self) {
        // It fails only for a socket that was not registered, and such a one needs not be deleted.
        let _ = self.shared.poller.delete(&self.stream);
        let waiter = self.shared.slots.borrow_mut().remove(self.place);
        // Not within the borrow: it may own another socket, which borrows again.
        drop(waiter);
    }
}

impl<W, S: AsFd + AsRawFd + fmt::Debug> fmt::Debug for Socket<W, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("stream", &self.stream).finish_non_exhaustive()
    }
}

/// A socket that does not block: from the start where the system can make such a one, which saves a
/// call for each.
pub(super) fn new_socket(domain: Domain) -> io::Result<socket2::Socket> {
    let kind = Type::STREAM;
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let kind = kind.nonblocking();
    let socket = socket2::Socket::new(domain, kind, Some(Protocol::TCP))?;
    #[cfg(not(any(target_os = "android", target_os = "linux")))]
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Whether a connection is being made.
pub(super) fn is_in_progress(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EINPROGRESS)
}
