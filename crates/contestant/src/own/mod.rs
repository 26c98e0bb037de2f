//! Futures of one's own, weighed where they wait, and runtimes of one's own.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `gate` | [`Gate`]: where a future waits, and what is kept of each task beside its future |
//! | `executor` | runs one future for each task, on one thread |
//! | `slab` | the futures, side by side |
//! | `runtime` | [`on_runtime()`]: tasks of the workload on any runtime; [`task()`]: one of them |

mod executor;
mod gate;
mod runtime;
mod slab;

use std::future::Future;
use std::io;
use std::sync::Arc;

use workload::{About, Contestant, Ledger};

pub use gate::{Gate, Wait};
use runtime::OnRuntime;
pub use runtime::{on_runtime, task};

/// A contestant out of a future of one's own, which is weighed where it waits: at
/// [`gate.wait()`](Gate::wait).
///
/// ```
/// use std::hint::black_box;
///
/// let held = contestant::own("own/holds-1000", "a future that holds 1,000 B", |gate| async move {
///     let mut state = [0_u8; 1000];
///     black_box(&mut state);
///     gate.wait().await;
///     black_box(&state);
/// });
/// # drop(held);
/// ```
///
/// There is one such future for each task. All stand side by side in one slab, and one thread polls
/// them. What is kept of a task beside its future is the same for every future, and a [`Gate`] takes
/// nothing. So the difference between what two futures weigh is the difference of their sizes. What a
/// future has in boxes is weighed with it.
///
/// A task whose future ends before its wait is over, or panics, is lost. Everything else may be awaited
/// too: there is one waker for all, which has every future polled again.
///
/// # Panics
/// If `id` is not of the form `model/name`.
pub fn own<F, Fut>(id: &'static str, summary: &'static str, future: F) -> Box<dyn Contestant>
where
    F: Fn(Gate) -> Fut + Send + Sync + 'static,
    Fut: Future,
{
    let future = Arc::new(future);
    let start = move || {
        let future = future.clone();
        Ok::<_, io::Error>(move |ledger: &'static Ledger| executor::run(&*future, ledger))
    };
    let about = About {
        timer: Some("a binary heap, 1 ns; parks the thread"),
        is_on_one_thread: true,
        is_floor: true,
        ..About::new(id, summary)
    };
    Box::new(OnRuntime { about, start })
}
