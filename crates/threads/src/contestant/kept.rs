//! A task on a worker whose loop is a library's own: what such a worker keeps from one task to the next
//! is kept by its thread, and closed when that ends.

use std::cell::Cell;

use subroutine::connection::Connection;
use workload::TaskHandle;

/// Runs a task with the worker's kept connection at hand.
pub(super) fn run<const N: usize>(handle: TaskHandle) {
    let mut kept = KEPT.take();
    subroutine::contestant::run::<N>(handle, &mut kept);
    KEPT.set(kept);
}

thread_local! {
    /// A connection that can serve the worker's next task.
    static KEPT: Cell<Option<Connection>> = const { Cell::new(None) };
}
