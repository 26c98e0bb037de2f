//! What is checked of a contestant's tasks.

use std::num::{NonZeroU16, NonZeroU32, NonZeroU64};
use std::time::{Duration, Instant};

use protocol::{Drained, LatenessLine, Order, ns};
use workload::{Arrival, Ceiling, Http, StateSize, Workload};

use super::subject::{Check, Subject};
use super::talk::Talk;
use crate::cell::unweighed::impossible;

const TIMER: &[&str] = &["timer"];

pub(super) const CHECKS: &[Check] = &[
    Check { name: "adds up for 0, 1, 2 and 1000 tasks", wants: TIMER, run: adds_up },
    Check { name: "reaches its ceiling and no more", wants: TIMER, run: reaches_its_ceiling },
    Check { name: "runs one wave after another, weighed", wants: TIMER, run: runs_again },
    Check { name: "runs waves without a stop", wants: TIMER, run: runs_waves },
    Check { name: "no task wakes before its deadline", wants: TIMER, run: never_early },
    Check { name: "several waits follow each other", wants: &["timer", "waits"], run: waits },
    Check { name: "holds its state while it waits", wants: &["timer", "state"], run: holds_state },
    Check { name: "tasks of a rate start in their time", wants: &["timer", "rate"], run: paces },
    Check { name: "the first task waits longest", wants: &["timer", "spread"], run: spreads },
    Check { name: "all tasks have one deadline", wants: &["timer", "synchronized"], run: is_one },
    Check { name: "its requests are answered", wants: &["http"], run: asks },
    Check { name: "its transfers are answered", wants: &["transfer"], run: transfers },
];

const MS: Duration = Duration::from_millis(1);

/// Runs this unweighed, and holds its times against what it cannot be done sooner than.
fn run(subject: &Subject<'_>, workload: &Workload) -> Result<Option<String>, String> {
    let mut talk = Talk::begun(subject, workload, true)?;
    // Before the order: what follows it may have begun when this goes on.
    let started = Instant::now();
    talk.process.tell(Order::Go);
    let drained = talk.wave(workload)?;
    let seen = started.elapsed();
    let least = workload.floor(subject.ceiling().limit());
    let all_wait = if workload.tasks > 0 { workload.duration_of(0) } else { Duration::ZERO };
    in_time(&drained, least.max(all_wait), seen)?;
    talk.over().map(|()| None)
}

/// Whether these times can be, as so much time went by from the order to the answer.
fn in_time(drained: &Drained, least: Duration, seen: Duration) -> Result<(), String> {
    let wall = Duration::from_nanos(drained.wall_ns);
    if let Some(why) = impossible(wall, seen, least) {
        return Err(why);
    }
    if wall < least {
        return Err(format!("says that it took {wall:?}, and its waits take {least:?} at least"));
    }
    let Some(LatenessLine { p50, p90, p99, p999, max }) = drained.lateness_ns else {
        return Ok(());
    };
    match [p50, p90, p99, p999, max].is_sorted() && max <= ns(seen) {
        true => Ok(()),
        false => Err("its lateness is not in order, or longer than all of it".into()),
    }
}

fn adds_up(subject: &Subject<'_>) -> Result<Option<String>, String> {
    for tasks in [0, 1, 2, 1000] {
        run(subject, &Workload::timer(tasks, MS)).map_err(|why| format!("{tasks} tasks: {why}"))?;
    }
    Ok(None)
}

/// So many tasks that a ceiling shows.
fn some(subject: &Subject<'_>) -> u32 {
    match subject.ceiling() {
        Ceiling::One => 3,
        Ceiling::Pool(_) => 20,
        Ceiling::Unbounded => 200,
    }
}

fn reaches_its_ceiling(subject: &Subject<'_>) -> Result<Option<String>, String> {
    subject.cell(Workload::timer(some(subject), 50 * MS), |_| ()).map(|_| None)
}

fn runs_again(subject: &Subject<'_>) -> Result<Option<String>, String> {
    let workload = Workload::timer(some(subject), 50 * MS);
    let cell = subject.cell(workload, |spec| spec.second_wave = true)?;
    let ends = || "it ends after one, as it may".to_owned();
    Ok(cell.second.is_none().then(ends))
}

fn runs_waves(subject: &Subject<'_>) -> Result<Option<String>, String> {
    const COUNT: u32 = 3;
    let workload = Workload::timer(50, MS);
    let mut talk = Talk::begun(subject, &workload, true)?;
    talk.process.tell(Order::Waves { count: COUNT });
    for nth in 1..=COUNT {
        talk.wave(&workload).map_err(|why| format!("wave {nth}: {why}"))?;
    }
    talk.over().map(|()| None)
}

fn never_early(subject: &Subject<'_>) -> Result<Option<String>, String> {
    run(subject, &Workload::timer(20, 20 * MS))
}

fn waits(subject: &Subject<'_>) -> Result<Option<String>, String> {
    let three = NonZeroU16::new(3).unwrap_or(NonZeroU16::MIN);
    run(subject, &Workload::timer(20, 5 * MS).with_waits(three))
}

fn holds_state(subject: &Subject<'_>) -> Result<Option<String>, String> {
    let largest = subject.contestant.profile.largest_state_bytes.unwrap_or(u64::MAX);
    let runs = |state: &&StateSize| state.bytes() <= largest;
    for state in StateSize::ALL.iter().filter(runs) {
        let workload = Workload::timer(5, MS).with_state(*state);
        run(subject, &workload).map_err(|why| format!("{} bytes: {why}", state.bytes()))?;
    }
    // Of a few tasks, what was touched before hides it.
    let state = StateSize::ALL.iter().filter(runs).rfind(|state| state.bytes() <= 8 << 10);
    let (Some(state), Ceiling::Unbounded) = (state, subject.ceiling()) else { return Ok(None) };
    let workload = Workload::timer(300, 50 * MS).with_state(*state);
    let cell = subject.cell(workload, |_| ())?;
    let private = |weight: Option<record::Weight>| weight.and_then(|one| one.anonymous_bytes);
    let (idle, waiting) = (private(cell.memory.idle), private(cell.memory.waiting));
    let Some((idle, waiting)) = idle.zip(waiting) else { return Ok(None) };
    let (grown, held) = (waiting.saturating_sub(idle), 300 * state.bytes());
    match grown >= held / 2 {
        true => Ok(None),
        false => Err(format!("its tasks hold {held} bytes of state, and it grew by {grown}")),
    }
}

fn paces(subject: &Subject<'_>) -> Result<Option<String>, String> {
    let per_second = NonZeroU32::new(500).unwrap_or(NonZeroU32::MIN);
    let workload = |tasks| Workload::timer(tasks, MS).with_arrival(Arrival::Rate { per_second });
    [0, 1, 51].into_iter().try_fold(None, |_, tasks| run(subject, &workload(tasks)))
}

fn spreads(subject: &Subject<'_>) -> Result<Option<String>, String> {
    run(subject, &Workload::timer(20, MS).with_spread(50 * MS))
}

fn is_one(subject: &Subject<'_>) -> Result<Option<String>, String> {
    run(subject, &Workload::timer(20, 50 * MS).with_synchronized_wakeup())
}

/// Requests of a server, whose address the cell fills in.
fn request(bytes: u64) -> Http {
    Http::new(([127, 0, 0, 1], 1).into(), Duration::ZERO, bytes)
}

fn asks(subject: &Subject<'_>) -> Result<Option<String>, String> {
    let tasks = some(subject).min(50);
    for bytes in [0, 100, 4096] {
        let workload = Workload::http(tasks, request(bytes)).with_duration(100 * MS);
        subject.cell(workload, |_| ()).map_err(|why| format!("{bytes} bytes: {why}"))?;
    }
    let kept = Http { keep_alive: true, ..request(100) };
    let workload = Workload::http(tasks, kept).with_duration(100 * MS);
    subject.cell(workload, |_| ()).map(|_| None)
}

fn transfers(subject: &Subject<'_>) -> Result<Option<String>, String> {
    let limited = Http { rate_limit: NonZeroU64::new(1 << 20), ..request(64 << 10) };
    subject.cell(Workload::http(some(subject).min(20), limited), |_| ()).map(|_| None)
}
