//! Contestants that check the instrument: what they weigh is known before they are weighed.
//!
//! | id | what it is | what must be measured |
//! | --- | --- | --- |
//! | `control/null` | the harness alone: tasks sign in, wait and sign out, and hold nothing | 0 bytes a task |
//! | `control/64`, `control/512`, `control/4096` | the same, and so many bytes held for each task | that many bytes a task |
//! | `control/again-…` | a contestant under another label (A/A) | 1.00 times what that contestant has |
//!
//! They run beside the others in every run, and take no part in the comparison: see
//! [`Id::is_compared`](analysis::contestant::Id::is_compared).

use std::hint::black_box;

use subroutine::sleep::sleep_until;
use workload::{
    About, Arrival, Ceiling, Contestant, Ending, Instance, Ledger, Moment, Refusal, Role, Settings,
    StateSize, Task, Workload,
};

/// The controls whose contestant a feature brings, with that feature.
pub const FEATURES: &[(&str, &str)] = &[("control/again-tokio-current-thread", "tokio")];

/// All controls whose features are on.
pub fn all() -> Vec<Box<dyn Contestant>> {
    let holds = [
        (
            "control/null",
            "the harness alone: tasks sign in and out, and nothing is held for them",
            0,
        ),
        ("control/64", "the harness, and exactly 64 bytes held for each task", 64),
        ("control/512", "the harness, and exactly 512 bytes held for each task", 512),
        ("control/4096", "the harness, and exactly 4096 bytes held for each task", 4096),
    ];
    let mut all = Vec::<Box<dyn Contestant>>::new();
    for (id, summary, bytes_per_task) in holds {
        all.push(Box::new(Holds { id, summary, bytes_per_task }));
    }
    // One that is always there, and a real runtime. Both run on one thread: what several threads
    // use of the CPU depends on who gets which core, and differs more from run to run than an A/A
    // comparison of a few seconds could average out.
    let again = [
        ("control/again-bare", "coroutines/bare"),
        ("control/again-tokio-current-thread", "coroutines/tokio-current-thread"),
    ];
    let mut contestants = coroutines::contestants();
    for (id, itself) in again {
        if let Some(position) = contestants.iter().position(|of| of.id().as_str() == itself) {
            let of = contestants.swap_remove(position);
            all.push(Box::new(Again { id, of }));
        }
    }
    all
}

/// Signs all tasks in, holds them until their deadlines, and signs them out. What it holds for them
/// is one block.
#[derive(Clone, Copy, Debug)]
struct Holds {
    id: &'static str,
    summary: &'static str,
    bytes_per_task: usize,
}

impl Contestant for Holds {
    fn about(&self) -> About {
        let role = Role::Holds { bytes: self.bytes_per_task as u64 };
        About { role, ..About::new(self.id, self.summary) }
    }

    fn unsupported(&self, workload: &Workload) -> Option<&'static str> {
        let is_fit = workload.is_timer()
            && workload.state == StateSize::None
            && workload.depth == 0
            && workload.waits_per_task.get() == 1
            && workload.arrival == Arrival::Burst
            && workload.ending == Ending::Returns
            && workload.job_rounds == 0
            && !workload.trace;
        (!is_fit).then_some("timers that start at once, with one wait a task and no state")
    }

    fn start(&self, _: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        Ok(Box::new(*self))
    }
}

impl Instance for Holds {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        Refusal::unless_supported(self.unsupported(ledger.workload()))?;
        let held = self.hold(ledger.workload().tasks)?;
        for index in 0..ledger.workload().tasks {
            ledger.enter(index);
        }
        // One deadline for all, because one for each would be something held for a task. Where
        // waits are spread, the last task's is the shortest.
        let started = Moment::now();
        for index in (0..ledger.workload().tasks).rev() {
            let deadline = started + ledger.workload().duration_of(index);
            sleep_until(deadline);
            ledger.woke(index, deadline);
            ledger.leave(index, Task::nth(index).sum());
        }
        drop(black_box(held));
        Ok(())
    }
}

impl Holds {
    /// The bytes for so many tasks, every one of them written, so that they are there and not only
    /// promised.
    fn hold(&self, tasks: u32) -> Result<Vec<u8>, Refusal> {
        let refused = |source| Refusal::Start { what: "the block of bytes to hold", source };
        let out_of_memory = || refused(std::io::ErrorKind::OutOfMemory.into());
        let mut held = Vec::new();
        if self.bytes_per_task == 0 {
            return Ok(held);
        }
        let bytes = self.bytes_per_task.checked_mul(tasks as usize).ok_or_else(out_of_memory)?;
        held.try_reserve_exact(bytes).map_err(|_| out_of_memory())?;
        held.resize(bytes, 0xa5);
        Ok(black_box(held))
    }
}

/// A contestant under another label.
struct Again {
    id: &'static str,
    of: Box<dyn Contestant>,
}

impl Contestant for Again {
    fn about(&self) -> About {
        let summary = "the coroutine contestant of that name once more, to compare it with itself";
        let of = self.of.about();
        About {
            model: Some("coroutines"),
            role: Role::Again { of: of.id.as_str() },
            caution: of.caution,
            stays_in_process: of.stays_in_process,
            is_on_one_thread: of.is_on_one_thread,
            ..About::new(self.id, summary)
        }
    }

    fn ceiling(&self, settings: &Settings) -> Ceiling {
        self.of.ceiling(settings)
    }

    fn unsupported(&self, workload: &Workload) -> Option<&'static str> {
        if !workload.is_timer() {
            return Some("timers");
        }
        self.of.unsupported(workload)
    }

    fn start(&self, settings: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        self.of.start(settings)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_control_does_the_work_with_all_tasks_in_flight() {
        // Long enough to start them all on a busy machine.
        let workload = Workload::timer(1_000, Duration::from_millis(200));
        for workload in [workload, workload.with_spread(Duration::from_millis(5))] {
            for control in all() {
                let ledger = Ledger::open(workload);
                control.start(&Settings::default()).unwrap().run(ledger).unwrap();
                let proof = ledger.proof();
                assert!(proof.is_whole(1_000), "{}: {proof:?}", control.id());
                assert_eq!((proof.peak_in_flight, ledger.early()), (1_000, 0), "{}", control.id());
            }
        }
    }

    #[test]
    fn a_second_wave_is_the_same_again() {
        for control in all() {
            let ledger = Ledger::open(Workload::timer(70, Duration::from_millis(1)));
            let mut instance = control.start(&Settings::default()).unwrap();
            for _ in 0..2 {
                ledger.rewind();
                instance.run(ledger).unwrap();
                assert!(ledger.proof().is_whole(70), "{}", control.id());
            }
        }
    }

    #[test]
    fn what_is_held_is_exactly_what_the_id_says() {
        let holds = |id, bytes_per_task| Holds { id, summary: "", bytes_per_task };
        assert_eq!(holds("control/512", 512).hold(1_000).unwrap().capacity(), 512_000);
        assert_eq!(holds("control/null", 0).hold(1_000).unwrap().capacity(), 0);
        let known = all().into_iter().filter_map(|control| match control.about().role {
            Role::Holds { bytes } => Some((control.id().to_string(), bytes)),
            _ => None,
        });
        let expected = [("null", 0), ("64", 64), ("512", 512), ("4096", 4096)];
        assert!(known.eq(expected.map(|(name, bytes)| (format!("control/{name}"), bytes))));
    }

    #[test]
    fn a_block_that_cannot_be_had_is_refused() {
        let holds = Holds { id: "control/all", summary: "", bytes_per_task: usize::MAX / 2 };
        assert!(matches!(holds.hold(3), Err(Refusal::Start { .. })));
    }

    #[test]
    fn an_aa_control_names_who_it_is() {
        let ids: Vec<_> = coroutines::contestants().iter().map(|c| c.id().to_string()).collect();
        let again: Vec<_> = all()
            .into_iter()
            .filter_map(|control| match control.about().role {
                Role::Again { of } => Some(of),
                _ => None,
            })
            .collect();
        assert!(again.contains(&"coroutines/bare"));
        assert!(again.iter().all(|id| ids.iter().any(|known| known == id)), "{again:?}");
        assert_eq!(again.len(), 1 + usize::from(cfg!(feature = "tokio")));
    }

    #[test]
    fn no_control_asks_a_server() {
        let http = workload::Http::new("127.0.0.1:1".parse().unwrap(), Duration::ZERO, 1);
        for control in all() {
            assert!(control.unsupported(&Workload::http(1, http)).is_some(), "{}", control.id());
        }
    }
}
