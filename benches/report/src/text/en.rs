//! The front page in English.

use analysis::bar::Outcome;
use analysis::claims::lighter::Compared;
use analysis::claims::{Finding, Judgement, Verdict, Work};
use analysis::contestant::Id;
use analysis::elsewhere::{Language, Weighed};
use analysis::repeat::{Moved, Repeat};
use analysis::sides::Part;
use analysis::walls::{Ceiling, Wall};

use crate::format;
use crate::text::front::{Facts, FrontWords};
use crate::text::{Text, limits, names, quantities, say};

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
        let from = facts.and_then(|facts| facts.from);
        let depends = "By how much depends on what else each task holds.";
        let answer = match (&judgement.verdict, from) {
            (Verdict::Refuted, _) => "no, not in this record.".to_owned(),
            (Verdict::NotMeasured(_), _) => "this record does not say.".into(),
            (_, Some((1, 1))) => format!("yes, at every number of waiting tasks. {depends}"),
            (_, Some((least, most))) if least == most => {
                format!("yes, from {} waiting tasks on. {depends}", format::count(most))
            }
            (_, Some((least, most))) => format!(
                "yes, from {} to {} waiting tasks on, depending on the runtime. {depends}",
                format::count(least),
                format::count(most)
            ),
            (_, None) => "yes, with exceptions.".into(),
        };
        let first = Text::strong(format!("“Coroutines are lighter than threads”: {answer}"));
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
        "A subroutine waits one at a time, so it is not in this table.".into()
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
        let parts = Part::ALL.map(|part| (quantities::part(part), repeat.part(part)));
        let within = |(what, moved): &(&str, &Moved)| {
            Some(format!("{what} {}", format::percent(moved.within?)))
        };
        let said: Vec<String> = parts.iter().filter_map(within).collect();
        if said.is_empty() {
            return Text::plain("A second run has no figure in common with this one").and(why);
        }
        let missed = |(what, moved): &(&str, &Moved)| {
            let bar = moved.bar.filter(|bar| bar.outcome == Outcome::Missed)?;
            Some(format!(
                "{what} within {} ({} of {} figures moved more)",
                format::percent(bar.allowed),
                format::count(bar.beyond as u64),
                format::count(moved.compared as u64),
            ))
        };
        let mut missed: Vec<String> = parts.iter().filter_map(missed).collect();
        if repeat.order.outcome == Outcome::Missed {
            let changed = match repeat.order.swaps.len() {
                1 => "one pair changes".to_owned(),
                many => format!("{} pairs change", format::count(many as u64)),
            };
            missed.push(format!("the same order of contestants by bytes ({changed} it)"));
        }
        let mut text = say(
            "The whole run was made twice. Of each kind of figure, 95 % moved by no more than this: {said}.",
            &[("said", &format::list(&said))],
        );
        if !missed.is_empty() {
            text =
                text.and(say("Bars that were missed: {missed}", &[("missed", &missed.join("; "))]));
        }
        text.and(why)
    }

    fn rates(&self, pool_workers: Option<u32>) -> (Text, Text) {
        let how = say(
            "Each is the mean of fresh processes, one in each round, and holds for this machine \
             ([all rates](page:rates)).",
            &[],
        );
        let pools = pool_workers.map(|workers| {
            Text::plain(format!(
                "A pool has {workers} workers here, and a worker for each task in the table above."
            ))
        });
        ("How many a second".into(), how.and(pools.unwrap_or_default()))
    }

    fn rate(&self, work: Work, tasks: u64, wait_ns: u64) -> String {
        let (wait, tasks) = (format::duration(wait_ns as f64), format::count(tasks));
        match work {
            Work::Timer => format!("timers of {wait}, {tasks} at once"),
            Work::Request if wait_ns == 0 => {
                format!("requests answered without delay, {tasks} at once")
            }
            Work::Request => format!("requests answered after {wait}, {tasks} at once"),
        }
    }

    fn breaks(&self) -> (Text, [&'static str; 3]) {
        ("What breaks first".into(), ["", "reached here", "what stops it"])
    }

    fn reached(&self, id: &Id, work: Work) -> Text {
        let things = if work == Work::Timer { "timers" } else { "open requests" };
        Text::plain(format!("{}, {things}", names::contestant(id)))
    }

    fn wall(&self, wall: &Wall, next: Option<&Ceiling>) -> Text {
        let next = next.map(|next| format!("; then {}", limits::of_ceiling(next)));
        Text::plain(limits::of_wall(wall) + &next.unwrap_or_default())
    }

    fn no_wall(&self, next: Option<&Ceiling>) -> Text {
        let next = next.map(|next| format!("; next is {}", limits::of_ceiling(next)));
        Text::plain("nothing up to here".to_owned() + &next.unwrap_or_default())
    }

    fn elsewhere(&self) -> Text {
        "What one more waiting task takes in programs from elsewhere".into()
    }

    fn language(&self, language: &Language) -> Text {
        of_language(language).into_iter().reduce(Text::and).unwrap_or_default()
    }

    fn onwards(&self) -> Text {
        say(
            "**Your case:** `cargo run --release -p compare -- plan --tasks 20k --wait 200ms --state 2KiB` · \
             [choosing](docs:choosing.md) · [questions and answers](page:README) · \
             [claims](page:claims) · [all figures](page:all) · [can they be trusted?](page:trust)",
            &[],
        )
    }
}

/// What the threads and the coroutines of a language take, and how they stand beside those in Rust.
pub(crate) fn of_language(language: &Language) -> Vec<Text> {
    let Language { name, thread, coroutine, times } = language;
    let bytes = |of: &Weighed| format::bytes(of.bytes.value);
    let ratio = times.map_or_else(String::new, |of| format::times_or_range(&of, " to "));
    let template = match times {
        Some(_) => {
            "**{language}**: a waiting task of {coroutine} takes {light}, one of {thread} {heavy}: the \
             thread takes **{ratio} times as much**."
        }
        None => {
            "**{language}**: a waiting task of {coroutine} takes {light}, one of {thread} {heavy}."
        }
    };
    let first = say(
        template,
        &[
            ("language", name),
            ("coroutine", coroutine.contestant.as_str()),
            ("light", &bytes(coroutine)),
            ("thread", thread.contestant.as_str()),
            ("heavy", &bytes(thread)),
            ("ratio", &ratio),
        ],
    );
    let beside = [coroutine, thread].into_iter().filter_map(|of| {
        let (other, ratio) = of.beside.as_ref()?;
        Some(say(
            "{id} takes {times} times as much for each waiting task as {other} in Rust.",
            &[
                ("id", of.contestant.as_str()),
                ("times", &format::times(ratio.value)),
                ("other", &names::in_a_sentence(other)),
            ],
        ))
    });
    std::iter::once(first).chain(beside).collect()
}

/// How many times as much a thread takes, in words.
fn times(compared: Option<&Compared>) -> Option<String> {
    Some(format!("{} times", format::times_or_range(&compared?.times?, " to ")))
}

/// The verdict's figures, as far as the record has them.
pub(crate) fn figures(facts: &Facts<'_>) -> Option<Text> {
    let summary = facts.summary;
    let timer = summary.timer.as_ref()?;
    let thread = names::contestant(&summary.thread);
    let mut text = say(
        "A {task} task that waits for a timer takes {ours}, a {thread} {theirs}: **{times} as much**.",
        &[
            ("task", &names::contestant(&summary.coroutine)),
            ("thread", thread.strip_suffix(" each").unwrap_or(&thread)),
            ("ours", &format::bytes(timer.coroutine?.value)),
            ("theirs", &format::bytes(timer.thread?.value)),
            ("times", &times(Some(timer))?),
        ],
    );
    let others = [
        (
            "With an open HTTP connection each, the thread takes **{times}** as much.",
            &summary.request,
        ),
        ("With 8 KiB of state each, **{times}**.", &summary.state),
        ("A wait in a thread costs **{times}** the CPU.", &summary.cpu_wait),
        ("A request in a thread costs **{times}** the CPU.", &summary.cpu_request),
    ];
    for (sentence, compared) in others {
        if let Some(times) = times(compared.as_ref()) {
            text = text.and(say(sentence, &[("times", &times)]));
        }
    }
    Some(text)
}

/// Where a thread is as good or better.
pub(crate) fn exceptions(facts: &Facts<'_>) -> Option<Text> {
    let summary = facts.summary;
    let task = names::contestant(&summary.coroutine);
    let mut said = Vec::new();
    match facts.fewest() {
        Some(1) => said.push("for one task".to_owned()),
        Some(fewest) => said.push(format!("for up to {} tasks", format::count(fewest))),
        None => {}
    }
    if let Some((at_once, ours, theirs)) = facts.at_once_is_no_better() {
        let of = at_once.workers.map(|workers| format!(" of {workers} threads"));
        said.push(format!(
            "for requests to a server that answers at once ({} of CPU each in a {}{}, {} on {task})",
            format::duration(theirs),
            names::contestant(&at_once.thread),
            of.unwrap_or_default(),
            format::duration(ours),
        ));
    }
    if let Some(punctual) =
        summary.punctual.as_ref().filter(|late| late.finding == Finding::Heavier)
    {
        said.push(format!(
            "against {task} for up to {} timers that are due one by one (a thread wakes {} late, {task} {})",
            format::count(punctual.tasks),
            format::duration(punctual.thread[0].median),
            format::duration(punctual.coroutine[0].median),
        ));
    }
    (!said.is_empty()).then(|| {
        say("**A thread is as good or better** {said}.", &[("said", &format::list(&said))])
    })
}
