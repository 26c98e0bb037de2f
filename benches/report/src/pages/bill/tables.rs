//! The bills as tables.

use std::collections::BTreeMap;

use analysis::Analysis;
use analysis::bill::{ADDS_UP_WITHIN, AddsUp, Bill};
use analysis::contestant::Id;
use analysis::estimate::Estimate;
use analysis::series::Shape;

use super::parts::FEW;
use crate::document::{Block, Cell, Column, Unit};
use crate::format;
use crate::pages::weights::Kind;
use crate::tables;
use crate::text::{Text, names, say};

/// The bills of these contestants in few parts, timers and requests, each below its heading, which begins with these words.
pub(super) fn split(analysis: &Analysis, shown: &[Id], before: &str) -> Vec<Block> {
    let kinds: [(&str, Kind); 2] = [
        ("The parts of a waiting timer", Shape::is_plain),
        ("The parts of an open request", Shape::is_plain_request),
    ];
    let one = |(head, is_kind): (&str, Kind)| {
        let columns = FEW.map(|part| Column::new(part.name, Unit::Bytes).lower());
        let row = |id: &Id| {
            let of_it = |bill: &&Bill| bill.series.contestant == *id && is_kind(&bill.series.shape);
            let bill = analysis.bills.iter().find(of_it)?;
            Some((names::contestant(id), FEW.map(|part| decided_part((part.of)(bill))).into()))
        };
        let table = tables::named("", columns, shown.iter().filter_map(row));
        let head = format!("{before}{head}");
        tables::headed(&head, &head, table)
    };
    kinds.into_iter().flat_map(one).collect()
}

/// Whether the parts add up to what is charged, and for which contestants not.
pub(super) fn do_they_add_up(analysis: &Analysis) -> Option<Text> {
    let is_checked =
        |bill: &&Bill| bill.series.contestant.is_compared() && bill.adds_up() != AddsUp::NoCharge;
    let checked: Vec<&Bill> = analysis.bills.iter().filter(is_checked).collect();
    let mut others: BTreeMap<AddsUp, Vec<String>> = BTreeMap::new();
    for bill in checked.iter().filter(|bill| bill.adds_up() != AddsUp::Yes) {
        others.entry(bill.adds_up()).or_default().push(names::series(&bill.series));
    }
    if checked.is_empty() {
        return None;
    }
    let less = others.values().map(Vec::len).sum::<usize>();
    let text = say(
        "The parts add up to what the control group is charged, within {bar}, in {yes} of {all}.",
        &[
            ("bar", &format::percent(ADDS_UP_WITHIN)),
            ("yes", &format::count((checked.len() - less) as u64)),
            ("all", &format::counted(checked.len() as u64, "bill")),
        ],
    );
    let exceptions: Vec<String> = others
        .into_iter()
        .map(|(why, mut names)| {
            let more = names.len().saturating_sub(MOST_NAMED);
            names.truncate(MOST_NAMED);
            names.extend((more > 0).then(|| format!("{} more", format::count(more as u64))));
            format!("{} ({})", adds_up(why), names.join("; "))
        })
        .collect();
    Some(match exceptions.is_empty() {
        true => text,
        false => text.and(say("The others: {others}.", &[("others", &exceptions.join("; "))])),
    })
}

/// So many names at most stand in one sentence.
const MOST_NAMED: usize = 6;

/// A part without its interval, where it can be distinguished from zero.
fn decided_part(part: Option<Estimate>) -> Cell {
    match part {
        Some(part) if part.low <= 0.0 && 0.0 <= part.high && part.is_bounded() => {
            Cell::Missing("none that can be distinguished from zero".into())
        }
        part => Cell::figure(part, "not read, or within another part"),
    }
}

fn adds_up(it: AddsUp) -> &'static str {
    match it {
        AddsUp::Yes => "yes",
        AddsUp::SomeIsMissing => "no: some is missing",
        AddsUp::SomeIsThereTwice => "no: some is there twice",
        AddsUp::Undecided => "undecided",
        AddsUp::TooFewCells => "too few cells to say",
        AddsUp::NoCharge => "nothing is charged",
    }
}
