//! The end of a check that hangs.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// A check that has not ended after this long will not end.
const PATIENCE: Duration = Duration::from_secs(120);

/// Ends the process if a check hangs, because a test that hangs says nothing.
///
/// One thread watches over all checks: one for each would come and go while a check counts threads.
pub(super) struct Watchdog {
    checks: mpsc::Sender<Option<String>>,
}

impl Watchdog {
    pub(super) fn start() -> Arc<Self> {
        let (checks, under_way) = mpsc::channel::<Option<String>>();
        thread::spawn(move || {
            while let Ok(check) = under_way.recv() {
                let Some(name) = check else { continue };
                if under_way.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                    eprintln!("{name} has not ended after {} s", PATIENCE.as_secs());
                    std::process::exit(101);
                }
            }
        });
        Arc::new(Self { checks })
    }

    pub(super) fn over(&self, name: String) -> Watched<'_> {
        let _ = self.checks.send(Some(name));
        Watched(self)
    }
}

/// A check that is under way.
pub(super) struct Watched<'a>(&'a Watchdog);

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        let _ = self.0.checks.send(None);
    }
}
