//! The front page: the block of the README, in each language.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use analysis::Analysis;
use analysis::claims::lighter::From;
use analysis::claims::{ClaimId, Work};
use analysis::contestant::{Id, Model, Role};
use analysis::elsewhere;
use analysis::figure::Figure;
use analysis::measured::Measured;
use analysis::rates::{self, RateRow};
use analysis::series::Shape;
use analysis::walls::Reach;

use super::apart::of_kind;
use super::contestants::leading;
use super::lateness::lateness_chart;
use super::memory::whole_process_chart;
use super::weights::{Kind, find, keeps_state};
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::tables;
use crate::text::front::{Facts, FrontWords};
use crate::text::{Text, cautions, say};

/// The front page of this analysis, in this language.
pub fn front(analysis: &Analysis, words: &FrontWords) -> Document {
    let shown = shown(analysis);
    let mut blocks = vec![Block::Paragraph(say(words.intro, &[]))];
    blocks.extend(cautions::of_run(analysis).into_iter().map(Block::Paragraph));
    blocks.extend(verdict(analysis, words));
    blocks.extend(whole_process_chart(analysis).map(Block::Chart));
    blocks.push(Block::Heading(words.takes.0.into()));
    blocks.push(Block::Table(takes(analysis, &shown, words)));
    let mut below = Text::plain(words.one_at_a_time);
    if shown.iter().any(|id| analysis.run.caution(id.as_str()).is_some()) {
        below = below.and(say(words.discontinued, &[]));
    }
    blocks.push(Block::Paragraph(below));
    blocks.push(Block::Paragraph(words.repeats(analysis.repeat.as_ref())));
    blocks.extend(rates(analysis, &shown, words));
    blocks.extend(lateness_chart(analysis).map(Block::Chart));
    blocks.extend(tables::under(words.breaks.0, breaks(analysis, &shown, words), ""));
    blocks.extend(elsewhere(analysis, words));
    blocks.push(Block::Paragraph(say(words.onwards, &[])));
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

/// What those from elsewhere take, and what that shows of their languages; nothing where there are none.
fn elsewhere(analysis: &Analysis, words: &FrontWords) -> Vec<Block> {
    let weighed = analysis.measured.iter().filter(|of| {
        (of.series.shape.is_plain() || of.series.shape.is_plain_request())
            && of.slope(analysis.basis.figure()).is_some()
    });
    let mut shown = of_kind(weighed.map(|of| &of.series.contestant), Role::Elsewhere);
    if shown.is_empty() {
        return Vec::new();
    }
    shown.truncate(tables::MOST_ROWS);
    let said = elsewhere::languages(analysis);
    let said =
        said.iter().take(2).filter_map(|of| words.language(of).into_iter().reduce(Text::and));
    let head = Block::Heading(words.elsewhere.into());
    let rows = [head, Block::Table(takes(analysis, &shown, words))];
    rows.into_iter().chain(said.map(Block::Paragraph)).collect()
}

/// The answer to the claim that coroutines are lighter, and its figures.
pub(super) fn verdict(analysis: &Analysis, words: &FrontWords) -> Option<Block> {
    let claimed = analysis.claims.iter().find(|claimed| claimed.id == ClaimId::Lighter)?;
    let facts = facts(analysis);
    Some(Block::Quote(words.verdict(&claimed.judgement, facts.as_ref())))
}

fn takes(analysis: &Analysis, shown: &[Id], words: &FrontWords) -> Table {
    let [name, timer, state, request, wait_cpu, request_cpu] = words.takes.1;
    let bytes = analysis.basis.figure();
    let slope = |id: &Id, figure: Figure, is_wanted: Kind| {
        let measured = find(analysis, id, is_wanted);
        Cell::figure(measured.and_then(|measured| measured.slope(figure)), words.no_figure)
    };
    let request_bytes = |id: &&Id| slope(id, bytes, Shape::is_plain_request);
    let cpu = |id: &Id, is_wanted: Kind| slope(id, Figure::Cpu, is_wanted);
    tables::of(
        shown,
        &[
            (Column::words(name), &|id| Cell::text((words.contestant)(id))),
            (Column::new(timer, Unit::Bytes), &|id| slope(id, bytes, Shape::is_plain)),
            (Column::new(state, Unit::Bytes), &|id| slope(id, bytes, keeps_state)),
            (Column::new(request, Unit::Bytes), &request_bytes),
            (Column::new(wait_cpu, Unit::Nanoseconds), &|id| cpu(id, Shape::is_plain)),
            (Column::new(request_cpu, Unit::Nanoseconds), &|id| cpu(id, Shape::is_plain_request)),
        ],
    )
}

/// Tasks and requests a second, of the number at once that most of those shown have, where rates are
/// sure enough.
fn rates(analysis: &Analysis, shown: &[Id], words: &FrontWords) -> Vec<Block> {
    let kinds: [(Work, Kind); 2] =
        [(Work::Timer, Shape::is_plain), (Work::Request, Shape::is_plain_request)];
    let mut told = rates::sure(&analysis.rates);
    told.retain(|row| shown.contains(&row.contestant));
    let of_kind = |(work, is_kind): (Work, Kind)| {
        let mut alike: BTreeMap<(u64, u64), Vec<&RateRow>> = BTreeMap::new();
        for row in told.iter().filter(|row| is_kind(&row.shape)) {
            alike.entry((row.tasks, row.wait_ns)).or_default().push(row);
        }
        // The delay of an answer is the server's.
        let best = |((tasks, wait_ns), rows): &((u64, u64), Vec<_>)| {
            (rows.len(), Reverse(*wait_ns), *tasks)
        };
        let ((tasks, wait_ns), rows) = alike.into_iter().max_by_key(best)?;
        Some((words.rate(work, tasks, wait_ns), rows))
    };
    let columns: Vec<(String, Vec<&RateRow>)> = kinds.into_iter().filter_map(of_kind).collect();
    if columns.is_empty() {
        return Vec::new();
    }
    let heads = columns.iter().map(|(head, _)| Column::new(head.clone(), Unit::PerSecond).higher());
    let row = |id: &Id| {
        let rate = |(_, rows): &(String, Vec<&RateRow>)| {
            let row = rows.iter().find(|row| row.contestant == *id);
            Cell::figure(row.and_then(|row| row.rate()), words.no_figure)
        };
        ((words.contestant)(id), columns.iter().map(rate).collect())
    };
    let table = tables::named("", heads, shown.iter().map(row));
    let pool_workers = told.iter().find_map(|row| row.pool_workers);
    let how = words.rates_read(pool_workers);
    vec![Block::Heading(words.rates.into()), Block::Table(table), Block::Paragraph(how)]
}

/// How far a thread each, the open requests of the one that came farthest, and the coroutine that came
/// farthest go here.
fn breaks(analysis: &Analysis, shown: &[Id], words: &FrontWords) -> Table {
    let far = |work: Work, models: &[Model]| {
        let is_wanted = |reach: &&Reach| {
            shown.contains(&reach.series.contestant)
                && models.contains(&reach.series.model())
                && work_of(reach) == work
        };
        analysis.reaches.iter().filter(is_wanted).max_by_key(|reach| {
            (reach.largest, reach.series.contestant.as_str() == "coroutines/tokio")
        })
    };
    let rows = [
        far(Work::Timer, &[Model::Threads]),
        far(Work::Request, &[Model::Threads]),
        far(Work::Request, &[Model::Callbacks, Model::Coroutines]),
        far(Work::Timer, &[Model::Coroutines]),
    ];
    let [name, reached, then] = words.breaks.1;
    tables::of(
        rows.into_iter().flatten(),
        &[
            (Column::words(name), &|reach| {
                Cell::text(words.reached(&reach.series.contestant, work_of(reach)))
            }),
            (Column::new(reached, Unit::Count), &|reach| {
                let count = reach.wall.as_ref().and_then(|wall| wall.reached).or(reach.largest);
                Cell::count(count, words.no_figure)
            }),
            (Column::words(then), &|reach| Cell::text(words.stopped_by(reach))),
        ],
    )
}

fn work_of(reach: &Reach) -> Work {
    if reach.series.shape.is_timer() { Work::Timer } else { Work::Request }
}
