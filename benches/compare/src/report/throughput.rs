//! `throughput.md`: how many tasks a second, and what each costs in CPU.

use super::detectable::{self, Entry};
use super::format::{self, NONE};
use super::table::{Align, Table};
use super::{REFERENCE, bandwidth, page_head, requests};
use crate::fit::{Bootstrap, Sampled, Shape, contestant_order, is_compared, median};
use record::{Record, Sample, Status, Throughput, WorkloadLine};

/// The header of the ratio to the fastest.
pub(super) const FASTEST: &str = "rate ÷ fastest";

/// The header of the arithmetic floor.
pub(super) const FLOOR: &str = "Least time of a wave";

/// The header of the number of samples.
pub(super) const SAMPLES: &str = "Samples";

/// The whole page.
pub(super) fn page(record: &Record) -> String {
    let mut text = page_head(
        record,
        "How many tasks a second",
        &[
            "Waves of N tasks on a runtime that is already running: every task waits, then returns".into(),
            "its sum. A rate is the median of the samples, with ± the wider side of its interval.".into(),
            "The least time of a wave is what its waits take at the contestant's ceiling; where that".into(),
            "alone was too long, the wave was not run and the floor stands in its place.".into(),
            "The ratios say how many times the other's rate a contestant has: above 1 it is faster.".into(),
        ],
    );
    text.push_str(&format!("\n## Tasks per second\n\n{}", table(record).markdown()));
    text.extend(told(record, "tasks per second", Shape::is_timer));
    text.push_str(&format!("\n## Requests per second\n\n{}", requests::table(record).markdown()));
    text.push_str(&format!("\n{}", requests::READING));
    text.extend(told(record, "requests per second", Shape::is_http));
    text.push_str(&format!("\n## Bandwidth\n\n{}", bandwidth::table(record).markdown()));
    text.push_str(&format!("\n{}", bandwidth::READING));
    text.extend(bandwidth::told(record));
    text.push_str(
        "\nProof: every wave in every sample was checked when it was over: all of its tasks had\n\
         completed and their sums were right, and where they asked a server, that had answered all\n\
         of them. A row without that is a failure and has no rate.\n",
    );
    text
}

/// What difference in the rate could have been told, after an empty line.
fn told(record: &Record, what: &str, is_wanted: fn(&Shape) -> bool) -> Option<String> {
    let entries: Vec<Entry> = sorted(record, is_wanted)
        .into_iter()
        .filter(|timed| is_compared(&timed.contestant))
        .map(|timed| Entry {
            figure: rate(record, timed),
            did: format!("{} × {:?}", timed.tasks, timed.workload),
            name: format!("{} × {}", label(timed), format::count(timed.tasks)),
        })
        .collect();
    detectable::sentence(what, &entries)
}

/// Rate, CPU and ratios of every timed contestant × workload × N.
pub(super) fn table(record: &Record) -> Table {
    let mut table = Table::new([
        ("Contestant".to_owned(), Align::Left),
        ("N".to_owned(), Align::Right),
        ("Tasks per s".to_owned(), Align::Right),
        ("CPU per task (µs)".to_owned(), Align::Right),
        (format!("rate ÷ {REFERENCE}"), Align::Right),
        (FASTEST.to_owned(), Align::Right),
        (FLOOR.to_owned(), Align::Right),
        (SAMPLES.to_owned(), Align::Right),
    ]);
    for timed in sorted(record, Shape::is_timer) {
        table.push(vec![
            label(timed),
            format::count(timed.tasks),
            rate_text(record, timed),
            cpu_text(record, timed),
            against(record, timed, REFERENCE),
            against_fastest(record, timed),
            format::duration(timed.floor_ns as f64),
            format::count(timed.samples.len() as u64),
        ]);
    }
    table
}

/// The rate of a row in tasks per second, or why it has none.
pub(super) fn rate_text(record: &Record, timed: &Throughput) -> String {
    let reason = || timed.reason.as_deref().unwrap_or("no reason was recorded");
    match timed.status {
        Status::Ok => {
            rate(record, timed).map_or_else(|| NONE.into(), |rate| format::estimate(&rate.estimate))
        }
        Status::Skipped => floor_text(timed),
        Status::Wall => format!("wall: {}", reason()),
        Status::Failed => format!("failed: {}", reason()),
    }
}

/// User and system CPU per task in µs.
pub(super) fn cpu_text(record: &Record, timed: &Throughput) -> String {
    let cpu = median_of(record, timed, "cpu", &cpus(timed));
    cpu.map_or_else(|| NONE.into(), |cpu| format::estimate_fine(&cpu.estimate))
}

/// Tasks per second, sample by sample; none for a row that did not end well.
pub(crate) fn rates(timed: &Throughput) -> Vec<f64> {
    per_sample(timed, |tasks, sample| {
        (sample.elapsed_ns > 0).then(|| tasks / (sample.elapsed_ns as f64 / 1e9))
    })
}

/// User and system CPU per task in µs, sample by sample; none for a row that did not end well.
pub(crate) fn cpus(timed: &Throughput) -> Vec<f64> {
    per_sample(timed, |tasks, sample| (tasks > 0.0).then(|| sample.cpu_ns as f64 / 1e3 / tasks))
}

/// A row's rate divided by what this contestant had in the same.
pub(super) fn against(record: &Record, timed: &Throughput, contestant: &str) -> String {
    let base = alike(record, timed).find(|other| other.contestant == contestant);
    ratio_text(rate(record, timed), base.and_then(|base| rate(record, base)))
}

/// A row's rate divided by that of the fastest in the same, baselines left aside.
pub(super) fn against_fastest(record: &Record, timed: &Throughput) -> String {
    let fastest = alike(record, timed)
        .filter(|other| is_compared(&other.contestant))
        .filter_map(|other| rate(record, other))
        .max_by(|a, b| a.estimate.value.total_cmp(&b.estimate.value));
    ratio_text(rate(record, timed), fastest)
}

fn ratio_text(rate: Option<Sampled>, base: Option<Sampled>) -> String {
    let ratio = rate.zip(base).and_then(|(rate, base)| rate.over(&base));
    ratio.map_or_else(|| NONE.into(), |ratio| format::ratio(&ratio))
}

/// The rows of such shapes by contestant and N, in the order of the models.
pub(super) fn sorted(record: &Record, is_wanted: fn(&Shape) -> bool) -> Vec<&Throughput> {
    let mut rows: Vec<&Throughput> =
        record.throughput.iter().filter(|timed| is_wanted(&Shape::of(&timed.workload))).collect();
    rows.sort_by(|a, b| {
        contestant_order(&a.contestant, &b.contestant)
            .then_with(|| Shape::of(&a.workload).cmp(&Shape::of(&b.workload)))
            .then(a.workload.duration_ns.cmp(&b.workload.duration_ns))
            .then(a.tasks.cmp(&b.tasks))
            .then(a.pool_workers.cmp(&b.pool_workers))
    });
    rows
}

fn rate(record: &Record, timed: &Throughput) -> Option<Sampled> {
    median_of(record, timed, "rate", &rates(timed))
}

fn median_of(record: &Record, timed: &Throughput, figure: &str, values: &[f64]) -> Option<Sampled> {
    let names = [&label(timed), &timed.tasks.to_string(), figure];
    median(values, Bootstrap::new(record.run.seed, &names))
}

fn per_sample(timed: &Throughput, read: impl Fn(f64, &Sample) -> Option<f64>) -> Vec<f64> {
    let samples = timed.samples.iter().filter(|_| timed.status == Status::Ok);
    samples.filter_map(|sample| read(timed.tasks as f64 * sample.waves as f64, sample)).collect()
}

/// The rows that do the same, so that their rates may be divided.
fn alike<'a>(record: &'a Record, timed: &Throughput) -> impl Iterator<Item = &'a Throughput> {
    let (tasks, workload) = (timed.tasks, timed.workload.clone());
    record.throughput.iter().filter(move |other| other.tasks == tasks && other.workload == workload)
}

/// The contestant, with whatever sets its workload apart.
pub(crate) fn label(timed: &Throughput) -> String {
    let shape = Shape::of(&timed.workload);
    let workers = timed.pool_workers.map_or_else(String::new, |workers| {
        format!(", {} workers", format::count(u64::from(workers)))
    });
    format!("{}{shape}{workers}", timed.contestant)
}

/// Why a wave was not run: the least time it takes, and the sum behind it.
fn floor_text(timed: &Throughput) -> String {
    let WorkloadLine { duration_ns, waits_per_task, .. } = timed.workload;
    let waits = timed.tasks.saturating_mul(u64::from(waits_per_task));
    let in_turn = waits as f64 * duration_ns as f64;
    if timed.floor_ns == 0 {
        let reason = timed.reason.as_deref().unwrap_or("no reason was recorded");
        return format!("skipped: {reason}");
    }
    let ceiling = (in_turn / timed.floor_ns as f64).round() as u64;
    let at_a_time = if ceiling <= 1 { "one".to_owned() } else { format::count(ceiling) };
    let times = if waits_per_task == 1 { String::new() } else { format!("{waits_per_task} × ") };
    format!(
        "floor: ≥ {} ({} tasks {at_a_time} at a time × {times}{})",
        format::duration(timed.floor_ns as f64),
        format::count(timed.tasks),
        format::duration(duration_ns as f64)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::{Synthetic, small_run};

    #[test]
    fn a_wave_that_was_not_run_shows_its_floor() {
        let mut made = Synthetic::new();
        made.floor("subroutine/sequential", 10_000);
        let record = made.record();
        assert_eq!(
            rate_text(&record, &record.throughput[0]),
            "floor: ≥ 10 s (10,000 tasks one at a time × 1 ms)"
        );
    }

    #[test]
    fn a_failure_has_its_reason_and_no_rate() {
        let mut made = Synthetic::new();
        made.timed("threads/per-task", 100, &[1_000_000; 3]);
        made.timed("coroutines/bare", 100, &[1_000_000; 3]);
        let mut record = made.record();
        record.throughput[0].status = Status::Failed;
        record.throughput[0].reason = Some("3 of 100 tasks completed".into());
        let text = table(&record).markdown();
        assert!(text.contains("failed: 3 of 100 tasks completed"));
        let bare = text.lines().find(|line| line.contains("bare")).unwrap();
        assert!(bare.contains("100,000 ± 0"), "{bare}");
        assert!(bare.contains(NONE), "no ratio to a failure: {bare}");
    }

    #[test]
    fn the_page_of_a_small_run() {
        insta::assert_snapshot!(page(&small_run()), @r#"
        <!-- Generated from record.jsonl by `compare tables`; do not edit. -->

        # How many tasks a second

        Waves of N tasks on a runtime that is already running: every task waits, then returns
        its sum. A rate is the median of the samples, with ± the wider side of its interval.
        The least time of a wave is what its waits take at the contestant's ceiling; where that
        alone was too long, the wave was not run and the floor stands in its place.
        The ratios say how many times the other's rate a contestant has: above 1 it is faster.
        Made by `cargo bench -p compare`. Intervals hold 95 % of 2,000 bootstrap resamples.

        Machine: Example CPU, 2 cores, 24.0 GiB, Linux 6.1.0; run of 2026-01-02T03:04:05Z.

        ## Tasks per second

        | Contestant            |      N |                                       Tasks per s |   CPU per task (µs) | rate ÷ threads/per-task |       rate ÷ fastest | Least time of a wave | Samples |
        | --------------------- | -----: | ------------------------------------------------: | ------------------: | ----------------------: | -------------------: | -------------------: | ------: |
        | subroutine/sequential | 10,000 | floor: ≥ 10 s (10,000 tasks one at a time × 1 ms) |                   — |                       — |                    — |                 10 s |       0 |
        | threads/per-task      |    100 |                              24,390 ± 610 (2.5 %) | 0.50 ± 0.00 (0.0 %) |       1.00× (1.00–1.00) | 0.268× (0.260–0.280) |                 1 ms |       3 |
        | coroutines/smol       |    100 |                            90,909 ± 1,623 (1.8 %) | 0.50 ± 0.00 (0.0 %) |       3.73× (3.57–3.85) |    1.00× (1.00–1.00) |                 1 ms |       3 |

        Told from noise: a difference in tasks per second between two contestants of 4.4 % (median over pairs; 4.4 % for the worst of them, threads/per-task × 100 and coroutines/smol × 100; pairs compared: 1).

        ## Requests per second

        There is nothing of this in the record.

        N tasks at once, each with one request over a new connection, to a server that answers after the
        delay. The server is another process on the same cores: a rate is what client and server do
        together, and CPU is the client's alone. Open at the server is the most requests that the server
        ever had open at once in these waves: with a delay shorter than making N connections takes, the
        first are answered before the last have come. Over the delay is how much later than the delay asked
        for the tasks of the last wave had their whole answer, from when each of them began to connect.

        ## Bandwidth

        There is nothing of this in the record.

        Bodies through a server that sends no more than the limit over all of them together. The least time
        is bytes ÷ limit; no way of waiting can be faster, and one that waits well is hardly slower.

        Proof: every wave in every sample was checked when it was over: all of its tasks had
        completed and their sums were right, and where they asked a server, that had answered all
        of them. A row without that is a failure and has no rate.
        "#);
    }
}
