//! The task that waits for answers of a server, as a coroutine: it stops while it connects, while it
//! sends and while it waits for the answer.
//!
//! Each of these steps is polled beside an alarm that goes off when it has taken too long.

use std::future::Future;
use std::io;

use workload::http::{Answer, Fetch, FetchError};
use workload::{State, TaskHandle};

use crate::connection;
use crate::runtime::Sockets;

/// Adds two numbers by asking a server for their sum. Does nothing until it is polled.
///
/// A connection that can serve another request is kept for the task's own next wait. Tasks are in
/// flight together, so none can leave its connection to the next.
#[allow(clippy::manual_async_fn, reason = "the frame is smaller this way; see `timer::add`")]
pub fn fetch<R: Sockets, const N: usize>(mut handle: TaskHandle) -> impl Future<Output = ()> {
    async move {
        handle.sign_in();
        let mut state = State::<N>::empty();
        state.fill(handle.task());
        let mut connection = None;
        let mut sum = 0;
        while let Some(deadline) = handle.next_wait() {
            let mut fetch = Fetch::begin(&handle, deadline);
            let mut is_new = false;
            let answer = loop {
                let Some(stream) = &mut connection else {
                    match connect::<R>(&fetch).await.and_then(R::without_delay) {
                        Ok(stream) => connection = Some(stream),
                        Err(error) => return handle.fail(&fetch.connect_failed(&error)),
                    }
                    is_new = true;
                    continue;
                };
                match exchange::<R>(&mut fetch, stream).await {
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
        drop(connection);
        handle.sign_out(sum);
    }
}

fn connect<R: Sockets>(fetch: &Fetch) -> impl Future<Output = io::Result<R::Stream>> {
    connection::connect::<R>(fetch.address(), fetch.connect_by())
}

/// One request and its answer.
#[allow(clippy::manual_async_fn, reason = "the frame is smaller this way; see `timer::add`")]
fn exchange<R: Sockets>(
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

fn send<R: Sockets>(fetch: &Fetch, stream: &mut R::Stream) -> impl Future<Output = io::Result<()>> {
    connection::write_all::<R>(stream, || fetch.request(), fetch.progress_by())
}

/// Bytes that the first read takes at most: an answer with a small body, whole.
const FIRST_READ: usize = 2 * 1024;

/// Bytes that each further read takes at most, when there is a large body to come.
const FURTHER_READ: usize = 16 * 1024;

/// One read.
fn receive<R: Sockets, const SIZE: usize>(
    fetch: &mut Fetch,
    stream: &mut R::Stream,
) -> impl Future<Output = io::Result<Result<Option<Answer>, FetchError>>> {
    let by = fetch.progress_by();
    let take = |bytes: &[u8]| match bytes {
        [] => fetch.ended().map(Some),
        _ => fetch.received(bytes),
    };
    connection::read::<R, SIZE, _>(stream, take, by)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::num::NonZeroU16;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use workload::conformance::serve_and_close;
    use workload::{About, Contestant, Http, Ledger, Moment, Settings, Workload, http};

    use super::*;
    use crate::runtime::Runtime;

    const TWO: NonZeroU16 = NonZeroU16::new(2).unwrap();

    fn with_sockets() -> impl Iterator<Item = Box<dyn Contestant>> {
        let http = Http::new("127.0.0.1:1".parse().unwrap(), Duration::ZERO, 0);
        let http = Workload::http(1, http);
        crate::contestants().into_iter().filter(move |one| one.unsupported(&http).is_none())
    }

    #[test]
    fn a_connection_that_the_server_closed_meanwhile_is_replaced() {
        for contestant in with_sockets() {
            let (http, server) = serve_and_close(&[true, true]);
            let ledger = Ledger::open(Workload::http(1, http).with_waits(TWO));
            contestant.start(&Settings::default()).unwrap().run(ledger).unwrap();
            assert!(ledger.proof().is_whole(1), "{}: {:?}", contestant.id(), ledger.failures());
            server.join().unwrap();
        }
    }

    #[test]
    fn a_request_is_not_sent_again_over_a_second_new_connection() {
        for contestant in with_sockets() {
            let (http, server) = serve_and_close(&[true, false]);
            let ledger = Ledger::open(Workload::http(1, http).with_waits(TWO));
            contestant.start(&Settings::default()).unwrap().run(ledger).unwrap();
            let kind = ledger.failures()[0].kind;
            assert!(
                matches!(kind, http::ErrorKind::Closed | http::ErrorKind::Reset),
                "{}: {kind}",
                contestant.id()
            );
            server.join().unwrap();
        }
    }

    /// What is ours in the frame, beside the runtime's socket, its connecting and its alarm.
    #[test]
    fn the_frame_holds_little_beside_the_fetch() {
        fn frame<const N: usize>() -> usize {
            let http = Http::new("127.0.0.1:1".parse().unwrap(), Duration::ZERO, 0);
            let ledger = Ledger::open(Workload::http(1, http));
            size_of_val(&fetch::<Weightless, N>(ledger.handle(0)))
        }
        /// The handle and where the task is; whether there is a connection, and a new one; the fetch.
        const TASK: usize = 16 + 8 + size_of::<Fetch>();
        /// What `exchange` was called with, and where it is.
        const EXCHANGE: usize = 2 * 8 + 8;
        /// The largest step of ours: the fetch, how much of its request is sent, and where to; until
        /// when, or else the alarm.
        const SEND: usize = 8 + 8 + 8 + size_of::<Moment>() + 8;
        assert_eq!(frame::<0>(), TASK + EXCHANGE + SEND);
        assert_eq!(frame::<64>(), TASK + EXCHANGE + SEND + 64);
        assert_eq!(frame::<8192>(), TASK + EXCHANGE + SEND + 8192);
    }

    /// A runtime of which nothing is in the frame.
    struct Weightless;

    impl Runtime for Weightless {
        const ABOUT: About = About::new("test/weightless", "never does anything");

        fn new() -> io::Result<Self> {
            Ok(Self)
        }

        fn sleep_until(_: Moment) -> impl Future<Output = Moment> {
            std::future::pending()
        }

        fn block_on<F: Future>(&mut self, _: F) -> F::Output {
            unreachable!("nothing is run on it")
        }

        fn run_all<const N: usize>(&mut self, _: &'static Ledger) {}
    }

    impl Sockets for Weightless {
        type Stream = ();

        fn connect(_: SocketAddr) -> impl Future<Output = io::Result<()>> {
            std::future::pending()
        }

        fn poll_read(_: &mut (), _: &mut Context<'_>, _: &mut [u8]) -> Poll<io::Result<usize>> {
            Poll::Pending
        }

        fn poll_write(_: &mut (), _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Pending
        }
    }
}
