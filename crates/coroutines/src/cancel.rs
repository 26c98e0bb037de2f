//! The task that waits for a timer and is cancelled meanwhile: its future is dropped.

use workload::{Ending, Ledger, Moment, TaskHandle};

use crate::in_time::in_time;
use crate::runtime::Sockets;
use crate::timer::add;

/// Adds two numbers after waiting, unless the workload wants this task to be cancelled.
pub(crate) async fn add_or_cancel<R: Sockets>(handle: TaskHandle) {
    let cancelled_after = handle.cancelled_after();
    let add = add::<R, 0>(handle);
    let Some(after) = cancelled_after else { return add.await };
    let operation = async move {
        add.await;
        Ok(())
    };
    // That it was not done in time is what is wanted.
    let _ = in_time::<R, ()>(Moment::now() + after, operation).await;
}

/// Whether the workload wants tasks to be cancelled.
pub(crate) fn is_cancelled(ledger: &Ledger) -> bool {
    ledger.workload().ending == Ending::Cancelled
}
