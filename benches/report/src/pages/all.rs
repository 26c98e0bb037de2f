//! `all.md`: every figure with its interval, for every series. Tables are as long here as they are.

use analysis::Analysis;
use analysis::contestant::Id;
use analysis::estimate::CONFIDENCE;
use analysis::figure::Figure;
use analysis::fit::Fit;
use analysis::measured::Measured;
use analysis::rates::{RateOutcome, RateRow};
use record::Build;

use super::apart;
use super::contestants::spread;
use super::page::Page;
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::tables::{self, under};
use crate::text::{Text, cautions, names, quantities, say};

pub(crate) const PAGE: Page = Page { id: "all", name: "all figures", build };

/// Whether a figure is a part of a task's memory, or counts what a task takes of the kernel.
fn is_part(figure: Figure) -> bool {
    use Figure as F;
    matches!(
        figure,
        F::Stacks
            | F::HugePages
            | F::PageTables
            | F::KernelStacks
            | F::Sockets
            | F::Slab
            | F::SystemSlab
            | F::OtherKernel
            | F::Mappings
            | F::Threads
    )
}

/// The tables of this page, each below its heading, which begins with these words.
fn sections(analysis: &Analysis, before: &str) -> Vec<(String, Table)> {
    let is_bytes = |figure| quantities::unit(figure) == Unit::Bytes;
    let sections = [
        ("Memory of a task", slopes(analysis, |figure| !is_part(figure) && is_bytes(figure))),
        ("Parts of that memory", slopes(analysis, is_part)),
        (
            "Time and CPU of a task",
            slopes(analysis, |figure| !is_part(figure) && !is_bytes(figure)),
        ),
        ("The whole process", whole(analysis)),
        ("Lateness", lateness(analysis)),
        ("Rates", rates(analysis)),
        ("Transfers", transfers(analysis)),
        ("What is kept when tasks are over", lifecycles(analysis)),
        ("Cells without a figure", missing(analysis)),
    ];
    let sections = sections.into_iter().map(|(head, table)| (format!("{before}{head}"), table));
    sections.filter(|(_, table)| !table.is_empty()).collect()
}

/// The same without the rows that are not of these contestants.
fn only(analysis: &Analysis, is_wanted: impl Fn(&Id) -> bool) -> Analysis {
    let mut only = analysis.clone();
    only.measured.retain(|row| is_wanted(&row.series.contestant));
    only.lateness.retain(|row| is_wanted(&row.series.contestant));
    only.rates.retain(|row| is_wanted(&row.contestant));
    only.transfers.retain(|row| is_wanted(&row.series.contestant));
    only.lifecycles.retain(|row| is_wanted(&row.series.contestant));
    only.missing.retain(|row| is_wanted(&row.series.contestant));
    only
}

fn build(analysis: &Analysis) -> Document {
    let is_apart = |id: &Id| apart::KINDS.iter().any(|(_, role)| id.role() == *role);
    let mut sections = sections(&only(analysis, |id| !is_apart(id)), "");
    for (head, role) in apart::KINDS {
        let of_it = only(analysis, |id| id.role() == role);
        sections.extend(self::sections(&of_it, &format!("{head}: ")));
    }
    let mut blocks = vec![Block::Paragraph(answer(analysis, &sections))];
    let of_run = cautions::of_run(analysis);
    let of_contestants = cautions::of_contestants(analysis, |_| true);
    blocks.extend(of_run.into_iter().chain(of_contestants).map(Block::Paragraph));
    blocks.extend(sections.into_iter().flat_map(|(head, table)| under(&head, table, "")));
    Document { id: "all", title: "All figures".into(), blocks }
}

fn answer(analysis: &Analysis, sections: &[(String, Table)]) -> Text {
    if sections.is_empty() {
        return "This record has no figure.".into();
    }
    let is_figure = |cell: &&Cell| matches!(cell, Cell::Figure(_));
    let figures = sections.iter().flat_map(|(_, table)| table.rows.iter().flatten());
    say(
        "{figures} figures of {series} series: a contestant and what its tasks do. A figure of a task \
         is a slope, which is what one more waiting task adds; its interval holds {confidence} of \
         the resamples. Lateness is the median of the repeats, from the least to the most of them.",
        &[
            ("figures", &format::count(figures.filter(is_figure).count() as u64)),
            ("series", &format::count(analysis.measured.len() as u64)),
            ("confidence", &format::percent(CONFIDENCE)),
        ],
    )
}

/// The slopes of these figures, without those that no series has.
fn slopes(analysis: &Analysis, is_wanted: impl Fn(Figure) -> bool) -> Table {
    // Elsewhere a program has to ask for them.
    let has_huge_pages = analysis.run.host.thp.as_deref() == Some("always");
    let is_there = |figure: &Figure| {
        (*figure != Figure::HugePages || has_huge_pages)
            && analysis.measured.iter().any(|row| row.fits.contains_key(figure))
    };
    let figures: Vec<Figure> = Figure::all().filter(|of| is_wanted(*of) && is_there(of)).collect();
    let columns = figures.iter().map(|figure| {
        Column::new(quantities::figure(*figure), quantities::unit(*figure)).with_intervals()
    });
    let last = [Column::words("N"), Column::new("Cells", Unit::Count)];
    let row = |measured: &Measured| {
        let fits = figures.iter().map(|figure| measured.fits.get(figure));
        let any = fits.clone().flatten().next()?;
        let slope = |fit: Option<&Fit>| {
            Cell::figure(fit.map(|fit| fit.slope.estimate), "not read at two N")
        };
        let counts = [any.min_tasks, any.max_tasks].map(format::count);
        let last = [Cell::text(counts.join("–")), Cell::Count(any.cells as u64)];
        Some((names::series(&measured.series), fits.map(slope).chain(last).collect()))
    };
    tables::named("Contestant", columns.chain(last), analysis.measured.iter().filter_map(row))
}

fn whole(analysis: &Analysis) -> Table {
    let figure = analysis.basis.figure();
    let rows = analysis.measured.iter().flat_map(|measured| {
        let whole = measured.whole.get(&figure).into_iter().flatten();
        let idle = |tasks| measured.idle.get(&figure).and_then(|idle| idle.get(tasks));
        whole.map(move |(tasks, waiting)| (&measured.series, *tasks, waiting, idle(tasks)))
    });
    tables::of(
        rows,
        &[
            (Column::words("Contestant"), &|(series, ..)| Cell::text(names::series(series))),
            (Column::new("N", Unit::Count), &|(_, tasks, ..)| Cell::Count(*tasks)),
            (Column::new("All waiting", Unit::Bytes).with_intervals(), &|(.., waiting, _)| {
                spread(waiting)
            }),
            (Column::new("Before the first task", Unit::Bytes).with_intervals(), &|(.., idle)| {
                idle.map_or_else(|| Cell::Missing("not read".into()), spread)
            }),
            (Column::new("Repeats", Unit::Count), &|(.., waiting, _)| {
                Cell::Count(waiting.repeats as u64)
            }),
        ],
    )
}

fn lateness(analysis: &Analysis) -> Table {
    let late = |head| Column::new(head, Unit::Nanoseconds).with_intervals();
    tables::of(
        &analysis.lateness,
        &[
            (Column::words("Contestant"), &|row| Cell::text(names::series(&row.series))),
            (Column::new("N", Unit::Count), &|row| Cell::Count(row.tasks)),
            (Column::new("Places", Unit::Count), &|row| {
                let places = row.queue.and_then(|queue| queue.places);
                places.map_or_else(|| Cell::text("all"), Cell::Count)
            }),
            (late("p50"), &|row| spread(&row.p50)),
            (late("p90"), &|row| spread(&row.p90)),
            (late("p99"), &|row| spread(&row.p99)),
            (late("p99.9"), &|row| spread(&row.p999)),
            (late("latest"), &|row| spread(&row.max)),
        ],
    )
}

fn rates(analysis: &Analysis) -> Table {
    let of = |row: &&RateRow| {
        let name = names::contestant(&row.contestant);
        Cell::text(match row.shape.is_plain() {
            true => name,
            false => format!("{name}, {}", names::shape(&row.shape)),
        })
    };
    let workers = |row: &&RateRow| {
        row.pool_workers.map_or_else(|| Cell::text("own"), |workers| Cell::Count(workers.into()))
    };
    let samples = |row: &&RateRow| match row.outcome {
        RateOutcome::Measured { samples, .. } => Cell::Count(samples as u64),
        _ => Cell::Count(0),
    };
    let cpu = Column::new("CPU of a task", Unit::Nanoseconds).with_intervals().lower();
    tables::of(
        &analysis.rates,
        &[
            (Column::words("Contestant"), &of),
            (Column::new("N", Unit::Count), &|row| Cell::Count(row.tasks)),
            (Column::new("Wait", Unit::Nanoseconds), &|row| Cell::value(row.wait_ns as f64)),
            (Column::new("Workers", Unit::Count), &workers),
            (Column::new("A second", Unit::PerSecond).with_intervals().higher(), &|row| {
                Cell::figure(row.rate(), no_rate(&row.outcome))
            }),
            (cpu, &|row| Cell::figure(row.cpu_ns(), no_rate(&row.outcome))),
            (Column::new("Least time of a wave", Unit::Nanoseconds), &|row| {
                Cell::value(row.floor_ns as f64)
            }),
            (Column::new("Samples", Unit::Count), &samples),
        ],
    )
}

/// Why there is no rate.
fn no_rate(outcome: &RateOutcome) -> String {
    match outcome {
        RateOutcome::Measured { .. } => "no sample".into(),
        RateOutcome::Floor { .. } => "its least time alone was too long".into(),
        RateOutcome::Wall(reason) => format!("wall: {reason}"),
        RateOutcome::Failed(reason) => format!("failed: {reason}"),
        RateOutcome::Skipped(reason) => format!("skipped: {reason}"),
    }
}

fn transfers(analysis: &Analysis) -> Table {
    tables::of(
        &analysis.transfers,
        &[
            (Column::words("Contestant"), &|row| tables::contestant(&row.series.contestant)),
            (Column::new("Bodies", Unit::Count), &|row| Cell::Count(row.bodies)),
            (Column::new("Size of each", Unit::Size), &|row| Cell::value(row.bytes as f64)),
            (Column::new("Limit a second", Unit::Size), &|row| Cell::value(row.limit as f64)),
            (Column::new("Least time", Unit::Nanoseconds), &|row| Cell::value(row.least_ns)),
            (Column::new("Times the least", Unit::Times).with_intervals().lower(), &|row| {
                Cell::figure(row.over_least, "no cell has a time")
            }),
            (Column::new("Cells", Unit::Count), &|row| Cell::Count(row.cells as u64)),
        ],
    )
}

fn lifecycles(analysis: &Analysis) -> Table {
    let phase = |head| Column::new(head, Unit::Bytes);
    tables::of(
        &analysis.lifecycles,
        &[
            (Column::words("Contestant"), &|row| Cell::text(names::series(&row.series))),
            (Column::new("N", Unit::Count), &|row| Cell::Count(row.tasks)),
            (phase("Before"), &|row| Cell::value(row.bytes.idle)),
            (phase("All waiting"), &|row| Cell::value(row.bytes.waiting)),
            (phase("Over"), &|row| Cell::value(row.bytes.drained)),
            (phase("Waiting again"), &|row| Cell::value(row.bytes.second_waiting)),
            (phase("Over again"), &|row| Cell::value(row.bytes.second_drained)),
        ],
    )
}

fn missing(analysis: &Analysis) -> Table {
    tables::of(
        &analysis.missing,
        &[
            (Column::words("Contestant"), &|row| Cell::text(names::series(&row.series))),
            (Column::new("N", Unit::Count), &|row| Cell::Count(row.tasks)),
            (Column::words("Build"), &|row| {
                Cell::text(if row.build == Build::Timed { "timed" } else { "counting" })
            }),
            (Column::new("Cells", Unit::Count), &|row| Cell::Count(row.cells)),
            (Column::words("How it ended"), &|row| Cell::text(names::ending(row.why))),
            (Column::words("Reason"), &|row| {
                let none = || Cell::Missing("none was recorded".into());
                row.reason.as_deref().map_or_else(none, Cell::text)
            }),
        ],
    )
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
    fn huge_pages_have_a_column_where_the_kernel_gives_them_unasked() {
        let mut record = small_run();
        for cell in &mut record.cells {
            let waiting = cell.memory.waiting.as_mut();
            waiting.into_iter().for_each(|weight| weight.huge_page_bytes = Some(2 << 20));
        }
        let heads = |record: &Record| {
            let parts = section(record, "Parts of that memory").unwrap();
            parts.columns.iter().map(|column| column.head.words()).collect::<Vec<_>>()
        };
        assert!(!heads(&record).contains(&"huge pages".to_owned()));
        record.run.host.thp = Some("always".into());
        assert!(heads(&record).contains(&"huge pages".to_owned()));
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
