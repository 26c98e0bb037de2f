//! A table's cells as text: what Markdown, a terminal and a page of HTML have in common.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::document::{Better, Cell, Column, Table, Unit};
use crate::format;
use crate::text::{Span, Text};

use super::foreign::CUT;

/// A table whose cells are text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) columns: Vec<Head>,
    pub(crate) rows: Vec<Vec<Text>>,
    /// Why figures are missing: the reasons that the marks in the cells stand for, each with its mark.
    pub(crate) notes: Vec<Text>,
}

/// What stands above a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) text: Text,
    /// Whether it holds numbers, which stand to the right.
    pub(crate) is_number: bool,
}

/// So many characters of a cell are shown.
const LONGEST_CELL: usize = 160;

/// So many characters of a reason are shown.
const LONGEST_NOTE: usize = 400;

impl Layout {
    /// The table's cells as text; without any interval unless they are wanted.
    pub(crate) fn of(table: &Table, with_intervals: bool) -> Self {
        let mut notes = Notes::default();
        let mut shown = |cell: &Cell, column: &Column| match cell {
            Cell::Text(text) => cut(text, LONGEST_CELL).into_owned(),
            Cell::Count(count) if column.unit == Unit::Count => format::count(*count).into(),
            Cell::Count(count) => format::figure(*count as f64, column.unit).into(),
            Cell::Figure(figure) if column.interval && with_intervals => {
                format::estimate(figure, column.unit).into()
            }
            Cell::Figure(figure) => format::figure(figure.value, column.unit).into(),
            Cell::Missing(reason) => format!("{}{}", format::NONE, notes.mark_of(reason)).into(),
        };
        let row = |row: &Vec<Cell>| {
            row.iter().zip(&table.columns).map(|(cell, column)| shown(cell, column)).collect()
        };
        let rows = table.rows.iter().map(row).collect();
        Self { columns: table.columns.iter().map(Head::of).collect(), rows, notes: notes.texts }
    }
}

/// The reasons under a table.
#[derive(Default)]
struct Notes {
    numbers: BTreeMap<String, usize>,
    texts: Vec<Text>,
}

impl Notes {
    /// The mark of this reason; it has the same one wherever it stands.
    fn mark_of(&mut self, reason: &Text) -> String {
        let words = reason.words();
        if words.is_empty() {
            return String::new();
        }
        let next = self.texts.len() + 1;
        let number = *self.numbers.entry(words).or_insert(next);
        let mark = mark(number);
        if number == next {
            self.texts.push(Text::plain(&*mark).and(cut(reason, LONGEST_NOTE).into_owned()));
        }
        mark
    }
}

impl Head {
    fn of(column: &Column) -> Self {
        let mut text = cut(&column.head, LONGEST_CELL).into_owned();
        // Arrows are read in every language. They are not parted from the last word.
        let arrow = match column.better {
            Some(Better::Lower) => "\u{A0}↓",
            Some(Better::Higher) => "\u{A0}↑",
            None => "",
        };
        if !arrow.is_empty() && !text.0.is_empty() {
            text.0.push(Span::Plain(arrow.into()));
        }
        Self { text, is_number: column.unit != Unit::Words }
    }
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
