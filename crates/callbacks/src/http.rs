//! The task that waits for answers of a server, as a chain of callbacks: each step of a request is
//! handed the rest of the task.
//!
//! What a coroutine keeps in its frame is the `Request` here, which moves from one callback into the
//! next; where the task was stopped is which callback has it.

use workload::http::{Answer, Fetch, FetchError};
use workload::{State, TaskHandle};

use crate::connection::Connection;
use crate::event_loop::EventLoop;

/// Has a server add two numbers. Returns at once; the rest happens in callbacks.
pub fn fetch<const N: usize>(event_loop: &mut EventLoop, mut handle: TaskHandle) {
    handle.sign_in();
    let mut state = State::<N>::empty();
    state.fill(handle.task());
    wait_or_end(event_loop, handle, state, None);
}

/// What a task holds while it waits for an answer, beside its connection.
struct Request<const N: usize> {
    fetch: Fetch,
    handle: TaskHandle,
    /// Whether the connection has served a request before this one.
    is_kept: bool,
    state: State<N>,
}

/// The answer to the task's last request, and the connection that it left.
struct Last {
    sum: u64,
    kept: Option<Connection>,
}

fn wait_or_end<const N: usize>(
    event_loop: &mut EventLoop,
    mut handle: TaskHandle,
    state: State<N>,
    last: Option<Last>,
) {
    match (handle.next_wait(), last) {
        (Some(deadline), last) => {
            let fetch = Fetch::begin(&handle, deadline);
            let kept = last.and_then(|last| last.kept);
            let request = Request { fetch, handle, is_kept: kept.is_some(), state };
            match kept {
                Some(connection) => send(event_loop, request, connection),
                None => connect(event_loop, request),
            }
        }
        (None, Some(Last { sum, kept })) => {
            drop(kept);
            handle.sign_out(sum);
        }
        (None, None) => unreachable!("a task waits at least once"),
    }
}

fn connect<const N: usize>(event_loop: &mut EventLoop, request: Request<N>) {
    let (address, by) = (request.fetch.address(), request.fetch.connect_by());
    event_loop.connect(address, by, |event_loop, connected| match connected {
        Ok(connection) => send(event_loop, request, connection),
        Err(error) => {
            let error = request.fetch.connect_failed(&error);
            fail(event_loop, request, &error);
        }
    });
}

fn send<const N: usize>(event_loop: &mut EventLoop, request: Request<N>, connection: Connection) {
    let (bytes, by) = (request.fetch.request(), request.fetch.progress_by());
    connection.write_all(event_loop, bytes, by, |event_loop, sent| match sent {
        Ok(connection) => receive(event_loop, request, connection),
        Err(error) => {
            let error = request.fetch.send_failed(&error);
            fail(event_loop, request, &error);
        }
    });
}

fn receive<const N: usize>(
    event_loop: &mut EventLoop,
    mut request: Request<N>,
    connection: Connection,
) {
    let by = request.fetch.progress_by();
    connection.read(event_loop, by, |event_loop, read| {
        let answer = match read {
            Ok((connection, 0)) => {
                drop(connection);
                request.fetch.ended().map(|answer| (answer, None))
            }
            Ok((connection, length)) => {
                match request.fetch.received(&event_loop.buffer()[..length]) {
                    Ok(Some(answer)) => Ok((answer, Some(connection))),
                    Ok(None) => return receive(event_loop, request, connection),
                    Err(error) => Err(error),
                }
            }
            Err(error) => Err(request.fetch.read_failed(&error)),
        };
        match answer {
            Ok((answer, connection)) => end_wait(event_loop, request, answer, connection),
            Err(error) => fail(event_loop, request, &error),
        }
    });
}

fn end_wait<const N: usize>(
    event_loop: &mut EventLoop,
    request: Request<N>,
    answer: Answer,
    connection: Option<Connection>,
) {
    let Request { fetch, handle, state, .. } = request;
    let kept = connection.filter(|_| answer.is_reusable && fetch.keep_alive());
    handle.woke(fetch.deadline(), &state);
    wait_or_end(event_loop, handle, state, Some(Last { sum: answer.sum, kept }));
}

/// Ends the task, unless all that was wrong is that its kept connection had been closed meanwhile.
fn fail<const N: usize>(event_loop: &mut EventLoop, mut request: Request<N>, error: &FetchError) {
    if request.is_kept && request.fetch.is_stale(error) {
        request.fetch = Fetch::begin(&request.handle, request.fetch.deadline());
        request.is_kept = false;
        return connect(event_loop, request);
    }
    request.handle.fail(error);
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::num::NonZeroU16;
    use std::thread;
    use std::time::Duration;

    use workload::http::ErrorKind;
    use workload::{Http, Ledger, Task, Workload};

    use super::*;

    fn listen() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// One task that asks this server so many times.
    fn workload(server: SocketAddr, waits: u16) -> Workload {
        let http = Http { keep_alive: true, ..Http::new(server, Duration::ZERO, 0) };
        Workload::http(1, http).with_waits(NonZeroU16::new(waits).unwrap())
    }

    fn run(workload: Workload) -> &'static Ledger {
        let ledger = Ledger::open(workload);
        let mut event_loop = EventLoop::new().unwrap();
        event_loop.call(|event_loop| fetch::<64>(event_loop, ledger.handle(0)));
        event_loop.run().unwrap();
        assert_eq!(event_loop.connections(), 0);
        assert!(ledger.is_over());
        ledger
    }

    fn answer(stream: &TcpStream) {
        let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
        assert!(lines.next().unwrap().starts_with("GET "));
        assert!(lines.any(|line| line.is_empty()));
        let sum = Task::nth(0).sum();
        // In two parts, so that the client has to read again.
        (&mut &*stream).write_all(b"HTTP/1.1 200 OK\r\nx-sum: ").unwrap();
        thread::sleep(Duration::from_millis(5));
        write!(&mut &*stream, "{sum}\r\ncontent-length: 0\r\n\r\n").unwrap();
    }

    #[test]
    fn a_kept_connection_serves_all_of_a_tasks_requests() {
        let (listener, address) = listen();
        let server = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            (0..3).for_each(|_| answer(&stream));
        });
        assert!(run(workload(address, 3)).proof().is_whole(1));
        server.join().unwrap();
    }

    #[test]
    fn a_kept_connection_that_was_closed_is_replaced_once() {
        let (listener, address) = listen();
        let server = thread::spawn(move || {
            for _ in 0..2 {
                let (stream, _) = listener.accept().unwrap();
                answer(&stream);
            }
            // The third is closed before it has answered, and is not a kept one.
            drop(listener.accept().unwrap());
        });
        assert!(run(workload(address, 2)).proof().is_whole(1));
        let failures = run(workload(address, 1)).failures();
        assert_eq!(failures.len(), 1);
        assert!(matches!(failures[0].kind, ErrorKind::Closed | ErrorKind::Reset));
        server.join().unwrap();
    }

    #[test]
    fn a_server_that_is_not_there_fails_the_task() {
        let address = listen().1;
        let ledger = run(workload(address, 2));
        assert_eq!(ledger.failures()[0].kind, ErrorKind::Refused);
        assert_eq!((ledger.proof().failed, ledger.proof().lost), (1, 0));
    }

    /// What the task holds beside its connection: the request, the handle and that it has the
    /// connection anew. The operation holds nothing to try again: until when, the loop knows.
    #[test]
    fn a_waiting_task_holds_nothing_twice() {
        fn held<const N: usize>() -> usize {
            let (_listener, address) = listen();
            let ledger = Ledger::open(workload(address, 1));
            let mut event_loop = EventLoop::new().unwrap();
            fetch::<N>(&mut event_loop, ledger.handle(0));
            event_loop.waiting_bytes(0).unwrap()
        }
        let task = size_of::<Fetch>() + size_of::<TaskHandle>() + 2;
        let connection = size_of::<Connection>();
        assert_eq!(held::<0>(), task + connection);
        assert_eq!(held::<64>(), task + connection + 64);
        assert_eq!(held::<8192>(), task + connection + 8192);
        assert_eq!((task, connection), (72, 16));
    }
}
