//! What is claimed, and what was found.

use std::collections::BTreeMap;

use analysis::Analysis;
use analysis::claims::{ClaimId, Claimed, Evidence, Finding, Measure, Subject, Value, Verdict};
use analysis::contestant::Id;
use analysis::series::Shape;

use super::contestants::cautions;
use super::front::{facts, verdict};
use super::page::Page;
use super::story;
use super::weights::{between_cell, keeps_state};
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::tables::{self, MOST_ROWS};
use crate::text::en::ENGLISH;
use crate::text::front::Facts;
use crate::text::{Text, claims, names, say};

/// The page.
pub const PAGE: Page = Page { id: "claims", name: "claims", build: page };

/// The page: the verdicts, how much lighter coroutines are, and each claim's threshold and evidence.
pub fn page(analysis: &Analysis) -> Document {
    let mut blocks = vec![answer(&analysis.claims), Block::Table(verdicts(&analysis.claims))];
    blocks.extend(story::blocks(analysis));
    blocks.extend(how_much_lighter(analysis));
    blocks.push(Block::Heading("Each claim's threshold and evidence".into()));
    for claimed in &analysis.claims {
        blocks.push(Block::Details {
            summary: say("`{id}`: {statement}", &named(claimed)),
            blocks: on(claimed, Some(MOST_ROWS)),
        });
    }
    document(blocks)
}

/// The first part of the one page: what is claimed of coroutines and threads, then each verdict, opening to its
/// threshold and all of its evidence.
pub(crate) fn in_full(analysis: &Analysis) -> Document {
    let mut blocks = vec![answer(&analysis.claims)];
    if let Some(quote) = verdict(analysis, &ENGLISH) {
        blocks.insert(0, quote);
    }
    for claimed in &analysis.claims {
        let [id, statement] = named(claimed);
        let verdict = claims::verdict(claimed.judgement.verdict);
        blocks.push(Block::Details {
            summary: say(
                "`{id}` {statement}: **{verdict}**",
                &[id, statement, ("verdict", verdict)],
            )
            .and(claims::short_sentence(claimed)),
            blocks: on(claimed, None),
        });
    }
    blocks.extend(story::blocks(analysis));
    blocks.extend(how_much_lighter(analysis));
    document(blocks)
}

/// What `compare claims` prints: each verdict with its conditions.
pub fn brief(analysis: &Analysis) -> Document {
    let line = |claimed: &Claimed| say("`{id}` ({statement}):", &named(claimed)).and(said(claimed));
    let lines = analysis.claims.iter().map(line).collect();
    let mut blocks = vec![answer(&analysis.claims), Block::List(lines)];
    blocks.extend(facts(analysis).iter().flat_map(figures));
    document(blocks)
}

/// What `compare claims --all` prints: each claim with its threshold and all of its evidence.
pub fn all_rows(analysis: &Analysis) -> Document {
    let mut blocks = vec![answer(&analysis.claims)];
    for claimed in &analysis.claims {
        blocks.push(Block::Heading(say("`{id}`: {statement}", &named(claimed))));
        blocks.extend(on(claimed, None));
    }
    document(blocks)
}

fn document(blocks: Vec<Block>) -> Document {
    Document { id: PAGE.id, title: "What is claimed, and what was found".into(), blocks }
}

fn named(claimed: &Claimed) -> [(&'static str, &'static str); 2] {
    [("id", claimed.id.name()), ("statement", claims::statement(claimed.id))]
}

/// The verdict and the sentence that says it.
fn said(claimed: &Claimed) -> Text {
    let verdict = claimed.judgement.verdict;
    let stop = if verdict == Verdict::HoldsWhen { "" } else { "." };
    Text::strong(format!("{}{stop}", claims::verdict(verdict))).and(claims::sentence(claimed))
}

/// How many claims have which verdict.
fn answer(all: &[Claimed]) -> Block {
    let count = |is_so: fn(Verdict) -> bool, one: &str, several: &str| match all
        .iter()
        .filter(|claimed| is_so(claimed.judgement.verdict))
        .count()
    {
        0 => format!("none {one}"),
        1 => format!("1 {one}"),
        found => format!("{found} {several}"),
    };
    let is_missing = |verdict| matches!(verdict, Verdict::NotMeasured(_));
    Block::Paragraph(say(
        "Of {all} claims **{hold}**, **{when}** under a condition, **{refuted}** and {missing}. What \
         counts as holding was fixed before the run.",
        &[
            ("all", &format::count(all.len() as u64)),
            ("hold", &count(|verdict| verdict == Verdict::Holds, "holds", "hold")),
            ("when", &count(|verdict| verdict == Verdict::HoldsWhen, "holds", "hold")),
            ("refuted", &count(|verdict| verdict == Verdict::Refuted, "is refuted", "are refuted")),
            ("missing", &count(is_missing, "is not measured", "are not measured")),
        ],
    ))
}

/// One row a claim.
fn verdicts(all: &[Claimed]) -> Table {
    tables::of(
        all,
        &[
            (Column::words("claim"), &|row| Cell::Text(Text::code(row.id.name()))),
            (Column::words("what is claimed"), &|row| Cell::text(claims::statement(row.id))),
            (Column::words("verdict"), &|row| {
                Cell::Text(Text::strong(claims::verdict(row.judgement.verdict)))
            }),
            (Column::words("in a sentence"), &|row| Cell::Text(claims::short_sentence(row))),
        ],
    )
}

/// The figures of one coroutine, and where a thread is as good: what the front page says.
fn figures(facts: &Facts<'_>) -> impl Iterator<Item = Block> {
    [ENGLISH.figures(facts), ENGLISH.exceptions(facts)].into_iter().flatten().map(Block::Paragraph)
}

/// How much lighter each coroutine is than the thread of the summary, and from how many tasks on.
fn how_much_lighter(analysis: &Analysis) -> Vec<Block> {
    let claimed = analysis.claims.iter().find(|claimed| claimed.id == ClaimId::Lighter);
    let (Some(claimed), Some(summary)) = (claimed, &analysis.lighter) else { return Vec::new() };
    let rows = matrix_rows(&claimed.judgement.evidence, &summary.thread);
    let thread = names::in_a_sentence(&summary.thread);
    let caption = say(
        "How many times as many bytes a waiting task takes in {thread}, and from how many tasks on \
         the whole process of the runtime is lighter ([every pair](page:memory)):",
        &[("thread", &thread)],
    );
    let shown: Vec<Id> = rows.keys().map(|id| (*id).clone()).collect();
    let mut blocks =
        vec![Block::Heading("How much lighter coroutines are, and from how many tasks on".into())];
    blocks.extend(facts(analysis).iter().flat_map(figures));
    blocks.extend([Block::Paragraph(caption), Block::Table(matrix(&rows))]);
    blocks.extend(cautions(analysis, &shown));
    blocks
}

/// The head of a column of the matrix, what is shown, and of which work.
type MatrixColumn = (&'static str, Measure, fn(&Shape) -> bool);

/// The columns of the matrix.
const COLUMNS: [MatrixColumn; 5] = [
    ("timer", Measure::Bytes, Shape::is_plain),
    ("8 KiB of state", Measure::Bytes, keeps_state),
    ("open request", Measure::Bytes, Shape::is_plain_request),
    ("timers from", Measure::WholeProcess, Shape::is_plain),
    ("requests from", Measure::WholeProcess, Shape::is_plain_request),
];

/// The cells of the matrix by coroutine.
type Rows<'a> = BTreeMap<&'a Id, [Option<&'a Evidence>; COLUMNS.len()]>;

fn matrix_rows<'a>(evidence: &'a [Evidence], thread: &Id) -> Rows<'a> {
    let mut rows = Rows::new();
    for row in evidence {
        let Subject::Pair(series, against) = &row.subject else { continue };
        let is_shown = |(_, measure, is_wanted): &MatrixColumn| {
            row.measure == *measure && is_wanted(&series.shape)
        };
        let column = COLUMNS.iter().position(is_shown);
        if let Some(column) = column.filter(|_| against == thread) {
            rows.entry(&series.contestant).or_default()[column].get_or_insert(row);
        }
    }
    rows
}

/// The matrix without the columns of which nothing is known.
fn matrix(rows: &Rows<'_>) -> Table {
    let is_known = |column: &usize| rows.values().any(|cells| cells[*column].is_some());
    let known: Vec<usize> = (0..COLUMNS.len()).filter(is_known).collect();
    let heads = known.iter().map(|&column| match COLUMNS[column] {
        (head, Measure::Bytes, _) => Column::new(head, Unit::Times).higher(),
        (head, ..) => Column::new(head, Unit::Count).lower(),
    });
    let row = |(id, cells): (&&Id, &[Option<&Evidence>; COLUMNS.len()])| {
        let cell = |&column: &usize| {
            cells[column].map_or_else(|| Cell::Missing("not in this record".into()), value)
        };
        (names::contestant(id), known.iter().map(cell).collect())
    };
    tables::named("runtime", heads, rows.iter().take(MOST_ROWS).map(row))
}

/// A claim's threshold, its verdict and its evidence: so many rows a table at most, exceptions first.
fn on(claimed: &Claimed, most: Option<usize>) -> Vec<Block> {
    let judgement = &claimed.judgement;
    let mut blocks = vec![
        Block::Paragraph(said(claimed)),
        Block::Paragraph(Text::strong("Threshold.").and(claims::threshold(claimed.id))),
    ];
    let mut by_measure: BTreeMap<Measure, Vec<&Evidence>> = BTreeMap::new();
    for row in &judgement.evidence {
        by_measure.entry(row.measure).or_default().push(row);
    }
    for (measure, mut rows) in by_measure {
        rows.sort_by_key(|row| !row.is_exception());
        let all = rows.len();
        rows.truncate(most.unwrap_or(all));
        blocks.push(Block::Paragraph(caption(measure, &rows, all)));
        blocks.push(Block::Table(evidence(measure, &rows)));
    }
    blocks
}

/// What is in a table of evidence.
fn caption(measure: Measure, rows: &[&Evidence], all: usize) -> Text {
    let mut text = say("Evidence: {measure}.", &[("measure", claims::measure(measure))]);
    if rows.len() < all {
        let (shown, all) = (format::count(rows.len() as u64), format::count(all as u64));
        text = text.and(say(
            "{shown} of {all} rows, exceptions first; `compare claims --all` has them all.",
            &[("shown", &shown), ("all", &all)],
        ));
    }
    if rows.iter().any(|row| !row.is_judged) {
        text = text.and("What stands in brackets is shown beside and not judged.".into());
    }
    text
}

/// What was found of each, in one measure.
fn evidence(measure: Measure, rows: &[&Evidence]) -> Table {
    let (head, unit) = claims::column(measure);
    let has_other = rows.iter().any(|row| matches!(row.value, Value::Counts(..)));
    let cells = |row: &&Evidence| {
        let mut cells = match &row.subject {
            Subject::Pair(series, thread) => vec![
                (Column::words("coroutine"), tables::contestant(&series.contestant)),
                (Column::words("thread"), tables::contestant(thread)),
                (Column::words("work"), Cell::text(names::shape(&series.shape))),
            ],
            Subject::One(series) => vec![
                (Column::words("contestant"), tables::contestant(&series.contestant)),
                (Column::words("work"), Cell::text(names::shape(&series.shape))),
                (Column::new("tasks", Unit::Count), Cell::count(row.tasks, "none has proof")),
            ],
            Subject::File(file) => vec![(Column::words("file"), Cell::Text(Text::code(file)))],
        };
        cells.push((Column::new(head, unit).with_intervals(), value(row)));
        let other = match row.value {
            Value::Counts(_, other) => Cell::Count(other),
            _ => Cell::Missing("not counted".into()),
        };
        cells.extend(has_other.then(|| (Column::new("callbacks", unit), other)));
        let found = claims::finding(measure, row.finding);
        let found = if row.is_judged { found.to_owned() } else { format!("({found})") };
        cells.push((Column::words("found"), Cell::text(found)));
        cells.into_iter().unzip()
    };
    let rows: Vec<(Vec<Column>, Vec<Cell>)> = rows.iter().map(cells).collect();
    let columns = rows.first().map_or_else(Vec::new, |(columns, _)| columns.clone());
    Table::of(columns, rows.into_iter().map(|(_, cells)| cells))
}

/// The figure of an evidence, or why there is none.
fn value(row: &Evidence) -> Cell {
    match row.value {
        Value::None
            if row.measure == Measure::WholeProcess && row.finding != Finding::NotMeasured =>
        {
            Cell::Missing("it is not lighter at the largest number that both have".into())
        }
        Value::None => Cell::Missing(claims::finding(row.measure, row.finding).into()),
        Value::Figure(figure) => Cell::Figure(figure),
        Value::Count(count) | Value::Counts(count, _) => Cell::Count(count),
        Value::From { from, not_at } => between_cell(not_at.map_or(1, |not_at| not_at + 1), from),
    }
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic, asking_run, small_run};

    use super::*;

    fn of(record: &Record) -> Document {
        page(&Analysis::of(record, None))
    }

    /// The cells of a table as words, with what is missing in brackets.
    fn cells(table: &Table) -> Vec<Vec<String>> {
        let shown = |(cell, column): (&Cell, &Column)| match cell {
            Cell::Text(words) => words.words(),
            Cell::Count(count) => format::count(*count),
            Cell::Figure(figure) => format::figure(figure.value, column.unit),
            Cell::Missing(why) => format!("[{}]", why.words()),
        };
        table.rows.iter().map(|row| row.iter().zip(&table.columns).map(shown).collect()).collect()
    }

    fn tables(blocks: &[Block]) -> Vec<&Table> {
        fn table(block: &Block) -> Option<&Table> {
            match block {
                Block::Table(table) => Some(table),
                _ => None,
            }
        }
        blocks.iter().filter_map(table).collect()
    }

    fn words(blocks: &[Block]) -> String {
        let text = |block: &Block| match block {
            Block::Paragraph(text) => text.words(),
            Block::List(texts) => texts.iter().map(Text::words).collect::<Vec<_>>().join("\n"),
            _ => String::new(),
        };
        blocks.iter().map(text).collect::<Vec<_>>().join("\n")
    }

    /// 300 B a coroutine and 37,000 B a thread, the coroutine's process lighter from 3 tasks on.
    fn weighed() -> Record {
        let mut made = Synthetic::new();
        let light = Bill { base: 2_060_000, ..Bill::of(300).with_kernel(0) };
        let thread = Bill { threads: 1, ..Bill::of(10_000).with_kernel(27_000) };
        let tasks = [1, 2, 3, 4, 5, 6, 100, 10_000];
        made.line("coroutines/smol", &tasks, light)
            .line("threads/rayon-pool", &tasks, thread)
            .line("threads/per-task", &tasks, thread);
        made.record()
    }

    #[test]
    fn each_claim_has_a_row_and_the_answer_counts_them() {
        let document = of(&asking_run());
        let table = tables(&document.blocks)[0];
        assert_eq!(table.rows.len(), 12);
        let many_http = cells(table).into_iter().find(|row| row[0] == "many-http").unwrap();
        assert_eq!(many_http[2], "holds");
        let Block::Paragraph(answer) = &document.blocks[0] else { panic!() };
        let begins = "Of 12 claims 3 hold, none holds under a condition, none is refuted and 9 are";
        assert!(answer.words().starts_with(begins), "{}", answer.words());
    }

    #[test]
    fn the_matrix_has_the_times_and_the_number_from_which_it_is_lighter() {
        let document = of(&weighed());
        let matrix = tables(&document.blocks)[1];
        assert_eq!(cells(matrix), [["smol", "123", "3"]]);
        assert_eq!(matrix.columns.len(), 3);
        let text = words(&document.blocks);
        assert!(text.contains("takes 300 B, a thread 37 kB: 123 times as much"), "{text}");
    }

    #[test]
    fn a_gap_in_what_was_measured_is_in_the_matrix_and_in_the_sentence() {
        let mut record = weighed();
        record.cells.retain(|cell| !(2..=6).contains(&cell.tasks));
        let document = of(&record);
        assert_eq!(cells(tables(&document.blocks)[1])[0][2], "2 to 100");
        let row = &cells(tables(&document.blocks)[0])[0];
        let said = "at least 2 to 100 timers wait.";
        assert_eq!((row[2].as_str(), row[3].as_str()), ("holds when", said));
    }

    #[test]
    fn what_is_not_measured_says_what_would_measure_it() {
        let rows = cells(tables(&of(&Synthetic::new().record()).blocks)[0]);
        assert!(rows.iter().all(|row| row[2] == "not measured"));
        let of = |id: &str| rows.iter().find(|row| row[0] == id).unwrap()[3].clone();
        assert!(of("lighter").ends_with("cargo bench -p compare measures it."));
        assert!(of("async-overlaps").contains("compare run --trace takes one"));
    }

    #[test]
    fn a_table_of_evidence_is_cut_with_exceptions_first_and_none_is_with_all() {
        let mut record = weighed();
        let late = |id: String| {
            let mut made = Synthetic::new();
            let bill = Bill { start_ns: 20_000, ..Bill::of(300).with_kernel(0) };
            made.line(&id, &[1, 100, 10_000], bill);
            made.record().cells
        };
        record.cells.extend((0..9).flat_map(|number| late(format!("coroutines/x{number}"))));
        let analysis = Analysis::of(&record, None);
        let claimed =
            analysis.claims.iter().find(|claimed| claimed.id == ClaimId::Lighter).unwrap();
        let start = |most| {
            let blocks = on(claimed, most);
            let at = blocks.iter().position(|block| match block {
                Block::Paragraph(text) => text.words().starts_with("Evidence: the time to start"),
                _ => false,
            });
            let Block::Table(table) = &blocks[at.unwrap() + 1] else { panic!() };
            cells(table)
        };
        let (cut, all) = (start(Some(MOST_ROWS)), start(None));
        assert_eq!((cut.len(), all.len()), (12, 20));
        assert!(cut.iter().all(|row| row[4] == "heavier"), "{cut:?}");
        let rows: usize =
            tables(&all_rows(&analysis).blocks).iter().map(|table| table.rows.len()).sum();
        let judged: usize =
            analysis.claims.iter().map(|claimed| claimed.judgement.evidence.len()).sum();
        assert_eq!(rows, judged);
    }

    #[test]
    fn a_table_that_is_not_folded_away_is_small_and_a_sentence_in_it_is_short() {
        for record in [weighed(), small_run(), asking_run(), Synthetic::new().record()] {
            for table in tables(&of(&record).blocks) {
                assert!(table.columns.len() <= 6 && table.rows.len() <= MOST_ROWS);
                for word in cells(table).concat() {
                    assert!(word.chars().count() <= 160, "{word}");
                }
            }
        }
    }

    #[test]
    fn the_command_prints_a_line_a_claim() {
        let document = brief(&Analysis::of(&small_run(), None));
        let text = words(&document.blocks);
        assert!(text.contains("many-http (One program can have many HTTP requests"), "{text}");
        let Block::List(lines) = &document.blocks[1] else { panic!() };
        assert_eq!(lines.len(), 12);
        assert!(tables(&document.blocks).is_empty());
    }
}
