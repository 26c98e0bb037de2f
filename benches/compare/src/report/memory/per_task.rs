//! Bytes per waiting task, by who holds them.

use super::known::{deciding_figure, is_one_at_a_time};
use crate::fit::{Figure, Fit, Series, Shape, fit, is_control, series};
use crate::report::format::{self, NONE};
use crate::report::table::{Align, Table};
use crate::report::{BASELINE, REFERENCE, detectable, reference_for};
use record::Record;

/// The header of RSS with the page tables.
pub(in crate::report) const PAGE_TABLES: &str = "RSS + page tables (B)";

/// The header of the kernel's part.
pub(in crate::report) const KERNEL: &str = "of it kernel (B)";

/// The header of the socket buffers.
pub(in crate::report) const SOCKETS: &str = "of it socket buffers (B)";

/// The header of the number of cells.
pub(in crate::report) const CELLS: &str = "Cells";

/// Bytes per waiting task, by who holds them, of the series of such shapes.
pub(in crate::report) fn bill_table(record: &Record, is_wanted: fn(&Shape) -> bool) -> Table {
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
pub(super) fn told(record: &Record, is_wanted: fn(&Shape) -> bool) -> Option<String> {
    let figure = deciding_figure(record);
    let what = if figure == Figure::Total { "the full bill" } else { "RSS" };
    detectable::of_slopes(record, what, figure, is_wanted)
}

/// A slope with its interval.
pub(in crate::report) fn slope_text(fit: Option<Fit>) -> String {
    fit.map_or_else(|| NONE.into(), |fit| format::estimate(&fit.slope.estimate))
}

/// A ratio of two slopes with its interval.
pub(in crate::report) fn ratio_text(fit: Option<&Fit>, base: Option<&Fit>) -> String {
    let ratio = fit.zip(base).and_then(|(fit, base)| fit.slope.over(&base.slope));
    ratio.map_or_else(|| NONE.into(), |ratio| format::ratio(&ratio))
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

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::{Bill, Synthetic, asking_run};

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
    }
}
