//! A cell that is not weighed: it shows how late its tasks are, or how many there are a second.
//!
//! A rate comes from several waves in one process, one after the other. Where tasks come at a rate and the wait that was asked for is over before the last of them has
//! come, they are never all in flight, so there is nothing to weigh. That is no failure: a queue that
//! grows is what such a cell is run for.

use std::time::Duration;

use workload::{Arrival, Ceiling, Workload};

use super::spec::CellSpec;
use super::stopped::{are_unexpected, failed_with, without_flaw};
use crate::limits::{LastSeen, Limits};
use crate::units;
use protocol::Drained;
use record::{Build, Cell, ProofLine, ServerProof, Status, Time, Wave};

/// How long all tasks must be in flight together to be weighed.
const WEIGHING: Duration = Duration::from_millis(50);

/// Whether they can be weighed. What is traced is not. Whether tasks that come at a rate and wait as long as they were asked to are ever as many in
/// flight as can be, for long enough to be weighed. A burst is: if its wait is too short, it is run
/// again with a longer one.
pub(super) fn can_be_weighed(workload: &Workload, ceiling: Ceiling) -> bool {
    let in_flight = ceiling.expected_in_flight(workload.tasks);
    let last = u32::try_from(in_flight).unwrap_or(u32::MAX).saturating_sub(1);
    if workload.trace {
        return false;
    }
    workload.arrival == Arrival::Burst
        || workload.duration() >= workload.arrival.start_of(last) + WEIGHING
}

/// What a run of such a cell brought.
#[derive(Clone, Debug)]
pub(super) struct Unweighed {
    /// How many tasks the contestant's ceiling allows in flight.
    pub(super) expected_in_flight: u64,
    /// What the child said when all were over, of each wave; there is at least one.
    pub(super) drained: Vec<Drained>,
    /// What the server saw, where there is one.
    pub(super) server: Option<ServerProof>,
    pub(super) last_seen: LastSeen,
}

impl Unweighed {
    /// The cell that the record gets.
    pub(super) fn into_cell(self, spec: &CellSpec, workload: &Workload, limits: &Limits) -> Cell {
        let Self { expected_in_flight, mut drained, server, last_seen } = self;
        let is_timed = spec.build == Build::Timed;
        let waves = spec.waves.map_or_else(Vec::new, |waves| {
            (0..).zip(&drained).map(|(nth, drained)| wave(nth < waves.warm_up, drained)).collect()
        });
        let drained = drained.pop().expect("each wave has a line, or there is no such ending");
        let cell = Cell {
            proof: Some(proof(&drained, expected_in_flight, workload)),
            server,
            // Each wave has its own time.
            time: (is_timed && waves.is_empty()).then(|| Time::of(&drained, 0, 0)),
            lateness_ns: drained.lateness_ns.filter(|_| is_timed),
            waves,
            trace: drained.trace,
            ..spec.cell(workload, Status::Ok, None)
        };
        if are_unexpected(&drained.errors, workload) {
            return failed_with(drained.errors, cell, limits, &last_seen);
        }
        without_flaw(Cell { errors: drained.errors, ..cell })
    }
}

/// The proof of tasks that were not weighed.
pub(crate) fn proof(drained: &Drained, expected_in_flight: u64, workload: &Workload) -> ProofLine {
    ProofLine {
        completed: drained.completed,
        checksum: drained.checksum,
        // Worked out here and not asked of the child: it must not mark its own paper.
        expected_checksum: workload.expected_checksum(),
        peak_in_flight: drained.peak_in_flight,
        expected_in_flight,
        before_weighing: 0,
        after_weighing: 0,
        lost: drained.lost,
        unweighed: true,
    }
}

/// Why waves that took `wall` by their own account cannot have, where so much time went by from the order to
/// the answer and nobody can be done sooner than `least`; `None` if they can.
pub(crate) fn impossible(wall: Duration, seen: Duration, least: Duration) -> Option<String> {
    let [wall_is, seen_is, least_is] = [wall, seen, least].map(units::duration);
    if wall > seen {
        Some(format!("says that it took {wall_is}, and {seen_is} went by"))
    } else {
        let too_soon =
            || format!("was over after {seen_is}, and its waits take {least_is} at least");
        (seen < least).then(too_soon)
    }
}

fn wave(warm_up: bool, drained: &Drained) -> Wave {
    Wave {
        warm_up,
        wall_ns: drained.wall_ns,
        user_ns: drained.user_ns,
        system_ns: drained.system_ns,
        completed: drained.completed,
        checksum: drained.checksum,
        peak_in_flight: drained.peak_in_flight,
        lost: drained.lost,
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use crate::registry;

    use super::*;
    use record::Memory;

    const MS: Duration = Duration::from_millis(1);

    fn paced(tasks: u32, duration: Duration) -> Workload {
        let per_second = NonZeroU32::new(1_000).unwrap();
        Workload::timer(tasks, duration).with_arrival(Arrival::Rate { per_second })
    }

    #[test]
    fn only_what_waits_until_the_last_has_come_can_be_weighed() {
        assert!(can_be_weighed(&Workload::timer(1_000_000, MS), Ceiling::Unbounded));
        assert!(!can_be_weighed(&paced(101, 149 * MS), Ceiling::Unbounded));
        assert!(can_be_weighed(&paced(101, 150 * MS), Ceiling::Unbounded));
        // A pool is full when as many have come as it has workers.
        assert!(can_be_weighed(&paced(5_000, 60 * MS), Ceiling::Pool(8)));
        assert!(!can_be_weighed(&paced(5_000, 56 * MS), Ceiling::Pool(8)));
        assert!(can_be_weighed(&paced(0, 50 * MS), Ceiling::Unbounded));
    }

    fn cell(peak_in_flight: u64, expected_in_flight: u64, completed: u64) -> Cell {
        let workload = paced(100, MS);
        let spec = CellSpec {
            contestant: registry::find("coroutines/bare").unwrap(),
            workload,
            wait_is_given: true,
            pool_workers: 64,
            is_pool: false,
            repeat: 0,
            build: Build::Timed,
            second_wave: false,
            waves: None,
        };
        let drained = Drained {
            in_flight_after_weighing: None,
            completed,
            checksum: workload.expected_checksum(),
            peak_in_flight,
            errors: Vec::new(),
            lost: 0,
            wall_ns: 1_000_000,
            user_ns: 1,
            system_ns: 1,
            voluntary_switches: 0,
            involuntary_switches: 0,
            lateness_ns: Some(record::LatenessLine::default()),
            heap_bytes: None,
            trace: Vec::new(),
        };
        let last_seen = LastSeen::default();
        let unweighed =
            Unweighed { expected_in_flight, drained: vec![drained], server: None, last_seen };
        unweighed.into_cell(&spec, &workload, &Limits::default())
    }

    #[test]
    fn it_is_ok_without_a_weight_and_still_needs_proof_of_its_work() {
        let cell_of_few = cell(7, 100, 100);
        assert_eq!((cell_of_few.status, cell_of_few.reason), (Status::Ok, None));
        assert_eq!(cell_of_few.memory, Memory::default());
        assert!(cell_of_few.lateness_ns.is_some() && cell_of_few.proof.unwrap().unweighed);
        assert_eq!(cell(7, 100, 99).status, Status::Failed);
        assert_eq!(cell(9, 8, 100).status, Status::Failed, "more than its ceiling allows");
    }
}
