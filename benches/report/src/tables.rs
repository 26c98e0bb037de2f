//! Tables that may be long: outside of what is folded away a table has few rows.

use crate::document::{Block, Cell, Table};
use crate::text::Text;

/// As many rows at most has a table that is not folded away.
pub(crate) const MOST_ROWS: usize = 12;

/// These points below their heading; nothing if there is none.
pub(crate) fn section(heading: impl Into<Text>, points: Vec<Text>) -> Vec<Block> {
    match points.is_empty() {
        true => Vec::new(),
        false => vec![Block::Heading(heading.into()), Block::List(points)],
    }
}

/// A table, folded away under this summary if it is long; nothing if it has no row.
pub(crate) fn table(summary: impl Into<Text>, table: Table) -> Option<Block> {
    match table.rows.len() {
        0 => None,
        1..=MOST_ROWS => Some(Block::Table(table)),
        _ => folded(summary, table),
    }
}

/// A table, folded away under this summary; nothing if it has no row.
pub(crate) fn folded(summary: impl Into<Text>, table: Table) -> Option<Block> {
    (!table.is_empty())
        .then(|| Block::Details { summary: summary.into(), blocks: vec![Block::Table(table)] })
}

/// The N of a figure, or that it is a slope.
pub(crate) fn tasks(tasks: Option<u64>) -> Cell {
    tasks.map_or_else(|| Cell::text("slope"), Cell::Count)
}
