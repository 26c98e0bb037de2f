//! `allocators.md`: what a waiting task takes under another allocator.

use std::collections::BTreeMap;

use analysis::Analysis;
use analysis::contestant::{Id, Role};
use analysis::estimate::Estimate;
use analysis::measured::Measured;
use analysis::series::Shape;

use super::page::Page;
use super::weights::{UNDECIDED, find, weight, what_is_weighed};
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::tables::{self, MOST_ROWS};
use crate::text::{Text, names, say};

pub(crate) const PAGE: Page = Page { id: "allocators", name: "allocators", build };

/// A compared contestant, as it is and under other allocators.
struct Case<'a> {
    usual: &'a Measured,
    others: Vec<&'a Measured>,
}

fn build(analysis: &Analysis) -> Document {
    let cases = cases(analysis);
    let table = table(analysis, &cases);
    let mut blocks = vec![Block::Quote(answer(analysis, &cases))];
    if !table.is_empty() {
        blocks.push(Block::Heading("A waiting timer under each allocator".into()));
        blocks.extend(tables::table("Every contestant and allocator", table));
        let note = say(
            "The allocator is the one that the process found loaded, and not the one that was asked for. \
             Another allocator changes what lies on the heap; stacks and the kernel's part stay.",
            &[],
        );
        blocks.push(Block::Paragraph(what_is_weighed(analysis).and(note)));
    }
    Document { id: PAGE.id, title: "What the allocator changes".into(), blocks }
}

/// Those that were weighed as they are and under an allocator that is not the usual one.
fn cases(analysis: &Analysis) -> Vec<Case<'_>> {
    let mut others: BTreeMap<&Id, Vec<&Measured>> = BTreeMap::new();
    for measured in analysis.measured.iter().filter(|of| of.series.shape.is_plain()) {
        let id = &measured.series.contestant;
        let Some(usual) = id.counterpart().filter(|of| of.is_compared()) else { continue };
        let is_other = id.allocator().is_some_and(|of| of != allocator(analysis, usual));
        if id.role() == Role::Variant && is_other && weight(analysis, measured).is_some() {
            others.entry(usual).or_default().push(measured);
        }
    }
    let case =
        |(usual, others)| Some(Case { usual: find(analysis, usual, Shape::is_plain)?, others });
    others.into_iter().filter_map(case).collect()
}

/// The allocator of a contestant: its own, or that of all.
fn allocator<'a>(analysis: &'a Analysis, id: &'a Id) -> &'a str {
    id.allocator().unwrap_or(&analysis.run.host.allocator)
}

/// The same as it is called in a sentence: of a library that was loaded in place of the system's, its name.
fn called<'a>(analysis: &'a Analysis, id: &'a Id) -> &'a str {
    let said = allocator(analysis, id);
    said.split_once(" (").map_or(said, |(library, _)| library)
}

/// How many times as much as usually; `None` where one of the two is not known.
fn times(analysis: &Analysis, case: &Case<'_>, other: &Measured) -> Option<Estimate> {
    weight(analysis, case.usual)?;
    other.slope_over(case.usual, analysis.basis.figure())
}

fn answer(analysis: &Analysis, cases: &[Case<'_>]) -> Vec<Text> {
    let one = |case: &Case<'_>| {
        let id = &case.usual.series.contestant;
        let under = |other: &&Measured| {
            let times = times(analysis, case, other)?;
            let bytes = format::bytes(weight(analysis, other)?.value);
            let allocator = called(analysis, &other.series.contestant);
            Some(format!("{bytes} under {allocator} ({} times)", format::times(times.value)))
        };
        let others: Vec<String> = case.others.iter().filter_map(under).collect();
        let usual = weight(analysis, case.usual).filter(|_| !others.is_empty())?;
        Some(say(
            "**{name}**: a waiting timer takes {bytes} under {allocator}, {others}.",
            &[
                ("name", &names::contestant(id)),
                ("bytes", &format::bytes(usual.value)),
                ("allocator", called(analysis, id)),
                ("others", &format::list(&others)),
            ],
        ))
    };
    let said: Vec<Text> = cases.iter().filter_map(one).take(MOST_ROWS).collect();
    super::contestants::said_or(said, "No contestant was run under another allocator in this run.")
}

fn table(analysis: &Analysis, cases: &[Case<'_>]) -> Table {
    let rows = cases.iter().flat_map(|case| {
        std::iter::once(case.usual).chain(case.others.iter().copied()).map(move |of| (case, of))
    });
    let name = |of: &Measured| Cell::text(called(analysis, &of.series.contestant));
    let times = |case: &Case<'_>, of: &Measured| match of.series == case.usual.series {
        true => Cell::value(1.0),
        false => Cell::figure(times(analysis, case, of), "there is no weight of both"),
    };
    tables::of(
        rows,
        &[
            (Column::words("contestant"), &|(case, _)| {
                tables::contestant(&case.usual.series.contestant)
            }),
            (Column::words("allocator"), &|(_, of)| name(of)),
            (Column::new("timer", Unit::Bytes).lower().with_intervals(), &|(_, of)| {
                Cell::figure(weight(analysis, of), UNDECIDED)
            }),
            (Column::new("times as much as usual", Unit::Times).with_intervals(), &|(case, of)| {
                times(case, of)
            }),
        ],
    )
}
