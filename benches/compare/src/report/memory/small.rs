//! The whole process at small N, where the runtime's own weight counts.

use std::collections::BTreeSet;

use super::known::{deciding_figure, is_one_at_a_time, weighed_series};
use crate::fit::{is_all_waiting, proven, quantile};
use crate::report::format::{self, NONE};
use crate::report::table::{Align, Table};
use record::{Build, Record};

/// Up to how many tasks a process counts as small.
pub(super) const SMALL_TASKS: u64 = 10_000;

pub(super) fn table(record: &Record) -> Table {
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

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::asking_run;

    #[test]
    fn transfers_have_no_row() {
        let text = table(&asking_run()).markdown();
        assert!(text.contains("http") && !text.contains("transfer"), "{text}");
    }
}
