//! `threads/crossbeam-pool`: workers that take tasks from a crossbeam channel.
//!
//! The channel is unbounded: what waits in it has not started, and is no waiting task.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender, unbounded};
use subroutine::connection::Connection;
use subroutine::contestant::run;
use subroutine::sleep::{TIMER, sleep_until};
use workload::{
    About, Ceiling, Contestant, Instance, Ledger, Refusal, Settings, Start, TaskHandle, WithState,
};

/// The contestant `threads/crossbeam-pool`.
#[derive(Clone, Copy, Debug)]
pub struct CrossbeamPool;

impl Contestant for CrossbeamPool {
    fn about(&self) -> About {
        let summary = "a pool of std threads that take tasks from a crossbeam channel";
        About { timer: Some(TIMER), ..About::new("threads/crossbeam-pool", summary) }
    }

    fn ceiling(&self, settings: &Settings) -> Ceiling {
        Ceiling::Pool(settings.pool_workers)
    }

    fn start(&self, settings: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        let (tasks, queue) = unbounded();
        let mut pool = Pool { tasks: Some(tasks), workers: Vec::new() };
        for nth in 1..=u64::from(settings.pool_workers) {
            let queue = queue.clone();
            let worker = Builder::new().spawn(move || work(&queue)).map_err(|source| {
                Refusal::Thread { nth, wanted: u64::from(settings.pool_workers), source }
            })?;
            pool.workers.push(worker);
        }
        Ok(Box::new(pool))
    }
}

/// What goes through the channel: a task, and the code for the size of its state.
struct Job {
    handle: TaskHandle,
    run: Run,
}

/// Runs a task with the worker's kept connection at hand.
type Run = fn(TaskHandle, &mut Option<Connection>);

struct Pool {
    tasks: Option<Sender<Job>>,
    workers: Vec<JoinHandle<()>>,
}

impl Instance for Pool {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        let run = ledger.workload().state.with(Code);
        if let Some(tasks) = &self.tasks {
            for start in ledger.starts() {
                match start {
                    Start::At(moment) => sleep_until(moment),
                    Start::Now(handle) => {
                        // The workers keep the channel open. If they were gone, the job would come
                        // back and be dropped, and its task be counted as lost.
                        let _ = tasks.send(Job { handle, run });
                    }
                }
            }
        }
        ledger.wait_until_over();
        Ok(())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // Without a sender the channel is closed, and the workers come to their end.
        self.tasks = None;
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

struct Code;

impl WithState for Code {
    type Output = Run;

    fn with<const N: usize>(self) -> Run {
        run::<N>
    }
}

fn work(queue: &Receiver<Job>) {
    let mut kept = None;
    for Job { handle, run } in queue {
        // A panic must cost one task and not the worker. The handle has counted it as lost.
        let _ = catch_unwind(AssertUnwindSafe(|| run(handle, &mut kept)));
    }
}
