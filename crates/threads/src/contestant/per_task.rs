//! `threads/per-task` and `threads/per-task-small-stack`: a std thread for each task.
//!
//! A thread reserves its whole stack and touches only the pages it needs, so a smaller stack saves
//! address space and not memory that is resident. The small one is here to show that.

use std::io::{self, Read};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use subroutine::sleep::{TIMER, sleep_until};
use workload::{
    About, Contestant, Instance, Ledger, Medium, Refusal, Settings, Start, StateSize, Wait,
    WithState, Workload, relay,
};

use crate::http::fetch;
use crate::relay::pass;
use crate::timer::add;

/// The contestants `threads/per-task` and `threads/per-task-small-stack`.
#[derive(Clone, Copy, Debug)]
pub struct PerTask {
    about: About,
    stack_bytes: usize,
    largest_state: StateSize,
}

impl PerTask {
    /// With the stack that std gives a thread when it is not asked: 2 MiB. It is asked for here, so
    /// that `RUST_MIN_STACK` in the environment does not change what is measured.
    pub const DEFAULT: Self = Self {
        about: About::new(
            "threads/per-task",
            "a std thread for each task, 2 MiB of stack reserved",
        ),
        stack_bytes: 2 * 1024 * 1024,
        largest_state: StateSize::KiB64,
    };

    /// With 64 KiB of stack: enough for 16 KiB of state and what std puts around it.
    pub const SMALL_STACK: Self = Self {
        about: About::new(
            "threads/per-task-small-stack",
            "a std thread for each task, 64 KiB of stack reserved",
        ),
        stack_bytes: 64 * 1024,
        largest_state: StateSize::KiB16,
    };
}

impl Contestant for PerTask {
    fn about(&self) -> About {
        About { timer: Some(TIMER), ..self.about }
    }

    fn unsupported(&self, workload: &Workload) -> Option<&'static str> {
        let is_deep = self.largest_state < StateSize::KiB64 && workload.depth > 0;
        (workload.state > self.largest_state || is_deep)
            .then_some("tasks with up to 16 KiB of state and no depth: its stacks have 64 KiB")
    }

    fn start(&self, _: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        Ok(Box::new(*self))
    }
}

impl Instance for PerTask {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        Refusal::unless_supported(self.unsupported(ledger.workload()))?;
        for thread in
            ledger.workload().state.with(Spawn { ledger, stack_bytes: self.stack_bytes })?
        {
            // A thread that panicked has been counted as a lost task.
            let _ = thread.join();
        }
        Ok(())
    }
}

struct Spawn {
    ledger: &'static Ledger,
    stack_bytes: usize,
}

impl WithState for Spawn {
    type Output = Result<Vec<JoinHandle<()>>, Refusal>;

    fn with<const N: usize>(self) -> Self::Output {
        let wanted = u64::from(self.ledger.workload().tasks);
        let mut threads = Vec::new();
        let mut keep = |spawned: io::Result<JoinHandle<()>>| {
            let nth = threads.len() as u64 + 1;
            threads.push(spawned.map_err(|source| Refusal::Thread { nth, wanted, source })?);
            Ok(())
        };
        let thread = || Builder::new().stack_size(self.stack_bytes);
        let no_links = |source| Refusal::Start { what: "a ring of pipes", source };
        let mut starts = self.ledger.starts();
        let channels = relay::ring(Medium::Channel, &mut starts, || Ok(sync_channel(1)), send);
        for (handle, (from, to)) in channels.map_err(no_links)? {
            let take = move || from.recv().ok();
            keep(pass::<N>(thread(), handle, take, move |token| send(&to, token)))?;
        }
        let pipes = relay::ring(Medium::Pipe, &mut starts, relay::pipe, relay::write);
        for (handle, (mut from, to)) in pipes.map_err(no_links)? {
            let take = move || relay::read(|buffer| from.read(buffer)).ok().flatten();
            keep(pass::<N>(thread(), handle, take, move |token| relay::write(&to, token)))?;
        }
        for start in starts {
            match (start, self.ledger.workload().wait) {
                (Start::At(moment), _) => sleep_until(moment),
                (Start::Now(handle), Wait::Http(_)) => keep(fetch::<N>(thread(), handle))?,
                (Start::Now(handle), _) => keep(add::<N>(thread(), handle))?,
            }
        }
        Ok(threads)
    }
}

/// Passes the token on. Where the first task has ended, it is not taken any more.
fn send(to: &SyncSender<u64>, token: u64) {
    let _ = to.send(token);
}
