//! The task that waits for a timer, in a thread of its own: the subroutine as it is, on another stack,
//! which keeps where the task stopped and with what. The kernel switches between the stacks.

use std::io;
use std::thread::{Builder, JoinHandle};

use workload::TaskHandle;

/// Adds two numbers after waiting. Returns at once; the rest happens in the new thread.
///
/// # Errors
/// If the operating system gives no further thread.
pub fn add<const N: usize>(thread: Builder, handle: TaskHandle) -> io::Result<JoinHandle<()>> {
    thread.spawn(move || subroutine::timer::add::<N>(handle))
}
