//! `subroutine/sequential`: one task after the other, on one thread.

use std::panic::{AssertUnwindSafe, catch_unwind};

use workload::{
    About, Ceiling, Contestant, Instance, Ledger, Refusal, Settings, Start, TaskHandle, Wait,
    WithState,
};

use crate::connection::Connection;
use crate::http::fetch;
use crate::sleep::{TIMER, sleep_until};
use crate::timer::add;

/// The contestant `subroutine/sequential`.
#[derive(Clone, Copy, Debug)]
pub struct Sequential;

impl Contestant for Sequential {
    fn about(&self) -> About {
        let summary = "a loop of blocking calls, one task after the other";
        About { timer: Some(TIMER), ..About::new("subroutine/sequential", summary) }
    }

    fn ceiling(&self, _: &Settings) -> Ceiling {
        Ceiling::One
    }

    fn start(&self, _: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        Ok(Box::new(Self))
    }
}

impl Instance for Sequential {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        ledger.workload().state.with(Loop(ledger));
        Ok(())
    }
}

struct Loop(&'static Ledger);

impl WithState for Loop {
    type Output = ();

    fn with<const N: usize>(self) {
        // One connection serves task after task, where the workload allows that.
        let mut kept = None;
        for start in self.0.starts() {
            match start {
                Start::At(moment) => sleep_until(moment),
                Start::Now(handle) => {
                    // A panic must cost one task and not the loop. The handle has counted it as lost.
                    let _ = catch_unwind(AssertUnwindSafe(|| run::<N>(handle, &mut kept)));
                }
            }
        }
    }
}

/// Does what the workload asks of its tasks: [`add`] or [`fetch`]. Blocks the calling thread.
///
/// `kept` is the caller's place for a connection that can serve the next task too. A panic leaves
/// it empty.
pub fn run<const N: usize>(handle: TaskHandle, kept: &mut Option<Connection>) {
    match handle.workload().wait {
        Wait::Http(_) => fetch::<N>(handle, kept),
        _ => add::<N>(handle),
    }
}
