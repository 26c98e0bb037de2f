//! From how many tasks on a process is lighter: two machines find the same.

mod common;

use std::collections::BTreeMap;

use analysis::Analysis;
use analysis::crossover::Crossover;
use common::{RECORDS, read};

fn crossovers(name: &str) -> BTreeMap<(String, String), Crossover> {
    let all = Analysis::of(&read(name), None).crossovers;
    let keyed =
        all.into_iter().map(|found| ((found.series.key(), found.against.to_string()), found));
    keyed.collect()
}

#[test]
fn two_machines_find_the_same_numbers() {
    let [one, other] = RECORDS.map(crossovers);
    let between = |all: &BTreeMap<(String, String), Crossover>| -> BTreeMap<_, _> {
        all.iter().map(|(key, found)| (key.clone(), found.from_between())).collect()
    };
    assert_eq!(between(&one), between(&other));
    assert_eq!(one.len(), 2 * 7 * 4);
    let timer = |id: &str| one[&(id.to_owned(), "threads/per-task".to_owned())].from_between();
    assert_eq!(timer("callbacks/event-loop"), Some((1, 1)));
    assert_eq!(timer("coroutines/tokio"), Some((2, 10)));
    assert_eq!(timer("coroutines/tokio, http (1024 B)"), Some((2, 100)));
}
