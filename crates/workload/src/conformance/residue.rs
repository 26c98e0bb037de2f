//! What a contestant leaves behind in the process: threads and descriptors.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::contestant::Contestant;

/// A thread that was joined can stay listed for a moment, until the kernel has buried it.
const BURIAL: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Residue {
    threads: usize,
    descriptors: usize,
}

/// Counts this process's threads and descriptors now.
///
/// Other systems than Linux say nothing of threads, which count as zero there; descriptors are counted.
pub(super) fn count() -> Result<Residue, String> {
    let threads = if cfg!(target_os = "linux") { threads()? } else { 0 };
    // Reading the folder opens one more, which is in the count each time.
    let descriptors = fs::read_dir("/dev/fd").map_err(|e| format!("descriptors: {e}"))?;
    Ok(Residue { threads, descriptors: descriptors.count() })
}

fn threads() -> Result<usize, String> {
    // The list in `/proc/self/task` is no count: it ends early when a thread ends while it is read.
    let status = fs::read_to_string("/proc/self/status").map_err(|e| format!("status: {e}"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("Threads:")?.trim().parse().ok())
        .ok_or_else(|| format!("/proc/self/status names no count of threads: {status}"))
}

/// Counts when the count has not changed for a while.
pub(super) fn settled() -> Result<Residue, String> {
    let mut last = count()?;
    loop {
        thread::sleep(Duration::from_millis(50));
        let now = count()?;
        if now == last {
            return Ok(now);
        }
        last = now;
    }
}

/// Waits until no more is there than `allowed`.
pub(super) fn expect_at_most(allowed: Residue, after: &str) -> Result<(), String> {
    let patience = Instant::now() + BURIAL;
    loop {
        let now = count()?;
        if now.threads <= allowed.threads && now.descriptors <= allowed.descriptors {
            return Ok(());
        }
        if Instant::now() > patience {
            return Err(format!("after {after} there is {now:?}, where {allowed:?} is allowed"));
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Expects that four cycles of work leave no more behind than one may.
pub(super) fn expect_nothing_left(
    contestant: &dyn Contestant,
    cycle: impl Fn() -> Result<(), String>,
) -> Result<(), String> {
    let before = count()?;
    cycle()?;
    let allowed = if contestant.about().stays_in_process { settled()? } else { before };
    expect_at_most(allowed, "one run")?;
    for _ in 0..3 {
        cycle()?;
    }
    expect_at_most(allowed, "four runs")
}
