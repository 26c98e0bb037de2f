//! `coroutines/smol` and `coroutines/smol-local`.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use smol::channel::{Receiver, Sender, bounded};
use smol::io::{AsyncRead, AsyncWrite};
use smol::{Async, LocalExecutor, Timer};
use workload::{About, Ledger, Medium, Moment, Starts, TaskHandle, Wait, relay};

use crate::cancel::{add_or_cancel, is_cancelled};
use crate::http::fetch;
use crate::relay::pass;
use crate::runtime::{Runtime, Sockets, start_each};
use crate::timer::add;

/// smol with its global executor: as many threads as `SMOL_THREADS` says, one if it says nothing,
/// and one for the reactor.
#[derive(Debug)]
pub struct Global(());

impl Runtime for Global {
    const ABOUT: About =
        about("coroutines/smol", "async tasks on smol's global executor, one thread by default");
    const MEDIA: &'static [Medium] = &[Medium::Channel];

    fn new() -> io::Result<Self> {
        // The executor starts with the first task it is given.
        smol::block_on(smol::spawn(async {}));
        Ok(Self(()))
    }

    fn sleep_until(deadline: Moment) -> impl Future<Output = Moment> {
        SleepUntil(Timer::at(deadline.instant()))
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        smol::block_on(future)
    }

    fn run_all<const N: usize>(&mut self, ledger: &'static Ledger) {
        smol::block_on(async {
            let mut starts = ledger.starts();
            for (handle, (from, to)) in ring(&mut starts) {
                let take = async move || from.recv().await.ok();
                let task = pass::<N>(handle, take, move |token| send(&to, token));
                smol::spawn(task).detach();
            }
            start_each::<Self>(starts, |handle| match ledger.workload().wait {
                Wait::Timer { .. } if is_cancelled(ledger) => {
                    smol::spawn(add_or_cancel::<Self>(handle)).detach();
                }
                Wait::Timer { .. } | Wait::Relay(_) => {
                    smol::spawn(add::<Self, N>(handle)).detach();
                }
                Wait::Http(_) => smol::spawn(fetch::<Self, N>(handle)).detach(),
            })
            .await;
            ledger.over().await;
        });
    }
}

/// smol's executor for tasks that stay on their thread.
#[derive(Debug)]
pub struct Local(LocalExecutor<'static>);

impl Runtime for Local {
    const ABOUT: About = About {
        is_on_one_thread: true,
        ..about("coroutines/smol-local", "async tasks on smol's local executor, all on one thread")
    };
    const MEDIA: &'static [Medium] = &[Medium::Channel];

    fn new() -> io::Result<Self> {
        Ok(Self(LocalExecutor::new()))
    }

    fn sleep_until(deadline: Moment) -> impl Future<Output = Moment> {
        SleepUntil(Timer::at(deadline.instant()))
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        smol::block_on(self.0.run(future))
    }

    fn run_all<const N: usize>(&mut self, ledger: &'static Ledger) {
        let mut starts = ledger.starts();
        // A local executor hands the panic of a task on to its caller, when the task is gone
        // already. Here it must cost one task only, so the executor is run again for the others.
        while catch_unwind(AssertUnwindSafe(|| self.start_and_run::<N>(&mut starts, ledger)))
            .is_err()
        {}
    }
}

/// Both executors share one reactor, so their sockets are the same.
macro_rules! sockets {
    ($($executor:ty)*) => {$(
        impl Sockets for $executor {
            type Stream = Async<TcpStream>;

            fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> {
                Async::<TcpStream>::connect(address)
            }

            fn without_delay(stream: Self::Stream) -> io::Result<Self::Stream> {
                stream.get_ref().set_nodelay(true).map(|()| stream)
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
        }
    )*};
}

sockets! { Global Local }

impl Local {
    /// Spawns the tasks that have not been taken from `starts` yet, and returns when all are over.
    fn start_and_run<const N: usize>(&self, starts: &mut Starts, ledger: &'static Ledger) {
        let Self(executor) = self;
        smol::block_on(executor.run(async {
            for (handle, (from, to)) in ring(starts) {
                let take = async move || from.recv().await.ok();
                let task = pass::<N>(handle, take, move |token| send(&to, token));
                executor.spawn(task).detach();
            }
            start_each::<Self>(&mut *starts, |handle| match ledger.workload().wait {
                Wait::Timer { .. } if is_cancelled(ledger) => {
                    executor.spawn(add_or_cancel::<Self>(handle)).detach();
                }
                Wait::Timer { .. } | Wait::Relay(_) => {
                    executor.spawn(add::<Self, N>(handle)).detach();
                }
                Wait::Http(_) => executor.spawn(fetch::<Self, N>(handle)).detach(),
            })
            .await;
            ledger.over().await;
        }));
    }
}

/// The tasks of a relay over channels.
fn ring(starts: &mut Starts) -> impl Iterator<Item = (TaskHandle, (Receiver<u64>, Sender<u64>))> {
    let ring = relay::ring(Medium::Channel, starts, || Ok(bounded(1)), send);
    ring.into_iter().flatten()
}

/// Passes the token on. Where the first task has ended, it is not taken any more.
fn send(to: &Sender<u64>, token: u64) {
    let _ = to.try_send(token);
}

/// smol's timer, which yields the instant that it was set to.
struct SleepUntil(Timer);

impl Future for SleepUntil {
    type Output = Moment;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Moment> {
        Pin::new(&mut self.0).poll(context).map(Moment::from)
    }
}

/// What both executors have in common, which share one reactor.
const fn about(id: &'static str, summary: &'static str) -> About {
    About {
        timer: Some(TIMER),
        stays_in_process: true,
        can_cancel: true,
        ..About::new(id, summary)
    }
}

const TIMER: &str = "an ordered map, 1 ns; sleeps in the crate polling, which has the kernel time it with a timerfd";
