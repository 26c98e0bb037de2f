//! What a process keeps when its tasks are over, and whether the same tasks once more make that grow.

use std::collections::BTreeMap;

use analysis::Analysis;
use analysis::contestant::Role;
use analysis::lifecycle::{Kept, Lifecycle, NOTABLE_BYTES, NOTABLE_SHARE, Phases};

use crate::document::{Block, Cell, Column, Table, Unit};
use crate::format;
use crate::pages::contestants::{counted, details};
use crate::pages::weights::leading;
use crate::text::{Text, names, say};

/// What is kept, in a sentence or two.
pub(super) fn answer(analysis: &Analysis) -> Option<Text> {
    let compared: Vec<&Lifecycle> = analysis
        .lifecycles
        .iter()
        .filter(|lifecycle| lifecycle.series.contestant.is_compared())
        .collect();
    if compared.is_empty() {
        return None;
    }
    let grows = |lifecycle: &&&Lifecycle| lifecycle.kept() == Kept::Grows;
    let growing: Vec<String> =
        compared.iter().filter(grows).map(|lifecycle| names::series(&lifecycle.series)).collect();
    let memory = match growing.as_slice() {
        [] => "When the tasks are over and the same tasks run once more, no process grows.".into(),
        growing => say(
            "When the tasks are over and the same tasks run once more, these processes grow: \
             {growing}.",
            &[("growing", &growing.join("; "))],
        ),
    };
    Some(memory.and(left_behind(&compared)))
}

/// The threads and descriptors that are still there after the tasks.
fn left_behind(compared: &[&Lifecycle]) -> Text {
    let mut first: BTreeMap<String, [i64; 2]> = BTreeMap::new();
    let mut second = first.clone();
    let mut is_known = false;
    for lifecycle in compared {
        let (Some(threads), Some(descriptors)) = (lifecycle.threads, lifecycle.descriptors) else {
            continue;
        };
        is_known = true;
        let name = names::contestant(&lifecycle.series.contestant);
        let (threads, descriptors) = (threads.left(), descriptors.left());
        for (left, wave) in [(&mut first, 0), (&mut second, 1)] {
            let [most_threads, most_descriptors] = left.entry(name.clone()).or_default();
            *most_threads = threads[wave].max(*most_threads);
            *most_descriptors = descriptors[wave].max(*most_descriptors);
        }
    }
    let said = |left: &BTreeMap<String, [i64; 2]>| {
        let is_left = |(_, left): &(&String, &[i64; 2])| left.iter().any(|left| *left > 0);
        let said = left.iter().filter(is_left).map(|(name, [threads, descriptors])| {
            let of = |left: &i64, what| counted(left.unsigned_abs(), what);
            let both = format!("{} and {}", of(threads, "thread"), of(descriptors, "descriptor"));
            format!("{name} ({both})")
        });
        format::list(&said.collect::<Vec<String>>())
    };
    let (first, second) = (said(&first), said(&second));
    match (is_known, first.is_empty(), second.is_empty()) {
        (false, ..) => Text::default(),
        (_, true, true) => "No threads and no descriptors are left.".into(),
        (_, false, true) => say(
            "What a runtime starts with its first task stays: {first}. The second wave leaves no \
             threads and no descriptors.",
            &[("first", &first)],
        ),
        (..) => say(
            "The second wave leaves threads or descriptors in {second}.",
            &[("second", &second)],
        ),
    }
}

/// The section with its table, and every contestant folded away.
pub(super) fn section(analysis: &Analysis) -> Vec<Block> {
    let plain: Vec<&Lifecycle> =
        analysis.lifecycles.iter().filter(|lifecycle| lifecycle.series.shape.is_plain()).collect();
    let shown = leading(plain.iter().map(|lifecycle| &lifecycle.series.contestant));
    let mut few = Table::new([
        Column::words(""),
        Column::new("tasks", Unit::Count),
        Column::new("kept per task", Unit::Bytes).lower(),
        Column::new("second wave adds to the process", Unit::Bytes).lower(),
        Column::words("so it"),
    ]);
    for lifecycle in plain {
        if shown.contains(&lifecycle.series.contestant) {
            few.push(vec![
                Cell::text(names::contestant(&lifecycle.series.contestant)),
                Cell::Count(lifecycle.tasks),
                per_task(lifecycle),
                Cell::value(lifecycle.growth_bytes()),
                Cell::text(word(lifecycle.kept())),
            ]);
        }
    }
    let mut blocks = Vec::new();
    if !few.is_empty() {
        blocks.push(Block::Heading("What is kept when the tasks are over".into()));
        blocks.push(Block::Table(few));
        blocks.push(Block::Paragraph(say(
            "One process, at the largest N of which the same timers were run once more in the same \
             runtime. Kept is what is still there after the first wave. Below {share} of what the \
             wave added at its peak, or below {bytes}, it counts as nothing. It “keeps, does not grow” where the second wave finds room in what the first has left, as in an \
             allocator that holds on to freed memory. It “grows” where the second wave both leaves \
             more and needs more at its peak. That may still be a runtime that is not warm after \
             one wave: two waves cannot tell. A pool has its threads before the first task and \
             keeps them.",
            &[("share", &format::percent(NOTABLE_SHARE)), ("bytes", &format::size(NOTABLE_BYTES))],
        )));
    }
    blocks.extend(details(
        "The whole process through two waves, every contestant",
        vec![Block::Table(every(analysis))],
    ));
    blocks
}

fn every(analysis: &Analysis) -> Table {
    const HEADS: [&str; 5] = ["idle", "waiting", "over", "waiting again", "over again"];
    let columns = [Column::words(""), Column::new("tasks", Unit::Count)]
        .into_iter()
        .chain(HEADS.map(|head| Column::new(head, Unit::Bytes)))
        .chain([
            Column::new("kept per task", Unit::Bytes).lower(),
            Column::words("so it"),
            Column::words("threads"),
            Column::words("descriptors"),
        ]);
    let mut table = Table::new(columns);
    for lifecycle in &analysis.lifecycles {
        if matches!(lifecycle.series.contestant.role(), Role::Control(_)) {
            continue;
        }
        let mut row =
            vec![Cell::text(names::series(&lifecycle.series)), Cell::Count(lifecycle.tasks)];
        row.extend(in_order(&lifecycle.bytes).map(Cell::value));
        row.extend([per_task(lifecycle), Cell::text(word(lifecycle.kept()))]);
        for counts in [lifecycle.threads, lifecycle.descriptors] {
            row.push(match counts {
                None => Cell::Missing("not read".into()),
                Some(counts) => Cell::text(in_order(&counts).map(format::count).join(", ")),
            });
        }
        table.push(row);
    }
    table
}

fn in_order<T: Copy>(phases: &Phases<T>) -> [T; 5] {
    let Phases { idle, waiting, drained, second_waiting, second_drained } = *phases;
    [idle, waiting, drained, second_waiting, second_drained]
}

fn per_task(lifecycle: &Lifecycle) -> Cell {
    match lifecycle.kept_bytes_per_task() {
        Some(bytes) => Cell::value(bytes),
        None => Cell::Missing("there was no task".into()),
    }
}

fn word(kept: Kept) -> &'static str {
    match kept {
        Kept::GivesBack => "gives back",
        Kept::Keeps => "keeps, does not grow",
        Kept::Grows => "grows",
    }
}
