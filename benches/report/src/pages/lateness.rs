//! `lateness.md`: how late tasks wake, and what becomes of those that come at a rate.

use std::collections::BTreeSet;

use analysis::Analysis;
use analysis::contestant::Id;
use analysis::lateness::{Asked, LatenessRow, Lineup, lineups};
use analysis::reading::Spread;

use super::contestants::{cautions, leading, machine, said_or, spread};
use super::page::Page;
use crate::chart::{Axis, Chart, Plot, RangeRow};
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::tables;
use crate::text::{Text, names, say};

pub(crate) const PAGE: Page = Page { id: "lateness", name: "lateness", build };

/// A part of the lateness of a row, with what stands above its column.
type Part = (&'static str, fn(&LatenessRow) -> &Spread);

const HALF: Part = ("p50", |row| &row.p50);
const MOST: Part = ("p99", |row| &row.p99);

/// What the page and its picture hold against each other.
struct Sides<'a> {
    shown: Vec<Id>,
    /// The kinds of work, each at the fewest tasks that are shared: nearest to a single timer.
    kinds: [(&'static str, Option<Lineup<'a>>); 2],
}

impl<'a> Sides<'a> {
    fn of(analysis: &'a Analysis) -> Self {
        let asked_for = analysis
            .lateness
            .iter()
            .filter(|row| matches!(row.asked, Asked::Synchronized | Asked::Spread));
        let shown = leading(asked_for.map(|row| &row.series.contestant));
        let of = |asked| {
            let is_shown = |id: &Id| shown.contains(id);
            lineups(&analysis.lateness, asked, is_shown).into_iter().next()
        };
        let kinds = [("one by one", of(Asked::Spread)), ("all at once", of(Asked::Synchronized))];
        Self { shown, kinds }
    }
}

fn build(analysis: &Analysis) -> Document {
    let sides = Sides::of(analysis);
    let mut blocks = vec![Block::Quote(answer(&sides))];
    blocks.extend(lateness_chart(analysis).map(Block::Chart));
    let note = say(
        "One by one: {one_by_one}. All at once: {at_once}. A task is late by the time from its deadline to \
         its own reading of the clock when it wakes. p50: half of the tasks are less late; p99: 99 in 100 \
         are. Each figure is the median of the repeats, with the least and the most of them in brackets \
         where there are several. Other numbers of tasks, and tasks that each wait from their own start, \
         are among [all figures](page:all#lateness).",
        &[("one_by_one", &timing(&sides.kinds[0].1)), ("at_once", &timing(&sides.kinds[1].1))],
    );
    let head = "Lateness of single timers, and of all at once";
    blocks.extend(tables::under(head, main_table(&sides), note));
    blocks.extend(cautions(analysis, &sides.shown));
    blocks.extend(at_a_rate(analysis));
    blocks.push(machine(analysis));
    Document { id: "lateness", title: "How late a task wakes".into(), blocks }
}

/// From p50 to p99 of each contestant of the front page: filled where timers are due one by one,
/// hollow where all are due at once. `None` if neither was measured.
pub(crate) fn lateness_chart(analysis: &Analysis) -> Option<Chart> {
    let Sides { shown, kinds } = Sides::of(analysis);
    let range = |id: &Id, lineup: &Option<Lineup<'_>>| {
        let row = lineup.as_ref()?.row(id)?;
        // A log axis has no zero.
        Some((row.p50.median.max(1.0), row.p99.median.max(1.0)))
    };
    let row = |id: &Id| RangeRow {
        name: names::contestant(id),
        tone: names::tone(id),
        ranges: kinds.iter().map(|(_, lineup)| range(id, lineup)).collect(),
    };
    let has_range = |row: &RangeRow| row.ranges.iter().any(Option::is_some);
    let rows: Vec<RangeRow> = shown.iter().map(row).filter(has_range).collect();
    let said = rows.iter().map(|row| {
        let ranges = row.ranges.iter().zip(&kinds).filter_map(|(range, (kind, _))| {
            let (from, to) =
                range.map(|(from, to)| (format::duration(from), format::duration(to)))?;
            Some(format!("{kind} {from} to {to}"))
        });
        format!("{}: {}", row.name, ranges.collect::<Vec<_>>().join(", "))
    });
    let alt = format!("Lateness, p50 to p99. {}.", said.collect::<Vec<_>>().join("; "));
    (!rows.is_empty()).then(|| Chart {
        id: "lateness",
        title: "How late tasks wake".into(),
        subtitle:
            "From the lateness of half of the tasks (p50) to that of 99 in 100 (p99). Further \
                   left is more punctual."
                .into(),
        alt,
        plot: Plot::Ranges {
            x: Axis { label: "late by, p50 to p99".into(), unit: Unit::Nanoseconds, is_log: true },
            kinds: kinds.iter().map(|(kind, of)| format!("{kind}: {}", timing(of))).collect(),
            rows,
        },
    })
}

/// How many tasks, and over which time they are due: `1,000 tasks over 500 ms`.
fn timing(lineup: &Option<Lineup<'_>>) -> String {
    let Some(lineup) = lineup else { return "not measured".into() };
    let tasks = format::counted(lineup.tasks, "task");
    match lineup.shape.spread_ns {
        0 => tasks,
        spread_ns => format!("{tasks} over {}", format::duration(spread_ns as f64)),
    }
}

fn answer(sides: &Sides<'_>) -> Vec<Text> {
    let [(_, one_by_one), (_, at_once)] = &sides.kinds;
    let said = [
        compare(one_by_one, "Timers that are due one by one", "half of the tasks are", HALF),
        compare(at_once, "Timers that are all due at once", "99 in 100 tasks are", MOST),
    ];
    said_or(
        said.into_iter().flatten().collect(),
        "This record does not say how punctually tasks wake: in none of its proven cells are timers \
         due one after another or all at once.",
    )
}

/// Which contestants of a lineup are least late in this part, how late, and how late the last one is.
fn compare(of: &Option<Lineup<'_>>, work: &str, share: &str, (_, part): Part) -> Option<Text> {
    let lineup = of.as_ref()?;
    let best = lineup.most_punctual(part);
    let late = |row: &LatenessRow| format::duration(part(row).median);
    let name = |row: &LatenessRow| names::contestant(&row.series.contestant);
    let (first, last_of_best) = (part(best.first()?).median, part(best.last()?).median);
    let range = format::range(first, last_of_best, Unit::Nanoseconds);
    let others = lineup.rows.iter().filter(|row| !best.contains(row));
    let last = others.max_by(|a, b| part(a).median.total_cmp(&part(b).median));
    let template = match (last, best.len()) {
        (None, 1) => "{work}: with {names}, {share} at most **{late}** late.",
        (None, _) => "{work}: {names} do not differ, {share} at most **{late}** late.",
        (Some(_), 1) => "{work}: **{names} is most punctual**, {share} at most **{late}** late.",
        (Some(_), _) => "{work}: **{names} are most punctual**, {share} at most **{late}** late.",
    };
    let named = format::list(best.iter().map(|row| name(row)));
    let work = format!("{work} ({})", timing(of));
    let with = [("work", &*work), ("names", &named), ("share", share), ("late", &range)];
    let mut said = say(template, &with);
    if let Some(last) = last {
        let with = [("name", &*name(last)), ("late", &late(last))];
        said = said.and(say("Last is {name} with {late}.", &with));
        // Without a second repeat it is not known how far one lies from the next.
        if lineup.rows.iter().any(|row| part(row).repeats == 1) {
            said = said
                .and("Not all of this was repeated, so a small difference says nothing.".into());
        }
    }
    Some(said)
}

fn main_table(sides: &Sides<'_>) -> Table {
    let late = |head| Column::new(head, Unit::Nanoseconds).lower().with_intervals();
    let heads =
        sides.kinds.iter().flat_map(|(of, _)| [HALF, MOST].map(|(p, _)| format!("{of}, {p}")));
    let row = |id: &Id| {
        let cells = sides.kinds.iter().flat_map(|(_, of)| {
            let found = of.as_ref().and_then(|lineup| lineup.row(id));
            let why = if of.is_some() { format!("not with {}", timing(of)) } else { timing(of) };
            [HALF, MOST].map(|(_, part)| {
                found.map_or_else(|| Cell::Missing(why.clone().into()), |row| spread(part(row)))
            })
        });
        (names::contestant(id), cells.collect())
    };
    tables::named("contestant", heads.map(late), sides.shown.iter().map(row))
}

/// What is said of tasks that come at a rate; nothing where none did.
fn at_a_rate(analysis: &Analysis) -> Vec<Block> {
    let mut rows = analysis
        .lateness
        .iter()
        .filter(|row| row.asked == Asked::Rate && row.series.contestant.is_compared())
        .peekable();
    if rows.peek().is_none() {
        return Vec::new();
    }
    let queued: BTreeSet<&Id> =
        rows.filter(|row| row.is_queued()).map(|row| &row.series.contestant).collect();
    let mut said = say(
        "A task that comes at a rate is late from when it was to start, whether or not there was room \
         for it. How late each was is among [all figures](page:all#lateness).",
        &[],
    );
    if !queued.is_empty() {
        let named = format::list(queued.into_iter().map(names::contestant));
        said = said.and(say(
            "Fewer places than tasks: {names}. There the tasks without a place stood in a queue, and \
             the time in it is in their lateness.",
            &[("names", &named)],
        ));
    }
    vec![Block::Heading("Tasks that come at a rate".into()), Block::Paragraph(said)]
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic, small_run};

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
        record
    }

    fn page(record: &Record) -> Document {
        build(&Analysis::of(record, None))
    }

    fn answer_of(record: &Record) -> String {
        let Block::Quote(said) = &page(record).blocks[0] else { panic!("the answer is first") };
        said.iter().map(Text::words).collect::<Vec<_>>().join("\n")
    }

    fn at_a_rate_of(record: &Record) -> Option<String> {
        match &at_a_rate(&Analysis::of(record, None))[..] {
            [_, Block::Paragraph(said)] => Some(said.words()),
            _ => None,
        }
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
        let said = at_a_rate_of(&late_run()).unwrap();
        assert!(said.contains("Fewer places than tasks: subroutine and rayon pool."), "{said}");
        let mut made = Synthetic::new();
        made.timing("rate:1000/s", 0, false).unweighed("coroutines/smol", 500, 500, 101);
        let said = at_a_rate_of(&made.record()).unwrap();
        assert!(!said.contains("places"), "{said}");
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
        assert!(at_a_rate_of(&small_run()).is_none());
    }
}
