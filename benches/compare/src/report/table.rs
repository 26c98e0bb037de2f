//! A table's content, written once and shown in two ways: in Markdown and on a terminal.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement};

/// On which side a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// Headers, and rows with one text for each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns and no row.
    pub(crate) fn new<T: Into<String>>(columns: impl IntoIterator<Item = (T, Align)>) -> Self {
        let columns = columns.into_iter().map(|(header, align)| (header.into(), align)).collect();
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row. Missing texts at its end are empty.
    pub(crate) fn push(&mut self, mut row: Vec<String>) {
        row.resize(self.columns.len(), String::new());
        self.rows.push(row);
    }

    /// The table without the columns of these headers.
    pub(crate) fn without(&self, headers: &[&str]) -> Self {
        let is_kept = |column: usize| !headers.contains(&self.columns[column].0.as_str());
        let kept: Vec<usize> = (0..self.columns.len()).filter(|column| is_kept(*column)).collect();
        Self {
            columns: kept.iter().map(|column| self.columns[*column].clone()).collect(),
            rows: self
                .rows
                .iter()
                .map(|row| kept.iter().map(|column| row[*column].clone()).collect())
                .collect(),
        }
    }

    /// Whether there is no row.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table in Markdown, ending in a line end; a sentence where there is no row.
    pub(crate) fn markdown(&self) -> String {
        if self.is_empty() {
            return "There is nothing of this in the record.\n".into();
        }
        let headers: Vec<String> = self.columns.iter().map(|(header, _)| escaped(header)).collect();
        let rows: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|cell| escaped(cell)).collect()).collect();
        let widths: Vec<usize> = (0..headers.len())
            .map(|column| {
                let cells = rows.iter().map(|row| row[column].chars().count());
                cells.chain([headers[column].chars().count(), 3]).max().unwrap_or(3)
            })
            .collect();
        let mut text = self.markdown_row(&headers, &widths);
        for ((_, align), width) in self.columns.iter().zip(&widths) {
            text.push_str(&match align {
                Align::Left => format!("| {} ", "-".repeat(*width)),
                Align::Right => format!("| {}: ", "-".repeat(*width - 1)),
            });
        }
        text.push_str("|\n");
        for row in &rows {
            text.push_str(&self.markdown_row(row, &widths));
        }
        text
    }

    /// The table for a terminal of so many columns; as wide as its content if that is not known.
    /// The first column names the row and is not broken.
    pub(crate) fn terminal(&self, width: Option<u16>) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        match width {
            Some(width) => {
                table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width)
            }
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        table.set_header(self.columns.iter().map(|(header, _)| header));
        for row in &self.rows {
            table.add_row(row);
        }
        for (column, (_, align)) in table.column_iter_mut().zip(&self.columns) {
            column.set_cell_alignment(match align {
                Align::Left => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            });
        }
        if let Some(names) = table.column_mut(0) {
            names.set_constraint(ColumnConstraint::ContentWidth);
        }
        table.trim_fmt()
    }

    fn markdown_row(&self, row: &[String], widths: &[usize]) -> String {
        let mut text = String::new();
        for ((cell, (_, align)), width) in row.iter().zip(&self.columns).zip(widths) {
            text.push_str(&match align {
                Align::Left => format!("| {cell:<width$} "),
                Align::Right => format!("| {cell:>width$} "),
            });
        }
        text.push_str("|\n");
        text
    }
}

/// Text in which nothing ends a Markdown cell.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new([("Who", Align::Left), ("B", Align::Right)]);
        table.push(vec!["a|b".into(), "1,000".into()]);
        table.push(vec!["c\nd".into()]);
        table
    }

    #[test]
    fn markdown_is_aligned_and_escaped() {
        insta::assert_snapshot!(table().markdown(), @r"
        | Who  |     B |
        | ---- | ----: |
        | a\|b | 1,000 |
        | c d  |       |
        ");
    }

    #[test]
    fn a_terminal_table_keeps_to_its_width() {
        let wide = table().terminal(None);
        assert!(wide.contains("a|b"));
        let mut long = table();
        long.push(vec!["a/long-name".into(), "word ".repeat(40)]);
        let narrow = long.terminal(Some(40));
        assert!(narrow.contains("a/long-name"), "{narrow}");
        assert!(narrow.lines().all(|line| line.chars().count() <= 40), "{narrow}");
    }

    #[test]
    fn columns_are_left_out_by_their_header() {
        let text = table().without(&["Who"]).markdown();
        assert!(text.contains("1,000") && !text.contains("Who") && !text.contains("c d"), "{text}");
    }

    #[test]
    fn no_row_is_a_sentence() {
        let table = Table::new([("Who", Align::Left)]);
        assert!(table.is_empty());
        assert!(table.markdown().starts_with("There is nothing"));
    }
}
