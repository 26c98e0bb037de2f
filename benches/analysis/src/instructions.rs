//! How many instructions one more wait and one more request take in user code.

use std::collections::HashSet;

use record::{Instructions, Record, Run};

use crate::context::Context;
use crate::estimate::Estimate;
use crate::reading::Spread;
use crate::series::Series;

/// What repeats within this part of itself can be relied on.
pub const WITHIN: f64 = 0.02;

/// What repeats only within more than this part of itself is no figure.
const NO_FIGURE: f64 = 0.5;

/// One contestant in one kind of work.
#[derive(Clone, Debug, PartialEq)]
pub struct InstructionRow {
    /// The contestant and what its tasks do.
    pub series: Series,
    /// What one more task takes: the median of the repeats, and the least and the most of them.
    pub per_task: Option<Estimate>,
    /// Half of what lies between the least and the most, as a part of the median.
    pub spread: Option<f64>,
    /// How many times the least of the compared contestants in the same kind of work.
    pub over_least: Option<f64>,
    /// Why nothing was counted, where nothing was. It is foreign text.
    pub reason: Option<String>,
    /// What counted, with its version.
    pub tool: Option<String>,
}

impl InstructionRow {
    /// Whether the repeats are near enough to each other for their median to be a figure.
    pub fn is_figure(&self) -> bool {
        self.spread.is_some_and(|spread| spread <= NO_FIGURE)
    }

    /// Whether the repeats lie within [`WITHIN`] of the median.
    pub fn is_repeated(&self) -> bool {
        self.spread.is_some_and(|spread| spread <= WITHIN)
    }

    fn of(run: &Run, line: &Instructions) -> Self {
        let spread = Spread::of(&line.per_task());
        let known = spread.filter(|of| of.median > 0.0);
        Self {
            series: Series::of_work(run, &line.contestant, &line.workload),
            per_task: spread.map(|of| of.estimate()),
            spread: known.map(|of| (of.most - of.least) / 2.0 / of.median),
            over_least: None,
            reason: line.flaw().or_else(|| line.reason.clone()),
            tool: line.tool.clone(),
        }
    }
}

/// A row for each line, by what is waited for; of a contestant that stands twice the first.
pub(crate) fn of(context: &Context<'_>) -> Vec<InstructionRow> {
    let mut seen = HashSet::new();
    let Record { run, instructions, .. } = context.record;
    let mut rows: Vec<_> = instructions.iter().map(|line| InstructionRow::of(run, line)).collect();
    rows.retain(|row| seen.insert(row.series.clone()));
    let key = |row: &InstructionRow| (row.series.shape.wait.clone(), row.series.contestant.clone());
    rows.sort_by_cached_key(key);
    for alike in rows.chunk_by_mut(|one, next| one.series.shape.wait == next.series.shape.wait) {
        let value =
            |row: &InstructionRow| row.per_task.map(|of| of.value).filter(|_| row.is_figure());
        let compared = alike.iter().filter(|row| row.series.contestant.is_compared());
        let least = compared.filter_map(value).min_by(f64::total_cmp);
        for row in alike {
            row.over_least = value(row).zip(least).map(|(of, least)| of / least);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use record::synthetic::Synthetic;
    use record::{Record, Status};

    use super::*;

    fn rows(record: &Record) -> Vec<InstructionRow> {
        of(&Context::of(record))
    }

    #[test]
    fn a_figure_is_the_median_and_is_held_against_the_least() {
        let mut made = Synthetic::new();
        made.counted("coroutines/tokio", &[3_700.0, 3_900.0, 3_800.0]);
        made.counted("baseline/bare", &[900.0; 3]).counted("coroutines/bare", &[1_000.0; 3]);
        made.asking(1_024, None).counted("coroutines/tokio", &[20_000.0; 3]);
        let rows = rows(&made.record());
        let of = |id: &str, is_request| {
            rows.iter()
                .find(|row| {
                    let Series { contestant, shape, .. } = &row.series;
                    contestant.as_str() == id && shape.is_http() == is_request
                })
                .unwrap()
        };
        let tokio = of("coroutines/tokio", false);
        assert_eq!(tokio.per_task, Some(Estimate { value: 3_800.0, low: 3_700.0, high: 3_900.0 }));
        assert!((tokio.spread.unwrap() - 100.0 / 3_800.0).abs() < 1e-9 && !tokio.is_repeated());
        assert!((tokio.over_least.unwrap() - 3.8).abs() < 1e-9);
        // What is not compared is no least.
        assert!((of("baseline/bare", false).over_least.unwrap() - 0.9).abs() < 1e-9);
        let request = of("coroutines/tokio", true);
        assert!(request.is_repeated() && request.over_least == Some(1.0));
        assert!(rows.last().unwrap().series.shape.is_http());
    }

    #[test]
    fn what_was_not_counted_has_its_reason_and_no_figure() {
        let mut made = Synthetic::new();
        made.counted("coroutines/bare", &[1.0]).counted("coroutines/bare", &[2.0]);
        made.counted("coroutines/smol", &[3.0]).counted("coroutines/tokio", &[]);
        let mut record = made.record();
        let skipped = &mut record.instructions[2];
        skipped.status = Status::Skipped;
        skipped.reason = Some("valgrind is not installed".into());
        let rows = rows(&record);
        assert_eq!(rows.len(), 3);
        let reasons: Vec<_> = rows.iter().map(|row| row.reason.as_deref()).collect();
        let said = [Some("nothing was counted"), Some("valgrind is not installed"), None];
        assert!(said.iter().all(|reason| reasons.contains(reason)), "{reasons:?}");
        assert_eq!(rows.iter().filter(|row| row.per_task.is_some()).count(), 1);
    }

    /// Totals that fall, or are too large for any machine, make a figure that is shown and divides nothing.
    #[test]
    fn absurd_totals_divide_nothing() {
        let mut made = Synthetic::new();
        made.counted("coroutines/bare", &[1.0]).counted("coroutines/smol", &[1.0]);
        let mut record = made.record();
        record.instructions[0].repeats = vec![[u64::MAX, 0]];
        record.instructions[1].repeats = vec![[0, u64::MAX]];
        let rows = rows(&record);
        assert_eq!((rows[0].over_least, rows[0].spread).0.or(rows[1].over_least), Some(1.0));
    }
}
