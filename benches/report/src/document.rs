//! A document: headings, paragraphs, typed tables and charts. It holds figures as numbers with their
//! units, and words; how either is written is a renderer's affair.

pub use analysis::diff::Better;
use analysis::estimate::Estimate;

use crate::chart::Chart;
use crate::text::Text;
pub use crate::unit::Unit;

/// A page, or what a command prints.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its name: the file's without its ending.
    pub id: &'static str,
    /// What it is about. The first block below it is its answer.
    pub title: Text,
    /// What stands below the title.
    pub blocks: Vec<Block>,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A heading that says what is below it.
    Heading(Text),
    /// A paragraph.
    Paragraph(Text),
    /// An answer that stands out.
    Quote(Vec<Text>),
    /// Points, one below the other.
    List(Vec<Text>),
    /// A table.
    Table(Table),
    /// A picture.
    Chart(Chart),
    /// Lines to type in a shell.
    Code(String),
    /// What is folded away until it is asked for.
    Details {
        /// What is in it.
        summary: Text,
        /// What is folded away.
        blocks: Vec<Block>,
    },
}

/// A table: typed columns, and rows with one cell for each of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The columns. The first one names the row.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What stands above it.
    pub head: Text,
    /// What its numbers count.
    pub unit: Unit,
    /// Which way is better, where one is.
    pub better: Option<Better>,
    /// Whether its figures are shown with their intervals.
    pub interval: bool,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(Text),
    /// A whole number, in the column's unit.
    Count(u64),
    /// A figure with its interval, in the column's unit.
    Figure(Estimate),
    /// There is no figure, for this reason.
    Missing(Text),
}

impl Table {
    /// A table with these columns and rows.
    ///
    /// # Panics
    /// If a row has more or fewer cells than there are columns.
    pub fn of(
        columns: impl IntoIterator<Item = Column>,
        rows: impl IntoIterator<Item = Vec<Cell>>,
    ) -> Self {
        let columns: Vec<Column> = columns.into_iter().collect();
        let rows: Vec<Vec<Cell>> = rows.into_iter().collect();
        let is_whole = rows.iter().all(|row| row.len() == columns.len());
        assert!(is_whole, "a row has a cell for each column");
        Self { columns, rows }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Column {
    /// A column of numbers, without intervals and without a better way.
    pub fn new(head: impl Into<Text>, unit: Unit) -> Self {
        Self { head: head.into(), unit, better: None, interval: false }
    }

    /// A column of words.
    pub fn words(head: impl Into<Text>) -> Self {
        Self::new(head, Unit::Words)
    }

    /// The same, where less is better.
    #[must_use]
    pub fn lower(self) -> Self {
        Self { better: Some(Better::Lower), ..self }
    }

    /// The same, where more is better.
    #[must_use]
    pub fn higher(self) -> Self {
        Self { better: Some(Better::Higher), ..self }
    }

    /// The same with intervals.
    #[must_use]
    pub fn with_intervals(self) -> Self {
        Self { interval: true, ..self }
    }
}

impl Cell {
    /// Words.
    pub fn text(words: impl Into<Text>) -> Self {
        Self::Text(words.into())
    }

    /// A figure, or why there is none.
    pub fn figure(figure: Option<Estimate>, otherwise: impl Into<Text>) -> Self {
        figure.map_or_else(|| Self::Missing(otherwise.into()), Self::Figure)
    }

    /// A whole number, or why there is none.
    pub fn count(count: Option<u64>, otherwise: impl Into<Text>) -> Self {
        count.map_or_else(|| Self::Missing(otherwise.into()), Self::Count)
    }

    /// A figure of which nothing but its value is known or wanted.
    pub fn value(value: f64) -> Self {
        Self::Figure(Estimate::lone(value))
    }
}
