//! Tasks of the workload on any runtime.

use std::future::Future;
use std::io;

use workload::{
    About, Contestant, Instance, Ledger, Moment, Refusal, Settings, State, StateSize, TaskHandle,
    Workload,
};

/// A contestant that runs the tasks of the workload on a runtime of one's own, as far as timers go.
///
/// `start` starts the runtime and gives what runs all tasks of a ledger: it takes them from
/// [`Ledger::starts`], starts each as soon as it is handed out, and returns when all are over. For a
/// runtime that runs futures, [`task()`] is such a task.
///
/// ```no_run
/// use std::process::ExitCode;
/// use contestant::workload::{Ledger, Start};
/// use tokio::runtime::Builder;
/// use tokio::time::sleep_until;
///
/// fn main() -> ExitCode {
///     contestant::serve([contestant::on_runtime("coroutines/mine", "tasks on one thread", || {
///         let runtime = Builder::new_current_thread().enable_time().build()?;
///         Ok(move |ledger: &'static Ledger| {
///             runtime.block_on(async {
///                 for start in ledger.starts() {
///                     match start {
///                         Start::Now(handle) => {
///                             let at = |moment: contestant::workload::Moment| {
///                                 sleep_until(moment.instant().into())
///                             };
///                             tokio::spawn(contestant::task(handle, at));
///                         }
///                         Start::At(moment) => sleep_until(moment.instant().into()).await,
///                     }
///                 }
///                 ledger.over().await;
///             });
///         })
///     })])
/// }
/// ```
///
/// A contestant that has sockets, holds state or has a ceiling implements
/// [`Contestant`](workload::Contestant) instead.
///
/// # Panics
/// If `id` is not of the form `model/name`.
pub fn on_runtime<S, R>(id: &'static str, summary: &'static str, start: S) -> Box<dyn Contestant>
where
    S: Fn() -> io::Result<R> + Send + Sync + 'static,
    R: FnMut(&'static Ledger) + 'static,
{
    Box::new(OnRuntime { about: About::new(id, summary), start })
}

/// A task of the workload for a runtime that runs futures: it waits with `sleep_until`, and holds no
/// state.
#[allow(clippy::manual_async_fn, reason = "an async function would hold its arguments twice")]
pub fn task<S, F>(mut handle: TaskHandle, sleep_until: S) -> impl Future<Output = ()>
where
    S: Fn(Moment) -> F,
    F: Future,
{
    async move {
        handle.sign_in();
        while let Some(deadline) = handle.next_wait() {
            sleep_until(deadline).await;
            handle.woke(deadline, &State::<0>::empty());
        }
        let sum = handle.task().sum();
        handle.sign_out(sum);
    }
}

pub(super) struct OnRuntime<S> {
    pub(super) about: About,
    pub(super) start: S,
}

impl<S, R> Contestant for OnRuntime<S>
where
    S: Fn() -> io::Result<R> + Send + Sync,
    R: FnMut(&'static Ledger) + 'static,
{
    fn about(&self) -> About {
        self.about
    }

    fn unsupported(&self, workload: &Workload) -> Option<&'static str> {
        let is_plain = workload.is_timer() && workload.state == StateSize::None;
        (!is_plain).then_some("timers, and holds no state of the workload's")
    }

    fn start(&self, _: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        let run =
            (self.start)().map_err(|source| Refusal::Start { what: "the runtime", source })?;
        Ok(Box::new(Started(run)))
    }
}

struct Started<R>(R);

impl<R: FnMut(&'static Ledger)> Instance for Started<R> {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        (self.0)(ledger);
        Ok(())
    }
}
