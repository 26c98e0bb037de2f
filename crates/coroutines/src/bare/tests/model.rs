//! The executor and its wakers in the ways in which three threads can meet. `.ci/loom` runs this.
//!
//! A wake that is lost leaves the executor asleep with nobody to rouse it, which loom reports.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Waker};

use loom::{model, thread};

use super::super::Executor;

/// An executor with tasks that each end once it was woken by a thread of its own; `wakes` times each.
fn wake_from_threads(tasks: usize, wakes: usize) {
    let mut executor = Executor::new();
    let ended = Rc::new(Cell::new(0));
    let mut threads = Vec::new();
    for _ in 0..tasks {
        // Not loom's: the wake alone must bring the executor to look again.
        let flags: Arc<[AtomicBool]> = (0..wakes).map(|_| AtomicBool::new(false)).collect();
        let (ended, seen) = (ended.clone(), flags.clone());
        let waker = Rc::new(Cell::new(None::<Waker>));
        let given = waker.clone();
        executor.spawn(poll_fn(move |context| {
            given.set(Some(context.waker().clone()));
            if !seen.iter().all(|flag| flag.load(Ordering::SeqCst)) {
                return Poll::Pending;
            }
            ended.set(ended.get() + 1);
            Poll::Ready(())
        }));
        let waker = waker.take().expect("it was polled when it was spawned");
        threads.push(thread::spawn(move || {
            for flag in flags.iter() {
                flag.store(true, Ordering::SeqCst);
                waker.wake_by_ref();
            }
        }));
    }
    executor.run();
    assert_eq!(ended.get(), tasks);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn two_threads_wake_a_task_each() {
    model(|| wake_from_threads(2, 1));
}

#[test]
fn a_thread_wakes_a_task_that_falls_asleep_again() {
    model(|| wake_from_threads(1, 3));
}

#[test]
fn a_waker_that_is_late_wakes_nobody() {
    model(|| {
        let mut executor = Executor::new();
        let kept = Rc::new(Cell::new(None::<Waker>));
        let given = kept.clone();
        executor.spawn(poll_fn(move |context| {
            given.set(Some(context.waker().clone()));
            Poll::Ready(())
        }));
        let waker = kept.take().expect("it was polled when it was spawned");
        let others = [waker.clone(), waker].map(|waker| thread::spawn(move || waker.wake()));
        executor.run();
        drop(executor);
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}
