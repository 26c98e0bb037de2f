//! `coroutines/async-std`.
//!
//! async-std is discontinued (RUSTSEC-2025-0052), and its authors point to smol. It is kept here
//! because services still run on it and their owners want to know what a move would bring. It has
//! one reactor thread for the whole process, which it shares with smol where both are used.

use std::future::Future;
use std::io;

use workload::{ContestantId, Ledger, Moment};

use crate::runtime::Runtime;
use crate::task::add;

/// async-std with its global executor: a thread for each core and one for the reactor.
#[derive(Debug)]
pub struct AsyncStd(());

impl Runtime for AsyncStd {
    const ID: ContestantId = ContestantId::new("coroutines/async-std");
    const SUMMARY: &'static str = "async tasks on async-std's global executor";
    const STAYS_IN_PROCESS: bool = true;
    const CAUTION: Option<&'static str> =
        Some("async-std is discontinued (RUSTSEC-2025-0052); its authors recommend smol");

    fn new() -> io::Result<Self> {
        // The executor starts with the first task it is given.
        async_std::task::block_on(async_std::task::spawn(async {}));
        Ok(Self(()))
    }

    fn sleep_until(deadline: Moment) -> impl Future {
        async_std::task::sleep(deadline.since(Moment::now()))
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        async_std::task::block_on(future)
    }

    fn run_all<const N: usize>(&mut self, ledger: &'static Ledger) {
        async_std::task::block_on(async {
            for index in 0..ledger.workload().tasks {
                async_std::task::spawn(add::<Self, N>(ledger.visit(index)));
            }
            ledger.over().await;
        });
    }
}
