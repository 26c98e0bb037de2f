//! The task whose waits are requests: each blocks its thread while it connects, while it sends and
//! while it waits for the answer.
//!
//! Each of these steps is given its timeout before it begins, because nobody can take a thread out
//! of a call in which it blocks.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use workload::http::{Answer, Fetch, FetchError};
use workload::{Moment, State, TaskHandle};

/// A connection that can serve another request.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    /// Where it leads to. The next task may want to go elsewhere.
    address: SocketAddr,
}

/// Adds two numbers by asking a server for their sum. Blocks the calling thread until then.
///
/// A connection that can serve another request is left in `kept` for the caller's next task.
///
/// It has a stack frame of its own, so that a thread that waits for a timer does not carry it.
#[inline(never)]
pub fn fetch<const N: usize>(mut handle: TaskHandle, kept: &mut Option<Connection>) {
    handle.sign_in();
    let mut state = State::<N>::empty();
    state.fill(handle.task());
    // The task's own until it is over, so that an error and a panic close it.
    let mut connection = kept.take();
    let mut sum = 0;
    while let Some(deadline) = handle.next_wait() {
        let mut fetch = Fetch::begin(&handle, deadline);
        connection.take_if(|kept| kept.address != fetch.address());
        let mut is_new = false;
        let answer = loop {
            let Some(Connection { stream, .. }) = &mut connection else {
                match connect(&fetch) {
                    Ok(stream) => connection = Some(stream),
                    Err(error) => return handle.fail(&fetch.connect_failed(&error)),
                }
                is_new = true;
                continue;
            };
            match exchange(&mut fetch, stream) {
                Ok(answer) => break answer,
                Err(error) => {
                    connection = None;
                    if is_new || !fetch.is_stale(&error) {
                        return handle.fail(&error);
                    }
                    // The server had closed it while nobody used it: once more, over a new one.
                    fetch = Fetch::begin(&handle, fetch.deadline());
                }
            }
        };
        if !answer.is_reusable {
            connection = None;
        }
        sum = answer.sum;
        handle.woke(fetch.deadline(), &state);
    }
    *kept = connection;
    handle.sign_out(sum);
}

fn connect(fetch: &Fetch) -> io::Result<Connection> {
    let address = fetch.address();
    let stream = TcpStream::connect_timeout(&address, left_until(fetch.connect_by())?)?;
    stream.set_nodelay(true)?;
    Ok(Connection { stream, address })
}

/// One request and its answer.
fn exchange(fetch: &mut Fetch, stream: &mut TcpStream) -> Result<Answer, FetchError> {
    let sent = send(fetch, stream);
    sent.map_err(|error| fetch.send_failed(&error))?;
    if let Some(answer) = receive::<FIRST_READ>(fetch, stream)? {
        return Ok(answer);
    }
    receive_rest(fetch, stream)
}

fn send(fetch: &Fetch, stream: &mut TcpStream) -> io::Result<()> {
    let request = fetch.request();
    let by = fetch.progress_by();
    let mut sent = 0;
    while sent < request.len() {
        let written = uninterrupted(|| {
            stream.set_write_timeout(Some(left_until(by)?))?;
            stream.write(&request[sent..])
        });
        match written? {
            0 => return Err(ErrorKind::WriteZero.into()),
            written => sent += written,
        }
    }
    Ok(())
}

/// Bytes that the first read takes at most: an answer with a small body, whole.
///
/// The thread waits in this read, and its buffer is memory that the thread has touched.
const FIRST_READ: usize = 2 * 1024;

/// Bytes that each further read takes at most, when there is a large body to come.
const FURTHER_READ: usize = 16 * 1024;

/// Has a stack frame of its own, because its buffer is large and most answers do not need it.
#[inline(never)]
fn receive_rest(fetch: &mut Fetch, stream: &mut TcpStream) -> Result<Answer, FetchError> {
    loop {
        if let Some(answer) = receive::<FURTHER_READ>(fetch, stream)? {
            return Ok(answer);
        }
    }
}

/// One read. The buffer is on the thread's stack for as long as the thread waits.
fn receive<const SIZE: usize>(
    fetch: &mut Fetch,
    stream: &mut TcpStream,
) -> Result<Option<Answer>, FetchError> {
    let by = fetch.progress_by();
    let mut buffer = [0; SIZE];
    let read = uninterrupted(|| {
        stream.set_read_timeout(Some(left_until(by)?))?;
        stream.read(&mut buffer)
    });
    match read {
        Ok(0) => fetch.ended().map(Some),
        Ok(length) => fetch.received(&buffer[..length]),
        Err(error) => Err(fetch.read_failed(&error)),
    }
}

/// A signal ends the call in which its thread blocks, whatever the signal is for, and the kernel does
/// not take a call with a timeout up again (signal(7)).
fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// How long it is until `by`. An error when that is over, because std takes no timeout of zero.
fn left_until(by: Moment) -> io::Result<Duration> {
    match by.since(Moment::now()) {
        Duration::ZERO => Err(ErrorKind::TimedOut.into()),
        left => Ok(left),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use workload::conformance::serve_and_close;
    use workload::{Ledger, Workload, http};

    use super::*;

    const TWO: NonZeroU16 = NonZeroU16::new(2).unwrap();

    #[test]
    fn a_connection_that_the_server_closed_meanwhile_is_replaced() {
        let (http, server) = serve_and_close(&[true, true]);
        let ledger = Ledger::open(Workload::http(1, http).with_waits(TWO));
        fetch::<0>(ledger.handle(0), &mut None);
        assert!(ledger.proof().is_whole(1), "{:?}", ledger.failures());
        server.join().unwrap();
    }

    #[test]
    fn a_request_is_not_sent_again_over_a_second_new_connection() {
        let (http, server) = serve_and_close(&[true, false]);
        let ledger = Ledger::open(Workload::http(1, http).with_waits(TWO));
        let mut kept = None;
        fetch::<0>(ledger.handle(0), &mut kept);
        assert!(matches!(
            ledger.failures()[0].kind,
            http::ErrorKind::Closed | http::ErrorKind::Reset
        ));
        assert!(kept.is_none());
        server.join().unwrap();
    }

    #[test]
    fn a_connection_is_left_for_the_next_task_and_replaced_if_that_goes_elsewhere() {
        let (http, server) = serve_and_close(&[true]);
        let ledger = Ledger::open(Workload::http(1, http));
        let mut kept = None;
        fetch::<0>(ledger.handle(0), &mut kept);
        assert_eq!(kept.as_ref().map(|kept| kept.address), Some(http.server));
        server.join().unwrap();

        let (elsewhere, server) = serve_and_close(&[true]);
        let ledger = Ledger::open(Workload::http(1, elsewhere));
        fetch::<0>(ledger.handle(0), &mut kept);
        assert!(ledger.proof().is_whole(1), "{:?}", ledger.failures());
        assert_eq!(kept.map(|kept| kept.address), Some(elsewhere.server));
        server.join().unwrap();
    }
}
