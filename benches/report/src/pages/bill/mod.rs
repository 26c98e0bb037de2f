//! `bill.md`: what holds a waiting task's memory, and what is kept when the tasks are over.
//!
//! | file | what it makes |
//! | --- | --- |
//! | `parts` | the parts of a bill, with their names |
//! | `chart` | the bills as stacked bars |
//! | `tables` | the bills as tables |
//! | `kept` | what is kept, and what a second wave adds |

mod chart;
mod kept;
mod parts;
mod tables;

use analysis::Analysis;
use analysis::bill::Bill;
use analysis::contestant::Model;

use super::contestants::{cautions, leading};
use super::page::Page;
use super::weights::what_is_weighed;
use crate::document::{Block, Document};
use crate::text::{Text, names, say};

/// The page.
pub(crate) const PAGE: Page = Page { id: "bill", name: "what holds the memory", build };

fn build(analysis: &Analysis) -> Document {
    let mut answer = answer(analysis);
    answer.extend(kept::answer(analysis));
    if answer.is_empty() {
        answer.push(
            "This record does not say what holds a waiting task's memory. That takes proven cells \
             of one contestant at two numbers of tasks at least, weighed in their parts."
                .into(),
        );
    }
    let mut blocks = vec![Block::Quote(answer)];
    blocks.extend(chart::charts(analysis).into_iter().map(Block::Chart));
    let shown = leading(analysis.bills.iter().map(|bill| &bill.series.contestant));
    for (title, table) in tables::split(analysis, &shown) {
        blocks.extend([Block::Heading(title.into()), Block::Table(table)]);
    }
    if !shown.is_empty() {
        blocks.push(Block::Paragraph(what_is_weighed(analysis).and(
            "What each part is: heap and allocator, private memory that is no stack; own stacks, \
             the pages of theirs that threads have touched; kernel objects, the kernel's small \
             objects (threads, files, sockets) and socket buffers."
                .into(),
        )));
        blocks.extend(tables::do_they_add_up(analysis).map(Block::Paragraph));
        blocks.extend(cautions(analysis, &shown));
    }
    blocks.extend(tables::details(analysis));
    blocks.extend(kept::section(analysis));
    Document { id: PAGE.id, title: "What holds a waiting task's memory".into(), blocks }
}

/// What a thread each is made of, and what a coroutine.
fn answer(analysis: &Analysis) -> Vec<Text> {
    let shown = leading(analysis.bills.iter().map(|bill| &bill.series.contestant));
    let of_timers =
        |bill: &&Bill| bill.series.shape.is_plain() && shown.contains(&bill.series.contestant);
    let timers = || analysis.bills.iter().filter(of_timers);
    let is_tokio = |bill: &&Bill| bill.series.contestant.name() == "tokio";
    let is_coroutine = |bill: &&Bill| bill.series.model() == Model::Coroutines;
    let thread = timers().find(|bill| bill.series.contestant.is_reference());
    let coroutine = timers().filter(is_coroutine).find(is_tokio);
    let coroutine = coroutine.or_else(|| timers().find(is_coroutine));
    let told = thread.into_iter().chain(coroutine);
    told.map(|bill| {
        let (whole, parts) = parts::in_words(bill);
        let name = names::contestant(&bill.series.contestant);
        say(
            "**{name}**: a task that waits for a timer takes {whole}. {parts}.",
            &[("name", &name), ("whole", &whole), ("parts", &parts)],
        )
    })
    .collect()
}
