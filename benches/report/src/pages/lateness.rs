//! `lateness.md`: how late tasks wake, and what becomes of those that come at a rate.

use std::collections::BTreeSet;

use analysis::Analysis;
use analysis::contestant::{Id, Model};
use analysis::lateness::{Asked, LatenessRow, Lineup, Prefer, lineups};
use analysis::reading::Spread;
use analysis::series::{Arrival, Shape};

use super::contestants::{cautions, counted, details, leading, machine, spread};
use super::page::Page;
use crate::chart::{Axis, Chart, Plot, RangeRow};
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::text::{Text, names, say};

/// The page.
pub(crate) const PAGE: Page = Page { id: "lateness", name: "lateness", build };

/// A part of the lateness of a row, with what stands above its column.
type Part = (&'static str, fn(&LatenessRow) -> &Spread);

const PARTS: [Part; 5] = [
    ("p50", |row| &row.p50),
    ("p90", |row| &row.p90),
    ("p99", |row| &row.p99),
    ("p99.9", |row| &row.p999),
    ("latest", |row| &row.max),
];

/// What the page and its picture hold against each other.
struct Sides<'a> {
    shown: Vec<Id>,
    one_by_one: Option<Lineup<'a>>,
    at_once: Option<Lineup<'a>>,
}

impl<'a> Sides<'a> {
    fn of(analysis: &'a Analysis) -> Self {
        let asked_for = analysis
            .lateness
            .iter()
            .filter(|row| matches!(row.asked, Asked::Synchronized | Asked::Spread));
        let shown = leading(asked_for.map(|row| &row.series.contestant));
        // The fewest tasks that are shared: nearest to a single timer.
        let of = |asked| {
            let is_shown = |id: &Id| shown.contains(id);
            let found = lineups(&analysis.lateness, asked, Prefer::Fewest, is_shown);
            found.into_iter().next()
        };
        let (one_by_one, at_once) = (of(Asked::Spread), of(Asked::Synchronized));
        Self { shown, one_by_one, at_once }
    }
}

fn build(analysis: &Analysis) -> Document {
    let sides = Sides::of(analysis);
    let mut blocks = vec![Block::Quote(answer(&sides))];
    blocks.extend(lateness_chart(analysis).map(Block::Chart));
    if !sides.shown.is_empty() {
        blocks.push(Block::Heading("Lateness of single timers, and of all at once".into()));
        blocks.push(Block::Table(main_table(&sides)));
        let compared_at = |lineup: &Option<Lineup<'_>>| {
            lineup.as_ref().map_or_else(|| "not measured".to_owned(), timing)
        };
        blocks.push(Block::Paragraph(say(
            "One by one: {one_by_one}. All at once: {at_once}. A task is late by the time from its \
             deadline to its own reading of the clock when it wakes. p50: half of the tasks are less \
             late; p99: 99 in 100 are. Each figure is the median of the repeats, with the least and \
             the most of them in brackets where there are several.",
            &[
                ("one_by_one", &compared_at(&sides.one_by_one)),
                ("at_once", &compared_at(&sides.at_once)),
            ],
        )));
        blocks.extend(cautions(analysis, &sides.shown));
    }
    blocks.extend(all_of(
        analysis,
        "Due one after another, at every number of tasks",
        Asked::Spread,
        "The deadlines lie one after another in equal steps. What is late here is a single timer, as \
         long as each task is over before the next is due.",
    ));
    blocks.extend(all_of(
        analysis,
        "All due at once, at every number of tasks",
        Asked::Synchronized,
        "All tasks wait for the same moment. The latest has waited until all the others were woken, \
         so that column is what it takes to wake them all.",
    ));
    blocks.extend(at_a_rate(analysis));
    blocks.extend(own_waits(analysis));
    blocks.extend(by_design(analysis));
    blocks.push(machine(analysis));
    Document { id: "lateness", title: "How late a task wakes".into(), blocks }
}

/// From p50 to p99 of each contestant of the front page: filled where timers are due one by one,
/// hollow where all are due at once. `None` if neither was measured.
pub(crate) fn lateness_chart(analysis: &Analysis) -> Option<Chart> {
    let sides = Sides::of(analysis);
    let range = |lineup: &Option<Lineup<'_>>, id: &Id| {
        let row = lineup.as_ref()?.row(id)?;
        // A log axis has no zero.
        Some((row.p50.median.max(1.0), row.p99.median.max(1.0)))
    };
    let rows: Vec<RangeRow> = sides
        .shown
        .iter()
        .map(|id| RangeRow {
            name: names::contestant(id),
            tone: names::tone(id),
            ranges: vec![range(&sides.one_by_one, id), range(&sides.at_once, id)],
        })
        .filter(|row| row.ranges.iter().any(Option::is_some))
        .collect();
    let kind = |lineup: &Option<Lineup<'_>>, what: &str| match lineup {
        Some(lineup) => format!("{what}: {}", timing(lineup)),
        None => format!("{what}: not measured"),
    };
    let said: Vec<String> = rows.iter().map(said_of).collect();
    let x = Axis { label: "late by, p50 to p99".into(), unit: Unit::Nanoseconds, is_log: true };
    (!rows.is_empty()).then(|| Chart {
        id: "lateness",
        title: "How late tasks wake".into(),
        subtitle:
            "From the lateness of half of the tasks (p50) to that of 99 in 100 (p99). Further \
                   left is more punctual."
                .into(),
        alt: format!("Lateness, p50 to p99. {}.", said.join("; ")),
        plot: Plot::Ranges {
            x,
            kinds: vec![kind(&sides.one_by_one, "one by one"), kind(&sides.at_once, "all at once")],
            rows,
        },
    })
}

fn said_of(row: &RangeRow) -> String {
    let kinds = ["one by one", "all at once"];
    let ranges = row.ranges.iter().zip(kinds).filter_map(|(range, kind)| {
        let (from, to) = (*range)?;
        Some(format!("{kind} {} to {}", format::duration(from), format::duration(to)))
    });
    format!("{}: {}", row.name, ranges.collect::<Vec<_>>().join(", "))
}

/// How many tasks, and over which time they are due: `1,000 tasks over 500 ms`.
fn timing(lineup: &Lineup<'_>) -> String {
    let tasks = counted(lineup.tasks, "task");
    match lineup.shape.spread_ns {
        0 => tasks,
        spread_ns => format!("{tasks} over {}", format::duration(spread_ns as f64)),
    }
}

fn answer(sides: &Sides<'_>) -> Vec<Text> {
    let one_by_one = sides.one_by_one.as_ref().and_then(|lineup| {
        let work = format!("Timers that are due one by one ({})", timing(lineup));
        compare(lineup, &work, "half of the tasks are", |row| &row.p50)
    });
    let at_once = sides.at_once.as_ref().and_then(|lineup| {
        let work = format!("Timers that are all due at once ({})", timing(lineup));
        compare(lineup, &work, "99 in 100 tasks are", |row| &row.p99)
    });
    let said: Vec<Text> = one_by_one.into_iter().chain(at_once).collect();
    match said.is_empty() {
        false => said,
        true => vec![
            "This record does not say how punctually tasks wake: in none of its proven cells are \
             timers due one after another or all at once."
                .into(),
        ],
    }
}

/// Which contestants of a lineup are least late in this part, how late, and how late the last one is.
fn compare(
    lineup: &Lineup<'_>,
    work: &str,
    share: &str,
    part: fn(&LatenessRow) -> &Spread,
) -> Option<Text> {
    let best = lineup.most_punctual(part);
    let late = |row: &LatenessRow| format::duration(part(row).median);
    let name = |row: &LatenessRow| names::contestant(&row.series.contestant);
    let named: Vec<String> = best.iter().map(|row| name(row)).collect();
    let (first, last_of_best) = (late(best.first()?), late(best.last()?));
    let range = match first == last_of_best {
        true => first,
        false => format!("{first} to {last_of_best}"),
    };
    let with =
        [("work", work), ("names", &format::list(&named)), ("share", share), ("late", &range)];
    let is_best = |row: &LatenessRow| best.iter().any(|other| std::ptr::eq(*other, row));
    let others = lineup.rows.iter().filter(|row| !is_best(row));
    let Some(last) = others.max_by(|a, b| part(a).median.total_cmp(&part(b).median)) else {
        return Some(match named.len() {
            1 => say("{work}: with {names}, {share} at most **{late}** late.", &with),
            _ => say("{work}: {names} do not differ, {share} at most **{late}** late.", &with),
        });
    };
    let most_punctual = match named.len() {
        1 => "{work}: **{names} is most punctual**, {share} at most **{late}** late.",
        _ => "{work}: **{names} are most punctual**, {share} at most **{late}** late.",
    };
    let with_last = [("name", &*name(last)), ("late", &*late(last))];
    let said = say(most_punctual, &with).and(say("Last is {name} with {late}.", &with_last));
    // Without a second repeat it is not known how far one lies from the next.
    Some(match lineup.rows.iter().any(|row| part(row).repeats == 1) {
        true => {
            said.and("Not all of this was repeated, so a small difference says nothing.".into())
        }
        false => said,
    })
}

fn main_table(sides: &Sides<'_>) -> Table {
    let late = |of: &str, part: &str| {
        Column::new(format!("{of}, {part}"), Unit::Nanoseconds).lower().with_intervals()
    };
    let lineups = [(&sides.one_by_one, "one by one"), (&sides.at_once, "all at once")];
    let parts = [PARTS[0], PARTS[2]];
    let columns = lineups.iter().flat_map(|(_, of)| parts.map(|(head, _)| late(of, head)));
    let mut table = Table::new([Column::words("contestant")].into_iter().chain(columns));
    for id in &sides.shown {
        let mut row = vec![Cell::text(names::contestant(id))];
        for (lineup, _) in lineups {
            for (_, part) in parts {
                let found = lineup.as_ref().and_then(|lineup| lineup.row(id));
                row.push(match (found, lineup) {
                    (Some(found), _) => spread(part(found)),
                    (None, Some(lineup)) => {
                        Cell::figure(None, format!("not with {}", timing(lineup)))
                    }
                    (None, None) => Cell::figure(None, "not measured"),
                });
            }
        }
        table.push(row);
    }
    table
}

/// Every row of the contestants that are compared, folded away.
fn all_of(analysis: &Analysis, summary: &str, asked: Asked, note: &str) -> Option<Block> {
    let mut table = columns(&[Column::new("due over", Unit::Nanoseconds)]);
    for row in compared(analysis, asked) {
        let over = match row.series.shape.spread_ns {
            0 => Cell::text("one moment"),
            spread_ns => Cell::Count(spread_ns),
        };
        push(&mut table, row, vec![over]);
    }
    details(summary, vec![Block::Table(table), Block::Paragraph(note.into())])
}

fn at_a_rate(analysis: &Analysis) -> Option<Block> {
    let mut table = columns(&[
        Column::new("tasks a second", Unit::PerSecond),
        Column::new("wait", Unit::Nanoseconds),
        Column::new("places", Unit::Count),
        Column::new("in flight at most", Unit::Count),
        Column::new("the last is late by at least", Unit::Nanoseconds),
    ]);
    let mut queued = BTreeSet::new();
    for row in compared(analysis, Asked::Rate) {
        let places = row.queue.and_then(|queue| queue.places);
        if row.is_queued() {
            queued.insert(&row.series.contestant);
        }
        let rate = match row.series.shape.arrival {
            Arrival::Rate(rate) => Cell::Count(rate),
            Arrival::Burst => Cell::figure(None, "all at once"),
        };
        let more = vec![
            rate,
            row.wait_ns.map_or_else(|| Cell::figure(None, "differs"), Cell::Count),
            places.map_or_else(|| Cell::text("one for each task"), Cell::Count),
            Cell::Count(row.most_in_flight),
            row.least_ns.map_or_else(|| Cell::figure(None, "not known"), Cell::Count),
        ];
        push(&mut table, row, more);
    }
    let mut notes = vec![Text::plain(
        "Tasks come at a rate, whether or not there is room for them, and a task is late from when \
         it was to start. What starts the tasks sleeps by the contestant's own timers in between.",
    )];
    if !queued.is_empty() {
        let named: Vec<String> = queued.into_iter().map(names::contestant).collect();
        notes.push(say(
            "Fewer places than tasks: {names}. There the tasks without a place stood in a queue, and \
             the time in it is in their lateness; by arithmetic the last cannot be less late than in \
             the column before p50.",
            &[("names", &format::list(&named))],
        ));
    }
    let notes = notes.into_iter().reduce(Text::and).unwrap_or_default();
    details("Tasks that come at a rate", vec![Block::Table(table), Block::Paragraph(notes)])
}

/// Each shape at the largest N that most of its contestants share.
fn own_waits(analysis: &Analysis) -> Option<Block> {
    let mut table = columns(&[]);
    // One at a time is not waiting together, so a subroutine has no place here.
    let is_wanted = |id: &Id| id.is_compared() && id.model() != Model::Subroutine;
    let found = lineups(&analysis.lateness, Asked::OwnWait, Prefer::Most, is_wanted);
    for row in found.iter().flat_map(|lineup| &lineup.rows) {
        push(&mut table, row, Vec::new());
    }
    let note = "Each task waits from its own start. Of each kind of work, the largest number of tasks \
                that most contestants share. A request is late by what its whole answer took longer \
                than the delay that it asked for; making all the connections is in it.";
    details("Each due after its own wait", vec![Block::Table(table), Block::Paragraph(note.into())])
}

fn by_design(analysis: &Analysis) -> Option<Block> {
    let mut table = Table::new([Column::words("contestant"), Column::words("its timers")]);
    let ids: BTreeSet<&Id> =
        analysis.measured.iter().map(|measured| &measured.series.contestant).collect();
    for id in ids {
        if let Some(timers) = analysis.run.timers.get(id.as_str()) {
            table.push(vec![Cell::text(names::contestant(id)), Cell::text(timers.clone())]);
        }
    }
    let slack = match analysis.run.host.timer_slack_ns {
        Some(ns) => say(
            "The timer slack of this system is {slack}: by so much the kernel may delay a sleeping \
             thread.",
            &[("slack", &format::duration(ns as f64))],
        ),
        None => "The timer slack of this system, by which the kernel may delay a sleeping thread, \
                 could not be read."
            .into(),
    };
    details("How exact each timer is by design", vec![Block::Table(table), Block::Paragraph(slack)])
}

fn compared(analysis: &Analysis, asked: Asked) -> impl Iterator<Item = &LatenessRow> {
    let of_asked = analysis.lateness.iter().filter(move |row| row.asked == asked);
    of_asked.filter(|row| row.series.contestant.is_compared())
}

fn columns(more: &[Column]) -> Table {
    let first = [Column::words("contestant"), Column::new("tasks", Unit::Count)];
    let parts =
        PARTS.map(|(head, _)| Column::new(head, Unit::Nanoseconds).lower().with_intervals());
    Table::new(first.into_iter().chain(more.iter().cloned()).chain(parts))
}

fn push(table: &mut Table, row: &LatenessRow, more: Vec<Cell>) {
    // What the table is about and what has a column of its own is not said in each row.
    let shape = Shape {
        synchronized_wakeup: false,
        spread_ns: 0,
        arrival: Arrival::Burst,
        ..row.series.shape.clone()
    };
    let mut series = row.series.clone();
    series.shape = shape;
    let mut cells = vec![Cell::text(names::series(&series)), Cell::Count(row.tasks)];
    cells.extend(more);
    cells.extend(PARTS.map(|(_, part)| spread(part(row))));
    table.push(cells);
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic, asking_run, small_run};

    use super::*;

    fn late_run() -> Record {
        let mut made = Synthetic::new();
        let bill = Bill::of(300);
        made.line("coroutines/smol", &[100, 1_000], bill).line("threads/per-task", &[100], bill);
        made.timing("burst", 0, true);
        made.line("coroutines/smol", &[1_000], bill).line("threads/per-task", &[400, 1_000], bill);
        made.line("coroutines/tokio", &[1_000], bill);
        made.line("threads/rayon-pool", &[400], bill).line("baseline/smol", &[1_000], bill);
        made.line("control/null", &[1_000], bill);
        made.timing("burst", 500_000_000, false);
        made.line("threads/per-task", &[1_000], bill).line("coroutines/smol", &[1_000], bill);
        made.line("coroutines/tokio", &[1_000], bill);
        made.timing("rate:1000/s", 0, false).wait(100_000_000);
        made.unweighed("coroutines/smol", 500, 500, 101);
        made.unweighed("threads/rayon-pool", 500, 64, 64);
        made.unweighed("subroutine/sequential", 30, 1, 1);
        let mut record = made.record();
        for cell in &mut record.cells {
            if let Some(late) = cell.lateness_ns.as_mut().filter(|_| cell.workload.spread_ns > 0) {
                let of_tokio = if cell.contestant == "coroutines/tokio" { 1_000_000 } else { 0 };
                late.p50 += of_tokio + u64::from(cell.repeat) * 2_000;
            }
        }
        record.run.host.timer_slack_ns = Some(50_000);
        record.run.timers = [("coroutines/smol".into(), "an ordered map, 1 ns".into())].into();
        record
    }

    fn page(record: &Record) -> Document {
        build(&Analysis::of(record, None))
    }

    fn answer_of(record: &Record) -> String {
        let Block::Quote(said) = &page(record).blocks[0] else { panic!("the answer is first") };
        said.iter().map(Text::words).collect::<Vec<_>>().join("\n")
    }

    fn folded(record: &Record, summary: &str) -> Option<(Table, String)> {
        let found = page(record).blocks.into_iter().find_map(|block| match block {
            Block::Details { summary: other, blocks } if other.words() == summary => Some(blocks),
            _ => None,
        })?;
        let [Block::Table(table), Block::Paragraph(note)] = &*found else { panic!("{found:?}") };
        Some((table.clone(), note.words()))
    }

    #[test]
    fn the_answer_names_the_most_punctual_and_the_latest() {
        insta::assert_snapshot!(answer_of(&late_run()), @"
        Timers that are due one by one (1,000 tasks over 500 ms): thread each and smol are most punctual, half of the tasks are at most 62 µs late. Last is tokio with 1.06 ms.
        Timers that are all due at once (1,000 tasks): thread each, smol and tokio do not differ, 99 in 100 tasks are at most 101 µs late.
        ");
    }

    #[test]
    fn a_contestant_that_was_not_run_with_as_many_is_missing_for_that_reason() {
        let analysis = Analysis::of(&late_run(), None);
        let table = main_table(&Sides::of(&analysis));
        let rayon = table.rows.iter().find(|row| row[0] == Cell::text("rayon pool")).unwrap();
        assert_eq!(rayon[1], Cell::figure(None, "not with 1,000 tasks over 500 ms"));
        assert_eq!(rayon[3], Cell::figure(None, "not with 1,000 tasks"));
        assert!(table.rows.iter().all(|row| row[0] != Cell::text("control/null")));
        let chart = lateness_chart(&analysis).unwrap();
        let Plot::Ranges { kinds, rows, .. } = chart.plot else { panic!() };
        assert_eq!(kinds, ["one by one: 1,000 tasks over 500 ms", "all at once: 1,000 tasks"]);
        let tokio = rows.iter().find(|row| row.name == "tokio").unwrap();
        assert_eq!(tokio.ranges, [Some((1_062_000.0, 101_000.0)), Some((60_000.0, 101_000.0))]);
        assert!(rows.iter().all(|row| row.name != "rayon pool"));
    }

    #[test]
    fn only_those_with_fewer_places_than_tasks_are_said_to_queue() {
        let (table, note) = folded(&late_run(), "Tasks that come at a rate").unwrap();
        assert!(note.contains("Fewer places than tasks: subroutine and rayon pool."), "{note}");
        let smol = table.rows.iter().find(|row| row[0] == Cell::text("smol")).unwrap();
        assert_eq!(smol[4], Cell::text("one for each task"));
        assert_eq!((&smol[5], &smol[6]), (&Cell::Count(101), &Cell::Count(0)));
        let mut made = Synthetic::new();
        made.timing("rate:1000/s", 0, false).unweighed("coroutines/smol", 500, 500, 101);
        let (_, note) = folded(&made.record(), "Tasks that come at a rate").unwrap();
        assert!(!note.contains("places"), "{note}");
    }

    #[test]
    fn own_waits_timers_and_slack_are_folded_away() {
        let (table, _) = folded(&late_run(), "Each due after its own wait").unwrap();
        assert_eq!(table.rows.len(), 2);
        assert!(table.rows.iter().all(|row| row[1] == Cell::Count(100)), "{:?}", table.rows);
        let (table, note) = folded(&late_run(), "How exact each timer is by design").unwrap();
        assert_eq!(table.rows, [[Cell::text("smol"), Cell::text("an ordered map, 1 ns")]]);
        assert!(note.contains("50 µs"), "{note}");
        let (table, _) = folded(&asking_run(), "Each due after its own wait").unwrap();
        assert_eq!(table.rows.len(), 2);
    }

    #[test]
    fn what_was_not_repeated_decides_little() {
        let mut record = late_run();
        assert!(!answer_of(&record).contains("repeated"));
        record.cells.retain(|cell| cell.repeat == 0);
        assert!(answer_of(&record).contains("a small difference says nothing"));
    }

    #[test]
    fn one_contestant_is_held_against_no_other() {
        let mut record = late_run();
        record.cells.retain(|cell| cell.contestant == "coroutines/smol");
        insta::assert_snapshot!(answer_of(&record), @"
        Timers that are due one by one (1,000 tasks over 500 ms): with smol, half of the tasks are at most 62 µs late.
        Timers that are all due at once (1,000 tasks): with smol, 99 in 100 tasks are at most 101 µs late.
        ");
        let cells = record.cells.clone();
        let again = cells
            .into_iter()
            .map(|cell| record::Cell { contestant: "coroutines/tokio".into(), ..cell });
        record.cells.extend(again);
        assert!(answer_of(&record).contains("smol and tokio do not differ"));
    }

    #[test]
    fn what_was_not_asked_for_is_not_said() {
        insta::assert_snapshot!(answer_of(&small_run()), @"This record does not say how punctually tasks wake: in none of its proven cells are timers due one after another or all at once.");
        assert!(lateness_chart(&Analysis::of(&small_run(), None)).is_none());
        assert!(folded(&small_run(), "Tasks that come at a rate").is_none());
    }
}
