//! The part of `throughput.md` on transfers: how long bodies take through a server with a rate
//! limit, against bytes ÷ limit.

use super::detectable::{self, Entry};
use super::format::{self, NONE};
use super::table::{Align, Table};
use crate::fit::{Asked, Bootstrap, Sampled, Series, is_compared, median, proven, series};
use record::{Build, Cell, Record};

/// What to know when reading the table.
pub(super) const READING: &str = "\
Bodies through a server that sends no more than the limit over all of them together. The least time\n\
is bytes ÷ limit; no way of waiting can be faster, and one that waits well is hardly slower.\n";

/// The median time of these cells against the least, of every contestant × transfer.
pub(super) fn table(record: &Record) -> Table {
    let mut table = Table::new([
        ("Contestant", Align::Left),
        ("Bodies", Align::Right),
        ("Each (B)", Align::Right),
        ("Limit (B/s)", Align::Right),
        ("Least time", Align::Right),
        ("Time ÷ least", Align::Right),
        ("Cells", Align::Right),
    ]);
    for transfer in transfers(record) {
        table.push(vec![
            transfer.series.contestant.clone(),
            format::count(transfer.bodies),
            format::count(transfer.asked.bytes),
            transfer.asked.rate_limit.map_or_else(|| NONE.into(), format::count),
            format::duration(transfer.least_ns),
            transfer.ratio.map_or_else(|| NONE.into(), |ratio| format::ratio(&ratio.estimate)),
            transfer.cells.to_string(),
        ]);
    }
    table
}

/// What difference in time could have been told, after an empty line.
pub(super) fn told(record: &Record) -> Option<String> {
    let entries: Vec<Entry> = transfers(record)
        .into_iter()
        .filter(|transfer| is_compared(&transfer.series.contestant))
        .map(|transfer| Entry {
            name: transfer.series.contestant,
            did: format!("{} × {}", transfer.bodies, transfer.series.shape),
            figure: transfer.ratio,
        })
        .collect();
    detectable::sentence("time", &entries)
}

/// The cells of one contestant that sent the same bodies through the same limit.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    /// Who, and what.
    pub(crate) series: Series,
    /// What each answer was asked to be.
    pub(crate) asked: Asked,
    /// How many bodies.
    pub(crate) bodies: u64,
    /// bytes ÷ limit.
    pub(crate) least_ns: f64,
    /// The median of time ÷ least time.
    pub(crate) ratio: Option<Sampled>,
    /// How many cells.
    pub(crate) cells: usize,
}

/// All transfers of this record that have proof.
pub(crate) fn transfers(record: &Record) -> Vec<Transfer> {
    let mut transfers = Vec::new();
    for series in series(record).into_iter().filter(|series| series.shape.is_transfer()) {
        let Some(asked) = series.shape.asked.clone() else { continue };
        let cells = proven(record, &series, Build::Timed);
        let mut counts: Vec<u64> = cells.iter().map(|cell| cell.tasks).collect();
        counts.dedup();
        for tasks in counts {
            let cells: Vec<&Cell> =
                cells.iter().copied().filter(|cell| cell.tasks == tasks).collect();
            let bodies = tasks * u64::from(series.shape.waits_per_task);
            let Some(limit) = asked.rate_limit.filter(|limit| *limit > 0) else { continue };
            let least_ns = bodies as f64 * asked.bytes as f64 / limit as f64 * 1e9;
            let ratios: Vec<f64> = cells
                .iter()
                .filter_map(|cell| Some(cell.time?.wall_ns as f64 / least_ns))
                .filter(|ratio| ratio.is_finite())
                .collect();
            let names = [series.to_string(), tasks.to_string(), "transfer".into()];
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            transfers.push(Transfer {
                series: series.clone(),
                asked: asked.clone(),
                bodies,
                least_ns,
                ratio: median(&ratios, Bootstrap::new(record.run.seed, &names)),
                cells: cells.len(),
            });
        }
    }
    transfers
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::asking_run;

    #[test]
    fn the_table_of_a_small_run() {
        insta::assert_snapshot!(table(&asking_run()).markdown(), @r#"
        | Contestant            | Bodies | Each (B) |   Limit (B/s) | Least time |      Time ÷ least | Cells |
        | --------------------- | -----: | -------: | ------------: | ---------: | ----------------: | ----: |
        | subroutine/sequential |     16 |   65,536 | 1,048,576,000 |       1 ms | 1.01× (1.01–1.01) |     3 |
        | coroutines/smol       |     16 |   65,536 | 1,048,576,000 |       1 ms | 1.01× (1.01–1.01) |     3 |
        "#);
    }
}
