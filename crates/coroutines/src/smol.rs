//! `coroutines/smol` and `coroutines/smol-local`.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use smol::io::{AsyncRead, AsyncWrite};
use smol::{Async, LocalExecutor, Timer};
use workload::{ContestantId, Ledger, Moment, Wait};

use crate::fetch::fetch;
use crate::runtime::Runtime;
use crate::task::add;

/// smol with its global executor: as many threads as `SMOL_THREADS` says, one if it says nothing,
/// and one for the reactor.
#[derive(Debug)]
pub struct Global(());

impl Runtime for Global {
    const ID: ContestantId = ContestantId::new("coroutines/smol");
    const SUMMARY: &'static str = "async tasks on smol's global executor, one thread by default";
    const STAYS_IN_PROCESS: bool = true;

    type Stream = Async<TcpStream>;

    fn new() -> io::Result<Self> {
        // The executor starts with the first task it is given.
        smol::block_on(smol::spawn(async {}));
        Ok(Self(()))
    }

    fn sleep_until(deadline: Moment) -> impl Future {
        Timer::at(deadline.instant())
    }

    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> {
        connect(address)
    }

    fn poll_read(
        stream: &mut Self::Stream,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(stream).poll_read(context, buffer)
    }

    fn poll_write(
        stream: &mut Self::Stream,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(stream).poll_write(context, bytes)
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        smol::block_on(future)
    }

    fn run_all<const N: usize>(&mut self, ledger: &'static Ledger) {
        smol::block_on(async {
            for index in 0..ledger.workload().tasks {
                let visit = ledger.visit(index);
                match ledger.workload().wait {
                    Wait::Timer { .. } => smol::spawn(add::<Self, N>(visit)).detach(),
                    Wait::Http(_) => smol::spawn(fetch::<Self, N>(visit)).detach(),
                }
            }
            ledger.over().await;
        });
    }
}

/// smol's executor for tasks that stay on their thread.
#[derive(Debug)]
pub struct Local(LocalExecutor<'static>);

impl Runtime for Local {
    const ID: ContestantId = ContestantId::new("coroutines/smol-local");
    const SUMMARY: &'static str = "async tasks on smol's local executor, all on one thread";
    const STAYS_IN_PROCESS: bool = true;

    type Stream = Async<TcpStream>;

    fn new() -> io::Result<Self> {
        Ok(Self(LocalExecutor::new()))
    }

    fn sleep_until(deadline: Moment) -> impl Future {
        Timer::at(deadline.instant())
    }

    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> {
        connect(address)
    }

    fn poll_read(
        stream: &mut Self::Stream,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(stream).poll_read(context, buffer)
    }

    fn poll_write(
        stream: &mut Self::Stream,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(stream).poll_write(context, bytes)
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        smol::block_on(self.0.run(future))
    }

    fn run_all<const N: usize>(&mut self, ledger: &'static Ledger) {
        for index in 0..ledger.workload().tasks {
            let visit = ledger.visit(index);
            match ledger.workload().wait {
                Wait::Timer { .. } => self.0.spawn(add::<Self, N>(visit)).detach(),
                Wait::Http(_) => self.0.spawn(fetch::<Self, N>(visit)).detach(),
            }
        }
        // A local executor hands the panic of a task on to whoever runs it, when the task is gone
        // already. Here it must cost one task only, so the executor is run again for the others.
        while catch_unwind(AssertUnwindSafe(|| self.block_on(ledger.over()))).is_err() {}
    }
}

/// Both executors share one reactor, and its sockets.
#[allow(clippy::manual_async_fn, reason = "the frame is smaller this way; see `task::add`")]
fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Async<TcpStream>>> {
    async move {
        let stream = Async::<TcpStream>::connect(address).await?;
        stream.get_ref().set_nodelay(true)?;
        Ok(stream)
    }
}
