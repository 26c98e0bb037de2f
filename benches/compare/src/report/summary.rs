//! The block of the README: the answer first, then one table, then the machine.

use super::format::{self, NONE};
use super::table::{Align, Table};
use super::{REFERENCE, cautions, machine_line, memory, reference_for, throughput};
use crate::claims;
use crate::fit::{Figure, Shape, fit, is_compared, series};
use record::{Record, Status, Throughput};

/// The verdict on coroutines and threads, one table, and the machine, in Markdown.
pub fn summary(record: &Record) -> String {
    let mut text = format!("{}\n", claims::lighter::in_plain_words(record));
    for caution in cautions(record) {
        text.push_str(&format!("\n**{caution}**\n"));
    }
    text.push_str(&format!("\n{}", table(record).markdown()));
    if let Some(note) = memory::full_bill_note(record) {
        text.push_str(&format!("\n{note}\n"));
    }
    text.push_str(&format!("\n{}\n", machine_line(record)));
    text
}

fn table(record: &Record) -> Table {
    let deciding = memory::deciding_figure(record);
    let timed_tasks = busiest(record);
    let rate_header = timed_tasks.map_or_else(
        || "Tasks per s".to_owned(),
        |tasks| format!("Tasks per s (N = {})", format::count(tasks)),
    );
    let mut table = Table::new([
        ("Contestant".to_owned(), Align::Left),
        ("Full bill per waiting task (B)".to_owned(), Align::Right),
        ("RSS (B)".to_owned(), Align::Right),
        (format!("÷ {REFERENCE}"), Align::Right),
        (rate_header, Align::Right),
        ("Largest N with proof".to_owned(), Align::Right),
    ]);
    let all = series(record);
    for series in
        all.iter().filter(|series| series.shape.is_plain() && is_compared(&series.contestant))
    {
        let own = fit(record, series, deciding);
        let reference = fit(record, &reference_for(&series.shape), deciding);
        let bytes = |figure| {
            if memory::is_one_at_a_time(record, series) {
                return "one at a time".into();
            }
            memory::slope_text(fit(record, series, figure))
        };
        table.push(vec![
            series.to_string(),
            bytes(Figure::Total),
            bytes(Figure::Rss),
            memory::ratio_text(own.as_ref(), reference.as_ref()),
            rate_of(record, &series.contestant, timed_tasks),
            memory::reach_text(record, series),
        ]);
    }
    table
}

/// The largest N at which any rate was measured.
fn busiest(record: &Record) -> Option<u64> {
    plain_rows(record).filter(|timed| timed.status == Status::Ok).map(|timed| timed.tasks).max()
}

fn rate_of(record: &Record, contestant: &str, tasks: Option<u64>) -> String {
    plain_rows(record)
        .find(|timed| timed.contestant == contestant && Some(timed.tasks) == tasks)
        .map_or_else(|| NONE.into(), |timed| throughput::rate_text(record, timed))
}

fn plain_rows(record: &Record) -> impl Iterator<Item = &Throughput> {
    throughput::sorted(record, Shape::is_plain).into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::small_run;

    #[test]
    fn the_summary_of_a_small_run() {
        insta::assert_snapshot!(summary(&small_run()), @r#"
        “Coroutines are lighter than threads” holds in everything that was measured. A waiting coroutine weighs 0.00919× to 0.00919× (full bill; pairs compared: 1) what a waiting thread does.

        | Contestant            | Full bill per waiting task (B) |            RSS (B) |         ÷ threads/per-task |  Tasks per s (N = 100) | Largest N with proof |
        | --------------------- | -----------------------------: | -----------------: | -------------------------: | ---------------------: | -------------------: |
        | subroutine/sequential |                  one at a time |      one at a time |                          — |                      — |      4 (1 at a time) |
        | threads/per-task      |             37,000 ± 1 (0.0 %) | 10,000 ± 1 (0.0 %) |          1.00× (1.00–1.00) |   24,390 ± 610 (2.5 %) |               10,000 |
        | coroutines/smol       |                340 ± 0 (0.0 %) |    300 ± 0 (0.0 %) | 0.00919× (0.00919–0.00919) | 90,909 ± 1,623 (1.8 %) |              100,000 |

        Machine: Example CPU, 2 cores, 24.0 GiB, Linux 6.1.0; run of 2026-01-02T03:04:05Z.
        "#);
    }
}
