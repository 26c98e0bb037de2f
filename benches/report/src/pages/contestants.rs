//! Which contestants a page shows first, and what is said of them and of the machine.

use std::collections::BTreeSet;

use analysis::Analysis;
use analysis::contestant::Id;
use analysis::reading::Spread;

use crate::document::{Block, Cell};
use crate::format;
use crate::text::{Text, cautions, names, say};

/// As many rows at most has a table that is not folded away.
pub(crate) use crate::tables::MOST_ROWS;

/// The contestants that a page shows first, in their order: those of the front page where one of them
/// is among these, otherwise all that are compared.
pub(crate) fn leading<'a>(all: impl IntoIterator<Item = &'a Id>) -> Vec<Id> {
    let compared: BTreeSet<&Id> = all.into_iter().filter(|id| id.is_compared()).collect();
    let has_front = compared.iter().any(|id| names::is_on_front_page(id));
    let wanted = compared.into_iter().filter(|id| !has_front || names::is_on_front_page(id));
    wanted.take(MOST_ROWS).cloned().collect()
}

/// What to be told about the contestants that are shown, if there is something.
pub(crate) fn cautions(analysis: &Analysis, shown: &[Id]) -> Option<Block> {
    let texts = cautions::of_contestants(analysis, |id| shown.contains(id));
    texts.into_iter().reduce(Text::and).map(Block::Paragraph)
}

/// On which machine the times of a page were read.
pub(crate) fn machine(analysis: &Analysis) -> Block {
    let host = &analysis.run.host;
    Block::Paragraph(say(
        "Read on {cores} of {cpu}, {kernel}; the run was started on {started}. Times of another machine differ.",
        &[
            ("cores", &format::counted(u64::from(host.cores), "core")),
            ("cpu", host.cpu.as_deref().unwrap_or("unknown")),
            ("kernel", host.kernel.as_deref().unwrap_or("unknown")),
            ("started", analysis.run.started.split('T').next().unwrap_or_default()),
        ],
    ))
}

/// The repeats of a cell as a figure: the median, and from the least to the most of them.
pub(crate) fn spread(spread: &Spread) -> Cell {
    match spread.repeats {
        1 => Cell::value(spread.median),
        _ => Cell::Figure(spread.estimate()),
    }
}

/// What is said, or this sentence if that is nothing.
pub(crate) fn said_or(said: Vec<Text>, otherwise: &str) -> Vec<Text> {
    if said.is_empty() { vec![otherwise.into()] } else { said }
}
