//! `coroutines/tokio` and `coroutines/tokio-current-thread`.
//!
//! tokio's timers are a wheel with a resolution of one millisecond that rounds up, so its tasks wake
//! up to a millisecond late by design.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::unix::pipe::Receiver;
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime as Tokio};
use tokio::sync::mpsc;
use tokio::time::Sleep;
use workload::{About, Ledger, Medium, Moment, Starts, Wait, relay};

use crate::cancel::{add_or_cancel, is_cancelled};
use crate::http::fetch;
use crate::relay::pass;
use crate::runtime::{Runtime, Sockets, start_each};
use crate::timer::add;

/// tokio with one of its schedulers.
#[derive(Debug)]
pub struct OnTokio<S> {
    runtime: Tokio,
    scheduler: PhantomData<S>,
}

/// tokio with a worker thread for each core.
pub type MultiThread = OnTokio<Workers>;

/// tokio on the calling thread alone.
pub type CurrentThread = OnTokio<Caller>;

/// One of tokio's schedulers, and how it is given tasks.
pub trait Scheduler: Sized + 'static {
    /// Who its contestant is.
    const ABOUT: About;

    /// A runtime with it, still to be given its drivers.
    fn builder() -> Builder {
        Builder::new_multi_thread()
    }

    /// Runs each task of the ledger on the runtime, and returns when all are over.
    fn run_all<const N: usize>(runtime: &Tokio, ledger: &'static Ledger) {
        runtime.block_on(async {
            let mut starts = ledger.starts();
            spawn_rings::<N>(&mut starts);
            start_each::<OnTokio<Self>>(starts, |handle| match ledger.workload().wait {
                Wait::Timer { .. } if is_cancelled(ledger) => {
                    drop(tokio::spawn(add_or_cancel::<OnTokio<Self>>(handle)));
                }
                Wait::Timer { .. } | Wait::Relay(_) => {
                    drop(tokio::spawn(add::<OnTokio<Self>, N>(handle)));
                }
                Wait::Http(_) => drop(tokio::spawn(fetch::<OnTokio<Self>, N>(handle))),
            })
            .await;
            ledger.over().await;
        });
    }
}

/// Spawns the tasks of a relay.
fn spawn_rings<const N: usize>(starts: &mut Starts) {
    let channels = relay::ring(Medium::Channel, starts, || Ok(mpsc::channel(1)), send);
    for (handle, (mut from, to)) in channels.into_iter().flatten() {
        let take = async move || from.recv().await;
        tokio::spawn(pass::<N>(handle, take, move |token| send(&to, token)));
    }
    let pipe = || {
        let (to, from) = relay::pipe()?;
        Ok((to, Receiver::from_owned_fd(from.into())?))
    };
    let pipes = relay::ring(Medium::Pipe, starts, pipe, relay::write);
    for (handle, (from, to)) in pipes.expect("a pipe for each task") {
        let take = async move || loop {
            from.readable().await.ok()?;
            match relay::read(|buffer| from.try_read(buffer)) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read.ok()?,
            }
        };
        tokio::spawn(pass::<N>(handle, take, move |token| relay::write(&to, token)));
    }
}

/// Passes the token on. Where the first task has ended, it is not taken any more.
fn send(to: &mpsc::Sender<u64>, token: u64) {
    let _ = to.try_send(token);
}

/// What all contestants on tokio have in common.
pub(crate) const fn about(id: &'static str, summary: &'static str) -> About {
    About { timer: Some("a wheel, 1 ms, rounds up"), ..About::new(id, summary) }
}

/// A worker thread for each core.
#[derive(Debug)]
pub struct Workers;

impl Scheduler for Workers {
    const ABOUT: About = About {
        can_cancel: true,
        ..about("coroutines/tokio", "async tasks on tokio, a worker thread for each core")
    };
}

/// The calling thread alone.
#[derive(Debug)]
pub struct Caller;

impl Scheduler for Caller {
    const ABOUT: About = About {
        can_cancel: true,
        is_on_one_thread: true,
        ..about("coroutines/tokio-current-thread", "async tasks on tokio, all on one thread")
    };

    fn builder() -> Builder {
        Builder::new_current_thread()
    }
}

pin_project! {
    /// tokio's timer, which yields its deadline.
    struct SleepUntil {
        #[pin]
        sleep: Sleep,
    }
}

impl Future for SleepUntil {
    type Output = Moment;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Moment> {
        let mut sleep = self.project().sleep;
        ready!(sleep.as_mut().poll(context));
        Poll::Ready(sleep.deadline().into_std().into())
    }
}

impl<S: Scheduler> Runtime for OnTokio<S> {
    const ABOUT: About = S::ABOUT;
    const MEDIA: &'static [Medium] =
        if S::ABOUT.is_as_written { &[] } else { &[Medium::Channel, Medium::Pipe] };

    fn new() -> io::Result<Self> {
        let runtime = S::builder().enable_io().enable_time().build()?;
        Ok(Self { runtime, scheduler: PhantomData })
    }

    fn sleep_until(deadline: Moment) -> impl Future<Output = Moment> {
        SleepUntil { sleep: tokio::time::sleep_until(deadline.instant().into()) }
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    fn run_all<const N: usize>(&mut self, ledger: &'static Ledger) {
        S::run_all::<N>(&self.runtime, ledger);
    }
}

impl<S: Scheduler> Sockets for OnTokio<S> {
    type Stream = TcpStream;

    #[allow(clippy::manual_async_fn, reason = "the frame is smaller this way; see `timer::add`")]
    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<TcpStream>> {
        async move {
            let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            socket.set_nodelay(true)?;
            socket.connect(address).await
        }
    }

    fn poll_read(
        stream: &mut TcpStream,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        Pin::new(stream).poll_read(context, &mut buffer).map_ok(|()| buffer.filled().len())
    }

    fn poll_write(
        stream: &mut TcpStream,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(stream).poll_write(context, bytes)
    }
}
