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
use record::{Build, Cell, Record};

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
    let is_weighed = |shape: &Shape| is_wanted(shape) && !shape.is_for_lateness();
    for series in series(record).into_iter().filter(|series| is_weighed(&series.shape)) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use record::Weight;
    use record::synthetic::{Bill as Costs, Synthetic, asking_run};

    const KERNEL_STACK: u64 = 16_384;

    /// Threads of which the kernel's part is a stack, page tables and 9,000 B of slab each, and
    /// coroutines of which it is slab alone; `change` is done to what each cell weighed.
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

    fn row(record: &Record, contestant: &str) -> Vec<String> {
        let text = table(record, Shape::is_timer).markdown();
        let line = text.lines().find(|line| line.starts_with(&format!("| {contestant} ")));
        let line = line.unwrap_or_else(|| panic!("no {contestant} in\n{text}"));
        line.split('|').skip(2).map(|cell| cell.trim().to_owned()).collect()
    }

    #[test]
    fn every_part_has_its_slope_and_they_add_up() {
        let threads = row(&record(|_| {}), "threads/per-task");
        let values: Vec<&str> =
            threads.iter().map(|cell| cell.split(' ').next().unwrap_or_default()).collect();
        assert_eq!(
            values[..11],
            [
                "220", "780", "9,000", "19.5", "16,384", "10,596", "37,000", "37,000", "1.00×",
                "yes", "group"
            ]
        );
        assert_eq!(values[11], "4.00");
    }

    #[test]
    fn the_table_of_a_small_run() {
        insta::assert_snapshot!(table(&record(|_| {}), Shape::is_timer).markdown(), @r#"
        | Contestant       |        Heap (B) |       Allocator (B) |        Stacks (B) |    Page tables (B) |  Kernel stacks (B) |   Other kernel (B) |            Sum (B) |      Full bill (B) |   Sum ÷ full bill | Adds up | Slab by |            Mappings |
        | ---------------- | --------------: | ------------------: | ----------------: | -----------------: | -----------------: | -----------------: | -----------------: | -----------------: | ----------------: | ------- | ------- | ------------------: |
        | threads/per-task | 220 ± 0 (0.0 %) |     780 ± 0 (0.0 %) | 9,000 ± 0 (0.0 %) | 19.5 ± 0.0 (0.0 %) | 16,384 ± 0 (0.0 %) | 10,596 ± 0 (0.0 %) | 37,000 ± 0 (0.0 %) | 37,000 ± 0 (0.0 %) | 1.00× (1.00–1.00) | yes     | group   | 4.00 ± 0.00 (0.0 %) |
        | coroutines/smol  | 320 ± 0 (0.0 %) | −20.0 ± 0.0 (0.0 %) |         0.0 ± 0.0 |  0.6 ± 0.0 (0.0 %) |          0.0 ± 0.0 | 39.4 ± 0.0 (0.0 %) |    340 ± 0 (0.0 %) |    340 ± 0 (0.0 %) | 1.00× (1.00–1.00) | yes     | group   |         0.00 ± 0.00 |
        "#);
    }

    #[test]
    fn what_was_asked_for_and_not_touched_is_below_zero() {
        assert!(row(&record(|_| {}), "coroutines/smol")[1].starts_with("−20"));
    }

    #[test]
    fn one_task_at_a_time_has_no_bill() {
        let text = table(&record(|_| {}), Shape::is_timer).markdown();
        assert!(!text.contains("subroutine"), "{text}");
    }

    #[test]
    fn parts_that_do_not_add_up_are_said_to() {
        let missing = record(|weight| weight.slab_bytes = Some(0));
        assert_eq!(row(&missing, "threads/per-task")[9], "no: some is missing");
        let twice = record(|weight| {
            weight.kernel_stack_bytes = weight.kernel_stack_bytes.map(|bytes| 2 * bytes);
        });
        assert_eq!(row(&twice, "threads/per-task")[9], "no: some is there twice");
        // The other contestant has no more than its one thread: it is not touched by that.
        assert_eq!(row(&twice, "coroutines/smol")[9], "yes");
    }

    #[test]
    fn the_systems_slab_speaks_where_the_group_is_silent_unless_it_is_too_noisy() {
        let system = |noise: i64| {
            record(move |weight| {
                let slab = weight.slab_bytes.take().unwrap_or(0) as i64;
                let tasks = weight.rss_bytes.unwrap_or(0) as i64;
                // Differs from cell to cell, and from size to size in no order.
                weight.system_slab_bytes = Some(slab + tasks * 7_919 % (2 * noise + 1) - noise);
            })
        };
        let quiet = row(&system(1_000), "threads/per-task");
        assert_eq!((quiet[9].as_str(), quiet[10].as_str()), ("yes", "system"));
        let mut loud = record(|weight| weight.slab_bytes = None);
        for cell in &mut loud.cells {
            if let Some(weight) = cell.memory.waiting.as_mut() {
                let noise = [-40_000_000, 5_000_000, 60_000_000][cell.repeat as usize];
                weight.system_slab_bytes = Some(noise);
            }
        }
        let loud = row(&loud, "threads/per-task");
        assert_eq!((loud[9].as_str(), loud[10].as_str()), ("yes", "remainder"));
        assert!(loud[5].starts_with("10,596"), "{}", loud[5]);
    }

    #[test]
    fn without_a_control_group_there_is_a_lower_bound_that_says_so() {
        let record = record(|weight| {
            weight.total_bytes = None;
            weight.kernel_bytes = None;
            weight.slab_bytes = None;
        });
        let threads = row(&record, "threads/per-task");
        assert!(threads[6].starts_with("≥ 26,404"), "{}", threads[6]);
        assert_eq!(threads[7..11], [NONE, NONE, NONE, NONE]);
        assert!(page(&record).contains("“≥” marks"));
    }

    #[test]
    fn an_older_record_has_no_such_table() {
        assert!(table(&asking_run(), Shape::is_http).is_empty());
        assert!(page(&asking_run()).contains("There is nothing of this in the record."));
    }
}
