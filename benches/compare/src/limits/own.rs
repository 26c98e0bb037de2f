//! The limits that this process changes or refuses for itself.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};

/// The soft limit on descriptors before it was raised.
pub(super) static NOFILE_GIVEN: OnceLock<rlim_t> = OnceLock::new();

/// Raises this process's soft limit on descriptors to the hard one, for itself and for what it
/// starts: a limit that any user may lift is no wall. Where the system refuses, it stays.
pub fn raise_descriptors() {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    let _ = NOFILE_GIVEN.set(soft);
    if soft < hard {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

/// Undoes [`raise_descriptors`], for a program that is to be started with what this one was given.
pub fn restore_descriptors() {
    if let (Some(&soft), Ok((_, hard))) = (NOFILE_GIVEN.get(), getrlimit(Resource::RLIMIT_NOFILE)) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, soft, hard);
    }
}

/// The least stack that the main thread can do with: a debug build needs nearly as much.
const LEAST_STACK_BYTES: rlim_t = 512 << 10;

/// Says that the stack is too small, and returns how the process ends; `None` if it is not.
pub fn refuse_a_small_stack() -> Option<ExitCode> {
    let (soft, _) = getrlimit(Resource::RLIMIT_STACK).ok()?;
    if soft >= LEAST_STACK_BYTES {
        return None;
    }
    let (given, least) = (soft >> 10, LEAST_STACK_BYTES >> 10);
    // Written as it is: little can be called with so little stack.
    let _ = writeln!(
        io::stderr(),
        "compare: the stack may take {given} KiB, and {least} KiB are needed: `ulimit -s 8192` gives more"
    );
    Some(ExitCode::from(2))
}
