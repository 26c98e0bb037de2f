//! What tasks did, when, and on which thread: the story of A, B and C, a part of the page of claims and of
//! what a run prints.

use analysis::Analysis;
use analysis::contestant::Model;
use analysis::traces::Traced;

use crate::chart::{Axis, Chart, Plot, SpanRow, Tone};
use crate::document::{Block, Cell, Column, Table, Unit};
use crate::format;
use crate::tables;
use crate::text::{names, say};

/// The models in the order in which they are drawn, one row each.
const MODELS: [Model; 4] = [Model::Subroutine, Model::Threads, Model::Callbacks, Model::Coroutines];

/// The picture under a sentence, where the record has the story.
pub(super) fn blocks(analysis: &Analysis) -> Vec<Block> {
    let Some(chart) = chart(analysis) else { return Vec::new() };
    vec![
        Block::Heading("The same three waits in each model".into()),
        Block::Paragraph(say(
            "Three tasks start in the order A, B, C. A waits longest, B least. A subroutine waits for \
             one after the other; in the other models the waits overlap, and each task ends when its own \
             wait is over: B, C, A.",
            &[],
        )),
        Block::Chart(chart),
    ]
}

fn chart(analysis: &Analysis) -> Option<Chart> {
    let told: Vec<&Traced> = analysis.traces.iter().filter(|traced| is_story(traced)).collect();
    // Of each model the one that is drawn first elsewhere.
    let rank = |traced: &&&Traced| match names::tone(&traced.series.contestant) {
        Tone::Coroutine(nth) => nth,
        Tone::Pool(_) => u8::MAX,
        _ => 0,
    };
    let first = |model: &Model| {
        told.iter().filter(|traced| traced.series.model() == *model).min_by_key(rank)
    };
    let rows: Vec<SpanRow> = MODELS.iter().filter_map(first).map(|traced| row(traced)).collect();
    let said = rows.iter().map(|row| {
        let one = |(name, _, to): &(String, f64, f64)| format!("{name} {}", format::duration(*to));
        format!("{}: {}", row.name, row.spans.iter().map(one).collect::<Vec<_>>().join(", "))
    });
    let alt = format!("When each of three tasks ended. {}.", said.collect::<Vec<_>>().join("; "));
    let x = Axis {
        label: "Since the first task started".into(),
        unit: Unit::Nanoseconds,
        is_log: false,
    };
    (!rows.is_empty()).then(|| Chart {
        id: "story",
        title: "A waits longest, B least: when each task ends".into(),
        subtitle: "Each bar goes from the start of a task to its end.".into(),
        alt,
        plot: Plot::Spans { x, rows },
    })
}

/// Whether these are the three waits of the story: the first is the longest, and the second the least.
fn is_story(traced: &Traced) -> bool {
    let waits: Vec<u64> = traced.spans.iter().map(|span| span.wait_ns).collect();
    traced.series.contestant.is_compared()
        && matches!(waits[..], [a, b, c] if b < c && c < a)
        && traced.series.shape.is_timer()
}

fn row(traced: &Traced) -> SpanRow {
    let begun = traced.spans.iter().map(|span| span.started_ns).min().unwrap_or(0);
    let spans = ["A", "B", "C"].into_iter().zip(&traced.spans);
    let since = |ns: u64| (ns - begun) as f64;
    SpanRow {
        name: names::contestant(&traced.series.contestant),
        tone: names::tone(&traced.series.contestant),
        spans: spans
            .map(|(name, span)| (name.into(), since(span.started_ns), since(span.ended_ns)))
            .collect(),
    }
}

/// What a run prints of its traces: a row for each.
pub(crate) fn table(analysis: &Analysis) -> Table {
    let ended = |traced: &Traced| {
        let mut order: Vec<usize> = (0..traced.spans.len()).collect();
        order.sort_by_key(|task| traced.spans[*task].ended_ns);
        let order: Vec<String> = order.iter().take(10).map(|task| (task + 1).to_string()).collect();
        let more = if traced.spans.len() > 10 { ", …" } else { "" };
        format!("{}{more}", order.join(", "))
    };
    tables::of(
        &analysis.traces,
        &[
            (Column::words("contestant"), &|traced| tables::contestant(&traced.series.contestant)),
            (Column::words("work"), &|traced| Cell::text(names::shape(&traced.series.shape))),
            (Column::new("tasks", Unit::Count), &|traced| Cell::Count(traced.tasks)),
            (Column::words("ended in the order"), &|traced| Cell::text(ended(traced))),
            (Column::new("threads", Unit::Count), &|traced| Cell::Count(traced.threads)),
            (Column::new("all together, times the longest wait", Unit::Times), &|traced| {
                Cell::value(traced.time_over_longest)
            }),
        ],
    )
}

#[cfg(test)]
mod tests {
    use record::synthetic::Synthetic;

    use super::*;

    #[test]
    fn the_story_has_a_row_for_each_model_and_says_who_ends_when() {
        let mut made = Synthetic::new();
        made.traced("subroutine/sequential", [240, 320, 480], [0, 0, 0])
            .traced("threads/per-task", [241, 81, 161], [0, 1, 2])
            .traced("coroutines/bare", [241, 81, 161], [0, 0, 0])
            .traced("coroutines/tokio", [241, 81, 161], [0, 1, 0]);
        let analysis = Analysis::of(&made.record(), None);
        let chart = chart(&analysis).unwrap();
        let Plot::Spans { rows, .. } = &chart.plot else { panic!() };
        let names: Vec<&str> = rows.iter().map(|row| &*row.name).collect();
        assert_eq!(names, ["subroutine", "thread each", "tokio"]);
        assert!(chart.alt.contains("tokio: A 241 ms, B 81 ms, C 161 ms"), "{}", chart.alt);
        assert_eq!(blocks(&Analysis::of(&Synthetic::new().record(), None)), []);
        assert_eq!(
            crate::pages::example::rows(&table(&analysis))[1],
            "thread each | timer, due over 160 ms | 3 | 2, 3, 1 | 3 | 1.00"
        );
    }
}
