//! `threads/tokio-blocking`: the threads that tokio keeps for calls that block, which is where an async
//! program puts them.
//!
//! They are made when a task finds none idle, and end when they have been idle for 10 seconds. A thread
//! that the operating system refuses is not reported: the task stays in the queue.

use subroutine::sleep::{TIMER, sleep_until};
use tokio::runtime::{Builder, Runtime};
use workload::{About, Ceiling, Contestant, Instance, Ledger, Refusal, Settings, Start, WithState};

use super::kept::run;

const SUMMARY: &str =
    "as people write it: tokio's spawn_blocking, whose threads are made when they are needed";

/// The contestant `threads/tokio-blocking`.
#[derive(Clone, Copy, Debug)]
pub struct TokioBlocking;

impl Contestant for TokioBlocking {
    fn about(&self) -> About {
        let about = About::new("threads/tokio-blocking", SUMMARY);
        About { timer: Some(TIMER), is_as_written: true, ..about }
    }

    fn ceiling(&self, settings: &Settings) -> Ceiling {
        Ceiling::Pool(settings.pool_workers)
    }

    fn start(&self, settings: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        let workers = settings.pool_workers as usize;
        let runtime = Builder::new_current_thread().max_blocking_threads(workers).build();
        let what = "tokio's blocking threads";
        Ok(Box::new(Pool(runtime.map_err(|source| Refusal::Start { what, source })?)))
    }
}

struct Pool(Runtime);

impl Instance for Pool {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        ledger.workload().state.with(Spawn { runtime: &self.0, ledger });
        ledger.wait_until_over();
        Ok(())
    }
}

struct Spawn<'a> {
    runtime: &'a Runtime,
    ledger: &'static Ledger,
}

impl WithState for Spawn<'_> {
    type Output = ();

    fn with<const N: usize>(self) {
        for start in self.ledger.starts() {
            match start {
                // The calling thread is none of the pool's.
                Start::At(moment) => sleep_until(moment),
                // tokio keeps a panic to the task, and the handle has counted it as lost.
                Start::Now(handle) => drop(self.runtime.spawn_blocking(move || run::<N>(handle))),
            }
        }
    }
}
