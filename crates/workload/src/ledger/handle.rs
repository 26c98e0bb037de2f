//! One task's way through the ledger.

use std::hint::black_box;
use std::time::Duration;

use super::counters::Ledger;
use super::trace::Event;
use crate::clock::Moment;
use crate::depth::use_stack;
use crate::http::FetchError;
use crate::spec::{Arrival, Ending, Workload};
use crate::state::State;
use crate::task::{Task, mix};

/// One task's place in the ledger, in 14 bytes.
///
/// It belongs to the task: the task signs in with it, asks it for its next deadline, tells it that
/// it woke, and signs out with its sum. A task that panics or is dropped drops its handle, and the
/// ledger counts it as lost, so a wave always comes to its end.
///
/// It is packed so that the two bytes that would only pad it are left to the task that holds it: in
/// a coroutine's frame they take the frame's own state, which would otherwise cost eight bytes more.
#[derive(Debug)]
#[repr(C, packed(2))]
#[must_use = "a handle that is dropped is a lost task"]
pub struct TaskHandle {
    ledger: &'static Ledger,
    index: u32,
    /// Waits begun; [`NOT_SIGNED_IN`] before the task signs in.
    waits_begun: u16,
}

const NOT_SIGNED_IN: u16 = u16::MAX;

impl TaskHandle {
    /// Counts the task as in flight, from here until it signs out. It uses as much stack before as the
    /// workload asks for.
    #[inline]
    pub fn sign_in(&mut self) {
        debug_assert!(self.waits_begun == NOT_SIGNED_IN, "a task signs in once");
        self.waits_begun = 0;
        if let Arrival::Rate { .. } = self.ledger.workload().arrival {
            self.ledger.started(self.index);
        }
        if self.ledger.workload().depth != 0 {
            use_stack(self.ledger.workload().depth);
        }
        self.ledger.enter(self.index);
    }

    /// What the task is asked to do.
    #[inline]
    pub fn workload(&self) -> &'static Workload {
        self.ledger.workload()
    }

    /// Where it signs in and out.
    #[inline]
    pub fn ledger(&self) -> &'static Ledger {
        self.ledger
    }

    /// Which of the workload's tasks it is.
    #[inline]
    pub fn index(&self) -> u32 {
        self.index
    }

    /// The two numbers to add.
    #[inline]
    pub fn task(&self) -> Task {
        Task::nth(self.index)
    }

    /// Begins the task's next wait and says when it ends; `None` when all its waits are over.
    #[inline]
    pub fn next_wait(&mut self) -> Option<Moment> {
        let workload = self.ledger.workload();
        if self.waits_begun >= workload.waits_per_task.get() {
            return None;
        }
        self.waits_begun += 1;
        if !self.ledger.is_plain {
            return Some(self.end_of_wait());
        }
        Some(Moment::now() + workload.duration_of(self.index))
    }

    /// When the wait that is begun ends, where it is not just as long as all.
    #[inline(never)]
    fn end_of_wait(&self) -> Moment {
        let workload = self.ledger.workload();
        self.ledger.note(Event::Waits(self.index, u32::from(self.waits_begun) - 1));
        if workload.synchronized_wakeup {
            self.ledger.begun() + workload.duration() * u32::from(self.waits_begun)
        } else {
            let wait = workload.duration_of(self.index);
            let is_cancelled =
                workload.ending == Ending::Cancelled && workload.ends_otherwise(self.index);
            let times = match workload.timeouts {
                _ if !is_cancelled => 1,
                // One that is cancelled when it has waited so long waits on until then.
                None => 2,
                // Long after the timeout comes, however late that is.
                Some(_) => 20 * Workload::TIMEOUT,
            };
            Moment::now() + times * wait
        }
    }

    /// After how long the task is to be cancelled, if it is not over then: half of its wait, or when its
    /// timeout comes.
    pub fn cancelled_after(&self) -> Option<Duration> {
        let workload = self.ledger.workload();
        let times = if workload.timeouts.is_some() { Workload::TIMEOUT } else { 1 };
        let may_be = workload.timeouts.is_some() || workload.ends_otherwise(self.index);
        (workload.ending == Ending::Cancelled && may_be)
            .then(|| times * workload.duration_of(self.index))
    }

    /// Begins the task's next wait for the token; `false` if it had the token as often as it is to.
    #[inline]
    pub fn next_turn(&mut self) -> bool {
        let is_next = self.waits_begun < self.ledger.workload().waits_per_task.get();
        self.waits_begun += u16::from(is_next);
        is_next
    }

    /// Tells the ledger that the token came, and says what to pass on. A token that is not the one that the
    /// task should have now is damage, as is a state that is not what it was.
    #[inline]
    pub fn took<const N: usize>(&self, token: u64, state: &State<N>) -> u64 {
        let laps = u64::from(self.waits_begun) - 1;
        let expected = laps * u64::from(self.ledger.workload().tasks) + u64::from(self.index);
        if token != expected || !state.is_intact(self.task()) {
            self.ledger.damage(self.index);
        }
        token.wrapping_add(1)
    }

    /// Tells the ledger that the task woke from a wait that was to end at `deadline`, and has the
    /// state checked that it kept meanwhile.
    ///
    /// With a rate, the first wait of a task should have begun when the task was to start, and that
    /// is from where it is late.
    ///
    /// # Panics
    /// If this is a task that the workload wants to panic.
    #[inline]
    pub fn woke<const N: usize>(&self, deadline: Moment, state: &State<N>) {
        self.ledger.woke_late(self.index, deadline, self.due(deadline));
        self.ledger.note(Event::Woke(self.index, u32::from(self.waits_begun) - 1));
        if !state.is_intact(self.task()) {
            self.ledger.damage(self.index);
        }
        let workload = self.ledger.workload();
        if workload.ending == Ending::Panics || workload.job_rounds != 0 {
            self.go_on(workload);
        }
    }

    /// Does what the task does between its waits.
    #[inline(never)]
    fn go_on(&self, workload: &Workload) {
        let from = u64::from(self.index);
        black_box((0..workload.job_rounds).fold(black_box(from), |state, _| mix(state)));
        if workload.ending == Ending::Panics && workload.ends_otherwise(self.index) {
            std::panic::panic_any(PLANTED_PANIC);
        }
    }

    /// When the wait that ended at `deadline` should have ended.
    #[inline]
    fn due(&self, deadline: Moment) -> Moment {
        match self.ledger.workload().arrival {
            Arrival::Burst => deadline,
            Arrival::Rate { .. } => self.due_at_rate(deadline),
        }
    }

    #[inline(never)]
    fn due_at_rate(&self, deadline: Moment) -> Moment {
        let workload = self.ledger.workload();
        if self.waits_begun == 1 && !workload.synchronized_wakeup {
            self.ledger.start_of(self.index) + workload.duration_of(self.index)
        } else {
            deadline
        }
    }

    /// Signs the task out with its sum.
    #[inline]
    pub fn sign_out(self, sum: u64) {
        self.ledger.leave(self.index, sum);
        std::mem::forget(self);
    }

    /// Signs the task out without a sum, because a wait of it ended with this error.
    pub fn fail(self, error: &FetchError) {
        self.ledger.fail(self.index, error);
        std::mem::forget(self);
    }
}

impl Ledger {
    /// The place of the task with this index, which has not signed in yet.
    ///
    /// # Panics
    /// If the workload has no such task.
    pub fn handle(&'static self, index: u32) -> TaskHandle {
        let tasks = self.workload().tasks;
        assert!(index < tasks, "task {index} of {tasks}");
        TaskHandle { ledger: self, index, waits_begun: NOT_SIGNED_IN }
    }
}

impl Drop for TaskHandle {
    fn drop(&mut self) {
        self.ledger.lose(self.index, self.waits_begun != NOT_SIGNED_IN);
    }
}

/// What a task says that panics because the workload wants it to.
const PLANTED_PANIC: &str = "this task was asked to panic";

/// Has nothing printed for tasks that panic because their workload wants them to.
pub fn silence_planted_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload().downcast_ref() != Some(&PLANTED_PANIC) {
            report(panic);
        }
    }));
}
