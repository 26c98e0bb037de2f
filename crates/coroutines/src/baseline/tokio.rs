//! The task written straight on tokio.

use std::io;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::time::sleep_until;
use workload::{Ledger, Moment, Task};

use super::straight::{Straight, only_timers_and_relays};

pub(super) const MULTI_THREAD: Straight = Straight {
    id: "baseline/tokio",
    of: Some("coroutines/tokio"),
    summary: "the task written straight on tokio, a worker thread for each core",
    stays_in_process: false,
    unsupported: only_timers_and_relays,
    start: || start(Builder::new_multi_thread()),
};

pub(super) const CURRENT_THREAD: Straight = Straight {
    id: "baseline/tokio-current-thread",
    of: Some("coroutines/tokio-current-thread"),
    summary: "the task written straight on tokio, all on one thread",
    stays_in_process: false,
    unsupported: only_timers_and_relays,
    start: || start(Builder::new_current_thread()),
};

fn start(mut builder: Builder) -> io::Result<Box<dyn FnMut(&'static Ledger)>> {
    let runtime = builder.enable_io().enable_time().build()?;
    Ok(Box::new(move |ledger| run(&runtime, ledger)))
}

fn run(runtime: &Runtime, ledger: &'static Ledger) {
    runtime.block_on(async {
        if ledger.workload().is_relay() {
            relay(ledger);
            return ledger.over().await;
        }
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

/// A token through a ring of channels.
fn relay(ledger: &'static Ledger) {
    let (tasks, laps) = (ledger.workload().tasks, ledger.workload().waits_per_task.get());
    let (mut to, from): (Vec<_>, Vec<_>) = (0..tasks).map(|_| mpsc::channel(1)).unzip();
    if let Some(first) = to.first() {
        let _ = first.try_send(0);
        to.rotate_left(1);
    }
    for (index, (to, mut from)) in (0..).zip(to.into_iter().zip(from)) {
        tokio::spawn(async move {
            ledger.enter(index);
            let mut token = 0;
            for _ in 0..laps {
                token = from.recv().await.unwrap_or_default();
                let _ = to.try_send(token + 1);
            }
            // Another token than the last one that it should have makes the sum wrong.
            let last = u64::from(laps - 1) * u64::from(tasks) + u64::from(index);
            ledger.leave(index, Task::nth(index).sum() ^ token ^ last);
        });
    }
}
