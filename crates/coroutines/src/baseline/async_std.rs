//! The task written straight on async-std.

use async_std::task::{block_on, sleep, spawn};
use workload::{Ledger, Moment, Task};

use super::straight::{Straight, only_timers};

pub(super) const ASYNC_STD: Straight = Straight {
    id: "baseline/async-std",
    of: Some("coroutines/async-std"),
    summary: "the task written straight on async-std's global executor",
    stays_in_process: true,
    unsupported: only_timers,
    start: || {
        block_on(spawn(async {}));
        Ok(Box::new(run))
    },
};

fn run(ledger: &'static Ledger) {
    block_on(async {
        for index in 0..ledger.workload().tasks {
            spawn(async move {
                ledger.enter(index);
                let wait = ledger.workload().duration_of(index);
                let deadline = Moment::now() + wait;
                sleep(wait).await;
                ledger.woke(index, deadline);
                ledger.leave(index, Task::nth(index).sum());
            });
        }
        ledger.over().await;
    });
}
