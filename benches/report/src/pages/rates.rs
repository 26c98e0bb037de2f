//! `rates.md`: how many tasks and requests a second, and what bounds them.

use std::collections::{BTreeMap, BTreeSet};

use analysis::Analysis;
use analysis::contestant::Id;
use analysis::estimate::Estimate;
use analysis::rates::{RateOutcome, RateRow};
use analysis::series::{Series, Shape};
use analysis::transfers::Transfer;
use record::LatenessLine;

use super::contestants::{MOST_ROWS, cautions, counted, details, leading, machine};
use super::page::Page;
use crate::chart::{Axis, Chart, Line, Plot};
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::text::{Text, names, say};

/// The page.
pub(crate) const PAGE: Page = Page { id: "rates", name: "rates", build };

/// What stands for the latency of a task that had to queue.
const QUEUED: &str = "the time in the queue is not counted";

/// Waves of the same work by the contestants that are shown.
struct Work<'a> {
    shape: &'a Shape,
    wait_ns: u64,
    rows: Vec<&'a RateRow>,
}

fn build(analysis: &Analysis) -> Document {
    let shown = shown(analysis);
    let all = works(analysis, &shown);
    let mut blocks = vec![Block::Quote(answer(&all))];
    blocks.extend(rates_chart(analysis).map(Block::Chart));
    for work in &all {
        blocks.push(Block::Heading(title(work).into()));
        blocks.push(Block::Table(table(work, &shown)));
        blocks.extend(note(work).map(Block::Paragraph));
    }
    blocks.extend(floors(analysis));
    blocks.extend(cautions(analysis, &shown));
    blocks.extend(bandwidth(analysis));
    blocks.extend(everything(analysis));
    blocks.push(machine(analysis));
    Document { id: "rates", title: "How many tasks and requests a second".into(), blocks }
}

/// Requests a second over the number that is asked for at once, of the longest delay that was
/// measured at two numbers at least; `None` if there is none.
pub(crate) fn rates_chart(analysis: &Analysis) -> Option<Chart> {
    let shown = shown(analysis);
    let works = works(analysis, &shown);
    let asked = works.iter().filter(|work| work.shape.is_http());
    let lines_of = |work: &Work<'_>| -> Vec<Line> {
        let line = |id: &Id| {
            let of_it = work.rows.iter().filter(|row| row.contestant == *id);
            let points: Vec<(f64, f64)> =
                of_it.filter_map(|row| Some((row.tasks as f64, row.rate()?.value))).collect();
            let name = names::contestant(id);
            (points.len() >= 2).then(|| Line { name, tone: names::tone(id), points, wall: None })
        };
        shown.iter().filter_map(line).collect()
    };
    let (work, lines) = asked
        .map(|work| (work, lines_of(work)))
        .filter(|(_, lines)| !lines.is_empty())
        .max_by_key(|(work, _)| work.wait_ns)?;
    let ends = lines.iter().filter_map(|line| {
        let (tasks, rate) = line.points.last()?;
        let rate = format::plain(rate.round());
        Some(format!("{} {rate} a second with {}", line.name, format::plain(*tasks)))
    });
    let alt = format!("Requests a second: {}.", ends.collect::<Vec<_>>().join(", "));
    Some(Chart {
        id: "rates",
        title: title(work),
        subtitle: "Client and server on the same cores. A rate of another run differs.".into(),
        alt,
        plot: Plot::Lines {
            x: Axis { label: "requests at once".into(), unit: Unit::Count, is_log: true },
            y: Axis { label: "requests a second".into(), unit: Unit::PerSecond, is_log: true },
            lines,
        },
    })
}

fn shown(analysis: &Analysis) -> Vec<Id> {
    leading(analysis.rates.iter().map(|row| &row.contestant))
}

fn works<'a>(analysis: &'a Analysis, shown: &[Id]) -> Vec<Work<'a>> {
    let mut works: BTreeMap<_, Vec<&RateRow>> = BTreeMap::new();
    for row in analysis.rates.iter().filter(|row| shown.contains(&row.contestant)) {
        works.entry((&row.shape, row.wait_ns)).or_default().push(row);
    }
    let work = |((shape, wait_ns), rows)| Work { shape, wait_ns, rows };
    works.into_iter().map(work).collect()
}

impl Work<'_> {
    fn row(&self, id: &Id, tasks: u64) -> Option<&RateRow> {
        self.rows.iter().copied().find(|row| row.contestant == *id && row.tasks == tasks)
    }

    /// The N at which a rate was measured, or was to be if none was; ascending, as many as there are
    /// columns for.
    fn counts(&self) -> Vec<u64> {
        let is_measured = |row: &&&RateRow| row.rate().is_some();
        let mut counts: BTreeSet<u64> =
            self.rows.iter().filter(is_measured).map(|row| row.tasks).collect();
        if counts.is_empty() {
            counts = self.rows.iter().map(|row| row.tasks).collect();
        }
        // Six columns in all: requests need more of the others.
        let columns = if self.shape.is_http() { 2 } else { 4 };
        counts.iter().copied().skip(counts.len().saturating_sub(columns)).collect()
    }
}

fn thing(shape: &Shape) -> &'static str {
    if shape.is_http() { "request" } else { "task" }
}

fn answer(works: &[Work<'_>]) -> Vec<Text> {
    let mut said: Vec<Text> = works.iter().filter_map(answer_of).collect();
    if said.is_empty() {
        return vec!["This record has no rate: tasks and requests a second were not timed.".into()];
    }
    said.push(say(
        "**Take these with caution.** Each rate was read in one process, and its interval covers the \
         waves in that process, not what changes when the process is started again. How much a \
         second run of the same program differs is on [the page on trust](page:trust); until rates \
         come out the same again, none is on the front page.",
        &[],
    ));
    said
}

/// From which rate to which one the contestants come with the most tasks at once.
fn answer_of(work: &Work<'_>) -> Option<Text> {
    let tasks = work.counts().last().copied()?;
    let mut rates: Vec<(&Id, Estimate)> = work
        .rows
        .iter()
        .filter(|row| row.tasks == tasks)
        .filter_map(|row| Some((&row.contestant, row.rate()?)))
        .collect();
    rates.sort_by(|(_, a), (_, b)| a.value.total_cmp(&b.value));
    let ((least_name, least), (most_name, most)) = (rates.first()?, rates.last()?);
    let rate = |rate: &Estimate| format::plain(rate.value.round());
    let things = counted(tasks, thing(work.shape));
    let with = [
        ("work", &*title(work)),
        ("things", &things),
        ("least", &rate(least)),
        ("least_name", &names::contestant(least_name)),
        ("most", &rate(most)),
        ("most_name", &names::contestant(most_name)),
    ];
    Some(match rates.len() {
        1 => say("{work}, {things} at once: **{most}** ({most_name}).", &with),
        _ => say(
            "{work}, {things} at once: from **{least}** ({least_name}) to **{most}** \
             ({most_name}).",
            &with,
        ),
    })
}

/// What is done, as a heading: `Tasks a second, waiting 1 ms`.
fn title(work: &Work<'_>) -> String {
    let wait = format::duration(work.wait_ns as f64);
    let what = names::shape(work.shape);
    match (work.shape.is_http(), work.wait_ns) {
        (true, 0) => format!("Requests a second, answered without delay ({what})"),
        (true, _) => format!("Requests a second, answered after {wait} ({what})"),
        (false, _) if work.shape.is_plain() => format!("Tasks a second, waiting {wait}"),
        (false, _) => format!("Tasks a second, waiting {wait} ({what})"),
    }
}

fn table(work: &Work<'_>, shown: &[Id]) -> Table {
    let counts = work.counts();
    let largest = counts.last().copied();
    let mut columns = vec![Column::words("contestant")];
    columns.extend(counts.iter().map(|tasks| {
        let head = format!("a second, {} at once", format::count(*tasks));
        Column::new(head, Unit::PerSecond).higher().with_intervals()
    }));
    columns.push(
        Column::new(format!("CPU per {}", thing(work.shape)), Unit::Nanoseconds)
            .lower()
            .with_intervals(),
    );
    if work.shape.is_http() {
        columns.push(Column::new("over the delay, p99", Unit::Nanoseconds).lower());
        columns.push(Column::new("open at the server", Unit::Count).higher());
    }
    let mut table = Table::new(columns);
    for id in shown.iter().filter(|id| work.rows.iter().any(|row| row.contestant == **id)) {
        let mut cells = vec![Cell::text(names::contestant(id))];
        cells.extend(counts.iter().map(|tasks| rate_cell(work.row(id, *tasks))));
        let row = largest.and_then(|tasks| work.row(id, tasks));
        let why =
            if row.is_some_and(|row| row.rate().is_some()) { "not known" } else { "not timed" };
        cells.push(Cell::figure(row.and_then(RateRow::cpu_ns), why));
        if work.shape.is_http() {
            let late = row.and_then(|row| row.lateness);
            cells.push(match (late, row.is_some_and(|row| row.is_queued)) {
                (Some(_), true) => Cell::figure(None, QUEUED),
                (Some(late), false) => Cell::Count(late.p99),
                (None, _) => Cell::figure(None, why),
            });
            let open = row.and_then(|row| row.server_high_water);
            cells.push(open.map_or_else(|| Cell::figure(None, why), Cell::Count));
        }
        table.push(cells);
    }
    table
}

fn rate_cell(row: Option<&RateRow>) -> Cell {
    Cell::figure(row.and_then(RateRow::rate), reason(row))
}

/// Why a row has no rate.
fn reason(row: Option<&RateRow>) -> Text {
    match row.map(|row| &row.outcome) {
        None => "not run".into(),
        Some(RateOutcome::Measured { .. }) => "not known".into(),
        Some(RateOutcome::Floor { least_ns, .. }) => {
            format!("not run: a wave takes {} at least", format::duration(*least_ns as f64)).into()
        }
        Some(RateOutcome::Wall(why)) => format!("a limit stopped it: {}", or_unknown(why)).into(),
        Some(RateOutcome::Failed(why)) => format!("failed: {}", or_unknown(why)).into(),
        Some(RateOutcome::Skipped(why)) => format!("not run: {}", or_unknown(why)).into(),
    }
}

fn or_unknown(why: &str) -> &str {
    if why.is_empty() { "no reason was recorded" } else { why }
}

/// What to know of the columns on requests.
fn note(work: &Work<'_>) -> Option<Text> {
    if !work.shape.is_http() {
        return None;
    }
    let most = counted(*work.counts().last()?, "request");
    let mut said = say(
        "CPU, the time over the delay and what was open at the server are of {most} at once. CPU is \
         the client's alone. The time over the delay is how much later than the delay asked for 99 \
         in 100 requests of the last wave were answered, from when each began to connect.",
        &[("most", &most)],
    );
    let largest = work.counts().last().copied();
    let queued = work.rows.iter().filter(|row| row.is_queued && Some(row.tasks) == largest);
    let queued: BTreeSet<&Id> = queued.map(|row| &row.contestant).collect();
    if !queued.is_empty() {
        let named: Vec<String> = queued.into_iter().map(names::contestant).collect();
        said = said.and(say(
            "It does not count the time before that, so it is left out where there were fewer places \
             than requests: {names}.",
            &[("names", &format::list(&named))],
        ));
    }
    Some(said)
}

/// What was not run because its waits alone take too long, as sentences.
fn floors(analysis: &Analysis) -> Option<Block> {
    let compared = analysis.rates.iter().filter(|row| row.contestant.is_compared());
    // With more tasks the bound is the same, so it is said once.
    let mut seen = BTreeSet::new();
    let said: Vec<Text> = compared
        .filter(|row| {
            let RateOutcome::Floor { at_once, .. } = row.outcome else { return false };
            seen.insert((&row.contestant, &row.shape, row.wait_ns, at_once))
        })
        .filter_map(floor)
        .collect();
    (!said.is_empty()).then_some(Block::List(said))
}

fn floor(row: &RateRow) -> Option<Text> {
    let RateOutcome::Floor { least_ns, at_once } = row.outcome else { return None };
    let most = row.tasks as f64 / (least_ns as f64 / 1e9);
    let waits = counted(row.tasks.saturating_mul(u64::from(row.shape.waits_per_task)), "wait");
    Some(say(
        "**{name}** cannot be faster than {most} {thing}s a second: {waits} of {wait}, {at_once} at a \
         time, take at least {least}. That was not run.",
        &[
            ("name", &names::contestant(&row.contestant)),
            ("most", &format::plain(most)),
            ("thing", thing(&row.shape)),
            ("waits", &waits),
            ("wait", &format::duration(row.wait_ns as f64)),
            ("at_once", &if at_once == 1 { "one".to_owned() } else { format::count(at_once) }),
            ("least", &format::duration(least_ns as f64)),
        ],
    ))
}

/// Transfers: how near each contestant comes to the limit of the server.
fn bandwidth(analysis: &Analysis) -> Vec<Block> {
    let all: Vec<(&Transfer, Estimate)> = analysis
        .transfers
        .iter()
        .filter(|transfer| transfer.series.contestant.is_compared())
        .filter_map(|transfer| Some((transfer, transfer.over_least?)))
        .collect();
    let by_ratio = |(_, a): &&(&Transfer, Estimate), (_, b): &&(&Transfer, Estimate)| {
        a.value.total_cmp(&b.value)
    };
    let (Some((_, least)), Some((slowest, most))) =
        (all.iter().min_by(by_ratio), all.iter().max_by(by_ratio))
    else {
        return Vec::new();
    };
    let mut table = Table::new([
        Column::words("contestant"),
        Column::new("bodies", Unit::Count),
        Column::new("size of each", Unit::Size),
        Column::new("limit a second", Unit::Size),
        Column::new("least time", Unit::Nanoseconds),
        Column::new("time ÷ least", Unit::Times).lower().with_intervals(),
    ]);
    for (transfer, over_least) in &all {
        table.push(vec![
            Cell::text(names::contestant(&transfer.series.contestant)),
            Cell::Count(transfer.bodies),
            Cell::Count(transfer.bytes),
            Cell::Count(transfer.limit),
            Cell::value(transfer.least_ns),
            Cell::Figure(*over_least),
        ]);
    }
    let (least, most) = (format::times(least.value), format::times(most.value));
    let range = match least == most {
        true => format!("{least} times"),
        false => format!("from {least} to {most} times"),
    };
    let said = say(
        "Bodies come through a server that sends no more than its limit over all of them together: \
         bytes ÷ limit is the least time, however the client waits. The contestants take {range} \
         that; the slowest is {name}. A short first burst is let through at once, so a time can be \
         just below the least.",
        &[("range", &range), ("name", &names::contestant(&slowest.series.contestant))],
    );
    let mut blocks = vec![Block::Heading("Bandwidth".into()), Block::Paragraph(said)];
    if table.rows.len() <= MOST_ROWS {
        blocks.push(Block::Table(table));
    } else {
        blocks.extend(details("Every transfer", vec![Block::Table(table)]));
    }
    blocks
}

/// Every row with its ratios, folded away.
fn everything(analysis: &Analysis) -> Option<Block> {
    let of = |is_http| every_row(analysis, is_http);
    let note = "A rate is the median of the samples, each of some waves on a runtime that was already \
                running. After every wave all of its tasks had completed with the right sums, and the \
                server had answered all of them.";
    let tables = [of(false), of(true)].into_iter().filter(|table| !table.is_empty());
    let blocks = tables.map(Block::Table).chain([Block::Paragraph(note.into())]);
    details("Every rate, with ratios", blocks.collect())
}

fn every_row(analysis: &Analysis, is_http: bool) -> Table {
    let times = |head: &str| Column::new(head, Unit::Times).with_intervals();
    let time = |head: &str| Column::new(head, Unit::Nanoseconds);
    let mut columns = vec![
        Column::words("contestant"),
        Column::new("at once", Unit::Count),
        time("wait"),
        Column::new("a second", Unit::PerSecond).higher().with_intervals(),
        time("CPU").lower().with_intervals(),
        times("times the rate of a thread each").higher(),
        times("the fastest has so many times its rate").lower(),
        time("a wave takes at least"),
    ];
    if is_http {
        columns.push(times("times the rate of a client on hyper").higher());
        columns.push(Column::new("open at the server", Unit::Count));
        let late = ["over the delay, p50", "over the delay, p99", "over the delay, latest"];
        columns.extend(late.map(|head| time(head).lower()));
    }
    let mut table = Table::new(columns);
    for row in analysis.rates.iter().filter(|row| row.shape.is_http() == is_http) {
        let ratio = |ratio| Cell::figure(ratio, "one of the two is not known");
        let mut cells = vec![
            Cell::text(name(row)),
            Cell::Count(row.tasks),
            Cell::Count(row.wait_ns),
            rate_cell(Some(row)),
            Cell::figure(row.cpu_ns(), "not timed"),
            ratio(row.over_reference),
            ratio(row.fastest_over),
            Cell::Count(row.floor_ns),
        ];
        if is_http {
            let open = row.server_high_water;
            cells.push(ratio(row.over_hyper));
            cells.push(open.map_or_else(|| Cell::figure(None, "not timed"), Cell::Count));
            cells.extend(LATE.map(|part| match &row.lateness {
                Some(_) if row.is_queued => Cell::figure(None, QUEUED),
                Some(lateness) => Cell::Count(part(lateness)),
                None => Cell::figure(None, "not timed"),
            }));
        }
        table.push(cells);
    }
    table
}

/// The parts of a latency that are shown where there is room.
const LATE: [fn(&LatenessLine) -> u64; 3] = [|late| late.p50, |late| late.p99, |late| late.max];

/// The contestant with what sets its work apart.
fn name(row: &RateRow) -> String {
    let series = Series { contestant: row.contestant.clone(), shape: row.shape.clone() };
    let workers =
        row.pool_workers.map(|workers| format!(", {}", counted(workers.into(), "worker")));
    names::series(&series) + &workers.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Synthetic, asking_run, small_run};
    use record::{Record, Status};

    use super::*;

    fn page(record: &Record) -> Document {
        build(&Analysis::of(record, None))
    }

    fn words(texts: &[Text]) -> String {
        texts.iter().map(Text::words).collect::<Vec<_>>().join("\n")
    }

    fn answer_of(record: &Record) -> String {
        let Block::Quote(said) = &page(record).blocks[0] else { panic!("the answer is first") };
        words(said)
    }

    fn list_of(record: &Record) -> String {
        let found = page(record).blocks.into_iter().find_map(|block| match block {
            Block::List(said) => Some(words(&said)),
            _ => None,
        });
        found.unwrap_or_default()
    }

    fn tables_of(record: &Record) -> Vec<Table> {
        let tables = page(record).blocks.into_iter().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        });
        tables.collect()
    }

    #[test]
    fn the_answer_is_a_range_at_the_most_tasks_at_once() {
        insta::assert_snapshot!(answer_of(&small_run()), @"
        Tasks a second, waiting 1 ms, 100 tasks at once: from 24,390 (thread each) to 90,909 (smol).
        Take these with caution. Each rate was read in one process, and its interval covers the waves in that process, not what changes when the process is started again. How much a second run of the same program differs is on the page on trust; until rates come out the same again, none is on the front page.
        ");
        insta::assert_snapshot!(answer_of(&asking_run()), @"
        Requests a second, answered after 1 ms (request of 1 KiB), 100 requests at once: from 12,346 (thread each) to 47,619 (smol).
        Take these with caution. Each rate was read in one process, and its interval covers the waves in that process, not what changes when the process is started again. How much a second run of the same program differs is on the page on trust; until rates come out the same again, none is on the front page.
        ");
        insta::assert_snapshot!(answer_of(&Synthetic::new().record()), @"This record has no rate: tasks and requests a second were not timed.");
    }

    #[test]
    fn a_floor_is_a_sentence() {
        let mut made = Synthetic::new();
        made.floor("subroutine/sequential", 10_000).floor("threads/rayon-pool", 10_000);
        let mut record = made.record();
        record.throughput[0].contestant = "threads/crossbeam-pool".into();
        record.throughput[0].pool_workers = Some(1);
        record.throughput[1].pool_workers = Some(64);
        record.throughput[1].floor_ns = 157_000_000;
        insta::assert_snapshot!(list_of(&record), @"
        crossbeam pool cannot be faster than 1,000 tasks a second: 10,000 waits of 1 ms, one at a time, take at least 10 s. That was not run.
        rayon pool cannot be faster than 63,694 tasks a second: 10,000 waits of 1 ms, 64 at a time, take at least 157 ms. That was not run.
        ");
        record.throughput[1].contestant = "threads/crossbeam-pool".into();
        record.throughput[1].pool_workers = Some(1);
        assert_eq!(list_of(&record).lines().count(), 1);
        assert_eq!(list_of(&Synthetic::new().record()), "");
    }

    #[test]
    fn the_latency_of_a_request_that_had_to_queue_is_not_shown() {
        let mut made = Synthetic::new();
        made.asking(1_024, None);
        for id in ["threads/rayon-pool", "coroutines/tokio"] {
            made.timed(id, 100, &[2_000_000; 3]);
        }
        let mut record = made.record();
        record.throughput[0].pool_workers = Some(64);
        let table = tables_of(&record).remove(0);
        assert_eq!(table.rows[0][3], Cell::figure(None, QUEUED));
        assert_eq!(table.rows[1][3], Cell::Count(100_000));
        let analysis = Analysis::of(&record, None);
        let said =
            |analysis: &Analysis| note(&works(analysis, &shown(analysis))[0]).unwrap().words();
        assert!(said(&analysis).contains("fewer places than requests: rayon pool."));
        record.throughput[0].pool_workers = Some(100);
        assert!(!said(&Analysis::of(&record, None)).contains("fewer places"));
    }

    #[test]
    fn a_failure_has_its_reason_and_no_rate() {
        let mut record = small_run();
        for timed in &mut record.throughput {
            timed.status = Status::Failed;
            timed.reason = Some("3 of 100 tasks completed".into());
        }
        assert!(answer_of(&record).starts_with("This record has no rate"));
        assert_eq!(tables_of(&record)[0].rows[0].len(), 3);
        record.throughput[0].status = Status::Ok;
        let table = tables_of(&record).remove(0);
        let why = Cell::figure(None, "failed: 3 of 100 tasks completed");
        assert_eq!((&table.rows[0][0], &table.rows[0][1]), (&Cell::text("thread each"), &why));
    }

    #[test]
    fn the_picture_takes_the_longest_delay_that_was_measured_at_two_numbers() {
        let mut made = Synthetic::new();
        made.asking(1_024, None).wait(0);
        made.timed("coroutines/tokio", 100, &[1_000_000; 3]);
        made.timed("coroutines/tokio", 10_000, &[200_000_000; 3]);
        made.wait(50_000_000);
        made.timed("coroutines/tokio", 100, &[52_000_000; 3]);
        assert!(
            rates_chart(&Analysis::of(&made.record(), None))
                .unwrap()
                .title
                .contains("without delay")
        );
        made.timed("coroutines/tokio", 10_000, &[500_000_000; 3]);
        made.timed("threads/per-task", 100, &[52_000_000; 3]);
        let chart = rates_chart(&Analysis::of(&made.record(), None)).unwrap();
        let Plot::Lines { lines, .. } = &chart.plot else { panic!() };
        assert!(chart.title.contains("after 50 ms") && lines.len() == 1, "{chart:?}");
        assert_eq!(lines[0].points[1], (10_000.0, 20_000.0));
        assert!(rates_chart(&Analysis::of(&small_run(), None)).is_none());
    }

    #[test]
    fn transfers_are_held_against_the_limit() {
        let blocks = bandwidth(&Analysis::of(&asking_run(), None));
        let Block::Paragraph(said) = &blocks[1] else { panic!() };
        assert!(said.words().contains("contestants take 1.01 times that"), "{}", said.words());
        assert!(bandwidth(&Analysis::of(&small_run(), None)).is_empty());
    }
}
