//! `bill.md`, its first part: who holds what of a waiting task's weight, and whether the parts add up
//! to what the control group is charged.
//!
//! The parts are read by others than the total wherever there are others, so that the sum is a check
//! and not an identity. User memory is what a walk over the process's page tables finds; kernel
//! stacks are counted by threads; page tables by the process's own counter. Only the small objects of
//! the kernel can be without a second witness; [`Witness`] says who stands for them.
//!
//! All slopes of a row but that of the heap are laid through the same cells and resampled together,
//! so that what differs from cell to cell and is in the parts and in the total alike does not blur
//! their ratio. The heap is read in cells of its own, of the counting build.

use super::format::{self, NONE};
use super::lifecycle;
use super::memory::{full_bill_note, is_one_at_a_time};
use super::page_head;
use super::table::{Align, Table};
use crate::fit::{
    self, Estimate, Figure, Fit, Reading, Sampled, Series, Shape, fit, is_all_waiting, proven,
    series,
};
use crate::record::{Build, Cell, Record};

/// How far the sum of the parts may be from the total.
const BAR: f64 = 0.03;

/// How sure the system's slab must be to speak for a cell's: the wider side of its interval as a part
/// of the whole bill.
const SLAB_BAR: f64 = 0.01;

/// The whole page.
pub(super) fn page(record: &Record) -> String {
    let mut text = page_head(
        record,
        "Who holds the bill",
        &[
            "A figure is what one more waiting task adds: the slope over the number of tasks N,"
                .into(),
            "with ± the wider side of its interval. The parts are read by others than the full bill"
                .into(),
            "wherever there are others; the sum is there to check them against it.".into(),
        ],
    );
    text.push_str(&format!(
        "\n## The bill, split\n\n{}",
        table(record, Shape::is_timer).markdown()
    ));
    text.push_str(&format!(
        "\n## The bill of a request, split\n\n{}",
        table(record, Shape::is_http).markdown()
    ));
    text.push_str(&format!(
        "\nHeap is what was asked of the allocator. The allocator's part is what else is resident\n\
         and anonymous and no stack: its bookkeeping, rounding, free room. It is below zero where\n\
         memory was asked for and never touched. Stacks are the pages that threads have touched of\n\
         theirs. Other kernel is slab and socket buffers. The sum adds up where the whole interval of\n\
         sum ÷ full bill is within {} % of 1. Who stands for the slab: *group*, the control group\n\
         itself; *system*, how much more the whole system had of it; *remainder*, nobody: it is what\n\
         the other parts leave of the kernel's part, so that only user memory is checked.\n",
        format::number(BAR * 100.0, 0)
    ));
    if let Some(note) = full_bill_note(record) {
        text.push_str(&format!(
            "\n{note} “≥” marks what is at least there: user memory, page tables and kernel stacks.\n"
        ));
    }
    text.push_str(&lifecycle::section(record));
    text
}

/// Who stands for the kernel's small objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Witness {
    /// The control group lists them.
    Group,
    /// The whole system has so many more of them.
    System,
    /// Nobody: they are what the other parts leave over.
    Remainder,
    /// There is no control group.
    Nobody,
}

impl Witness {
    fn word(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::System => "system",
            Self::Remainder => "remainder",
            Self::Nobody => NONE,
        }
    }

    fn figure(self) -> Option<Figure> {
        match self {
            Self::Group => Some(Figure::Slab),
            Self::System => Some(Figure::SystemSlab),
            Self::Remainder => Some(Figure::OtherKernel),
            Self::Nobody => None,
        }
    }
}

/// The bill of one series.
struct Bill {
    heap: Option<Sampled>,
    anonymous: Sampled,
    stacks: Option<Sampled>,
    page_tables: Sampled,
    kernel_stacks: Sampled,
    other_kernel: Option<Sampled>,
    witness: Witness,
    sum: Sampled,
    total: Option<Sampled>,
}

impl Bill {
    /// `None` where too few cells have all of it.
    fn of(record: &Record, series: &Series) -> Option<Self> {
        let cells: Vec<&Cell> = proven(record, series, Build::Timed)
            .into_iter()
            .filter(|cell| is_all_waiting(cell))
            .collect();
        let slope = |read: &dyn Fn(&Cell) -> Option<f64>| -> Option<Sampled> {
            let readings: Option<Vec<Reading>> = cells
                .iter()
                .map(|cell| Some(Reading { tasks: cell.tasks, value: read(cell)? }))
                .collect();
            // One stream of draws for all, so that each draws the same cells.
            let bootstrap = fit::bootstrap(record, series, Figure::Total);
            Fit::of(&readings?, bootstrap).map(|fit| fit.slope)
        };
        let of = |figure: Figure| slope(&|cell| figure.read(cell));
        let total = of(Figure::Total);
        let witness = match (&total, of(Figure::Slab), of(Figure::SystemSlab)) {
            (None, ..) => Witness::Nobody,
            (Some(_), Some(_), _) => Witness::Group,
            (Some(total), None, Some(slab)) if is_sure(&slab, total) => Witness::System,
            (Some(_), None, _) => Witness::Remainder,
        };
        let other = |cell: &Cell| match witness.figure() {
            None => Some(0.0),
            Some(figure) => Some(figure.read(cell)? + Figure::Sockets.read(cell).unwrap_or(0.0)),
        };
        let known = [Figure::Anonymous, Figure::PageTables, Figure::KernelStacks];
        Some(Self {
            heap: fit(record, series, Figure::Heap).map(|fit| fit.slope),
            anonymous: of(Figure::Anonymous)?,
            stacks: of(Figure::Stacks),
            page_tables: of(Figure::PageTables)?,
            kernel_stacks: of(Figure::KernelStacks)?,
            other_kernel: slope(&other).filter(|_| witness != Witness::Nobody),
            witness,
            sum: slope(&|cell| {
                let parts: Option<f64> = known.iter().map(|figure| figure.read(cell)).sum();
                Some(parts? + other(cell)?)
            })?,
            total,
        })
    }

    /// What is resident and anonymous and neither stack nor heap.
    fn allocator(&self) -> Option<Sampled> {
        Some(self.anonymous.less(self.stacks.as_ref()?).less(self.heap.as_ref()?))
    }

    fn sum_over_total(&self) -> Option<Estimate> {
        self.sum.over(self.total.as_ref()?)
    }
}

/// Whether the system's slab is as steady as it must be to speak for a cell's.
fn is_sure(slab: &Sampled, total: &Sampled) -> bool {
    slab.estimate.is_bounded() && slab.estimate.half_width() <= SLAB_BAR * total.estimate.value
}

/// Whether the parts add up, in a word.
fn adds_up(ratio: Option<Estimate>) -> &'static str {
    match ratio {
        None => NONE,
        Some(ratio) if !ratio.is_bounded() => "too few cells",
        Some(ratio) if ratio.low >= 1.0 - BAR && ratio.high <= 1.0 + BAR => "yes",
        Some(ratio) if ratio.high < 1.0 - BAR => "no: some is missing",
        Some(ratio) if ratio.low > 1.0 + BAR => "no: some is there twice",
        Some(_) => "undecided",
    }
}

/// The bills of the series of such shapes.
pub(super) fn table(record: &Record, is_wanted: fn(&Shape) -> bool) -> Table {
    let mut table = Table::new([
        ("Contestant", Align::Left),
        ("Heap (B)", Align::Right),
        ("Allocator (B)", Align::Right),
        ("Stacks (B)", Align::Right),
        ("Page tables (B)", Align::Right),
        ("Kernel stacks (B)", Align::Right),
        ("Other kernel (B)", Align::Right),
        ("Sum (B)", Align::Right),
        ("Full bill (B)", Align::Right),
        ("Sum ÷ full bill", Align::Right),
        ("Adds up", Align::Left),
        ("Slab by", Align::Left),
        ("Mappings", Align::Right),
    ]);
    for series in series(record).into_iter().filter(|series| is_wanted(&series.shape)) {
        if is_one_at_a_time(record, &series) {
            continue;
        }
        let Some(bill) = Bill::of(record, &series) else { continue };
        let show = |part: Option<&Sampled>| {
            part.map_or_else(|| NONE.into(), |part| format::estimate(&part.estimate))
        };
        let ratio = bill.sum_over_total();
        let at_least = if bill.total.is_none() { "≥ " } else { "" };
        let mappings = fit(record, &series, Figure::Mappings);
        table.push(vec![
            series.to_string(),
            show(bill.heap.as_ref()),
            show(bill.allocator().as_ref()),
            show(bill.stacks.as_ref()),
            show(Some(&bill.page_tables)),
            show(Some(&bill.kernel_stacks)),
            show(bill.other_kernel.as_ref()),
            format!("{at_least}{}", show(Some(&bill.sum))),
            show(bill.total.as_ref()),
            ratio.map_or_else(|| NONE.into(), |ratio| format::ratio(&ratio)),
            adds_up(ratio).into(),
            bill.witness.word().into(),
            mappings.map_or_else(|| NONE.into(), |fit| format::estimate_fine(&fit.slope.estimate)),
        ]);
    }
    table
}
