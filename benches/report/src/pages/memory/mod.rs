//! `memory.md`: what a waiting task weighs, and from how many tasks on a process is lighter.
//!
//! | file | what it makes |
//! | --- | --- |
//! | `answer` | the answer, in sentences |
//! | `chart` | [`whole_process_chart`]: memory of the whole process over N |
//! | `tables` | the weights, and the matrices of N from which on a process is lighter |
//! | `details` | small numbers of tasks, and every contestant with its intervals |

mod answer;
mod chart;
mod details;
mod tables;

use analysis::Analysis;

use super::contestants::cautions;
use super::page::Page;
use super::weights::{left_out, what_is_weighed};
use crate::document::{Block, Document};

pub(crate) use chart::whole_process_chart;

/// The page.
pub(crate) const PAGE: Page = Page { id: "memory", name: "memory", build };

fn build(analysis: &Analysis) -> Document {
    let shown = tables::shown(analysis);
    let mut blocks = vec![Block::Quote(answer::answer(analysis, &shown))];
    let chart = whole_process_chart(analysis);
    if !chart.is_empty() {
        blocks.push(Block::Chart(chart));
    }
    if !shown.is_empty() {
        blocks.push(Block::Heading("What one more waiting task takes".into()));
        blocks.push(Block::Table(tables::weights(analysis, &shown)));
        blocks.push(Block::Paragraph(what_is_weighed(analysis).and(
            "A figure is the slope over the number of tasks. An open request holds a connection: \
             the client's side of it is weighed, the server's is not."
                .into(),
        )));
        blocks.extend(left_out(analysis, |shape| shape.is_weighed()));
        blocks.extend(cautions(analysis, &shown));
    }
    blocks.extend(tables::crossings(analysis));
    blocks.extend(details::details(analysis));
    Document { id: PAGE.id, title: "What a waiting task weighs".into(), blocks }
}
