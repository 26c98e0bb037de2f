//! The task written straight on tokio.

use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep_until;
use workload::{ContestantId, Ledger, Moment, Task};

use super::straight::{Straight, only_timers};

pub(super) const MULTI_THREAD: Straight = Straight {
    id: ContestantId::new("baseline/tokio"),
    of: Some("coroutines/tokio"),
    summary: "the task written straight on tokio, a worker thread for each core",
    stays_in_process: false,
    unsupported: only_timers,
    start: || {
        let runtime = Builder::new_multi_thread().enable_io().enable_time().build()?;
        Ok(Box::new(move |ledger| run(&runtime, ledger)))
    },
};

pub(super) const CURRENT_THREAD: Straight = Straight {
    id: ContestantId::new("baseline/tokio-current-thread"),
    of: Some("coroutines/tokio-current-thread"),
    summary: "the task written straight on tokio, all on one thread",
    stays_in_process: false,
    unsupported: only_timers,
    start: || {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        Ok(Box::new(move |ledger| run(&runtime, ledger)))
    },
};

fn run(runtime: &Runtime, ledger: &'static Ledger) {
    runtime.block_on(async {
        for index in 0..ledger.workload().tasks {
            tokio::spawn(async move {
                ledger.enter(index);
                let deadline = Moment::now() + ledger.workload().duration_of(index);
                sleep_until(deadline.instant().into()).await;
                ledger.woke(index, deadline);
                ledger.leave(index, Task::nth(index).sum());
            });
        }
        ledger.over().await;
    });
}
