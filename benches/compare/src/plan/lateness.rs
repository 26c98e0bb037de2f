//! The cells that show how late tasks are.
//!
//! Three questions, for each contestant: what if all are due at once (a synchronized wake-up), what if they are due
//! one after another (a spread), and what if they come at a rate, whether or not there is room for
//! them. The sizes keep a thorough run within minutes; the few cells of a default one take seconds. What is not
//! run in full is known by what it weighs.

use std::num::NonZeroU32;
use std::time::Duration;

use workload::{Arrival, Ceiling, Settings, Workload};

use super::step::{Step, cells};
use crate::cell::CellSpec;
use crate::contestant::Contestant;
use record::Build;

/// Over how long the deadlines of a spread lie.
const SPREAD: Duration = Duration::from_millis(500);

/// The same in a default run.
const SMALL_SPREAD: Duration = Duration::from_millis(100);

/// As many tasks at most has a synchronized wake-up of a default run.
const SMALL: u32 = 1_000;

/// How long a task waits that comes at a rate.
const WAIT: Duration = Duration::from_millis(100);

/// Tasks a second, with how many come in all.
const RATES: [(u32, u32); 2] = [(1_000, 500), (5_000, 2_000)];

/// How many come to a contestant that takes one at a time.
const FEW: u32 = 30;

/// The cells of a thorough run for this contestant.
pub fn lateness_cells(contestant: &'static Contestant) -> Vec<CellSpec> {
    if !contestant.is_run_in_full() {
        return Vec::new();
    }
    let timer = Workload::timer(0, Duration::ZERO);
    let mut all = Vec::new();
    if is_one_at_a_time(contestant) {
        // It has no synchronized wake-up and no spread: only one of its tasks ever waits.
        all.extend(paced(contestant, FEW, RATES[0].0));
    } else {
        let steps = steps(sizes(contestant), 5);
        all.extend(cells(contestant, &steps, timer.with_synchronized_wakeup(), false, None));
        all.extend(cells(contestant, &steps, timer.with_spread(SPREAD), false, None));
        for (per_second, tasks) in RATES {
            all.extend(paced(contestant, tasks, per_second));
        }
    }
    all
}

/// Those of a default run: a small synchronized wake-up and a small spread, of a size that all of them have but one.
pub(super) fn few_cells(contestant: &'static Contestant) -> Vec<CellSpec> {
    let timer = Workload::timer(0, Duration::ZERO);
    let mut all = Vec::new();
    if contestant.is_run_in_full() && !is_one_at_a_time(contestant) {
        let small = sizes(contestant).iter().copied().filter(|tasks| *tasks <= SMALL).max();
        let small = |repeats| steps(small.as_slice(), repeats);
        let at_once = timer.with_synchronized_wakeup();
        all.extend(cells(contestant, &small(3), at_once, false, None));
        all.extend(cells(contestant, &small(1), timer.with_spread(SMALL_SPREAD), false, None));
    }
    all
}

/// How many tasks are due at once or one after another.
fn sizes(contestant: &'static Contestant) -> &'static [u32] {
    match (contestant.takes_threads(), contestant.profile.most_tasks) {
        (true, Some(_)) => &[400],
        (true, None) => &[400, 1_000, 10_000],
        (false, _) => &[1_000, 10_000, 100_000],
    }
}

fn steps(sizes: &[u32], repeats: u32) -> Vec<Step> {
    sizes.iter().map(|&tasks| Step { tasks, repeats, build: Build::Timed }).collect()
}

/// Tasks that come at a rate and wait for [`WAIT`]. A pool has its default size, because a rate asks
/// what becomes of tasks for which there is no room.
fn paced(contestant: &'static Contestant, tasks: u32, per_second: u32) -> Vec<CellSpec> {
    let per_second = NonZeroU32::new(per_second).expect("the rates are above zero");
    let workload = Workload::timer(0, WAIT).with_arrival(Arrival::Rate { per_second });
    let workers = Some(Settings::DEFAULT_POOL_WORKERS);
    cells(contestant, &steps(&[tasks], 3), workload, true, workers)
}

fn is_one_at_a_time(contestant: &'static Contestant) -> bool {
    contestant.ceiling(&Settings::default()) == Ceiling::One
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::HIGHEST_FLOOR;
    use crate::registry;

    fn of(id: &str) -> Vec<CellSpec> {
        lateness_cells(registry::find(id).unwrap())
    }

    #[test]
    fn every_contestant_is_asked_what_it_can_answer() {
        for contestant in registry::all() {
            let cells = lateness_cells(contestant);
            let is_left_out = !contestant.is_run_in_full();
            assert_eq!(cells.is_empty(), is_left_out, "{}", contestant.id());
            let is_supported = |cell: &CellSpec| contestant.unsupported(&cell.workload).is_none();
            assert!(cells.iter().all(is_supported), "{}", contestant.id());
            assert!(cells.iter().all(|cell| !cell.second_wave), "{}", contestant.id());
            let synchronized =
                cells.iter().filter(|cell| cell.workload.synchronized_wakeup).count();
            let spreads = cells.iter().filter(|cell| !cell.workload.spread().is_zero()).count();
            assert_eq!(synchronized, spreads, "{}", contestant.id());
            assert_eq!(synchronized == 0, is_left_out || is_one_at_a_time(contestant));
            let few = few_cells(contestant).len();
            assert_eq!(few, if synchronized == 0 { 0 } else { 4 }, "{}", contestant.id());
        }
    }

    #[test]
    fn contestants_of_a_model_have_a_size_in_common() {
        for cells in
            [of("threads/rayon-pool"), of("threads/crossbeam-pool"), of("threads/per-task")]
        {
            assert!(
                cells
                    .iter()
                    .any(|cell| cell.workload.synchronized_wakeup && cell.workload.tasks == 400)
            );
        }
    }

    #[test]
    fn a_pool_is_large_enough_for_a_synchronized_wakeup_and_has_its_usual_size_for_a_rate() {
        for cell in of("threads/crossbeam-pool") {
            let is_paced = cell.workload.arrival != Arrival::Burst;
            let expected =
                if is_paced { Settings::DEFAULT_POOL_WORKERS } else { cell.workload.tasks };
            assert_eq!(cell.pool_workers, expected);
        }
    }

    #[test]
    fn no_contestant_takes_a_minute_for_one() {
        for contestant in registry::all() {
            for cell in lateness_cells(contestant) {
                let settings = Settings { pool_workers: cell.pool_workers };
                let longest = cell.workload.longest(contestant.ceiling(&settings).limit());
                assert!(longest < HIGHEST_FLOOR / 4, "{}: {longest:?}", cell.contestant);
            }
        }
    }
}
