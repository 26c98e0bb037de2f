//! The task written straight on smol.

use smol::{LocalExecutor, Timer, block_on, spawn};
use workload::{Ledger, Moment, Task};

use super::straight::{Straight, only_timers};

pub(super) const GLOBAL: Straight = Straight {
    id: "baseline/smol",
    of: Some("coroutines/smol"),
    summary: "the task written straight on smol's global executor",
    stays_in_process: true,
    unsupported: only_timers,
    start: || {
        block_on(spawn(async {}));
        Ok(Box::new(|ledger| {
            block_on(async {
                for index in 0..ledger.workload().tasks {
                    spawn(add(ledger, index)).detach();
                }
                ledger.over().await;
            });
        }))
    },
};

pub(super) const LOCAL: Straight = Straight {
    id: "baseline/smol-local",
    of: Some("coroutines/smol-local"),
    summary: "the task written straight on smol's local executor",
    stays_in_process: true,
    unsupported: only_timers,
    start: || {
        let executor = LocalExecutor::new();
        Ok(Box::new(move |ledger| {
            for index in 0..ledger.workload().tasks {
                executor.spawn(add(ledger, index)).detach();
            }
            block_on(executor.run(ledger.over()));
        }))
    },
};

#[allow(clippy::manual_async_fn, reason = "an `async fn` would hold its arguments twice")]
fn add(ledger: &'static Ledger, index: u32) -> impl Future<Output = ()> + Send {
    async move {
        ledger.enter(index);
        let deadline = Moment::now() + ledger.workload().duration_of(index);
        let deadline = Timer::at(deadline.instant()).await.into();
        ledger.woke(index, deadline);
        ledger.leave(index, Task::nth(index).sum());
    }
}
