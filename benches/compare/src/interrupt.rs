//! Ctrl-C and SIGTERM: the run stops, keeps its record, and leaves no process behind.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use anyhow::Context;

/// How many signals it takes until the process ends without tidying up.
const IMPATIENT: u32 = 3;

/// Begins to listen. The flag is set at the first signal; the third one ends the process.
///
/// # Errors
/// If signals cannot be caught here.
pub fn listen() -> anyhow::Result<&'static AtomicBool> {
    static STOP: AtomicBool = AtomicBool::new(false);
    static SIGNALS: AtomicU32 = AtomicU32::new(0);
    ctrlc::set_handler(|| {
        STOP.store(true, Ordering::SeqCst);
        if SIGNALS.fetch_add(1, Ordering::SeqCst) + 1 >= IMPATIENT {
            std::process::exit(130);
        }
    })
    .context("interrupts cannot be caught")?;
    Ok(&STOP)
}
