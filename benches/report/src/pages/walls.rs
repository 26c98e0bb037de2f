//! What breaks first: how far each contestant came, what stopped it, and what would next.

use std::collections::BTreeSet;

use analysis::Analysis;
use analysis::contestant::{Id, Role};
use analysis::plan::Case;
use analysis::series::Shape;
use analysis::walls::Reach;

use super::apart;
use super::contestants::cautions;
use super::page::Page;
use super::weights::Kind;
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format::{self, capital};
use crate::plan::stops;
use crate::tables;
use crate::text::{Text, limits, names, say};

pub(super) const PAGE: Page = Page { id: "walls", name: "what breaks first", build };

/// The number of tasks that the page asks about.
const MANY: u64 = 50_000;

/// How long they wait: what stops them does not depend on it.
const WAIT_NS: u64 = 1_000_000_000;

const HOW_TO_READ: &str = "“Done with proof” is the largest number that was tried and done, and not a \
    limit. The next limit is worked out from what one more task takes, and was not tried; so is where a \
    process stopped that was gone before its threads could be counted. A command that moves a limit needs \
    root.";

fn build(analysis: &Analysis) -> Document {
    let timers: Vec<&Reach> = reaches(analysis, Role::Compared, Shape::is_plain);
    let requests: Vec<&Reach> = reaches(analysis, Role::Compared, Shape::is_plain_request);
    let mut blocks = vec![Block::Paragraph(answer(&timers, &requests))];
    for (what, reaches, case) in [
        ("timers", &timers, Case::timers(MANY, WAIT_NS, 0)),
        ("requests", &requests, Case::requests(MANY, WAIT_NS, 0)),
    ] {
        let head = format!("How far each came with {what}");
        blocks.extend(tables::headed(&head, "How far each came", table(reaches)));
        let stops = analysis.plan(&case).map_or_else(|_| Vec::new(), |plan| stops(&plan));
        let heading = format!("What breaks first at {} waiting {what}", format::count(MANY));
        blocks.extend(tables::section(heading, stops));
    }
    for (head, role) in apart::KINDS {
        for (what, is_kind) in
            [("timers", Shape::is_plain as Kind), ("requests", Shape::is_plain_request)]
        {
            let table = table(&reaches(analysis, role, is_kind));
            blocks.extend(tables::headed(&format!("{head}, {what}"), "How far each came", table));
        }
    }
    if !timers.is_empty() || !requests.is_empty() {
        blocks.push(Block::Paragraph(HOW_TO_READ.into()));
    }
    let shown: BTreeSet<Id> =
        timers.iter().chain(&requests).map(|reach| reach.series.contestant.clone()).collect();
    blocks.extend(cautions(analysis, &shown.into_iter().collect::<Vec<_>>()));
    let cells: u64 = analysis.missing.iter().map(|missing| missing.cells).sum();
    let said = say(
        "Cells without a figure: [{cells}, each with its reason](page:all#cells-without-a-figure).",
        &[("cells", &format::count(cells))],
    );
    blocks.extend((cells > 0).then_some(Block::Paragraph(said)));
    Document { id: PAGE.id, title: "What breaks first".into(), blocks }
}

/// Those of one kind that wait for more than one task at once.
fn reaches(analysis: &Analysis, role: Role, is_kind: Kind) -> Vec<&Reach> {
    let is_wanted =
        |reach: &&Reach| reach.series.contestant.role() == role && is_kind(&reach.series.shape);
    let waits = |reach: &&Reach| {
        reach.wall.is_some() || reach.at_once.is_some_and(|most| most > 1 || reach.tried == 1)
    };
    analysis.reaches.iter().filter(is_wanted).filter(waits).collect()
}

fn answer(timers: &[&Reach], requests: &[&Reach]) -> Text {
    let mut said = Text::default();
    for (what, reaches) in [("timers", timers), ("requests", requests)] {
        let walled = reaches.iter().filter_map(|reach| Some((reach, reach.wall.as_ref()?)));
        let first = walled.min_by_key(|(reach, _)| reach.most());
        if let Some((first, wall)) = first {
            let name = names::in_a_sentence(&first.series.contestant);
            let at = match wall.reached {
                Some(reached) if wall.reached_is_estimated => {
                    format!("about {}", format::count(reached))
                }
                Some(reached) => format::count(reached),
                None => format!("fewer than {}", format::count(wall.tasks)),
            };
            said = said.and(say(
                "With {what}, **{name} breaks first, at {at}**: {limit}.",
                &[("what", what), ("name", &name), ("at", &at), ("limit", &limits::of_wall(wall))],
            ));
        }
        let free = reaches.iter().filter(|reach| reach.wall.is_none());
        let Some(most) = free.clone().filter_map(|reach| reach.largest).max() else { continue };
        let furthest = free.filter(|reach| reach.largest == Some(most));
        let names = format::list(furthest.map(|reach| names::contestant(&reach.series.contestant)));
        let template = match first {
            None => {
                "With {what} no limit stopped any contestant in this run; {names} did {most}, the \
                 most that was tried."
            }
            Some(_) => "{Names} did {most} {what}, the most that was tried and not the end.",
        };
        said = said.and(say(
            template,
            &[
                ("what", what),
                ("names", &names),
                ("Names", &capital(&names)),
                ("most", &format::count(most)),
            ],
        ));
    }
    if said == Text::default() {
        return "No contestant has done plain timers or plain requests in this run, so nothing is \
                known of what breaks first."
            .into();
    }
    said
}

fn table(reaches: &[&Reach]) -> Table {
    let by = |limit: Option<&str>| Cell::Text(limit.map(limit_name).unwrap_or_default());
    tables::of(
        reaches,
        &[
            (Column::words("Contestant"), &|reach| tables::contestant(&reach.series.contestant)),
            (Column::new("Done with proof", Unit::Count).higher(), &|reach| {
                Cell::count(reach.largest, "no cell with proof")
            }),
            (Column::new("Stopped at", Unit::Count), &|reach| match &reach.wall {
                None => Cell::Missing("nothing stopped it up to there".into()),
                Some(wall) => Cell::count(wall.reached, "how far it came is not known"),
            }),
            (Column::words("by"), &|reach| by(reach.wall.as_ref().map(|wall| &*wall.limit.name))),
            (Column::new("Next limit at", Unit::Count), &|reach| {
                let why = "no limit of this machine is known for it";
                Cell::count(reach.next().map(|next| next.tasks), why)
            }),
            (Column::words("by"), &|reach| by(reach.next().map(|next| &*next.limit))),
        ],
    )
}

/// What can be typed is code; the machine's memory is not.
fn limit_name(limit: &str) -> Text {
    let name = names::limit(limit);
    match names::command_for(limit, 0) {
        Some(_) => Text::code(name),
        None => Text::plain(name),
    }
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill, Synthetic, asking_run, small_run};
    use record::{LimitValue, Record};

    use super::*;
    use crate::render::terminal;

    fn shown(record: &Record) -> String {
        let options = terminal::Options { width: Some(100), details: true };
        let text = terminal::render(&build(&Analysis::of(record, None)), options);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_answer_names_the_first_to_break_and_what_breaks_it() {
        let mut record = small_run();
        record.run.host.limits.insert("pid_max".into(), LimitValue::Number(32_768));
        let text = shown(&record);
        for expected in [
            "With timers, a thread each breaks first, at 16,370: vm.max_map_count 65,530, 4 mappings a \
             task.",
            "Smol did 100,000 timers, the most that was tried and not the end.",
            "Thread each: vm.max_map_count 65,530, at 16,370 tasks. `sysctl -w \
             vm.max_map_count=210000` makes room for 50,000.",
            "Thread each: kernel.pid_max 32,768, at 32,767 tasks. `sysctl -w kernel.pid_max=51000` \
             makes room for 50,000.",
            "Smol: nothing before",
            "Cells without a figure: 2, each with its reason.",
        ] {
            assert!(text.contains(expected), "`{expected}` is not in\n{text}");
        }
    }

    #[test]
    fn what_was_only_tried_is_no_limit() {
        let text = shown(&asking_run());
        assert!(text.contains("With requests no limit stopped any contestant in this run; smol did 5,000, the most that was tried."), "{text}");
        assert!(!text.contains("breaks first, at"), "{text}");
    }

    #[test]
    fn an_empty_run_and_one_of_failures_say_so() {
        let text = shown(&Synthetic::new().record());
        assert!(text.contains("nothing is known of what breaks first"), "{text}");
        let mut made = Synthetic::new();
        made.without("coroutines/smol", 10, record::Status::Failed, "\u{1b}[31mkilled");
        let text = shown(&made.record());
        assert!(text.contains("Cells without a figure: 1") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn no_table_is_longer_than_a_page_holds() {
        let mut made = Synthetic::new();
        for name in 0..20 {
            made.line(&format!("coroutines/c{name}"), &[1, 10], Bill::of(100));
        }
        let page = build(&Analysis::of(&made.record(), None));
        assert!(!page.blocks.iter().any(|block| matches!(block, Block::Table(_))));
        let folded = page.blocks.iter().find_map(|block| match block {
            Block::Details { blocks, .. } => Some(&blocks[..]),
            _ => None,
        });
        let Some([Block::Table(table)]) = folded else { panic!("{folded:?}") };
        assert_eq!(table.rows.len(), 20);
    }
}
