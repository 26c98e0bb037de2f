//! `subroutine/sequential`: one task after the other, on one thread.

use workload::{Ceiling, Contestant, ContestantId, Engine, Ledger, Refusal, Settings, WithState};

use crate::task::add;

/// The contestant `subroutine/sequential`.
#[derive(Clone, Copy, Debug)]
pub struct Sequential;

impl Contestant for Sequential {
    fn id(&self) -> ContestantId {
        ContestantId::new("subroutine/sequential")
    }

    fn summary(&self) -> &'static str {
        "a loop of blocking calls, one task after the other"
    }

    fn ceiling(&self, _: &Settings) -> Ceiling {
        Ceiling::One
    }

    fn start(&self, _: &Settings) -> Result<Box<dyn Engine>, Refusal> {
        Ok(Box::new(Self))
    }
}

impl Engine for Sequential {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        ledger.workload().state.with(Loop(ledger));
        Ok(())
    }
}

struct Loop(&'static Ledger);

impl WithState for Loop {
    type Output = ();

    fn with<const N: usize>(self) {
        for index in 0..self.0.workload().tasks {
            let visit = self.0.visit(index);
            // A panic must cost one task and not the loop. The visit has counted it as lost.
            let _ = std::panic::catch_unwind(move || add::<N>(visit));
        }
    }
}
