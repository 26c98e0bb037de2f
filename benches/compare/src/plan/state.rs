//! The cells in which tasks hold something while they wait, or have used stack before.

use std::num::NonZeroU16;

use workload::{StateSize, Workload};

use super::kind::Kind;
use super::sizes;
use super::step::{Step, cells};
use crate::cell::CellSpec;
use crate::contestant::Contestant;
use record::Extent;

/// The cells that show what live state costs this contestant. Those without state a run has anyhow.
pub fn state_cells(contestant: &'static Contestant, extent: Extent) -> Vec<CellSpec> {
    let workload = Kind::Timer.workload();
    sizes::with_state(contestant, extent)
        .flat_map(|(state, steps)| in_one_wave(contestant, &steps, workload.with_state(state)))
        .collect()
}

/// The cells that show what stays of the stack that a task used and gave back before its wait. Those
/// without it a run has anyhow.
pub fn depth_cells(contestant: &'static Contestant, extent: Extent) -> Vec<CellSpec> {
    let workload = Kind::Timer.workload();
    sizes::with_depth(contestant, extent)
        .flat_map(|(depth, steps)| in_one_wave(contestant, &steps, workload.with_depth(depth)))
        .collect()
}

/// The cells in which a task of this contestant waits several times, and holds live state meanwhile.
pub fn waits_cells(contestant: &'static Contestant, extent: Extent) -> Vec<CellSpec> {
    let workload = Kind::Timer.workload().with_state(StateSize::KiB1).with_waits(SEVERAL_WAITS);
    let steps: Vec<Step> = sizes::with_waits(contestant, extent).collect();
    in_one_wave(contestant, &steps, workload)
}

/// What is kept after a wave is known from the cells without state. None of what is not run.
fn in_one_wave(
    contestant: &'static Contestant,
    steps: &[Step],
    workload: Workload,
) -> Vec<CellSpec> {
    if contestant.unsupported(&workload).is_some() {
        return Vec::new();
    }
    let mut cells = cells(contestant, steps, workload, false, None);
    cells.iter_mut().for_each(|cell| cell.second_wave = false);
    cells
}

/// How often a task waits where it shows that it goes on where it stopped.
const SEVERAL_WAITS: NonZeroU16 = NonZeroU16::new(3).unwrap();

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::registry;
    use record::Build;

    #[test]
    fn live_state_is_weighed_at_sizes_that_are_known_without_it() {
        use StateSize::{KiB1, KiB8, KiB64};

        let thorough = &StateSize::ALL[1..];
        for (extent, states) in
            [(Extent::Full, &[KiB1, KiB8, KiB64][..]), (Extent::Thorough, thorough)]
        {
            for contestant in registry::all() {
                let (id, cells) = (contestant.id(), state_cells(contestant, extent));
                let states =
                    if contestant.is_run_in_full() { states } else { &[KiB1, KiB8, KiB64] };
                let takes_part = match extent {
                    Extent::Thorough => contestant.is_compared(),
                    _ => contestant.is_run_in_full(),
                };
                let waits_for_all = takes_part && contestant.model() != "subroutine";
                assert_eq!(!cells.is_empty(), waits_for_all, "{id}");
                assert!(cells.iter().all(|cell| states.contains(&cell.workload.state)), "{id}");
                let without: BTreeSet<u32> = sizes::of(contestant, Kind::Timer, extent)
                    .filter(|step| step.build == Build::Timed)
                    .map(|step| step.tasks)
                    .collect();
                for &state in states {
                    let is_held =
                        contestant.unsupported(&Kind::Timer.workload().with_state(state)).is_none();
                    let with = cells.iter().filter(|cell| cell.workload.state == state);
                    let sizes: BTreeSet<u32> = with.map(|cell| cell.workload.tasks).collect();
                    // A default run has fewer of a pool, because a thousand threads of it take seconds to start.
                    let is_pool = contestant.profile.most_tasks.is_some();
                    let common = if is_pool && extent == Extent::Full { 400 } else { 1_000 };
                    assert_eq!(sizes.contains(&common), waits_for_all && is_held, "{id}, {state}");
                    let common = sizes.intersection(&without);
                    assert!(sizes.is_empty() || common.count() >= 2, "{id} with {state}");
                }
            }
        }
    }

    #[test]
    fn a_small_stack_holds_all_but_the_largest_state() {
        let cells = |id| state_cells(registry::find(id).unwrap(), Extent::Thorough);
        let largest = |id| cells(id).iter().map(|cell| cell.workload.state).max();
        assert_eq!(largest("threads/per-task-small-stack"), Some(StateSize::KiB16));
        assert_eq!(largest("threads/per-task"), Some(StateSize::KiB64));
    }

    #[test]
    fn all_that_are_compared_show_in_each_run_that_a_task_outlasts_several_waits() {
        for (contestant, extent) in registry::all().iter().flat_map(|contestant| {
            [Extent::Quick, Extent::Full, Extent::Thorough].map(|extent| (contestant, extent))
        }) {
            let cells = waits_cells(contestant, extent);
            let is_there = match extent {
                Extent::Quick => contestant.is_run_in_full(),
                _ => contestant.is_compared(),
            };
            assert_eq!(!cells.is_empty(), is_there, "{contestant}");
            for CellSpec { workload, second_wave, .. } in cells {
                assert!(workload.waits_per_task.get() > 1 && workload.state != StateSize::None);
                assert!(contestant.unsupported(&workload).is_none() && !second_wave);
            }
        }
    }

    #[test]
    fn used_stack_is_weighed_at_sizes_that_are_known_without_it() {
        for (contestant, extent) in registry::all().iter().flat_map(|contestant| {
            [Extent::Quick, Extent::Full, Extent::Thorough].map(|extent| (contestant, extent))
        }) {
            let cells = depth_cells(contestant, extent);
            let takes_part = match extent {
                Extent::Quick => false,
                Extent::Full | Extent::Partial => contestant.is_run_in_full(),
                Extent::Thorough => contestant.is_compared() && contestant.is_own(),
            };
            let is_there = takes_part
                && contestant.model() != "subroutine"
                && contestant.unsupported(&Kind::Timer.workload().with_depth(1)).is_none();
            assert_eq!(!cells.is_empty(), is_there, "{contestant}");
            let without: BTreeSet<u32> =
                sizes::of(contestant, Kind::Timer, extent).map(|step| step.tasks).collect();
            let with: BTreeSet<u32> = cells.iter().map(|cell| cell.workload.tasks).collect();
            assert!(with.is_subset(&without), "{contestant}: {with:?} of {without:?}");
        }
    }
}
