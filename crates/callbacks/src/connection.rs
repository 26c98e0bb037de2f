//! A connection whose operations are handed what to do when they are done.
//!
//! An operation takes the connection and hands it on when it is done, so that a connection is
//! always owned by exactly one callback, which needs to keep nothing else to find it again. An
//! operation that fails, or is not done in time ([`io::ErrorKind::TimedOut`]), has closed it.
//!
//! What can be done at once is, and calls back before it returns: that saves the box in which a
//! callback waits. So there is one box for each wait that is truly one, and none for an operation
//! that needs not wait. Where too many such calls would stand within one another, the next one
//! waits for its turn in the loop.

use std::io;
use std::net::SocketAddr;

use reactor::Socket;
use workload::Moment;

use crate::event_loop::{EventLoop, Waiting, Woken};

/// A TCP connection. Dropping it closes it.
#[derive(Debug)]
pub struct Connection(Socket<Waiting>);

impl EventLoop {
    /// Connects to `address` until `by`, then calls `then`.
    pub fn connect(
        &mut self,
        address: SocketAddr,
        by: Moment,
        then: impl FnOnce(&mut Self, io::Result<Connection>) + 'static,
    ) {
        match self.sockets().connect(address) {
            Ok(socket) => Connection(socket).until_done(
                self,
                by,
                |socket, _| socket.finish_connect(),
                |event_loop, done| then(event_loop, done.map(|(connection, ())| connection)),
            ),
            Err(error) => then(self, Err(error)),
        }
    }
}

impl Connection {
    /// Writes all of the bytes until `by`, then calls `then`.
    pub fn write_all(
        self,
        event_loop: &mut EventLoop,
        bytes: Vec<u8>,
        by: Moment,
        then: impl FnOnce(&mut EventLoop, io::Result<Self>) + 'static,
    ) {
        let mut written = 0;
        self.until_done(
            event_loop,
            by,
            move |socket, _| {
                while written < bytes.len() {
                    written += match socket.try_write(&bytes[written..])? {
                        0 => return Err(io::ErrorKind::WriteZero.into()),
                        more => more,
                    };
                }
                Ok(())
            },
            |event_loop, done| then(event_loop, done.map(|(connection, ())| connection)),
        );
    }

    /// Reads what comes first until `by`, then calls `then` with how many bytes that is; they are
    /// the first in [`EventLoop::buffer`]. Zero bytes are the end of what comes.
    pub fn read(
        self,
        event_loop: &mut EventLoop,
        by: Moment,
        then: impl FnOnce(&mut EventLoop, io::Result<(Self, usize)>) + 'static,
    ) {
        self.until_done(event_loop, by, |socket, event_loop| event_loop.read(socket), then);
    }

    /// Makes the attempt, and makes it again each time the socket is ready, until it does not block.
    fn until_done<T>(
        self,
        event_loop: &mut EventLoop,
        by: Moment,
        mut attempt: impl FnMut(&Socket<Waiting>, &mut EventLoop) -> io::Result<T> + 'static,
        then: impl FnOnce(&mut EventLoop, io::Result<(Self, T)>) + 'static,
    ) {
        if event_loop.is_deep() {
            let again = move |event_loop: &mut _, _| self.until_done(event_loop, by, attempt, then);
            return event_loop.at(Moment::now(), Box::new(again));
        }
        let done = match attempt(&self.0, event_loop) {
            Ok(done) => Ok((self, done)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let place = self.0.place();
                let callback = move |event_loop: &mut _, woken| match woken {
                    Woken::Ready { by } => self.until_done(event_loop, by, attempt, then),
                    Woken::TooLate => {
                        drop(self);
                        then(event_loop, Err(io::ErrorKind::TimedOut.into()));
                    }
                };
                return event_loop.wait(place, by, Box::new(callback));
            }
            Err(error) => {
                drop(self);
                Err(error)
            }
        };
        drop(attempt);
        event_loop.call_within(|event_loop| then(event_loop, done));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::rc::Rc;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Runs the loop to its end, and checks that no connection is left.
    fn run(event_loop: &mut EventLoop) {
        event_loop.run().unwrap();
        assert_eq!(event_loop.connections(), 0);
    }

    /// A server that does this with each of so many connections, in a thread each.
    fn serve<R: Send + 'static>(
        connections: usize,
        with: impl Fn(TcpStream) -> R + Clone + Send + 'static,
    ) -> (SocketAddr, thread::JoinHandle<Vec<R>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let served: Vec<_> = (0..connections)
                .map(|_| {
                    let (stream, _) = listener.accept().unwrap();
                    let with = with.clone();
                    thread::spawn(move || with(stream))
                })
                .collect();
            served.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        (address, server)
    }

    fn soon() -> Moment {
        Moment::now() + 10 * SECOND
    }

    /// Reads to the end, and hands over how many bytes that were and in how many reads.
    fn read_all(
        event_loop: &mut EventLoop,
        connection: Connection,
        so_far: (usize, usize),
        then: impl FnOnce(&mut EventLoop, (usize, usize)) + 'static,
    ) {
        connection.read(event_loop, soon(), move |event_loop, read| match read.unwrap() {
            (_, 0) => then(event_loop, so_far),
            (connection, length) => {
                assert!(event_loop.buffer()[..length].iter().all(|byte| *byte == 7));
                read_all(event_loop, connection, (so_far.0 + length, so_far.1 + 1), then);
            }
        });
    }

    #[test]
    fn two_hundred_connections_wait_at_once() {
        const CONNECTIONS: usize = 200;
        let mut event_loop = EventLoop::new().unwrap();
        let all_are_here = std::sync::Arc::new(std::sync::Barrier::new(CONNECTIONS));
        let (address, server) = serve(CONNECTIONS, move |mut stream| {
            let mut request = [0; 4];
            stream.read_exact(&mut request).unwrap();
            all_are_here.wait();
            stream.write_all(&[7; 8]).unwrap();
        });
        let ended = Rc::new(RefCell::new(0));
        for _ in 0..CONNECTIONS {
            let ended = ended.clone();
            event_loop.connect(address, soon(), move |event_loop, connected| {
                let connection = connected.unwrap();
                connection.write_all(event_loop, vec![1; 4], soon(), |event_loop, sent| {
                    read_all(event_loop, sent.unwrap(), (0, 0), move |_, (bytes, _)| {
                        assert_eq!(bytes, 8);
                        *ended.borrow_mut() += 1;
                    });
                });
            });
        }
        assert_eq!(event_loop.connections(), CONNECTIONS);
        run(&mut event_loop);
        server.join().unwrap();
        assert_eq!(*ended.borrow(), CONNECTIONS);
    }

    #[test]
    fn a_large_body_goes_out_in_parts_and_comes_in_without_end_of_stack() {
        const BYTES: usize = 8 * 1024 * 1024;
        let mut event_loop = EventLoop::new().unwrap();
        let (address, server) = serve(1, |mut stream| {
            thread::sleep(Duration::from_millis(20));
            let mut bytes = vec![0; BYTES];
            stream.read_exact(&mut bytes).unwrap();
            stream.write_all(&bytes).unwrap();
        });
        let ended = Rc::new(RefCell::new((0, 0)));
        let result = ended.clone();
        event_loop.connect(address, soon(), move |event_loop, connected| {
            let connection = connected.unwrap();
            connection.write_all(event_loop, vec![7; BYTES], soon(), move |event_loop, sent| {
                read_all(event_loop, sent.unwrap(), (0, 0), move |event_loop, read| {
                    assert!(event_loop.depth() <= 8);
                    *ended.borrow_mut() = read;
                });
            });
        });
        run(&mut event_loop);
        server.join().unwrap();
        let (bytes, reads) = *result.borrow();
        assert_eq!(bytes, BYTES);
        assert!(reads >= BYTES / (16 * 1024));
    }

    #[test]
    fn what_does_not_come_in_time_is_too_late() {
        let mut event_loop = EventLoop::new().unwrap();
        let (address, server) = serve(1, |mut stream| stream.read_to_end(&mut Vec::new()).unwrap());
        let errors = Rc::new(RefCell::new(Vec::new()));
        let seen = errors.clone();
        let start = Instant::now();
        event_loop.connect(address, soon(), move |event_loop, connected| {
            let by = Moment::now() + Duration::from_millis(20);
            connected.unwrap().read(event_loop, by, move |event_loop, read| {
                assert_eq!(event_loop.connections(), 0, "it is closed");
                errors.borrow_mut().push(read.unwrap_err().kind());
            });
        });
        run(&mut event_loop);
        assert!(start.elapsed() >= Duration::from_millis(20));
        assert!(start.elapsed() < 10 * SECOND); // It is not waited for as long as for the connection.
        assert_eq!(*seen.borrow(), [io::ErrorKind::TimedOut]);
        assert_eq!(server.join().unwrap(), [0]);
    }

    #[test]
    fn what_came_while_the_loop_was_busy_is_in_time() {
        let mut event_loop = EventLoop::new().unwrap();
        let (address, server) = serve(1, |mut stream| stream.write_all(&[7; 4]).unwrap());
        let ended = Rc::new(RefCell::new(false));
        let seen = ended.clone();
        event_loop.connect(address, soon(), move |event_loop, connected| {
            let by = Moment::now() + Duration::from_millis(10);
            connected.unwrap().read(event_loop, by, move |_, read| {
                assert_eq!(read.unwrap().1, 4);
                *ended.borrow_mut() = true;
            });
            thread::sleep(Duration::from_millis(50));
        });
        run(&mut event_loop);
        assert!(*seen.borrow());
        server.join().unwrap();
    }

    #[test]
    fn a_refused_connection_is_an_error() {
        let mut event_loop = EventLoop::new().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let errors = Rc::new(RefCell::new(Vec::new()));
        let seen = errors.clone();
        event_loop.connect(address, soon(), move |_, connected| {
            errors.borrow_mut().push(connected.unwrap_err().kind());
        });
        run(&mut event_loop);
        assert_eq!(*seen.borrow(), [io::ErrorKind::ConnectionRefused]);
    }

    #[test]
    fn a_callback_that_panics_closes_its_connection_only() {
        let mut event_loop = EventLoop::new().unwrap();
        let (address, server) = serve(3, |mut stream| {
            stream.write_all(&[7; 4]).unwrap();
            stream.read_to_end(&mut Vec::new()).unwrap()
        });
        let ended = Rc::new(RefCell::new(0));
        for panics in [false, true, false] {
            let ended = ended.clone();
            event_loop.connect(address, soon(), move |event_loop, connected| {
                connected.unwrap().read(event_loop, soon(), move |_, read| {
                    let _connection = read.unwrap();
                    if panics {
                        std::panic::resume_unwind(Box::new("planted"));
                    }
                    *ended.borrow_mut() += 1;
                });
            });
        }
        run(&mut event_loop);
        assert_eq!(*ended.borrow(), 2);
        server.join().unwrap();
    }

    #[test]
    fn a_loop_that_is_dropped_closes_what_waits() {
        let mut event_loop = EventLoop::new().unwrap();
        let (address, server) = serve(2, |mut stream| stream.read_to_end(&mut Vec::new()).unwrap());
        for _ in 0..2 {
            event_loop.connect(address, soon(), move |event_loop, connected| {
                connected.unwrap().read(event_loop, soon(), |_, _| unreachable!("nothing comes"));
            });
        }
        assert_eq!(event_loop.connections(), 2);
        drop(event_loop);
        server.join().unwrap();
    }

    #[test]
    fn timers_that_are_always_due_do_not_keep_a_connection_waiting() {
        fn again(event_loop: &mut EventLoop, ended: &Rc<RefCell<bool>>) {
            let ended = ended.clone();
            if !*ended.borrow() {
                let callback = move |event_loop: &mut _, _| again(event_loop, &ended);
                event_loop.at(Moment::now(), Box::new(callback));
            }
        }
        let mut event_loop = EventLoop::new().unwrap();
        let (address, server) = serve(1, |mut stream| stream.write_all(&[7; 4]).unwrap());
        let ended = Rc::new(RefCell::new(false));
        for _ in 0..1000 {
            again(&mut event_loop, &ended);
        }
        event_loop.connect(address, soon(), move |event_loop, connected| {
            connected.unwrap().read(event_loop, soon(), move |_, read| {
                assert_eq!(read.unwrap().1, 4);
                *ended.borrow_mut() = true;
            });
        });
        run(&mut event_loop);
        server.join().unwrap();
    }
}
