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
//! | [`waker`] | wakers that take no allocation |

pub mod executor;
pub mod slab;
pub mod sleep;
pub mod waker;

use std::future::Future;
use std::io;

use workload::{ContestantId, Ledger, Moment};

pub use self::executor::{Executor, block_on};
pub use self::sleep::Sleep;
use crate::runtime::Runtime;
use crate::task::add;

/// The contestant's runtime.
#[derive(Debug)]
pub struct Bare(());

impl Runtime for Bare {
    const ID: ContestantId = ContestantId::new("coroutines/bare");
    const SUMMARY: &'static str = "futures in one slab, polled by hand over one heap of deadlines";

    fn new() -> io::Result<Self> {
        Ok(Self(()))
    }

    fn sleep_until(deadline: Moment) -> impl Future {
        Sleep::until(deadline)
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        block_on(future)
    }

    fn run_all<const N: usize>(&mut self, ledger: &'static Ledger) {
        let mut executor = Executor::new();
        for index in 0..ledger.workload().tasks {
            executor.spawn(add::<Self, N>(ledger.visit(index)));
        }
        executor.run();
    }
}
