//! How long to wait and how much memory to expect.
//!
//! All tasks must be in flight before the first one ends, and stay so while they are weighed. How
//! long that takes differs by a factor of a hundred between contestants, and a wait that is always
//! long enough for the slowest would make a run take hours. So the wait follows from how long the
//! contestant's cells have taken to start so far; where the estimate is too low, the cell is run
//! again with twice the wait, and nothing is lost but time.

use std::collections::HashMap;
use std::time::Duration;

use super::spec::CellSpec;
use protocol::ns;
use record::{Cell, Status, Weight};

/// The shortest wait: enough to weigh a small process in.
pub const SHORTEST: Duration = Duration::from_millis(50);

/// What is expected of a task where nothing is known yet, without its state.
#[derive(Clone, Copy)]
struct Unknown {
    /// What starting it may take.
    start_ns: f64,
    bytes: f64,
    /// What weighing may take for it: the kernel walks the page tables.
    weighing_ns: f64,
}

const TASK: Unknown = Unknown { start_ns: 2_600.0, bytes: 600.0, weighing_ns: 60.0 };

/// The kernel lists its four mappings, once to count them and once with what was touched of them.
const THREAD: Unknown = Unknown { start_ns: 100_000.0, bytes: 40_000.0, weighing_ns: 40_000.0 };

/// What a connection adds to that, server included.
const CONNECTION: Unknown = Unknown { start_ns: 60_000.0, bytes: 6_000.0, weighing_ns: 0.0 };

/// What each byte of its state adds to the start: its page is faulted in, cleared and filled.
const STATE_NS_PER_BYTE: f64 = 1.0;

impl Unknown {
    fn of(spec: &CellSpec) -> Self {
        let is_thread = spec.contestant.takes_threads();
        let task = if is_thread { THREAD } else { TASK };
        // A worker uses the same stack for each task.
        let depth = if is_thread { spec.workload.depth } else { 0 };
        let more = if spec.workload.asks().is_some() { 1.0 } else { 0.0 };
        #[allow(clippy::cast_precision_loss, reason = "an estimate")]
        let state_bytes = (spec.workload.state.bytes() + u64::from(depth)) as f64;
        Self {
            start_ns: task.start_ns + more * CONNECTION.start_ns + state_bytes * STATE_NS_PER_BYTE,
            bytes: task.bytes + more * CONNECTION.bytes + state_bytes,
            weighing_ns: task.weighing_ns,
        }
    }
}

/// How much longer than it took so far a start may take.
const MARGIN: f64 = 1.3;

/// The same for cells that are much larger than any so far: caches end and page tables grow.
const FAR_MARGIN: f64 = 2.2;

/// From how many times the largest cell so far a cell is much larger.
const FAR: f64 = 4.0;

/// How many tasks tell what one takes, where nothing is known and many are asked for.
pub const TRIAL_TASKS: u32 = 10_000;

/// Cells of fewer tasks say more about the harness than about a task.
const FEWEST_TASKS: u64 = 1_000;

/// What was learned from the cells so far.
#[derive(Debug, Default)]
pub struct Estimates {
    by_contestant: HashMap<Key, Estimate>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Estimate {
    start_ns_per_task: f64,
    bytes_per_task: f64,
    most_tasks: f64,
}

impl Estimates {
    /// How long the tasks of this cell should wait; `None` if that was asked for.
    pub fn wait_for(&self, spec: &CellSpec) -> Option<Duration> {
        if spec.wait_is_given {
            return None;
        }
        let unknown = Unknown::of(spec);
        let tasks = f64::from(spec.workload.tasks);
        let start_ns = self.get(spec).map_or(unknown.start_ns, |estimate| {
            let is_far = tasks >= FAR * estimate.most_tasks;
            estimate.start_ns_per_task * if is_far { FAR_MARGIN } else { MARGIN }
        });
        let ns = tasks * (start_ns + unknown.weighing_ns);
        Some(SHORTEST + spec.workload.last_start() + Duration::from_secs_f64(ns / 1e9))
    }

    /// How many bytes this cell will take, as far as smaller ones tell.
    pub fn bytes_for(&self, spec: &CellSpec) -> f64 {
        let known = self.get(spec).map(|estimate| estimate.bytes_per_task);
        let bytes = known.filter(|bytes| *bytes > 0.0);
        bytes.unwrap_or_else(|| Unknown::of(spec).bytes) * f64::from(spec.workload.tasks)
    }

    /// Learns from a cell.
    #[allow(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn learn(&mut self, spec: &CellSpec, cell: &Cell) {
        let is_unweighed = cell.proof.is_some_and(|proof| proof.unweighed);
        if cell.status != Status::Ok || cell.tasks < FEWEST_TASKS || is_unweighed {
            return;
        }
        let tasks = cell.tasks as f64;
        let estimate = self.by_contestant.entry(key(spec)).or_default();
        if let Some(time) = cell.time {
            // With a server, the start is over when that has all requests.
            let all_open_ns = cell.server.map_or(0, |server| server.all_open_ns);
            // With a rate, most of it is the time in which they come.
            let coming_ns = ns(spec.workload.last_start());
            let start_ns = time.start_ns.max(all_open_ns).saturating_sub(coming_ns) as f64 / tasks;
            estimate.start_ns_per_task = estimate.start_ns_per_task.max(start_ns);
        }
        let bytes = |weight: Option<Weight>| -> Option<u64> {
            let weight = weight?;
            let known = || Some(weight.private_bytes()? + weight.page_table_bytes.unwrap_or(0));
            weight.total_bytes.or_else(known)
        };
        // The larger the cell, the less of its growth is the harness's. The workers of a pool are there
        // before its tasks.
        if let Some(waiting) = bytes(cell.memory.waiting)
            && tasks >= estimate.most_tasks
        {
            let before = bytes(cell.memory.idle).filter(|_| !spec.is_pool).unwrap_or(0);
            estimate.bytes_per_task = waiting.saturating_sub(before) as f64 / tasks;
        }
        estimate.most_tasks = estimate.most_tasks.max(tasks);
    }

    /// Whether a cell like this has been run.
    pub fn knows(&self, spec: &CellSpec) -> bool {
        self.get(spec).is_some()
    }

    fn get(&self, spec: &CellSpec) -> Option<Estimate> {
        self.by_contestant
            .get(&key(spec))
            .copied()
            .filter(|estimate| estimate.start_ns_per_task > 0.0)
    }
}

/// What cells have in common that start alike: the contestant, the bytes of state, and whether a server is
/// asked.
type Key = (&'static str, u64, bool);

fn key(spec: &CellSpec) -> Key {
    (spec.contestant.id(), spec.workload.state.bytes(), spec.workload.asks().is_some())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use workload::{Arrival, StateSize, Workload};

    use super::*;
    use record::{Build, Memory, Time};

    fn spec(tasks: u32, wait_is_given: bool) -> CellSpec {
        CellSpec {
            contestant: crate::registry::find("coroutines/bare").unwrap(),
            workload: Workload::timer(tasks, Duration::from_secs(7)),
            wait_is_given,
            pool_workers: 64,
            is_pool: false,
            repeat: 0,
            build: Build::Timed,
            second_wave: false,
            waves: None,
        }
    }

    fn learned(tasks: u32, start_ns_per_task: u64, bytes_per_task: u64) -> Estimates {
        let spec = spec(tasks, false);
        let mut cell = spec.cell(&spec.workload, Status::Ok, None);
        let tasks = u64::from(tasks);
        cell.time = Some(Time { start_ns: start_ns_per_task * tasks, ..Time::default() });
        let weight = |bytes| Some(Weight { total_bytes: Some(bytes), ..Weight::default() });
        // What the program takes without tasks is no task's.
        let (idle, waiting) = (weight(3 << 20), weight((3 << 20) + bytes_per_task * tasks));
        cell.memory = Memory { idle, waiting, ..Memory::default() };
        let mut estimates = Estimates::default();
        estimates.learn(&spec, &cell);
        estimates
    }

    #[test]
    fn a_wait_that_was_asked_for_is_left_alone() {
        assert_eq!(Estimates::default().wait_for(&spec(1000, true)), None);
    }

    #[test]
    fn a_slow_starter_gets_a_longer_wait_than_a_fast_one() {
        let wait = |start_ns| learned(10_000, start_ns, 1).wait_for(&spec(20_000, false)).unwrap();
        assert!(wait(10_000) > wait(1_000));
        // Long enough for what it took so far.
        assert!(wait(10_000) > Duration::from_nanos(10_000 * 20_000));
    }

    #[test]
    fn where_nothing_is_known_more_state_gets_a_longer_wait() {
        let wait = |state| {
            let small = spec(10_000, false);
            let spec = CellSpec { workload: small.workload.with_state(state), ..small };
            Estimates::default().wait_for(&spec).unwrap()
        };
        assert!(wait(StateSize::KiB64) > wait(StateSize::KiB8));
        assert!(wait(StateSize::KiB8) > wait(StateSize::None));
    }

    #[test]
    fn a_cell_far_beyond_what_is_known_gets_more_room() {
        let estimates = learned(10_000, 1_000, 1);
        let per_task = |tasks: u32| {
            let wait = estimates.wait_for(&spec(tasks, false)).unwrap() - SHORTEST;
            wait.as_secs_f64() / f64::from(tasks)
        };
        assert!(per_task(1_000_000) > 1.5 * per_task(20_000));
    }

    #[test]
    fn tasks_of_a_rate_wait_until_the_last_has_come() {
        let per_second = NonZeroU32::new(1_000).unwrap();
        let mut paced = spec(10_000, false);
        paced.workload = paced.workload.with_arrival(Arrival::Rate { per_second });
        let estimates = learned(10_000, 1_000, 1);
        let wait = estimates.wait_for(&paced).unwrap();
        assert!(wait > Duration::from_secs(10), "{wait:?}");

        // What it takes them to come says nothing about how long it takes to start one.
        let mut cell = paced.cell(&paced.workload, Status::Ok, None);
        cell.time = Some(Time { start_ns: 10_000_000_000, ..Time::default() });
        let mut estimates = Estimates::default();
        estimates.learn(&paced, &cell);
        let burst = estimates.wait_for(&spec(10_000, false)).unwrap();
        assert!(burst < Duration::from_secs(1), "{burst:?}");
    }

    /// Its threads are there before the first task, and belong to the tasks all the same.
    #[test]
    fn workers_of_a_pool_are_in_what_its_tasks_take() {
        let spec = CellSpec { is_pool: true, ..spec(1_000, false) };
        let mut cell = spec.cell(&spec.workload, Status::Ok, None);
        cell.time = Some(Time { start_ns: 1_000, ..Time::default() });
        let weight = Some(Weight { total_bytes: Some(40_000_000), ..Weight::default() });
        cell.memory = Memory { idle: weight, waiting: weight, ..Memory::default() };
        let mut estimates = Estimates::default();
        estimates.learn(&spec, &cell);
        assert_eq!(estimates.bytes_for(&spec), 4e7);
    }

    #[test]
    fn memory_is_foreseen_from_smaller_cells() {
        let estimates = learned(100_000, 1_000, 500);
        assert_eq!(estimates.bytes_for(&spec(1_000_000, false)), 5e8);
        assert!(estimates.knows(&spec(1, false)) && !Estimates::default().knows(&spec(1, false)));
        let blind = Estimates::default().bytes_for(&spec(u32::MAX, false));
        assert!(blind > 1e12, "{blind} B is not run blindly");
    }
}
