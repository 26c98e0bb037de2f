//! The task that waits for a token, in a thread of its own: the subroutine as it is, on another stack.

use std::io;
use std::thread::{Builder, JoinHandle};

use workload::TaskHandle;

/// Takes the token with `take` as often as it comes, and passes it on with `send`. Returns at once; the rest
/// happens in the new thread.
///
/// # Errors
/// If the operating system gives no further thread.
pub fn pass<const N: usize>(
    thread: Builder,
    handle: TaskHandle,
    take: impl FnMut() -> Option<u64> + Send + 'static,
    send: impl Fn(u64) + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    thread.spawn(move || subroutine::relay::pass::<N>(handle, take, send))
}
