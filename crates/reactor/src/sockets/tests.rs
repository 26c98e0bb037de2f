//! What holds of sockets in both modes of the poller.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use super::slots::Slot;
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
