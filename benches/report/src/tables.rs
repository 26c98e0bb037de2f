//! Tables that may be long: outside of what is folded away a table has few rows.

use analysis::contestant::Id;

use crate::document::{Block, Cell, Column, Table};
use crate::text::{Text, names};

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

/// The same below its heading.
pub(crate) fn headed(head: &str, summary: &str, table: Table) -> Vec<Block> {
    let below = |table| vec![Block::Heading(head.into()), table];
    self::table(summary, table).map_or_else(Vec::new, below)
}

/// A table, folded away under this summary; nothing if it has no row.
pub(crate) fn folded(summary: impl Into<Text>, table: Table) -> Option<Block> {
    (!table.is_empty())
        .then(|| Block::Details { summary: summary.into(), blocks: vec![Block::Table(table)] })
}

/// A column, and what stands in it in the row of an `R`.
pub(crate) type Shown<'a, R> = (Column, &'a dyn Fn(&R) -> Cell);

/// A table with a row for each of these.
pub(crate) fn of<R>(rows: impl IntoIterator<Item = R>, columns: &[Shown<'_, R>]) -> Table {
    let heads = columns.iter().map(|(column, _)| column.clone());
    let row = |row: R| columns.iter().map(|(_, cell)| cell(&row)).collect();
    Table::of(heads, rows.into_iter().map(row))
}

/// A table whose first column, under this head, names the rows; with these columns and cells behind it.
pub(crate) fn named(
    head: &str,
    columns: impl IntoIterator<Item = Column>,
    rows: impl IntoIterator<Item = (String, Vec<Cell>)>,
) -> Table {
    let columns = [Column::words(head)].into_iter().chain(columns);
    let row =
        |(name, cells): (String, Vec<Cell>)| [Cell::text(name)].into_iter().chain(cells).collect();
    Table::of(columns, rows.into_iter().map(row))
}

/// A heading, a table, and what is said below it; nothing if the table has no row.
pub(crate) fn under(head: &str, table: Table, note: impl Into<Text>) -> Vec<Block> {
    if table.is_empty() {
        return Vec::new();
    }
    let note = Some(note.into()).filter(|note| !note.words().is_empty()).map(Block::Paragraph);
    [Block::Heading(head.into()), Block::Table(table)].into_iter().chain(note).collect()
}

/// The name of a contestant.
pub(crate) fn contestant(id: &Id) -> Cell {
    Cell::text(names::contestant(id))
}

/// The N of a figure, or that it is a slope.
pub(crate) fn tasks(tasks: Option<u64>) -> Cell {
    tasks.map_or_else(|| Cell::text("slope"), Cell::Count)
}
