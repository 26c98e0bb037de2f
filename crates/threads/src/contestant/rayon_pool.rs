//! `threads/rayon-pool`: a rayon pool, made for tasks that compute, used for tasks that wait.
//!
//! Its workers are as many as asked for and not as many as there are cores: a worker that waits
//! computes nothing.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::{ThreadPool, ThreadPoolBuilder};
use subroutine::sleep::{TIMER, sleep_until};
use workload::{
    Ceiling, Contestant, ContestantId, Instance, Ledger, Refusal, Settings, Start, WithState,
};

use super::kept::run;

/// The contestant `threads/rayon-pool`.
#[derive(Clone, Copy, Debug)]
pub struct RayonPool;

impl Contestant for RayonPool {
    fn id(&self) -> ContestantId {
        ContestantId::new("threads/rayon-pool")
    }

    fn summary(&self) -> &'static str {
        "a rayon pool, whose workers steal tasks from each other"
    }

    fn ceiling(&self, settings: &Settings) -> Ceiling {
        Ceiling::Pool(settings.pool_workers)
    }

    /// Its idle workers look for work at each other, and 2,000 of them take seconds of CPU to come to rest.
    fn most_tasks(&self) -> Option<u32> {
        Some(1_000)
    }

    fn timer(&self) -> Option<&'static str> {
        Some(TIMER)
    }

    fn start(&self, settings: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        let workers = settings.pool_workers as usize;
        let pool = ThreadPoolBuilder::new().num_threads(workers).build().map_err(|error| {
            Refusal::Start { what: "a rayon pool", source: io::Error::other(error) }
        })?;
        Ok(Box::new(Pool(Some(pool))))
    }
}

struct Pool(Option<ThreadPool>);

impl Instance for Pool {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        if let Some(pool) = &self.0 {
            ledger.workload().state.with(Scope { pool, ledger });
        }
        Ok(())
    }
}

struct Scope<'a> {
    pool: &'a ThreadPool,
    ledger: &'static Ledger,
}

impl WithState for Scope<'_> {
    type Output = ();

    fn with<const N: usize>(self) {
        self.pool.in_place_scope(|scope| {
            for start in self.ledger.starts() {
                match start {
                    // The calling thread is none of the pool's.
                    Start::At(moment) => sleep_until(moment),
                    Start::Now(handle) => scope.spawn(move |_| {
                        // A scope hands a panic on to its caller. Here it must cost one task only,
                        // and the handle has counted it as lost.
                        let _ = catch_unwind(AssertUnwindSafe(|| run::<N>(handle)));
                    }),
                }
            }
        });
    }
}
