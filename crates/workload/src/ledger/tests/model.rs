//! The ledger in the ways in which three threads can meet. `.ci/loom` runs this.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake};
use std::time::Duration;

use loom::model::Builder;
use loom::thread::{self, JoinHandle, Thread};

use super::super::Ledger;
use super::super::trace::Trace;
use crate::spec::Workload;
use crate::task::Task;

/// How often a thread is stopped where it could have gone on, at most, unless `LOOM_MAX_PREEMPTIONS`
/// says otherwise.
const PREEMPTIONS: usize = 3;

/// Tries all ways in which the threads of `model` can meet with at most so many preemptions.
fn explore(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound.get_or_insert(PREEMPTIONS);
    builder.max_branches = 10_000;
    builder.check(model);
}

/// What somebody knows who sees each thread begin and end each step. loom does not see these
/// numbers, so they order nothing.
#[derive(Default)]
struct Seen {
    entering: u64,
    entered: u64,
    leaving: u64,
    left: u64,
    /// At no time were more in flight.
    most: u64,
    /// So many were in flight when one began to leave.
    sure: u64,
}

#[derive(Clone)]
struct Wave {
    ledger: Arc<Ledger>,
    seen: Arc<Mutex<Seen>>,
}

impl Wave {
    fn of(tasks: u32) -> Self {
        let workload = Workload::timer(tasks, Duration::ZERO);
        Self { ledger: Arc::new(Ledger::new(workload, Trace::OFF)), seen: Arc::default() }
    }

    /// A thread that does these tasks one after another.
    fn spawn<const N: usize>(&self, tasks: [u32; N]) -> JoinHandle<()> {
        let wave = self.clone();
        thread::spawn(move || tasks.into_iter().for_each(|index| wave.run(index)))
    }

    fn run(&self, index: u32) {
        self.enter(index);
        self.sign_out(index);
    }

    fn sign_out(&self, index: u32) {
        self.leave(|ledger| ledger.leave(index, Task::nth(index).sum()));
    }

    fn enter(&self, index: u32) {
        self.note(|seen| {
            seen.entering += 1;
            seen.most = seen.most.max(seen.entering - seen.left);
        });
        self.ledger.enter(index);
        self.note(|seen| seen.entered += 1);
    }

    fn leave(&self, leave: impl FnOnce(&Ledger)) {
        self.note(|seen| {
            seen.sure = seen.sure.max(seen.entered - seen.leaving);
            seen.leaving += 1;
        });
        leave(&self.ledger);
        self.note(|seen| seen.left += 1);
    }

    fn note<T>(&self, note: impl FnOnce(&mut Seen) -> T) -> T {
        note(&mut self.seen.lock().unwrap())
    }

    /// Checks what holds once the wave is said to be over.
    fn check(&self, tasks: u32, lost: u64) {
        assert!(self.ledger.is_over());
        assert_eq!(self.note(|seen| seen.leaving), u64::from(tasks), "it is over too early");
        let proof = self.ledger.proof();
        assert_eq!((proof.completed, proof.lost), (u64::from(tasks) - lost, lost));
        assert!(lost > 0 || proof.checksum == proof.expected_checksum, "{proof:?}");
        let (sure, most) = self.note(|seen| (seen.sure, seen.most));
        assert!(proof.peak_in_flight <= most, "{} of {most} in flight", proof.peak_in_flight);
        assert!(proof.peak_in_flight >= sure, "a peak of {sure} is missed: {proof:?}");
    }
}

#[test]
fn three_threads_sign_in_and_out() {
    explore(|| {
        let wave = Wave::of(3);
        let others = [wave.spawn([0]), wave.spawn([1])];
        wave.run(2);
        others.into_iter().for_each(|other| other.join().unwrap());
        wave.check(3, 0);
        assert_eq!(wave.ledger.in_flight(), 0);
    });
}

#[test]
fn those_who_come_while_a_sum_is_made_are_in_the_next() {
    explore(|| {
        let wave = Wave::of(3);
        wave.enter(0);
        let others = [1, 2].map(|index| {
            let wave = wave.clone();
            thread::spawn(move || wave.enter(index))
        });
        wave.sign_out(0);
        others.into_iter().for_each(|other| other.join().unwrap());
        [1, 2].into_iter().for_each(|index| wave.sign_out(index));
        wave.check(3, 0);
    });
}

#[test]
fn who_asks_is_never_told_more_than_there_were() {
    explore(|| {
        let wave = Wave::of(3);
        let others = [wave.spawn([0, 1]), wave.spawn([2])];
        let told = wave.ledger.in_flight();
        assert!(told <= wave.note(|seen| seen.most));
        others.into_iter().for_each(|other| other.join().unwrap());
        wave.check(3, 0);
    });
}

#[test]
fn a_thread_that_waits_for_the_end_is_told_of_it_and_not_before() {
    explore(|| {
        let wave = Wave::of(2);
        let others = [wave.spawn([0]), wave.spawn([1])];
        wave.ledger.wait_until_over();
        wave.check(2, 0);
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}

#[test]
fn a_future_that_waits_for_the_end_is_told_of_it_and_not_before() {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    explore(|| {
        let wave = Wave::of(2);
        let other = wave.clone();
        let loses = thread::spawn(move || {
            other.enter(0);
            other.leave(|ledger| ledger.lose(0, true));
        });
        let others = [loses, wave.spawn([1])];
        let waker = Arc::new(Unpark(thread::current())).into();
        let mut over = pin!(wave.ledger.over());
        while let Poll::Pending = over.as_mut().poll(&mut Context::from_waker(&waker)) {
            thread::park();
        }
        wave.check(2, 1);
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}
