//! The cells that show what another allocator makes of a task.

use super::kind::Kind;
use super::step::{Step, cells};
use crate::cell::CellSpec;
use crate::contestant::Contestant;
use record::{Build, Extent};

/// Whose variants a run has over each allocator, and with how many tasks: what most services are written
/// with, and a thread for each task.
const TASKS: [(&str, [u32; 3]); 3] = [
    ("coroutines/tokio", [1, 10_000, 100_000]),
    ("coroutines/smol", [1, 10_000, 100_000]),
    ("threads/per-task", [1, 100, 1_000]),
];

/// Whether a run of this extent has this contestant over other allocators too.
pub fn is_over_allocators(contestant: &Contestant, extent: Extent) -> bool {
    extent != Extent::Quick && TASKS.iter().any(|(id, _)| *id == contestant.id())
}

/// The cells of this variant in a run of this extent; where it cannot be run, those of the fewest tasks
/// say so.
pub fn allocator_cells(variant: &'static Contestant, extent: Extent) -> Vec<CellSpec> {
    let tasks = TASKS.iter().filter(|(id, _)| *id == variant.base().id()).flat_map(|(_, all)| all);
    let most = if variant.missing.is_some() { 1 } else { u32::MAX };
    let repeats = if extent == Extent::Thorough { 10 } else { 3 };
    let steps: Vec<_> = tasks
        .filter(|tasks| **tasks <= most)
        .map(|tasks| Step { tasks: *tasks, repeats, build: Build::Timed })
        .collect();
    let mut cells = cells(variant, &steps, Kind::Timer.workload(), false, None);
    // What is kept after a wave is another question.
    cells.iter_mut().for_each(|cell| cell.second_wave = false);
    cells
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::environment::over_allocators;
    use crate::registry;

    #[test]
    fn what_cannot_be_run_has_a_few_cells_that_say_so() {
        let all = registry::all();
        let tried = |extent| {
            let tried = all.iter().copied().filter(move |one| is_over_allocators(one, extent));
            tried.collect::<Vec<_>>()
        };
        assert!(tried(Extent::Quick).is_empty());
        let bases = tried(Extent::Full);
        let built = [cfg!(feature = "tokio"), cfg!(feature = "smol"), true];
        assert_eq!(bases.len(), built.iter().filter(|is_built| **is_built).count());
        // No program of this name starts.
        for variant in over_allocators(&bases, Path::new("/nonexistent")) {
            let cells = allocator_cells(variant, Extent::Full);
            assert_eq!(cells.len(), 3);
            assert!(cells.iter().all(|cell| cell.workload.tasks == 1 && !cell.second_wave));
        }
    }
}
