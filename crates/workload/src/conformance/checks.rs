//! The checks that need nothing but timers.

use std::num::NonZeroU16;
use std::time::{Duration, Instant};

use super::residue;
use super::running::{Check, SETTINGS, expect_complete, expect_half, expect_punctual, run, run_on};
use crate::contestant::Contestant;
use crate::ledger::{Event, Ledger};
use crate::spec::{Ending, Medium, Workload};
use crate::state::StateSize;

/// All checks, by the name they are reported under.
pub const CHECKS: &[Check] = &[
    ("adds up for 0, 1, 2 and 1000 tasks", adds_up),
    ("runs one wave after another", runs_waves),
    ("reaches its ceiling and no more", reaches_its_ceiling),
    ("a slow task does not hold up a fast one", overlaps),
    ("no task wakes before its deadline", never_early),
    ("state survives each wait", state_survives),
    ("stack that is used before the wait is there", uses_stack),
    ("several waits resume in order", resumes_in_order),
    ("a panic costs only its own task", survives_a_panic),
    ("a token goes from task to task in its turn", relays),
    ("operations end under timeouts", times_out),
    ("leaves nothing behind", leaves_nothing_behind),
];

const SHORT: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_millis(200);

fn adds_up(contestant: &dyn Contestant) -> Result<(), String> {
    for tasks in [0, 1, 2, 1000] {
        let ledger = run(contestant, &SETTINGS, Workload::timer(tasks, SHORT))?;
        expect_complete(&ledger.proof(), tasks)?;
    }
    Ok(())
}

fn runs_waves(contestant: &dyn Contestant) -> Result<(), String> {
    let mut instance = contestant.start(&SETTINGS).map_err(|refusal| refusal.to_string())?;
    let ledger = Ledger::open(Workload::timer(50, SHORT));
    for _ in 0..3 {
        ledger.rewind();
        instance.run(ledger).map_err(|refusal| refusal.to_string())?;
        expect_complete(&ledger.proof(), 50)?;
    }
    Ok(())
}

fn reaches_its_ceiling(contestant: &dyn Contestant) -> Result<(), String> {
    let expected = |tasks| contestant.ceiling(&SETTINGS).expected_in_flight(tasks);
    let tasks = if expected(200) == 1 { 3 } else { 200 };
    let wait = if expected(tasks) == u64::from(tasks) { LONG } else { 20 * SHORT };
    let ledger = run(contestant, &SETTINGS, Workload::timer(tasks, wait))?;
    let peak = ledger.proof().peak_in_flight;
    if peak == expected(tasks) {
        Ok(())
    } else {
        Err(format!("{peak} of {tasks} tasks were in flight at once, not {}", expected(tasks)))
    }
}

/// A (task 0) is slow and B (task 1) is fast. Where both can be in flight, B ends first.
fn overlaps(contestant: &dyn Contestant) -> Result<(), String> {
    let ledger = Ledger::open_tracing(Workload::timer(2, SHORT).with_spread(LONG));
    run_on(contestant, &SETTINGS, ledger)?;
    let ended: Vec<_> = ledger
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Out(index) => Some(index),
            _ => None,
        })
        .collect();
    let expected =
        if contestant.ceiling(&SETTINGS).expected_in_flight(2) == 1 { [0, 1] } else { [1, 0] };
    if ended == expected {
        Ok(())
    } else {
        Err(format!("tasks ended in the order {ended:?}, not {expected:?}"))
    }
}

/// The deadlines are the tasks' own, so a model that rounds down, or wakes all when one is due,
/// is found out here.
fn never_early(contestant: &dyn Contestant) -> Result<(), String> {
    let tasks = 20;
    let workload = Workload::timer(tasks, 5 * SHORT).with_spread(20 * SHORT);
    let started = Instant::now();
    expect_punctual(run(contestant, &SETTINGS, workload)?, tasks, started)
}

/// A stack without room for that ends the process.
fn uses_stack(contestant: &dyn Contestant) -> Result<(), String> {
    for depth in [1, Workload::MOST_DEPTH] {
        let workload = Workload::timer(16, SHORT).with_state(StateSize::KiB16).with_depth(depth);
        if contestant.unsupported(&workload).is_none() {
            expect_complete(&run(contestant, &SETTINGS, workload)?.proof(), 16)?;
        }
    }
    Ok(())
}

fn state_survives(contestant: &dyn Contestant) -> Result<(), String> {
    for &state in StateSize::ALL {
        let workload = Workload::timer(16, SHORT).with_state(state).with_waits(THREE);
        if contestant.unsupported(&workload).is_some() {
            continue;
        }
        let ledger = run(contestant, &SETTINGS, workload)?;
        expect_complete(&ledger.proof(), 16).map_err(|flaw| format!("{state} of state: {flaw}"))?;
    }
    Ok(())
}

fn resumes_in_order(contestant: &dyn Contestant) -> Result<(), String> {
    let tasks = 10;
    let ledger = Ledger::open_tracing(Workload::timer(tasks, SHORT).with_waits(THREE));
    run_on(contestant, &SETTINGS, ledger)?;
    let events = ledger.events();
    for task in 0..tasks {
        let is_own = |event: &Event| index_of(*event) == task && *event != Event::Returned(task);
        let own: Vec<_> = events.iter().copied().filter(is_own).collect();
        let expected = [
            Event::In(task),
            Event::Waits(task, 0),
            Event::Woke(task, 0),
            Event::Waits(task, 1),
            Event::Woke(task, 1),
            Event::Waits(task, 2),
            Event::Woke(task, 2),
            Event::Out(task),
        ];
        if own != expected {
            return Err(format!("task {task} did {own:?}"));
        }
    }
    Ok(())
}

fn survives_a_panic(contestant: &dyn Contestant) -> Result<(), String> {
    let tasks = 50;
    let mut instance = contestant.start(&SETTINGS).map_err(|refusal| refusal.to_string())?;
    let ledger = Ledger::open(Workload::timer(tasks, SHORT).with_ending(Ending::Panics));
    instance.run(ledger).map_err(|refusal| refusal.to_string())?;
    expect_half(&ledger.proof(), tasks)?;
    let after = Ledger::open(Workload::timer(tasks, SHORT));
    instance.run(after).map_err(|refusal| refusal.to_string())?;
    expect_complete(&after.proof(), tasks).map_err(|flaw| format!("after a panic: {flaw}"))
}

/// The ledger knows what the token must say to each task.
fn relays(contestant: &dyn Contestant) -> Result<(), String> {
    for medium in [Medium::Channel, Medium::Pipe] {
        for (tasks, laps) in [(0, NonZeroU16::MIN), (1, THREE), (2, NonZeroU16::MIN), (50, THREE)] {
            let relay = Workload::relay(tasks, medium).with_waits(laps).with_state(StateSize::KiB1);
            if contestant.unsupported(&relay).is_none() {
                expect_complete(&run(contestant, &SETTINGS, relay)?.proof(), tasks)
                    .map_err(|flaw| format!("{medium:?}, {laps} rounds: {flaw}"))?;
            }
        }
    }
    Ok(())
}

fn times_out(contestant: &dyn Contestant) -> Result<(), String> {
    for cancelled in [0, 900, 1_000] {
        let workload = Workload::timer(50, SHORT).with_timeouts(cancelled);
        if contestant.about().can_cancel {
            let proof = run(contestant, &SETTINGS, workload)?.proof();
            let late = (0..50).filter(|index| workload.ends_otherwise(*index)).count() as u64;
            if (proof.lost, proof.completed) != (late, 50 - late) {
                return Err(format!("{late} of 50 timeouts were to come: {proof:?}"));
            }
        }
    }
    Ok(())
}

fn leaves_nothing_behind(contestant: &dyn Contestant) -> Result<(), String> {
    residue::expect_nothing_left(contestant, || {
        run(contestant, &SETTINGS, Workload::timer(50, 5 * SHORT)).map(drop)
    })
}

const THREE: NonZeroU16 = NonZeroU16::new(3).unwrap();

pub(super) fn index_of(event: Event) -> u32 {
    match event {
        Event::In(index)
        | Event::Waits(index, _)
        | Event::Returned(index)
        | Event::Woke(index, _)
        | Event::Out(index)
        | Event::Failed(index, _)
        | Event::Lost(index) => index,
    }
}
