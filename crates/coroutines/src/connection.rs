//! A connection whose operations do not block: each is a future that ends at a moment at most.
//!
//! The sockets are the runtime's own, and no signal interrupts what does not block. An operation that
//! is not done in time fails with [`ErrorKind::TimedOut`]. These are functions that return futures
//! and no `async` functions, because a task's frame is smaller this way; see `timer::add`.

use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::task::{Poll, ready};

use workload::Moment;

use crate::in_time::in_time;
use crate::runtime::Sockets;

/// Connects to `address` until `by`.
pub(crate) fn connect<R: Sockets>(
    address: SocketAddr,
    by: Moment,
) -> impl Future<Output = io::Result<R::Stream>> {
    in_time::<R, _>(by, R::connect(address))
}

/// Writes all of the bytes until `by`. Nearly always they go out at once, so they are made where they
/// are written and made again if not: a task that held them would be larger by them in all its waits.
pub(crate) fn write_all<R: Sockets>(
    stream: &mut R::Stream,
    make_bytes: impl Fn() -> Vec<u8>,
    by: Moment,
) -> impl Future<Output = io::Result<()>> {
    let mut written = 0;
    let writing = poll_fn(move |context| {
        let bytes = make_bytes();
        while written < bytes.len() {
            written += match ready!(R::poll_write(stream, context, &bytes[written..]))? {
                0 => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                more => more,
            };
        }
        Poll::Ready(Ok(()))
    });
    in_time::<R, _>(by, writing)
}

/// Reads what comes next until `by`, at most `SIZE` bytes, and hands it to `take`; none at the end.
/// The buffer is there only while the read is polled: the task does not hold it while it waits.
pub(crate) fn read<R: Sockets, const SIZE: usize, T>(
    stream: &mut R::Stream,
    mut take: impl FnMut(&[u8]) -> T,
    by: Moment,
) -> impl Future<Output = io::Result<T>> {
    let reading = poll_fn(move |context| {
        let mut buffer = [0; SIZE];
        let read = ready!(R::poll_read(stream, context, &mut buffer));
        Poll::Ready(read.map(|length| take(&buffer[..length])))
    });
    in_time::<R, _>(by, reading)
}
