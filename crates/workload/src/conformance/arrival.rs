//! The checks of when tasks start, and of what counts as late.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use super::running::{Check, SETTINGS, expect_complete, expect_half, run_on};
use crate::contestant::Contestant;
use crate::ledger::{Event, Ledger};
use crate::spec::{Arrival, Ending, Workload};

/// All checks, by the name they are reported under.
pub(super) const CHECKS: &[Check] = &[
    ("tasks of a rate start in their time, also 0 and 1 of them", starts_in_time),
    ("a rate begins anew in each wave", paces_every_wave),
    ("a panic does not stop the tasks that come after it", starts_the_others_after_a_panic),
    ("a task is late from when it was to start", counts_from_the_intended_start),
    ("a synchronized wake-up has one deadline", synchronized),
];

const MS: Duration = Duration::from_millis(1);

pub(super) fn rate(per_second: u32) -> Arrival {
    Arrival::Rate { per_second: NonZeroU32::new(per_second).expect("a rate is above zero") }
}

/// Runs the ledger's workload and holds it against what a rate asks for: no task starts or wakes
/// before its time, and all of it takes as long as until the last one has started and waited.
pub(super) fn expect_paced(
    contestant: &dyn Contestant,
    ledger: &'static Ledger,
) -> Result<(), String> {
    let workload = ledger.workload();
    let started = Instant::now();
    run_on(contestant, &SETTINGS, ledger)?;
    let took = started.elapsed();
    expect_complete(&ledger.proof(), workload.tasks)?;
    expect_in_time(ledger, took)
}

fn expect_in_time(ledger: &Ledger, took: Duration) -> Result<(), String> {
    let workload = ledger.workload();
    if ledger.early() != 0 {
        return Err(format!("{} tasks started or woke before their time", ledger.early()));
    }
    let least = workload.floor(u64::MAX);
    if took < least {
        return Err(format!("{} tasks were over after {took:?}, not {least:?}", workload.tasks));
    }
    Ok(())
}

fn starts_in_time(contestant: &dyn Contestant) -> Result<(), String> {
    for (tasks, per_second) in [(0, 1), (1, 1), (2, 20), (41, 1000), (1000, 50_000)] {
        let workload = Workload::timer(tasks, MS).with_arrival(rate(per_second));
        expect_paced(contestant, Ledger::open(workload))
            .map_err(|flaw| format!("{per_second} tasks a second: {flaw}"))?;
    }
    Ok(())
}

fn paces_every_wave(contestant: &dyn Contestant) -> Result<(), String> {
    let mut instance = contestant.start(&SETTINGS).map_err(|refusal| refusal.to_string())?;
    let ledger = Ledger::open(Workload::timer(21, MS).with_arrival(rate(500)));
    for wave in 0..3 {
        ledger.rewind();
        let started = Instant::now();
        instance.run(ledger).map_err(|refusal| refusal.to_string())?;
        let took = started.elapsed();
        expect_complete(&ledger.proof(), 21)
            .and_then(|()| expect_in_time(ledger, took))
            .map_err(|flaw| format!("wave {wave}: {flaw}"))?;
    }
    Ok(())
}

fn starts_the_others_after_a_panic(contestant: &dyn Contestant) -> Result<(), String> {
    let tasks = 30;
    let mut instance = contestant.start(&SETTINGS).map_err(|refusal| refusal.to_string())?;
    let workload = Workload::timer(tasks, MS).with_arrival(rate(1000));
    let ledger = Ledger::open(workload.with_ending(Ending::Panics));
    instance.run(ledger).map_err(|refusal| refusal.to_string())?;
    expect_half(&ledger.proof(), tasks)?;
    let early = ledger.early();
    if early == 0 { Ok(()) } else { Err(format!("{early} of {tasks} tasks came early")) }
}

/// Tasks come one a millisecond and wait for 20 ms. A contestant with room for all of them is late
/// by what its timers and the machine make of it. One without makes a queue, and by arithmetic the
/// last task is late at least by the rounds that it has to wait for, less the time that it came
/// later.
fn counts_from_the_intended_start(contestant: &dyn Contestant) -> Result<(), String> {
    let ceiling = contestant.ceiling(&SETTINGS);
    let tasks = if ceiling.limit() == 1 { 20 } else { 80 };
    let workload = Workload::timer(tasks, 20 * MS).with_arrival(rate(1000));
    let ledger = Ledger::open(workload);
    expect_paced(contestant, ledger)?;
    let least = workload.floor(ceiling.limit()).saturating_sub(workload.floor(u64::MAX));
    let lateness = ledger.lateness().ok_or("no task woke")?;
    if lateness.wakes != u64::from(tasks) {
        return Err(format!("{} wakes were noted for {tasks} tasks", lateness.wakes));
    }
    // The histogram keeps the value to 1 %.
    let most = Duration::from_nanos(lateness.max_ns + lateness.max_ns / 50);
    if most < least {
        return Err(format!(
            "no task was later than {most:?}, where the queue alone takes {least:?}"
        ));
    }
    Ok(())
}

/// All tasks wait for one deadline. As many as can be in flight are, before the first of them
/// wakes.
fn synchronized(contestant: &dyn Contestant) -> Result<(), String> {
    let tasks = 50;
    let ledger = Ledger::open_tracing(Workload::timer(tasks, 200 * MS).with_synchronized_wakeup());
    expect_paced(contestant, ledger)?;
    let mut events = ledger.events();
    events.retain(|event| !matches!(event, Event::Waits(..) | Event::Returned(_)));
    let waiting =
        events.iter().take_while(|event| !matches!(event, Event::Woke(..))).count() as u64;
    let expected = contestant.ceiling(&SETTINGS).expected_in_flight(tasks);
    if waiting == expected {
        Ok(())
    } else {
        Err(format!("{waiting} tasks and not {expected} waited for the one deadline"))
    }
}
