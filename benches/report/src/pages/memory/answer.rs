//! The answer: how much lighter, and from how many tasks on.

use analysis::Analysis;
use analysis::contestant::{Id, Model};
use analysis::estimate::Estimate;
use analysis::series::Shape;

use super::tables::{Work, works};
use crate::document::Unit;
use crate::format::{self, alike};
use crate::pages::contestants::said_or;
use crate::pages::weights::{Kind, find, leading, lighter_from, thread_over, weight};
use crate::text::{Text, names, say};

/// The answer, a sentence or two in each of its parts.
pub(super) fn answer(analysis: &Analysis, shown: &[Id]) -> Vec<Text> {
    said_or(
        how_much(analysis, shown).into_iter().chain(from_when(analysis)).collect(),
        "This record does not say what a waiting task weighs. That takes proven cells of one \
         contestant at two numbers of tasks at least, with all tasks waiting.",
    )
}

/// How many times as much a thread takes as a coroutine; the weights alone where one is missing.
fn how_much(analysis: &Analysis, shown: &[Id]) -> Option<Text> {
    let works = works(analysis);
    let (first, others) = works.split_first()?;
    let Some((thread, coroutines)) = compared(analysis, shown, first) else {
        return weights_alone(analysis, shown, first);
    };
    let of = |(id, bytes, _): &Coroutine<'_>| (names::contestant(id), format::bytes(bytes.value));
    let coroutines_take = match &coroutines[..] {
        [only] => format!("a {} task {}", of(only).0, of(only).1),
        all => {
            let ((least_name, least), (most_name, most)) = (of(&all[0]), of(&all[all.len() - 1]));
            format!("a coroutine {least} ({least_name}) to {most} ({most_name})")
        }
    };
    let text = say(
        "A thread {what} takes {thread}, {coroutines}: the thread takes **{ratios} times as much**.",
        &[
            ("what", first.of_a_task),
            ("thread", &format::bytes(thread.value)),
            ("coroutines", &coroutines_take),
            ("ratios", &ratios(&coroutines)),
        ],
    );
    let with = |work: &&Work| {
        let (_, coroutines) = compared(analysis, shown, work)?;
        Some(format!("{} times {}", ratios(&coroutines), work.each))
    };
    let others = format::list(others.iter().filter_map(with));
    Some(match others.is_empty() {
        true => text,
        false => text.and(say("It is {others}.", &[("others", &others)])),
    })
}

/// A coroutine, what it takes, and how many times as much a thread each takes.
type Coroutine<'a> = (&'a Id, Estimate, Estimate);

/// What a thread each and the coroutines take for the same work, the coroutines by weight; `None` where
/// there is no thread each, or no coroutine.
fn compared<'a>(
    analysis: &Analysis,
    shown: &'a [Id],
    work: &Work,
) -> Option<(Estimate, Vec<Coroutine<'a>>)> {
    let reference = shown.iter().find(|id| id.is_reference())?;
    let thread = weight(analysis, find(analysis, reference, work.is_kind)?)?;
    let coroutines = shown.iter().filter(|id| id.model() == Model::Coroutines);
    let mut coroutines: Vec<Coroutine<'_>> = coroutines
        .filter_map(|id| {
            let measured = find(analysis, id, work.is_kind)?;
            Some((id, weight(analysis, measured)?, thread_over(analysis, measured)?))
        })
        .collect();
    coroutines.sort_by(|(_, a, _), (_, b, _)| a.value.total_cmp(&b.value));
    (!coroutines.is_empty()).then_some((thread, coroutines))
}

fn ratios(coroutines: &[Coroutine<'_>]) -> String {
    let (least, most) = (coroutines[coroutines.len() - 1].2, coroutines[0].2);
    format::range(least.value, most.value, Unit::Times)
}

/// What a waiting task takes, contestant by contestant; `None` if nothing is known.
fn weights_alone(analysis: &Analysis, shown: &[Id], work: &Work) -> Option<Text> {
    let known = |id: &Id| {
        let bytes = weight(analysis, find(analysis, id, work.is_kind)?)?;
        Some(format!("{} in {}", format::bytes(bytes.value), names::contestant(id)))
    };
    let known = format::list(shown.iter().filter_map(known));
    (!known.is_empty()).then(|| {
        say(
            "A task {what} takes {known}. Without both a thread each and a coroutine there is nothing \
             to compare.",
            &[("what", work.of_a_task), ("known", &known)],
        )
    })
}

/// From how many tasks on the whole process is lighter than that of a thread each.
pub(crate) fn from_when(analysis: &Analysis) -> Option<Text> {
    let kinds: [(Kind, &str); 2] = [
        (Shape::is_plain, "The whole process weighs less than with a thread each {from}."),
        (Shape::is_plain_request, "With open requests a process weighs less {from}."),
    ];
    let said = |(is_kind, sentence): (Kind, &str)| {
        Some(say(sentence, &[("from", &from_when_in(analysis, is_kind)?)]))
    };
    kinds.into_iter().filter_map(said).reduce(Text::and)
}

/// `from 3 tasks on (tokio), from 5 tasks on (smol)`; contestants of which the same is said together.
fn from_when_in(analysis: &Analysis, is_kind: Kind) -> Option<String> {
    let all = analysis
        .crossovers
        .iter()
        .filter(|crossover| crossover.against.is_reference() && is_kind(&crossover.series.shape));
    let shown = leading(all.clone().map(|crossover| &crossover.series.contestant));
    let of_shown = all.filter(|crossover| shown.contains(&crossover.series.contestant));
    let named = of_shown.filter_map(|crossover| {
        Some((lighter_from(crossover)?, names::contestant(&crossover.series.contestant)))
    });
    let part = |(from, names): (String, Vec<String>)| format!("{from} ({})", format::list(&names));
    let parts: Vec<String> = alike(named, |a, b| a == b).into_iter().map(part).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
