//! Signals: Ctrl-C, Ctrl-\, SIGTERM and a closed terminal stop the run, which keeps its record and leaves no
//! process behind; a file that is too large is an error like any other.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use anyhow::Context;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// How many signals it takes until the process ends without tidying up.
const IMPATIENT: u32 = 3;

static STOP: AtomicBool = AtomicBool::new(false);
static SIGNALS: AtomicU32 = AtomicU32::new(0);

/// While it is set, no number of signals ends the process: there is something to put back.
pub static TIDIES_UP: AtomicBool = AtomicBool::new(false);

extern "C" fn stop(_: c_int) {
    STOP.store(true, Ordering::SeqCst);
    let is_impatient = SIGNALS.fetch_add(1, Ordering::SeqCst) + 1 >= IMPATIENT;
    if is_impatient && !TIDIES_UP.load(Ordering::SeqCst) {
        // SAFETY: _exit(2) ends the process at once and may be called in a handler.
        unsafe { libc::_exit(130) }
    }
}

extern "C" fn go_on(_: c_int) {}

/// Begins to listen. The flag is set at the first signal; the third one ends the process. There is no
/// thread for it, which could be refused.
///
/// # Errors
/// If signals cannot be caught here.
pub fn listen() -> anyhow::Result<&'static AtomicBool> {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
        let before = catch(signal, SigHandler::Handler(stop))?;
        // `nohup` has it ignored.
        if signal == Signal::SIGHUP && matches!(before, SigHandler::SigIgn) {
            catch(signal, before)?;
        }
    }
    Ok(&STOP)
}

/// Has a write beyond the limit on the size of files fail, where the system would end the process
/// without a word (`SIGXFSZ` in setrlimit(2)). What is started by this process is not concerned.
pub fn outlive_large_files() {
    // Where that is refused, such a write ends the process as before.
    let _ = catch(Signal::SIGXFSZ, SigHandler::Handler(go_on));
}

fn catch(signal: Signal, handler: SigHandler) -> anyhow::Result<SigHandler> {
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handlers touch nothing but atomics, and call nothing but _exit(2).
    let before = unsafe { sigaction(signal, &action) };
    before.map(|before| before.handler()).with_context(|| format!("{signal} cannot be caught"))
}
