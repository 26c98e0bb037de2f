//! All cells of a run.

use super::kind::Kind;
use super::lateness::{few_cells, lateness_cells};
use super::rates::rate_cells;
use super::relays::relay_cells;
use super::sizes;
use super::state::{depth_cells, state_cells, waits_cells};
use super::step::{Step, cells};
use super::traces::trace_cells;
use crate::cell::CellSpec;
use crate::contestant::Contestant;
use record::Extent;

/// The cells of a run of this extent for this contestant, over all kinds.
pub fn default_cells(contestant: &'static Contestant, extent: Extent) -> Vec<CellSpec> {
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
    all.extend(depth_cells(contestant, extent));
    all.extend(rate_cells(contestant, extent));
    all.extend(relay_cells(contestant, extent));
    all.extend(trace_cells(contestant, extent));
    match extent {
        Extent::Quick => {}
        Extent::Full | Extent::Partial => all.extend(few_cells(contestant)),
        Extent::Thorough => all.extend(lateness_cells(contestant)),
    }
    all
}

/// How many tasks of this kind this contestant has in a run of this extent, and how often.
pub fn default_steps(contestant: &'static Contestant, kind: Kind, extent: Extent) -> Vec<Step> {
    sizes::of(contestant, kind, extent).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use protocol::RoleLine;
    use workload::{Ending, Workload};

    use super::*;
    use crate::registry;
    use record::Build;

    const EXTENTS: [Extent; 3] = [Extent::Quick, Extent::Full, Extent::Thorough];

    fn controls() -> Vec<&'static Contestant> {
        registry::all().into_iter().filter(|one| one.role() == RoleLine::Control).collect()
    }

    /// The timed sizes of a contestant with their repeats.
    fn timed_sizes(id: &str, extent: Extent) -> BTreeSet<(u32, u32)> {
        let contestant = registry::find(id).unwrap();
        default_steps(contestant, Kind::Timer, extent)
            .into_iter()
            .filter(|step| step.build == Build::Timed)
            .map(|step| (step.tasks, step.repeats))
            .collect()
    }

    #[test]
    fn every_control_is_in_every_run_with_enough_cells_for_an_interval() {
        for control in controls() {
            for extent in EXTENTS {
                let id = control.id();
                let steps = default_steps(control, Kind::Timer, extent);
                let cells = |build| {
                    let steps = steps.iter().filter(move |step| step.build == build);
                    steps.map(|step| step.repeats).sum::<u32>()
                };
                assert!(cells(Build::Timed) >= 5, "{id}");
                let is_counted = control.profile.holds_bytes.is_some();
                assert_eq!(cells(Build::Counting) >= 3, is_counted, "{id}");
            }
        }
    }

    #[test]
    fn a_contestant_and_itself_have_equal_plans() {
        for control in controls() {
            let Some(itself) = &control.profile.of else { continue };
            for extent in EXTENTS {
                let again = timed_sizes(control.id(), extent);
                let itself = timed_sizes(itself, extent);
                assert!(again.len() >= 3 && again.is_subset(&itself), "{again:?} of {itself:?}");
            }
        }
    }

    #[test]
    fn every_contestant_has_cells_and_a_slope_in_the_default_run() {
        for contestant in registry::all().iter().filter(|c| c.is_compared()) {
            for kind in [Kind::Timer, Kind::Http] {
                let steps = default_steps(contestant, kind, Extent::Full);
                let timed = steps.iter().filter(|step| step.build == Build::Timed);
                assert!(timed.count() >= 2, "{} {kind:?}", contestant.id());
            }
            let transfer = default_steps(contestant, Kind::Transfer, Extent::Full);
            assert_eq!(transfer.len(), 1, "{}", contestant.id());
        }
    }

    #[test]
    fn from_how_many_tasks_on_one_model_is_lighter_is_looked_for_without_a_gap() {
        for contestant in registry::all() {
            let id = contestant.id();
            if !contestant.is_run_in_full() || contestant.model() == "subroutine" {
                continue;
            }
            for (kind, extent, repeats) in [
                (Kind::Timer, Extent::Full, 3),
                (Kind::Timer, Extent::Thorough, 5),
                (Kind::Http, Extent::Thorough, 5),
            ] {
                let steps = default_steps(contestant, kind, extent);
                for tasks in 1..=8 {
                    let step = steps.iter().find(|step| step.tasks == tasks).unwrap();
                    assert!(step.repeats >= repeats, "{id} × {tasks}, {kind:?}, {extent:?}");
                }
            }
        }
    }

    #[test]
    fn no_contestant_is_planned_what_it_does_not_run() {
        for contestant in registry::all() {
            let cells = default_cells(contestant, Extent::Full);
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
                let contestant = registry::find(contestant).unwrap();
                let mut sizes: Vec<_> = default_steps(contestant, kind, extent)
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
    fn one_cell_of_each_contestant_and_kind_has_a_second_wave_at_most() {
        for contestant in registry::all() {
            let cells = default_cells(contestant, Extent::Full);
            for kind in Kind::ALL {
                let again: Vec<&CellSpec> = cells
                    .iter()
                    .filter(|cell| cell.workload.ending == Ending::Returns)
                    .filter(|cell| cell.second_wave && is_of(kind, &cell.workload))
                    .collect();
                let is_left_out = kind == Kind::Transfer
                    || contestant.role() == RoleLine::Baseline
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
}
