//! `lateness.md`: how late tasks wake, and what becomes of those that come at a rate.

use std::collections::BTreeSet;
use std::time::Duration;

use super::format::{self, NONE};
use super::table::{Align, Table};
use super::{machine_line, page_head};
use crate::fit::{
    Series, Shape, contestant_order, is_all_waiting, is_compared, is_proven, places, quantile,
    series,
};
use crate::units;
use record::{Build, Cell, LatenessLine, Record};

/// What is read off a cell's lateness.
type Part = fn(&LatenessLine) -> u64;

/// The quantiles, with the header of each.
const QUANTILES: [(&str, Part); 5] = [
    ("p50", |lateness| lateness.p50),
    ("p90", |lateness| lateness.p90),
    ("p99", |lateness| lateness.p99),
    ("p99.9", |lateness| lateness.p999),
    ("Maximum", |lateness| lateness.max),
];

/// The whole page.
pub(super) fn page(record: &Record) -> String {
    let mut text = page_head(
        record,
        "How late a task wakes",
        &[
            "A task is late by the time between its deadline and its own reading of the clock when it"
                .into(),
            "wakes. Each figure is the median of the repeats, with the least and the most of them in"
                .into(),
            "brackets where they differ.".into(),
        ],
    );
    text.push_str(&timers(record));
    let mut section = |title: &str, table: &Table, notes: &str| {
        text.push_str(&format!("\n## {title}\n\n{}\n{notes}", table.markdown()));
    };
    section(
        HERD,
        &herd_table(record),
        "All N tasks wait for the same moment. Whoever wakes last has waited for all others to be\n\
         woken, so the maximum is what it takes to wake N tasks.\n",
    );
    section(
        SPREAD,
        &spread_table(record),
        "The deadlines of N tasks lie one after another, in equal steps over the time in the third\n\
         column. What is late here is a single timer, as long as each task is over before the next\n\
         is due.\n",
    );
    section(
        RATE,
        &rate_table(record),
        "Tasks come at a rate, whether or not there is room for them, and a task is late from when it\n\
         was to start: the time that it stands in a queue is in it. Least is what a contestant with\n\
         that many places cannot but be late for the last one, by arithmetic; what is above it is its\n\
         own. Those who start the tasks sleep by the contestant's own timers in between.\n",
    );
    section(
        OWN,
        &own_table(record),
        "Each task waits from its own start, at the largest N that every contestant with tasks\n\
         waiting together has reached. For a request: how long after the delay that it asked for it\n\
         had its answer, with the time in it that making all those connections took.\n",
    );
    text.push_str(&format!("\n{}\n", machine_line(record)));
    text
}

/// The tables of what is run to show lateness, for a terminal.
pub(super) fn asked_for(record: &Record) -> [(&'static str, Table); 3] {
    [(HERD, herd_table(record)), (SPREAD, spread_table(record)), (RATE, rate_table(record))]
}

const HERD: &str = "All due at once";
const SPREAD: &str = "Due one after another";
const RATE: &str = "Coming at a rate";
const OWN: &str = "Each due after its own wait";

/// What each contestant's timers are, and how much later the system may make them.
fn timers(record: &Record) -> String {
    let slack = record.run.host.timer_slack_ns.map_or_else(
        || "an amount that cannot be read here".to_owned(),
        |ns| units::duration(Duration::from_nanos(ns)),
    );
    let mut table = Table::new([("Contestant", Align::Left), ("Its timers", Align::Left)]);
    let mut known: Vec<(&String, &String)> = record
        .run
        .timers
        .iter()
        .filter(|(id, _)| record.cells.iter().any(|cell| cell.contestant == **id))
        .collect();
    known.sort_by(|(a, _), (b, _)| contestant_order(a, b));
    for (id, timer) in known {
        table.push(vec![id.clone(), timer.clone()]);
    }
    format!(
        "\n## By design\n\n{}\nThe timer slack of this system, by which the kernel may delay whoever \
         sleeps, is {slack}.\n",
        table.markdown()
    )
}

fn herd_table(record: &Record) -> Table {
    let mut table = columns(&[]);
    for (series, tasks, cells) in groups(record, |shape| shape.synchronized_wakeup) {
        push(&mut table, &series, tasks, &cells, &[]);
    }
    table
}

fn spread_table(record: &Record) -> Table {
    let mut table = columns(&[("Over", Align::Right)]);
    let is_spread = |shape: &Shape| shape.spread_ns != 0 && shape.arrival == "burst";
    for (series, tasks, cells) in groups(record, is_spread) {
        let over = units::duration(Duration::from_nanos(series.shape.spread_ns));
        push(&mut table, &series, tasks, &cells, &[over]);
    }
    table
}

fn rate_table(record: &Record) -> Table {
    let mut table = columns(&[
        ("Arrival", Align::Right),
        ("Wait", Align::Right),
        ("Places", Align::Right),
        ("In flight at most", Align::Right),
        ("Least", Align::Right),
    ]);
    for (series, tasks, cells) in groups(record, |shape| shape.arrival != "burst") {
        // How long tasks wait and how many places there are decides how late they are, so cells that
        // differ in them are not repeats.
        let kind = |cell: &Cell| (cell.workload.duration_ns, places(cell));
        let kinds: BTreeSet<_> = cells.iter().map(|cell| kind(cell)).collect();
        for (duration_ns, places) in kinds {
            let alike: Vec<&Cell> =
                cells.iter().copied().filter(|cell| kind(cell) == (duration_ns, places)).collect();
            let in_flight = alike.iter().filter_map(|cell| cell.proof).map(|p| p.peak_in_flight);
            let least = alike.iter().filter_map(|cell| queue(cell)).max();
            let more = [
                series.shape.arrival.trim_start_matches("rate:").to_owned(),
                units::duration(Duration::from_nanos(duration_ns)),
                places.map_or_else(|| "all".into(), format::count),
                in_flight.max().map_or_else(|| NONE.into(), format::count),
                least
                    .map_or_else(|| NONE.into(), |least| format::duration(least.as_nanos() as f64)),
            ];
            push(&mut table, &series, tasks, &alike, &more);
        }
    }
    table
}

/// By how much somebody is late at least where there are fewer places than tasks that want one: all
/// have to go through the places in rounds, and the last came so much later than the first.
fn queue(cell: &Cell) -> Option<Duration> {
    let tasks = u32::try_from(cell.tasks).ok()?;
    let line = record::WorkloadLine { http: None, wait: "timer".into(), ..cell.workload.clone() };
    let workload = line.with_tasks(tasks, None).ok()?;
    let ceiling = cell.proof?.expected_in_flight;
    Some(workload.floor(ceiling).saturating_sub(workload.floor(u64::MAX)))
}

fn own_table(record: &Record) -> Table {
    let mut table = columns(&[]);
    let all: Vec<_> = groups(record, |shape| !shape.is_for_lateness() && !shape.is_transfer())
        .into_iter()
        .map(|(series, tasks, mut cells)| {
            cells.retain(|cell| is_all_waiting(cell));
            (series, tasks, cells)
        })
        // One at a time is not waiting together, whatever it is called.
        .filter(|(series, _, cells)| series.model() != "subroutine" && !cells.is_empty())
        .collect();
    let mut compared: Vec<&Series> = all.iter().map(|(series, ..)| series).collect();
    compared.dedup();
    for series in &compared {
        let counts = |of: &Series| -> BTreeSet<u64> {
            all.iter().filter(|(other, ..)| other == of).map(|(_, tasks, _)| *tasks).collect()
        };
        let common = compared
            .iter()
            .filter(|other| other.shape == series.shape)
            .map(|other| counts(other))
            .reduce(|a, b| a.intersection(&b).copied().collect());
        let Some(largest) = common.and_then(|common| common.last().copied()) else { continue };
        for (of, tasks, cells) in &all {
            if of == *series && *tasks == largest {
                push(&mut table, of, *tasks, cells, &[]);
            }
        }
    }
    table
}

/// The proven, timed cells of each series of such shapes that say how late their tasks were, by N.
/// Baselines, which show what scaffolding costs, and controls are left out.
fn groups(record: &Record, is_wanted: impl Fn(&Shape) -> bool) -> Vec<(Series, u64, Vec<&Cell>)> {
    let mut groups = Vec::new();
    let wanted = |series: &Series| is_compared(&series.contestant) && is_wanted(&series.shape);
    for series in series(record).into_iter().filter(wanted) {
        let cells: Vec<&Cell> = record
            .cells
            .iter()
            .filter(|cell| cell.build == Build::Timed && cell.lateness_ns.is_some())
            .filter(|cell| is_proven(cell) && Series::of(cell) == series)
            .collect();
        let counts: BTreeSet<u64> = cells.iter().map(|cell| cell.tasks).collect();
        groups.extend(counts.into_iter().map(|tasks| {
            let at_this = cells.iter().copied().filter(|cell| cell.tasks == tasks).collect();
            (series.clone(), tasks, at_this)
        }));
    }
    groups
}

fn columns(more: &[(&'static str, Align)]) -> Table {
    let quantiles = QUANTILES.map(|(header, _)| (header, Align::Right));
    let fixed = [("Contestant", Align::Left), ("N", Align::Right)];
    Table::new(fixed.into_iter().chain(more.iter().copied()).chain(quantiles))
}

fn push(table: &mut Table, series: &Series, tasks: u64, cells: &[&Cell], more: &[String]) {
    // What the table is about and what stands in a column of its own is not said in each row.
    let shape = Shape {
        synchronized_wakeup: false,
        spread_ns: 0,
        arrival: "burst".to_owned(),
        ..series.shape.clone()
    };
    let mut row = vec![format!("{}{shape}", series.contestant), format::count(tasks)];
    row.extend_from_slice(more);
    for (_, part) in QUANTILES {
        let values: Vec<f64> = cells
            .iter()
            .filter_map(|cell| cell.lateness_ns)
            .map(|late| part(&late) as f64)
            .collect();
        row.push(range_text(&values));
    }
    table.push(row);
}

/// The median of the repeats, and the least and the most of them.
fn range_text(values: &[f64]) -> String {
    let Some(median) = quantile(values, 0.5) else { return NONE.into() };
    let ends =
        [0.0, 1.0].map(|part| quantile(values, part).map_or_else(String::new, format::duration));
    let median = format::duration(median);
    if ends.iter().all(|end| *end == median) {
        return median;
    }
    format!("{median} ({}–{})", ends[0], ends[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::{Bill, Synthetic, asking_run, small_run};

    fn late_run() -> Record {
        let mut made = Synthetic::new();
        let bill = Bill::of(300);
        made.line("coroutines/smol", &[100, 1_000], bill).line("threads/per-task", &[100], bill);
        made.timing("burst", 0, true);
        made.line("coroutines/smol", &[1_000], bill).line("baseline/smol", &[1_000], bill);
        made.line("control/null", &[1_000], bill);
        made.timing("burst", 500_000_000, false).line("threads/per-task", &[1_000], bill);
        made.timing("rate:1000/s", 0, false).wait(100_000_000);
        made.unweighed("coroutines/smol", 500, 500, 101);
        made.unweighed("threads/rayon-pool", 500, 64, 64);
        made.unweighed("subroutine/sequential", 30, 1, 1);
        let mut record = made.record();
        record.run.host.timer_slack_ns = Some(50_000);
        let timers = [("coroutines/smol", "an ordered map, 1 ns"), ("coroutines/none", "-")];
        record.run.timers = timers.map(|(id, timer)| (id.into(), timer.into())).into();
        record
    }

    #[test]
    fn the_page_has_a_table_for_each_question() {
        insta::assert_snapshot!(page(&late_run()), @r#"
        <!-- Generated from record.jsonl by `compare tables`; do not edit. -->

        # How late a task wakes

        A task is late by the time between its deadline and its own reading of the clock when it
        wakes. Each figure is the median of the repeats, with the least and the most of them in
        brackets where they differ.
        Made by `cargo bench -p compare`. Intervals hold 95 % of 2,000 bootstrap resamples.

        Machine: Example CPU, 2 cores, 24.0 GiB, Linux 6.1.0; run of 2026-01-02T03:04:05Z.

        ## By design

        | Contestant      | Its timers           |
        | --------------- | -------------------- |
        | coroutines/smol | an ordered map, 1 ns |

        The timer slack of this system, by which the kernel may delay whoever sleeps, is 50.0 µs.

        ## All due at once

        | Contestant      |     N |   p50 |   p90 |    p99 |  p99.9 | Maximum |
        | --------------- | ----: | ----: | ----: | -----: | -----: | ------: |
        | coroutines/smol | 1,000 | 60 µs | 80 µs | 101 µs | 150 µs |  201 µs |

        All N tasks wait for the same moment. Whoever wakes last has waited for all others to be
        woken, so the maximum is what it takes to wake N tasks.

        ## Due one after another

        | Contestant       |     N |   Over |   p50 |   p90 |    p99 |  p99.9 | Maximum |
        | ---------------- | ----: | -----: | ----: | ----: | -----: | -----: | ------: |
        | threads/per-task | 1,000 | 500 ms | 60 µs | 80 µs | 101 µs | 150 µs |  201 µs |

        The deadlines of N tasks lie one after another, in equal steps over the time in the third
        column. What is late here is a single timer, as long as each task is over before the next
        is due.

        ## Coming at a rate

        | Contestant            |   N | Arrival |   Wait | Places | In flight at most |  Least |                 p50 |   p90 |    p99 |  p99.9 | Maximum |
        | --------------------- | --: | ------: | -----: | -----: | ----------------: | -----: | ------------------: | ----: | -----: | -----: | ------: |
        | subroutine/sequential |  30 |  1000/s | 100 ms |      1 |                 1 |  2.9 s | 61 µs (60 µs–62 µs) | 80 µs | 100 µs | 150 µs |  200 µs |
        | threads/rayon-pool    | 500 |  1000/s | 100 ms |     64 |                64 | 201 ms | 61 µs (60 µs–62 µs) | 80 µs | 100 µs | 150 µs |  200 µs |
        | coroutines/smol       | 500 |  1000/s | 100 ms |    all |               101 |   0 ns | 61 µs (60 µs–62 µs) | 80 µs | 100 µs | 150 µs |  200 µs |

        Tasks come at a rate, whether or not there is room for them, and a task is late from when it
        was to start: the time that it stands in a queue is in it. Least is what a contestant with
        that many places cannot but be late for the last one, by arithmetic; what is above it is its
        own. Those who start the tasks sleep by the contestant's own timers in between.

        ## Each due after its own wait

        | Contestant       |   N |   p50 |   p90 |      p99 |  p99.9 |  Maximum |
        | ---------------- | --: | ----: | ----: | -------: | -----: | -------: |
        | threads/per-task | 100 | 60 µs | 80 µs | 100.1 µs | 150 µs | 200.1 µs |
        | coroutines/smol  | 100 | 60 µs | 80 µs | 100.1 µs | 150 µs | 200.1 µs |

        Each task waits from its own start, at the largest N that every contestant with tasks
        waiting together has reached. For a request: how long after the delay that it asked for it
        had its answer, with the time in it that making all those connections took.

        Machine: Example CPU, 2 cores, 24.0 GiB, Linux 6.1.0; run of 2026-01-02T03:04:05Z.
        "#);
    }

    #[test]
    fn requests_are_late_too_and_transfers_are_not() {
        let text = own_table(&asking_run()).markdown();
        assert!(text.contains("coroutines/smol, http"), "{text}");
        assert!(!text.contains("transfer") && !text.contains("subroutine"), "{text}");
    }

    #[test]
    fn what_was_not_asked_for_is_no_table_on_a_terminal() {
        assert!(asked_for(&small_run()).iter().all(|(_, table)| table.is_empty()));
        let asked = asked_for(&late_run());
        assert!(asked.iter().all(|(_, table)| !table.is_empty()));
    }

    #[test]
    fn cells_with_other_timing_enter_no_slope() {
        let record = late_run();
        for text in [super::super::memory::page(&record), super::super::bill::page(&record)] {
            for absent in ["herd", "spread over", "rate:"] {
                assert!(!text.contains(absent), "{absent} is in\n{text}");
            }
        }
    }
}
