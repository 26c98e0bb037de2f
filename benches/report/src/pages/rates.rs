//! `rates.md`: how many tasks and requests a second.

use std::collections::{BTreeMap, BTreeSet};

use analysis::Analysis;
use analysis::contestant::Id;
use analysis::estimate::Estimate;
use analysis::rates::{self, RateOutcome, RateRow, Source};
use analysis::series::Shape;

use super::apart;
use super::contestants::{cautions, leading, machine, said_or};
use super::page::Page;
use crate::chart::{Axis, Chart, Line, Plot};
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::tables;
use crate::text::{Text, names, say};

pub(crate) const PAGE: Page = Page { id: "rates", name: "rates", build };

/// What stands for the latency of a task that had to queue.
const QUEUED: &str = "fewer places than requests: the time in the queue is not counted";

/// What to know of the columns on requests.
const ON_REQUESTS: &str = "CPU, the time over the delay and what was open at the server are of the most \
    requests at once. CPU is the client's alone. The time over the delay is how much later than the delay \
    asked for 99 in 100 requests of the last wave were answered, from when each began to connect. A task that has not begun is not late there, so models \
    are not compared by it.";

/// How rates are read in rounds.
const IN_ROUNDS: &str = "A rate is the mean of fresh processes, one in each round. Each process runs \
    some waves; those in which the runtime gets warm count for nothing. The interval covers what changes \
    when the process is started again, and ratios are taken within rounds";

/// How they are read in samples.
const IN_SAMPLES: &str = "A rate is the median of the samples, each of some waves on a runtime that \
    was already running";

/// Waves of the same work by the contestants that are shown.
struct Work<'a> {
    shape: &'a Shape,
    wait_ns: u64,
    rows: Vec<&'a RateRow>,
}

fn build(analysis: &Analysis) -> Document {
    let shown = shown(analysis);
    let all = works(analysis, &shown);
    let rows = || all.iter().flat_map(|work| &work.rows);
    let is_in_rounds = !all.is_empty() && rows().all(|row| row.source == Source::Rounds);
    let is_measured = rows().any(|row| row.rate().is_some());
    let mut said = answer(&all);
    said.extend(is_measured.then(|| caution(analysis, is_in_rounds)).flatten());
    let mut blocks = vec![Block::Quote(said)];
    blocks.extend(rates_chart(analysis).map(Block::Chart));
    for work in &all {
        blocks.extend(tables::under(&title(work.shape, work.wait_ns), table(work, &shown), ""));
    }
    if all.iter().any(|work| work.shape.is_http()) {
        blocks.push(Block::Paragraph(ON_REQUESTS.into()));
    }
    blocks.extend(cautions(analysis, &shown));
    for (head, role) in apart::KINDS {
        let ids = apart::of_kind(analysis.rates.iter().map(|row| &row.contestant), role);
        for work in works(analysis, &ids) {
            let title = title(work.shape, work.wait_ns);
            blocks.extend(tables::headed(&format!("{head}: {title}"), &title, table(&work, &ids)));
        }
    }
    let how = say(
        "{how}. After every wave all of its tasks had completed with the right sums, and the server \
         had answered all of them. Other contestants, the least time of each wave and what came \
         through a limited bandwidth are among [all figures](page:all#rates).",
        &[("how", if is_in_rounds { IN_ROUNDS } else { IN_SAMPLES })],
    );
    blocks.extend((!all.is_empty()).then_some(Block::Paragraph(how)));
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
            let point = |row: &&RateRow| Some((row.tasks as f64, row.rate()?.value));
            let points = of_it.filter_map(point).collect();
            Line { name: names::contestant(id), tone: names::tone(id), points, wall: None }
        };
        shown.iter().map(line).filter(|line| line.points.len() >= 2).collect()
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
        title: title(work.shape, work.wait_ns),
        subtitle: "Client and server on the same cores. A rate of another run differs.".into(),
        alt,
        plot: Plot::Lines {
            x: Axis { label: "requests at once".into(), unit: Unit::Count, is_log: true },
            y: Axis { label: "requests a second".into(), unit: Unit::PerSecond, is_log: true },
            lines,
        },
    })
}

/// How far to trust the rates, where they are not on the front page.
fn caution(analysis: &Analysis, is_in_rounds: bool) -> Option<Text> {
    if !rates::sure(&analysis.rates).is_empty() {
        return None;
    }
    let why = if is_in_rounds {
        "There are fewer than five rounds, or half of the intervals are wider than 15 % on a side"
    } else {
        "Each rate was read in one process, and its interval covers the waves in that process, not what \
         changes when the process is started again"
    };
    Some(say(
        "**Take these with caution.** {why}. How much a second run of the same program differs is on \
         [the page on trust](page:trust); until rates come out the same again, none is on the front \
         page.",
        &[("why", why)],
    ))
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
    let said = works.iter().filter_map(answer_of).collect();
    said_or(said, "This record has no rate: tasks and requests a second were not timed.")
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
    let template = match rates.len() {
        1 => "{work}, {things} at once: **{most}** ({most_name}).",
        _ => {
            "{work}, {things} at once: from **{least}** ({least_name}) to **{most}** ({most_name})."
        }
    };
    Some(say(
        template,
        &[
            ("work", &*title(work.shape, work.wait_ns)),
            ("things", &format::counted(tasks, thing(work.shape))),
            ("least", &rate(least)),
            ("least_name", &names::contestant(least_name)),
            ("most", &rate(most)),
            ("most_name", &names::contestant(most_name)),
        ],
    ))
}

/// What is done, as a heading: `Tasks a second, waiting 1 ms`.
pub(crate) fn title(shape: &Shape, wait_ns: u64) -> String {
    let wait = format::duration(wait_ns as f64);
    let what = match shape.is_plain() {
        true => String::new(),
        false => format!(" ({})", names::shape(shape)),
    };
    match (shape.is_http(), wait_ns) {
        (true, 0) => format!("Requests a second, answered without delay{what}"),
        (true, _) => format!("Requests a second, answered after {wait}{what}"),
        (false, _) => format!("Tasks a second, waiting {wait}{what}"),
    }
}

fn table(work: &Work<'_>, shown: &[Id]) -> Table {
    let counts = work.counts();
    let largest = counts.last().copied();
    let rate = |tasks: &u64| {
        let head = format!("a second, {} at once", format::count(*tasks));
        Column::new(head, Unit::PerSecond).higher().with_intervals()
    };
    let mut columns: Vec<Column> = counts.iter().map(rate).collect();
    columns.push(
        Column::new(format!("CPU per {}", thing(work.shape)), Unit::Nanoseconds)
            .lower()
            .with_intervals(),
    );
    if work.shape.is_http() {
        columns.push(Column::new("over the delay, p99", Unit::Nanoseconds).lower());
        columns.push(Column::new("open at the server", Unit::Count).higher());
    }
    let row = |id: &Id| {
        let rate = |row: Option<&RateRow>| Cell::figure(row.and_then(RateRow::rate), reason(row));
        let mut cells: Vec<Cell> = counts.iter().map(|tasks| rate(work.row(id, *tasks))).collect();
        let row = largest.and_then(|tasks| work.row(id, tasks));
        let is_timed = row.is_some_and(|row| row.rate().is_some());
        let why = if is_timed { "not known" } else { "not timed" };
        cells.push(Cell::figure(row.and_then(RateRow::cpu_ns), why));
        if work.shape.is_http() {
            let late = row.and_then(|row| row.lateness);
            cells.push(match late {
                Some(_) if row.is_some_and(|row| row.is_queued) => Cell::figure(None, QUEUED),
                late => Cell::count(late.map(|late| late.p99), why),
            });
            cells.push(Cell::count(row.and_then(|row| row.server_high_water), why));
        }
        (names::contestant(id), cells)
    };
    let is_there = |id: &&Id| work.rows.iter().any(|row| row.contestant == **id);
    tables::named("contestant", columns, shown.iter().filter(is_there).map(row))
}

/// Why a row has no rate.
pub(crate) fn reason(row: Option<&RateRow>) -> Text {
    let Some(row) = row else { return "not run".into() };
    let (what, why) = match &row.outcome {
        RateOutcome::Measured { .. } => return "not known".into(),
        RateOutcome::Floor { least_ns, .. } => {
            let least = format::duration(*least_ns as f64);
            return format!("not run: a wave takes {least} at least").into();
        }
        RateOutcome::Wall(why) => ("a limit stopped it", why),
        RateOutcome::Failed(why) => ("failed", why),
        RateOutcome::Skipped(why) => ("not run", why),
    };
    let why = if why.is_empty() { "no reason was recorded" } else { why };
    format!("{what}: {why}").into()
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
    fn rates_of_rounds_need_a_caution_only_while_they_are_few_or_wide() {
        let told = |wall_ns: &[u64]| {
            let mut made = Synthetic::new();
            made.waves("coroutines/smol", 100, wall_ns).in_rounds();
            let all = page(&made.record()).blocks;
            let said = all.iter().filter_map(|block| match block {
                Block::Quote(said) => Some(words(said)),
                Block::Paragraph(said) => Some(said.words()),
                _ => None,
            });
            said.take(2).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(told(&[1_010_000, 1_020_000, 1_030_000, 1_010_000, 1_000_000]), @"
        Tasks a second, waiting 1 ms, 100 tasks at once: 98,629 (smol).
        A rate is the mean of fresh processes, one in each round. Each process runs some waves; those in which the runtime gets warm count for nothing. The interval covers what changes when the process is started again, and ratios are taken within rounds. After every wave all of its tasks had completed with the right sums, and the server had answered all of them. Other contestants, the least time of each wave and what came through a limited bandwidth are among all figures.
        ");
        for poor in
            [&[1_000_000, 1_010_000][..], &[1_000_000, 2_000_000, 9_000_000, 1_500_000, 5_000_000]]
        {
            assert!(
                told(poor).contains("There are fewer than five rounds, or half of"),
                "{poor:?}"
            );
        }
    }

    #[test]
    fn a_wave_that_would_take_too_long_is_missing_for_that_reason() {
        let mut made = Synthetic::new();
        made.floor("threads/rayon-pool", 10_000);
        let table = tables_of(&made.record()).remove(0);
        let why = Cell::figure(None, "not run: a wave takes 10 s at least");
        assert_eq!((&table.rows[0][1], table.rows[0].len()), (&why, 3));
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
        record.throughput[0].pool_workers = Some(100);
        let table = tables_of(&record).remove(0);
        assert_eq!(table.rows[0][3], Cell::Count(100_000));
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
}
