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

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use polling::{Event, Events, PollMode, Poller};
use socket2::{Domain, Protocol, Type};

const _: () = assert!(
    usize::BITS >= 64,
    "a socket's key in the poller is a place and a generation, 32 bits each"
);

/// How many events of the poller's own, its notification and its timer, can stand among those that
/// it hands out, unseen.
const POLLERS_OWN: usize = 2;

/// The sockets of one thread, and the poller that watches them.
pub struct Sockets<W> {
    shared: Rc<Shared<W>>,
    events: Events,
}

/// A connected socket, or one that is being connected. Dropping it takes it out of the poller and
/// closes it.
///
/// Its operations never block. Where they would, they return [`io::ErrorKind::WouldBlock`], and
/// what is set to wait with [`wait`](Self::wait) afterwards is handed out by [`Sockets::poll`] when
/// it is worth trying again. That can be too early: who is woken tries again and waits again.
pub struct Socket<W> {
    stream: TcpStream,
    place: u32,
    shared: Rc<Shared<W>>,
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
        let socket = self.register(socket.into())?;
        self.shared.slots.borrow_mut().get(socket.place).ready.write = is_there;
        Ok(socket)
    }

    fn register(&self, stream: TcpStream) -> io::Result<Socket<W>> {
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
            // Not within the borrow: it may drop a socket, which borrows again.
            drop(waiter);
        }
    }
}

impl<W> fmt::Debug for Sockets<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sockets").field("len", &self.len()).finish_non_exhaustive()
    }
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

    /// Reads what has come, as far as it fits; 0 bytes at its end.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] while nothing has come; what the operating system says.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.attempt(Direction::Read, || (&self.stream).read(buffer))
    }

    /// Writes as many of the bytes as are taken.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] while none is taken; what the operating system says.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.attempt(Direction::Write, || (&self.stream).write(bytes))
    }

    /// Has `waiter` handed out by [`Sockets::poll`] once the operation that would have blocked is
    /// worth trying again. Returns what waited before.
    pub fn wait(&self, waiter: W) -> Option<W> {
        self.shared.slots.borrow_mut().get(self.place).waiter.replace(waiter)
    }

    /// The socket's place among the [`Sockets`]. It is another's when this socket is gone.
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

impl<W> Drop for Socket<W> {
    fn drop(&mut self) {
        // It fails only for a socket that was not registered, and such a one needs not be deleted.
        let _ = self.shared.poller.delete(&self.stream);
        let waiter = self.shared.slots.borrow_mut().remove(self.place);
        // Not within the borrow: it may own another socket, which borrows again.
        drop(waiter);
    }
}

impl<W> fmt::Debug for Socket<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl Notifier {
    /// Ends the wait that is on, or the next one.
    pub fn notify(&self) {
        // It cannot fail but by a descriptor that is not the poller's any more, and that is owned.
        let _ = self.0.notify();
    }
}

struct Shared<W> {
    poller: Arc<Poller>,
    mode: PollMode,
    slots: RefCell<Slots<W>>,
}

/// What is known of each socket, at the place that it was given.
struct Slots<W> {
    slots: Vec<Slot<W>>,
    vacant: Vec<u32>,
}

struct Slot<W> {
    waiter: Option<W>,
    /// Which of the sockets that have this place one after another it is: an event that comes late
    /// is the event of a socket that is gone.
    generation: u32,
    /// Where an operation is worth trying.
    ready: Directions,
    /// Where an operation has failed because it would have blocked.
    wanted: Directions,
}

#[derive(Clone, Copy)]
enum Direction {
    Read,
    Write,
}

#[derive(Clone, Copy, Default)]
struct Directions {
    read: bool,
    write: bool,
}

impl Directions {
    fn has(self, direction: Direction) -> bool {
        match direction {
            Direction::Read => self.read,
            Direction::Write => self.write,
        }
    }

    fn set(&mut self, direction: Direction, to: bool) {
        match direction {
            Direction::Read => self.read = to,
            Direction::Write => self.write = to,
        }
    }
}

impl<W> Slots<W> {
    /// A place for a socket, and its generation.
    fn insert(&mut self) -> (u32, u32) {
        let place = self.vacant.pop().unwrap_or_else(|| {
            let place = u32::try_from(self.slots.len()).expect("a descriptor has 31 bits");
            self.slots.push(Slot {
                waiter: None,
                generation: 0,
                ready: Directions::default(),
                wanted: Directions::default(),
            });
            place
        });
        (place, self.get(place).generation)
    }

    fn remove(&mut self, place: u32) -> Option<W> {
        self.vacant.push(place);
        let slot = self.get(place);
        slot.generation = slot.generation.wrapping_add(1);
        slot.ready = Directions::default();
        slot.wanted = Directions::default();
        slot.waiter.take()
    }

    fn get(&mut self, place: u32) -> &mut Slot<W> {
        &mut self.slots[place as usize]
    }

    fn take(&mut self, place: u32) -> Option<W> {
        let slot = self.slots.get_mut(place as usize)?;
        slot.wanted = Directions::default();
        slot.waiter.take()
    }

    /// Notes what the event says of its socket, and takes out what waits for that.
    fn take_ready(&mut self, event: &Event) -> Option<W> {
        let (place, generation) = place_and_generation(event.key);
        let slot = self.slots.get_mut(place as usize)?;
        if slot.generation != generation {
            return None;
        }
        slot.ready.read |= event.readable;
        slot.ready.write |= event.writable;
        let is_wanted = event.readable && slot.wanted.read || event.writable && slot.wanted.write;
        if is_wanted { self.take(place) } else { None }
    }

    fn len(&self) -> usize {
        self.slots.len() - self.vacant.len()
    }
}

impl<W> Default for Slots<W> {
    fn default() -> Self {
        Self { slots: Vec::new(), vacant: Vec::new() }
    }
}

fn key(place: u32, generation: u32) -> usize {
    (generation as usize) << 32 | place as usize
}

#[allow(clippy::cast_possible_truncation, reason = "both halves are taken")]
fn place_and_generation(key: usize) -> (u32, u32) {
    (key as u32, (key >> 32) as u32)
}

/// A socket that does not block: from the start where the system can make such a one, which saves a
/// call for each.
fn new_socket(domain: Domain) -> io::Result<socket2::Socket> {
    let kind = Type::STREAM;
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let kind = kind.nonblocking();
    let socket = socket2::Socket::new(domain, kind, Some(Protocol::TCP))?;
    #[cfg(not(any(target_os = "android", target_os = "linux")))]
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Whether a connection is being made, which Unix systems and Windows say in words of their own.
fn is_in_progress(error: &io::Error) -> bool {
    #[cfg(unix)]
    return error.raw_os_error() == Some(libc::EINPROGRESS);
    #[cfg(not(unix))]
    return error.kind() == io::ErrorKind::WouldBlock;
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Both modes: most systems have the first only, so nothing else would try the second.
    fn each_mode(test: impl Fn(Sockets<u32>)) {
        for mode in [PollMode::Edge, PollMode::Oneshot] {
            let poller = Poller::new().unwrap();
            if mode == PollMode::Oneshot || poller.supports_edge() {
                test(Sockets::with_mode(poller, mode));
            }
        }
    }

    fn listen() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// Tries until the operation does not block, with waiter 7.
    fn block<T>(
        sockets: &mut Sockets<u32>,
        socket: &Socket<u32>,
        mut operation: impl FnMut(&Socket<u32>) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            match operation(socket) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
            assert_eq!(socket.wait(7), None);
            let mut woken = Vec::new();
            while woken.is_empty() {
                assert!(sockets.poll(Some(10 * SECOND), &mut woken).unwrap());
            }
            assert_eq!(woken, [7]);
        }
    }

    fn pair(sockets: &mut Sockets<u32>) -> (Socket<u32>, TcpStream) {
        let (listener, address) = listen();
        let socket = sockets.connect(address).unwrap();
        block(sockets, &socket, Socket::finish_connect).unwrap();
        (socket, listener.accept().unwrap().0)
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn bytes_go_both_ways_and_then_end() {
        each_mode(|mut sockets| {
            let (socket, mut peer) = pair(&mut sockets);
            assert!(socket.stream.nodelay().unwrap());
            for round in 0..3 {
                block(&mut sockets, &socket, |socket| socket.try_write(&[round; 3])).unwrap();
                let mut bytes = [0; 3];
                peer.read_exact(&mut bytes).unwrap();
                peer.write_all(&bytes).unwrap();
                let mut buffer = [0; 8];
                let read = block(&mut sockets, &socket, |socket| socket.try_read(&mut buffer));
                assert_eq!((read.unwrap(), &buffer[..3]), (3, &[round; 3][..]));
            }
            drop(peer);
            let end = block(&mut sockets, &socket, |socket| socket.try_read(&mut [0; 8]));
            assert_eq!(end.unwrap(), 0);
        });
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn an_end_that_comes_with_the_last_bytes_is_seen() {
        each_mode(|mut sockets| {
            let (socket, mut peer) = pair(&mut sockets);
            peer.write_all(b"last").unwrap();
            drop(peer);
            thread::sleep(Duration::from_millis(20));
            for expected in [4, 0] {
                let read = block(&mut sockets, &socket, |socket| socket.try_read(&mut [0; 8]));
                assert_eq!(read.unwrap(), expected);
            }
        });
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn a_full_socket_takes_more_when_its_peer_has_read() {
        const BYTES: usize = 8 * 1024 * 1024;
        each_mode(|mut sockets| {
            let (socket, mut peer) = pair(&mut sockets);
            let peer = thread::spawn(move || {
                thread::sleep(Duration::from_millis(20));
                io::copy(&mut peer, &mut io::sink()).unwrap()
            });
            let bytes = vec![1; BYTES];
            let mut written = 0;
            let mut parts = 0;
            while written < BYTES {
                let rest = &bytes[written..];
                written += block(&mut sockets, &socket, |socket| socket.try_write(rest)).unwrap();
                parts += 1;
            }
            drop(socket);
            assert_eq!(peer.join().unwrap(), BYTES as u64);
            assert!(parts > 1);
        });
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn a_refused_connection_is_an_error_and_leaves_nothing() {
        each_mode(|mut sockets| {
            let (listener, address) = listen();
            drop(listener);
            let connected = sockets
                .connect(address)
                .and_then(|socket| block(&mut sockets, &socket, Socket::finish_connect));
            assert_eq!(connected.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
            assert!(sockets.is_empty());
        });
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn what_waits_is_woken_for_what_it_waits_for() {
        each_mode(|mut sockets| {
            let (socket, mut peer) = pair(&mut sockets);
            let nothing = socket.try_read(&mut [0; 8]).unwrap_err();
            assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
            assert_eq!(socket.wait(1), None);
            assert_eq!(socket.wait(2), Some(1));
            let mut woken = Vec::new();
            sockets.poll(Some(Duration::ZERO), &mut woken).unwrap();
            assert_eq!(woken, [0; 0], "that it can be written to is of no use to a reader");
            peer.write_all(b"x").unwrap();
            sockets.poll(Some(SECOND), &mut woken).unwrap();
            assert_eq!(woken, [2]);
            assert_eq!(sockets.take(socket.place()), None, "it is taken once");
        });
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn a_late_event_wakes_nobody() {
        each_mode(|mut sockets| {
            let (old, _peer) = pair(&mut sockets);
            let generation = sockets.shared.slots.borrow_mut().get(old.place).generation;
            let late = Event::all(key(old.place, generation));
            let place = old.place;
            drop(old);
            let (new, _peer) = pair(&mut sockets);
            assert_eq!(new.place, place, "the place is used again");
            assert!(new.try_read(&mut [0; 8]).is_err());
            new.wait(1);
            assert_eq!(sockets.shared.slots.borrow_mut().take_ready(&late), None);
            assert_eq!(sockets.take(place), Some(1));
        });
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn more_than_the_poller_says_at_once_comes_the_next_time() {
        each_mode(|mut sockets| {
            sockets.events = Events::with_capacity(4.try_into().unwrap());
            let (listener, address) = listen();
            let connecting: Vec<_> = (0..5)
                .map(|waiter| {
                    let socket = sockets.connect(address).unwrap();
                    // Not where a connection is there at once.
                    if socket.finish_connect().is_err() {
                        socket.wait(waiter);
                    }
                    (socket, listener.accept().unwrap())
                })
                .collect();
            for (socket, (peer, _)) in &connecting {
                (&mut &*peer).write_all(b"x").unwrap();
                sockets.take(socket.place);
                assert!(socket.try_read(&mut [0; 8]).is_err());
            }
            for (waiter, (socket, _)) in (0..).zip(&connecting) {
                socket.wait(waiter);
            }
            let mut woken = Vec::new();
            assert!(!sockets.poll(Some(SECOND), &mut woken).unwrap());
            assert!(woken.len() <= 4);
            while woken.len() < 5 {
                sockets.poll(Some(SECOND), &mut woken).unwrap();
            }
            woken.sort_unstable();
            assert_eq!(woken, [0, 1, 2, 3, 4]);
        });
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn dropped_sockets_and_what_waits_for_them_are_gone() {
        struct Owner(#[allow(dead_code, reason = "it is there to be dropped")] Socket<Self>);
        let (_listener, address) = listen();
        let sockets = Sockets::<Owner>::new().unwrap();
        let poller = Arc::downgrade(&sockets.shared.poller);
        let connect = || sockets.connect(address).unwrap();
        let (waiting, waited_for) = (connect(), connect());
        waited_for.wait(Owner(waiting));
        assert_eq!(sockets.len(), 2);
        drop(waited_for);
        assert!(sockets.is_empty(), "what waited is gone too");
        for _ in 0..3 {
            let socket = connect();
            sockets.wait(socket.place(), Owner(socket));
        }
        assert_eq!(sockets.len(), 3);
        drop(sockets);
        assert!(poller.upgrade().is_none(), "the last socket has let go of it");
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no sockets that do not block")]
    fn another_thread_ends_a_wait() {
        let mut sockets = Sockets::<u32>::new().unwrap();
        let notifier = sockets.notifier();
        let other = thread::spawn(move || {
            thread::sleep(Duration::from_millis(10));
            notifier.notify();
        });
        assert!(sockets.poll(None, &mut Vec::new()).unwrap());
        other.join().unwrap();
    }

    #[test]
    fn a_waiting_socket_is_small() {
        type Waker = std::task::Waker;
        assert_eq!(size_of::<Socket<Waker>>(), 16);
        assert_eq!(size_of::<Option<Socket<Waker>>>(), 16);
        assert_eq!(size_of::<Slot<Waker>>(), size_of::<Waker>() + 8);
    }
}
