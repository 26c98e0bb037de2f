//! How long bodies take through a server with a rate limit, against bytes ÷ limit.

use crate::context::Context;
use crate::estimate::{Estimate, median};
use crate::series::Series;

/// The cells of one contestant in which the same bodies came through the same limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Transfer {
    /// The contestant, and what was asked.
    pub series: Series,
    /// How many bodies.
    pub bodies: u64,
    /// How many bytes each has.
    pub bytes: u64,
    /// What the server sends of all of them together, in bytes per second.
    pub limit: u64,
    /// The least time in nanoseconds: bytes ÷ limit.
    pub least_ns: f64,
    /// The median of time ÷ least time, without a unit; `None` where no cell has a time.
    pub over_least: Option<Estimate>,
    /// How many cells.
    pub cells: usize,
}

/// The transfers of this record that have proof.
pub(crate) fn of(context: &Context<'_>) -> Vec<Transfer> {
    let mut transfers = Vec::new();
    for (series, cells) in context.index.iter().filter(|(series, _)| series.shape.is_transfer()) {
        let Some(asked) = &series.shape.asked else { continue };
        let Some(limit) = asked.rate_limit.filter(|limit| *limit > 0) else { continue };
        for cells in cells.timed.chunk_by(|a, b| a.tasks == b.tasks) {
            let tasks = cells[0].tasks;
            let bodies = tasks.saturating_mul(u64::from(series.shape.waits_per_task));
            let least_ns = bodies as f64 * asked.bytes as f64 / limit as f64 * 1e9;
            let ratios = cells.iter().filter_map(|cell| Some(cell.time?.wall_ns as f64 / least_ns));
            let over_least: Vec<f64> = ratios.filter(|ratio| ratio.is_finite()).collect();
            let names = [&*series.key(), &tasks.to_string(), "transfer"];
            let over_least = median(&over_least, context.bootstrap(&names));
            transfers.push(Transfer {
                series: series.clone(),
                bodies,
                bytes: asked.bytes,
                limit,
                least_ns,
                over_least: over_least.map(|ratio| ratio.estimate),
                cells: cells.len(),
            });
        }
    }
    transfers
}

#[cfg(test)]
mod tests {
    use record::synthetic::asking_run;

    use super::*;

    #[test]
    fn a_transfer_is_held_against_bytes_over_limit() {
        let mut record = asking_run();
        let found = of(&Context::of(&record));
        let names: Vec<&str> =
            found.iter().map(|transfer| transfer.series.contestant.name()).collect();
        assert_eq!(names, ["sequential", "smol"]);
        let smol = &found[1];
        assert_eq!(
            (smol.bodies, smol.bytes, smol.limit, smol.cells),
            (16, 65_536, 1_048_576_000, 3)
        );
        assert!((smol.least_ns - 1e6).abs() < 1e-6);
        assert!((smol.over_least.unwrap().value - 1.0144).abs() < 1e-6);
        for cell in &mut record.cells {
            cell.time = None;
        }
        assert!(of(&Context::of(&record)).iter().all(|transfer| transfer.over_least.is_none()));
    }
}
