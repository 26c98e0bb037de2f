//! What our scaffolding costs, against the same task written straight on its runtime.

use crate::fit::{self, Estimate, Figure, Sampled, Series, between, readings, series, task_counts};
use crate::report::BASELINE;
use crate::report::format::{self, NONE};
use crate::report::table::{Align, Table};
use record::Record;

/// How many times the bytes of a task written straight on its runtime ours may take.
pub(super) const BYTES_BAR: f64 = 1.05;

/// How many times its CPU ours may take.
pub(super) const CPU_BAR: f64 = 1.15;

pub(super) fn table(record: &Record) -> Table {
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
            bar_word(bytes, BYTES_BAR).into(),
            show(cpu),
            bar_word(cpu, CPU_BAR).into(),
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

pub(in crate::report) fn bar_word(ratio: Option<Estimate>, bar: f64) -> &'static str {
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

    #[test]
    fn a_bar_is_met_only_by_the_whole_interval() {
        let ratio = |low, high| Some(Estimate { value: 1.04, low, high });
        assert_eq!(bar_word(ratio(1.03, 1.05), 1.05), "met");
        assert_eq!(bar_word(ratio(1.03, 1.06), 1.05), "undecided");
        assert_eq!(bar_word(ratio(1.06, 1.07), 1.05), "missed");
        assert_eq!(bar_word(None, 1.05), "not measured");
    }
}
