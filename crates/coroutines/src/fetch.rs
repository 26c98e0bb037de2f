//! The task whose waits are requests, as a coroutine: it stops while it connects, while it sends
//! and while it waits for the answer.
//!
//! Each of these steps is polled beside an alarm that goes off when it has taken too long. The
//! operations come from the runtime's own sockets; they do not block, so no signal interrupts them.

use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::task::{Poll, ready};

use workload::http::{Answer, Fetch, FetchError};
use workload::{Moment, State, Visit};

use crate::in_time::in_time;
use crate::runtime::Runtime;

/// Adds two numbers by asking a server for their sum. Does nothing until it is polled.
///
/// A connection that can serve another request is kept for the task's own next wait. Tasks are in
/// flight together, so none can leave its connection to the next.
#[allow(clippy::manual_async_fn, reason = "the frame is smaller this way; see `task::add`")]
pub fn fetch<R: Runtime, const N: usize>(mut visit: Visit) -> impl Future<Output = ()> {
    async move {
        visit.sign_in();
        let mut state = State::<N>::empty();
        state.fill(visit.task());
        let mut connection = None;
        let mut sum = 0;
        while let Some(deadline) = visit.next_wait() {
            match ask::<R>(&visit, deadline, &mut connection).await {
                Ok(answer) => sum = answer.sum,
                Err(error) => return visit.fail(&error),
            }
            visit.woke(deadline, &state);
        }
        drop(connection);
        visit.sign_out(sum);
    }
}

/// One request and its answer, over the connection that there is or over a new one.
#[allow(clippy::manual_async_fn, reason = "the frame is smaller this way; see `task::add`")]
fn ask<R: Runtime>(
    visit: &Visit,
    deadline: Moment,
    connection: &mut Option<R::Stream>,
) -> impl Future<Output = Result<Answer, FetchError>> {
    async move {
        let mut fetch = Fetch::begin(visit, deadline);
        let mut is_kept = true;
        loop {
            let Some(stream) = connection else {
                let connected = connect::<R>(&fetch).await;
                *connection = Some(connected.map_err(|error| fetch.connect_failed(&error))?);
                is_kept = false;
                continue;
            };
            let answer = exchange::<R>(&mut fetch, stream).await;
            if !answer.as_ref().is_ok_and(|answer| answer.is_reusable) {
                *connection = None;
            }
            match answer {
                // The server had closed it while nobody used it.
                Err(error) if is_kept && fetch.is_stale(&error) => {
                    fetch = Fetch::begin(visit, deadline);
                }
                answer => return answer,
            }
        }
    }
}

fn connect<R: Runtime>(fetch: &Fetch) -> impl Future<Output = io::Result<R::Stream>> {
    in_time::<R, _>(fetch.connect_by(), R::connect(fetch.address()))
}

#[allow(clippy::manual_async_fn, reason = "the frame is smaller this way; see `task::add`")]
fn exchange<R: Runtime>(
    fetch: &mut Fetch,
    stream: &mut R::Stream,
) -> impl Future<Output = Result<Answer, FetchError>> {
    async move {
        let sent = send::<R>(fetch, stream).await;
        sent.map_err(|error| fetch.send_failed(&error))?;
        let read = receive::<R, FIRST_READ>(fetch, stream).await;
        if let Some(answer) = read.unwrap_or_else(|error| Err(fetch.read_failed(&error)))? {
            return Ok(answer);
        }
        loop {
            let read = receive::<R, FURTHER_READ>(fetch, stream).await;
            if let Some(answer) = read.unwrap_or_else(|error| Err(fetch.read_failed(&error)))? {
                return Ok(answer);
            }
        }
    }
}

fn send<R: Runtime>(fetch: &Fetch, stream: &mut R::Stream) -> impl Future<Output = io::Result<()>> {
    let request = fetch.request();
    let mut sent = 0;
    let writing = poll_fn(move |context| {
        while sent < request.len() {
            match ready!(R::poll_write(stream, context, &request[sent..]))? {
                0 => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                written => sent += written,
            }
        }
        Poll::Ready(Ok(()))
    });
    in_time::<R, _>(fetch.progress_by(), writing)
}

/// Bytes that the first read takes at most: an answer with a small body, whole.
const FIRST_READ: usize = 2 * 1024;

/// Bytes that each further read takes at most, when there is a large body to come.
const FURTHER_READ: usize = 16 * 1024;

/// One read. The buffer is there only while the read is polled: the task does not hold it while it
/// waits.
fn receive<R: Runtime, const SIZE: usize>(
    fetch: &mut Fetch,
    stream: &mut R::Stream,
) -> impl Future<Output = io::Result<Result<Option<Answer>, FetchError>>> {
    let by = fetch.progress_by();
    let reading = poll_fn(move |context| {
        let mut buffer = [0; SIZE];
        let read = ready!(R::poll_read(stream, context, &mut buffer));
        Poll::Ready(read.map(|length| match length {
            0 => fetch.ended().map(Some),
            _ => fetch.received(&buffer[..length]),
        }))
    });
    in_time::<R, _>(by, reading)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::task::Context;
    use std::time::Duration;

    use workload::{ContestantId, Http, Ledger, Workload};

    use super::*;

    /// What is ours in the frame, beside the runtime's socket, its connecting and its alarm.
    #[test]
    fn the_frame_holds_little_beside_the_fetch() {
        fn frame<const N: usize>() -> usize {
            let http = Http::new("127.0.0.1:1".parse().unwrap(), Duration::ZERO, 0);
            let ledger = Ledger::open(Workload::http(1, http));
            size_of_val(&fetch::<Weightless, N>(ledger.visit(0)))
        }
        /// The visit and where the task is; the wait's deadline; whether there is a connection; the
        /// fetch.
        const TASK: usize = 16 + 8 + 8 + size_of::<Fetch>();
        /// What `ask` and `exchange` were called with, and where they are.
        const CALLS: usize = (8 + 2 * 8 + 8) + (2 * 8 + 8);
        /// The largest step: the request, how much of it is sent, where to, until when, and whether
        /// the alarm is set.
        const SEND: usize = size_of::<Vec<u8>>() + 8 + 8 + 8 + 8;
        assert_eq!(frame::<0>(), TASK + CALLS + SEND);
        assert_eq!(frame::<64>(), TASK + CALLS + SEND + 64);
        assert_eq!(frame::<8192>(), TASK + CALLS + SEND + 8192);
    }

    /// A runtime of which nothing is in the frame.
    struct Weightless;

    impl Runtime for Weightless {
        const ID: ContestantId = ContestantId::new("test/weightless");
        const SUMMARY: &'static str = "never does anything";

        type Stream = ();

        fn new() -> io::Result<Self> {
            Ok(Self)
        }

        fn sleep_until(_: Moment) -> impl Future {
            std::future::pending::<()>()
        }

        fn connect(_: SocketAddr) -> impl Future<Output = io::Result<()>> {
            std::future::pending()
        }

        fn poll_read(_: &mut (), _: &mut Context<'_>, _: &mut [u8]) -> Poll<io::Result<usize>> {
            Poll::Pending
        }

        fn poll_write(_: &mut (), _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Pending
        }

        fn block_on<F: Future>(&mut self, _: F) -> F::Output {
            unreachable!("nothing is run on it")
        }

        fn run_all<const N: usize>(&mut self, _: &'static Ledger) {}
    }
}
