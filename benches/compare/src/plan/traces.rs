//! The cells that show what tasks do, in which order and on which threads, what becomes of tasks that
//! compute, and of those that end otherwise than by returning.

use std::time::Duration;

use workload::http::Timeouts;
use workload::{Ending, Http, Wait, Workload};

use super::kind::Kind;
use super::step::{Step, cells};
use crate::cell::CellSpec;
use crate::contestant::Contestant;
use protocol::CeilingLine;
use record::{Build, Extent};

/// What stands for a second in the story: A waits three of them, B one, C two. So long that what a busy
/// machine adds does not change the order.
const SECOND: Duration = Duration::from_millis(80);

/// A, B and C.
pub const STORY_TASKS: u32 = 3;

/// How many tasks compute, and how many rounds each: some milliseconds.
const JOBS: (u32, u32) = (8, 2_000_000);

/// How many tasks end otherwise, or return beside those: so many that what is kept stands out.
const LIGHT: u32 = 10_000;
const THREADS: u32 = 400;
const REQUESTS: u32 = 200;

/// How long an answer that comes too late is waited for.
const READ_TIMEOUT: Duration = Duration::from_millis(100);

/// The workload with the waits of the story, and a trace of them.
#[must_use]
pub fn story(workload: Workload) -> Workload {
    let workload = workload.with_duration(SECOND).with_spread(2 * SECOND);
    Workload { rising: true, trace: true, ..workload }
}

/// The cells of a run of this extent for this contestant.
pub(super) fn trace_cells(contestant: &'static Contestant, extent: Extent) -> Vec<CellSpec> {
    let ceiling = contestant.profile.ceiling;
    let is_beside = contestant.is_own() && !contestant.is_run_in_full();
    let is_left_out = is_beside && extent != Extent::Thorough;
    if !contestant.is_compared() || is_left_out {
        return Vec::new();
    }
    let timer = Kind::Timer.workload();
    // The best round of jobs counts, and a neighbour on the machine spoils one.
    let (stories, jobs) = match extent {
        Extent::Quick => (1, 1),
        Extent::Full | Extent::Partial => (2, 3),
        Extent::Thorough => (5, 5),
    };
    let mut all = some(contestant, STORY_TASKS, stories, story(timer), true);
    // What becomes of jobs in a pool is what becomes of them in threads. A taste has those alone that are
    // judged.
    let has_jobs = match extent {
        Extent::Quick => contestant.model() == "coroutines",
        _ => ceiling != CeilingLine::Pool,
    };
    if has_jobs {
        let (tasks, job_rounds) = JOBS;
        all.extend(some(contestant, tasks, jobs, Workload { job_rounds, ..timer }, false));
    }
    if extent != Extent::Quick && ceiling == CeilingLine::All {
        let timers = if contestant.takes_threads() { THREADS } else { LIGHT };
        for ending in [Ending::Panics, Ending::Cancelled] {
            all.extend(some(contestant, timers, 1, timer.with_ending(ending), false));
        }
        let late = times_out(Kind::Http.workload());
        if Kind::Http.is_at_hand() {
            all.extend(some(contestant, REQUESTS, 1, late, false));
        }
    }
    all
}

/// The workload, every second task of which does not get its answer in time.
#[must_use]
pub fn times_out(mut workload: Workload) -> Workload {
    if let Wait::Http(Http { timeouts: Timeouts { read, .. }, .. }) = &mut workload.wait
        && *read == Timeouts::default().read
    {
        *read = READ_TIMEOUT;
    }
    workload.with_ending(Ending::TimesOut)
}

fn some(
    contestant: &'static Contestant,
    tasks: u32,
    repeats: u32,
    workload: Workload,
    wait_is_given: bool,
) -> Vec<CellSpec> {
    if contestant.unsupported(&workload).is_some() {
        return Vec::new();
    }
    let steps = [Step { tasks, repeats, build: Build::Timed }];
    let mut cells = cells(contestant, &steps, workload, wait_is_given, None);
    // What is kept is looked at where tasks end otherwise; else a run knows it from other cells.
    for cell in &mut cells {
        cell.second_wave &= workload.ending != Ending::Returns;
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn all_that_are_compared_tell_the_story_in_each_run_and_few_end_otherwise() {
        for contestant in registry::all() {
            for extent in [Extent::Quick, Extent::Full, Extent::Thorough] {
                let cells = trace_cells(contestant, extent);
                let traced = cells.iter().filter(|cell| cell.workload.trace);
                let is_there = match extent {
                    Extent::Thorough => contestant.is_compared(),
                    _ => contestant.is_run_in_full(),
                };
                assert_eq!(traced.count() > 0, is_there, "{contestant}");
                let is_supported =
                    |cell: &CellSpec| contestant.unsupported(&cell.workload).is_none();
                assert!(cells.iter().all(is_supported), "{contestant}");
            }
        }
        let endings = |id| {
            let cells = trace_cells(registry::find(id).unwrap(), Extent::Full).into_iter();
            let endings = cells.map(|cell| cell.workload.ending);
            endings.filter(|ending| *ending != Ending::Returns).collect::<Vec<_>>()
        };
        assert_eq!(endings("threads/per-task"), [Ending::Panics, Ending::TimesOut]);
        let all = [Ending::Panics, Ending::Cancelled, Ending::TimesOut];
        assert_eq!(endings("coroutines/bare"), all);
        assert_eq!(endings("callbacks/event-loop"), all);
        assert_eq!(endings("subroutine/sequential"), []);
    }

    #[test]
    fn a_waits_longest_and_b_least() {
        let story = story(Workload { tasks: STORY_TASKS, ..Kind::Timer.workload() });
        let [a, b, c] = [0, 1, 2].map(|task| story.duration_of(task));
        assert_eq!([a, b, c], [3 * SECOND, SECOND, 2 * SECOND]);
    }
}
