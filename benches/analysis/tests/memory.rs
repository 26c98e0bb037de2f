//! What real records say of memory: two machines find the same crossings, and a bill has the parts
//! that it had when it was first published.

mod common;

use std::collections::BTreeMap;
use std::fs;

use analysis::Analysis;
use analysis::bill::{AddsUp, Witness};
use analysis::crossover::Crossover;
use analysis::estimate::Estimate;
use common::{RECORDS, folder, read};
use serde::Deserialize;

type Crossovers = BTreeMap<(String, String), Crossover>;

fn crossovers(name: &str) -> Crossovers {
    let all = Analysis::of(&read(name), None).crossovers;
    let keyed =
        all.into_iter().map(|found| ((found.series.key(), found.against.to_string()), found));
    keyed.collect()
}

#[test]
fn two_machines_find_the_same_crossings() {
    let [one, other] = RECORDS.map(crossovers);
    assert!(one.keys().eq(other.keys()) && one.len() == 2 * 7 * 4);
    for (key, found) in &other {
        // The other record has every request twice, and two repeats decide nothing.
        if found.series.shape.is_http() {
            assert!(found.at.is_empty() && !found.too_few.is_empty(), "{key:?}");
        } else {
            assert_eq!(found.from_between(), one[key].from_between(), "{key:?}");
        }
    }
    let of = |id: &str| one[&(id.to_owned(), "threads/per-task".to_owned())].from_between();
    assert_eq!(of("callbacks/event-loop"), Some((1, 1)));
    assert_eq!(of("coroutines/tokio"), Some((2, 10)));
    assert_eq!(of("coroutines/tokio, http (1024 B)"), Some((2, 100)));
}

/// A bill as it was published: heap, allocator, stacks, page tables, kernel stacks, the rest of the
/// kernel's part, their sum, and what is charged.
#[derive(Deserialize)]
struct Published {
    series: String,
    parts: [Option<f64>; 8],
    adds_up: String,
    slab_by: String,
}

#[test]
fn bills_are_as_they_were() {
    let name = "amd-2-cores-thorough";
    let bills = Analysis::of(&read(name), None).bills;
    let text = fs::read_to_string(folder().join(format!("{name}.bills.jsonl"))).unwrap();
    for line in text.lines() {
        let published: Published = serde_json::from_str(line).unwrap();
        let bill = bills.iter().find(|bill| bill.series.key() == published.series).unwrap();
        let value = |part: Option<Estimate>| part.map(|part| part.value);
        let sockets = value(bill.sockets).unwrap_or(0.0);
        let parts = [
            value(bill.heap),
            value(bill.allocator),
            value(bill.stacks),
            Some(bill.page_tables.value),
            Some(bill.kernel_stacks.value),
            value(bill.other_kernel).map(|small| small + sockets),
            Some(bill.sum.value),
            value(bill.charged),
        ];
        for (now, before) in parts.iter().zip(published.parts) {
            // It was published to a byte, or to a tenth below a hundred.
            let is_same = now.zip(before).is_some_and(|(now, before)| {
                (now - before).abs() <= if before.abs() < 100.0 { 0.051 } else { 0.51 }
            });
            assert!(is_same || (now.is_none() && before.is_none()), "{now:?}: {line}");
        }
        assert_eq!(bill.adds_up() == AddsUp::Yes, published.adds_up == "yes", "{line}");
        assert_eq!(bill.witness == Witness::System, published.slab_by == "system", "{line}");
    }
    assert_eq!(text.lines().count(), bills.len());
}
