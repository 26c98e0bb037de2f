//! `all.md`: every figure with its interval, for every series. Tables are as long here as they are.

use analysis::Analysis;
use analysis::figure::Figure;
use analysis::fit::Fit;
use analysis::lifecycle::Phases;
use analysis::missing::Why;
use analysis::rates::RateOutcome;
use analysis::reading::Spread;
use record::Build;

use super::contestants::spread;
use super::page::Page;
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::text::{Text, cautions, names, quantities, say};

/// The page.
pub(crate) const PAGE: Page = Page { id: "all", name: "all figures", build };

/// What a waiting task adds in memory.
const WEIGHTS: [Figure; 8] = [
    Figure::FullBill,
    Figure::KnownBill,
    Figure::Anonymous,
    Figure::Heap,
    Figure::Rss,
    Figure::RssAndPageTables,
    Figure::Total,
    Figure::Kernel,
];

/// The parts of that, and what it takes of the kernel.
const PARTS: [Figure; 9] = [
    Figure::Stacks,
    Figure::PageTables,
    Figure::KernelStacks,
    Figure::Sockets,
    Figure::Slab,
    Figure::SystemSlab,
    Figure::OtherKernel,
    Figure::Mappings,
    Figure::Threads,
];

/// What it takes in time.
const TIMES: [Figure; 9] = [
    Figure::Start,
    Figure::Finish,
    Figure::Cpu,
    Figure::UserCpu,
    Figure::SystemCpu,
    Figure::StartCpu,
    Figure::FinishCpu,
    Figure::VoluntarySwitches,
    Figure::InvoluntarySwitches,
];

fn build(analysis: &Analysis) -> Document {
    let sections = [
        ("Memory of a task", slopes(analysis, &WEIGHTS)),
        ("Parts of that memory", slopes(analysis, &PARTS)),
        ("Time and CPU of a task", slopes(analysis, &TIMES)),
        ("The whole process", whole(analysis)),
        ("Lateness", lateness(analysis)),
        ("Rates", rates(analysis)),
        ("Transfers", transfers(analysis)),
        ("What is kept when tasks are over", lifecycles(analysis)),
        ("From which N on a process is lighter", crossovers(analysis)),
        ("Cells without a figure", missing(analysis)),
    ];
    let sections: Vec<(&str, Table)> =
        sections.into_iter().filter(|(_, table)| !table.is_empty()).collect();
    let mut blocks = vec![Block::Paragraph(answer(analysis, &sections))];
    let of_run = cautions::of_run(analysis);
    let of_contestants = cautions::of_contestants(analysis, |_| true);
    blocks.extend(of_run.into_iter().chain(of_contestants).map(Block::Paragraph));
    for (head, table) in sections {
        blocks.push(Block::Heading(head.into()));
        blocks.push(Block::Table(table));
    }
    Document { id: "all", title: "All figures".into(), blocks }
}

fn answer(analysis: &Analysis, sections: &[(&str, Table)]) -> Text {
    if sections.is_empty() {
        return "This record has no figure.".into();
    }
    let is_figure = |cell: &&Cell| matches!(cell, Cell::Figure(_));
    let figures = sections.iter().flat_map(|(_, table)| table.rows.iter().flatten());
    say(
        "{figures} figures of {series} series: a contestant and what its tasks do. A figure of a task \
         is a slope, which is what one more waiting task adds; its interval holds 95 % of the \
         resamples. Lateness is the median of the repeats, from the least to the most of them.",
        &[
            ("figures", &format::count(figures.filter(is_figure).count() as u64)),
            ("series", &format::count(analysis.measured.len() as u64)),
        ],
    )
}

/// The slopes of these figures, without those that no series has.
fn slopes(analysis: &Analysis, figures: &[Figure]) -> Table {
    let is_there = |figure: &&Figure| {
        analysis.measured.iter().any(|measured| measured.fits.contains_key(figure))
    };
    let figures: Vec<Figure> = figures.iter().filter(is_there).copied().collect();
    let columns = figures.iter().map(|figure| {
        Column::new(quantities::figure(*figure), quantities::unit(*figure)).with_intervals()
    });
    let first = [Column::words("Contestant")];
    let last = [Column::words("N"), Column::new("Cells", Unit::Count)];
    let mut table = Table::new(first.into_iter().chain(columns).chain(last));
    for measured in &analysis.measured {
        let fits = figures.iter().map(|figure| measured.fits.get(figure));
        let Some(any) = fits.clone().flatten().next() else { continue };
        let mut row = vec![Cell::text(names::series(&measured.series))];
        row.extend(fits.map(|fit| slope(fit)));
        row.push(Cell::text(format!(
            "{}–{}",
            format::count(any.min_tasks),
            format::count(any.max_tasks)
        )));
        row.push(Cell::Count(any.cells as u64));
        table.push(row);
    }
    table
}

fn slope(fit: Option<&Fit>) -> Cell {
    Cell::figure(fit.map(|fit| fit.slope.estimate), "not read at two N")
}

fn whole(analysis: &Analysis) -> Table {
    let mut table = Table::new([
        Column::words("Contestant"),
        Column::new("N", Unit::Count),
        Column::new("All waiting", Unit::Bytes).with_intervals(),
        Column::new("Before the first task", Unit::Bytes).with_intervals(),
        Column::new("Repeats", Unit::Count),
    ]);
    let figure = analysis.basis.figure();
    for measured in &analysis.measured {
        let Some(whole) = measured.whole.get(&figure) else { continue };
        let idle = measured.idle.get(&figure);
        for (tasks, waiting) in whole {
            let idle = idle.and_then(|idle| idle.get(tasks));
            table.push(vec![
                Cell::text(names::series(&measured.series)),
                Cell::Count(*tasks),
                spread(waiting),
                idle.map_or_else(|| Cell::Missing("not read".into()), spread),
                Cell::Count(waiting.repeats as u64),
            ]);
        }
    }
    table
}

fn lateness(analysis: &Analysis) -> Table {
    let parts = ["p50", "p90", "p99", "p99.9", "latest"];
    let parts = parts.map(|part| Column::new(part, Unit::Nanoseconds).with_intervals());
    let first = [
        Column::words("Contestant"),
        Column::new("N", Unit::Count),
        Column::new("Places", Unit::Count),
    ];
    let mut table = Table::new(first.into_iter().chain(parts));
    for row in &analysis.lateness {
        let places = row.queue.and_then(|queue| queue.places);
        let mut cells = vec![
            Cell::text(names::series(&row.series)),
            Cell::Count(row.tasks),
            places.map_or_else(|| Cell::text("all"), Cell::Count),
        ];
        let parts: [&Spread; 5] = [&row.p50, &row.p90, &row.p99, &row.p999, &row.max];
        cells.extend(parts.map(spread));
        table.push(cells);
    }
    table
}

fn rates(analysis: &Analysis) -> Table {
    let mut table = Table::new([
        Column::words("Contestant"),
        Column::new("N", Unit::Count),
        Column::new("Wait", Unit::Nanoseconds),
        Column::new("Workers", Unit::Count),
        Column::new("A second", Unit::PerSecond).with_intervals().higher(),
        Column::new("CPU of a task", Unit::Nanoseconds).with_intervals().lower(),
        Column::new("Least time of a wave", Unit::Nanoseconds),
        Column::new("Samples", Unit::Count),
    ]);
    for row in &analysis.rates {
        let (why, samples) = match &row.outcome {
            RateOutcome::Measured { samples, .. } => ("no sample".into(), Some(*samples as u64)),
            RateOutcome::Floor { .. } => ("its least time alone was too long".to_owned(), None),
            RateOutcome::Wall(reason) => (format!("wall: {reason}"), None),
            RateOutcome::Failed(reason) => (format!("failed: {reason}"), None),
            RateOutcome::Skipped(reason) => (format!("skipped: {reason}"), None),
        };
        let name = names::contestant(&row.contestant);
        let of = if row.shape.is_plain() {
            name
        } else {
            format!("{name}, {}", names::shape(&row.shape))
        };
        table.push(vec![
            Cell::text(of),
            Cell::Count(row.tasks),
            Cell::value(row.wait_ns as f64),
            row.pool_workers
                .map_or_else(|| Cell::text("own"), |workers| Cell::Count(workers.into())),
            Cell::figure(row.rate(), why.clone()),
            Cell::figure(row.cpu_ns(), why),
            Cell::value(row.floor_ns as f64),
            Cell::Count(samples.unwrap_or(0)),
        ]);
    }
    table
}

fn transfers(analysis: &Analysis) -> Table {
    let mut table = Table::new([
        Column::words("Contestant"),
        Column::new("Bodies", Unit::Count),
        Column::new("Size of each", Unit::Size),
        Column::new("Limit a second", Unit::Size),
        Column::new("Least time", Unit::Nanoseconds),
        Column::new("Times the least", Unit::Times).with_intervals().lower(),
        Column::new("Cells", Unit::Count),
    ]);
    for row in &analysis.transfers {
        table.push(vec![
            Cell::text(names::contestant(&row.series.contestant)),
            Cell::Count(row.bodies),
            Cell::value(row.bytes as f64),
            Cell::value(row.limit as f64),
            Cell::value(row.least_ns),
            Cell::figure(row.over_least, "no cell has a time"),
            Cell::Count(row.cells as u64),
        ]);
    }
    table
}

fn lifecycles(analysis: &Analysis) -> Table {
    let phases = ["Before", "All waiting", "Over", "Waiting again", "Over again"];
    let phases = phases.map(|phase| Column::new(phase, Unit::Bytes));
    let first = [Column::words("Contestant"), Column::new("N", Unit::Count)];
    let mut table = Table::new(first.into_iter().chain(phases));
    for row in &analysis.lifecycles {
        let Phases { idle, waiting, drained, second_waiting, second_drained } = row.bytes;
        let phases = [idle, waiting, drained, second_waiting, second_drained].map(Cell::value);
        let first = [Cell::text(names::series(&row.series)), Cell::Count(row.tasks)];
        table.push(first.into_iter().chain(phases).collect());
    }
    table
}

fn crossovers(analysis: &Analysis) -> Table {
    let mut table = Table::new([
        Column::words("Contestant"),
        Column::words("Against"),
        Column::new("Lighter from", Unit::Count),
        Column::new("Not at", Unit::Count),
        Column::words("Measured at"),
    ]);
    for row in &analysis.crossovers {
        let counts: Vec<String> = row.at.keys().map(|tasks| format::count(*tasks)).collect();
        let count = |count: Option<u64>, why: &str| {
            count.map_or_else(|| Cell::Missing(why.into()), Cell::Count)
        };
        table.push(vec![
            Cell::text(names::series(&row.series)),
            Cell::text(names::contestant(&row.against)),
            count(row.from, "not lighter at the largest N that both have"),
            count(row.not_at, "lighter at every smaller N that both have, or there is none"),
            Cell::text(counts.join(", ")),
        ]);
    }
    table
}

fn missing(analysis: &Analysis) -> Table {
    let mut table = Table::new([
        Column::words("Contestant"),
        Column::new("N", Unit::Count),
        Column::words("Build"),
        Column::new("Cells", Unit::Count),
        Column::words("How it ended"),
        Column::words("Reason"),
    ]);
    for row in &analysis.missing {
        table.push(vec![
            Cell::text(names::series(&row.series)),
            Cell::Count(row.tasks),
            Cell::text(match row.build {
                Build::Timed => "timed",
                Build::Counting => "counting",
            }),
            Cell::Count(row.cells),
            Cell::text(match row.why {
                Why::Wall => "wall",
                Why::Failed => "failed",
                Why::NoProof => "no proof",
                Why::Skipped => "skipped",
            }),
            row.reason
                .as_deref()
                .map_or_else(|| Cell::Missing("none was recorded".into()), Cell::text),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Synthetic, asking_run, small_run};

    use super::*;

    fn section(record: &Record, wanted: &str) -> Option<Table> {
        let document = build(&Analysis::of(record, None));
        let at = document
            .blocks
            .iter()
            .position(|block| matches!(block, Block::Heading(head) if head.words() == wanted))?;
        match document.blocks[at + 1].clone() {
            Block::Table(table) => Some(table),
            _ => None,
        }
    }

    #[test]
    fn every_series_has_its_figures() {
        let table = section(&small_run(), "Memory of a task").unwrap();
        let smol = table.rows.iter().find(|row| row[0] == Cell::text("smol")).unwrap();
        let Cell::Figure(bill) = smol[1] else { panic!("{smol:?}") };
        assert!((bill.value - 340.0).abs() < 1.0 && bill.is_bounded());
        assert!(table.rows.iter().any(|row| row[0] == Cell::text("baseline/smol")));
        // What no series has is no column.
        let parts = section(&small_run(), "Parts of that memory").unwrap();
        let heads: Vec<String> = parts.columns.iter().map(|column| column.head.words()).collect();
        assert!(!heads.contains(&"slab".to_owned()), "{heads:?}");
    }

    #[test]
    fn what_has_no_figure_has_its_reason() {
        let table = section(&small_run(), "Cells without a figure").unwrap();
        let reasons: Vec<&Cell> = table.rows.iter().map(|row| &row[5]).collect();
        assert!(reasons.contains(&&Cell::text("thread 16,371 of 40,000 could not be made")));
        let rates = section(&small_run(), "Rates").unwrap();
        let subroutine = rates.rows.iter().find(|row| row[0] == Cell::text("subroutine")).unwrap();
        assert_eq!(subroutine[4], Cell::Missing("its least time alone was too long".into()));
    }

    #[test]
    fn requests_and_transfers_are_there_and_an_empty_record_has_no_figure() {
        assert_eq!(section(&asking_run(), "Transfers").unwrap().rows.len(), 2);
        let document = build(&Analysis::of(&Synthetic::new().record(), None));
        assert_eq!(document.blocks, [Block::Paragraph("This record has no figure.".into())]);
    }
}
