//! What the server sees of a run.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use workload::http::Stats;
use workload::{Http, Workload};

use super::ending::Ending;
use super::process::TICK;
use super::watched::{Stopped, Watched};
use crate::servers;
use protocol::ns;
use record::ServerProof;

/// How long tasks may take to end with errors when their server says nothing any more.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// How long the server may see nothing new of requests that are under way. After that the tasks are
/// asked: what failed on the way to it never shows there.
const STALLED: Duration = Duration::from_secs(3);

/// What a request may take beyond its delay, on a slow machine.
const REQUEST: Duration = Duration::from_millis(20);

/// How long the server may take to count its last answers.
const COUNTING: Duration = Duration::from_secs(1);

/// How many requests the tasks make.
pub(super) fn of(workload: &Workload) -> u64 {
    u64::from(workload.tasks) * u64::from(workload.waits_per_task.get())
}

/// What connecting and asking may take beyond the waits where tasks do it one after another.
pub(super) fn work(workload: &Workload, expected: u64) -> Duration {
    if workload.asks().is_none() {
        return Duration::ZERO;
    }
    let in_turn = of(workload).div_ceil(expected.max(1));
    REQUEST.saturating_mul(u32::try_from(in_turn).unwrap_or(u32::MAX))
}

/// Waits until the server has as many requests open as are expected; `None` if that cannot be
/// any more, because too few are left to come, or none comes any more. `over` of its requests are of an earlier wave.
pub(super) fn wait_for_server(
    run: &mut Watched<'_>,
    workload: &Workload,
    http: &Http,
    expected: u64,
    over: u64,
    gone: Instant,
    exhausted_before: u64,
) -> Result<Option<ServerProof>, Stopped> {
    let requests = over + of(workload);
    let (mut last, mut moved) = (Stats::default(), Instant::now());
    loop {
        let stats = ask(run, http)?;
        if stats != last {
            (last, moved) = (stats, Instant::now());
        }
        if stats.open == expected {
            return Ok(Some(ServerProof {
                open_before_weighing: stats.open,
                all_open_ns: ns(gone.elapsed()),
                ..ServerProof::default()
            }));
        }
        if stats.exhausted > exhausted_before {
            return Err(Ending::ServerFull { last_seen: run.last_seen }.into());
        }
        let is_late =
            moved.elapsed() > STALLED || gone.elapsed() > run.patience + workload.longest(expected);
        if requests.saturating_sub(stats.served + stats.broken) < expected || is_late {
            return Ok(None);
        }
        if run.stop.load(Ordering::SeqCst) {
            return Err(Ending::Interrupted.into());
        }
        run.glance();
        thread::sleep(TICK);
    }
}

/// Fills in what the server saw of so many requests, beyond what it saw before. It may count an
/// answer a moment after the client has it.
pub(super) fn settle(
    run: &mut Watched<'_>,
    requests: u64,
    proof: &mut ServerProof,
    before: ServerProof,
    http: &Http,
) -> Result<(), Stopped> {
    let requests = requests + before.served + before.broken;
    let patience = Instant::now() + COUNTING;
    let stats = loop {
        let stats = ask(run, http)?;
        if stats.served + stats.broken >= requests || Instant::now() > patience {
            break stats;
        }
        thread::sleep(Duration::from_millis(1));
    };
    proof.high_water = stats.high_water;
    proof.served = stats.served.saturating_sub(before.served);
    proof.broken = stats.broken.saturating_sub(before.broken);
    Ok(())
}

/// What the server says of this cell's requests. If it says nothing any more, the tasks may
/// know more of it, and are given a moment to.
pub(super) fn ask(run: &mut Watched<'_>, http: &Http) -> Result<Stats, Stopped> {
    let error = match servers::ask(http.server, Some(http.group)) {
        Ok(stats) => return Ok(stats),
        Err(error) => error,
    };
    match run.last_words(LAST_WORDS) {
        Some(drained) => Err(run.all_too_soon(drained)),
        None => Err(Ending::NotStarted(error.to_string()).into()),
    }
}
