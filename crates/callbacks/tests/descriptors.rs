//! However a connection ends, it leaves no descriptor. One test, because it counts those of the
//! whole process.

use std::cell::Cell;
use std::fs;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use callbacks::connection::Connection;
use callbacks::event_loop::EventLoop;
use workload::Moment;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_connection_leaves_no_descriptor() {
    let address = start_server();
    let before = descriptors();
    let mut event_loop = EventLoop::new().unwrap();
    let of_the_loop = descriptors();
    let ways: [(&str, Way); 4] = [
        ("it was dropped", is_dropped),
        ("it was too late", is_too_late),
        ("its callback panicked", panics),
        ("it was refused", is_refused),
    ];
    for (way, end) in ways {
        let ended = Rc::new(Cell::new(0));
        for _ in 0..3 {
            end(&mut event_loop, address, ended.clone());
        }
        event_loop.run().unwrap();
        assert_eq!(ended.get(), 3, "{way}");
        assert_eq!(event_loop.connections(), 0, "{way}");
        expect_descriptors(of_the_loop, way);
    }
    for _ in 0..3 {
        connect(&mut event_loop, address, |event_loop, connection| {
            let by = Moment::now() + SECOND;
            connection.read(event_loop, by, |_, _| unreachable!("nothing comes"));
        });
    }
    drop(event_loop);
    expect_descriptors(before, "the loop was dropped while connections waited");
}

type Way = fn(&mut EventLoop, SocketAddr, Rc<Cell<u32>>);

fn is_dropped(event_loop: &mut EventLoop, address: SocketAddr, ended: Rc<Cell<u32>>) {
    connect(event_loop, address, move |_, connection| {
        drop(connection);
        ended.set(ended.get() + 1);
    });
}

fn is_too_late(event_loop: &mut EventLoop, address: SocketAddr, ended: Rc<Cell<u32>>) {
    connect(event_loop, address, |event_loop, connection| {
        let by = Moment::now() + Duration::from_millis(5);
        connection.read(event_loop, by, move |_, read| {
            assert_eq!(read.unwrap_err().kind(), ErrorKind::TimedOut);
            ended.set(ended.get() + 1);
        });
    });
}

fn panics(event_loop: &mut EventLoop, address: SocketAddr, ended: Rc<Cell<u32>>) {
    connect(event_loop, address, |event_loop, connection| {
        let by = Moment::now() + 10 * SECOND;
        connection.write_all(event_loop, b"echo".into(), by, move |event_loop, sent| {
            sent.unwrap().read(event_loop, by, move |_, read| {
                let _connection = read.unwrap();
                ended.set(ended.get() + 1);
                // As `panic!` does, but without a word on standard error.
                std::panic::resume_unwind(Box::new("planted"));
            });
        });
    });
}

fn is_refused(event_loop: &mut EventLoop, _: SocketAddr, ended: Rc<Cell<u32>>) {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    event_loop.connect(free, Moment::now() + SECOND, move |_, connected| {
        assert_eq!(connected.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        ended.set(ended.get() + 1);
    });
}

fn connect(
    event_loop: &mut EventLoop,
    address: SocketAddr,
    then: impl FnOnce(&mut EventLoop, Connection) + 'static,
) {
    let by = Moment::now() + 10 * SECOND;
    event_loop.connect(address, by, |event_loop, connected| then(event_loop, connected.unwrap()));
}

/// A server that sends back what it is sent. Its connections count too, until their clients have
/// closed them.
fn start_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            thread::spawn(move || io::copy(&mut &stream, &mut &stream));
        }
    });
    address
}

/// Waits until this process has so many descriptors: the server closes its own a moment later.
fn expect_descriptors(expected: usize, after: &str) {
    let patience = Instant::now() + 5 * SECOND;
    while descriptors() != expected {
        assert!(Instant::now() < patience, "{} instead of {expected} after {after}", descriptors());
        thread::sleep(Duration::from_millis(1));
    }
}

/// Zero where there is no `/proc`: the test then has nothing to say of descriptors.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map(Iterator::count).unwrap_or_default()
}
