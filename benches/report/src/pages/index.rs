//! The index of the results: the questions that people come with, each answered in a paragraph.

use analysis::Analysis;
use analysis::contestant::Model;
use analysis::walls::Reach;

use super::choosing::{REQUESTS, case, leaving, python};
use super::front::{facts, shown};
use super::page::Page;
use super::{allocators, lateness, memory, trust, walls};
use crate::document::{Block, Document};
use crate::text::en::ENGLISH;
use crate::text::{Text, cautions, limits, say};

/// The page. A code host shows a file of this name below its folder.
pub(crate) const PAGE: Page = Page { id: "README", name: "questions and answers", build };

fn build(analysis: &Analysis) -> Document {
    let facts = facts(analysis);
    let facts = facts.as_ref();
    let questions: [(&str, Vec<Text>, &str); 10] = [
        (
            "How much lighter is a coroutine than a thread?",
            facts.and_then(|facts| ENGLISH.figures(facts)).into_iter().collect(),
            "[What a waiting task weighs](page:memory), [what holds it](page:bill), \
             [what live state adds](page:state), [what a wait costs in CPU](page:cpu).",
        ),
        (
            "From how many tasks on?",
            memory::from_when(analysis).into_iter().collect(),
            "[Every pair](page:memory), [the whole process at 1 to 8 tasks](page:all#the-whole-process).",
        ),
        (
            "When is a thread as good?",
            facts.and_then(|facts| ENGLISH.exceptions(facts)).into_iter().collect(),
            "[Which one to take, by situation](docs:choosing.md).",
        ),
        (
            "Which runtime wakes most punctually?",
            answer(&lateness::PAGE, analysis),
            "[How late tasks wake](page:lateness).",
        ),
        (
            "What will 20,000 requests of 200 ms with 2 KiB cost me?",
            case(analysis, &REQUESTS),
            "For another case: `cargo run --release -p compare -- plan --tasks 20k --wait 200ms --state 2KiB --workload http`.",
        ),
        (
            "What breaks first at 50,000?",
            answer(&walls::PAGE, analysis)
                .into_iter()
                .chain(at_50_000_requests(analysis))
                .collect(),
            "[Every wall, and the command that moves it](page:walls).",
        ),
        ("Is async-std worth leaving?", leaving(analysis), "[All situations](docs:choosing.md)."),
        (
            "Does the allocator matter?",
            answer(&allocators::PAGE, analysis),
            "[What the allocator changes](page:allocators).",
        ),
        (
            "Can I trust this?",
            answer(&trust::PAGE, analysis),
            "[What was checked](page:trust), [the machine](page:machine), \
             [how it is measured](docs:method.md), [what is unfair](docs:bias.md).",
        ),
        (
            "What does this say about Python?",
            python(analysis),
            "[The same task in four models, with Python's beside](docs:models.md), \
             [threads and coroutines in a Python server](docs:servers.md).",
        ),
    ];
    let mut blocks = vec![Block::Paragraph(say(
        "Ten questions, answered from one run. The rest: [claims and verdicts](page:claims), \
         [tasks and requests a second](page:rates), [every figure](page:all), \
         [what a connection costs a server](docs:servers.md).",
        &[],
    ))];
    blocks.extend(cautions::of_run(analysis).into_iter().map(Block::Paragraph));
    for (question, answer, more) in questions {
        blocks.push(Block::Heading(question.into()));
        blocks.push(match answer.is_empty() {
            true => Block::Paragraph("This run does not say.".into()),
            false => Block::List(answer),
        });
        blocks.push(Block::Paragraph(say(more, &[])));
    }
    Document { id: PAGE.id, title: "Questions and answers".into(), blocks }
}

/// What a page begins with, which is its answer.
fn answer(page: &Page, analysis: &Analysis) -> Vec<Text> {
    match (page.build)(analysis).blocks.into_iter().next() {
        Some(Block::Quote(texts) | Block::List(texts)) => texts,
        Some(Block::Paragraph(text)) => vec![text],
        _ => Vec::new(),
    }
}

/// What stops every runtime before 50,000 open requests.
fn at_50_000_requests(analysis: &Analysis) -> Option<Text> {
    const MANY: u64 = 50_000;
    let shown = shown(analysis);
    let mut stopped = analysis.reaches.iter().filter(|reach| {
        reach.series.shape.is_plain_request()
            && reach.series.model() == Model::Coroutines
            && shown.contains(&reach.series.contestant)
    });
    let first = stopped.next()?.in_the_way_of(MANY).next()?;
    let is_alike = |reach: &Reach| {
        reach.in_the_way_of(MANY).next().is_some_and(|other| other.limit == first.limit)
    };
    stopped.all(is_alike).then(|| {
        let command = limits::command_for(first, MANY).unwrap_or_default();
        say(
            "**50,000 open requests** stop every runtime at {limit}, until `{command}` moves it.",
            &[("limit", &limits::with_value(&first.limit, first.value)), ("command", &command)],
        )
    })
}
