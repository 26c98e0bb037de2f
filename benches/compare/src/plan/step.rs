//! Numbers of tasks, and the cells that they make.

use std::time::Duration;

use workload::{Arrival, Ceiling, Settings, Workload};

use crate::cell::CellSpec;
use crate::contestant::Contestant;
use protocol::RoleLine;
use record::Build;

/// So many repeats of a cell with so many tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The number of tasks.
    pub tasks: u32,
    /// How often.
    pub repeats: u32,
    /// Which build runs it.
    pub build: Build,
}

/// The cells that these steps make for this contestant.
///
/// A pool is given as many workers as there are tasks, if `pool_workers` says nothing else: a pool
/// of 64 holds 64 waiting tasks and not one more, and what waits in its queue has not started.
pub fn cells(
    contestant: &'static Contestant,
    steps: &[Step],
    workload: Workload,
    wait_is_given: bool,
    pool_workers: Option<u32>,
) -> Vec<CellSpec> {
    let is_pool = matches!(contestant.ceiling(&Settings::default()), Ceiling::Pool(_));
    let mut cells = Vec::new();
    let again = second_wave_at(contestant, steps, &workload, wait_is_given);
    for step in steps {
        for repeat in 0..step.repeats {
            cells.push(CellSpec {
                contestant,
                workload: Workload { tasks: step.tasks, ..workload },
                wait_is_given,
                pool_workers: pool_workers.unwrap_or(step.tasks),
                is_pool,
                repeat,
                build: step.build,
                second_wave: step.build == Build::Timed && repeat == 0 && again == Some(step.tasks),
                waves: None,
            });
        }
    }
    cells
}

/// The number of tasks at which a second wave is run: the largest that is cheap, because what is kept
/// has to stand out from what a process weighs anyhow. `None` where nothing waits to be weighed,
/// where each wait was asked to be long, and where the tasks start or are due as they do to show how
/// late they are.
fn second_wave_at(
    contestant: &'static Contestant,
    steps: &[Step],
    workload: &Workload,
    wait_is_given: bool,
) -> Option<u32> {
    const MOST_TIMERS: u32 = 100_000;
    const MOST_THREADS: u32 = 4_000;
    const MOST_REQUESTS: u32 = 1_000;
    const LONGEST: Duration = Duration::from_millis(100);
    let is_long = wait_is_given && workload.duration_of(0) > LONGEST;
    let is_for_lateness = workload.synchronized_wakeup
        || !workload.spread().is_zero()
        || workload.arrival != Arrival::Burst;
    // The tasks written straight on a runtime take no part in this.
    if is_long
        || workload.is_transfer()
        || is_for_lateness
        || contestant.base().role() == RoleLine::Baseline
    {
        return None;
    }
    let most = match workload.asks() {
        Some(_) => MOST_REQUESTS,
        None if contestant.takes_threads() => MOST_THREADS,
        None => MOST_TIMERS,
    };
    let timed = steps.iter().filter(|step| step.build == Build::Timed && step.tasks <= most);
    timed.map(|step| step.tasks).max()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::registry;

    #[test]
    fn a_pool_is_as_large_as_its_tasks_unless_told_otherwise() {
        let pool = registry::find("threads/crossbeam-pool").unwrap();
        let steps = [Step { tasks: 300, repeats: 2, build: Build::Timed }];
        let workload = Workload::timer(1, Duration::ZERO);
        let cells_of = |workers| cells(pool, &steps, workload, false, workers);
        assert_eq!(cells_of(None).len(), 2);
        assert!(cells_of(None).iter().all(|cell| cell.is_pool && cell.pool_workers == 300));
        assert!(cells_of(Some(64)).iter().all(|cell| cell.pool_workers == 64));
    }

    #[test]
    fn a_long_wait_that_was_asked_for_is_not_waited_for_twice() {
        let bare = registry::find("coroutines/bare").unwrap();
        let steps = [Step { tasks: 10, repeats: 1, build: Build::Timed }];
        let second = |wait, is_given| {
            let workload = Workload::timer(0, wait);
            cells(bare, &steps, workload, is_given, None)[0].second_wave
        };
        assert!(second(Duration::from_millis(100), true));
        assert!(!second(Duration::from_secs(10), true));
        assert!(second(Duration::from_secs(10), false));
    }

    #[test]
    fn what_shows_lateness_has_no_second_wave() {
        let bare = registry::find("coroutines/bare").unwrap();
        let steps = [Step { tasks: 10, repeats: 1, build: Build::Timed }];
        let second = |workload| cells(bare, &steps, workload, false, None)[0].second_wave;
        let timer = Workload::timer(0, Duration::ZERO);
        let per_second = NonZeroU32::MIN;
        assert!(second(timer));
        assert!(!second(timer.with_synchronized_wakeup()));
        assert!(!second(timer.with_spread(Duration::from_millis(1))));
        assert!(!second(timer.with_arrival(Arrival::Rate { per_second })));
    }
}
