//! `coroutines/async-std`.
//!
//! async-std is discontinued (RUSTSEC-2025-0052), and its authors point to smol. It is kept here
//! because services still run on it and their owners want to know what a move would bring. It has
//! one reactor thread for the whole process, which it shares with smol where both are used.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_std::io::{Read, Write};
use async_std::net::TcpStream;
use pin_project_lite::pin_project;
use workload::{About, Ledger, Moment, Wait};

use crate::cancel::{add_or_cancel, is_cancelled};
use crate::http::fetch;
use crate::runtime::{Runtime, Sockets, start_each};
use crate::timer::add;

const TIMER: &str = "an ordered map, 1 ns; sleeps in the crate polling, which has the kernel time it with a timerfd";

const CAUTION: &str = "async-std is discontinued (RUSTSEC-2025-0052); its authors recommend smol";

/// async-std with its global executor: a thread for each core and one for the reactor.
#[derive(Debug)]
pub struct AsyncStd(());

pin_project! {
    /// A sleep of async-std, with the deadline that it does not tell.
    struct SleepUntil<S> {
        #[pin]
        sleep: S,
        deadline: Moment,
    }
}

impl<S: Future<Output = ()>> Future for SleepUntil<S> {
    type Output = Moment;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Moment> {
        let this = self.project();
        this.sleep.poll(context).map(|()| *this.deadline)
    }
}

impl Runtime for AsyncStd {
    const ABOUT: About = About {
        timer: Some(TIMER),
        caution: Some(CAUTION),
        stays_in_process: true,
        can_cancel: true,
        ..About::new("coroutines/async-std", "async tasks on async-std's global executor")
    };

    fn new() -> io::Result<Self> {
        // The executor starts with the first task it is given.
        async_std::task::block_on(async_std::task::spawn(async {}));
        Ok(Self(()))
    }

    fn sleep_until(deadline: Moment) -> impl Future<Output = Moment> {
        SleepUntil { sleep: async_std::task::sleep(deadline.since(Moment::now())), deadline }
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        async_std::task::block_on(future)
    }

    fn run_all<const N: usize>(&mut self, ledger: &'static Ledger) {
        async_std::task::block_on(async {
            start_each::<Self>(ledger.starts(), |handle| match ledger.workload().wait {
                Wait::Timer { .. } if is_cancelled(ledger) => {
                    drop(async_std::task::spawn(add_or_cancel::<Self>(handle)));
                }
                Wait::Timer { .. } | Wait::Relay(_) => {
                    drop(async_std::task::spawn(add::<Self, N>(handle)));
                }
                Wait::Http(_) => drop(async_std::task::spawn(fetch::<Self, N>(handle))),
            })
            .await;
            ledger.over().await;
        });
    }
}

impl Sockets for AsyncStd {
    type Stream = TcpStream;

    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<TcpStream>> {
        TcpStream::connect(address)
    }

    fn without_delay(stream: TcpStream) -> io::Result<TcpStream> {
        stream.set_nodelay(true).map(|()| stream)
    }

    fn poll_read(
        stream: &mut TcpStream,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(stream).poll_read(context, buffer)
    }

    fn poll_write(
        stream: &mut TcpStream,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(stream).poll_write(context, bytes)
    }
}
