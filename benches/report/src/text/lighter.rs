//! How much lighter a coroutine is than a thread, and where a thread is as good, in English.

use analysis::claims::Finding;
use analysis::claims::lighter::summary::STATE_BYTES;
use analysis::claims::lighter::{Compared, Summary};
use analysis::contestant::Id;
use analysis::estimate::Estimate;

use super::inline::{Text, say};
use super::names;
use crate::format;

/// How many times as much a thread takes, in a sentence for bytes and one for CPU.
pub fn how_much(summary: &Summary) -> Text {
    let (ours, theirs) = (names::contestant(&summary.coroutine), with(&summary.thread));
    let mut text = Text::default();
    if let Some((compared, ours_bytes, theirs_bytes)) = both(summary.timer, format::bytes) {
        text = text.and(say(
            "A task that waits for a timer takes {ours_bytes} on {ours} and {theirs_bytes} {theirs}: \
             **{times}**.",
            &[
                ("ours", &ours),
                ("theirs", &theirs),
                ("ours_bytes", &ours_bytes),
                ("theirs_bytes", &theirs_bytes),
                ("times", &as_much(compared)),
            ],
        ));
    }
    let state = format!("with {} of state each", format::size(STATE_BYTES as f64));
    let others = [
        ("as much with an open connection each", summary.request),
        (&*format!("as much {state}"), summary.state),
        ("the CPU for a wait", summary.cpu_wait),
        ("the CPU for a request with its connection", summary.cpu_request),
    ];
    let times: Vec<String> = others
        .iter()
        .filter_map(|(what, compared)| Some(format!("{} times {what}", decided((*compared)?)?)))
        .collect();
    match times.is_empty() {
        true => text,
        false => text.and(Text::plain(format!("A thread takes {}.", format::list(&times)))),
    }
}

/// Where a thread is as good or better, a sentence each.
pub fn as_good(summary: &Summary) -> Vec<Text> {
    let (ours, theirs) = (names::contestant(&summary.coroutine), with(&summary.thread));
    let mut texts = Vec::new();
    if let Some(one) = summary.one_task.as_ref().filter(|one| one.finding != Finding::Lighter) {
        texts.push(say(
            "One task: the whole process takes {our_bytes} on {ours} and {their_bytes} {theirs}.",
            &[
                ("ours", &ours),
                ("theirs", &theirs),
                ("our_bytes", &format::bytes(one.coroutine.median)),
                ("their_bytes", &format::bytes(one.thread.median)),
            ],
        ));
    }
    if let Some(late) = summary.punctual.as_ref().filter(|late| late.finding != Finding::Lighter) {
        texts.push(say(
            "Up to {tasks} single timers, due one after another: half of them are less than \
             {our_ns} late on {ours} and less than {their_ns} {theirs}.",
            &[
                ("tasks", &format::count(late.tasks)),
                ("ours", &ours),
                ("theirs", &theirs),
                ("our_ns", &format::duration(late.coroutine[0].median)),
                ("their_ns", &format::duration(late.thread[0].median)),
            ],
        ));
    }
    let at_once = summary.at_once.as_ref().filter(|found| found.cpu.finding != Finding::Lighter);
    if let Some((found, (_, our_ns, their_ns))) =
        at_once.and_then(|found| Some((found, both(Some(found.cpu), format::duration)?)))
    {
        texts.push(say(
            "A server that answers at once: a request takes {our_ns} of CPU on {ours} and {their_ns} \
             {theirs}. How many are open at once differs, so this is shown and not judged.",
            &[
                ("ours", &ours),
                ("theirs", &with(&found.thread)),
                ("our_ns", &our_ns),
                ("their_ns", &their_ns),
            ],
        ));
    }
    texts
}

/// `83 times as much`, or that it is undecided.
fn as_much(compared: Compared) -> String {
    decided(compared).map_or_else(
        || "which of them takes less is undecided".into(),
        |times| format!("{times} times as much"),
    )
}

/// How many times as much a thread takes, where that says more or less.
fn decided(compared: Compared) -> Option<String> {
    let is_decided = matches!(compared.finding, Finding::Lighter | Finding::Heavier);
    compared.times.filter(|_| is_decided).map(|times| format::times(times.value))
}

/// `with a thread each`, `in crossbeam pool`.
pub fn with(thread: &Id) -> String {
    match thread.is_reference() {
        true => "with a thread each".into(),
        false => format!("in {}", names::contestant(thread)),
    }
}

/// A figure that both have, and what each has in its unit.
fn both(compared: Option<Compared>, unit: fn(f64) -> String) -> Option<(Compared, String, String)> {
    let compared = compared?;
    let ours = compared.coroutine.filter(Estimate::is_above_zero)?;
    let theirs = compared.thread.filter(Estimate::is_above_zero)?;
    Some((compared, unit(ours.value), unit(theirs.value)))
}
