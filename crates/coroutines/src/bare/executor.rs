//! Polls the futures that are woken.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::task::Context;
use std::time::Duration;

use workload::{Moment, contain};

use super::driver::Driver;
use super::slab::Slab;
use super::sync::thread;
use super::waker::{Registered, Rouse, Woken};
use super::{alarm, sleep};

/// How many sleepers are woken before they are polled. It bounds the list of woken tasks when a
/// lot of them is due at once.
///
/// And about how many tasks are polled before sockets and alarms are looked at again.
const BATCH: usize = 256;

/// An executor for futures of one type, on the thread that made it.
///
/// That they are of one type is what lets them stand side by side in one slab, without a box and a
/// table of functions each.
pub struct Executor<F> {
    tasks: Slab<F>,
    pub(super) woken: Registered,
    /// Kept between rounds, so that its memory is.
    polling: Vec<u32>,
    /// How many looks in a row found more than the poller says at once.
    full_looks: Cell<u32>,
    /// How many tasks were polled since sockets and alarms were last looked at.
    polled: usize,
    /// After the tasks, which may own sockets.
    driver: Rc<Driver>,
}

/// After how many such looks alarms are looked at all the same.
const MOST_FULL_LOOKS: u32 = 64;

impl<F: Future<Output = ()>> Executor<F> {
    /// An executor without tasks.
    pub fn new() -> Self {
        Self {
            tasks: Slab::default(),
            woken: Woken::register(),
            polling: Vec::new(),
            full_looks: Cell::new(0),
            polled: 0,
            driver: Driver::of_this_thread(),
        }
    }

    /// Takes the future in and polls it for the first time, so that it starts now and does not
    /// stand in a queue until it may.
    pub fn spawn(&mut self, future: F) {
        let key = self.tasks.insert(future);
        self.poll(key);
    }

    /// Polls what is woken until no task is left.
    ///
    /// A task that panics ends itself and no other.
    ///
    /// # Panics
    /// If the operating system's poller fails, which is there once a task has a socket.
    pub fn run(&mut self) {
        while !self.tasks.is_empty() {
            self.turn(None);
        }
    }

    /// Polls what is woken until `moment`, also when no task is left before that.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn run_until(&mut self, moment: Moment) {
        while Moment::now() < moment {
            self.turn(Some(moment));
        }
    }

    /// Polls what is woken, or sleeps if nothing is: until something is or `until` comes.
    fn turn(&mut self, until: Option<Moment>) {
        let due = sleep::wake_due(BATCH);
        let mut polling = std::mem::take(&mut self.polling);
        self.woken.take(&mut polling);
        for key in &polling {
            self.poll(*key);
        }
        let is_idle = due == 0 && polling.is_empty();
        self.polled += polling.len();
        polling.clear();
        self.polling = polling;
        if is_idle {
            self.sleep(until);
            self.polled = 0;
        } else if self.polled >= BATCH {
            self.look(Some(Duration::ZERO));
            self.polled = 0;
        }
    }

    fn poll(&mut self, key: u32) {
        let Some(task) = self.tasks.get_pin_mut(key) else {
            return;
        };
        let waker = self.woken.waker(key);
        let mut context = Context::from_waker(&waker);
        // A future that panicked is dropped and never seen again, also if its drop panics.
        if contain(|| task.poll(&mut context)).is_none_or(|poll| poll.is_ready()) {
            contain(|| self.tasks.remove(key));
        }
    }

    /// Sleeps until the next deadline or `until`, until a socket is ready, or until a waker rouses
    /// this thread.
    fn sleep(&self, until: Option<Moment>) {
        let deadlines = [sleep::next_deadline(), alarm::next_deadline(), until];
        let next = deadlines.into_iter().flatten().min();
        let left = next.map(|deadline| deadline.since(Moment::now()));
        let notifier = self.driver.notifier();
        let is_asleep = notifier.is_none();
        if left == Some(Duration::ZERO)
            || !self.woken.fall_asleep(notifier.map_or(Rouse::Unpark, Rouse::Notify))
        {
            return self.look(Some(Duration::ZERO));
        }
        match left {
            _ if !is_asleep => return self.look(left),
            Some(left) => thread::park_timeout(left),
            None => thread::park(),
        }
        self.woken.stay_awake();
    }

    /// Waits for sockets, at most for `timeout`, and wakes the tasks whose sockets are ready or
    /// whose alarms are due.
    fn look(&self, timeout: Option<Duration>) {
        let now = Moment::now();
        let all = self.driver.poll(timeout);
        self.woken.stay_awake();
        self.driver.wake_ready();
        // An alarm is due only if what it bounds was not there in time. It may have been, if there
        // was more than the poller says at once; then the next look will tell, or one after it.
        let full = if all { 0 } else { self.full_looks.get() + 1 };
        self.full_looks.set(full);
        if full % MOST_FULL_LOOKS == 0 {
            alarm::wake_due(now);
        }
    }
}

impl<F: Future<Output = ()>> Default for Executor<F> {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs one future on this thread and returns what it yields.
///
/// # Panics
/// If the future does.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut output = None;
    let mut executor = Executor::new();
    executor.spawn(async { output = Some(future.await) });
    executor.run();
    drop(executor);
    output.expect("the future panicked")
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::rc::Rc;
    use std::sync::{Arc, Mutex};
    use std::task::{Poll, Waker};
    use std::thread;

    use super::super::{A_WHILE, Sleep};
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn sleepers_end_in_the_order_of_their_deadlines() {
        let ended = Rc::new(RefCell::new(Vec::new()));
        let mut executor = Executor::new();
        for delay in [3, 1, 2] {
            let ended = ended.clone();
            executor.spawn(async move {
                Sleep::until(Moment::now() + delay * A_WHILE).await;
                ended.borrow_mut().push(delay);
            });
        }
        executor.run();
        assert_eq!(*ended.borrow(), [1, 2, 3]);
    }

    #[test]
    fn a_task_starts_when_it_is_spawned_and_its_output_comes_back() {
        let started = RefCell::new(false);
        let mut executor = Executor::new();
        executor.spawn(async { *started.borrow_mut() = true });
        assert!(*started.borrow());
        assert_eq!(block_on(async { 1 + 2 }), 3);
    }

    #[test]
    fn an_executor_runs_until_a_moment_with_or_without_tasks_and_takes_more_then() {
        let ended = Rc::new(RefCell::new(Vec::new()));
        let sleeper = |name, deadline| {
            let ended = ended.clone();
            async move {
                Sleep::until(deadline).await;
                ended.borrow_mut().push(name);
            }
        };
        let begun = Moment::now();
        let mut executor = Executor::new();
        executor.run_until(begun + 2 * MS);
        assert!(Moment::now() >= begun + 2 * MS);
        executor.spawn(sleeper("late", begun + 30_000 * MS));
        executor.spawn(sleeper("soon", Moment::now()));
        executor.spawn(sleeper("before", begun + A_WHILE));
        executor.run_until(begun + 2 * A_WHILE);
        assert!(Moment::now() >= begun + 2 * A_WHILE);
        assert_eq!(*ended.borrow(), ["soon", "before"]);
    }

    #[test]
    fn another_thread_wakes_a_task_that_has_no_timer() {
        let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
        let shared = kept.clone();
        let other = thread::spawn(move || {
            loop {
                if let Some(waker) = shared.lock().unwrap().take() {
                    return waker.wake();
                }
                thread::yield_now();
            }
        });
        let mut polls = 0;
        block_on(poll_fn(|context| {
            polls += 1;
            if polls == 2 {
                return Poll::Ready(());
            }
            *kept.lock().unwrap() = Some(context.waker().clone());
            Poll::Pending
        }));
        other.join().unwrap();
        assert_eq!(polls, 2);
    }

    #[test]
    fn a_future_that_is_polled_for_nothing_still_ends() {
        let mut executor = Executor::new();
        executor.spawn(async {
            let mut sleep = Sleep::until(Moment::now() + A_WHILE);
            let mut polls = 0;
            poll_fn(|context| {
                polls += 1;
                if polls < 10 {
                    context.waker().wake_by_ref();
                }
                Pin::new(&mut sleep).poll(context)
            })
            .await;
            assert!(polls >= 10);
        });
        executor.run();
    }

    #[test]
    fn a_panic_ends_its_own_task_only() {
        let ended = Rc::new(RefCell::new(0));
        let mut executor = Executor::new();
        for task in 0..3 {
            let ended = ended.clone();
            executor.spawn(async move {
                Sleep::until(Moment::now() + MS).await;
                if task == 1 {
                    std::panic::resume_unwind(Box::new("planted"));
                }
                *ended.borrow_mut() += 1;
            });
        }
        executor.run();
        assert_eq!(*ended.borrow(), 2);
    }

    #[test]
    fn dropping_an_executor_drops_its_tasks() {
        let counted = Rc::new(());
        let mut executor = Executor::new();
        for _ in 0..3 {
            let counted = counted.clone();
            executor.spawn(async move {
                std::future::pending::<()>().await;
                drop(counted);
            });
        }
        assert_eq!(Rc::strong_count(&counted), 4);
        drop(executor);
        assert_eq!(Rc::strong_count(&counted), 1);
    }
}
