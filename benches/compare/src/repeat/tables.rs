//! The comparison of runs as tables, and for a terminal.

use super::Comparison;
use crate::fit::Estimate;
use crate::report::format::{self, NONE};
use crate::report::table::{Align, Table};

impl Comparison {
    /// The slopes as a table for a terminal of so many columns, and a line for each bar; then the
    /// same for lateness. What no run has is left out, as long as the others have something.
    pub fn terminal(&self, width: Option<u16>) -> String {
        let mut text = String::new();
        if !self.rows.is_empty() {
            let table = self.slope_table().terminal(width);
            text.push_str(&format!("{table}\n\n{NOTE}\n\n"));
        }
        if !self.rows.is_empty() || self.lateness.is_empty() {
            for bar in self.bars() {
                text.push_str(&format!("{}: {}: {}\n", bar.bar, bar.word(), bar.finding));
            }
        }
        if !self.lateness.is_empty() {
            let gap = if text.is_empty() { "" } else { "\n" };
            let table = self.lateness_table().terminal(width);
            text.push_str(&format!("{gap}{table}\n\n{LATENESS_NOTE}\n\n"));
            text.push_str(&self.lateness_in_words());
        }
        text.truncate(text.trim_end().len());
        text
    }

    pub(crate) fn slope_table(&self) -> Table {
        let first = [("Contestant".to_owned(), Align::Left), ("Slope of".to_owned(), Align::Left)];
        let rows = self.rows.iter().map(|row| {
            let first = vec![row.subject.clone(), row.figure.into()];
            (first, &row.slopes[..], vec![part_text(row.off_median), part_text(row.apart)])
        });
        let last =
            [("Off the median".to_owned(), Align::Right), ("Apart".to_owned(), Align::Right)];
        self.table(&first, &last, rows)
    }

    pub(crate) fn lateness_table(&self) -> Table {
        let first = [
            ("Contestant".to_owned(), Align::Left),
            ("Figure".to_owned(), Align::Left),
            ("N".to_owned(), Align::Right),
        ];
        let rows = self.lateness.iter().map(|late| {
            let first = vec![late.subject.clone(), late.figure.into(), format::count(late.tasks)];
            let moved = match late.moved {
                Some(true) => "moved",
                Some(false) => "within noise",
                None => "cannot be told",
            };
            let last = vec![part_text(late.off_median), part_text(late.apart), moved.to_owned()];
            (first, &late.medians[..], last)
        });
        let last = [
            ("Off the median".to_owned(), Align::Right),
            ("Apart".to_owned(), Align::Right),
            ("By its repeats".to_owned(), Align::Left),
        ];
        self.table(&first, &last, rows)
    }

    /// A table with a column for each run between these.
    fn table<'a>(
        &self,
        first: &[(String, Align)],
        last: &[(String, Align)],
        rows: impl Iterator<Item = (Vec<String>, &'a [Estimate], Vec<String>)>,
    ) -> Table {
        let runs = (1..=self.runs).map(|run| (format!("Run {run}"), Align::Right));
        let mut table = Table::new(first.iter().cloned().chain(runs).chain(last.iter().cloned()));
        for (first, runs, last) in rows {
            let runs = runs.iter().map(|run| format::amount(run.value));
            table.push(first.into_iter().chain(runs).chain(last).collect());
        }
        table
    }

    pub(crate) fn lateness_in_words(&self) -> String {
        let told: Vec<bool> = self.lateness.iter().filter_map(|late| late.moved).collect();
        let untold = self.lateness.len() - told.len();
        let mut text = String::new();
        if !told.is_empty() {
            let moved = told.iter().filter(|moved| **moved).count();
            text.push_str(&format!(
                "lateness: {moved} of {} figures moved by more than their repeats scatter\n",
                told.len()
            ));
        }
        if untold > 0 {
            text.push_str(&format!(
                "lateness: of {untold} figures it cannot be told: a run has a single reading of \
                 them; give --repeats 3 or more\n"
            ));
        }
        text
    }
}

/// What the columns mean.
pub(crate) const NOTE: &str = "\
Off the median: the run that is farthest from the median of all runs. Apart: the two runs that are\n\
farthest from each other, as a part of the median; that is what the bars are held to. A slope that\n\
cannot be told from zero in every run has neither.";

/// What the columns mean where they are of lateness.
pub(crate) const LATENESS_NOTE: &str = "\
Each run has the median of its repeats. A figure has moved if there are two runs whose intervals do\n\
not overlap. Lateness also moves with the state of the machine, so it is held to no bar.";

fn part_text(part: Option<f64>) -> String {
    part.map_or_else(|| NONE.into(), percent)
}

/// A part of 1 as percents.
pub(super) fn percent(part: f64) -> String {
    let decimals = if part < 0.1 { 1 } else { 0 };
    format!("{} %", format::number(part * 100.0, decimals))
}
