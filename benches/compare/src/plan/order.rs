//! The order of the cells.

use oorandom::Rand64;

use crate::cell::CellSpec;

/// Puts the cells in rounds, all of one repeat before any of the next, and those of a round in a random
/// order that follows from the seed (Fisher and Yates). Whatever changes on the machine during a run
/// falls on all contestants alike then, and ratios can be taken within a round.
pub fn in_rounds(cells: &mut [CellSpec], seed: u64) {
    let mut random = Rand64::new(u128::from(seed));
    cells.sort_by_key(|cell| cell.repeat);
    for round in cells.chunk_by_mut(|one, next| one.repeat == next.repeat) {
        for last in (1..round.len()).rev() {
            #[allow(clippy::cast_possible_truncation, reason = "an index of `round` is a usize")]
            let other = random.rand_range(0..last as u64 + 1) as usize;
            round.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::plan::{Step, cells};
    use crate::registry;
    use record::Build;
    use workload::Workload;

    #[test]
    fn all_of_a_round_come_before_any_of_the_next_in_an_order_that_follows_from_the_seed() {
        let bare = registry::find("coroutines/bare").unwrap();
        let steps: Vec<_> =
            (1..=50).map(|tasks| Step { tasks, repeats: 3, build: Build::Timed }).collect();
        let planned = cells(bare, &steps, Workload::timer(0, Duration::ZERO), false, None);
        let ordered = |seed| {
            let mut cells = planned.clone();
            in_rounds(&mut cells, seed);
            cells
        };
        assert_eq!(ordered(1), ordered(1));
        assert_ne!(ordered(1), ordered(2));
        let cells = ordered(3);
        assert!(cells.is_sorted_by_key(|cell| cell.repeat));
        let tasks = |round: &[CellSpec]| -> Vec<u32> {
            round.iter().map(|cell| cell.workload.tasks).collect()
        };
        let rounds: Vec<_> = cells.chunks(50).map(tasks).collect();
        assert!(rounds[0] != rounds[1] && rounds[1] != rounds[2]);
        for mut round in rounds {
            round.sort_unstable();
            assert_eq!(round, (1..=50).collect::<Vec<_>>());
        }
        in_rounds(&mut [], 1);
    }
}
