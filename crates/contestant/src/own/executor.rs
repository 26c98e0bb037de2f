//! Runs one future for each task of a ledger, on the thread that calls.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};

use workload::{Ledger, Moment, Start, TaskHandle, contain};

use super::gate::{self, Gate};
use super::slab::Slab;

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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::panic::resume_unwind;
    use std::pin::{Pin, pin};
    use std::rc::Rc;
    use std::sync::Mutex;
    use std::task::Poll;
    use std::time::Duration;

    use workload::{Proof, Workload};

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn run_tasks<Fut: Future>(tasks: u32, future: impl Fn(Gate) -> Fut) -> Proof {
        let ledger = Ledger::open(Workload::timer(tasks, MS));
        run(&future, ledger);
        assert!(ledger.is_over());
        ledger.proof()
    }

    fn completed_and_lost<Fut: Future>(tasks: u32, future: impl Fn(Gate) -> Fut) -> (u64, u64) {
        let proof = run_tasks(tasks, future);
        (proof.completed, proof.lost)
    }

    #[test]
    fn a_future_that_waits_adds_up() {
        assert!(run_tasks(3, async |gate: Gate| gate.wait().await).is_whole(3));
        assert!(run_tasks(0, async |_| ()).is_whole(0));
    }

    #[test]
    fn a_future_that_ends_without_having_waited_is_lost() {
        assert_eq!(completed_and_lost(2, async |_| ()), (0, 2));
        let begins = async |gate: Gate| {
            let mut wait = pin!(gate.wait());
            poll_fn(|context| Poll::Ready(wait.as_mut().poll(context).is_pending())).await
        };
        assert_eq!(completed_and_lost(2, begins), (0, 2));
    }

    #[test]
    fn a_future_that_panics_is_lost_and_no_other() {
        let made = std::cell::Cell::new(0);
        let panics = |gate: Gate| {
            let nth = made.replace(made.get() + 1);
            if nth == 0 {
                resume_unwind(Box::new("planted"));
            }
            async move {
                if nth == 1 {
                    resume_unwind(Box::new("planted"));
                }
                gate.wait().await;
                if nth == 2 {
                    resume_unwind(Box::new("planted"));
                }
            }
        };
        assert_eq!(completed_and_lost(5, panics), (2, 3));
    }

    #[test]
    fn what_a_future_holds_is_dropped_when_it_ends() {
        let held = Rc::new(());
        let holds = |gate: Gate| {
            let held = held.clone();
            let mut wait = Box::pin(gate.wait());
            poll_fn(move |context| {
                let _held = &held;
                wait.as_mut().poll(context)
            })
        };
        assert!(run_tasks(3, holds).is_whole(3));
        assert_eq!(Rc::strong_count(&held), 1);
    }

    #[test]
    fn a_future_is_woken_from_another_thread() {
        let helper = async |gate: Gate| {
            let answer = Arc::new(Mutex::new((false, None::<Waker>)));
            let answers = answer.clone();
            let thread = thread::spawn(move || {
                thread::sleep(5 * MS);
                let mut answer = answers.lock().unwrap();
                answer.0 = true;
                answer.1.take().into_iter().for_each(Waker::wake);
            });
            poll_fn(|context| {
                let mut answer = answer.lock().unwrap();
                answer.1 = Some(context.waker().clone());
                if answer.0 { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            thread.join().unwrap();
            gate.wait().await;
        };
        assert!(run_tasks(2, helper).is_whole(2));
    }

    /// Polls what is in it only if that was woken, as a join of many does.
    struct OnlyIfWoken<F>(F, Arc<Mine>);

    struct Mine(AtomicBool, Mutex<Option<Waker>>);

    impl Wake for Mine {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
            self.1.lock().unwrap().take().into_iter().for_each(Waker::wake);
        }
    }

    impl<F: Future + Unpin> Future for OnlyIfWoken<F> {
        type Output = F::Output;

        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
            *self.1.1.lock().unwrap() = Some(context.waker().clone());
            if !self.1.0.swap(false, Ordering::SeqCst) {
                return Poll::Pending;
            }
            let waker = Waker::from(self.1.clone());
            Pin::new(&mut self.0).poll(&mut Context::from_waker(&waker))
        }
    }

    #[test]
    fn who_polls_a_wait_with_a_waker_of_its_own_has_that_woken() {
        let joins = |gate: Gate| {
            OnlyIfWoken(gate.wait(), Arc::new(Mine(AtomicBool::new(true), Mutex::default())))
        };
        assert!(run_tasks(3, joins).is_whole(3));
    }
}
