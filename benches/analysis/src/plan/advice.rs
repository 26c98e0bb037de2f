//! What to choose: a thread for each task where that is enough, because it is simplest.

use super::case::Asked;
use super::outcome::{Advice, MEMORY_GIVEN, Outcome, Reason, Row};
use crate::contestant::Model;
use crate::walls::{Ceiling, Resource, resource_of};

/// A thread each is enough where it leaves half of the room below the nearest limit…
const ROOM: u64 = 2;
/// … takes no more than this part of the memory …
const PART_OF_MEMORY: f64 = 0.1;
/// … and no more than this part of the cores.
const PART_OF_CORES: f64 = 0.5;

/// A thread each where that is enough, because it is simplest; else the first runtime in the
/// ranking that a service would be built on.
pub(super) fn of(asked: &Asked<'_>, rows: &[Row]) -> Advice {
    let fits = |row: &&Row| row.outcome == Outcome::Fits;
    let is_choice = |row: &&Row| {
        let id = &row.contestant;
        id.model() == Model::Coroutines && !id.is_by_hand() && !row.has_caution
    };
    // Where no runtime fits, one that does once a limit is moved; memory is not moved by a command.
    let is_movable = |row: &&Row| {
        let is_memory = |by: &Ceiling| resource_of(&by.limit) == Some(Resource::Memory);
        matches!(row.outcome, Outcome::Stopped(_))
            && !row.in_the_way.iter().any(|by| by.limit == MEMORY_GIVEN || is_memory(by))
    };
    let runtimes = || {
        let all = || rows.iter().filter(is_choice);
        all().filter(fits).chain(all().filter(is_movable))
    };
    // In one on several threads a task that computes does not keep up all others.
    let runtime = runtimes().find(|row| !row.is_on_one_thread).or_else(|| runtimes().next());
    let threads = rows.iter().find(|row| row.contestant.is_reference());
    let reasons = against_threads(asked, threads, runtime);
    match (threads, runtime) {
        (Some(threads), _) if reasons.is_empty() => Advice::Threads {
            contestant: threads.contestant.clone(),
            lightest: runtime.map(|row| row.contestant.clone()),
            saves: memories(threads, runtime).map(|[threads, runtime]| threads - runtime),
        },
        (_, Some(runtime)) => Advice::Runtime { contestant: runtime.contestant.clone(), reasons },
        (_, None) => match rows.iter().find(|row| fits(row) && !row.has_caution) {
            Some(row) if row.contestant.model() == Model::Threads => {
                Advice::Threads { contestant: row.contestant.clone(), lightest: None, saves: None }
            }
            _ => Advice::Nothing,
        },
    }
}

/// The memory of both, in bytes.
fn memories(threads: &Row, runtime: Option<&Row>) -> Option<[f64; 2]> {
    Some([threads.memory?.value, runtime?.memory?.value])
}

/// Everything that speaks against a thread for each task; nothing where it is enough.
fn against_threads(asked: &Asked<'_>, threads: Option<&Row>, runtime: Option<&Row>) -> Vec<Reason> {
    let Some(threads) = threads else { return vec![Reason::Unknown] };
    let mut reasons = Vec::new();
    match &threads.outcome {
        Outcome::Stopped(ceiling) => reasons.push(Reason::Stopped(ceiling.clone())),
        Outcome::TooBusy { .. } | Outcome::Fits => {}
        _ => reasons.push(Reason::Unknown),
    }
    if let Some((waiting, next)) = asked.waiting.zip(threads.next.as_ref())
        && reasons.is_empty()
        && next.tasks < waiting.saturating_mul(ROOM)
    {
        reasons.push(Reason::Near(next.clone()));
    }
    let most = asked.waiting.is_none().then_some(threads.most.zip(runtime.and_then(|r| r.most)));
    let times = match most {
        Some(most) => most.map(|(threads, runtime)| runtime as f64 / threads.max(1) as f64),
        None => memories(threads, runtime).map(|[threads, runtime]| threads / runtime),
    };
    let part = threads.memory.zip(asked.memory).map(|(all, (_, there))| all.value / there as f64);
    if let Some(times) = times.filter(|times| *times > 1.0)
        && part.is_none_or(|part| part > PART_OF_MEMORY)
    {
        reasons.push(Reason::Memory(times));
    }
    // Without a rate, tasks that follow each other at once may take all there is.
    let part = if asked.case.rate.is_some() { PART_OF_CORES } else { 1.0 };
    let counts = asked.case.rate.is_some() || reasons.is_empty();
    let busy = threads.cores.filter(|_| counts).map(|busy| busy.value);
    if let Some(busy) = busy.filter(|busy| *busy > part * f64::from(asked.cores)) {
        reasons.push(Reason::Busy(busy));
    }
    reasons
}
