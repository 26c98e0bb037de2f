//! `memory.md`: what a waiting task weighs, who holds it, and how many of them fit.

use std::collections::{BTreeMap, BTreeSet};

use super::format::{self, NONE};
use super::table::{Align, Table};
use super::{BASELINE, REFERENCE, cpu, detectable, page_head, reference_for, state};
use crate::fit::{
    self, Estimate, Figure, Fit, Sampled, Series, Shape, between, fit, is_all_waiting, is_control,
    is_proven, proven, quantile, readings, series, task_counts,
};
use crate::record::{Build, Cell, CgroupKind, Record, Status};

/// The header of RSS with the page tables.
pub(super) const PAGE_TABLES: &str = "RSS + page tables (B)";

/// The header of the kernel's part.
pub(super) const KERNEL: &str = "of it kernel (B)";

/// The header of the socket buffers.
pub(super) const SOCKETS: &str = "of it socket buffers (B)";

/// The header of the number of cells.
pub(super) const CELLS: &str = "Cells";

/// Up to how many tasks a process counts as small.
const SMALL_TASKS: u64 = 10_000;

/// How many times the bytes of a task written straight on its runtime ours may take.
const SCAFFOLDING_BYTES_BAR: f64 = 1.05;

/// How many times its CPU ours may take.
const SCAFFOLDING_CPU_BAR: f64 = 1.15;

/// The whole page.
pub(super) fn page(record: &Record) -> String {
    let mut text = page_head(
        record,
        "What a waiting task weighs",
        &[
            "A figure is what one more waiting task adds: the slope over the number of tasks N,"
                .into(),
            "with ± the wider side of its interval. RSS is what the process holds itself; the full"
                .into(),
            "bill is everything its control group is charged for, kernel stacks, slab and page"
                .into(),
            "tables included. Heap is what was asked of the allocator, read in a build of its own."
                .into(),
            "The ratios say how many times the other's weight a task has: below 1 it is lighter. N and"
                .into(),
            "cells are those of RSS; a pool has its threads when idle, so nothing idle is taken off.".into(),
        ],
    );
    section(&mut text, "Bytes per waiting task", &bill_table(record, Shape::is_timer));
    for note in bill_notes(record) {
        text.push_str(&format!("\n{note}\n"));
    }
    text.extend(told(record, Shape::is_timer));
    section(&mut text, "Bytes per waiting request", &bill_table(record, Shape::is_http));
    text.push_str(
        "\nEach request waits on an open connection of its own. The full bill holds the socket as\n\
         the client's side of the kernel keeps it; socket buffers are the part of it that holds\n\
         bytes under way, of which there are none while all wait. The server is another process,\n\
         and what its side of a connection weighs is not in here.\n",
    );
    text.extend(told(record, Shape::is_http));
    text.extend(state::sections(record));
    section(&mut text, "Walls and reach", &reach_table(record));
    text.push_str("\nEvery cell that has no figure, with its reason:\n\n");
    text.push_str(&missing_table(record).markdown());
    section(&mut text, "Small numbers", &small_table(record));
    text.push_str(&format!(
        "\nBytes of the whole process, {}, median of the repeats, at each N up to {}. One at a\n\
         time means that the other tasks were queued.\n",
        if has_full_bill(record) { "full bill" } else { "RSS" },
        format::count(SMALL_TASKS)
    ));
    section(&mut text, "What our scaffolding costs", &scaffolding_table(record));
    text.push_str(&format!(
        "\nThe same task through our contract and ledger, and written straight on the runtime, as\n\
         (reading at the larger N − reading at the smaller) ÷ tasks between. The bar is met where\n\
         the whole interval is at most {}× the bytes (RSS) and {}× the CPU.\n",
        format::number(SCAFFOLDING_BYTES_BAR, 2),
        format::number(SCAFFOLDING_CPU_BAR, 2)
    ));
    text.push_str(&cpu::sections(record));
    text
}

/// The figure that decides between two contestants on this machine.
pub(crate) fn deciding_figure(record: &Record) -> Figure {
    if has_full_bill(record) { Figure::Total } else { Figure::Rss }
}

/// Bytes per waiting task, by who holds them, of the series of such shapes.
pub(super) fn bill_table(record: &Record, is_wanted: fn(&Shape) -> bool) -> Table {
    let deciding = deciding_figure(record);
    let by = if deciding == Figure::Total { "full bill" } else { "RSS" };
    let mut table = Table::new([
        ("Contestant".to_owned(), Align::Left),
        ("RSS (B)".to_owned(), Align::Right),
        (PAGE_TABLES.to_owned(), Align::Right),
        ("Full bill (B)".to_owned(), Align::Right),
        (KERNEL.to_owned(), Align::Right),
        (SOCKETS.to_owned(), Align::Right),
        ("Heap (B)".to_owned(), Align::Right),
        (format!("{by} ÷ leanest"), Align::Right),
        (format!("{by} ÷ {REFERENCE}"), Align::Right),
        ("N".to_owned(), Align::Right),
        (CELLS.to_owned(), Align::Right),
    ]);
    let mut all = series(record);
    all.retain(|series| {
        is_wanted(&series.shape)
            && !series.shape.is_for_lateness()
            && !is_control(&series.contestant)
    });
    let slopes: Vec<(&Series, Option<Fit>)> =
        all.iter().map(|series| (series, fit(record, series, deciding))).collect();
    for (series, decided) in &slopes {
        let show = |figure| slope_text(fit(record, series, figure));
        let against = |base: Option<&Fit>| ratio_text(decided.as_ref(), base);
        let reference = fit(record, &reference_for(&series.shape), deciding);
        let rss = fit(record, series, Figure::Rss);
        let range = rss.as_ref().map_or_else(
            || if is_one_at_a_time(record, series) { "one at a time".into() } else { NONE.into() },
            |fit| format!("{}–{}", format::count(fit.min_tasks), format::count(fit.max_tasks)),
        );
        let cells = rss.as_ref().map_or_else(|| NONE.into(), |fit| fit.cells.to_string());
        table.push(vec![
            series.to_string(),
            slope_text(rss),
            show(Figure::RssAndPageTables),
            show(Figure::Total),
            show(Figure::Kernel),
            show(Figure::Sockets),
            show(Figure::Heap),
            against(leanest(&slopes, series)),
            against(reference.as_ref()),
            range,
            cells,
        ]);
    }
    if all.iter().any(|series| series.shape.is_http()) { table } else { table.without(&[SOCKETS]) }
}

/// What difference in bytes could have been told, after an empty line.
fn told(record: &Record, is_wanted: fn(&Shape) -> bool) -> Option<String> {
    let figure = deciding_figure(record);
    let what = if figure == Figure::Total { "the full bill" } else { "RSS" };
    detectable::of_slopes(record, what, figure, is_wanted)
}

/// The largest N that a series reached with proof, as text; the number in flight where it is less.
pub(super) fn reach_text(record: &Record, series: &Series) -> String {
    let Some(cell) = proven(record, series, Build::Timed).pop() else {
        return NONE.into();
    };
    let in_flight = cell.proof.map_or(0, |proof| proof.peak_in_flight);
    if in_flight == cell.tasks {
        format::count(cell.tasks)
    } else {
        format!("{} ({} at a time)", format::count(cell.tasks), format::count(in_flight))
    }
}

/// A slope with its interval.
pub(super) fn slope_text(fit: Option<Fit>) -> String {
    fit.map_or_else(|| NONE.into(), |fit| format::estimate(&fit.slope.estimate))
}

/// A ratio of two slopes with its interval.
pub(super) fn ratio_text(fit: Option<&Fit>, base: Option<&Fit>) -> String {
    let ratio = fit.zip(base).and_then(|(fit, base)| fit.slope.over(&base.slope));
    ratio.map_or_else(|| NONE.into(), |ratio| format::ratio(&ratio))
}

/// Whether every proven cell of a series ran one task at a time.
pub(super) fn is_one_at_a_time(record: &Record, series: &Series) -> bool {
    let cells = proven(record, series, Build::Timed);
    !cells.is_empty()
        && cells.iter().all(|cell| cell.proof.is_some_and(|proof| proof.expected_in_flight <= 1))
}

/// Why some figures are missing, one sentence each.
pub(super) fn bill_notes(record: &Record) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(note) = full_bill_note(record) {
        notes.push(note);
    }
    let counted = record.cells.iter().any(|cell| cell.build == Build::Counting && is_proven(cell));
    if !counted {
        notes.push("Heap: no cell of the counting build in this record has proof.".into());
    }
    for series in weighed_series(record) {
        if is_one_at_a_time(record, &series) {
            notes.push(format!(
                "{series} takes one task at a time: the others are queued, not waiting, so there \
                 is no weight per waiting task."
            ));
        } else if let Some(note) = small_pool_note(record, &series) {
            notes.push(note);
        }
    }
    notes
}

/// Why there is no full bill; `None` if there is one.
pub(crate) fn full_bill_note(record: &Record) -> Option<String> {
    if has_full_bill(record) {
        return None;
    }
    let host = &record.run.host;
    let reason = match (&host.cgroup_note, host.cgroup) {
        (Some(note), _) => note.clone(),
        (None, CgroupKind::None) => "no control group could be made, for no recorded reason".into(),
        (None, _) => "no cell with proof was weighed in its control group".into(),
    };
    Some(format!("Full bill: not to be had here: {reason}."))
}

/// Which cells of a pool were left out because it had fewer workers than tasks.
pub(crate) fn small_pool_note(record: &Record, series: &Series) -> Option<String> {
    let left_out: BTreeSet<u64> = proven(record, series, Build::Timed)
        .into_iter()
        .filter(|cell| !is_all_waiting(cell))
        .map(|cell| cell.tasks)
        .collect();
    if left_out.is_empty() {
        return None;
    }
    let counts: Vec<String> = left_out.into_iter().map(format::count).collect();
    Some(format!(
        "{series} at {} tasks is left out of every figure per waiting task: it had fewer places \
         than tasks, so the others were queued.",
        format::list(&counts)
    ))
}

/// The series of which something per waiting task can be said. Controls have a page of their own.
pub(super) fn weighed_series(record: &Record) -> Vec<Series> {
    let mut all = series(record);
    all.retain(|series| {
        !series.shape.is_transfer()
            && !series.shape.is_for_lateness()
            && !is_control(&series.contestant)
    });
    all
}

/// A heading and its table.
pub(super) fn section(text: &mut String, title: &str, table: &Table) {
    text.push_str(&format!("\n## {title}\n\n{}", table.markdown()));
}

fn has_full_bill(record: &Record) -> bool {
    record.cells.iter().any(|cell| {
        cell.build == Build::Timed && is_proven(cell) && Figure::Total.read(cell).is_some()
    })
}

/// The lightest of the contestants that do the same as this one, baselines left aside.
fn leanest<'a>(slopes: &'a [(&Series, Option<Fit>)], like: &Series) -> Option<&'a Fit> {
    slopes
        .iter()
        .filter(|(series, _)| series.shape == like.shape && series.model() != BASELINE)
        .filter_map(|(_, fit)| fit.as_ref())
        .filter(|fit| fit.slope.estimate.value > 0.0)
        .min_by(|a, b| a.slope.estimate.value.total_cmp(&b.slope.estimate.value))
}

fn reach_table(record: &Record) -> Table {
    let mut table = Table::new([
        ("Contestant", Align::Left),
        ("Largest N with proof", Align::Right),
        ("Wall at N", Align::Right),
        ("Limit", Align::Left),
        ("Its value", Align::Right),
        ("In use then", Align::Right),
    ]);
    for series in weighed_series(record) {
        let wall = record
            .cells
            .iter()
            .filter(|cell| cell.status == Status::Wall && Series::of(cell) == series)
            .min_by_key(|cell| cell.tasks);
        let limit = wall.and_then(|cell| cell.limit.as_ref());
        table.push(vec![
            series.to_string(),
            reach_text(record, &series),
            wall.map_or_else(|| NONE.into(), |cell| format::count(cell.tasks)),
            limit.map_or_else(|| NONE.into(), |limit| format!("`{}`", limit.name)),
            limit.map_or_else(|| NONE.into(), |limit| format::count(limit.value)),
            limit.map_or_else(
                || NONE.into(),
                |limit| {
                    let about = if limit.used_is_estimated { "≈ " } else { "" };
                    format!("{about}{}", format::count(limit.used))
                },
            ),
        ]);
    }
    table
}

fn missing_table(record: &Record) -> Table {
    let mut table = Table::new([
        ("Contestant", Align::Left),
        ("N", Align::Right),
        ("Build", Align::Left),
        ("Cells", Align::Right),
        ("Status", Align::Left),
        ("Reason", Align::Left),
    ]);
    for series in series(record) {
        let mut alike: BTreeMap<(u64, &str, &str, String), u64> = BTreeMap::new();
        for cell in &record.cells {
            if Series::of(cell) == series && !is_proven(cell) {
                let key = (cell.tasks, build_word(cell), status_word(cell), reason_of(cell));
                *alike.entry(key).or_default() += 1;
            }
        }
        for ((tasks, build, status, reason), cells) in alike {
            table.push(vec![
                series.to_string(),
                format::count(tasks),
                build.into(),
                format::count(cells),
                status.into(),
                reason,
            ]);
        }
    }
    table
}

fn build_word(cell: &Cell) -> &'static str {
    match cell.build {
        Build::Timed => "timed",
        Build::Counting => "counting",
    }
}

fn status_word(cell: &Cell) -> &'static str {
    match cell.status {
        Status::Ok => "no proof",
        Status::Wall => "wall",
        Status::Skipped => "skipped",
        Status::Failed => "failed",
    }
}

fn reason_of(cell: &Cell) -> String {
    let flaw = || cell.flaw();
    cell.reason.clone().or_else(flaw).unwrap_or_else(|| "none was recorded".into())
}

fn small_table(record: &Record) -> Table {
    let figure = deciding_figure(record);
    let all = weighed_series(record);
    let counts: BTreeSet<u64> = all
        .iter()
        .flat_map(|series| proven(record, series, Build::Timed))
        .map(|cell| cell.tasks)
        .filter(|tasks| *tasks <= SMALL_TASKS)
        .collect();
    let header = |tasks: &u64| (format!("N = {}", format::count(*tasks)), Align::Right);
    let mut columns =
        vec![("Contestant".to_owned(), Align::Left), ("idle".to_owned(), Align::Right)];
    columns.extend(counts.iter().map(header));
    let mut table = Table::new(columns);
    for series in &all {
        let cells = proven(record, series, Build::Timed);
        let one_at_a_time = is_one_at_a_time(record, series);
        let whole = |tasks: u64| {
            let at_this = cells.iter().filter(|cell| cell.tasks == tasks);
            let waiting = at_this.filter(|cell| one_at_a_time || is_all_waiting(cell));
            let values: Vec<f64> = waiting.filter_map(|cell| figure.read(cell)).collect();
            amount_text(quantile(&values, 0.5))
        };
        let idle: Vec<f64> = cells.iter().filter_map(|cell| figure.read_idle(cell)).collect();
        let label =
            if one_at_a_time { format!("{series} (one at a time)") } else { series.to_string() };
        let mut row = vec![label, amount_text(quantile(&idle, 0.5))];
        row.extend(counts.iter().map(|tasks| whole(*tasks)));
        if row[1..].iter().any(|cell| cell != NONE) {
            table.push(row);
        }
    }
    table
}

fn amount_text(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.into(), format::amount)
}

fn scaffolding_table(record: &Record) -> Table {
    let mut table = Table::new([
        ("Contestant", Align::Left),
        ("Baseline", Align::Left),
        ("N", Align::Right),
        ("Bytes ÷ baseline", Align::Right),
        ("Bar", Align::Left),
        ("CPU ÷ baseline", Align::Right),
        ("Bar", Align::Left),
    ]);
    for ours in series(record).iter().filter(|series| series.model() == "coroutines") {
        let baseline =
            Series { contestant: format!("{BASELINE}/{}", ours.name()), shape: ours.shape.clone() };
        let Some((from, to)) = two_largest_common(record, ours, &baseline) else {
            continue;
        };
        let ratio = |figure| {
            let cost = |series| added_between(record, series, figure, from, to);
            cost(ours)?.over(&cost(&baseline)?)
        };
        let bytes = ratio(Figure::Rss);
        let cpu = ratio(Figure::Cpu);
        let show = |ratio: Option<Estimate>| {
            ratio.map_or_else(|| NONE.into(), |ratio| format::ratio(&ratio))
        };
        table.push(vec![
            ours.to_string(),
            baseline.contestant.clone(),
            format!("{}–{}", format::count(from), format::count(to)),
            show(bytes),
            bar_word(bytes, SCAFFOLDING_BYTES_BAR).into(),
            show(cpu),
            bar_word(cpu, SCAFFOLDING_CPU_BAR).into(),
        ]);
    }
    table
}

fn two_largest_common(record: &Record, ours: &Series, baseline: &Series) -> Option<(u64, u64)> {
    let counts = |series| task_counts(&readings(record, series, Figure::Rss));
    let (ours, baseline) = (counts(ours), counts(baseline));
    let common: Vec<u64> = ours.intersection(&baseline).copied().collect();
    match common[..] {
        [.., from, to] => Some((from, to)),
        _ => None,
    }
}

fn added_between(
    record: &Record,
    series: &Series,
    figure: Figure,
    from: u64,
    to: u64,
) -> Option<Sampled> {
    let bootstrap = fit::bootstrap(record, series, figure);
    between(&readings(record, series, figure), from, to, bootstrap)
}

pub(super) fn bar_word(ratio: Option<Estimate>, bar: f64) -> &'static str {
    match ratio {
        None => "not measured",
        Some(ratio) if ratio.high <= bar => "met",
        Some(ratio) if ratio.low > bar => "missed",
        Some(_) => "undecided",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::synthetic::{Bill, Synthetic, asking_run, small_run};

    #[test]
    fn a_bar_is_met_only_by_the_whole_interval() {
        let ratio = |low, high| Some(Estimate { value: 1.04, low, high });
        assert_eq!(bar_word(ratio(1.03, 1.05), 1.05), "met");
        assert_eq!(bar_word(ratio(1.03, 1.06), 1.05), "undecided");
        assert_eq!(bar_word(ratio(1.06, 1.07), 1.05), "missed");
        assert_eq!(bar_word(None, 1.05), "not measured");
    }

    #[test]
    fn live_state_has_a_row_of_its_own_and_its_own_reference() {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &[1, 100], Bill::of(100))
            .line("threads/per-task", &[1, 100], Bill::of(10_000))
            .state(1_024)
            .line("coroutines/bare", &[1, 100], Bill::of(1_100))
            .line("threads/per-task", &[1, 100], Bill::of(11_000));
        let text = bill_table(&made.record(), Shape::is_timer).markdown();
        let row = text.lines().find(|line| line.contains("coroutines/bare, 1024 B state")).unwrap();
        assert!(row.contains("0.100× (0.100–0.100)"), "{row}");
    }

    #[test]
    fn requests_have_a_table_of_their_own_and_transfers_none() {
        let record = asking_run();
        insta::assert_snapshot!(bill_table(&record, Shape::is_http).markdown(), @r#"
        | Contestant                      |            RSS (B) | RSS + page tables (B) |      Full bill (B) |   of it kernel (B) | of it socket buffers (B) | Heap (B) | full bill ÷ leanest | full bill ÷ threads/per-task |       N | Cells |
        | ------------------------------- | -----------------: | --------------------: | -----------------: | -----------------: | -----------------------: | -------: | ------------------: | ---------------------------: | ------: | ----: |
        | threads/per-task, http (1024 B) | 10,000 ± 0 (0.0 %) |    10,020 ± 0 (0.0 %) | 40,000 ± 0 (0.0 %) | 30,000 ± 0 (0.0 %) |                0.0 ± 0.0 |        — |   8.16× (8.16–8.16) |            1.00× (1.00–1.00) | 1–1,000 |     9 |
        | coroutines/smol, http (1024 B)  |    900 ± 0 (0.0 %) |       902 ± 0 (0.0 %) |  4,900 ± 0 (0.0 %) |  4,000 ± 0 (0.0 %) |                0.0 ± 0.0 |        — |   1.00× (1.00–1.00) |         0.122× (0.122–0.123) | 1–5,000 |     9 |
        "#);
        assert!(bill_table(&record, Shape::is_timer).is_empty());
        assert!(!small_table(&record).markdown().contains("transfer"));
    }

    #[test]
    fn without_a_control_group_the_reason_stands_below() {
        let mut made = Synthetic::new();
        made.without_cgroup("the hierarchy is read-only");
        made.line("coroutines/bare", &[1, 100], Bill::of(100));
        let text = page(&made.record());
        assert!(text.contains("RSS ÷ leanest") && text.contains("the hierarchy is read-only"));
    }

    #[test]
    fn the_page_of_a_small_run() {
        insta::assert_snapshot!(page(&small_run()), @r#"
        <!-- Generated from record.jsonl by `compare tables`; do not edit. -->

        # What a waiting task weighs

        A figure is what one more waiting task adds: the slope over the number of tasks N,
        with ± the wider side of its interval. RSS is what the process holds itself; the full
        bill is everything its control group is charged for, kernel stacks, slab and page
        tables included. Heap is what was asked of the allocator, read in a build of its own.
        The ratios say how many times the other's weight a task has: below 1 it is lighter. N and
        cells are those of RSS; a pool has its threads when idle, so nothing idle is taken off.
        Made by `cargo bench -p compare`. Intervals hold 95 % of 2,000 bootstrap resamples.

        Machine: Example CPU, 2 cores, 24.0 GiB, Linux 6.1.0; run of 2026-01-02T03:04:05Z.

        ## Bytes per waiting task

        | Contestant            |            RSS (B) | RSS + page tables (B) |      Full bill (B) |   of it kernel (B) |        Heap (B) |  full bill ÷ leanest | full bill ÷ threads/per-task |              N | Cells |
        | --------------------- | -----------------: | --------------------: | -----------------: | -----------------: | --------------: | -------------------: | ---------------------------: | -------------: | ----: |
        | subroutine/sequential |                  — |                     — |                  — |                  — |               — |                    — |                            — |  one at a time |     — |
        | threads/per-task      | 10,000 ± 1 (0.0 %) |    10,020 ± 1 (0.0 %) | 37,000 ± 1 (0.0 %) | 27,000 ± 0 (0.0 %) |               — |       109× (109–109) |            1.00× (1.00–1.00) |       1–10,000 |    12 |
        | coroutines/smol       |    300 ± 0 (0.0 %) |       301 ± 0 (0.0 %) |    340 ± 0 (0.0 %) | 40.0 ± 0.0 (0.0 %) | 250 ± 0 (0.0 %) |    1.00× (1.00–1.00) |   0.00919× (0.00919–0.00919) |      1–100,000 |    12 |
        | baseline/smol         |    290 ± 0 (0.0 %) |       291 ± 0 (0.0 %) |    330 ± 0 (0.0 %) | 40.0 ± 0.0 (0.0 %) |               — | 0.971× (0.970–0.971) |   0.00892× (0.00892–0.00892) | 10,000–100,000 |     6 |

        subroutine/sequential takes one task at a time: the others are queued, not waiting, so there is no weight per waiting task.

        Told from noise: a difference in the full bill between two contestants of under 0.1 % (median over pairs; under 0.1 % for the worst of them, threads/per-task and coroutines/smol; pairs compared: 1).

        ## Bytes per waiting request

        There is nothing of this in the record.

        Each request waits on an open connection of its own. The full bill holds the socket as
        the client's side of the kernel keeps it; socket buffers are the part of it that holds
        bytes under way, of which there are none while all wait. The server is another process,
        and what its side of a connection weighs is not in here.

        ## Walls and reach

        | Contestant            | Largest N with proof | Wall at N | Limit           | Its value | In use then |
        | --------------------- | -------------------: | --------: | --------------- | --------: | ----------: |
        | subroutine/sequential |      4 (1 at a time) |         — | —               |         — |           — |
        | threads/per-task      |               10,000 |    40,000 | `max_map_count` |    65,530 |      65,512 |
        | coroutines/smol       |              100,000 |         — | —               |         — |           — |
        | baseline/smol         |              100,000 |         — | —               |         — |           — |

        Every cell that has no figure, with its reason:

        | Contestant       |         N | Build | Cells | Status | Reason                                    |
        | ---------------- | --------: | ----- | ----: | ------ | ----------------------------------------- |
        | threads/per-task |    40,000 | timed |     1 | wall   | thread 16,371 of 40,000 could not be made |
        | coroutines/smol  | 1,000,000 | timed |     1 | failed | killed by signal 9 \| out of memory       |

        ## Small numbers

        | Contestant                            |      idle |     N = 1 |     N = 4 |   N = 100 |  N = 1,000 |  N = 10,000 |
        | ------------------------------------- | --------: | --------: | --------: | --------: | ---------: | ----------: |
        | subroutine/sequential (one at a time) | 2,100,000 | 2,100,000 | 2,100,000 |         — |          — |           — |
        | threads/per-task                      | 2,109,000 | 2,146,000 |         — | 5,809,000 | 39,109,000 | 372,109,000 |
        | coroutines/smol                       | 2,103,000 | 2,103,340 |         — | 2,137,000 |          — |   5,503,000 |
        | baseline/smol                         | 2,103,000 |         — |         — |         — |          — |   5,403,000 |

        Bytes of the whole process, full bill, median of the repeats, at each N up to 10,000. One at a
        time means that the other tasks were queued.

        ## What our scaffolding costs

        | Contestant      | Baseline      |              N |  Bytes ÷ baseline | Bar |    CPU ÷ baseline | Bar |
        | --------------- | ------------- | -------------: | ----------------: | --- | ----------------: | --- |
        | coroutines/smol | baseline/smol | 10,000–100,000 | 1.03× (1.03–1.03) | met | 1.00× (1.00–1.00) | met |

        The same task through our contract and ledger, and written straight on the runtime, as
        (reading at the larger N − reading at the smaller) ÷ tasks between. The bar is met where
        the whole interval is at most 1.05× the bytes (RSS) and 1.15× the CPU.

        ## Start and finish

        | Contestant       |         Start (ns) |     Start CPU (ns) | Finish (ns) |    Finish CPU (ns) |
        | ---------------- | -----------------: | -----------------: | ----------: | -----------------: |
        | threads/per-task | 10,000 ± 1 (0.0 %) | 10,000 ± 1 (0.0 %) |   0.0 ± 1.2 | 10,000 ± 0 (0.0 %) |
        | coroutines/smol  |    300 ± 0 (0.0 %) |    300 ± 0 (0.0 %) |   0.0 ± 0.0 |    300 ± 0 (0.0 %) |
        | baseline/smol    |    300 ± 0 (0.0 %) |    300 ± 0 (0.0 %) |   0.0 ± 0.0 |    300 ± 0 (0.0 %) |

        Slopes per task. Start is the time from the first task's start until all were in flight;
        for requests, until the server had all of them. Finish is what is left of the whole time
        without the start and the wait: near zero where tasks end as fast as they were started,
        and below it where they end faster. Start CPU is what was used until all were in flight,
        finish CPU what was used from then on. Machine: Example CPU, 2 cores, 24.0 GiB, Linux 6.1.0; run of 2026-01-02T03:04:05Z.

        Told from noise: a difference in start cost between two contestants of under 0.1 % (median over pairs; under 0.1 % for the worst of them, threads/per-task and coroutines/smol; pairs compared: 1).

        ## CPU and switches

        | Contestant       |        User CPU (µs) | System CPU (µs) |         All CPU (µs) | Voluntary switches | Involuntary switches |             Threads |            Mappings |
        | ---------------- | -------------------: | --------------: | -------------------: | -----------------: | -------------------: | ------------------: | ------------------: |
        | threads/per-task | 20.00 ± 0.00 (0.0 %) |     0.00 ± 0.00 | 20.00 ± 0.00 (0.0 %) |        0.00 ± 0.00 |          0.00 ± 0.00 | 1.00 ± 0.00 (0.0 %) | 4.00 ± 0.00 (0.0 %) |
        | coroutines/smol  |  0.60 ± 0.00 (0.0 %) |     0.00 ± 0.00 |  0.60 ± 0.00 (0.0 %) |        0.00 ± 0.00 |          0.00 ± 0.00 |         0.00 ± 0.00 |         0.00 ± 0.00 |
        | baseline/smol    |  0.60 ± 0.00 (0.0 %) |     0.00 ± 0.00 |  0.60 ± 0.00 (0.0 %) |        0.00 ± 0.00 |          0.00 ± 0.00 |         0.00 ± 0.00 |         0.00 ± 0.00 |

        Slopes per task, from the first task's start until all were over. A switch is voluntary
        where a thread had to wait, and involuntary where another got its core. Machine: Example CPU, 2 cores, 24.0 GiB, Linux 6.1.0; run of 2026-01-02T03:04:05Z.

        Told from noise: a difference in CPU between two contestants of under 0.1 % (median over pairs; under 0.1 % for the worst of them, threads/per-task and coroutines/smol; pairs compared: 1).
        "#);
    }
}
