//! What it costs to hand something on: a part of the page on CPU, and of what `compare run` prints.

use std::collections::BTreeSet;

use analysis::Analysis;
use analysis::contestant::Id;
use analysis::rates::RateRow;
use analysis::series::WaitFor;

use super::rates::reason;
use crate::document::{Block, Cell, Column, Unit};
use crate::tables;
use crate::text::names;

/// Through what a token goes, as a column and as the record say it, and whether on one core.
const WAYS: [(&str, &str, bool); 4] = [
    ("channel, one core", "relay", true),
    ("channel, all cores", "relay", false),
    ("pipe, one core", "relay-pipe", true),
    ("pipe, all cores", "relay-pipe", false),
];

/// The hops of a relay; nothing where the record has none.
pub(crate) fn blocks(analysis: &Analysis) -> Vec<Block> {
    let of_way = |(_, wait, one_core): &(&str, &str, bool)| -> Vec<&RateRow> {
        let wait = WaitFor::Other((*wait).into());
        let is_it = |row: &&RateRow| row.shape.wait == wait && row.shape.one_core == *one_core;
        analysis.relays.iter().filter(is_it).collect()
    };
    let ways = WAYS.iter().map(|way| (way.0, of_way(way)));
    let ways: Vec<_> = ways.filter(|(_, rows)| !rows.is_empty()).collect();
    let column = |(nth, way): (usize, &(&'static str, Vec<&RateRow>))| {
        let column = Column::new(way.0, Unit::Nanoseconds).lower();
        // Its interval says how far the others may be trusted.
        if nth == 0 { column.with_intervals() } else { column }
    };
    let ids: BTreeSet<&Id> = analysis.relays.iter().map(|row| &row.contestant).collect();
    let row = |id: &Id| {
        let hop = |(_, rows): &(&str, Vec<&RateRow>)| {
            let row = rows.iter().copied().find(|row| row.contestant == *id);
            Cell::figure(row.and_then(RateRow::hop_ns), reason(row))
        };
        (names::contestant(id), ways.iter().map(hop).collect())
    };
    let columns = ways.iter().enumerate().map(column);
    tables::under(
        "The time of a hop",
        tables::named("contestant", columns, ids.into_iter().map(row)),
        "A token goes round a ring of tasks, each of which waits for it and passes it on. The time of a \
         hop is the time of a wave divided by how often the token was passed on. The start of the tasks is in it. Every task \
         had the token in its turn, as often as it should. A channel is the model's or the runtime's own. \
         A baseline is the same ring, written straight on its runtime.",
    )
}

#[cfg(test)]
mod tests {
    use record::synthetic::Synthetic;

    use super::*;
    use crate::render::terminal::{Options, render};

    fn relay(wait: &str, one_core: bool) -> Synthetic {
        let mut made = Synthetic::new();
        made.relaying(wait, 500, one_core);
        made
    }

    fn printed(record: &record::Record) -> String {
        let blocks = blocks(&Analysis::of(record, None));
        let document = crate::document::Document { id: "x", title: "x".into(), blocks };
        render(&document, Options { width: Some(100), details: false })
    }

    #[test]
    fn a_hop_is_a_wave_by_its_tasks_and_their_waits() {
        let mut made = relay("relay", true);
        // 20 tasks, 500 times each.
        made.waves("coroutines/tokio-current-thread", 20, &[1_100_000; 5]);
        made.waves("baseline/tokio-current-thread", 20, &[1_000_000; 5]).in_rounds();
        let text = printed(&made.record());
        assert!(text.contains("110 ns") && text.contains("100 ns"), "{text}");
        assert!(!text.contains("pipe"), "{text}");
    }

    #[test]
    fn relays_are_no_rates_and_no_weights() {
        let mut made = relay("relay-pipe", false);
        made.waves("coroutines/smol", 20, &[5_000_000; 5]).in_rounds();
        let analysis = Analysis::of(&made.record(), None);
        assert_eq!((analysis.rates.len(), analysis.relays.len()), (0, 1));
        assert!(analysis.measured.is_empty());
        assert!(printed(&made.record()).contains("500 ns"));
        assert!(blocks(&Analysis::of(&Synthetic::new().record(), None)).is_empty());
    }
}
