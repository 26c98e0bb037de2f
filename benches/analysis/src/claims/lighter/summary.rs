//! The figures of one coroutine against one thread, for where there is room for a few sentences.

use std::collections::BTreeMap;

use super::pair::{Compared, is_judged};
use crate::claims::inputs::Inputs;
use crate::claims::judgement::{Finding, Work};
use crate::contestant::{Id, Model};
use crate::context::find;
use crate::crossover::{self, Crossover};
use crate::estimate::FEWEST_ROUNDS;
use crate::figure::Figure;
use crate::lateness::{Asked, LatenessRow};
use crate::rates::RateRow;
use crate::reading::Spread;
use crate::series::{Series, Shape};

/// The coroutine that is named where one stands for all.
const NAMED: &str = "coroutines/tokio";

/// The live state that stands for all sizes, in bytes.
pub const STATE_BYTES: u64 = 8_192;

/// Up to so many timers a thread each is asked whether it is as punctual.
pub const MOST_PUNCTUAL: u64 = 1_000;

/// The figures of one coroutine against one thread.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The coroutine: tokio, or the first one that is there.
    pub coroutine: Id,
    /// The thread: a thread each, or the first one that is there.
    pub thread: Id,
    /// Bytes of a task that waits for a timer.
    pub timer: Option<Compared>,
    /// Bytes of a task with [`STATE_BYTES`] of live state that waits for a timer.
    pub state: Option<Compared>,
    /// Bytes of a task that waits for an answer, with its open connection.
    pub request: Option<Compared>,
    /// CPU of a wait for a timer, in nanoseconds.
    pub cpu_wait: Option<Compared>,
    /// CPU of a request, in nanoseconds.
    pub cpu_request: Option<Compared>,
    /// From how many tasks on each coroutine's process is lighter than this thread's, by work.
    pub from: Vec<From>,
    /// The whole process with one task waiting for a timer.
    pub one_task: Option<OneTask>,
    /// How late single timers are, due one after another.
    pub punctual: Option<Punctual>,
    /// Requests to a server that answers at once.
    pub at_once: Option<AtOnce>,
}

/// From how many tasks on a coroutine's process is lighter.
#[derive(Clone, Debug, PartialEq)]
pub struct From {
    /// What the tasks wait for.
    pub work: Work,
    /// The coroutine.
    pub coroutine: Id,
    /// From so many tasks on, at least and at most; `None` if it is not lighter at the largest N.
    pub between: Option<(u64, u64)>,
}

/// The whole process with one task, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct OneTask {
    /// The coroutine's.
    pub coroutine: Spread,
    /// The thread's.
    pub thread: Spread,
    /// What the two say.
    pub finding: Finding,
}

/// How late single timers are, in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Punctual {
    /// How many timers: the most up to [`MOST_PUNCTUAL`] that both have.
    pub tasks: u64,
    /// The median and p99 of the coroutine's.
    pub coroutine: [Spread; 2],
    /// The same of the thread's.
    pub thread: [Spread; 2],
    /// [`Finding::Lighter`] where the coroutine's median is the less late one in every repeat, of
    /// which there are [`FEWEST_ROUNDS`] at least.
    pub finding: Finding,
}

/// What a request costs in CPU that a server answers at once, in ns; how many are open at once differs.
#[derive(Clone, Debug, PartialEq)]
pub struct AtOnce {
    /// How many requests in a wave.
    pub tasks: u64,
    /// The thread contestant that takes the least CPU.
    pub thread: Id,
    /// How many workers it has, if it is a pool.
    pub workers: Option<u32>,
    /// What both take.
    pub cpu: Compared,
}

impl Summary {
    /// `None` where no coroutine and thread did the same.
    pub(crate) fn of(inputs: &Inputs<'_>) -> Option<Self> {
        let (coroutine, thread) = pair(inputs)?;
        let (bytes, measured) = (inputs.context.basis.figure(), &inputs.context.measured);
        let slopes = |figure, is_wanted: &dyn Fn(&Shape) -> bool| {
            let mut all = measured.iter().filter(|of| of.series.contestant == coroutine);
            let ours = all.find(|measured| is_wanted(&measured.series.shape))?;
            let theirs = find(measured, &thread, &ours.series.shape)?;
            Some(Compared::slopes(ours, theirs, figure))
        };
        let has_state =
            |shape: &Shape| shape.state_bytes == STATE_BYTES && shape.without_state().is_plain();
        Some(Self {
            timer: slopes(bytes, &Shape::is_plain),
            state: slopes(bytes, &has_state),
            request: slopes(bytes, &Shape::is_plain_request),
            cpu_wait: slopes(Figure::Cpu, &Shape::is_plain),
            cpu_request: slopes(Figure::Cpu, &Shape::is_plain_request),
            from: from(inputs, &thread),
            one_task: one_task(inputs, &coroutine, &thread),
            punctual: punctual(inputs, &coroutine, &thread),
            at_once: at_once(inputs, &coroutine),
            coroutine,
            thread,
        })
    }
}

/// The two contestants that stand for all: those that are named, where they are there.
fn pair(inputs: &Inputs<'_>) -> Option<(Id, Id)> {
    let first = |model: Model, is_named: fn(&Id) -> bool, other: Option<&Series>| {
        let all = || inputs.context.measured.iter().filter(|measured| is_judged(measured, model));
        let is_wanted = |of: &&Series| other.is_none_or(|other| other.shape == of.shape);
        let wanted = || all().map(|measured| &measured.series).filter(is_wanted);
        wanted().find(|series| is_named(&series.contestant)).or_else(|| wanted().next())
    };
    let coroutine = first(Model::Coroutines, |id| id.as_str() == NAMED, None)?;
    let thread = first(Model::Threads, Id::is_reference, Some(coroutine))?;
    Some((coroutine.contestant.clone(), thread.contestant.clone()))
}

fn from(inputs: &Inputs<'_>, thread: &Id) -> Vec<From> {
    let is_wanted =
        |found: &&Crossover| found.against == *thread && found.series.model() == Model::Coroutines;
    let wanted = inputs.crossovers.iter().filter(is_wanted).map(|found| From {
        work: Work::of(found),
        coroutine: found.series.contestant.clone(),
        between: found.from_between(),
    });
    let mut from: Vec<From> = wanted.collect();
    from.sort_by_key(|from| from.work);
    from
}

fn one_task(inputs: &Inputs<'_>, coroutine: &Id, thread: &Id) -> Option<OneTask> {
    let crossover = inputs.crossovers.iter().find(|found| {
        found.against == *thread
            && found.series.contestant == *coroutine
            && found.series.shape.is_plain()
    })?;
    let whole = |series: &Series| {
        let measured = inputs.context.get(series)?;
        measured.whole_at(inputs.context.basis.figure(), 1).copied()
    };
    Some(OneTask {
        coroutine: whole(&crossover.series)?,
        thread: whole(&crossover.series.by(thread.clone()))?,
        finding: match crossover.at.get(&1)? {
            crossover::Finding::Lighter => Finding::Lighter,
            crossover::Finding::Heavier => Finding::Heavier,
            crossover::Finding::Undecided => Finding::Undecided,
        },
    })
}

fn punctual(inputs: &Inputs<'_>, coroutine: &Id, thread: &Id) -> Option<Punctual> {
    let rows = |id: &Id| -> BTreeMap<(u64, &Shape), &LatenessRow> {
        let single = inputs.lateness.iter().filter(|row| row.asked == Asked::Spread);
        let wanted = single.filter(|row| row.series.contestant == *id && !row.is_queued());
        let few = wanted.filter(|row| row.tasks <= MOST_PUNCTUAL);
        few.map(|row| ((row.tasks, &row.series.shape), row)).collect()
    };
    let (ours, theirs) = (rows(coroutine), rows(thread));
    let (key, ours) = ours.iter().rev().find(|(key, _)| theirs.contains_key(*key))?;
    let theirs = theirs.get(key)?;
    Some(Punctual {
        tasks: ours.tasks,
        coroutine: [ours.p50, ours.p99],
        thread: [theirs.p50, theirs.p99],
        finding: match (ours.p50, theirs.p50) {
            (ours, theirs) if ours.repeats.min(theirs.repeats) < FEWEST_ROUNDS => {
                Finding::Undecided
            }
            (ours, theirs) if ours.most < theirs.least => Finding::Lighter,
            (ours, theirs) if ours.least > theirs.most => Finding::Heavier,
            _ => Finding::Undecided,
        },
    })
}

fn at_once(inputs: &Inputs<'_>, coroutine: &Id) -> Option<AtOnce> {
    let is_at_once = |row: &&RateRow| row.wait_ns == 0 && row.shape.is_plain_request();
    let rows = || inputs.rates.iter().filter(is_at_once);
    let ours = rows()
        .filter(|row| row.contestant == *coroutine && row.cpu_ns().is_some())
        .max_by_key(|row| row.tasks)?;
    let same = rows().filter(|row| row.tasks == ours.tasks && row.shape == ours.shape);
    let threads = same.filter(|row| row.contestant.model() == Model::Threads);
    let timed = threads.filter_map(|row| Some((row, row.cpu_ns()?)));
    let (thread, theirs) = timed.min_by(|(_, a), (_, b)| a.value.total_cmp(&b.value))?;
    let cpu = Compared::apart(ours.cpu_ns()?, theirs);
    let (workers, thread) = (thread.pool_workers, thread.contestant.clone());
    Some(AtOnce { tasks: ours.tasks, thread, workers, cpu })
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill, Synthetic};

    use super::*;
    use crate::Analysis;

    const TASKS: [u64; 4] = [1, 2, 100, 10_000];

    fn made() -> Synthetic {
        let mut made = Synthetic::new();
        let light = Bill { base: 2_020_000, ..Bill::of(400).with_kernel(0) };
        let heavy = Bill::of(10_000).with_kernel(27_000);
        made.line("coroutines/bare", &TASKS, light)
            .line("threads/rayon-pool", &TASKS, heavy)
            .line("threads/per-task", &TASKS, heavy)
            .state(STATE_BYTES)
            .line("coroutines/bare", &TASKS, Bill::of(8_600).with_kernel(0))
            .line("threads/per-task", &TASKS, Bill::of(16_000).with_kernel(27_000))
            .state(0)
            .timing("burst", 1_000_000, false)
            .line("coroutines/bare", &[100, 1_000, 10_000], light)
            .line("threads/per-task", &[100, 1_000, 10_000], heavy)
            .timing("burst", 0, false)
            .asking(1_024, None)
            .wait(0)
            .timed("coroutines/bare", 100, &[2_000_000, 2_100_000, 2_200_000])
            .timed("threads/per-task", 100, &[8_000_000, 8_200_000, 8_100_000])
            .timed("threads/rayon-pool", 100, &[8_000_000, 8_200_000, 8_100_000]);
        made
    }

    #[test]
    fn it_has_the_figures_of_two_contestants() {
        let mut record = made().record();
        for row in record.throughput.iter_mut().filter(|row| row.contestant.ends_with("pool")) {
            row.samples.iter_mut().for_each(|sample| sample.cpu_ns /= 2);
        }
        let summary = Analysis::of(&record, None).lighter.unwrap();
        assert_eq!((summary.coroutine.name(), summary.thread.name()), ("bare", "per-task"));
        let times = |compared: &Option<Compared>| compared.unwrap().times.unwrap().value.round();
        assert_eq!((times(&summary.timer), times(&summary.state)), (93.0, 5.0));
        assert_eq!(summary.cpu_wait.unwrap().finding, Finding::Lighter);
        assert_eq!((summary.request, summary.cpu_request), (None, None));
        assert_eq!(summary.from.len(), 1);
        assert_eq!(summary.from[0].between, Some((2, 2)));
        assert_eq!(summary.one_task.unwrap().finding, Finding::Undecided);
        let punctual = summary.punctual.unwrap();
        assert_eq!((punctual.tasks, punctual.finding), (1_000, Finding::Undecided));
        let at_once = summary.at_once.unwrap();
        assert_eq!((at_once.thread.name(), at_once.tasks), ("rayon-pool", 100));
        assert_eq!(at_once.cpu.finding, Finding::Heavier);
    }

    #[test]
    fn the_contestant_that_is_named_stands_for_all() {
        let mut made = made();
        made.wait(1_000_000).line("coroutines/tokio", &TASKS, Bill::of(400).with_kernel(4_000));
        made.line("threads/per-task", &TASKS, Bill::of(400).with_kernel(40_000));
        let summary = Analysis::of(&made.record(), None).lighter.unwrap();
        assert_eq!(summary.coroutine.name(), "tokio");
        assert_eq!(summary.request.unwrap().finding, Finding::Lighter);
        assert_eq!(summary.timer, None);
    }

    #[test]
    fn without_two_that_did_the_same_there_is_none() {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &TASKS, Bill::of(400));
        assert_eq!(Analysis::of(&made.record(), None).lighter, None);
    }
}
