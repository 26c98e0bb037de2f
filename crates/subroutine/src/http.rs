//! The task that waits for answers of a server, as a subroutine: it blocks its thread while it
//! connects, while it sends and while it waits for the answer.
//!
//! Each of these steps is given its timeout before it begins, because a thread cannot be taken out
//! of a call in which it blocks.

use std::io;

use workload::http::{Answer, Fetch, FetchError};
use workload::{State, TaskHandle};

use crate::connection::Connection;

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
        connection.take_if(|kept| kept.address() != fetch.address());
        let mut is_new = false;
        let answer = loop {
            let Some(open) = &mut connection else {
                match connect(&fetch) {
                    Ok(new) => connection = Some(new),
                    Err(error) => return handle.fail(&fetch.connect_failed(&error)),
                }
                is_new = true;
                continue;
            };
            match exchange(&mut fetch, open) {
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
    Connection::connect(fetch.address(), fetch.connect_by())
}

/// One request and its answer.
fn exchange(fetch: &mut Fetch, connection: &mut Connection) -> Result<Answer, FetchError> {
    let sent = send(fetch, connection);
    sent.map_err(|error| fetch.send_failed(&error))?;
    let read = receive::<FIRST_READ>(fetch, connection);
    if let Some(answer) = read.unwrap_or_else(|error| Err(fetch.read_failed(&error)))? {
        return Ok(answer);
    }
    loop {
        let read = receive::<FURTHER_READ>(fetch, connection);
        if let Some(answer) = read.unwrap_or_else(|error| Err(fetch.read_failed(&error)))? {
            return Ok(answer);
        }
    }
}

fn send(fetch: &Fetch, connection: &mut Connection) -> io::Result<()> {
    connection.write_all(&fetch.request(), fetch.progress_by())
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
    connection: &mut Connection,
) -> io::Result<Result<Option<Answer>, FetchError>> {
    let mut buffer = [0; SIZE];
    let read = connection.read(&mut buffer, fetch.progress_by());
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
        assert_eq!(kept.as_ref().map(Connection::address), Some(http.server));
        server.join().unwrap();

        let (elsewhere, server) = serve_and_close(&[true]);
        let ledger = Ledger::open(Workload::http(1, elsewhere));
        fetch::<0>(ledger.handle(0), &mut kept);
        assert!(ledger.proof().is_whole(1), "{:?}", ledger.failures());
        assert_eq!(kept.map(|kept| kept.address()), Some(elsewhere.server));
        server.join().unwrap();
    }
}
