//! Everything of a contestant that a plan is worked out from. A page that plans by itself needs
//! these and nothing else.

use std::collections::BTreeMap;

use serde::Serialize;

use super::case::Work;
use super::curve::Curve;
use super::state::{StateLaw, Step};
use crate::analysis::Analysis;
use crate::contestant::{Id, Model};
use crate::estimate::Estimate;
use crate::figure::Figure;
use crate::lateness::{Asked, LatenessRow};
use crate::measured::{Measured, Waiting};
use crate::series::{Arrival, Shape};
use crate::walls::{Ceiling, Reach, Resource, resource_of};

/// Everything of a compared contestant that a plan of one kind of work is worked out from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coefficients {
    /// The contestant.
    pub contestant: Id,
    /// Whether it takes one task at a time.
    pub is_one_at_a_time: bool,
    /// Whether all of its tasks run on one thread, by [`Analysis::is_on_one_thread`].
    pub is_on_one_thread: bool,
    /// The whole process over N in bytes, by the figure of [`Analysis::basis`]; `None` without a fit.
    pub memory: Option<Curve>,
    /// User and system CPU of all tasks over N, in nanoseconds.
    pub cpu: Option<Curve>,
    /// What live state adds to a task.
    pub state: StateLaw,
    /// What the tasks waited for with which that was measured.
    pub state_of: Work,
    /// Where limits other than memory stop it, the first one first.
    pub ceilings: Vec<Ceiling>,
    /// How late 99 in a hundred tasks are that start together, in nanoseconds, by their number.
    pub late: BTreeMap<u64, Estimate>,
    /// The same of tasks that come one by one, by how many come a second.
    pub late_at_rate: BTreeMap<u64, Estimate>,
    /// Whether there is something to be told before it is chosen.
    pub has_caution: bool,
}

/// For fewer tasks than this, CPU is mostly what a process takes anyhow.
const FEWEST_FOR_CPU: u64 = 1_000;

impl Coefficients {
    /// Those of every compared contestant that the record has in this work.
    pub fn all(analysis: &Analysis, work: Work) -> Vec<Self> {
        let mut plain: BTreeMap<&Id, &Measured> = BTreeMap::new();
        for measured in &analysis.measured {
            let series = &measured.series;
            let is_plain = series.shape.state_bytes == 0 && work.is_of(&series.shape);
            if !series.contestant.is_compared() || !is_plain {
                continue;
            }
            // Requests may have been run with bodies of several sizes.
            let known = plain.entry(&series.contestant).or_insert(measured);
            if measured.proven_at.len() > known.proven_at.len() {
                *known = measured;
            }
        }
        plain.into_values().map(|measured| Self::of(analysis, work, measured)).collect()
    }

    fn of(analysis: &Analysis, work: Work, measured: &Measured) -> Self {
        let series = &measured.series;
        let id = &series.contestant;
        let own = steps(analysis, work, id);
        let (state_of, steps) = match work {
            Work::Http if own.is_empty() => (Work::Timer, steps(analysis, Work::Timer, id)),
            _ => (work, own),
        };
        let has_stacks = id.model() == Model::Threads;
        let is_alone = measured.waiting == Waiting::OneAtATime || id.model() == Model::Subroutine;
        let reach = analysis.reaches.iter().find(|reach| reach.series == *series);
        Self {
            contestant: id.clone(),
            is_one_at_a_time: is_alone,
            is_on_one_thread: analysis.is_on_one_thread(id),
            memory: Curve::of(measured, analysis.basis.figure()),
            cpu: Curve::of(measured, Figure::Cpu),
            state: StateLaw::of(steps, has_stacks, analysis.run.host.page_bytes),
            state_of,
            ceilings: reach.map(ceilings).unwrap_or_default(),
            late: late(analysis, id, |row| {
                (row.series == *series && row.asked == Asked::OwnWait).then_some(row.tasks)
            }),
            late_at_rate: late(analysis, id, |row| match row.series.shape.arrival {
                Arrival::Rate(rate) if is_alike(work, row) => Some(rate),
                _ => None,
            }),
            has_caution: analysis.run.caution(id.as_str()).is_some(),
        }
    }

    /// The whole process with so many tasks of so much state waiting, in bytes.
    pub fn memory_at(&self, tasks: u64, state_bytes: u64) -> Option<Estimate> {
        let state = self.state.memory(state_bytes).scaled(tasks as f64);
        Some(self.memory.as_ref()?.at(tasks).plus(&state))
    }

    /// The CPU of one of so many tasks, in nanoseconds. What state adds is left out where no size of
    /// it was measured.
    pub fn cpu_per_task(&self, tasks: u64, state_bytes: u64) -> Option<Estimate> {
        let plain = self.cpu.as_ref()?.per_task(tasks, FEWEST_FOR_CPU)?;
        let state = self.state.cpu(state_bytes);
        Some(state.map_or(plain, |state| plain.plus(&state)))
    }

    /// How many tasks of so much state so much memory is enough for.
    pub fn tasks_in(&self, memory_bytes: u64, state_bytes: u64) -> Option<u64> {
        const MOST: u64 = 1 << 40;
        let needs = |tasks| Some(self.memory_at(tasks, state_bytes)?.value);
        if needs(1)? > memory_bytes as f64 {
            return Some(0);
        }
        let (mut enough, mut too_many) = (1, MOST);
        while too_many - enough > 1 {
            let middle = enough + (too_many - enough) / 2;
            if needs(middle)? <= memory_bytes as f64 { enough = middle } else { too_many = middle }
        }
        Some(enough)
    }
}

/// What each measured size of state adds to a task of this contestant, at the largest N that has it:
/// there it stands out most from what differs between processes.
fn steps(analysis: &Analysis, work: Work, id: &Id) -> Vec<Step> {
    let with_state = analysis.measured.iter().filter(|measured| {
        let shape = &measured.series.shape;
        measured.series.contestant == *id && shape.state_bytes != 0 && work.is_of(shape)
    });
    let step = |measured: &Measured| {
        let shape = &measured.series.shape;
        let plain = analysis.measured_of(id, &shape.without_state())?;
        let added = |figure| {
            let (tasks, with) = measured.whole.get(&figure)?.last_key_value()?;
            let without = Curve::of(plain, figure)?.at(*tasks);
            let less = Estimate { value: -without.value, low: -without.high, high: -without.low };
            Some((*tasks, with.estimate().plus(&less).scaled(1.0 / *tasks as f64)))
        };
        // Of a single task nothing stands out.
        let (_, memory) = added(analysis.basis.figure()).filter(|(tasks, _)| *tasks > 1)?;
        let cpu = added(Figure::Cpu).map(|(_, cpu)| Estimate { value: cpu.value.max(0.0), ..cpu });
        Some(Step { state_bytes: shape.state_bytes, memory, cpu })
    };
    let mut steps: Vec<Step> = with_state.filter_map(step).collect();
    steps.sort_by_key(|step| step.state_bytes);
    steps.dedup_by_key(|step| step.state_bytes);
    steps
}

/// The ceilings of limits that state does not move.
fn ceilings(reach: &Reach) -> Vec<Ceiling> {
    let is_memory = |ceiling: &&Ceiling| resource_of(&ceiling.limit) == Some(Resource::Memory);
    reach.ceilings.iter().filter(|ceiling| !is_memory(ceiling)).cloned().collect()
}

/// How late tasks of this contestant are, in the rows that have a key and no queue.
fn late(
    analysis: &Analysis,
    id: &Id,
    key: impl Fn(&LatenessRow) -> Option<u64>,
) -> BTreeMap<u64, Estimate> {
    let rows = analysis.lateness.iter();
    let rows = rows.filter(|row| row.series.contestant == *id && !row.is_queued());
    rows.filter_map(|row| Some((key(row)?, row.p99.estimate()))).collect()
}

/// Whether tasks of this row do this work, but for how they come.
fn is_alike(work: Work, row: &LatenessRow) -> bool {
    work.is_of(&Shape { arrival: Arrival::Burst, ..row.series.shape.clone() })
}
