//! What holds a waiting task's memory, and whether the parts add up to what is charged for it.
//!
//! The parts are read in other ways than the charge, so that the sum is a check and not an identity:
//! user memory by a walk over the page tables, kernel stacks by threads, page tables by the process's
//! own counter. [`Witness`] says where the kernel's small objects are from.
//!
//! All slopes of a bill but that of the heap, which has cells of its own, are laid through the same
//! cells and resampled together, so that what is in parts and charge alike does not blur their ratio.

use record::Cell;

use crate::context::Context;
use crate::estimate::{Bootstrap, Estimate, Sampled};
use crate::figure::Figure;
use crate::fit::Fit;
use crate::index::is_all_waiting;
use crate::measured::{Measured, Waiting};
use crate::reading::Reading;
use crate::series::Series;

/// How far the sum of the parts may be from the charge.
pub const ADDS_UP_WITHIN: f64 = 0.03;

/// How sure the system's slab must be to speak for a cell's: the wider side of its interval as a part
/// of the whole charge.
const SLAB_BAR: f64 = 0.01;

/// What one more waiting task adds of each part, in bytes. A part that was not read is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Bill {
    /// The tasks whose bill it is.
    pub series: Series,
    /// What was asked of the allocator.
    pub heap: Option<Estimate>,
    /// What else is private and no stack; below zero where memory was asked for and never touched.
    pub allocator: Option<Estimate>,
    /// Both together: what is private and no stack.
    pub heap_and_allocator: Option<Estimate>,
    /// The pages of their stacks that threads have touched.
    pub stacks: Option<Estimate>,
    /// Private memory that is not split, as the heap or the stacks were not read; `None` where it is.
    pub other_private: Option<Estimate>,
    /// Page tables.
    pub page_tables: Estimate,
    /// The threads' stacks in the kernel.
    pub kernel_stacks: Estimate,
    /// Socket buffers: bytes under way, of which there are none while all wait.
    pub sockets: Option<Estimate>,
    /// The kernel's small objects, such as those of threads, files and sockets.
    pub other_kernel: Option<Estimate>,
    /// Where those were read.
    pub witness: Witness,
    /// All parts together; a lower bound without a control group.
    pub sum: Estimate,
    /// Private memory and the kernel's part, as everywhere; `None` without a control group.
    pub total: Option<Estimate>,
    /// Everything that the control group is charged for; `None` without one.
    pub charged: Option<Estimate>,
    /// `sum` ÷ `charged`, without a unit.
    pub sum_over_charged: Option<Estimate>,
}

/// Where the kernel's small objects were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// The control group lists them.
    Group,
    /// The whole system has so many more of them.
    System,
    /// Nowhere: they are what the other parts leave of the kernel's part, which is not checked.
    Remainder,
    /// There is no control group, and so no such part.
    NoGroup,
}

/// Whether the parts add up to the charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddsUp {
    /// The whole interval of their ratio is within [`ADDS_UP_WITHIN`] of one.
    Yes,
    /// The whole interval is below that.
    SomeIsMissing,
    /// The whole interval is above that.
    SomeIsThereTwice,
    /// The interval reaches over one end of it.
    Undecided,
    /// There are too few cells for an interval.
    TooFewCells,
    /// There is no charge.
    NoCharge,
}

/// The bills of this record.
pub(crate) fn of(context: &Context<'_>) -> Vec<Bill> {
    let split = context.measured.iter().filter(|measured| {
        let shape = &measured.series.shape;
        let is_split = (shape.is_timer() || shape.is_http()) && shape.is_weighed();
        is_split && measured.waiting != Waiting::OneAtATime
    });
    split.filter_map(|measured| Bill::of(context, measured)).collect()
}

impl Bill {
    /// `None` where too few cells have all of it.
    fn of(context: &Context<'_>, measured: &Measured) -> Option<Self> {
        let series = &measured.series;
        let cells = context.index.get(series)?.timed.iter().copied();
        let cells: Vec<&Cell> = cells.filter(|cell| is_all_waiting(cell)).collect();
        // One stream of draws for all, so that each draws the same cells.
        let bootstrap = context.bootstrap(&[&series.key(), Figure::Total.name()]);
        let of = |figure: Figure| slope(&cells, bootstrap, |cell| figure.read(cell));
        let kernel_stacks = of(Figure::KernelStacks)?;
        let private = of(Figure::Anonymous)?;
        let page_tables = of(Figure::PageTables)?;
        let charged = of(Figure::Total);
        let witness = match (&charged, of(Figure::Slab), of(Figure::SystemSlab)) {
            (None, ..) => Witness::NoGroup,
            (Some(_), Some(_), _) => Witness::Group,
            (Some(charged), None, Some(slab)) if is_sure(&slab, charged) => Witness::System,
            (Some(_), None, _) => Witness::Remainder,
        };
        let sum = slope(&cells, bootstrap, |cell| {
            let known = [Figure::Anonymous, Figure::PageTables, Figure::KernelStacks];
            let known: Option<f64> = known.iter().map(|figure| figure.read(cell)).sum();
            // Without a control group there is neither of the two.
            let Some(small) = witness.figure() else { return known };
            Some(known? + small.read(cell)? + Figure::Sockets.read(cell).unwrap_or(0.0))
        })?;
        let heap = measured.fits.get(&Figure::Heap).map(|fit| &fit.slope);
        let stacks = of(Figure::Stacks);
        let without_stacks = stacks.as_ref().map(|stacks| private.less(stacks));
        let allocator = without_stacks.as_ref().zip(heap).map(|(all, heap)| all.less(heap));
        let unsplit = without_stacks.as_ref().unwrap_or(&private);
        let estimate = |part: &Sampled| part.estimate;
        Some(Self {
            series: series.clone(),
            // Where the stacks were not read, the heap is within what is not split.
            heap: heap.filter(|_| allocator.is_some()).map(estimate),
            allocator: allocator.as_ref().map(estimate),
            stacks: stacks.as_ref().map(estimate),
            heap_and_allocator: without_stacks.as_ref().map(estimate),
            other_private: allocator.is_none().then_some(unsplit.estimate),
            page_tables: page_tables.estimate,
            kernel_stacks: kernel_stacks.estimate,
            sockets: of(Figure::Sockets).as_ref().map(estimate),
            other_kernel: witness.figure().and_then(of).as_ref().map(estimate),
            witness,
            sum: sum.estimate,
            total: of(Figure::FullBill).as_ref().map(estimate),
            charged: charged.as_ref().map(estimate),
            sum_over_charged: charged.as_ref().and_then(|charged| sum.over(charged)),
        })
    }

    /// Whether the parts add up to the charge.
    pub fn adds_up(&self) -> AddsUp {
        let (low, high) = (1.0 - ADDS_UP_WITHIN, 1.0 + ADDS_UP_WITHIN);
        match self.sum_over_charged {
            None => AddsUp::NoCharge,
            Some(ratio) if !ratio.is_bounded() => AddsUp::TooFewCells,
            Some(ratio) if ratio.low >= low && ratio.high <= high => AddsUp::Yes,
            Some(ratio) if ratio.high < low => AddsUp::SomeIsMissing,
            Some(ratio) if ratio.low > high => AddsUp::SomeIsThereTwice,
            Some(_) => AddsUp::Undecided,
        }
    }
}

impl Witness {
    fn figure(self) -> Option<Figure> {
        match self {
            Self::Group => Some(Figure::Slab),
            Self::System => Some(Figure::SystemSlab),
            Self::Remainder => Some(Figure::OtherKernel),
            Self::NoGroup => None,
        }
    }
}

/// `None` where a cell does not have it.
fn slope(
    cells: &[&Cell],
    bootstrap: Bootstrap,
    read: impl Fn(&Cell) -> Option<f64>,
) -> Option<Sampled> {
    let reading = |cell: &&Cell| Some(Reading { tasks: cell.tasks, value: read(cell)? });
    let readings: Option<Vec<Reading>> = cells.iter().map(reading).collect();
    Fit::of(&readings?, bootstrap).map(|fit| fit.slope)
}

/// Whether the system's slab is as steady as it must be to speak for a cell's.
fn is_sure(slab: &Sampled, charged: &Sampled) -> bool {
    slab.estimate.is_bounded() && slab.estimate.half_width() <= SLAB_BAR * charged.estimate.value
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill as Costs, Synthetic, asking_run};
    use record::{Build, Record, Weight};

    use super::*;

    const KERNEL_STACK: u64 = 16_384;

    /// Threads of which the kernel's part is a stack, page tables and slab each, and coroutines of
    /// which it is slab alone; `change` is done to what each cell weighed.
    fn record(change: impl Fn(&mut Weight)) -> Record {
        let mut made = Synthetic::new();
        let thread = Costs { threads: 1, ..Costs::of(10_000).with_kernel(27_000) };
        made.line("threads/per-task", &[1, 100, 10_000], thread)
            .line("coroutines/smol", &[1, 100, 10_000], Costs::of(300).with_kernel(40))
            .line("subroutine/sequential", &[1, 4], Costs::of(16).with_kernel(0))
            .counting("threads/per-task", &[100, 1_000], 220)
            .counting("coroutines/smol", &[100, 1_000], 320);
        let mut record = made.record();
        for weight in record.cells.iter_mut().filter_map(|cell| cell.memory.waiting.as_mut()) {
            let Some(threads) = weight.threads else { continue };
            weight.stack_bytes = Some((threads - 1) * 9_000);
            weight.kernel_stack_bytes = Some(threads * KERNEL_STACK);
            let known = weight.kernel_stack_bytes.unwrap() + weight.page_table_bytes.unwrap();
            weight.slab_bytes = weight.kernel_bytes.map(|all| all.saturating_sub(known));
            change(weight);
        }
        record
    }

    fn bills(record: &Record) -> Vec<Bill> {
        of(&Context::of(record))
    }

    fn thread(record: &Record) -> Bill {
        bills(record).into_iter().find(|bill| bill.series.contestant.is_reference()).unwrap()
    }

    fn smol(record: &Record) -> Bill {
        let is_smol = |bill: &Bill| bill.series.contestant.name() == "smol";
        bills(record).into_iter().find(is_smol).unwrap()
    }

    fn close(part: Option<Estimate>, to: f64) -> bool {
        part.is_some_and(|part| (part.value - to).abs() < 0.5)
    }

    #[test]
    fn every_part_has_its_slope_and_they_add_up() {
        let bill = thread(&record(|_| {}));
        assert!(close(bill.heap, 220.0) && close(bill.allocator, 780.0), "{bill:?}");
        assert!(close(bill.heap_and_allocator, 1_000.0));
        assert!(close(bill.stacks, 9_000.0) && close(Some(bill.page_tables), 19.5));
        assert!(close(Some(bill.kernel_stacks), 16_384.0) && close(bill.other_kernel, 10_596.0));
        assert!(close(Some(bill.sum), 37_000.0) && close(bill.total, 37_000.0));
        assert_eq!((bill.adds_up(), bill.witness), (AddsUp::Yes, Witness::Group));
        assert_eq!((bill.other_private, bill.sockets), (None, None));
        // Memory that was asked for and not touched.
        assert!(close(smol(&record(|_| {})).allocator, -20.0));
    }

    #[test]
    fn one_task_at_a_time_has_no_bill_and_an_older_record_has_none() {
        assert!(
            bills(&record(|_| {})).iter().all(|bill| bill.series.contestant.name() != "sequential")
        );
        assert_eq!(bills(&asking_run()), []);
    }

    #[test]
    fn parts_that_do_not_add_up_are_seen() {
        let missing = record(|weight| weight.slab_bytes = Some(0));
        assert_eq!(thread(&missing).adds_up(), AddsUp::SomeIsMissing);
        let twice = record(|weight| {
            weight.kernel_stack_bytes = weight.kernel_stack_bytes.map(|bytes| 2 * bytes);
        });
        assert_eq!(thread(&twice).adds_up(), AddsUp::SomeIsThereTwice);
        // The other contestant has no more than its one thread: it is not touched by that.
        assert_eq!(smol(&twice).adds_up(), AddsUp::Yes);
        // What is charged and not found in the process is missing, whatever the kernel's part is.
        let hidden = record(|weight| {
            weight.total_bytes = weight.total_bytes.map(|bytes| 2 * bytes);
            weight.slab_bytes = None;
        });
        let hidden = thread(&hidden);
        assert_eq!((hidden.adds_up(), hidden.witness), (AddsUp::SomeIsMissing, Witness::Remainder));
    }

    #[test]
    fn the_systems_slab_speaks_where_the_group_is_silent_unless_it_is_too_noisy() {
        let quiet = record(|weight| {
            let slab = weight.slab_bytes.take().unwrap_or(0) as i64;
            let tasks = weight.rss_bytes.unwrap_or(0) as i64;
            // Differs from cell to cell, and from size to size in no order.
            weight.system_slab_bytes = Some(slab + tasks * 7_919 % 2_001 - 1_000);
        });
        let quiet = thread(&quiet);
        assert_eq!((quiet.adds_up(), quiet.witness), (AddsUp::Yes, Witness::System));
        let mut loud = record(|weight| weight.slab_bytes = None);
        for cell in &mut loud.cells {
            if let Some(weight) = cell.memory.waiting.as_mut() {
                let noise = [-40_000_000, 5_000_000, 60_000_000][cell.repeat as usize];
                weight.system_slab_bytes = Some(noise);
            }
        }
        let loud = thread(&loud);
        assert_eq!((loud.adds_up(), loud.witness), (AddsUp::Yes, Witness::Remainder));
        assert!(close(loud.other_kernel, 10_596.0));
    }

    #[test]
    fn without_a_control_group_there_is_a_lower_bound() {
        let bill = thread(&record(|weight| {
            weight.total_bytes = None;
            weight.kernel_bytes = None;
            weight.slab_bytes = None;
        }));
        assert!(close(Some(bill.sum), 26_404.0), "{bill:?}");
        assert_eq!((bill.total, bill.other_kernel, bill.charged), (None, None, None));
        assert_eq!((bill.adds_up(), bill.witness), (AddsUp::NoCharge, Witness::NoGroup));
    }

    #[test]
    fn what_is_not_split_is_one_part() {
        let mut without_heap = record(|_| {});
        without_heap.cells.retain(|cell| cell.build == Build::Timed);
        let bill = thread(&without_heap);
        assert!(close(bill.other_private, 1_000.0) && close(bill.stacks, 9_000.0));
        assert_eq!((bill.heap, bill.allocator), (None, None));
        let bill = thread(&record(|weight| weight.stack_bytes = None));
        assert!(close(bill.other_private, 10_000.0));
        assert_eq!((bill.heap, bill.allocator, bill.stacks), (None, None, None));
    }
}
