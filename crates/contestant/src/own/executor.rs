//! Runs one future for each task of a ledger, on the thread that calls.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};

use workload::{Ledger, Moment, Start, TaskHandle};

use super::gate::{self, Gate};
use super::slab::{Slab, contain};

/// How many waits end at most before it is looked whether a task is to start.
const BATCH: usize = 256;

/// Runs `future` once for each task, and returns when all are over.
pub(super) fn run<Fut: Future>(future: &impl Fn(Gate) -> Fut, ledger: &'static Ledger) {
    let woken = Arc::new(Woken { thread: thread::current(), is_woken: AtomicBool::new(false) });
    let waker = Waker::from(woken.clone());
    let tasks = ledger.workload().tasks as usize;
    let desk = gate::open(tasks, &waker);
    let (futures, begun) = (Slab::new(tasks), ledger.begun());
    let mut executor = Executor { futures, desk, waker, begun, taken: 0, alive: 0 };
    let mut starts = ledger.starts();
    loop {
        let next_start = loop {
            match starts.next() {
                Some(Start::Now(handle)) => executor.start(handle, future),
                Some(Start::At(moment)) => break Some(moment),
                None => break None,
            }
        };
        if executor.alive == 0 && next_start.is_none() {
            return;
        }
        let is_woken = woken.is_woken.swap(false, Ordering::AcqRel);
        if is_woken {
            executor.poll_all();
        }
        if executor.poll_due() == 0 && !is_woken {
            sleep_until([next_start, executor.desk.next_deadline()].into_iter().flatten().min());
        }
    }
}

/// Sleeps until the moment, or until the waker wakes.
fn sleep_until(moment: Option<Moment>) {
    match moment.map(|moment| moment.since(Moment::now())) {
        Some(left) if left.is_zero() => {}
        Some(left) => thread::park_timeout(left),
        None => thread::park(),
    }
}

struct Executor<Fut> {
    /// Before what is kept of the tasks: what is dropped with a future may still wait at its gate.
    futures: Slab<Fut>,
    desk: gate::Open,
    waker: Waker,
    begun: Moment,
    taken: u32,
    alive: u32,
}

impl<Fut: Future> Executor<Fut> {
    fn start(&mut self, handle: TaskHandle, future: &impl Fn(Gate) -> Fut) {
        let task = self.taken;
        self.taken += 1;
        self.desk.push(handle, self.begun);
        match contain(|| future(Gate::new())) {
            Some(future) => {
                self.futures.push(future);
                self.alive += 1;
                self.poll(task);
            }
            None => {
                self.futures.push_nothing();
                self.desk.end(task, false);
            }
        }
    }

    fn poll(&mut self, task: u32) {
        let Some(future) = self.futures.get(task as usize) else { return };
        let context = &mut Context::from_waker(&self.waker);
        let poll = || contain(|| future.poll(context).map(drop));
        let polled = self.desk.polling(task, poll);
        if polled.is_none_or(|poll| poll.is_ready()) {
            self.futures.remove(task as usize);
            self.alive -= 1;
            self.desk.end(task, polled.is_some());
        }
    }

    /// Polls the tasks whose waits are over, some of them at least. Says how many.
    fn poll_due(&mut self) -> usize {
        let now = Moment::now();
        for polled in 0..BATCH {
            let Some((task, other)) = self.desk.pop_due(now) else { return polled };
            if let Some(other) = other {
                contain(|| other.wake());
            }
            self.poll(task);
        }
        BATCH
    }

    fn poll_all(&mut self) {
        for task in 0..self.taken {
            self.poll(task);
        }
    }
}

/// Whether anything was woken, which is polled then together with everything else.
struct Woken {
    thread: Thread,
    is_woken: AtomicBool,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_woken.swap(true, Ordering::AcqRel) {
            self.thread.unpark();
        }
    }
}
