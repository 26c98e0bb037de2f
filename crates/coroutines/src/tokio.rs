//! `coroutines/tokio` and `coroutines/tokio-current-thread`.
//!
//! tokio's timers are a wheel with a resolution of one millisecond that rounds up, so its tasks wake
//! up to a millisecond late by design.

use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Runtime as Tokio};
use workload::{ContestantId, Ledger, Moment};

use crate::runtime::Runtime;
use crate::task::add;

/// tokio with a worker thread for each core.
#[derive(Debug)]
pub struct MultiThread(Tokio);

impl Runtime for MultiThread {
    const ID: ContestantId = ContestantId::new("coroutines/tokio");
    const SUMMARY: &'static str = "async tasks on tokio, a worker thread for each core";

    fn new() -> io::Result<Self> {
        Builder::new_multi_thread().enable_time().build().map(Self)
    }

    fn sleep_until(deadline: Moment) -> impl Future {
        tokio::time::sleep_until(deadline.instant().into())
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn run_all<const N: usize>(&mut self, ledger: &'static Ledger) {
        self.0.block_on(async {
            for index in 0..ledger.workload().tasks {
                tokio::spawn(add::<Self, N>(ledger.visit(index)));
            }
            ledger.over().await;
        });
    }
}

/// tokio on the calling thread alone.
#[derive(Debug)]
pub struct CurrentThread(Tokio);

impl Runtime for CurrentThread {
    const ID: ContestantId = ContestantId::new("coroutines/tokio-current-thread");
    const SUMMARY: &'static str = "async tasks on tokio, all on one thread";

    fn new() -> io::Result<Self> {
        Builder::new_current_thread().enable_time().build().map(Self)
    }

    fn sleep_until(deadline: Moment) -> impl Future {
        tokio::time::sleep_until(deadline.instant().into())
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn run_all<const N: usize>(&mut self, ledger: &'static Ledger) {
        self.0.block_on(async {
            for index in 0..ledger.workload().tasks {
                tokio::spawn(add::<Self, N>(ledger.visit(index)));
            }
            ledger.over().await;
        });
    }
}
