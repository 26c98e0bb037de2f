//! The task that waits for answers of a server, as a subroutine: it blocks its thread while it
//! connects, while it sends and while it waits for the answer.
//!
//! Each of these steps is given its timeout before it begins, because a thread cannot be taken out
//! of a call in which it blocks.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use workload::http::{Answer, Fetch, FetchError};
use workload::{State, TaskHandle};

use crate::in_time::in_time;

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
                    // The server had closed it while it was idle: once more, over a new one.
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
    let stream = in_time(fetch.connect_by(), |left| TcpStream::connect_timeout(&address, left))?;
    stream.set_nodelay(true)?;
    Ok(Connection { stream, address })
}

/// One request and its answer.
fn exchange(fetch: &mut Fetch, stream: &mut TcpStream) -> Result<Answer, FetchError> {
    let sent = send(fetch, stream);
    sent.map_err(|error| fetch.send_failed(&error))?;
    let read = receive::<FIRST_READ>(fetch, stream);
    if let Some(answer) = read.unwrap_or_else(|error| Err(fetch.read_failed(&error)))? {
        return Ok(answer);
    }
    loop {
        let read = receive::<FURTHER_READ>(fetch, stream);
        if let Some(answer) = read.unwrap_or_else(|error| Err(fetch.read_failed(&error)))? {
            return Ok(answer);
        }
    }
}

/// Writes the request.
fn send(fetch: &Fetch, stream: &mut TcpStream) -> io::Result<()> {
    let request = fetch.request();
    let mut sent = 0;
    while sent < request.len() {
        let written = in_time(fetch.progress_by(), |left| {
            stream.set_write_timeout(Some(left))?;
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

/// One read. The buffer is on the thread's stack for as long as the thread waits.
///
/// It has a stack frame of its own for each size, because most answers do not need the large buffer.
#[inline(never)]
fn receive<const SIZE: usize>(
    fetch: &mut Fetch,
    stream: &mut TcpStream,
) -> io::Result<Result<Option<Answer>, FetchError>> {
    let mut buffer = [0; SIZE];
    let read = in_time(fetch.progress_by(), |left| {
        stream.set_read_timeout(Some(left))?;
        stream.read(&mut buffer)
    });
    read.map(|length| match length {
        0 => fetch.ended().map(Some),
        _ => fetch.received(&buffer[..length]),
    })
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
