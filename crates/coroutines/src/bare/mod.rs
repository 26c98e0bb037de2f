//! `coroutines/bare`: futures in one slab, polled by hand over one heap of deadlines.
//!
//! This is the floor of what a coroutine costs: no allocation for a task, no queue that outlives a
//! burst, no lock but the one behind the wakers. It is a real executor all the same: its wakers can
//! be cloned, kept and woken from any thread.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`executor`] | [`Executor`]: polls the futures that are woken |
//! | [`slab`] | [`Slab`](slab::Slab): the futures, in chunks that do not move |
//! | [`sleep`] | [`Sleep`]: a future that ends at a deadline, and the heap behind it |
//! | [`alarm`] | [`Alarm`]: the same for a deadline that seldom comes, because it bounds another wait |
//! | [`tcp`] | [`TcpStream`]: a connection that futures wait for |
//! | `channel` | what a token goes through between two tasks |
//! | `driver` | the sockets of a thread, and where its executor waits for them |
//! | [`waker`] | wakers that take no allocation |
//! | `sync` | what threads meet by: std's, or a model's |

pub mod alarm;
mod channel;
mod driver;
pub mod executor;
pub mod slab;
pub mod sleep;
mod sync;
pub mod tcp;
pub mod waker;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll};

use workload::{About, Ledger, Medium, Moment, Start, TaskHandle, Wait, relay};

pub use self::alarm::Alarm;
use self::channel::Place;
pub use self::executor::{Executor, block_on};
pub use self::sleep::Sleep;
pub use self::tcp::TcpStream;
use crate::cancel::{add_or_cancel, is_cancelled};
use crate::http::fetch;
use crate::relay::pass;
use crate::runtime::{Runtime, Sockets};
use crate::timer::add;

/// A wait of tests that has not passed before it begins: not under an interpreter either, which takes a
/// thousand times as long, nor beside a busy neighbour.
#[cfg(test)]
const A_WHILE: std::time::Duration =
    std::time::Duration::from_millis(if cfg!(miri) { 2_000 } else { 10 });

/// The contestant's runtime.
#[derive(Debug)]
pub struct Bare(());

impl Runtime for Bare {
    const ABOUT: About = About {
        timer: Some("a heap, 1 ns; a sleeping thread, to which the kernel adds the timer slack"),
        can_cancel: true,
        is_on_one_thread: true,
        is_floor: true,
        ..About::new(
            "coroutines/bare",
            "futures in one slab, polled by hand over one heap of deadlines",
        )
    };
    const MEDIA: &'static [Medium] = &[Medium::Channel];

    fn new() -> io::Result<Self> {
        Ok(Self(()))
    }

    fn sleep_until(deadline: Moment) -> impl Future<Output = Moment> {
        Sleep::until(deadline)
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        block_on(future)
    }

    fn run_all<const N: usize>(&mut self, ledger: &'static Ledger) {
        match ledger.workload().wait {
            Wait::Timer { .. } if is_cancelled(ledger) => run(ledger, add_or_cancel::<Self>),
            Wait::Timer { .. } => run(ledger, add::<Self, N>),
            Wait::Relay(_) => run_ring::<N>(ledger),
            Wait::Http(_) => run(ledger, fetch::<Self, N>),
        }
    }
}

impl Sockets for Bare {
    type Stream = TcpStream;

    fn alarm(deadline: Moment) -> impl Future {
        Alarm::at(deadline)
    }

    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<TcpStream>> {
        TcpStream::connect(address)
    }

    fn poll_read(
        stream: &mut TcpStream,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        stream.poll_read(context, buffer)
    }

    fn poll_write(
        stream: &mut TcpStream,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        stream.poll_write(context, bytes)
    }
}

/// An executor holds futures of one type, so each kind of task has its own.
fn run<F: Future<Output = ()>>(ledger: &'static Ledger, task: fn(TaskHandle) -> F) {
    let mut executor = Executor::new();
    for start in ledger.starts() {
        match start {
            Start::At(moment) => executor.run_until(moment),
            Start::Now(handle) => executor.spawn(task(handle)),
        }
    }
    executor.run();
}

fn run_ring<const N: usize>(ledger: &'static Ledger) {
    let place = || {
        let place = Rc::<Place>::default();
        Ok((place.clone(), place))
    };
    let ring = relay::ring(Medium::Channel, &mut ledger.starts(), place, |to, token| to.put(token));
    let mut executor = Executor::new();
    for (handle, (from, to)) in ring.into_iter().flatten() {
        let take = async move || Some(from.take().await);
        executor.spawn(pass::<N>(handle, take, move |token| to.put(token)));
    }
    executor.run();
}
