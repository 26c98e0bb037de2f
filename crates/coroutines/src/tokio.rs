//! `coroutines/tokio` and `coroutines/tokio-current-thread`.
//!
//! tokio's timers are a wheel with a resolution of one millisecond that rounds up, so its tasks wake
//! up to a millisecond late by design.

use std::future::Future;
use std::io;
use std::marker::PhantomData;

use tokio::runtime::{Builder, Runtime as Tokio};
use workload::{ContestantId, Ledger, Moment};

use crate::runtime::Runtime;
use crate::task::add;

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

/// One of tokio's schedulers.
pub trait Scheduler: 'static {
    /// Its contestant's id.
    const ID: ContestantId;

    /// What it is, in one line.
    const SUMMARY: &'static str;

    /// A runtime with it, still to be given its timers.
    fn builder() -> Builder;
}

/// A worker thread for each core.
#[derive(Debug)]
pub struct Workers;

impl Scheduler for Workers {
    const ID: ContestantId = ContestantId::new("coroutines/tokio");
    const SUMMARY: &'static str = "async tasks on tokio, a worker thread for each core";

    fn builder() -> Builder {
        Builder::new_multi_thread()
    }
}

/// The calling thread alone.
#[derive(Debug)]
pub struct Caller;

impl Scheduler for Caller {
    const ID: ContestantId = ContestantId::new("coroutines/tokio-current-thread");
    const SUMMARY: &'static str = "async tasks on tokio, all on one thread";

    fn builder() -> Builder {
        Builder::new_current_thread()
    }
}

impl<S: Scheduler> Runtime for OnTokio<S> {
    const ID: ContestantId = S::ID;
    const SUMMARY: &'static str = S::SUMMARY;

    fn new() -> io::Result<Self> {
        let runtime = S::builder().enable_time().build()?;
        Ok(Self { runtime, scheduler: PhantomData })
    }

    fn sleep_until(deadline: Moment) -> impl Future {
        tokio::time::sleep_until(deadline.instant().into())
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    fn run_all<const N: usize>(&mut self, ledger: &'static Ledger) {
        self.runtime.block_on(async {
            for index in 0..ledger.workload().tasks {
                tokio::spawn(add::<Self, N>(ledger.visit(index)));
            }
            ledger.over().await;
        });
    }
}
