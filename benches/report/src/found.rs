//! What `compare walls` prints: where each contestant stops, at which limit, and what moves it.

use analysis::found::{Found, Moved};

use crate::document::{Block, Cell, Column, Document, Unit};
use crate::format::{capital, count, counted};
use crate::tables;
use crate::text::{Text, limits, names, say};

const RAN: &str = "everything that was tried ran";

/// Where each contestant stops.
pub fn document(found: &[Found]) -> Document {
    let table = tables::of(
        found,
        &[
            (Column::words("contestant"), &|of| Cell::text(names::series(&of.series))),
            (Column::new("reach", Unit::Count).higher(), &|of| Cell::count(of.ran, "nothing ran")),
            (Column::new("wall", Unit::Count), &|of| Cell::count(of.stopped_at, RAN)),
            (Column::words("stopped by"), &|of| match (&of.limit, &of.reason) {
                (Some(limit), _) => Cell::text(limits::with_value(&limit.name, limit.value)),
                (None, reason) => Cell::Missing(reason.clone().unwrap_or(RAN.into()).into()),
            }),
        ],
    );
    let mut blocks = vec![Block::Paragraph(answer(found)), Block::Table(table)];
    blocks.extend(tables::section("What moves the limit", found.iter().filter_map(room).collect()));
    let moved = found.iter().filter_map(|of| Some(verdict(of, of.moved.as_ref()?)));
    blocks.extend(tables::section("With the limit moved", moved.collect()));
    Document { id: "found", title: "Where each contestant stops".into(), blocks }
}

fn answer(found: &[Found]) -> Text {
    let stopped = found.iter().filter(|of| of.ran.is_some() && of.stopped_at.is_some());
    let Some(of) = stopped.min_by_key(|of| of.ran) else {
        let most = found.iter().filter_map(|of| of.ran).max().unwrap_or(0);
        let words = "No limit stopped any of them; {most} ran, the most that was tried.";
        return say(words, &[("most", &counted(most, "task"))]);
    };
    let limit = of.ceiling().map(|ceiling| limits::of_ceiling(&ceiling)).or(of.reason.clone());
    let words = [
        ("name", &*capital(&names::in_a_sentence(&of.series.contestant))),
        ("ran", &count(of.ran.unwrap_or(0))),
        ("stopped", &count(of.stopped_at.unwrap_or(0))),
        ("limit", limit.as_deref().unwrap_or_default()),
    ];
    say("**{name} stops first, between {ran} and {stopped} tasks**: {limit}.", &words)
}

/// The command that makes room for twice as many.
fn room(of: &Found) -> Option<Text> {
    let tasks = of.ran.filter(|_| of.moved.is_none())?.saturating_mul(2);
    let command = limits::command_for(&of.ceiling()?, tasks)?;
    let (name, tasks) = (names::series(&of.series), count(tasks));
    let words = [("name", &*name), ("command", &command), ("tasks", &tasks)];
    Some(say("{name}: `{command}` makes room for {tasks}.", &words))
}

/// Whether it stopped where that was predicted.
fn verdict(of: &Found, Moved { limit, to, predicted, is_as_predicted }: &Moved) -> Text {
    let verdict = match is_as_predicted {
        None if of.stopped_at.is_none() => "nothing stopped it",
        None => "the search ended before that was known",
        Some(true) => "it stops as predicted",
        Some(false) => "it stops elsewhere",
    };
    let words = [
        ("name", &*names::series(&of.series)),
        ("moved", &limits::with_value(limit, *to)),
        ("tasks", &count(predicted.tasks)),
        ("at", names::limit(&predicted.limit)),
        ("verdict", verdict),
    ];
    say("{name}, with {moved}: {tasks} tasks by {at} were predicted, and **{verdict}**.", &words)
}

/// What is said before a limit is moved. `undo` is the command that puts it back, where this program cannot.
pub fn before_moving(limit: &str, from: u64, to: u64, undo: Option<&str>) -> String {
    let name = names::limit(limit);
    let [from, to] = [from, to].map(|value| limits::written(limit, value));
    let whom = match (limit, undo) {
        ("pids_cgroup", _) => "the whole control group",
        (_, None) => "this program and what it starts",
        (_, Some(_)) => "the whole machine",
    };
    let undo = undo.map(|undo| format!("; if this program is killed, this does: {undo}"));
    let undo = undo.unwrap_or_default();
    format!("--raise moves {name} from {from} to {to} for {whom}, and puts it back{undo}")
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill, Synthetic, small_run};
    use record::{Conditions, LimitValue, Record, Status};

    use super::*;
    use crate::render::terminal::{Options, render};

    fn printed(record: &Record) -> String {
        let found = analysis::found::of(record);
        let text = render(&document(&found), Options { width: Some(80), details: false });
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_has_its_limit_and_the_command_that_moves_it() {
        let text = printed(&small_run());
        for expected in [
            "A thread each stops first, between 10,000 and 40,000 tasks: vm.max_map_count 65,530, 4 \
             mappings a task.",
            "thread each: `sysctl -w vm.max_map_count=81000` makes room for 20,000.",
            "killed by signal 9 | out of memory",
        ] {
            assert!(text.contains(expected), "`{expected}` is not in\n{text}");
        }
    }

    #[test]
    fn a_limit_that_was_moved_is_held_against_what_was_predicted() {
        let mut record = small_run();
        let wall = record.cells.iter().find(|cell| cell.limit.is_some()).unwrap();
        let mut wall = record::Cell { tasks: 24_800, ..wall.clone() };
        wall.limit.as_mut().unwrap().value = 99_000;
        let limits = [("max_map_count".to_owned(), Some(LimitValue::Number(99_000)))].into();
        wall.conditions = Some(Conditions { limits, ..Conditions::default() });
        let mut made = Synthetic::new();
        made.line("threads/per-task", &[24_600], Bill { threads: 1, ..Bill::of(10_000) });
        let ran =
            record::Cell { conditions: wall.conditions.clone(), ..made.record().cells.remove(0) };
        record.cells.push(wall);
        let predicted = "thread each, with vm.max_map_count 99,000: 24,737 tasks by vm.max_map_count were \
            predicted, and";
        let text = printed(&record);
        let expected = format!("{predicted} the search ended before that was known.");
        assert!(text.contains(&expected), "{text}");
        record.cells.push(ran);
        let text = printed(&record);
        assert!(text.contains(&format!("{predicted} it stops as predicted.")), "{text}");
        assert_eq!(text.matches("makes room for").count(), 1, "{text}");
    }

    #[test]
    fn what_was_stopped_by_nothing_says_so() {
        let mut made = Synthetic::new();
        made.line("coroutines/smol", &[1_000, 2_000], Bill::of(300));
        let text = printed(&made.record());
        assert!(text.contains("No limit stopped any of them; 2,000 tasks ran"), "{text}");
        made.without("coroutines/smol", 4_000, Status::Skipped, "this would take \u{1b}[31m9 GiB");
        let text = printed(&made.record());
        assert!(
            text.contains("Smol stops first, between 2,000 and 4,000 tasks: this would"),
            "{text}"
        );
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn it_is_said_for_whom_a_limit_is_moved() {
        let undo = "echo 65530 > /proc/sys/vm/max_map_count";
        let said = before_moving("max_map_count", 65_530, 99_000, Some(undo));
        assert_eq!(
            said,
            format!(
                "--raise moves vm.max_map_count from 65,530 to 99,000 for the whole machine, and puts it \
                 back; if this program is killed, this does: {undo}"
            )
        );
        let own = before_moving("nofile", 1, 2, None);
        assert!(
            own.ends_with("to 2 for this program and what it starts, and puts it back"),
            "{own}"
        );
    }
}
