//! The front page: the block of the README, in each language.

use std::collections::BTreeSet;

use analysis::Analysis;
use analysis::claims::lighter::From;
use analysis::claims::{ClaimId, Work};
use analysis::contestant::{Id, Model};
use analysis::estimate::Estimate;
use analysis::figure::Figure;
use analysis::lateness::Asked;
use analysis::measured::Measured;
use analysis::series::Shape;
use analysis::walls::Reach;

use super::contestants::leading;
use super::lateness::lateness_chart;
use super::memory::whole_process_chart;
use super::weights::find;
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::text::front::{Facts, FrontWords};
use crate::text::{Text, cautions};

/// The live state whose cost is on the front page, in bytes.
const STATE_BYTES: u64 = 8_192;

/// The front page of this analysis, in this language.
pub fn front(analysis: &Analysis, words: &dyn FrontWords) -> Document {
    let shown = shown(analysis);
    let mut blocks = vec![Block::Paragraph(words.intro())];
    blocks.extend(cautions::of_run(analysis).into_iter().map(Block::Paragraph));
    blocks.extend(verdict(analysis, words));
    let chart = whole_process_chart(analysis);
    if !chart.is_empty() {
        blocks.push(Block::Chart(chart));
    }
    let (heading, _) = words.takes();
    blocks.push(Block::Heading(heading));
    blocks.push(Block::Table(takes(analysis, &shown, words)));
    let mut below = words.one_at_a_time().and(words.repeats(analysis.repeat.as_ref()));
    if shown.iter().any(|id| analysis.run.cautions.contains_key(id.as_str())) {
        below = below.and(words.discontinued());
    }
    blocks.push(Block::Paragraph(below));
    if has_lateness(analysis) {
        blocks.extend(lateness_chart(analysis).map(Block::Chart));
    }
    let breaks = breaks(analysis, &shown, words);
    if !breaks.is_empty() {
        blocks.push(Block::Heading(words.breaks().0));
        blocks.push(Block::Table(breaks));
    }
    blocks.push(Block::Paragraph(words.onwards()));
    Document { id: "front", title: "The weight of waiting".into(), blocks }
}

/// The contestants of the table: those that a service would choose, threads first.
pub(super) fn shown(analysis: &Analysis) -> Vec<Id> {
    let weighed = |measured: &&Measured| {
        measured.series.shape.is_plain() || measured.series.shape.is_plain_request()
    };
    let all = analysis.measured.iter().filter(weighed).map(|measured| &measured.series.contestant);
    let mut shown = leading(all.filter(|id| id.model() != Model::Subroutine));
    shown.sort_by_key(|id| (id.model(), !id.is_reference()));
    shown
}

/// The verdict's figures, and from when on it holds for the runtimes that are shown.
pub(super) fn facts(analysis: &Analysis) -> Option<Facts<'_>> {
    let summary = analysis.lighter.as_ref()?;
    let shown = shown(analysis);
    let of_shown = |from: &&From| from.work == Work::Timer && shown.contains(&from.coroutine);
    let between: Option<Vec<(u64, u64)>> =
        summary.from.iter().filter(of_shown).map(|from| from.between).collect();
    let from = between.and_then(|all| {
        Some((all.iter().map(|from| from.0).min()?, all.iter().map(|from| from.1).max()?))
    });
    Some(Facts { summary, from })
}

fn verdict(analysis: &Analysis, words: &dyn FrontWords) -> Option<Block> {
    let claimed = analysis.claims.iter().find(|claimed| claimed.id == ClaimId::Lighter)?;
    let facts = facts(analysis);
    Some(Block::Quote(words.verdict(&claimed.judgement, facts.as_ref())))
}

fn takes(analysis: &Analysis, shown: &[Id], words: &dyn FrontWords) -> Table {
    let (_, heads) = words.takes();
    let units =
        [Unit::Words, Unit::Bytes, Unit::Bytes, Unit::Bytes, Unit::Nanoseconds, Unit::Nanoseconds];
    let mut table =
        Table::new(heads.into_iter().zip(units).map(|(head, unit)| Column::new(head, unit)));
    let bytes = analysis.basis.figure();
    for id in shown {
        let slope = |figure: Figure, is_wanted: fn(&Shape) -> bool| -> Cell {
            let slope: Option<Estimate> =
                find(analysis, id, is_wanted).and_then(|measured| measured.slope(figure));
            Cell::figure(slope, words.no_figure())
        };
        table.push(vec![
            Cell::text(words.contestant(id)),
            slope(bytes, Shape::is_plain),
            slope(bytes, |shape| {
                shape.state_bytes == STATE_BYTES && shape.without_state().is_plain()
            }),
            slope(bytes, Shape::is_plain_request),
            slope(Figure::Cpu, Shape::is_plain),
            slope(Figure::Cpu, Shape::is_plain_request),
        ]);
    }
    table
}

/// Whether single and synchronized timers were timed, which the picture shows.
fn has_lateness(analysis: &Analysis) -> bool {
    let asked: BTreeSet<Asked> = analysis.lateness.iter().map(|row| row.asked).collect();
    asked.contains(&Asked::Spread) || asked.contains(&Asked::Synchronized)
}

/// How far a thread each, the open requests of the one that came farthest, and the coroutine that came
/// farthest go here.
fn breaks(analysis: &Analysis, shown: &[Id], words: &dyn FrontWords) -> Table {
    let (_, heads) = words.breaks();
    let [name, reached, then] = heads;
    let mut table =
        Table::new([Column::words(name), Column::new(reached, Unit::Count), Column::words(then)]);
    let is_wanted = |reach: &&Reach| shown.contains(&reach.series.contestant);
    let far = |work: Work, is_model: fn(Model) -> bool| {
        analysis
            .reaches
            .iter()
            .filter(is_wanted)
            .filter(|reach| is_model(reach.series.model()) && work_of(reach) == work)
            .max_by_key(|reach| {
                (reach.largest, reach.series.contestant.as_str() == "coroutines/tokio")
            })
    };
    let threads = |model| model == Model::Threads;
    let others = |model| matches!(model, Model::Callbacks | Model::Coroutines);
    let coroutines = |model| model == Model::Coroutines;
    let rows = [
        far(Work::Timer, threads),
        far(Work::Request, threads),
        far(Work::Request, others),
        far(Work::Timer, coroutines),
    ];
    for reach in rows.into_iter().flatten() {
        let then: Text = match &reach.wall {
            Some(wall) => words.wall(wall, reach.next()),
            None => words.no_wall(reach.next()),
        };
        let count = reach.wall.as_ref().and_then(|wall| wall.reached).or(reach.largest);
        table.push(vec![
            Cell::Text(words.reached(&reach.series.contestant, work_of(reach))),
            count.map_or_else(|| Cell::Missing(words.no_figure()), Cell::Count),
            Cell::Text(then),
        ]);
    }
    table
}

fn work_of(reach: &Reach) -> Work {
    if reach.series.shape.is_timer() { Work::Timer } else { Work::Request }
}
