//! The task that waits for answers of a server, in a thread of its own: the subroutine as it is, on
//! another stack. It blocks that thread and no other.

use std::io;
use std::thread::{Builder, JoinHandle};

use workload::TaskHandle;

/// Has a server add two numbers. Returns at once; the rest happens in the new thread, which closes its
/// connection when it ends.
///
/// # Errors
/// If the operating system gives no further thread.
pub fn fetch<const N: usize>(thread: Builder, handle: TaskHandle) -> io::Result<JoinHandle<()>> {
    thread.spawn(move || subroutine::http::fetch::<N>(handle, &mut None))
}
