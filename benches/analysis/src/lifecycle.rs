//! What a process keeps when its tasks are over, and whether the same tasks once more make that grow.

use record::{Cell, Weight};

use crate::context::Context;
use crate::figure::Figure;
use crate::index::is_all_waiting;
use crate::series::Series;

/// From which part of what the first wave added at its peak something counts as kept or grown.
pub const NOTABLE_SHARE: f64 = 0.02;
/// And from how many bytes: below, it is pages of code that were run for the first time.
pub const NOTABLE_BYTES: f64 = 256.0 * 1024.0;

/// One process through two waves of the same tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct Lifecycle {
    /// What was run.
    pub series: Series,
    /// How many tasks each wave had: the most of which there is a second wave.
    pub tasks: u64,
    /// Bytes of the whole process.
    pub bytes: Phases<f64>,
    /// Its threads, where all phases have them.
    pub threads: Option<Phases<u64>>,
    /// Its open descriptors, where all phases have them.
    pub descriptors: Option<Phases<u64>>,
}

/// What was read in each of the five phases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phases<T> {
    /// Before the first task.
    pub idle: T,
    /// All tasks waiting.
    pub waiting: T,
    /// All tasks over.
    pub drained: T,
    /// The same tasks once more, all waiting.
    pub second_waiting: T,
    /// All of those over too.
    pub second_drained: T,
}

/// What became of the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// Nothing notable is kept.
    GivesBack,
    /// Something is, and the second wave finds room in it, as in an allocator that holds on to it.
    Keeps,
    /// The second wave both leaves more and needs more at its peak: a leak, or a runtime that is not
    /// warm after one wave.
    Grows,
}

/// The lifecycles of this record.
pub(crate) fn of(context: &Context<'_>) -> Vec<Lifecycle> {
    let figure = context.basis.figure();
    let mut found = Vec::new();
    for (series, cells) in context.index.iter() {
        let waiting = cells.timed.iter().filter(|cell| is_all_waiting(cell));
        let all = waiting.filter_map(|cell| Lifecycle::of(series, cell, figure));
        // The first of several that have the most tasks.
        found.extend(all.reduce(|most, next| if next.tasks > most.tasks { next } else { most }));
    }
    found
}

impl Lifecycle {
    /// `None` where a phase was not weighed.
    fn of(series: &Series, cell: &Cell, figure: Figure) -> Option<Self> {
        Some(Self {
            series: series.clone(),
            tasks: cell.tasks,
            bytes: Phases::of(cell, |weight| figure.read_weight(weight))?,
            threads: Phases::of(cell, |weight| weight.threads),
            descriptors: Phases::of(cell, |weight| weight.descriptors),
        })
    }

    /// What is still there after the first wave, in bytes of the process.
    pub fn kept_bytes(&self) -> f64 {
        self.bytes.drained - self.bytes.idle
    }

    /// The same for each task of the wave.
    pub fn kept_bytes_per_task(&self) -> Option<f64> {
        (self.tasks > 0).then(|| self.kept_bytes() / self.tasks as f64)
    }

    /// What the second wave left beside that, in bytes of the process.
    pub fn growth_bytes(&self) -> f64 {
        self.bytes.second_drained - self.bytes.drained
    }

    /// What became of the memory.
    pub fn kept(&self) -> Kept {
        let Phases { idle, waiting, second_waiting, .. } = self.bytes;
        let notable = (NOTABLE_SHARE * (waiting - idle)).max(NOTABLE_BYTES);
        match self.growth_bytes().min(second_waiting - waiting) {
            grown if grown >= notable => Kept::Grows,
            _ if self.kept_bytes() >= notable => Kept::Keeps,
            _ => Kept::GivesBack,
        }
    }
}

impl<T> Phases<T> {
    /// `None` where it was not read in one of them.
    fn of(cell: &Cell, read: impl Fn(&Weight) -> Option<T>) -> Option<Self> {
        let of = |weight: &Option<Weight>| weight.as_ref().and_then(&read);
        let memory = &cell.memory;
        Some(Self {
            idle: of(&memory.idle)?,
            waiting: of(&memory.waiting)?,
            drained: of(&memory.drained)?,
            second_waiting: of(&memory.second_waiting)?,
            second_drained: of(&memory.second_drained)?,
        })
    }
}

impl Phases<u64> {
    /// How many more there are after the first wave than before, and after the second than after it.
    pub fn left(&self) -> [i64; 2] {
        let [idle, first, second] =
            [self.idle, self.drained, self.second_drained].map(u64::cast_signed);
        [first.saturating_sub(idle), second.saturating_sub(first)]
    }
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic};

    use super::*;

    /// A contestant that weighs so much in its five phases, in MiB.
    fn record(mib: [u64; 5]) -> Record {
        let mut made = Synthetic::new();
        made.line("coroutines/smol", &[1, 1_024], Bill::of(300).with_kernel(40));
        let mut record = made.record();
        let cell =
            record.cells.iter_mut().find(|cell| cell.tasks == 1_024 && cell.repeat == 0).unwrap();
        let weight = |mib: u64| {
            Some(Weight {
                anonymous_bytes: Some((mib << 20) - 4_096),
                kernel_bytes: Some(4_096),
                threads: Some(mib),
                ..Weight::default()
            })
        };
        cell.memory.idle = weight(mib[0]);
        cell.memory.waiting = weight(mib[1]);
        cell.memory.drained = weight(mib[2]);
        cell.memory.second_waiting = weight(mib[3]);
        cell.memory.second_drained = weight(mib[4]);
        record
    }

    fn only(mib: [u64; 5]) -> Lifecycle {
        let all = of(&Context::of(&record(mib)));
        assert_eq!(all.len(), 1);
        all.into_iter().next().unwrap()
    }

    #[test]
    fn what_is_given_back_kept_or_grows_is_told_apart() {
        assert_eq!(only([2, 50, 2, 50, 2]).kept(), Kept::GivesBack);
        assert_eq!(only([2, 50, 49, 50, 49]).kept(), Kept::Keeps);
        let grows = only([2, 50, 10, 58, 18]);
        assert_eq!(grows.kept(), Kept::Grows);
        assert_eq!(grows.kept_bytes_per_task(), Some(8_192.0));
        assert_eq!(grows.growth_bytes(), 8_388_608.0);
        // An allocator that gives back less the second time is no leak: the peak is the same.
        assert_eq!(only([2, 50, 10, 50, 40]).kept(), Kept::Keeps);
        // Less than one part in fifty of what the wave added.
        assert_eq!(only([2, 202, 2, 202, 5]).kept(), Kept::GivesBack);
    }

    #[test]
    fn threads_that_are_left_are_counted_and_descriptors_that_were_not_read_are_not() {
        let all = only([2, 50, 10, 58, 9]);
        assert_eq!(all.threads.unwrap().left(), [8, -1]);
        assert_eq!(all.descriptors, None);
    }

    #[test]
    fn only_cells_with_a_second_wave_are_told() {
        let mut made = Synthetic::new();
        made.line("coroutines/smol", &[1, 100], Bill::of(300).with_kernel(40));
        assert_eq!(of(&Context::of(&made.record())), []);
        assert_eq!(only([2, 50, 2, 50, 2]).tasks, 1_024);
    }
}
