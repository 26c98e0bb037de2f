//! The cells that show how many tasks or requests a second: waves one after another in a process, and a
//! process of its own in each round.

use std::time::Duration;

use workload::{Ceiling, Settings, Workload};

use super::kind::Kind;
use super::step::{Step, cells};
use crate::cell::{CellSpec, HIGHEST_WAVE_FLOOR, Waves};
use crate::contestant::Contestant;
use record::{Build, Extent};

/// How long each task of a timer waits.
pub const WAIT: Duration = Duration::from_millis(1);

/// How long the waves of a process take together that count, about: within a process, rates are steady
/// far sooner than from one process to the next.
const TOGETHER: Duration = Duration::from_millis(100);

/// How many waves a process has at least, and at most.
const COUNTS: (u32, u32) = (2, 50);

/// A taste has one wave of so many.
const QUICK_ONE_OF: u32 = 4;

/// Waves of one size: so many tasks, each with such a wait, in so many rounds.
type Size = (Kind, u32, Duration, u32);

const fn timers(tasks: u32, rounds: u32) -> Size {
    (Kind::Timer, tasks, WAIT, rounds)
}

const fn requests(tasks: u32, delay_ms: u64, rounds: u32) -> Size {
    (Kind::Http, tasks, Duration::from_millis(delay_ms), rounds)
}

const QUICK: &[Size] = &[timers(100, 3), requests(100, 0, 3)];

const FULL: &[Size] =
    &[timers(1, 5), timers(100, 5), timers(10_000, 5), requests(100, 0, 5), requests(1_000, 0, 5)];

/// Those that are not run in full: ten thousand requests take the threads of an interpreter twelve seconds.
const BESIDE: &[Size] = &[timers(1, 3), timers(100, 3), requests(100, 0, 3)];

/// 10,000 connections take half a second each time.
const THOROUGH: &[Size] = &[
    timers(1, 8),
    timers(100, 8),
    timers(10_000, 8),
    requests(100, 0, 8),
    requests(100, 50, 8),
    requests(10_000, 0, 5),
    requests(10_000, 50, 5),
];

/// The cells of a run of this extent that show a rate of this contestant. What is written straight on a
/// runtime is a yardstick of requests alone.
pub fn rate_cells(contestant: &'static Contestant, extent: Extent) -> Vec<CellSpec> {
    let is_compared = contestant.is_compared();
    let is_beside = is_compared && !contestant.is_run_in_full();
    let sizes = if is_beside && extent != Extent::Quick { BESIDE } else { sizes(extent) };
    if is_beside && contestant.is_own() && extent != Extent::Thorough {
        return Vec::new();
    }
    sizes
        .iter()
        .filter(|(kind, ..)| kind.is_at_hand() && (is_compared || *kind == Kind::Http))
        .flat_map(|&(kind, tasks, wait, repeats)| {
            let workload = kind.workload().with_duration(wait);
            waves(contestant, workload, tasks, repeats, None, None)
        })
        .filter(|cell| contestant.unsupported(&cell.workload).is_none())
        .map(|cell| if extent == Extent::Quick { shortened(cell) } else { cell })
        .collect()
}

/// The cell with fewer waves, for a taste.
fn shortened(cell: CellSpec) -> CellSpec {
    let waves = cell.waves.map(|waves| Waves::of((waves.count / QUICK_ONE_OF).max(COUNTS.0)));
    CellSpec { waves, ..cell }
}

/// The sizes of a run of this extent with this kind of waiting.
pub fn tasks(kind: Kind, extent: Extent) -> Vec<u32> {
    let of_kind = sizes(extent).iter().filter(|size| size.0 == kind);
    let mut tasks: Vec<u32> = of_kind.map(|size| size.1).collect();
    tasks.dedup();
    tasks
}

fn sizes(extent: Extent) -> &'static [Size] {
    match extent {
        Extent::Quick => QUICK,
        Extent::Full | Extent::Partial => FULL,
        Extent::Thorough => THOROUGH,
    }
}

/// So many cells with waves of so many tasks. A pool has its default size if nothing else is asked for,
/// because a rate asks what becomes of tasks for which there is no room; and there are as many waves as
/// suit the model and the size.
pub fn waves(
    contestant: &'static Contestant,
    workload: Workload,
    tasks: u32,
    repeats: u32,
    pool_workers: Option<u32>,
    count: Option<u32>,
) -> Vec<CellSpec> {
    let workers = pool_workers.unwrap_or(Settings::DEFAULT_POOL_WORKERS);
    let ceiling = contestant.ceiling(&Settings { pool_workers: workers });
    let count =
        count.unwrap_or_else(|| count_of(&Workload { tasks, ..workload }, ceiling, contestant));
    let step = Step { tasks, repeats, build: Build::Timed };
    let mut cells = cells(contestant, &[step], workload, true, Some(workers));
    for cell in &mut cells {
        cell.second_wave = false;
        cell.waves = Some(Waves::of(count));
    }
    cells
}

/// Whether it is timed at all: what would show its arithmetic floor is not.
pub fn is_timed(spec: &CellSpec) -> bool {
    let settings = Settings { pool_workers: spec.pool_workers };
    let ceiling = spec.contestant.ceiling(&settings);
    spec.workload.longest(ceiling.limit()) <= HIGHEST_WAVE_FLOOR
}

/// How many waves, worked out and not clocked, so that every run has as many.
fn count_of(workload: &Workload, ceiling: Ceiling, contestant: &'static Contestant) -> u32 {
    const REQUEST: Duration = Duration::from_micros(50);
    const THREAD: Duration = Duration::from_micros(80);
    const TASK: Duration = Duration::from_nanos(500);
    let makes_threads = contestant.takes_threads() && ceiling == Ceiling::Unbounded;
    let each = match workload.asks() {
        Some(_) => REQUEST,
        None if makes_threads => THREAD,
        None => TASK,
    };
    let one = workload.longest(ceiling.limit()).min(HIGHEST_WAVE_FLOOR) + each * workload.tasks;
    let count = TOGETHER.as_nanos() / one.as_nanos().max(1);
    u32::try_from(count).unwrap_or(u32::MAX).clamp(COUNTS.0, COUNTS.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    fn of(id: &str, extent: Extent) -> Vec<CellSpec> {
        rate_cells(registry::find(id).unwrap(), extent)
    }

    #[test]
    fn contestants_of_one_kind_of_waves_have_the_same_rounds() {
        for extent in [Extent::Quick, Extent::Full, Extent::Thorough] {
            for contestant in registry::all() {
                let cells = rate_cells(contestant, extent);
                assert!(!contestant.is_run_in_full() || !cells.is_empty(), "{}", contestant.id());
                for cell in cells {
                    let waves = cell.waves.unwrap();
                    assert!(waves.count >= 2 && waves.warm_up >= 1 && waves.all() <= 60);
                    assert!(cell.wait_is_given && !cell.second_wave);
                    let is_timer = cell.workload.asks().is_none();
                    assert!(contestant.is_compared() || !is_timer, "{}", contestant.id());
                    assert!(cell.repeat < 10);
                }
            }
        }
        let rounds = |id| of(id, Extent::Full).len();
        assert_eq!(rounds("coroutines/bare"), rounds("threads/per-task"));
    }

    #[test]
    fn a_process_has_fewer_waves_of_what_takes_longer() {
        let counts = |id: &str| -> Vec<u32> {
            let cells = of(id, Extent::Full);
            let timers = cells.iter().filter(|cell| cell.workload.asks().is_none());
            timers.filter(|cell| cell.repeat == 0).map(|cell| cell.waves.unwrap().count).collect()
        };
        assert_eq!(counts("coroutines/bare"), [50, 50, 16]);
        assert_eq!(counts("threads/per-task"), [50, 11, 2]);
        assert_eq!(counts("threads/crossbeam-pool"), [50, 48, 2]);
        assert_eq!(counts("subroutine/sequential"), [50, 2, 2]);
    }
}
