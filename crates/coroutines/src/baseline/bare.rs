//! The task written straight on our own executor.

use workload::{Ledger, Moment, Task};

use super::straight::{Straight, only_timers};
use crate::bare::{Executor, Sleep};

pub(super) const BARE: Straight = Straight {
    id: "baseline/bare",
    of: Some("coroutines/bare"),
    summary: "the task written straight on the executor of `coroutines/bare`",
    stays_in_process: false,
    unsupported: only_timers,
    start: || Ok(Box::new(run)),
};

fn run(ledger: &'static Ledger) {
    let mut executor = Executor::new();
    for index in 0..ledger.workload().tasks {
        executor.spawn(async move {
            ledger.enter(index);
            let deadline = Moment::now() + ledger.workload().duration_of(index);
            let deadline = Sleep::until(deadline).await;
            ledger.woke(index, deadline);
            ledger.leave(index, Task::nth(index).sum());
        });
    }
    executor.run();
}
