//! `coroutines/stackful`: coroutines that each have a stack of their own, with a page below it that guards it.
//!
//! The task is written like the subroutine's: it may stop in any function that it calls. For that it keeps a whole
//! stack, as a thread does, and the kernel keeps two mappings for each. A stack goes back to a pool when its
//! task is over, with the pages that the task has touched.

use std::io;
use std::thread;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use reactor::Timers;
use workload::{
    About, Contestant, Instance, Ledger, Moment, Refusal, Settings, Start, State, TaskHandle,
    WithState, Workload, contain,
};

/// The contestant `coroutines/stackful`.
#[derive(Clone, Copy, Debug)]
pub struct Stackful;

const SUMMARY: &str =
    "coroutines with a stack each, 512 KiB reserved, resumed by hand over one heap of deadlines";

const TIMER: &str = "a heap, 1 ns; a sleeping thread, to which the kernel adds the timer slack";

/// Room for the largest state, the most depth, and what is called below them. Pages that are not touched are
/// addresses alone.
const STACK_BYTES: usize = 512 * 1024;

/// Where the kernel has its usual limit of mappings, fewer stacks than this have room.
const MOST: u32 = 100_000;

impl Contestant for Stackful {
    fn about(&self) -> About {
        About {
            timer: Some(TIMER),
            is_on_one_thread: true,
            most_tasks: Some(MOST),
            ..About::new("coroutines/stackful", SUMMARY)
        }
    }

    fn unsupported(&self, workload: &Workload) -> Option<&'static str> {
        (!workload.is_timer()).then_some("timers")
    }

    fn start(&self, _: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        Ok(Box::new(Scheduler { waiting: Timers::default(), pool: Vec::new() }))
    }
}

/// A task that has stopped in a wait, and says until when.
type Task = Coroutine<(), Moment, ()>;

struct Scheduler {
    // In boxes, because a heap moves what is in it.
    waiting: Timers<Box<Task>>,
    pool: Vec<DefaultStack>,
}

impl Instance for Scheduler {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        Refusal::unless_supported(Stackful.unsupported(ledger.workload()))?;
        for start in ledger.starts() {
            match start {
                Start::At(moment) => self.run_until(Some(moment)),
                Start::Now(handle) => self
                    .start(handle)
                    .map_err(|source| Refusal::Start { what: "a coroutine's stack", source })?,
            }
        }
        self.run_until(None);
        Ok(())
    }
}

impl Scheduler {
    fn start(&mut self, handle: TaskHandle) -> io::Result<()> {
        let stack = self.pool.pop().map_or_else(|| DefaultStack::new(STACK_BYTES), Ok)?;
        let task = Coroutine::with_stack(stack, |waits: &Yielder<(), Moment>, ()| {
            handle.workload().state.with(Add { waits, handle });
        });
        self.resume(Box::new(task));
        Ok(())
    }

    /// Runs a task to its next wait or its end. A panic costs that task and no other.
    fn resume(&mut self, mut task: Box<Task>) {
        match contain(|| task.resume(())) {
            Some(CoroutineResult::Yield(deadline)) => self.waiting.insert(deadline, task),
            Some(CoroutineResult::Return(())) | None => self.pool.push(task.into_stack()),
        }
    }

    /// Resumes what is due until `moment`, or until no task is left.
    fn run_until(&mut self, moment: Option<Moment>) {
        loop {
            let now = Moment::now();
            if let Some((_, task)) = self.waiting.pop_due(now) {
                self.resume(task);
                continue;
            }
            let next = self.waiting.next_deadline().into_iter().chain(moment).min();
            match next.filter(|_| moment.is_none_or(|moment| now < moment)) {
                Some(next) => thread::sleep(next.since(now)),
                None => return,
            }
        }
    }
}

/// Adds two numbers after waiting. It stops in each wait, on its own stack.
struct Add<'a> {
    waits: &'a Yielder<(), Moment>,
    handle: TaskHandle,
}

impl WithState for Add<'_> {
    type Output = ();

    fn with<const N: usize>(self) {
        let Self { waits, mut handle } = self;
        handle.sign_in();
        let mut state = State::<N>::empty();
        state.fill(handle.task());
        while let Some(deadline) = handle.next_wait() {
            waits.suspend(deadline);
            handle.woke(deadline, &state);
        }
        let sum = handle.task().sum();
        handle.sign_out(sum);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn stacks_are_used_again() {
        let mut scheduler = Scheduler { waiting: Timers::default(), pool: Vec::new() };
        let ledger = Ledger::open(Workload::timer(30, Duration::from_millis(1)));
        for _ in 0..3 {
            ledger.rewind();
            scheduler.run(ledger).unwrap();
            assert!(ledger.proof().is_whole(30), "{:?}", ledger.proof());
            assert_eq!((scheduler.pool.len(), scheduler.waiting.next_deadline()), (30, None));
        }
    }

    #[test]
    fn a_task_that_is_dropped_in_its_wait_is_lost_and_nothing_else() {
        let mut scheduler = Scheduler { waiting: Timers::default(), pool: Vec::new() };
        let ledger = Ledger::open(Workload::timer(2, Duration::from_secs(3_600)));
        scheduler.start(ledger.handle(0)).unwrap();
        scheduler.start(ledger.handle(1)).unwrap();
        assert_eq!(ledger.in_flight(), 2);
        drop(scheduler);
        assert_eq!((ledger.in_flight(), ledger.proof().lost), (0, 2));
    }
}
