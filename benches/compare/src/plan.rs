//! Which cells a run is made of, and in which order.
//!
//! The order is random, from the seed, so that whatever changes on the machine during a run (heat,
//! a neighbour, memory that gets fragmented) falls on all contestants alike.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `sizes` | how many tasks, how often, for each kind of waiting and extent of a run |
//! | [`lateness`] | the cells that show how late tasks are |

pub mod lateness;
mod sizes;

use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU16, NonZeroU64};
use std::time::Duration;

use clap::ValueEnum;
use workload::{Arrival, Contestant, Http, Settings, StateSize, Workload};

use crate::cell::CellSpec;
pub use lateness::lateness_cells;
use record::{Build, Extent};

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

/// The kinds of waiting that a run is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A timer
    Timer,
    /// An answer from a server
    Http,
    /// An answer whose bytes a server with a rate limit sends
    Transfer,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Timer, Self::Http, Self::Transfer];

    /// Whether it can be run without a server of the user's.
    pub const fn is_at_hand(self) -> bool {
        cfg!(feature = "server") || matches!(self, Self::Timer)
    }

    /// The size of an answer's body where nothing else is asked for.
    pub const fn default_bytes(self) -> u64 {
        match self {
            Self::Timer => 0,
            Self::Http => 1024,
            Self::Transfer => 128 * 1024,
        }
    }

    /// The server's rate limit where nothing else is asked for.
    pub const fn default_rate_limit(self) -> Option<NonZeroU64> {
        match self {
            Self::Timer | Self::Http => None,
            Self::Transfer => NonZeroU64::new(10 * 1024 * 1024),
        }
    }

    /// The workload of the default run, still without tasks.
    pub fn workload(self) -> Workload {
        match self {
            Self::Timer => Workload::timer(0, Duration::ZERO),
            Self::Http | Self::Transfer => Workload::http(
                0,
                Http {
                    rate_limit: self.default_rate_limit(),
                    ..Http::new(UNKNOWN_SERVER, Duration::ZERO, self.default_bytes())
                },
            ),
        }
    }

    /// Whether a wait of the default run has to be long enough to weigh in. A transfer takes as long
    /// as its bytes do.
    pub fn waits_to_be_weighed(self) -> bool {
        self != Self::Transfer
    }
}

/// Stands for the server until a cell runs: it may be another one for each.
pub const UNKNOWN_SERVER: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// The cells of a run of this extent for this contestant, over all kinds.
pub fn default_cells(contestant: &dyn Contestant, extent: Extent) -> Vec<CellSpec> {
    let mut all: Vec<CellSpec> = Kind::ALL
        .into_iter()
        .filter(|kind| kind.is_at_hand() && contestant.unsupported(&kind.workload()).is_none())
        .flat_map(|kind| {
            let steps = default_steps(contestant, kind, extent);
            let is_given = !kind.waits_to_be_weighed();
            cells(contestant, &steps, kind.workload(), is_given, None)
        })
        .collect();
    all.extend(waits_cells(contestant, extent));
    all.extend(state_cells(contestant, extent));
    match extent {
        Extent::Quick => {}
        Extent::Full | Extent::Partial => all.extend(lateness::few_cells(contestant)),
        Extent::Thorough => all.extend(lateness_cells(contestant)),
    }
    all
}

/// The cells that show what live state costs this contestant. Those without state a run has anyhow.
pub fn state_cells(contestant: &dyn Contestant, extent: Extent) -> Vec<CellSpec> {
    let workload = Kind::Timer.workload();
    sizes::with_state(contestant, extent)
        .map(|(state, steps)| (workload.with_state(state), steps))
        .filter(|(workload, _)| contestant.unsupported(workload).is_none())
        .flat_map(|(workload, steps)| in_one_wave(contestant, &steps, workload))
        .collect()
}

/// The cells in which a task of this contestant waits several times, and holds live state meanwhile.
pub fn waits_cells(contestant: &dyn Contestant, extent: Extent) -> Vec<CellSpec> {
    let workload = Kind::Timer.workload().with_state(StateSize::KiB1).with_waits(SEVERAL_WAITS);
    let steps: Vec<Step> = sizes::with_waits(contestant, extent).collect();
    in_one_wave(contestant, &steps, workload)
}

/// What is kept after a wave is known from the cells without state.
fn in_one_wave(contestant: &dyn Contestant, steps: &[Step], workload: Workload) -> Vec<CellSpec> {
    let mut cells = cells(contestant, steps, workload, false, None);
    cells.iter_mut().for_each(|cell| cell.second_wave = false);
    cells
}

/// How often a task waits where it shows that it goes on where it stopped.
const SEVERAL_WAITS: NonZeroU16 = NonZeroU16::new(3).unwrap();

/// How many tasks of this kind this contestant has in a run of this extent, and how often.
pub fn default_steps(contestant: &dyn Contestant, kind: Kind, extent: Extent) -> Vec<Step> {
    sizes::of(contestant, kind, extent).collect()
}

/// The cells that these steps make for this contestant.
///
/// A pool is given as many workers as there are tasks, if `pool_workers` says nothing else: a pool
/// of 64 holds 64 waiting tasks and not one more, and what waits in its queue has not started.
pub fn cells(
    contestant: &dyn Contestant,
    steps: &[Step],
    workload: Workload,
    wait_is_given: bool,
    pool_workers: Option<u32>,
) -> Vec<CellSpec> {
    let is_pool = matches!(contestant.ceiling(&Settings::default()), workload::Ceiling::Pool(_));
    let mut cells = Vec::new();
    let again = second_wave_at(contestant, steps, &workload, wait_is_given);
    for step in steps {
        for repeat in 0..step.repeats {
            cells.push(CellSpec {
                contestant: contestant.id(),
                workload: Workload { tasks: step.tasks, ..workload },
                wait_is_given,
                pool_workers: pool_workers.unwrap_or(step.tasks),
                is_pool,
                repeat,
                build: step.build,
                second_wave: step.build == Build::Timed && repeat == 0 && again == Some(step.tasks),
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
    contestant: &dyn Contestant,
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
    if is_long || workload.is_transfer() || is_for_lateness || contestant.id().model() == "baseline"
    {
        return None;
    }
    let most = match (workload.asks(), contestant.id().model()) {
        (Some(_), _) => MOST_REQUESTS,
        (None, "threads") => MOST_THREADS,
        (None, _) => MOST_TIMERS,
    };
    let timed = steps.iter().filter(|step| step.build == Build::Timed && step.tasks <= most);
    timed.map(|step| step.tasks).max()
}

/// Puts the cells in a random order that follows from the seed (Fisher and Yates).
pub fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut random = oorandom::Rand64::new(u128::from(seed));
    for last in (1..items.len()).rev() {
        #[allow(clippy::cast_possible_truncation, reason = "an index of `items` is a usize")]
        let other = random.rand_range(0..last as u64 + 1) as usize;
        items.swap(last, other);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::num::NonZeroU32;

    use super::*;
    use crate::controls;
    use crate::fit::is_compared;
    use crate::registry;

    const EXTENTS: [Extent; 3] = [Extent::Quick, Extent::Full, Extent::Thorough];

    /// The timed sizes of a contestant with their repeats.
    fn timed_sizes(id: &str, extent: Extent) -> BTreeSet<(u32, u32)> {
        let contestant = registry::find(id).unwrap();
        default_steps(contestant.as_ref(), Kind::Timer, extent)
            .into_iter()
            .filter(|step| step.build == Build::Timed)
            .map(|step| (step.tasks, step.repeats))
            .collect()
    }

    #[test]
    fn every_control_is_in_every_run_with_enough_cells_for_an_interval() {
        for control in controls::all() {
            for extent in EXTENTS {
                let id = control.id();
                let steps = default_steps(control.as_ref(), Kind::Timer, extent);
                let cells = |build| {
                    let steps = steps.iter().filter(move |step| step.build == build);
                    steps.map(|step| step.repeats).sum::<u32>()
                };
                assert!(cells(Build::Timed) >= 5, "{id}");
                let is_counted = controls::held_bytes(id.as_str()).is_some();
                assert_eq!(cells(Build::Counting) >= 3, is_counted, "{id}");
            }
        }
    }

    #[test]
    fn a_contestant_and_itself_have_equal_plans() {
        for control in controls::all() {
            let Some(itself) = controls::again_of(control.id().as_str()) else { continue };
            for extent in EXTENTS {
                let again = timed_sizes(control.id().as_str(), extent);
                let itself = timed_sizes(&itself, extent);
                assert!(again.len() >= 3 && again.is_subset(&itself), "{again:?} of {itself:?}");
            }
        }
    }

    #[test]
    fn live_state_is_weighed_at_sizes_that_are_known_without_it() {
        use StateSize::{KiB1, KiB8, KiB64};

        let thorough = &StateSize::ALL[1..];
        for (extent, states) in
            [(Extent::Full, &[KiB1, KiB8, KiB64][..]), (Extent::Thorough, thorough)]
        {
            for contestant in registry::all() {
                let (id, cells) = (contestant.id(), state_cells(contestant.as_ref(), extent));
                let waits_for_all = is_compared(id.as_str()) && id.model() != "subroutine";
                assert_eq!(!cells.is_empty(), waits_for_all, "{id}");
                assert!(cells.iter().all(|cell| states.contains(&cell.workload.state)), "{id}");
                let without = timed_sizes(id.as_str(), extent);
                for &state in states {
                    let is_held =
                        contestant.unsupported(&Kind::Timer.workload().with_state(state)).is_none();
                    let with = cells.iter().filter(|cell| cell.workload.state == state);
                    let sizes: BTreeSet<u32> = with.map(|cell| cell.workload.tasks).collect();
                    assert_eq!(sizes.contains(&1_000), waits_for_all && is_held, "{id}, {state}");
                    let common =
                        sizes.iter().filter(|size| without.iter().any(|at| at.0 == **size));
                    assert!(sizes.is_empty() || common.count() >= 2, "{id} with {state}");
                }
            }
        }
    }

    #[test]
    fn a_small_stack_holds_all_but_the_largest_state() {
        let cells = |id| state_cells(registry::find(id).unwrap().as_ref(), Extent::Thorough);
        let largest = |id| cells(id).iter().map(|cell| cell.workload.state).max();
        assert_eq!(largest("threads/per-task-small-stack"), Some(StateSize::KiB16));
        assert_eq!(largest("threads/per-task"), Some(StateSize::KiB64));
    }

    #[test]
    fn from_how_many_tasks_on_one_model_is_lighter_is_looked_for_without_a_gap() {
        for contestant in registry::all() {
            let id = contestant.id();
            if !is_compared(id.as_str()) || id.model() == "subroutine" {
                continue;
            }
            for (kind, extent, repeats) in [
                (Kind::Timer, Extent::Full, 3),
                (Kind::Http, Extent::Full, 3),
                (Kind::Timer, Extent::Thorough, 5),
                (Kind::Http, Extent::Thorough, 5),
            ] {
                let steps = default_steps(contestant.as_ref(), kind, extent);
                for tasks in 1..=8 {
                    let step = steps.iter().find(|step| step.tasks == tasks).unwrap();
                    assert!(step.repeats >= repeats, "{id} × {tasks}, {kind:?}, {extent:?}");
                }
            }
        }
    }

    #[test]
    fn all_that_are_compared_show_in_each_run_that_a_task_outlasts_several_waits() {
        for (contestant, extent) in
            registry::all().iter().flat_map(|contestant| EXTENTS.map(|extent| (contestant, extent)))
        {
            let cells = waits_cells(contestant.as_ref(), extent);
            assert_eq!(!cells.is_empty(), is_compared(contestant.id().as_str()));
            for CellSpec { workload, second_wave, .. } in cells {
                assert!(workload.waits_per_task.get() > 1 && workload.state != StateSize::None);
                assert!(contestant.unsupported(&workload).is_none() && !second_wave);
            }
        }
    }

    #[test]
    fn every_contestant_has_cells_and_a_slope_in_the_default_run() {
        for contestant in registry::all().iter().filter(|c| is_compared(c.id().as_str())) {
            for kind in [Kind::Timer, Kind::Http] {
                let steps = default_steps(contestant.as_ref(), kind, Extent::Full);
                let timed = steps.iter().filter(|step| step.build == Build::Timed);
                assert!(timed.count() >= 2, "{} {kind:?}", contestant.id());
            }
            let transfer = default_steps(contestant.as_ref(), Kind::Transfer, Extent::Full);
            assert_eq!(transfer.len(), 1, "{}", contestant.id());
        }
    }

    #[test]
    fn nobody_is_planned_what_it_does_not_run() {
        for contestant in registry::all() {
            let cells = default_cells(contestant.as_ref(), Extent::Full);
            let unsupported = |cell: &&CellSpec| contestant.unsupported(&cell.workload).is_some();
            assert_eq!(cells.iter().filter(unsupported).count(), 0, "{}", contestant.id());
        }
    }

    #[test]
    fn no_size_is_asked_for_twice() {
        for extent in EXTENTS {
            for (contestant, kind) in registry::all()
                .into_iter()
                .flat_map(|contestant| Kind::ALL.map(|kind| (contestant.id(), kind)))
            {
                let contestant = registry::find(contestant.as_str()).unwrap();
                let mut sizes: Vec<_> = default_steps(contestant.as_ref(), kind, extent)
                    .into_iter()
                    .map(|step| (step.build == Build::Counting, step.tasks))
                    .collect();
                let count = sizes.len();
                sizes.sort_unstable();
                sizes.dedup();
                assert_eq!(sizes.len(), count, "{}", contestant.id());
            }
        }
    }

    #[test]
    fn a_pool_is_as_large_as_its_tasks_unless_told_otherwise() {
        let pool = registry::find("threads/crossbeam-pool").unwrap();
        let steps = [Step { tasks: 300, repeats: 2, build: Build::Timed }];
        let workload = Workload::timer(1, Duration::ZERO);
        let cells_of = |workers| cells(pool.as_ref(), &steps, workload, false, workers);
        assert_eq!(cells_of(None).len(), 2);
        assert!(cells_of(None).iter().all(|cell| cell.is_pool && cell.pool_workers == 300));
        assert!(cells_of(Some(64)).iter().all(|cell| cell.pool_workers == 64));
    }

    #[test]
    fn one_cell_of_each_contestant_and_kind_has_a_second_wave_at_most() {
        for contestant in registry::all() {
            let cells = default_cells(contestant.as_ref(), Extent::Full);
            for kind in Kind::ALL {
                let again: Vec<&CellSpec> = cells
                    .iter()
                    .filter(|cell| cell.second_wave && is_of(kind, &cell.workload))
                    .collect();
                let is_left_out = kind == Kind::Transfer
                    || contestant.id().model() == "baseline"
                    || contestant.unsupported(&kind.workload()).is_some();
                assert_eq!(again.len(), usize::from(!is_left_out), "{} {kind:?}", contestant.id());
                for cell in again {
                    assert_eq!((cell.repeat, cell.build), (0, Build::Timed));
                    assert!(cell.workload.tasks <= 100_000);
                }
            }
        }
    }

    fn is_of(kind: Kind, workload: &Workload) -> bool {
        match workload.asks() {
            None => kind == Kind::Timer,
            Some(http) if http.rate_limit.is_none() => kind == Kind::Http,
            Some(_) => kind == Kind::Transfer,
        }
    }

    #[test]
    fn a_long_wait_that_was_asked_for_is_not_waited_for_twice() {
        let bare = registry::find("coroutines/bare").unwrap();
        let steps = [Step { tasks: 10, repeats: 1, build: Build::Timed }];
        let second = |wait, is_given| {
            let workload = Workload::timer(0, wait);
            cells(bare.as_ref(), &steps, workload, is_given, None)[0].second_wave
        };
        assert!(second(Duration::from_millis(100), true));
        assert!(!second(Duration::from_secs(10), true));
        assert!(second(Duration::from_secs(10), false));
    }

    #[test]
    fn what_shows_lateness_has_no_second_wave() {
        let bare = registry::find("coroutines/bare").unwrap();
        let steps = [Step { tasks: 10, repeats: 1, build: Build::Timed }];
        let second = |workload| cells(bare.as_ref(), &steps, workload, false, None)[0].second_wave;
        let timer = Workload::timer(0, Duration::ZERO);
        let per_second = NonZeroU32::MIN;
        assert!(second(timer));
        assert!(!second(timer.with_synchronized_wakeup()));
        assert!(!second(timer.with_spread(Duration::from_millis(1))));
        assert!(!second(timer.with_arrival(Arrival::Rate { per_second })));
    }

    #[test]
    fn the_order_is_random_and_follows_from_the_seed() {
        let shuffled = |seed| {
            let mut items: Vec<_> = (0..100).collect();
            shuffle(&mut items, seed);
            items
        };
        assert_eq!(shuffled(1), shuffled(1));
        assert_ne!(shuffled(1), shuffled(2));
        let mut sorted = shuffled(3);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
        shuffle::<u8>(&mut [], 1);
    }
}
