//! The front page in English.

use analysis::bar::Outcome;
use analysis::claims::{Finding, Judgement, Verdict, Work};
use analysis::contestant::Id;
use analysis::estimate::Estimate;
use analysis::repeat::{Moved, Repeat};
use analysis::walls::{Ceiling, Wall};

use crate::format;
use crate::text::front::{Facts, FrontWords};
use crate::text::{Text, limits, names, say};

/// English.
#[derive(Clone, Copy, Debug)]
pub struct English;

impl FrontWords for English {
    fn intro(&self) -> Text {
        say(
            "What one waiting task costs in Rust, as an OS thread, a callback or an async task: bytes, \
             CPU, lateness. Every model runs the same task, proves that it did it, and is weighed from \
             outside, **kernel memory included**.",
            &[],
        )
    }

    fn contestant(&self, id: &Id) -> String {
        names::contestant(id)
    }

    fn verdict(&self, judgement: &Judgement, facts: Option<&Facts<'_>>) -> Vec<Text> {
        let claim = "“Coroutines are lighter than threads”";
        let from = facts.and_then(|facts| facts.from);
        let first = match (&judgement.verdict, from) {
            (Verdict::Refuted, _) => {
                say("**{claim}: no, not in this record.**", &[("claim", claim)])
            }
            (Verdict::NotMeasured(_), _) => {
                say("**{claim}: this record does not say.**", &[("claim", claim)])
            }
            (_, Some((1, 1))) => say(
                "**{claim}: yes, at every number of waiting tasks. By how much depends on what else each \
                 task holds.**",
                &[("claim", claim)],
            ),
            (_, Some((least, most))) => {
                let from = match least == most {
                    true => format!("from {} waiting tasks on", format::count(most)),
                    false => format!(
                        "from {} to {} waiting tasks on, depending on the runtime",
                        format::count(least),
                        format::count(most)
                    ),
                };
                say(
                    "**{claim}: yes, {from}. By how much depends on what else each \
                     task holds.**",
                    &[("claim", claim), ("from", &from)],
                )
            }
            (_, None) => say("**{claim}: yes, with exceptions.**", &[("claim", claim)]),
        };
        let mut said = vec![first];
        if let Some(facts) = facts {
            said.extend(figures(facts));
            said.extend(exceptions(facts));
        }
        said
    }

    fn takes(&self) -> (Text, [&'static str; 6]) {
        let columns =
            ["", "timer", "+ 8 KiB state", "open request", "CPU per wait", "CPU per request"];
        ("What one more waiting task takes".into(), columns)
    }

    fn no_figure(&self) -> Text {
        "not measured in this record".into()
    }

    fn one_at_a_time(&self) -> Text {
        "A subroutine waits one at a time: nothing waits beside it.".into()
    }

    fn discontinued(&self) -> Text {
        say(
            "async-std is discontinued: [is it worth leaving?](docs:choosing.md#the-service-runs-on-async-std-is-it-worth-leaving)",
            &[],
        )
    }

    fn repeats(&self, repeat: Option<&Repeat>) -> Text {
        let why = say("([how this is known](page:trust)).", &[]);
        let Some(repeat) = repeat else {
            return Text::plain("There is no second run to compare with").and(why);
        };
        let parts = [
            ("bytes", &repeat.bytes),
            ("CPU", &repeat.cpu),
            ("lateness", &repeat.lateness),
            ("rates", &repeat.rates),
        ];
        let within = |what: &str, moved: &Moved| {
            Some(format!("{what} within {}", format::percent(moved.within?)))
        };
        let said: Vec<String> =
            parts.iter().filter_map(|(what, moved)| within(what, moved)).collect();
        if said.is_empty() {
            return Text::plain("A second run has no figure in common with this one").and(why);
        }
        let missed: Vec<String> = parts
            .iter()
            .filter_map(|(what, moved)| {
                let bar = moved.bar.filter(|bar| bar.outcome == Outcome::Missed)?;
                Some(format!(
                    "{what} were to be within {}, and {} of {} figures are not",
                    format::percent(bar.allowed),
                    format::count(bar.beyond as u64),
                    format::count(moved.compared as u64)
                ))
            })
            .collect();
        let mut text = say(
            "A second run of the same program came this close in 95 of 100 figures: {said}.",
            &[("said", &format::list(&said))],
        );
        if !missed.is_empty() {
            text = text.and(say("Bars missed: {missed}", &[("missed", &missed.join("; "))]));
        }
        text.and(why)
    }

    fn breaks(&self) -> (Text, [&'static str; 3]) {
        ("What breaks first".into(), ["", "reached here", "then"])
    }

    fn reached(&self, id: &Id, work: Work) -> Text {
        let name = names::contestant(id);
        match work {
            Work::Timer => say("{name}, timers", &[("name", &name)]),
            Work::Request => say("{name}, open requests", &[("name", &name)]),
        }
    }

    fn wall(&self, wall: &Wall, next: Option<&Ceiling>) -> Text {
        let text = Text::plain(limits::of_wall(wall));
        match next {
            None => text,
            Some(next) => {
                Text::plain(format!("{}; then {}", text.words(), limits::of_ceiling(next)))
            }
        }
    }

    fn no_wall(&self, next: Option<&Ceiling>) -> Text {
        match next {
            None => "not the end".into(),
            Some(next) => Text::plain(format!("not the end; {}", limits::of_ceiling(next))),
        }
    }

    fn onwards(&self) -> Text {
        say(
            "**Your case:** `compare plan --tasks 20k --wait 200ms --state 2KiB` · \
             [choosing](docs:choosing.md) · [questions and answers](page:README) · \
             [claims](page:claims) · [all figures](page:all) · [can they be trusted?](page:trust)",
            &[],
        )
    }
}

/// How many times as much a thread takes, in words.
fn times(times: Option<Estimate>) -> Option<String> {
    times.map(|times| format!("{} times", format::times(times.value)))
}

/// The verdict's figures, as far as the record has them.
pub(crate) fn figures(facts: &Facts<'_>) -> Option<Text> {
    let summary = facts.summary;
    let (task, thread) =
        (names::contestant(&summary.coroutine), names::contestant(&summary.thread));
    let timer = summary.timer.as_ref()?;
    let mut text = say(
        "A {task} task that waits for a timer takes {ours}, a {thread} {theirs}: **{times} as much**.",
        &[
            ("task", &task),
            ("thread", thread.strip_suffix(" each").unwrap_or(&thread)),
            ("ours", &format::bytes(timer.coroutine?.value)),
            ("theirs", &format::bytes(timer.thread?.value)),
            ("times", &times(timer.times)?),
        ],
    );
    let request = summary.request.as_ref().and_then(|request| times(request.times));
    let state = summary.state.as_ref().and_then(|state| times(state.times));
    if let Some(request) = &request {
        text = text.and(say(
            "With an open HTTP connection each it is **{times}**.",
            &[("times", request)],
        ));
    }
    if let Some(state) = &state {
        text = text.and(say("With 8 KiB of state each it is **{times}**.", &[("times", state)]));
    }
    let wait = summary.cpu_wait.as_ref().and_then(|cpu| times(cpu.times));
    let asked = summary.cpu_request.as_ref().and_then(|cpu| times(cpu.times));
    match (wait, asked) {
        (Some(wait), Some(asked)) => Some(text.and(say(
            "In a thread, a wait costs **{wait}** the CPU, a request **{asked}**.",
            &[("wait", &wait), ("asked", &asked)],
        ))),
        (Some(wait), None) => {
            Some(text.and(say("In a thread, a wait costs **{wait}** the CPU.", &[("wait", &wait)])))
        }
        _ => Some(text),
    }
}

/// Where a thread is as good or better.
pub(crate) fn exceptions(facts: &Facts<'_>) -> Option<Text> {
    let summary = facts.summary;
    let task = names::contestant(&summary.coroutine);
    let mut said = Vec::new();
    if summary.one_task.as_ref().is_some_and(|one| one.finding != Finding::Lighter) {
        said.push("for one task".to_owned());
    }
    if let Some((at_once, ours, theirs)) = facts.at_once_is_no_better() {
        said.push(format!(
            "for requests to a server that answers at once ({} of CPU each in a {}, {} on {task})",
            format::duration(theirs),
            names::contestant(&at_once.thread),
            format::duration(ours),
        ));
    }
    if let Some(punctual) =
        summary.punctual.as_ref().filter(|late| late.finding == Finding::Heavier)
    {
        said.push(format!(
            "for up to {} punctual timers (a thread wakes {} late, {task} {})",
            format::count(punctual.tasks),
            format::duration(punctual.thread[0].median),
            format::duration(punctual.coroutine[0].median),
        ));
    }
    (!said.is_empty()).then(|| {
        say("**A thread is as good or better** {said}.", &[("said", &format::list(&said))])
    })
}
