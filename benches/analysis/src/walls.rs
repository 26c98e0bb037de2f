//! How far each contestant came, what stopped it, and what would stop it next.
//!
//! A contestant that did everything it was asked has no wall here: its largest N is only what was
//! tried. What would stop it is worked out from how much of each limited thing one more task uses.

use std::collections::BTreeMap;

use record::{Cell, Limit, LimitValue, Status, Weight};
use serde::Serialize;

use crate::contestant::Model;
use crate::context::{Basis, Context};
use crate::index::{Cells, is_all_waiting};
use crate::measured::Measured;
use crate::reading::{Reading, spreads};
use crate::series::Series;

/// How far a compared contestant came with plain timers or plain requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach {
    /// The series.
    pub series: Series,
    /// The largest N with proof. It is a limit only where there is a wall.
    pub largest: Option<u64>,
    /// The most of its tasks that waited at once, with proof.
    pub at_once: Option<u64>,
    /// The largest N that was tried.
    pub tried: u64,
    /// What stopped it, if something did.
    pub wall: Option<Wall>,
    /// Where the limits of this machine would stop it, the first one first. Worked out, not tried.
    pub ceilings: Vec<Ceiling>,
}

/// What stopped a contestant.
#[derive(Clone, Debug, PartialEq)]
pub struct Wall {
    /// The N that was tried.
    pub tasks: u64,
    /// How many tasks it got to.
    pub reached: Option<u64>,
    /// Whether that was worked out from the limit, because it was gone before it could be counted.
    pub reached_is_estimated: bool,
    /// The limit.
    pub limit: Limit,
    /// How much of it one task uses, where that is a whole number.
    pub per_task: Option<u64>,
}

/// Where a limit would stop a contestant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ceiling {
    /// The limit's name, as in [`record::Host::limits`].
    pub limit: String,
    /// Its value.
    pub value: u64,
    /// How much of it one task uses.
    pub per_task: f64,
    /// How many tasks that makes.
    pub tasks: u64,
}

impl Ceiling {
    /// What the limit would have to be for so many tasks, at least.
    pub fn needed_for(&self, tasks: u64) -> u64 {
        let more = tasks.saturating_sub(self.tasks) as f64 * self.per_task;
        self.value.saturating_add(more.ceil() as u64)
    }
}

/// What a limit is a limit of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Memory mappings.
    Mappings,
    /// Threads.
    Threads,
    /// Open files.
    Descriptors,
    /// Bytes of addresses, whether anything is there or not.
    Addresses,
    /// Bytes, the kernel's part included.
    Memory,
}

/// How much of a resource a process uses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Use {
    /// One task's.
    pub per_task: f64,
    /// The process's without tasks.
    pub base: f64,
}

impl Reach {
    /// Where it would be stopped next, if what stopped it were moved, or at all.
    pub fn next(&self) -> Option<&Ceiling> {
        let past = self.wall.as_ref().map(|wall| resource_of(&wall.limit.name));
        let is_other = |ceiling: &&Ceiling| {
            past.is_none_or(|past| past != resource_of(&ceiling.limit))
                && self.largest.is_none_or(|largest| ceiling.tasks > largest)
        };
        self.ceilings.iter().find(is_other)
    }

    /// What would have to be moved for so many tasks, the first limit first.
    pub fn in_the_way_of(&self, tasks: u64) -> impl Iterator<Item = &Ceiling> {
        self.ceilings.iter().take_while(move |ceiling| ceiling.tasks < tasks)
    }

    /// The most tasks that it has here: what it got to, or where it would be stopped first.
    pub fn most(&self) -> Option<u64> {
        let stopped = self.wall.as_ref().and_then(|wall| wall.reached);
        stopped.or_else(|| self.ceilings.first().map(|ceiling| ceiling.tasks))
    }
}

/// What the limit of this name limits; `None` for one that this program does not know.
pub fn resource_of(limit: &str) -> Option<Resource> {
    Some(match limit {
        "max_map_count" => Resource::Mappings,
        "threads_max" | "pid_max" | "nproc" | "pids_cgroup" => Resource::Threads,
        "nofile" => Resource::Descriptors,
        "address_space" => Resource::Addresses,
        "memory_cgroup" | "memory_bytes" => Resource::Memory,
        _ => return None,
    })
}

/// How far each contestant came that is compared or stands apart.
pub(crate) fn of(context: &Context<'_>) -> Vec<Reach> {
    let wanted = context.index.iter().filter(|(series, _)| series.is_plain_contestant());
    wanted.map(|(series, cells)| reach(context, series, cells)).collect()
}

fn reach(context: &Context<'_>, series: &Series, cells: &Cells<'_>) -> Reach {
    let mut uses = uses(cells, context.get(series), context.basis);
    let all = cells.timed.iter().chain(&cells.unproven);
    let tried = all.filter(|cell| cell.status != Status::Skipped).map(|cell| cell.tasks);
    let proofs = cells.timed.iter().filter_map(|cell| cell.proof);
    let in_flight = proofs.filter(|proof| !proof.unweighed).map(|proof| proof.peak_in_flight);
    let stopped = cells.unproven.iter().filter(|cell| cell.status == Status::Wall);
    let stopped = stopped.min_by_key(|cell| cell.tasks);
    if let Some(cell) = stopped.filter(|_| series.contestant.waits_as() == Model::Threads) {
        learn_at_wall(cell, &mut uses);
    }
    let wall = stopped.and_then(|cell| wall(cell, &uses));
    let mut ceilings = ceilings(&context.record.run.host.limits, &uses);
    if let Some(wall) = &wall {
        // Where it was stopped is known better than where it would be: others may use the limit too, and it may
        // have changed during the run.
        for ceiling in ceilings.iter_mut().filter(|ceiling| ceiling.limit == wall.limit.name) {
            ceiling.value = wall.limit.value;
            ceiling.tasks =
                wall.reached.filter(|_| !wall.reached_is_estimated).unwrap_or(ceiling.tasks);
        }
        ceilings.sort_by_key(|ceiling| ceiling.tasks);
    }
    Reach {
        series: series.clone(),
        largest: cells.timed.iter().map(|cell| cell.tasks).max(),
        at_once: in_flight.max(),
        tried: tried.max().unwrap_or(0),
        wall,
        ceilings,
    }
}

/// How much of each resource that grows with the tasks one more task of these cells uses.
pub(crate) fn uses(
    cells: &Cells<'_>,
    measured: Option<&Measured>,
    basis: Basis,
) -> BTreeMap<Resource, Use> {
    let mut uses = BTreeMap::new();
    let mut count = |resource, read| uses.extend(counted_use(cells, read).map(|of| (resource, of)));
    count(Resource::Mappings, |weight| weight.mappings);
    count(Resource::Threads, |weight| weight.threads);
    count(Resource::Descriptors, |weight| weight.descriptors);
    if let Some(fit) = measured.and_then(|measured| measured.fits.get(&basis.figure())) {
        let per_task = fit.slope.estimate.value;
        if fit.slope.estimate.is_above_zero() || (per_task > 0.0 && fit.cells < 3) {
            uses.insert(Resource::Memory, Use { per_task, base: fit.intercept });
        }
    }
    uses
}

/// The use of something that is counted, from the smallest and the largest N: a whole number where it
/// is nearly one, because there is nothing else it could be.
fn counted_use(cells: &Cells<'_>, read: fn(&Weight) -> Option<u64>) -> Option<Use> {
    let reading = |cell: &&Cell| {
        let value = read(cell.memory.waiting.as_ref()?)? as f64;
        Some(Reading { tasks: cell.tasks, value })
    };
    let waiting = cells.timed.iter().filter(|cell| is_all_waiting(cell));
    let medians = spreads(&waiting.filter_map(reading).collect::<Vec<_>>());
    let ((least, low), (most, high)) = (medians.first_key_value()?, medians.last_key_value()?);
    let (low, high) = (low.median, high.median);
    let per_task = (high - low) / (most - least) as f64;
    let whole = per_task.round();
    let per_task = if (per_task - whole).abs() < 0.05 { whole } else { per_task };
    (per_task > 0.0).then(|| Use { per_task, base: (high - per_task * *most as f64).max(0.0) })
}

/// The threads of a process of ours without tasks.
const OWN_THREADS: u64 = 3;

/// Adds what a wall alone says of a contestant with a thread for each task: with one N there is nothing
/// else to take it from. Three of the threads are the process's own: the main thread, one that reads orders and
/// one that watches.
fn learn_at_wall(cell: &Cell, uses: &mut BTreeMap<Resource, Use>) {
    let has_a_thread_each =
        cell.pool_workers.is_none_or(|workers| u64::from(workers) >= cell.tasks);
    let Some(limit) = cell.limit.as_ref().filter(|_| has_a_thread_each) else { return };
    let Some(threads) = limit.reached.and_then(|all| all.checked_sub(OWN_THREADS)) else { return };
    if threads == 0 {
        return;
    }
    let base = OWN_THREADS as f64;
    uses.entry(Resource::Threads).or_insert(Use { per_task: 1.0, base });
    let used = used_at_end(limit) as f64;
    let per_task = (used / threads as f64).round();
    let of_wall = resource_of(&limit.name)
        .filter(|resource| [Resource::Mappings, Resource::Addresses].contains(resource));
    if let Some(resource) = of_wall.filter(|_| per_task > 0.0) {
        let base = (used - per_task * threads as f64).max(0.0);
        uses.entry(resource).or_insert(Use { per_task, base });
    }
}

/// How much of a limit was in use at the end. What was estimated was seen before the end; the end is
/// where the limit lies.
fn used_at_end(limit: &Limit) -> u64 {
    if limit.used_is_estimated { limit.value } else { limit.used }
}

fn wall(cell: &Cell, uses: &BTreeMap<Resource, Use>) -> Option<Wall> {
    let limit = cell.limit.clone()?;
    let of = resource_of(&limit.name).and_then(|resource| uses.get(&resource));
    let per_task = of.map(|of| of.per_task).filter(|per_task| per_task.fract() == 0.0);
    let used = used_at_end(&limit);
    let own = uses.get(&Resource::Threads);
    let counted = limit.reached.and_then(|threads| Some(own?.tasks_in(threads)));
    Some(Wall {
        tasks: cell.tasks,
        reached: counted.or_else(|| of.map(|of| of.tasks_in(used))),
        reached_is_estimated: counted.is_none() && limit.used_is_estimated,
        per_task: per_task.map(|per_task| per_task as u64),
        limit,
    })
}

/// Where these limits stop what uses so much, the first one first.
pub(crate) fn ceilings(
    limits: &BTreeMap<String, LimitValue>,
    uses: &BTreeMap<Resource, Use>,
) -> Vec<Ceiling> {
    let ceiling = |(name, value): (&String, &LimitValue)| {
        let (value, of) = (value.number()?, uses.get(&resource_of(name)?)?);
        let (per_task, tasks) = (of.per_task, of.tasks_in(value));
        Some(Ceiling { limit: name.clone(), value, per_task, tasks })
    };
    let mut ceilings: Vec<Ceiling> = limits.iter().filter_map(ceiling).collect();
    ceilings.sort_by_key(|ceiling| ceiling.tasks);
    ceilings
}

impl Use {
    /// How many tasks so much of it is enough for.
    fn tasks_in(&self, value: u64) -> u64 {
        ((value as f64 - self.base).max(0.0) / self.per_task) as u64
    }
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill, Synthetic, asking_run, small_run};

    use super::*;
    use crate::analysis::Analysis;

    fn of_run(record: &record::Record, id: &str) -> Reach {
        let reaches = Analysis::of(record, None).reaches;
        reaches.into_iter().find(|reach| reach.series.contestant.as_str() == id).unwrap()
    }

    #[test]
    fn a_thread_each_ends_at_the_map_count_with_four_mappings_a_thread() {
        let reach = of_run(&small_run(), "threads/per-task");
        let wall = reach.wall.clone().unwrap();
        assert_eq!((reach.largest, reach.tried, wall.tasks), (Some(10_000), 40_000, 40_000));
        // 65,512 mappings in use less 30 of the process, 4 a thread.
        assert_eq!((wall.reached, wall.per_task), (Some(16_370), Some(4)));
        assert_eq!(wall.limit.name, "max_map_count");
        // It was stopped there, so that is where it is stopped.
        assert_eq!(reach.ceilings[0].tasks, 16_370);
        assert!(reach.next().is_none(), "the small run knows no other limit");
        let in_the_way: Vec<_> = reach.in_the_way_of(50_000).collect();
        assert_eq!(in_the_way.len(), 1);
        assert_eq!(in_the_way[0].needed_for(50_000), 65_530 + 4 * (50_000 - 16_370));
        assert_eq!(reach.in_the_way_of(16_370).count(), 0);
    }

    #[test]
    fn the_next_wall_is_of_another_kind() {
        let mut record = small_run();
        let limits = [("pid_max", 32_768), ("threads_max", 190_000), ("memory_bytes", 24 << 30)];
        for (name, value) in limits {
            record.run.host.limits.insert(name.into(), LimitValue::Number(value));
        }
        let next = of_run(&record, "threads/per-task").next().cloned().unwrap();
        assert_eq!((next.limit.as_str(), next.tasks, next.per_task), ("pid_max", 32_767, 1.0));
        let next = of_run(&record, "coroutines/smol").next().cloned().unwrap();
        assert_eq!(next.limit, "memory_bytes");
        let bytes = (24_u64 << 30) as f64;
        assert!((next.tasks as f64 / (bytes / 340.0) - 1.0).abs() < 0.01, "{next:?}");
    }

    #[test]
    fn what_did_all_it_was_asked_has_no_wall() {
        let mut made = Synthetic::new();
        made.line("coroutines/smol", &[1, 1_000], Bill::of(300));
        let reach = of_run(&made.record(), "coroutines/smol");
        assert_eq!((reach.wall, reach.largest, reach.tried), (None, Some(1_000), 1_000));
        assert_eq!((reach.ceilings.len(), reach.at_once), (0, Some(1_000)));
    }

    #[test]
    fn an_estimated_use_was_seen_before_the_end() {
        let mut record = small_run();
        let cell = record.cells.iter_mut().find(|cell| cell.limit.is_some()).unwrap();
        let limit = cell.limit.as_mut().unwrap();
        (limit.used, limit.used_is_estimated) = (50_000, true);
        let wall = of_run(&record, "threads/per-task").wall.unwrap();
        assert_eq!((wall.reached, wall.reached_is_estimated), (Some(16_375), true));
        let cell = record.cells.iter_mut().find(|cell| cell.limit.is_some()).unwrap();
        cell.limit.as_mut().unwrap().reached = Some(16_372);
        let wall = of_run(&record, "threads/per-task").wall.unwrap();
        // One of the threads is the process's own.
        assert_eq!((wall.reached, wall.reached_is_estimated), (Some(16_371), false));
    }

    #[test]
    fn a_wall_alone_says_how_many_mappings_a_thread_takes() {
        let mut made = Synthetic::new();
        made.without("threads/per-task", 40_000, Status::Wall, "no thread");
        let mut record = made.record();
        assert_eq!(of_run(&record, "threads/per-task").ceilings, []);
        let limit = record.cells[0].limit.as_mut().unwrap();
        (limit.reached, limit.used_is_estimated) = (Some(16_373), true);
        let reach = of_run(&record, "threads/per-task");
        let wall = reach.wall.unwrap();
        assert_eq!((wall.reached, wall.per_task), (Some(16_370), Some(4)));
        let [ceiling] = &reach.ceilings[..] else { panic!("{:?}", reach.ceilings) };
        assert_eq!((ceiling.tasks, ceiling.needed_for(40_000)), (16_370, 65_530 + 4 * 23_630));
        // Where workers are fewer than tasks, a thread is not a task.
        record.cells[0].pool_workers = Some(20_000);
        assert_eq!(of_run(&record, "threads/per-task").wall.unwrap().per_task, None);
    }

    #[test]
    fn a_failure_is_no_wall_and_requests_have_their_own_reach() {
        assert!(of_run(&small_run(), "coroutines/smol").wall.is_none());
        let reach = of_run(&asking_run(), "threads/per-task");
        assert!(reach.series.shape.is_plain_request());
        assert_eq!(reach.largest, Some(1_000));
        let subroutine = of_run(&small_run(), "subroutine/sequential");
        assert_eq!((subroutine.largest, subroutine.at_once), (Some(4), Some(1)));
    }
}
