//! The baselines do the same work as the contestants they are held against.

use std::time::Duration;

use coroutines::baseline::baselines;
use workload::{Contestant, Ledger, Refusal, Settings, StateSize, Workload};

/// A contestant may have none.
#[test]
fn every_baseline_has_a_contestant_of_its_name() {
    let contestants = coroutines::contestants();
    for baseline in baselines() {
        let id = baseline.id();
        let of = id.as_str().replace("baseline/", "coroutines/");
        // It is a client and no runtime.
        let stands_alone = id.as_str() == "baseline/hyper";
        assert!(stands_alone || contestants.iter().any(|one| one.id().as_str() == of), "{id}");
    }
}

#[test]
fn baselines_do_the_work_and_prove_it() {
    let workload = Workload::timer(1000, Duration::from_millis(50));
    for baseline in baselines() {
        if baseline.unsupported(&workload).is_none() {
            expect_proof(baseline.as_ref(), workload);
        }
    }
}

#[cfg(feature = "hyper")]
#[test]
fn hyper_does_the_work_and_proves_it() {
    let hyper = baselines().pop().unwrap();
    assert_eq!(hyper.id().as_str(), "baseline/hyper");
    let wait = Duration::from_millis(500);
    for bytes in [0, 1, 100_000] {
        let http = workload::Http::new(server(), wait, bytes);
        expect_proof(hyper.as_ref(), Workload::http(100, http));
    }
}

#[test]
fn baselines_refuse_what_they_are_not_made_for() {
    let address = "127.0.0.1:1".parse().unwrap();
    let http = workload::Http::new(address, Duration::ZERO, 0);
    let timer = Workload::timer(1, Duration::ZERO);
    for baseline in baselines() {
        let other = if baseline.id().as_str() == "baseline/hyper" {
            timer
        } else {
            Workload::http(1, http)
        };
        let kept = workload::Http { keep_alive: true, ..http };
        for workload in [other, timer.with_state(StateSize::Bytes64), Workload::http(1, kept)] {
            assert!(baseline.unsupported(&workload).is_some());
            let mut instance = baseline.start(&Settings::default()).unwrap();
            let refused = instance.run(Ledger::open(workload));
            assert!(matches!(refused, Err(Refusal::Unsupported { .. })));
        }
    }
}

fn expect_proof(baseline: &dyn Contestant, workload: Workload) {
    let ledger = Ledger::open(workload);
    let mut instance = baseline.start(&Settings::default()).unwrap();
    instance.run(ledger).unwrap();
    let proof = ledger.proof();
    let id = baseline.id();
    assert!(proof.is_whole(workload.tasks), "{id}: {proof:?}, {:?}", ledger.failures());
    assert_eq!(proof.peak_in_flight, u64::from(workload.tasks), "{id}");
    assert_eq!(ledger.early(), 0, "{id}");
}

/// A server on a thread that is left to the end of the process.
#[cfg(feature = "hyper")]
fn server() -> std::net::SocketAddr {
    let (sender, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let options = delay_server::server::Options::default();
            let server = delay_server::Server::bind(options).await.unwrap();
            sender.send(server.address()).unwrap();
            server.run(std::future::pending()).await;
        });
    });
    address.recv().unwrap()
}
