//! What a command prints: plain text, no line longer than the terminal is wide.

use std::borrow::Cow;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, TableStyle};
use textwrap::core::display_width;
use textwrap::{WordSplitter, wrap};

use super::foreign;
use super::layout::{LONGEST_TEXT, Layout, cut};
use crate::document::{Block, Document, Table};
use crate::text::{Span, Text};

/// How a document is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How many columns there are; 80 where that is not known, as what goes into a file is read in 80.
    pub width: Option<u16>,
    /// Whether what is folded away is printed too.
    pub details: bool,
}

/// The document as text that ends in a line end. Pictures are left out.
pub fn render(document: &Document, options: Options) -> String {
    let width = usize::from(options.width.unwrap_or(DEFAULT_WIDTH)).max(NARROWEST);
    let mut lines = Lines { width, details: options.details, text: String::new() };
    lines.heading(&document.title, '═');
    lines.blocks(&document.blocks);
    format!("{}\n", lines.text.trim_end())
}

/// Foreign text as it may reach a terminal: in one line, without anything that a terminal would obey
/// or that cannot be seen. The one way of a string onto a terminal, in messages too.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|character| foreign::shown(character) == character) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(foreign::shown).collect())
}

/// A message that may name foreign text: harmless, cut, and broken between words where a line is wider
/// than this; in one line where there is no width.
pub fn message(text: &str, width: Option<u16>) -> String {
    let text = foreign::cut(text, LONGEST_MESSAGE);
    match width {
        None => text,
        Some(width) => {
            let width = usize::from(width).max(NARROWEST);
            wrap(&text, between_words(width).subsequent_indent("  ")).join("\n")
        }
    }
}

/// The columns of what is not printed to a terminal: it is read in as many.
pub const DEFAULT_WIDTH: u16 = 80;

/// So many characters of a message are shown.
const LONGEST_MESSAGE: usize = 2_000;

/// Narrower than this nothing can be printed in a readable way.
const NARROWEST: usize = 20;

/// Prose is no wider than this, however wide the terminal is: longer lines are hard to read.
const WIDEST_PROSE: usize = 100;

/// Words in a cell are wrapped to no less than this.
const NARROWEST_WORDS: usize = 16;

/// What stands between two columns.
const GAP: usize = 2;

struct Lines {
    width: usize,
    details: bool,
    text: String,
}

impl Lines {
    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Heading(heading) => self.heading(heading, '─'),
                Block::Paragraph(paragraph) => self.prose(paragraph, "", ""),
                Block::Quote(parts) => {
                    for (index, part) in parts.iter().enumerate() {
                        if index > 0 {
                            self.push("│\n");
                        }
                        self.prose(part, "│ ", "│ ");
                    }
                }
                Block::List(points) => {
                    points.iter().for_each(|point| self.prose(point, "- ", "  "));
                }
                Block::Table(table) => self.table(table),
                Block::Code(text) => {
                    for line in text.lines() {
                        self.wrapped(&clean(line), self.width, "    ", "        ");
                    }
                }
                Block::Details { summary, blocks } if self.details => {
                    self.heading(summary, '─');
                    self.blocks(blocks);
                }
                Block::Chart(_) | Block::Details { .. } => continue,
            }
            self.push("\n");
        }
    }

    fn heading(&mut self, heading: &Text, line: char) {
        let from = self.text.len();
        self.prose(heading, "", "");
        let widest = self.text[from..].lines().map(display_width).max().unwrap_or(0);
        let end = if line == '═' { "\n\n" } else { "\n" };
        self.push(&(line.to_string().repeat(widest) + end));
    }

    fn prose(&mut self, text: &Text, first: &str, next: &str) {
        let words = marked(text, "`");
        self.wrapped(&words, self.width.min(WIDEST_PROSE), first, next);
    }

    fn wrapped(&mut self, words: &str, width: usize, first: &str, next: &str) {
        let options = between_words(width).initial_indent(first).subsequent_indent(next);
        for line in wrap(words, options) {
            self.push(line.trim_end());
            self.push("\n");
        }
    }

    /// The table as it is if there is room; without its intervals; with its heads and words wrapped; as
    /// a list of its rows.
    fn table(&mut self, table: &Table) {
        let [whole, bare] =
            [true, false].map(|has_intervals| Layout::of(table, has_intervals, words));
        let fitting = [&whole, &bare].into_iter().find(|one| total(&one.widths) <= self.width);
        match (fitting, shrunk(&bare, self.width)) {
            (Some(layout), _) => self.push(&grid(layout, &layout.widths)),
            (None, Some(widths)) => self.push(&grid(&bare, &widths)),
            (None, None) => self.records(&bare),
        }
        for note in &bare.notes {
            self.wrapped(note, self.width.min(WIDEST_PROSE), "", "  ");
        }
    }

    /// A row below the other: its name, and below it a line for each of the other columns.
    fn records(&mut self, layout: &Layout) {
        let heads = layout.heads.iter().skip(1).map(|head| display_width(head)).max();
        let heads = heads.unwrap_or(0).min(self.width / 2 - 4);
        let indent = " ".repeat(heads + 4);
        for row in &layout.rows {
            for (index, (head, cell)) in layout.heads.iter().zip(row).enumerate() {
                if index == 0 {
                    self.wrapped(cell, self.width, "", "");
                    continue;
                }
                let pad = " ".repeat(heads.saturating_sub(display_width(head)));
                self.wrapped(&format!("{head}{pad}  {cell}"), self.width, "  ", &indent);
            }
        }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }
}

/// The width of each column so that the table is as wide as this at most, with no word torn and no name
/// and no number broken; `None` if there is not enough room.
fn shrunk(layout: &Layout, width: usize) -> Option<Vec<usize>> {
    let mut widths: Vec<usize> =
        (0..layout.heads.len()).map(|column| least(layout, column)).collect();
    let left = width.checked_sub(total(&widths))?;
    // What is left goes where the most is missing, column by column.
    for _ in 0..left {
        let missing = |column: &usize| layout.widths[*column] - widths[*column];
        let neediest = (0..widths.len()).max_by_key(missing)?;
        widths[neediest] += usize::from(missing(&neediest) > 0);
    }
    Some(widths)
}

/// The least width of a column.
fn least(layout: &Layout, column: usize) -> usize {
    let longest_word = |text: &str| text.split(' ').map(display_width).max().unwrap_or(0);
    let of_cell = |row: &Vec<String>| {
        let cell = &row[column];
        match column > 0 && !layout.is_number[column] {
            true => longest_word(cell).max(display_width(cell).min(NARROWEST_WORDS)),
            false => display_width(cell),
        }
    };
    let cells = layout.rows.iter().map(of_cell);
    cells.chain([longest_word(&layout.heads[column]), 1]).max().unwrap_or(1)
}

/// The table in columns of these widths.
fn grid(layout: &Layout, widths: &[usize]) -> String {
    let wrapped = |row: &Vec<String>| -> Vec<String> {
        let cells = row.iter().zip(widths);
        cells.map(|(cell, width)| wrap(cell, between_words(*width)).join("\n")).collect()
    };
    let mut table = comfy_table::Table::new();
    let rule = LineStyle::none().fill('─').junction('─');
    table
        .load_style(TableStyle::new().header_separator(rule))
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(wrapped(&layout.heads));
    layout.rows.iter().for_each(|row| {
        table.add_row(wrapped(row));
    });
    for (index, column) in table.column_iter_mut().enumerate() {
        // The rule's junction is a column of the gap.
        column.set_padding((if index == 0 { 0 } else { GAP as u16 - 1 }, 0));
        if layout.is_number[index] {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let text: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    if text.trim().is_empty() { String::new() } else { text }
}

/// How wide columns of these widths are, with the gaps between them.
fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// Lines are broken between words; only a word that is longer than a line is broken within.
fn between_words(width: usize) -> textwrap::Options<'static> {
    textwrap::Options::new(width.max(1)).word_splitter(WordSplitter::NoHyphenation)
}

/// A text without marks.
fn words(text: &Text) -> String {
    marked(text, "")
}

/// A text in which this stands around what is to be typed. An address that a browser opens stands behind
/// its label.
fn marked(text: &Text, code: &str) -> String {
    let mut words = String::new();
    for span in &cut(text, LONGEST_TEXT).0 {
        let mark = if matches!(span, Span::Code(_)) { code } else { "" };
        words.extend([mark, &*clean(span.words()), mark]);
        if let Span::Link { label, to } = span
            && (to.starts_with("https://") || to.starts_with("http://"))
            && label != to
        {
            words.push_str(&clean(&format!(" ({to})")));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::{Cell, Column, Unit};
    use crate::render::synthetic;

    fn at(width: u16) -> String {
        render(&synthetic::document(), Options { width: Some(width), details: true })
    }

    #[test]
    fn a_document_is_plain_text() {
        insta::assert_snapshot!(at(80), @r##"
        What one more waiting task takes
        ════════════════════════════════

        │ 83 times as much memory.
        │
        │ It is read from `outside`.

        The bill
        ────────

        `vm.max_map_count` stops it, see the walls, the method and the kernel
        (https://docs.kernel.org/).

                     timer ↓       open  requests a  what stops it
                              request ↓    second ↑
        ────────────────────────────────────────────────────────────────────────────────
        thread each  37.4 kB    45.5 kB      31,000  vm.max_map_count 65,530, 4 mappings
                                                     a thread
        tokio          448 B         —¹      30,000  memory
        smol              —²         —¹           —  memory
        ¹ exit 101 at 4,000
        ² one repeat

        - one
        - two: `a|b`

            compare plan --tasks 20k

        By heap
        ───────
        Heap
        ────

        Without the kernel's part.
        "##);
    }

    #[test]
    fn with_room_a_table_has_its_intervals() {
        assert!(at(200).contains("448 B (447–449 B)"), "{}", at(200));
        assert!(!at(80).contains("447–449"));
    }

    #[test]
    fn without_room_a_table_is_a_list_of_its_rows() {
        insta::assert_snapshot!(at(40), @r##"
        What one more waiting task takes
        ════════════════════════════════

        │ 83 times as much memory.
        │
        │ It is read from `outside`.

        The bill
        ────────

        `vm.max_map_count` stops it, see the
        walls, the method and the kernel
        (https://docs.kernel.org/).

        thread each
          timer ↓           37.4 kB
          open request ↓    45.5 kB
          requests a second ↑  31,000
          what stops it     vm.max_map_count
                            65,530, 4 mappings a
                            thread
        tokio
          timer ↓           448 B
          open request ↓    —¹
          requests a second ↑  30,000
          what stops it     memory
        smol
          timer ↓           —²
          open request ↓    —¹
          requests a second ↑  —
          what stops it     memory
        ¹ exit 101 at 4,000
        ² one repeat

        - one
        - two: `a|b`

            compare plan --tasks 20k

        By heap
        ───────
        Heap
        ────

        Without the kernel's part.
        "##);
    }

    #[test]
    fn at_no_width_a_name_is_broken_or_a_word_torn() {
        for width in 30..=150 {
            for whole in ["thread each", "vm.max_map_count", "requests", "mappings", "37.4 kB"] {
                assert!(at(width).contains(whole), "{width}: {}", at(width));
            }
        }
    }

    #[test]
    fn what_is_folded_away_is_printed_where_it_is_asked_for() {
        let short = render(&synthetic::document(), Options::default());
        assert!(!short.contains("kernel's part") && at(80).contains("kernel's part"));
    }

    #[test]
    fn a_message_is_cut_and_breaks_between_words() {
        assert_eq!(message("one\ntwo \u{1b}[2J", None), "one two \u{FFFD}[2J");
        assert_eq!(message(&"x".repeat(70_000), None).chars().count(), LONGEST_MESSAGE);
        assert_eq!(message("the file cannot be read", Some(20)), "the file cannot be\n  read");
    }

    #[test]
    fn nothing_reaches_the_terminal_that_it_would_obey() {
        assert!(matches!(clean("plain, 한"), Cow::Borrowed(_)));
        assert_eq!(clean("a\u{1b}]0;x\u{7}b\nc\u{202e}"), "a\u{FFFD}]0;x\u{FFFD}b c\u{FFFD}");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal(
            names in prop::collection::vec(any::<String>(), 1..5),
            long in prop_oneof![0_usize..100, 60_000_usize..70_000],
            width in 20_u16..140,
        ) {
            let columns = [Column::words(&*names[0]), Column::new(&*names[0], Unit::Count).lower(), Column::words("x")];
            let table = Table::of(columns, names.iter().map(|name| {
                let reason = Cell::Missing(Text::plain(&**name));
                vec![Cell::text(&**name), reason, Cell::text("long ".repeat(long / 5))]
            }));
            let blocks = vec![
                Block::Heading(names[0].as_str().into()),
                Block::Table(table),
                Block::List(names.iter().map(|name| Text::plain(&**name)).collect()),
                Block::Code(names.concat()),
            ];
            let document = Document { id: "x", title: names[0].as_str().into(), blocks };
            let text = render(&document, Options { width: Some(width), details: true });
            for line in text.lines() {
                prop_assert!(display_width(line) <= usize::from(width), "{}: {line}", display_width(line));
                prop_assert_eq!(clean(line), line);
            }
        }
    }
}
