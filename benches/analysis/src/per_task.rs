//! What a task takes where only one N was measured, so that there is no slope: the reading with all
//! tasks waiting, less what the process read before its first task, a task. Where there are several N,
//! these figures have no interval.

use record::Cell;

use crate::context::Context;
use crate::estimate::{Estimate, median, quantile};
use crate::figure::Figure;
use crate::index::is_all_waiting;
use crate::lateness::late;
use crate::reading::Spread;
use crate::series::Series;

/// What a task of a series takes at one N.
#[derive(Clone, Debug, PartialEq)]
pub struct PerTask {
    /// The series.
    pub series: Series,
    /// The number of tasks.
    pub tasks: u64,
    /// How often it was measured.
    pub repeats: usize,
    /// Bytes of a waiting task, by the basis; `None` where not all waited at once. What the process weighed
    /// before its first task is taken off, but not of a pool.
    pub bytes: Option<Estimate>,
    /// Whether it is a pool: that has its threads before its first task, and they are what a task waits in.
    pub is_pool: bool,
    /// CPU of a task from start to end, harness included, in ns.
    pub cpu_ns: Option<Estimate>,
    /// Time to start a task, in ns.
    pub start_ns: Option<Estimate>,
    /// The median lateness and the 99th percentile, in ns, each over the repeats.
    pub lateness: Option<(Spread, Spread)>,
}

/// Every series at every N of its proven, timed cells.
pub(crate) fn of(context: &Context<'_>) -> Vec<PerTask> {
    let mut all = Vec::new();
    for (series, cells) in context.index.iter() {
        let is_only =
            cells.timed.first().map(|cell| cell.tasks) == cells.timed.last().map(|cell| cell.tasks);
        for cells in cells.timed.chunk_by(|a, b| a.tasks == b.tasks) {
            let Some(first) = cells.first().filter(|cell| cell.tasks > 0) else { continue };
            let is_pool = first.pool_workers.is_some();
            let per_task = |figure: Figure, name: &str, read: &dyn Fn(&Cell) -> Option<f64>| {
                let is_wanted = |cell: &Cell| series.shape.is_weighed() && is_all_waiting(cell);
                let wanted = cells.iter().filter(|cell| figure == Figure::Cpu || is_wanted(cell));
                let values = wanted.filter_map(|cell| Some(read(cell)? / cell.tasks as f64));
                let values: Vec<f64> = values.collect();
                if !is_only {
                    return quantile(&values, 0.5).map(Estimate::lone);
                }
                let draws = context.bootstrap(&[&series.key(), &first.tasks.to_string(), name]);
                median(&values, draws).map(|median| median.estimate)
            };
            let basis = context.basis.figure();
            let late = |part| Spread::of(&late(cells, part));
            all.push(PerTask {
                series: series.clone(),
                tasks: first.tasks,
                repeats: cells.len(),
                bytes: per_task(basis, "bytes a task", &|cell| {
                    Some(basis.read(cell)? - if is_pool { 0.0 } else { basis.read_idle(cell)? })
                }),
                is_pool,
                cpu_ns: per_task(Figure::Cpu, "cpu a task", &|cell| Figure::Cpu.read(cell)),
                start_ns: per_task(Figure::Start, "start a task", &|cell| Figure::Start.read(cell)),
                lateness: late(|line| line.p50).zip(late(|line| line.p99)),
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill, Synthetic};

    use super::*;

    #[test]
    fn one_count_gives_a_figure_less_the_idle_process() {
        let mut made = Synthetic::new();
        made.line("threads/rayon-pool", &[100], Bill::of(10_000).with_kernel(20_000)).pool_of(100);
        made.line("coroutines/bare", &[1_000], Bill::of(300).with_kernel(40));
        let record = made.record();
        let all = of(&Context::of(&record));
        let [pool, bare] = &all[..] else { panic!("{all:?}") };
        assert_eq!((bare.tasks, bare.repeats, bare.is_pool), (1_000, 3, false));
        let bytes = bare.bytes.unwrap();
        assert!((bytes.value - 340.0).abs() < 1e-6 && bytes.is_bounded(), "{bytes:?}");
        assert!(bare.cpu_ns.is_some() && bare.start_ns.is_some() && bare.lateness.is_some());
        assert!(pool.is_pool && pool.bytes.unwrap().value > 30_000.0, "{pool:?}");
    }
}
