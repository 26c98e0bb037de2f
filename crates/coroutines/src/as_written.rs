//! tokio as people write it, beside `coroutines/tokio`, whose task is written to be small: tasks in a
//! [`JoinSet`], tasks as futures of one task, and a task of nested `async` functions.
//!
//! All of them run on the multi-thread scheduler.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::runtime::Runtime as Tokio;
use tokio::task::JoinSet;
use tokio::time::sleep_until;
use workload::{About, Arrival, Ledger, Moment, State, TaskHandle, Wait};

use crate::http::fetch;
use crate::runtime::start_each;
use crate::timer::add;
use crate::tokio::{MultiThread, Scheduler, about};

const fn as_written(id: &'static str, summary: &'static str) -> About {
    // What they weigh beside the best is known from fewer tasks than what that can do.
    let most_tasks = Some(100_000);
    About { most_tasks, is_as_written: true, ..about(id, summary) }
}

/// `coroutines/tokio-joinset`: each task spawned into a `JoinSet`, which keeps what a task returned
/// until it is asked for.
#[derive(Debug)]
pub struct InJoinSet;

impl Scheduler for InJoinSet {
    const ABOUT: About = as_written(
        "coroutines/tokio-joinset",
        "as people write it: async tasks on tokio, in a JoinSet",
    );

    fn run_all<const N: usize>(runtime: &Tokio, ledger: &'static Ledger) {
        runtime.block_on(async {
            let mut tasks = JoinSet::new();
            start_each::<MultiThread>(ledger.starts(), |handle| match ledger.workload().wait {
                Wait::Http(_) => drop(tasks.spawn(fetch::<MultiThread, N>(handle))),
                _ => drop(tasks.spawn(add::<MultiThread, N>(handle))),
            })
            .await;
            // A task that panicked has been counted as lost.
            while tasks.join_next().await.is_some() {}
        });
    }
}

/// `coroutines/tokio-join-all`: all tasks as futures of one task, which runs on one thread.
///
/// tokio lets a task do so many operations that are ready, 128, and then has each further one wait
/// until the task has let others run. `join_all` lets them run as soon as two of its futures wait for
/// that, so many timers that are due at once take a turn of the scheduler for each 128 of them.
#[derive(Debug)]
pub struct JoinAll;

impl Scheduler for JoinAll {
    const ABOUT: About = About {
        is_on_one_thread: true,
        ..as_written(
            "coroutines/tokio-join-all",
            "as people write it: one tokio task that joins all futures",
        )
    };

    fn run_all<const N: usize>(runtime: &Tokio, ledger: &'static Ledger) {
        let wait = ledger.workload().wait;
        match (wait, ledger.workload().arrival) {
            (Wait::Http(_), Arrival::Burst) => join(runtime, ledger, fetch::<MultiThread, N>),
            (_, Arrival::Burst) => join(runtime, ledger, add::<MultiThread, N>),
            // Whoever joins all futures has them all before the first is polled, so each begins with
            // the wait for its start.
            (Wait::Http(_), Arrival::Rate { .. }) => {
                join(runtime, ledger, |handle| in_turn(ledger, handle, fetch::<MultiThread, N>));
            }
            (_, Arrival::Rate { .. }) => {
                join(runtime, ledger, |handle| in_turn(ledger, handle, add::<MultiThread, N>));
            }
        }
    }
}

/// Polls the futures of all tasks in the task that calls. A panic would end that, with all of them, so
/// each future is kept from it.
fn join<F: Future<Output = ()>>(
    runtime: &Tokio,
    ledger: &'static Ledger,
    task: impl Fn(TaskHandle) -> F,
) {
    ledger.begun();
    let tasks = (0..ledger.workload().tasks).map(|index| task(ledger.handle(index)));
    runtime.block_on(join_all(tasks.map(|task| AssertUnwindSafe(task).catch_unwind())));
}

async fn in_turn<F: Future<Output = ()>>(
    ledger: &'static Ledger,
    handle: TaskHandle,
    task: impl Fn(TaskHandle) -> F,
) {
    sleep_until(ledger.start_of(handle.index()).instant().into()).await;
    task(handle).await;
}

/// `coroutines/tokio-async-fn`: the task as `async` functions that call each other and pass what they
/// have by value. It asks a server as `coroutines/tokio` does.
#[derive(Debug)]
pub struct AsyncFn;

impl Scheduler for AsyncFn {
    const ABOUT: About = as_written(
        "coroutines/tokio-async-fn",
        "as people write it: nested async functions, by value, on tokio",
    );

    fn run_all<const N: usize>(runtime: &Tokio, ledger: &'static Ledger) {
        runtime.block_on(async {
            start_each::<MultiThread>(ledger.starts(), |handle| match ledger.workload().wait {
                Wait::Http(_) => drop(tokio::spawn(fetch::<MultiThread, N>(handle))),
                _ => drop(tokio::spawn(add_by_value::<N>(handle))),
            })
            .await;
            ledger.over().await;
        });
    }
}

/// What [`add`] does. The frame has each argument twice in each of the three functions: as it was
/// passed and as it is used (rust-lang/rust#62958).
async fn add_by_value<const N: usize>(mut handle: TaskHandle) {
    handle.sign_in();
    let mut state = State::<N>::empty();
    state.fill(handle.task());
    let handle = wait_each_time(handle, state).await;
    let sum = handle.task().sum();
    handle.sign_out(sum);
}

async fn wait_each_time<const N: usize>(mut handle: TaskHandle, mut state: State<N>) -> TaskHandle {
    while let Some(deadline) = handle.next_wait() {
        (handle, state) = wait_once(handle, state, deadline).await;
    }
    handle
}

async fn wait_once<const N: usize>(
    handle: TaskHandle,
    state: State<N>,
    deadline: Moment,
) -> (TaskHandle, State<N>) {
    sleep_until(deadline.instant().into()).await;
    handle.woke(deadline, &state);
    (handle, state)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use workload::Workload;

    use super::*;

    #[test]
    fn nested_functions_hold_their_arguments_more_than_once() {
        fn frames<const N: usize>() -> (usize, usize) {
            let ledger = Ledger::open(Workload::timer(1, Duration::ZERO));
            let nested = size_of_val(&add_by_value::<N>(ledger.handle(0)));
            (nested, size_of_val(&add::<MultiThread, N>(ledger.handle(0))))
        }
        let ((nested, flat), (more_nested, more_flat)) = (frames::<0>(), frames::<8192>());
        assert!(nested > flat, "{nested} B, {flat} B");
        assert_eq!(more_flat - flat, 8192);
        assert!(more_nested - nested >= 2 * 8192, "{nested} B, with state {more_nested} B");
    }
}
