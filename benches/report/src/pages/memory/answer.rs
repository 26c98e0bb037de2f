//! The answer: how much lighter, and from how many tasks on.

use analysis::Analysis;
use analysis::contestant::{Id, Model};
use analysis::crossover::Crossover;
use analysis::estimate::Estimate;
use analysis::measured::Measured;
use analysis::series::Shape;

use super::tables::{Work, works};
use crate::document::Unit;
use crate::format;
use crate::pages::weights::{Kind, find, leading, lighter_from, range, thread_over, weight};
use crate::text::{Text, names, say};

/// The answer, a sentence or two in each of its parts.
pub(super) fn answer(analysis: &Analysis, shown: &[Id]) -> Vec<Text> {
    let mut said: Vec<Text> = Vec::new();
    said.extend(how_much(analysis, shown));
    said.extend(from_when(analysis));
    if said.is_empty() {
        said.push(
            "This record does not say what a waiting task weighs. That takes proven cells of one \
             contestant at two numbers of tasks at least, with all tasks waiting."
                .into(),
        );
    }
    said
}

/// How many times as much a thread takes as a coroutine; the weights alone where one is missing.
fn how_much(analysis: &Analysis, shown: &[Id]) -> Option<Text> {
    let works = works(analysis);
    let (first, others) = works.split_first()?;
    let compared = Compared::of(analysis, shown, first);
    let Some(compared) = compared else { return weights_alone(analysis, shown, first) };
    let bytes = |bytes: &Estimate| format::bytes(bytes.value);
    let (least, most) = (compared.lightest(), compared.heaviest());
    let ratios = compared.ratios();
    let with = [
        ("thread", bytes(&compared.thread)),
        ("what", first.of_a_task.clone()),
        ("least", bytes(&least.1)),
        ("least_name", names::contestant(least.0)),
        ("most", bytes(&most.1)),
        ("most_name", names::contestant(most.0)),
        ("ratios", ratios),
    ];
    let with: Vec<(&str, &str)> = with.iter().map(|(name, value)| (*name, &**value)).collect();
    let mut text = if least.0 == most.0 {
        say(
            "A thread {what} takes {thread}, a {least_name} task {least}: the thread takes \
             **{ratios} times as much**.",
            &with,
        )
    } else {
        say(
            "A thread {what} takes {thread}, a coroutine {least} ({least_name}) to {most} \
             ({most_name}): the thread takes **{ratios} times as much**.",
            &with,
        )
    };
    let ratios = |work: &Work| {
        let compared = Compared::of(analysis, shown, work)?;
        Some(format!("{} it is {} times", work.each, compared.ratios()))
    };
    let others: Vec<String> = others.iter().filter_map(ratios).collect();
    if !others.is_empty() {
        let others = format::list(&others);
        text = text.and(say("{others}.", &[("others", &capitalized(&others))]));
    }
    Some(text)
}

/// What a thread each and the coroutines take for the same work.
struct Compared<'a> {
    thread: Estimate,
    /// By weight: the contestant, how much, and how many times as much a thread each takes.
    coroutines: Vec<(&'a Id, Estimate, Estimate)>,
}

impl<'a> Compared<'a> {
    /// `None` where there is no thread each, or no coroutine.
    fn of(analysis: &Analysis, shown: &'a [Id], work: &Work) -> Option<Self> {
        let of = |id: &Id| find(analysis, id, work.is_kind);
        let reference = shown.iter().find(|id| id.is_reference())?;
        let mut coroutines: Vec<_> = shown
            .iter()
            .filter(|id| id.model() == Model::Coroutines)
            .filter_map(|id| {
                let measured = of(id)?;
                Some((id, weight(analysis, measured)?, thread_over(analysis, measured)?))
            })
            .collect();
        coroutines.sort_by(|(_, a, _), (_, b, _)| a.value.total_cmp(&b.value));
        let thread = weight(analysis, of(reference)?)?;
        (!coroutines.is_empty()).then_some(Self { thread, coroutines })
    }

    fn lightest(&self) -> &(&'a Id, Estimate, Estimate) {
        &self.coroutines[0]
    }

    fn heaviest(&self) -> &(&'a Id, Estimate, Estimate) {
        &self.coroutines[self.coroutines.len() - 1]
    }

    fn ratios(&self) -> String {
        let (least, most) = (self.heaviest().2.value, self.lightest().2.value);
        range(least, most, Unit::Times)
    }
}

/// What a waiting task takes, contestant by contestant; `None` if nothing is known.
fn weights_alone(analysis: &Analysis, shown: &[Id], work: &Work) -> Option<Text> {
    let known = |id: &Id| {
        let measured: &Measured = find(analysis, id, work.is_kind)?;
        let weight = format::bytes(weight(analysis, measured)?.value);
        Some(format!("{weight} in {}", names::contestant(id)))
    };
    let known: Vec<String> = shown.iter().filter_map(known).collect();
    let known = (!known.is_empty()).then(|| format::list(&known))?;
    Some(say(
        "A task {what} takes {known}. Without both a thread each and a coroutine there is nothing \
         to compare.",
        &[("what", &work.of_a_task), ("known", &known)],
    ))
}

/// From how many tasks on the whole process is lighter than that of a thread each.
fn from_when(analysis: &Analysis) -> Option<Text> {
    let timers = from_when_in(analysis, Shape::is_plain).map(|timers| {
        say(
            "The whole process weighs less than with a thread each {timers}.",
            &[("timers", &timers)],
        )
    });
    let requests = from_when_in(analysis, Shape::is_plain_request).map(|requests| {
        let template = match timers {
            Some(_) => "With open requests it weighs less {requests}.",
            None => {
                "With open requests the whole process weighs less than with a thread each \
                 {requests}."
            }
        };
        say(template, &[("requests", &requests)])
    });
    [timers, requests].into_iter().flatten().reduce(Text::and)
}

/// `from 3 tasks on (tokio), from 5 tasks on (smol)`; contestants of which the same is said together.
fn from_when_in(analysis: &Analysis, is_kind: Kind) -> Option<String> {
    let wanted = |crossover: &&Crossover| {
        crossover.against.is_reference() && is_kind(&crossover.series.shape)
    };
    let wanted = || analysis.crossovers.iter().filter(wanted);
    let shown = leading(wanted().map(|crossover| &crossover.series.contestant));
    let mut alike: Vec<(String, Vec<String>)> = Vec::new();
    for crossover in wanted().filter(|crossover| shown.contains(&crossover.series.contestant)) {
        let Some(from) = lighter_from(crossover) else { continue };
        let name = names::contestant(&crossover.series.contestant);
        match alike.iter_mut().find(|(words, _)| *words == from) {
            Some((_, names)) => names.push(name),
            None => alike.push((from, vec![name])),
        }
    }
    let parts: Vec<String> = alike
        .into_iter()
        .map(|(from, names)| format!("{from} ({})", format::list(&names)))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn capitalized(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(rest).collect()
}
