//! Pages as words, and a record with known figures, for tests.

use analysis::Analysis;
use record::Record;
use record::synthetic::{Bill, Synthetic};

use super::page::Page;
use crate::document::{Block, Cell, Document, Table};
use crate::text::Text;

/// The page of this record.
pub(crate) fn page(page: Page, record: &Record) -> Document {
    (page.build)(&Analysis::of(record, None))
}

/// The answer of the page, a line for each of its parts.
pub(crate) fn answer(of: Page, record: &Record) -> String {
    let Block::Quote(said) = &page(of, record).blocks[0] else { panic!("the answer is first") };
    said.iter().map(Text::words).collect::<Vec<_>>().join("\n")
}

/// What stands on the page outside of what is folded away: headings, paragraphs, and rows of tables.
pub(crate) fn lines(of: Page, record: &Record) -> Vec<String> {
    let mut lines = Vec::new();
    for block in page(of, record).blocks {
        match block {
            Block::Heading(text) | Block::Paragraph(text) => lines.push(text.words()),
            Block::Table(table) => lines.extend(rows(&table)),
            _ => {}
        }
    }
    lines
}

/// The rows of a table, each as its cells with ` | ` between them, in the units of the columns.
pub(crate) fn rows(table: &Table) -> Vec<String> {
    let cell = |(cell, column): (&Cell, &crate::document::Column)| match cell {
        Cell::Text(text) => text.words(),
        Cell::Count(count) => crate::format::figure(*count as f64, column.unit),
        Cell::Figure(figure) => crate::format::figure(figure.value, column.unit),
        Cell::Missing(_) => crate::format::NONE.into(),
    };
    let row = |row: &Vec<Cell>| row.iter().zip(&table.columns).map(cell).collect::<Vec<_>>();
    table.rows.iter().map(|cells| row(cells).join(" | ")).collect()
}

/// Threads of 37,000 B on 2 MB, and coroutines of 340 B and 1,040 B on 70 kB more, measured at every N
/// up to eight: the processes cross at two or three tasks.
pub(crate) fn crossing() -> Synthetic {
    const TASKS: [u64; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 100, 1_000];
    let mut made = Synthetic::new();
    let thread = Bill { threads: 1, noise: 1_000, ..Bill::of(10_000).with_kernel(27_000) };
    let coroutine = |rss| Bill { base: 2_070_000, noise: 1_000, ..Bill::of(rss).with_kernel(40) };
    made.line("subroutine/sequential", &[1, 4], Bill::of(16).with_kernel(0))
        .line("threads/per-task", &TASKS, thread)
        .line("coroutines/smol", &TASKS, coroutine(300))
        .line("coroutines/tokio", &TASKS, coroutine(1_000));
    made
}

/// Records of which little or nothing can be said.
pub(crate) fn poor_records() -> Vec<Record> {
    let mut alone = Synthetic::new();
    alone.line("coroutines/smol", &[1, 100, 1_000], Bill::of(300).with_kernel(40));
    let mut one_count = Synthetic::new();
    one_count.line("coroutines/smol", &[2_000], Bill::of(300).with_kernel(40)).line(
        "threads/per-task",
        &[2_000],
        Bill::of(10_000).with_kernel(27_000),
    );
    let mut failed = Synthetic::new();
    failed.without("threads/per-task", 10, record::Status::Failed, "killed").without(
        "coroutines/smol",
        10,
        record::Status::Failed,
        "killed",
    );
    let mut no_group = Synthetic::new();
    no_group
        .without_cgroup("the hierarchy is read-only")
        .line("coroutines/smol", &[1, 100], Bill::of(300))
        .line("threads/per-task", &[1, 100], Bill::of(10_000));
    let mut quick = crossing().record();
    quick.cells.retain(|cell| cell.repeat == 0);
    let records = [Synthetic::new(), alone, one_count, failed, no_group].map(|made| made.record());
    records.into_iter().chain([quick]).collect()
}
