#[cfg(interleavings)]
mod model;

use std::num::{NonZeroU16, NonZeroU32};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Wake};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;

use super::shard::{quota, shard_of};
use super::*;
use crate::clock::Moment;
use crate::http::{ErrorKind, FetchError, Phase};
use crate::spec::{Arrival, Workload};
use crate::state::State;
use crate::task::Task;

const WAIT: Duration = Duration::from_millis(1);

fn complete(ledger: &'static Ledger, index: u32) {
    let mut handle = ledger.handle(index);
    handle.sign_in();
    let sum = handle.task().sum();
    handle.sign_out(sum);
}

#[test]
fn a_wave_that_does_everything_is_proven() {
    let ledger = Ledger::open(Workload::timer(1000, WAIT));
    let handles: Vec<_> = (0..1000)
        .map(|index| {
            let mut handle = ledger.handle(index);
            handle.sign_in();
            handle
        })
        .collect();
    assert_eq!(ledger.in_flight(), 1000);
    assert!(!ledger.is_over());
    for handle in handles {
        let sum = handle.task().sum();
        handle.sign_out(sum);
    }
    ledger.wait_until_over();
    let proof = ledger.proof();
    assert_eq!((proof.completed, proof.lost, proof.peak_in_flight), (1000, 0, 1000));
    assert_eq!(proof.checksum, proof.expected_checksum);
    assert_eq!(ledger.in_flight(), 0);
}

#[test]
fn the_peak_is_seen_without_anybody_asking() {
    let ledger = Ledger::open(Workload::timer(3, WAIT));
    let [mut first, mut second, mut third] = [0, 1, 2].map(|index| ledger.handle(index));
    first.sign_in();
    second.sign_in();
    first.sign_out(Task::nth(0).sum());
    third.sign_in();
    second.sign_out(Task::nth(1).sum());
    third.sign_out(Task::nth(2).sum());
    assert_eq!(ledger.proof().peak_in_flight, 2);
}

#[test]
fn a_wrong_sum_shows_in_the_checksum() {
    let ledger = Ledger::open(Workload::timer(2, WAIT));
    complete(ledger, 0);
    let mut handle = ledger.handle(1);
    handle.sign_in();
    let sum = handle.task().sum() + 1;
    handle.sign_out(sum);
    let proof = ledger.proof();
    assert_eq!(proof.completed, 2);
    assert_ne!(proof.checksum, proof.expected_checksum);
}

#[test]
fn a_dropped_visit_is_a_lost_task_and_still_ends_the_wave() {
    let ledger = Ledger::open(Workload::timer(3, WAIT));
    complete(ledger, 0);
    let mut signed_in = ledger.handle(1);
    signed_in.sign_in();
    drop(signed_in);
    drop(ledger.handle(2));
    assert!(ledger.is_over());
    assert_eq!(ledger.proof().completed, 1);
    assert_eq!(ledger.proof().lost, 2);
    assert_eq!(ledger.in_flight(), 0);
}

#[test]
fn failed_tasks_are_counted_by_kind_and_end_the_wave() {
    let ledger = Ledger::open_tracing(Workload::timer(4, WAIT));
    complete(ledger, 0);
    for (index, kind) in [(1, ErrorKind::Reset), (2, ErrorKind::Closed), (3, ErrorKind::Reset)] {
        let mut handle = ledger.handle(index);
        handle.sign_in();
        let after = Duration::from_millis(u64::from(index));
        handle.fail(&FetchError { kind, phase: Phase::Head, after, detail: None });
    }
    assert!(ledger.is_over());
    let proof = ledger.proof();
    assert_eq!((proof.completed, proof.failed, proof.lost), (1, 3, 0));
    assert!(!proof.is_whole(4));
    let failures = ledger.failures();
    let counts: Vec<_> = failures.iter().map(|failure| (failure.kind, failure.tasks)).collect();
    assert_eq!(counts, [(ErrorKind::Closed, 1), (ErrorKind::Reset, 2)]);
    assert_eq!(failures[1].first, "reset while waiting for the answer, after 1 ms");
    assert!(ledger.events().contains(&Event::Failed(3, ErrorKind::Reset)));
    ledger.rewind();
    assert_eq!((ledger.failures(), ledger.proof().failed), (Vec::new(), 0));
}

#[test]
fn damaged_state_is_counted() {
    let ledger = Ledger::open(Workload::timer(1, WAIT));
    let mut handle = ledger.handle(0);
    handle.sign_in();
    let deadline = handle.next_wait().unwrap();
    let mut state = State::<64>::empty();
    state.fill(Task::nth(7));
    handle.woke(deadline, &state);
    handle.sign_out(Task::nth(0).sum());
    assert_eq!(ledger.proof().damaged, 1);
}

#[test]
fn a_task_gets_as_many_waits_as_the_workload_says() {
    let waits = NonZeroU16::new(3).unwrap();
    let ledger = Ledger::open(Workload::timer(1, WAIT).with_waits(waits));
    let mut handle = ledger.handle(0);
    handle.sign_in();
    let deadlines = std::iter::from_fn(|| handle.next_wait()).count();
    assert_eq!(deadlines, 3);
    handle.sign_out(0);
}

#[test]
fn lateness_is_the_wake_minus_the_deadline() {
    let ledger = Ledger::open(Workload::timer(100, WAIT));
    assert_eq!(ledger.lateness(), None);
    let start = Moment::now();
    thread::sleep(Duration::from_millis(20));
    (0..90).for_each(|index| ledger.woke(index, start));
    (90..100).for_each(|index| ledger.woke(index, Moment::now() + Duration::from_secs(60)));
    let took = Moment::now().since(start).as_nanos() as u64;
    let lateness = ledger.lateness().unwrap();
    assert_eq!(lateness.wakes, 100);
    // The histogram keeps 1 % of the value.
    assert!((20_000_000..=took * 101 / 100).contains(&lateness.p50_ns), "{lateness:?}, {took}");
    assert!(lateness.max_ns >= lateness.p99_ns && lateness.p99_ns >= lateness.p50_ns);
    assert_eq!(ledger.early(), 10);
}

fn rate(per_second: u32) -> Arrival {
    Arrival::Rate { per_second: NonZeroU32::new(per_second).unwrap() }
}

#[test]
fn a_burst_hands_out_all_its_tasks_at_once() {
    let ledger = Ledger::open(Workload::timer(3, WAIT));
    let indices: Vec<_> = ledger
        .starts()
        .map(|start| match start {
            Start::Now(handle) => handle.index(),
            Start::At(moment) => panic!("no task waits for {moment:?} in a burst"),
        })
        .collect();
    assert_eq!(indices, [0, 1, 2]);
    assert!(ledger.is_over(), "handles that are dropped are lost tasks");
}

#[test]
fn a_rate_hands_out_what_is_due_and_then_the_next_moment() {
    let ledger = Ledger::open(Workload::timer(3, WAIT).with_arrival(rate(1)));
    let mut starts = ledger.starts();
    assert!(matches!(starts.next(), Some(Start::Now(handle)) if handle.index() == 0));
    for _ in 0..2 {
        let Some(Start::At(moment)) = starts.next() else { panic!("the second is due in 1 s") };
        assert_eq!(moment, ledger.begun() + Duration::from_secs(1));
    }
    drop(starts);
    // Asked late, it hands out all that became due meanwhile.
    let ledger = Ledger::open(Workload::timer(3, WAIT).with_arrival(rate(1000)));
    let starts = ledger.starts();
    thread::sleep(Duration::from_millis(3));
    let due = starts.map(|start| matches!(start, Start::Now(_)));
    assert_eq!(due.collect::<Vec<_>>(), [true; 3]);
}

#[test]
fn a_task_that_starts_before_its_time_is_found_out() {
    let ledger = Ledger::open(Workload::timer(2, WAIT).with_arrival(rate(1)));
    complete(ledger, 0);
    assert_eq!(ledger.early(), 0);
    complete(ledger, 1);
    assert_eq!(ledger.early(), 1);
}

#[test]
fn with_a_rate_a_task_is_late_from_when_it_was_to_start() {
    let waits = NonZeroU16::new(2).unwrap();
    let workload = Workload::timer(1, WAIT).with_waits(waits).with_arrival(rate(1000));
    let ledger = Ledger::open(workload);
    let _ = ledger.starts();
    thread::sleep(Duration::from_millis(30));
    let mut handle = ledger.handle(0);
    handle.sign_in();
    let mut late = Vec::new();
    while let Some(deadline) = handle.next_wait() {
        assert!(deadline > ledger.begun() + Duration::from_millis(30), "it waits in full");
        while Moment::now() < deadline {
            thread::sleep(WAIT);
        }
        handle.woke(deadline, &State::<0>::empty());
        late.push(ledger.lateness().unwrap().max_ns);
    }
    handle.sign_out(Task::nth(0).sum());
    assert!(late[0] >= 29_000_000, "{late:?}");
    // The second wait began when the first was over, and adds nothing to the queue.
    assert_eq!(ledger.lateness().unwrap().wakes, 2);
    assert_eq!(ledger.early(), 0);
}

#[test]
fn a_synchronized_wakeup_shares_the_deadline_of_each_wait() {
    let waits = NonZeroU16::new(2).unwrap();
    let ledger =
        Ledger::open(Workload::timer(2, WAIT).with_waits(waits).with_synchronized_wakeup());
    let begun = ledger.begun();
    for index in 0..2 {
        let mut handle = ledger.handle(index);
        handle.sign_in();
        let deadlines: Vec<_> = std::iter::from_fn(|| handle.next_wait()).collect();
        assert_eq!(deadlines, [begun + WAIT, begun + 2 * WAIT]);
        handle.sign_out(0);
    }
}

#[test]
fn a_wave_begins_anew_after_a_rewind() {
    let ledger = Ledger::open(Workload::timer(0, WAIT));
    let first = ledger.begun();
    assert_eq!(ledger.begun(), first);
    thread::sleep(WAIT);
    ledger.rewind();
    assert!(ledger.begun() > first);
}

#[test]
fn a_ledger_can_be_rewound_for_another_wave() {
    let ledger = Ledger::open(Workload::timer(70, WAIT));
    for wave in 0..2 {
        (0..70).for_each(|index| complete(ledger, index));
        assert!(ledger.is_over(), "wave {wave}");
        assert_eq!(ledger.proof().completed, 70, "wave {wave}");
        ledger.rewind();
        assert!(!ledger.is_over());
        assert_eq!(ledger.proof().completed, 0);
    }
}

#[test]
#[should_panic(expected = "between waves")]
fn a_ledger_with_tasks_in_flight_cannot_be_rewound() {
    let ledger = Ledger::open(Workload::timer(1, WAIT));
    ledger.enter(0);
    ledger.rewind();
}

#[test]
fn a_wave_of_nothing_is_over_at_once() {
    let ledger = Ledger::open(Workload::timer(0, WAIT));
    assert!(ledger.is_over());
    ledger.wait_until_over();
    assert_eq!(ledger.proof().expected_checksum, 0);
}

#[test]
fn many_threads_lose_no_count_and_the_end_is_announced_to_both_kinds_of_waiter() {
    struct Count(AtomicU32);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    let tasks = if cfg!(miri) { 400 } else { 40_000 };
    let ledger = Ledger::open(Workload::timer(tasks, WAIT));
    let count = Arc::new(Count(AtomicU32::new(0)));
    let waker = count.clone().into();
    let mut context = Context::from_waker(&waker);
    let mut over = pin!(ledger.over());
    assert!(over.as_mut().poll(&mut context).is_pending());

    let waiter = thread::spawn(|| ledger.wait_until_over());
    let threads: Vec<_> = (0..4)
        .map(|part| {
            thread::spawn(move || (part..tasks).step_by(4).for_each(|i| complete(ledger, i)))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    waiter.join().unwrap();

    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    assert!(over.poll(&mut context).is_ready());
    let proof = ledger.proof();
    assert_eq!(proof.completed, u64::from(tasks));
    assert_eq!(proof.checksum, proof.expected_checksum);
    assert!((1..=4).contains(&proof.peak_in_flight), "{proof:?}");
}

#[test]
fn a_visit_leaves_two_bytes_to_whoever_holds_it() {
    assert_eq!(size_of::<TaskHandle>(), 14);
}

proptest! {
    #[test]
    fn quotas_are_what_the_indices_make(tasks in 0u32..20_000) {
        let mut counted = [0u64; SHARDS];
        (0..tasks).for_each(|index| counted[shard_of(index)] += 1);
        let quotas: [u64; SHARDS] = std::array::from_fn(|shard| quota(tasks, shard));
        prop_assert_eq!(counted, quotas);
    }
}
