//! What a process keeps when its tasks are over, and whether the same tasks once more make that grow.

use std::collections::BTreeMap;

use analysis::Analysis;
use analysis::estimate::Estimate;
use analysis::lifecycle::{Kept, Lifecycle, NOTABLE_BYTES, NOTABLE_SHARE};

use crate::document::{Block, Cell, Column, Unit};
use crate::format;
use crate::pages::weights::leading;
use crate::tables::{self, under};
use crate::text::{Text, names, say};

/// What is kept, in a sentence or two.
pub(super) fn answer(analysis: &Analysis) -> Option<Text> {
    let all = analysis.lifecycles.iter();
    let compared: Vec<&Lifecycle> =
        all.filter(|lifecycle| lifecycle.series.contestant.is_compared()).collect();
    let growing = compared.iter().filter(|lifecycle| lifecycle.kept() == Kept::Grows);
    let growing: Vec<String> = growing.map(|lifecycle| names::series(&lifecycle.series)).collect();
    let memory = match growing.is_empty() {
        true => {
            "When the tasks are over and the same tasks run once more, no process grows.".into()
        }
        false => say(
            "When the tasks are over and the same tasks run once more, these processes grow: \
             {growing}.",
            &[("growing", &growing.join("; "))],
        ),
    };
    (!compared.is_empty()).then(|| memory.and(left_behind(&compared)))
}

/// The threads and descriptors that are still there after the tasks.
fn left_behind(compared: &[&Lifecycle]) -> Text {
    // Of each contestant, the most threads and descriptors left by the first wave and by the second.
    let mut left: BTreeMap<String, [[i64; 2]; 2]> = BTreeMap::new();
    for lifecycle in compared {
        let (Some(threads), Some(descriptors)) = (lifecycle.threads, lifecycle.descriptors) else {
            continue;
        };
        let most = left.entry(names::contestant(&lifecycle.series.contestant)).or_default();
        for wave in [0, 1] {
            let [threads, descriptors] = [threads.left()[wave], descriptors.left()[wave]];
            most[wave] = [most[wave][0].max(threads), most[wave][1].max(descriptors)];
        }
    }
    let said = |wave: usize| {
        let of = |left: i64, what| format::counted(left.unsigned_abs(), what);
        let is_left = left.iter().filter(|(_, waves)| waves[wave].iter().any(|left| *left > 0));
        let said = is_left.map(|(name, waves)| {
            let [threads, descriptors] = waves[wave];
            format!("{name} ({} and {})", of(threads, "thread"), of(descriptors, "descriptor"))
        });
        format::list(said)
    };
    let (first, second) = (said(0), said(1));
    match (first.is_empty(), second.is_empty()) {
        _ if left.is_empty() => Text::default(),
        (true, true) => "No threads and no descriptors are left.".into(),
        (false, true) => say(
            "What a runtime starts with its first task stays: {first}. The second wave leaves no \
             threads and no descriptors.",
            &[("first", &first)],
        ),
        _ => say(
            "The second wave leaves threads or descriptors in {second}.",
            &[("second", &second)],
        ),
    }
}

/// The section with its table.
pub(super) fn section(analysis: &Analysis) -> Vec<Block> {
    let plain = analysis.lifecycles.iter().filter(|lifecycle| lifecycle.series.shape.is_plain());
    let shown = leading(plain.clone().map(|lifecycle| &lifecycle.series.contestant));
    let few = tables::of(
        plain.filter(|lifecycle| shown.contains(&lifecycle.series.contestant)),
        &[
            (Column::words(""), &|row| Cell::text(names::contestant(&row.series.contestant))),
            (Column::new("tasks", Unit::Count), &|row| Cell::Count(row.tasks)),
            (Column::new("kept per task", Unit::Bytes).lower(), &|row| {
                Cell::figure(row.kept_bytes_per_task().map(Estimate::lone), "there was no task")
            }),
            (Column::new("second wave adds to the process", Unit::Bytes).lower(), &|row| {
                Cell::value(row.growth_bytes())
            }),
            (Column::words("so it"), &|row| Cell::text(word(row.kept()))),
        ],
    );
    let note = say(
        "One process, at the largest N of which the same timers were run once more in the same \
         runtime. Kept is what is still there after the first wave. Below {share} of what the wave \
         added at its peak, or below {bytes}, it counts as nothing. It “keeps, does not grow” where \
         the second wave finds room in what the first has left, as in an allocator that holds on to \
         freed memory. It “grows” where the second wave both leaves more and needs more at its peak. \
         That may still be a runtime that is not warm after one wave: two waves cannot tell. A pool \
         has its threads before the first task and keeps them.",
        &[("share", &format::percent(NOTABLE_SHARE)), ("bytes", &format::size(NOTABLE_BYTES))],
    );
    under("What is kept when the tasks are over", few, note)
}

fn word(kept: Kept) -> &'static str {
    match kept {
        Kept::GivesBack => "gives back",
        Kept::Keeps => "keeps, does not grow",
        Kept::Grows => "grows",
    }
}
