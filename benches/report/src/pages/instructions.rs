//! Instructions of a wait and of a request: a part of the page on CPU, and what `compare instructions`
//! prints.

use std::collections::BTreeSet;

use analysis::Analysis;
use analysis::instructions::{InstructionRow, WITHIN};

use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::tables::{self, MOST_ROWS};
use crate::text::{Text, names, say};

/// What `compare instructions` prints: every contestant that was counted.
pub fn document(analysis: &Analysis) -> Document {
    let rows: Vec<&InstructionRow> = analysis.instructions.iter().collect();
    let mut blocks = of_each_kind(&rows);
    blocks.extend(farther_apart(&rows));
    Document {
        id: "instructions",
        title: "What one more task takes in instructions".into(),
        blocks,
    }
}

/// What the page on CPU says of it; nothing where the record says nothing.
pub(crate) fn blocks(analysis: &Analysis) -> Vec<Block> {
    let all = &analysis.instructions;
    if all.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![Block::Heading("Instructions of a wait and of a request".into())];
    let tool = all.iter().find_map(|row| row.tool.as_deref().filter(|_| row.per_task.is_some()));
    let Some(tool) = tool else {
        let reasons: BTreeSet<&str> = all.iter().filter_map(|row| row.reason.as_deref()).collect();
        let reasons: Vec<&str> = reasons.into_iter().take(MOST_ROWS).collect();
        let why = say("They were not counted: {why}", &[("why", &reasons.join("; "))]);
        blocks.push(Block::Paragraph(why));
        return blocks;
    };
    let (compared, others): (Vec<&InstructionRow>, _) =
        all.iter().partition(|row| row.series.contestant.is_compared());
    blocks.extend(of_each_kind(&compared));
    blocks.push(Block::Paragraph(say(
        "What one more task takes from its start to its end in user code, with one wait or one \
         request over a new connection, counted by {tool} in processes with proof. Neither the kernel \
         nor the server is in it. A count hardly depends on what else the machine does; the spread is \
         half of what lies between the least and the most of the repeats.",
        &[("tool", tool)],
    )));
    blocks.extend(farther_apart(&compared));
    let summary = "Instructions of baselines and controls";
    blocks.extend(
        (!others.is_empty())
            .then(|| Block::Details { summary: summary.into(), blocks: of_each_kind(&others) }),
    );
    blocks
}

/// A table of waits, one of requests and one of hops.
fn of_each_kind(rows: &[&InstructionRow]) -> Vec<Block> {
    let tables = ["wait", "request", "hop"].map(|unit| table(rows, unit));
    tables.into_iter().filter(|table| !table.is_empty()).map(Block::Table).collect()
}

/// Of what one more takes the instructions.
fn unit(row: &InstructionRow) -> &'static str {
    match &row.series.shape {
        shape if shape.is_http() => "request",
        shape if shape.is_relay() => "hop",
        _ => "wait",
    }
}

fn table(rows: &[&InstructionRow], of: &str) -> Table {
    let why = |row: &InstructionRow| match &row.per_task {
        Some(of) => {
            let [low, high] = [of.low, of.high].map(|of| format::plain(of.round()));
            Text::plain(format!("no figure: one repeat counted {low} and another {high}"))
        }
        None => Text::plain(row.reason.as_deref().unwrap_or("not counted")),
    };
    let value = |value: Option<f64>, row: &InstructionRow| {
        let value = value.filter(|_| row.is_figure());
        value.map_or_else(|| Cell::Missing(why(row)), Cell::value)
    };
    tables::of(
        rows.iter().copied().filter(|row| unit(row) == of),
        &[
            (Column::words("contestant"), &|row| tables::contestant(&row.series.contestant)),
            (Column::new(format!("instructions a {of}"), Unit::Count).lower(), &|row| {
                value(row.per_task.map(|of| of.value.round()), row)
            }),
            (Column::new("times the least", Unit::Times).lower(), &|row| {
                value(row.over_least, row)
            }),
            (Column::new("spread, ±", Unit::Share).lower(), &|row| value(row.spread, row)),
        ],
    )
}

/// Those whose repeats lie too far apart to rely on.
fn farther_apart(rows: &[&InstructionRow]) -> Option<Block> {
    let loose = rows.iter().filter(|row| row.per_task.is_some() && !row.is_repeated());
    let named: BTreeSet<String> = loose
        .map(|row| format!("{} ({})", names::contestant(&row.series.contestant), unit(row)))
        .collect();
    (!named.is_empty()).then(|| {
        Block::Paragraph(say(
            "The repeats lie farther apart than ±{within} in {named}: idle workers that look for work \
             count too, and how often they look depends on time.",
            &[("within", &format::percent(WITHIN)), ("named", &format::list(&named))],
        ))
    })
}

#[cfg(test)]
mod tests {
    use record::Status;
    use record::synthetic::Synthetic;

    use super::*;
    use crate::render::terminal::{Options, render};

    fn printed(made: &Synthetic) -> String {
        let document = document(&Analysis::of(&made.record(), None));
        render(&document, Options { width: Some(80), details: false })
    }

    #[test]
    fn each_contestant_has_a_figure_its_ratio_and_its_spread() {
        let mut made = Synthetic::new();
        made.counted("coroutines/bare", &[1_300.0; 3]);
        made.counted("threads/per-task", &[10_400.0, 10_500.0, 10_390.0]);
        made.asking(1_024, None).counted("coroutines/bare", &[16_000.0; 3]);
        let text = printed(&made);
        let line = text.lines().find(|line| line.contains("10,400")).unwrap();
        assert!(line.contains("thread each") && line.contains('8') && line.contains('%'), "{text}");
        assert!(text.contains("16,000") && !text.contains("farther apart"), "{text}");
    }

    #[test]
    fn what_does_not_repeat_is_named_and_no_figure_where_it_is_far_off() {
        let mut made = Synthetic::new();
        made.counted("threads/crossbeam-pool", &[6_000.0, 9_000.0, 12_000.0]);
        made.counted("threads/rayon-pool", &[-463.0, 200.0, 14_000.0]);
        let text = printed(&made).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("9,000") && text.contains("33 %"), "{text}");
        assert!(text.contains("±2 % in crossbeam pool (wait) and rayon pool (wait)"), "{text}");
        assert!(text.contains("one repeat counted −463 and another 14,000"), "{text}");
    }

    #[test]
    fn the_page_says_why_nothing_was_counted_and_nothing_where_nobody_asked() {
        let mut made = Synthetic::new();
        assert!(blocks(&Analysis::of(&made.record(), None)).is_empty());
        made.counted("coroutines/bare", &[]).counted("coroutines/smol", &[]);
        let mut record = made.record();
        for line in &mut record.instructions {
            line.status = Status::Skipped;
            line.reason = Some("valgrind is not installed: *apt-get* install valgrind".into());
        }
        let said = blocks(&Analysis::of(&record, None));
        let Block::Paragraph(why) = &said[1] else { panic!() };
        let expected =
            "They were not counted: valgrind is not installed: *apt-get* install valgrind";
        assert_eq!((why.words().as_str(), said.len()), (expected, 2));
    }
}
