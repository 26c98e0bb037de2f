//! The bills as tables.

use std::collections::BTreeMap;

use analysis::Analysis;
use analysis::bill::{ADDS_UP_WITHIN, AddsUp, Bill, Witness};
use analysis::contestant::{Id, Role};
use analysis::estimate::Estimate;
use analysis::figure::Figure;
use analysis::series::Shape;

use super::parts::{ALL, FEW};
use crate::document::{Block, Cell, Column, Table, Unit};
use crate::format;
use crate::pages::contestants::{counted, details as folded};
use crate::pages::weights::Kind;
use crate::text::{Text, names, say};

/// The bills of these contestants in few parts, timers and requests, each with its title.
pub(super) fn split(analysis: &Analysis, shown: &[Id]) -> Vec<(&'static str, Table)> {
    let kinds: [(&str, Kind); 2] = [
        ("The parts of a waiting timer", Shape::is_plain),
        ("The parts of an open request", Shape::is_plain_request),
    ];
    let mut tables = Vec::new();
    for (title, is_kind) in kinds {
        let columns = FEW.map(|part| Column::new(part.name, Unit::Bytes).lower());
        let mut table = Table::new([Column::words("")].into_iter().chain(columns));
        for id in shown {
            let of_it = |bill: &&Bill| bill.series.contestant == *id && is_kind(&bill.series.shape);
            if let Some(bill) = analysis.bills.iter().find(of_it) {
                let mut row = vec![Cell::text(names::contestant(id))];
                row.extend(FEW.map(|part| decided_part((part.of)(bill))));
                table.push(row);
            }
        }
        if !table.is_empty() {
            tables.push((title, table));
        }
    }
    tables
}

/// Every bill in all its parts, with intervals and with the check of its sum.
pub(super) fn details(analysis: &Analysis) -> Vec<Block> {
    let note = format!(
        "Heap is what was asked of the allocator, read in a build of its own. The allocator's part \
         is what else is private and no stack: its bookkeeping, rounding and free room; it is \
         below zero where memory was asked for and never touched. “Charged” is all that the \
         control group is charged for, which is another reading of user memory. The sum adds up \
         where the whole interval of sum ÷ charged is within {} of 1. Kernel objects are read by \
         the control group; else by how many more the whole system had of them; else they are the \
         remainder of the kernel's part, and only user memory is checked.",
        format::percent(ADDS_UP_WITHIN)
    );
    let kinds: [(&str, Kind); 2] = [
        ("Every bill with its intervals: timers", Shape::is_timer),
        ("Every bill with its intervals: requests", Shape::is_http),
    ];
    let one = |(summary, is_kind): (&str, Kind)| {
        let blocks =
            vec![Block::Table(all(analysis, is_kind)), Block::Paragraph(note.clone().into())];
        folded(summary, blocks)
    };
    kinds.into_iter().filter_map(one).collect()
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
            ("all", &counted(checked.len() as u64, "bill")),
        ],
    );
    let exceptions: Vec<String> = others
        .into_iter()
        .map(|(why, mut names)| {
            let more = names.len().saturating_sub(MOST_NAMED);
            names.truncate(MOST_NAMED);
            if more > 0 {
                names.push(format!("{} more", format::count(more as u64)));
            }
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

fn all(analysis: &Analysis, is_kind: Kind) -> Table {
    let bytes = |head: &str| Column::new(head, Unit::Bytes).with_intervals();
    let columns = [Column::words("")]
        .into_iter()
        .chain(ALL.map(|part| bytes(part.name)))
        .chain(["sum", "private and kernel", "charged"].map(bytes))
        .chain([
            Column::new("sum ÷ charged", Unit::Times).with_intervals(),
            Column::words("adds up"),
            Column::words("kernel objects by"),
            Column::new("mappings", Unit::Count).with_intervals(),
        ]);
    let mut table = Table::new(columns);
    for bill in &analysis.bills {
        let is_control = matches!(bill.series.contestant.role(), Role::Control(_));
        if is_control || !is_kind(&bill.series.shape) {
            continue;
        }
        let mut row = vec![Cell::text(names::series(&bill.series))];
        row.extend(ALL.map(|part| part_cell((part.of)(bill))));
        row.push(match bill.total {
            Some(_) => Cell::Figure(bill.sum),
            None => Cell::text(format!("at least {}", format::bytes(bill.sum.value))),
        });
        let none = "there is no control group";
        row.extend([bill.total, bill.charged].map(|bytes| Cell::figure(bytes, none)));
        row.push(Cell::figure(bill.sum_over_charged, none));
        row.extend([Cell::text(adds_up(bill.adds_up())), Cell::text(witness(bill.witness))]);
        let mappings = analysis.get(&bill.series).and_then(|of| of.slope(Figure::Mappings));
        row.push(Cell::figure(mappings, "not read"));
        table.push(row);
    }
    table
}

/// A part without its interval, where it can be distinguished from zero.
fn decided_part(part: Option<Estimate>) -> Cell {
    match part {
        Some(part) if part.low <= 0.0 && 0.0 <= part.high && part.is_bounded() => {
            Cell::Missing("none that can be distinguished from zero".into())
        }
        part => part_cell(part),
    }
}

fn part_cell(part: Option<Estimate>) -> Cell {
    Cell::figure(part, "not read, or within another part")
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

fn witness(witness: Witness) -> &'static str {
    match witness {
        Witness::Group => "control group",
        Witness::System => "whole system",
        Witness::Remainder => "remainder",
        Witness::NoGroup => "not read",
    }
}
