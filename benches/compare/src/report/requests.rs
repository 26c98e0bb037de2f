//! The part of `throughput.md` on requests: how many a second, what each costs the client in CPU,
//! and how much longer than the delay asked for it takes.

use super::format::{self, NONE};
use super::table::{Align, Table};
use super::{REFERENCE, throughput};
use crate::fit::Shape;
use record::{LatenessLine, Record};

/// The client that is written straight on a well-known HTTP library.
pub(super) const YARDSTICK: &str = "baseline/hyper";

/// The header of what the server had open at once.
pub(super) const HIGH_WATER: &str = "Open at the server";

/// The header of the median of the latency.
pub(super) const P50: &str = "Over the delay, p50";

/// What to know when reading the table.
pub(super) const READING: &str = "\
N tasks at once, each with one request over a new connection, to a server that answers after the\n\
delay. The server is another process on the same cores: a rate is what client and server do\n\
together, and CPU is the client's alone. Open at the server is the most requests that the server\n\
ever had open at once in these waves: with a delay shorter than making N connections takes, the\n\
first are answered before the last have come. Over the delay is how much later than the delay asked\n\
for the tasks of the last wave had their whole answer, from when each of them began to connect.\n";

/// Rate, CPU, ratios and latency of every contestant × delay × N.
pub(super) fn table(record: &Record) -> Table {
    let mut table = Table::new([
        ("Contestant".to_owned(), Align::Left),
        ("N".to_owned(), Align::Right),
        ("Delay".to_owned(), Align::Right),
        ("Requests per s".to_owned(), Align::Right),
        ("CPU per request (µs)".to_owned(), Align::Right),
        (format!("rate ÷ {REFERENCE}"), Align::Right),
        (format!("rate ÷ {YARDSTICK}"), Align::Right),
        (throughput::FASTEST.to_owned(), Align::Right),
        (HIGH_WATER.to_owned(), Align::Right),
        (P50.to_owned(), Align::Right),
        ("p99".to_owned(), Align::Right),
        ("Maximum".to_owned(), Align::Right),
        (throughput::SAMPLES.to_owned(), Align::Right),
    ]);
    for timed in throughput::sorted(record, Shape::is_http) {
        let late = |part: fn(&LatenessLine) -> u64| {
            let lateness = timed.lateness_ns.as_ref().map(part);
            lateness.map_or_else(|| NONE.into(), |ns| format::duration(ns as f64))
        };
        table.push(vec![
            throughput::label(timed),
            format::count(timed.tasks),
            format::duration(timed.workload.duration_ns as f64),
            throughput::rate_text(record, timed),
            throughput::cpu_text(record, timed),
            throughput::against(record, timed, REFERENCE),
            throughput::against(record, timed, YARDSTICK),
            throughput::against_fastest(record, timed),
            timed.server_high_water.map_or_else(|| NONE.into(), format::count),
            late(|lateness| lateness.p50),
            late(|lateness| lateness.p99),
            late(|lateness| lateness.max),
            format::count(timed.samples.len() as u64),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::asking_run;

    #[test]
    fn the_table_of_a_small_run() {
        insta::assert_snapshot!(table(&asking_run()).markdown(), @r#"
        | Contestant                           |      N | Delay |                                    Requests per s | CPU per request (µs) | rate ÷ threads/per-task | rate ÷ baseline/hyper |       rate ÷ fastest | Open at the server | Over the delay, p50 |    p99 | Maximum | Samples |
        | ------------------------------------ | -----: | ----: | ------------------------------------------------: | -------------------: | ----------------------: | --------------------: | -------------------: | -----------------: | ------------------: | -----: | ------: | ------: |
        | subroutine/sequential, http (1024 B) | 10,000 |  1 ms | floor: ≥ 10 s (10,000 tasks one at a time × 1 ms) |                    — |                       — |                     — |                    — |                  — |                   — |      — |       — |       0 |
        | threads/per-task, http (1024 B)      |    100 |  1 ms |                              12,346 ± 154 (1.2 %) |  0.50 ± 0.00 (0.0 %) |       1.00× (1.00–1.00) |  0.247× (0.244–0.250) | 0.259× (0.244–0.275) |                100 |              900 µs | 100 µs |  200 µs |       3 |
        | coroutines/smol, http (1024 B)       |    100 |  1 ms |                            47,619 ± 2,381 (5.0 %) |  0.50 ± 0.00 (0.0 %) |       3.86× (3.64–4.10) |  0.952× (0.909–1.000) |    1.00× (1.00–1.00) |                100 |              900 µs | 100 µs |  200 µs |       3 |
        | baseline/hyper, http (1024 B)        |    100 |  1 ms |                                50,000 ± 0 (0.0 %) |  0.50 ± 0.00 (0.0 %) |       4.05× (4.00–4.10) |     1.00× (1.00–1.00) |    1.05× (1.00–1.10) |                100 |              900 µs | 100 µs |  200 µs |       3 |
        "#);
    }
}
