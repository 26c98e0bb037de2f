//! `threads/rayon-pool`: a rayon pool, made for tasks that compute, used for tasks that wait.
//!
//! Its workers are as many as asked for and not as many as there are cores: a worker that waits
//! computes nothing.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::{ThreadPool, ThreadPoolBuilder};
use subroutine::sleep::{TIMER, sleep_until};
use workload::{About, Ceiling, Contestant, Instance, Ledger, Refusal, Settings, Start, WithState};

use super::kept::run;

/// The contestant `threads/rayon-pool`.
#[derive(Clone, Copy, Debug)]
pub struct RayonPool;

impl Contestant for RayonPool {
    fn about(&self) -> About {
        let summary = "a rayon pool, whose workers steal tasks from each other";
        // Its idle workers look for work at each other: 2,000 take seconds of CPU to come to rest.
        let most_tasks = Some(1_000);
        About { timer: Some(TIMER), most_tasks, ..About::new("threads/rayon-pool", summary) }
    }

    fn ceiling(&self, settings: &Settings) -> Ceiling {
        Ceiling::Pool(settings.pool_workers)
    }

    fn start(&self, settings: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        let workers = settings.pool_workers as usize;
        let pool = ThreadPoolBuilder::new().num_threads(workers).build().map_err(|error| {
            Refusal::Start { what: "a rayon pool", source: io::Error::other(error) }
        })?;
        Ok(Box::new(Pool(pool)))
    }
}

struct Pool(ThreadPool);

impl Instance for Pool {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        ledger.workload().state.with(Scope { pool: &self.0, ledger });
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
