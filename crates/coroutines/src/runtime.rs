//! The little that the task wants of a runtime: timers, and sockets where it has them.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use workload::{About, Ledger, Medium, Moment, Start, TaskHandle};

/// A runtime for coroutines, with timers. One file each; see the crate's front page.
pub trait Runtime: Sized + 'static {
    /// Who its contestant is. Where it says that a task can be cancelled, [`run_all`](Self::run_all) has tasks
    /// cancelled as the workload wants.
    const ABOUT: About;

    /// Through what [`run_all`](Self::run_all) has a token go from task to task.
    const MEDIA: &'static [Medium] = &[];

    /// Starts the runtime.
    ///
    /// # Errors
    /// When the operating system refuses the threads or descriptors that it needs.
    fn new() -> io::Result<Self>;

    /// A future that ends at the deadline, by the runtime's own timers.
    ///
    /// It yields its deadline: a timer knows that anyhow, and the task need not hold it too.
    fn sleep_until(deadline: Moment) -> impl Future<Output = Moment>;

    /// Runs a future on the calling thread, with the runtime's timers at hand.
    fn block_on<F: Future>(&mut self, future: F) -> F::Output;

    /// Spawns [`add`](crate::timer::add) with `N` bytes of state for each task of the ledger, as a
    /// task of the runtime, and returns when all are over. A runtime with [`Sockets`] spawns
    /// [`fetch`](crate::http::fetch) where the workload asks for requests. The code that spawns
    /// tasks sleeps by the runtime's own timers while none is to start.
    ///
    /// Each runtime spells this out for itself, because some want their tasks to be `Send` and some
    /// do not, and that shows only where both the runtime and the task are known.
    fn run_all<const N: usize>(&mut self, ledger: &'static Ledger);
}

/// A runtime that has sockets too, so that its tasks can ask a server.
pub trait Sockets: Runtime {
    /// A connection over TCP, by the runtime's own sockets. Dropping it closes it.
    type Stream;

    /// A future that ends at the deadline, made for deadlines that are mostly not reached: a
    /// timeout.
    fn alarm(deadline: Moment) -> impl Future {
        Self::sleep_until(deadline)
    }

    /// Connects to an address.
    ///
    /// # Errors
    /// What the operating system says.
    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>>;

    /// Has what is sent over a new connection sent at once, without Nagle's algorithm, unless
    /// `connect` has seen to that.
    ///
    /// Apart from it, because an `async` block around the runtime's own future would hold the
    /// address beside that future, which has it too.
    ///
    /// # Errors
    /// What the operating system says.
    fn without_delay(stream: Self::Stream) -> io::Result<Self::Stream> {
        Ok(stream)
    }

    /// Reads what is there, at most as much as the buffer holds; zero bytes at the end.
    ///
    /// # Errors
    /// What the operating system says.
    fn poll_read(
        stream: &mut Self::Stream,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>>;

    /// Writes as much of the bytes as goes out now.
    ///
    /// # Errors
    /// What the operating system says.
    fn poll_write(
        stream: &mut Self::Stream,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>>;
}

/// Hands each task of a ledger to `start` when it is to start, and sleeps meanwhile by the runtime's timers.
pub async fn start_each<R: Runtime>(
    starts: impl Iterator<Item = Start>,
    mut start: impl FnMut(TaskHandle),
) {
    for next in starts {
        match next {
            Start::At(moment) => {
                R::sleep_until(moment).await;
            }
            Start::Now(handle) => start(handle),
        }
    }
}
