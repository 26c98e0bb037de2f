//! The baselines do the same work as the contestants they are held against.

use std::time::Duration;

use coroutines::baseline::baselines;
use workload::{Ledger, Refusal, Settings, StateSize, Workload};

#[test]
fn every_contestant_has_a_baseline_of_its_name() {
    let names = |contestants: Vec<Box<dyn workload::Contestant>>| -> Vec<_> {
        contestants
            .iter()
            .map(|contestant| contestant.id().as_str().split_once('/').unwrap().1.to_owned())
            .collect()
    };
    assert_eq!(names(baselines()), names(coroutines::contestants()));
}

#[test]
fn baselines_do_the_work_and_prove_it() {
    for baseline in baselines() {
        let ledger = Ledger::open(Workload::timer(1000, Duration::from_millis(50)));
        let mut engine = baseline.start(&Settings::default()).unwrap();
        engine.run(ledger).unwrap();
        let proof = ledger.proof();
        let id = baseline.id();
        assert_eq!((proof.completed, proof.lost), (1000, 0), "{id}");
        assert_eq!(proof.checksum, proof.expected_checksum, "{id}");
        assert_eq!(proof.peak_in_flight, 1000, "{id}");
        assert_eq!(ledger.early(), 0, "{id}");
    }
}

#[test]
fn baselines_refuse_what_they_are_not_made_for() {
    let ledger = Ledger::open(Workload::timer(1, Duration::ZERO).with_state(StateSize::Bytes64));
    for baseline in baselines() {
        let mut engine = baseline.start(&Settings::default()).unwrap();
        assert!(matches!(engine.run(ledger), Err(Refusal::Unsupported { .. })));
    }
}
