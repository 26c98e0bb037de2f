//! The cells that show what it costs to hand something on, and an operation under a timeout.

use workload::Workload;

use super::kind::Kind;
use super::rates::{WAIT, waves};
use crate::cell::CellSpec;
use crate::contestant::Contestant;
use record::Extent;

/// How many tasks a token goes through.
pub const RING: u32 = 20;

/// How many operations there are under timeouts.
pub const OPERATIONS: u32 = 10_000;

/// How many waves count in a process: in each, a token is handed on ten thousand times.
pub const WAVES: u32 = 5;

/// The cells of a run of this extent for this contestant. A taste has none.
pub(super) fn relay_cells(contestant: &'static Contestant, extent: Extent) -> Vec<CellSpec> {
    let (works, rounds): (&[(Kind, bool, u32)], u32) = match extent {
        Extent::Quick => return Vec::new(),
        Extent::Full | Extent::Partial => (&[(Kind::Relay, true, RING)], 3),
        Extent::Thorough => (THOROUGH, 5),
    };
    let cells = works.iter().flat_map(|&(kind, one_core, tasks)| {
        let workload = Workload { one_core, ..kind.workload().with_duration(WAIT) };
        waves(contestant, workload, tasks, rounds, None, Some(WAVES))
    });
    cells.filter(|cell| contestant.unsupported(&cell.workload).is_none()).collect()
}

/// What a thorough run has, whether on one core, and of how many tasks.
const THOROUGH: &[(Kind, bool, u32)] = &[
    (Kind::Relay, true, RING),
    (Kind::Relay, false, RING),
    (Kind::RelayPipe, true, RING),
    (Kind::RelayPipe, false, RING),
    (Kind::Timeout, false, OPERATIONS),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn what_can_relay_does_and_nothing_in_a_taste() {
        let cells = |id: &str, extent| relay_cells(registry::find(id).unwrap(), extent);
        for (id, default, thorough) in [
            ("coroutines/bare", 3, 15),
            ("callbacks/event-loop", 3, 25),
            ("threads/per-task", 3, 20),
            ("subroutine/sequential", 0, 0),
            ("threads/crossbeam-pool", 0, 0),
            ("control/null", 0, 0),
        ] {
            assert_eq!(cells(id, Extent::Full).len(), default, "{id}");
            assert_eq!(cells(id, Extent::Thorough).len(), thorough, "{id}");
        }
        assert!(registry::all().iter().all(|one| relay_cells(one, Extent::Quick).is_empty()));
        for cell in cells("coroutines/bare", Extent::Thorough) {
            assert!(cell.waves.is_some() && cell.wait_is_given && !cell.second_wave);
        }
    }

    #[cfg(feature = "tokio")]
    #[test]
    fn a_chain_that_is_written_by_hand_is_beside_tokio() {
        let relays = |id| relay_cells(registry::find(id).unwrap(), Extent::Full).len();
        let ids = ["baseline/tokio-current-thread", "coroutines/tokio-current-thread"];
        assert_eq!(ids.map(relays), [3, 3]);
    }
}
