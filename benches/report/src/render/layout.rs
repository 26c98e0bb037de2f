//! A table's cells as text: what Markdown, a terminal and a page of HTML have in common.

use std::borrow::Cow;
use std::collections::BTreeMap;

use textwrap::core::display_width;

use crate::document::{Better, Cell, Column, Table, Unit};
use crate::format;
use crate::text::{Span, Text};

use super::foreign::CUT;

/// A table as a renderer writes it.
pub(crate) struct Layout {
    pub(crate) heads: Vec<String>,
    /// Which columns hold numbers, which stand to the right.
    pub(crate) is_number: Vec<bool>,
    pub(crate) rows: Vec<Vec<String>>,
    /// Why figures are missing: the reasons that the marks in the cells stand for, each with its mark.
    pub(crate) notes: Vec<String>,
    /// How wide each column is, in columns of a terminal; 1 at least.
    pub(crate) widths: Vec<usize>,
}

/// So many characters of one text are shown.
pub(crate) const LONGEST_TEXT: usize = 10_000;

/// So many characters of a cell are shown.
const LONGEST_CELL: usize = 160;

/// So many characters of a reason are shown.
const LONGEST_NOTE: usize = 400;

impl Layout {
    /// The table with each text written by `write`; without any interval unless they are wanted.
    pub(crate) fn of(table: &Table, has_intervals: bool, write: impl Fn(&Text) -> String) -> Self {
        let (mut marks, mut notes) = (BTreeMap::new(), Vec::new());
        let mut mark_of = |reason: &Text| {
            let next = mark(marks.len() + 1);
            let known = marks.entry(reason.words()).or_insert_with(|| {
                let note = Text::plain(&*next).and(cut(reason, LONGEST_NOTE).into_owned());
                notes.push(write(&note));
                next
            });
            known.clone()
        };
        let mut cell = |(cell, column): (&Cell, &Column)| match cell {
            Cell::Text(text) => write(&cut(text, LONGEST_CELL)),
            Cell::Count(count) => format::figure(*count as f64, column.unit),
            Cell::Figure(figure) if column.interval && has_intervals => {
                format::estimate(figure, column.unit)
            }
            Cell::Figure(figure) => format::figure(figure.value, column.unit),
            Cell::Missing(reason) if reason.words().is_empty() => format::NONE.into(),
            Cell::Missing(reason) => format!("{}{}", format::NONE, mark_of(reason)),
        };
        let rows: Vec<Vec<String>> = table
            .rows
            .iter()
            .map(|row| row.iter().zip(&table.columns).map(&mut cell).collect())
            .collect();
        let heads: Vec<String> = table.columns.iter().map(|column| write(&head(column))).collect();
        let width = |column: usize| {
            let cells = rows.iter().map(|row| &row[column]).chain([&heads[column]]);
            cells.map(|cell| display_width(cell)).max().unwrap_or(0).max(1)
        };
        let widths = (0..heads.len()).map(width).collect();
        let is_number = table.columns.iter().map(|column| column.unit != Unit::Words).collect();
        Self { heads, is_number, rows, notes, widths }
    }
}

/// What stands above a column. Arrows are read in every language, and not parted from the last word.
fn head(column: &Column) -> Text {
    let mut head = cut(&column.head, LONGEST_CELL).into_owned();
    let arrow = match column.better {
        Some(Better::Lower) => "\u{A0}↓",
        Some(Better::Higher) => "\u{A0}↑",
        None => return head,
    };
    if !head.0.is_empty() {
        head.0.push(Span::Plain(arrow.into()));
    }
    head
}

/// The text, cut after so many characters.
pub(crate) fn cut(text: &Text, most: usize) -> Cow<'_, Text> {
    let length = |span: &Span| span.words().chars().count();
    if text.0.iter().map(length).sum::<usize>() <= most {
        return Cow::Borrowed(text);
    }
    let mut left = most.saturating_sub(1);
    let mut spans = Vec::new();
    for span in &text.0 {
        let kept: String = span.words().chars().take(left).collect();
        left -= kept.chars().count();
        spans.push(match span {
            Span::Plain(_) => Span::Plain(kept),
            Span::Strong(_) => Span::Strong(kept),
            Span::Code(_) => Span::Code(kept),
            Span::Link { to, .. } => Span::Link { label: kept, to: to.clone() },
        });
        if left == 0 {
            break;
        }
    }
    spans.push(Span::Plain(CUT.into()));
    Cow::Owned(Text(spans))
}

/// A number as a footnote's mark: `¹`, `¹²`.
fn mark(number: usize) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    number.to_string().bytes().map(|digit| DIGITS[usize::from(digit - b'0')]).collect()
}
