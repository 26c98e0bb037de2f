//! What breaks first: how far each contestant came, what stopped it, and what would next.

use std::collections::BTreeSet;

use analysis::Analysis;
use analysis::contestant::Id;
use analysis::missing::{Missing, Why};
use analysis::walls::{Ceiling, Reach};
use record::Build;

use super::contestants::{MOST_ROWS, cautions};
use super::page::Page;
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::text::{Text, limits, names, say};

/// The page.
pub(super) const PAGE: Page = Page { id: "walls", name: "what breaks first", build };

/// The number of tasks that the page asks about.
const MANY: u64 = 50_000;

fn build(analysis: &Analysis) -> Document {
    let timers: Vec<&Reach> = reaches(analysis, |reach| reach.series.shape.is_plain());
    let requests: Vec<&Reach> = reaches(analysis, |reach| reach.series.shape.is_plain_request());
    let mut blocks = vec![Block::Paragraph(answer(&timers, &requests))];
    for (heading, what, reaches) in [
        ("How far each came with timers", "timers", &timers),
        ("How far each came with requests", "requests", &requests),
    ] {
        if !reaches.is_empty() {
            blocks.push(Block::Heading(heading.into()));
            blocks.extend(tables(reaches));
            blocks.push(Block::Paragraph(how_to_read(reaches)));
            let heading = format!("What breaks first at {} waiting {what}", format::count(MANY));
            blocks.push(Block::Heading(heading.into()));
            blocks.push(Block::List(at_many(reaches)));
        }
    }
    let shown: BTreeSet<Id> =
        timers.iter().chain(&requests).map(|reach| reach.series.contestant.clone()).collect();
    blocks.extend(cautions(analysis, &shown.into_iter().collect::<Vec<_>>()));
    if !analysis.missing.is_empty() {
        let cells: u64 = analysis.missing.iter().map(|missing| missing.cells).sum();
        let summary = match cells {
            1 => "The cell without a figure, and why".to_owned(),
            _ => format!("All {} cells without a figure, and why", format::count(cells)),
        };
        let blocks_ = vec![Block::Table(missing(&analysis.missing))];
        blocks.push(Block::Details { summary: summary.into(), blocks: blocks_ });
    }
    Document { id: PAGE.id, title: "What breaks first".into(), blocks }
}

/// Those of one kind that wait for more than one task at once.
fn reaches(analysis: &Analysis, is_wanted: impl Fn(&Reach) -> bool) -> Vec<&Reach> {
    let waits = |reach: &&Reach| {
        reach.wall.is_some() || reach.at_once.is_some_and(|most| most > 1 || reach.tried == 1)
    };
    analysis.reaches.iter().filter(|reach| is_wanted(reach)).filter(waits).collect()
}

fn answer(timers: &[&Reach], requests: &[&Reach]) -> Text {
    let mut said = Text::default();
    for (what, reaches) in [("timers", timers), ("requests", requests)] {
        let walled: Vec<&&Reach> = reaches.iter().filter(|reach| reach.wall.is_some()).collect();
        let first = walled.iter().min_by_key(|reach| reach.most());
        if let Some((first, wall)) = first.and_then(|first| Some((first, first.wall.as_ref()?))) {
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
        let free: Vec<&&Reach> = reaches.iter().filter(|reach| reach.wall.is_none()).collect();
        let most = free.iter().filter_map(|reach| reach.largest).max();
        let Some(most) = most else { continue };
        let names: Vec<String> = free
            .iter()
            .filter(|reach| reach.largest == Some(most))
            .map(|reach| names::contestant(&reach.series.contestant))
            .collect();
        let template = if walled.is_empty() {
            "With {what} no limit stopped any contestant in this run; {names} did {most}, the most \
             that was tried."
        } else {
            "{names} did {most} {what}, the most that was tried and not the end."
        };
        said = said.and(say(
            template,
            &[
                ("what", what),
                ("names", &capital(&format::list(&names), walled.is_empty())),
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

/// The names, with a capital letter unless they stand within a sentence.
fn capital(names: &str, is_within: bool) -> String {
    let mut letters = names.chars();
    match letters.next() {
        Some(first) if !is_within => first.to_uppercase().chain(letters).collect(),
        _ => names.to_owned(),
    }
}

/// The table of these contestants; what is beyond its most rows is folded away.
fn tables(reaches: &[&Reach]) -> Vec<Block> {
    let table = |reaches: &[&Reach]| {
        let mut table = Table::new([
            Column::words("Contestant"),
            Column::new("Done with proof", Unit::Count).higher(),
            Column::new("Stopped at", Unit::Count),
            Column::words("by"),
            Column::new("Next limit at", Unit::Count),
            Column::words("by"),
        ]);
        reaches.iter().for_each(|reach| table.push(row(reach)));
        Block::Table(table)
    };
    let (shown, folded) = reaches.split_at(reaches.len().min(MOST_ROWS));
    let mut blocks = vec![table(shown)];
    if !folded.is_empty() {
        let summary = format!("{} more", format::count(folded.len() as u64));
        blocks.push(Block::Details { summary: summary.into(), blocks: vec![table(folded)] });
    }
    blocks
}

fn row(reach: &Reach) -> Vec<Cell> {
    let count = |count: Option<u64>, otherwise: &str| {
        count.map_or_else(|| Cell::Missing(otherwise.into()), Cell::Count)
    };
    let (stopped, by) = match &reach.wall {
        None => (Cell::Missing("nothing stopped it".into()), Cell::text("")),
        Some(wall) => (
            count(wall.reached, "how far it came is not known"),
            Cell::text(Text::code(names::limit(&wall.limit.name))),
        ),
    };
    let (next, next_by) = match reach.next() {
        None => (Cell::Missing("no limit of this machine is known for it".into()), Cell::text("")),
        Some(next) => (Cell::Count(next.tasks), Cell::text(limit_name(next))),
    };
    let name = names::contestant(&reach.series.contestant);
    let done = count(reach.largest, "no cell with proof");
    vec![Cell::text(name), done, stopped, by, next, next_by]
}

/// What can be typed is code; the machine's memory is not.
fn limit_name(ceiling: &Ceiling) -> Text {
    let name = names::limit(&ceiling.limit);
    match names::command_for(&ceiling.limit, 0) {
        Some(_) => Text::code(name),
        None => Text::plain(name),
    }
}

fn how_to_read(reaches: &[&Reach]) -> Text {
    let mut said: Text = "“Done with proof” is the largest number that was tried and done, and not a \
                          limit. The next limit is worked out from what one more task takes, and was \
                          not tried."
        .into();
    if reaches.iter().filter_map(|reach| reach.wall.as_ref()).any(|wall| wall.reached_is_estimated)
    {
        said = said.and(
            "Where a process was gone before its threads could be counted, the place where it stopped \
             is worked out from the limit as well."
                .into(),
        );
    }
    said
}

/// What is in the way of [`MANY`] tasks, contestants with the same obstacles together.
fn at_many(reaches: &[&Reach]) -> Vec<Text> {
    let mut alike: Vec<(Vec<&Ceiling>, Vec<String>)> = Vec::new();
    let kind = |way: &[&Ceiling]| -> Vec<(String, u64)> {
        way.iter().map(|one| (one.limit.clone(), one.per_task.round() as u64)).collect()
    };
    for reach in reaches {
        let way: Vec<&Ceiling> = reach.in_the_way_of(MANY).collect();
        let name = names::contestant(&reach.series.contestant);
        match alike.iter_mut().find(|(known, _)| kind(known) == kind(&way)) {
            Some((_, names)) => names.push(name),
            None => alike.push((way, vec![name])),
        }
    }
    let many = format::count(MANY);
    let line = |(way, names): (Vec<&Ceiling>, Vec<String>)| {
        let names = capital(&format::list(&names), false);
        let mut said = say("**{names}**:", &[("names", &names)]);
        if way.is_empty() {
            said = said.and(say(
                "no limit that is known here is in the way of {many}.",
                &[("many", &many)],
            ));
        }
        for (index, ceiling) in way.iter().enumerate() {
            let with = [
                ("then", if index == 0 { "" } else { "Then " }),
                ("what", &limits::of_ceiling(ceiling)),
                ("at", &format::count(ceiling.tasks)),
                ("command", &limits::command_for(ceiling, MANY).unwrap_or_default()),
                ("many", &many),
            ];
            said = said.and(match with[3].1 {
                "" => say("{then}{what}, at {at}.", &with),
                _ => say("{then}{what}, at {at}; `{command}` makes room for {many}.", &with),
            });
        }
        said
    };
    alike.into_iter().map(line).collect()
}

fn missing(missing: &[Missing]) -> Table {
    let mut table = Table::new([
        Column::words("Contestant and work"),
        Column::new("N", Unit::Count),
        Column::words("Build"),
        Column::new("Cells", Unit::Count),
        Column::words("How it ended"),
        Column::words("Why"),
    ]);
    for one in missing {
        let build = match one.build {
            Build::Timed => "timed",
            Build::Counting => "counting",
        };
        let ended = match one.why {
            Why::Wall => "stopped by a limit",
            Why::Failed => "failed",
            Why::NoProof => "without proof",
            Why::Skipped => "not run",
        };
        let limit = one.limit.as_ref().map(|limit| {
            let used = format::count(limit.used);
            let about = if limit.used_is_estimated { "about " } else { "" };
            format!("{}, {about}{used} in use", limits::with_value(&limit.name, limit.value))
        });
        let reason = one.reason.as_deref().unwrap_or("no reason was recorded");
        let why = limit.map_or_else(|| reason.to_owned(), |limit| format!("{limit}: {reason}"));
        table.push(vec![
            Cell::text(names::series(&one.series)),
            Cell::Count(one.tasks),
            Cell::text(build),
            Cell::Count(one.cells),
            Cell::text(ended),
            Cell::text(why),
        ]);
    }
    table
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
            "Thread each: vm.max_map_count 65,530, 4 mappings a task, at 16,375; `sysctl -w \
             vm.max_map_count=210000` makes room for 50,000. Then kernel.pid_max 32,768, 1 thread a \
             task, at 32,767; `sysctl -w kernel.pid_max=51000` makes room for 50,000.",
            "Smol: no limit that is known here is in the way of 50,000.",
            "All 2 cells without a figure",
            "killed by signal 9 | out of memory",
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
        assert!(text.contains("The cell without a figure") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn no_table_is_longer_than_a_page_holds() {
        let mut made = Synthetic::new();
        for name in 0..20 {
            made.line(&format!("coroutines/c{name}"), &[1, 10], Bill::of(100));
        }
        let page = build(&Analysis::of(&made.record(), None));
        let rows: Vec<usize> = page
            .blocks
            .iter()
            .filter_map(|block| match block {
                Block::Table(table) => Some(table.rows.len()),
                _ => None,
            })
            .collect();
        assert_eq!(rows, [MOST_ROWS]);
    }
}
