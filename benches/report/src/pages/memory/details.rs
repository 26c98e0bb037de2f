//! What is folded away: small numbers of tasks, and every contestant with its intervals.

use std::collections::BTreeSet;

use analysis::Analysis;
use analysis::contestant::Role;
use analysis::figure::Figure;
use analysis::measured::{Measured, Waiting};
use analysis::reading::Spread;

use super::tables::at;
use crate::document::{Block, Cell, Column, Table, Unit};
use crate::format;
use crate::pages::contestants::details as folded;
use crate::pages::weights::{Kind, weight_cell};
use crate::text::names;

/// Up to how many tasks are a small number.
const SMALL: u64 = 10;

/// All of it.
pub(super) fn details(analysis: &Analysis) -> Vec<Block> {
    let note = "Medians of the repeats, with all tasks waiting.";
    let mut blocks = Vec::new();
    let kinds: [(Kind, &str); 2] = [
        (|shape| shape.is_plain(), "The whole process at small numbers of timers"),
        (|shape| shape.is_plain_request(), "The whole process at small numbers of requests"),
    ];
    for (is_kind, summary) in kinds {
        let table = Block::Table(small(analysis, is_kind));
        blocks.extend(folded(summary, vec![table, Block::Paragraph(note.into())]));
    }
    let note = "The slope over N with its 95 % interval. RSS has no kernel memory in it, and pages \
                of files; it stands here because others quote it. Heap is what was asked of the \
                allocator, read in a build of its own. N and cells are those of the first column.";
    let kinds: [(Kind, &str); 2] = [
        (|shape| shape.is_timer(), "Every contestant with its intervals: timers"),
        (|shape| !shape.is_timer(), "Every contestant with its intervals: requests"),
    ];
    for (is_kind, summary) in kinds {
        let table = Block::Table(all(analysis, is_kind));
        blocks.extend(folded(summary, vec![table, Block::Paragraph(note.into())]));
    }
    blocks
}

/// The whole process at each small N that was measured.
fn small(analysis: &Analysis, is_kind: Kind) -> Table {
    let figure = analysis.basis.figure();
    let rows: Vec<&Measured> = analysis
        .measured
        .iter()
        .filter(|measured| measured.series.contestant.is_compared())
        .filter(|measured| is_kind(&measured.series.shape))
        .collect();
    let whole = |measured: &Measured, tasks: u64| -> Option<Spread> {
        measured.whole_at(figure, tasks).copied()
    };
    let counts: BTreeSet<u64> = rows
        .iter()
        .filter_map(|measured| measured.whole.get(&figure))
        .flat_map(|at| at.keys().copied())
        .filter(|tasks| *tasks <= SMALL)
        .collect();
    let columns = counts.iter().map(|tasks| Column::new(at(*tasks), Unit::Bytes).lower());
    let mut table = Table::new([Column::words("")].into_iter().chain(columns));
    for measured in rows {
        if counts.iter().all(|tasks| whole(measured, *tasks).is_none()) {
            continue;
        }
        let reason = match measured.waiting {
            Waiting::OneAtATime => "one at a time: the others are queued, not waiting",
            _ => "not measured",
        };
        let mut row = vec![Cell::text(names::series(&measured.series))];
        row.extend(counts.iter().map(|tasks| match whole(measured, *tasks) {
            Some(spread) => Cell::value(spread.median),
            None => Cell::Missing(reason.into()),
        }));
        table.push(row);
    }
    table
}

/// Every series of this kind that has a weight, with intervals.
fn all(analysis: &Analysis, is_kind: Kind) -> Table {
    const BESIDE: [(Figure, &str); 4] = [
        (Figure::Kernel, "of it kernel"),
        (Figure::Heap, "heap"),
        (Figure::Rss, "RSS"),
        (Figure::RssAndPageTables, "RSS and page tables"),
    ];
    let bytes = |head: &str| Column::new(head, Unit::Bytes).lower().with_intervals();
    let columns = [Column::words(""), bytes("private and kernel")]
        .into_iter()
        .chain(BESIDE.map(|(_, head)| bytes(head)))
        .chain([Column::words("N"), Column::new("cells", Unit::Count)]);
    let mut table = Table::new(columns);
    let basis = analysis.basis.figure();
    for measured in &analysis.measured {
        let is_control = matches!(measured.series.contestant.role(), Role::Control(_));
        if is_control || !is_kind(&measured.series.shape) {
            continue;
        }
        let Some(fit) = measured.fits.get(&basis).or_else(|| measured.fits.get(&Figure::Rss))
        else {
            continue;
        };
        let mut row = vec![Cell::text(names::series(&measured.series))];
        row.push(match measured.slope(basis) {
            Some(slope) => Cell::Figure(slope),
            None => weight_cell(analysis, Some(measured)),
        });
        row.extend(BESIDE.map(|(figure, _)| Cell::figure(measured.slope(figure), "not read")));
        let counts = format!("{}–{}", format::count(fit.min_tasks), format::count(fit.max_tasks));
        row.extend([Cell::text(counts), Cell::Count(fit.cells as u64)]);
        table.push(row);
    }
    table
}
