//! Contestants that do it wrong, to show that the harness notices.
//!
//! They are not in any list and must be asked for by their exact id. Each is one way in which a
//! contestant can fail, and each must cost its own cell and no other.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use workload::{Ceiling, Contestant, ContestantId, Engine, Ledger, Refusal, Settings, WithState};

/// All of them.
pub fn all() -> Vec<Box<dyn Contestant>> {
    let faults: [(&str, Run); 11] = [
        ("fault/hang", |_| {
            loop {
                thread::park();
            }
        }),
        ("fault/abort", |_| std::process::abort()),
        ("fault/exit", |_| std::process::exit(0)),
        ("fault/panic", |_| panic!("the contestant itself panicked")),
        ("fault/refuse", |_| {
            Err(Refusal::Start { what: "anything", source: io::ErrorKind::PermissionDenied.into() })
        }),
        ("fault/babble", |_| {
            #[allow(clippy::print_stdout, reason = "it is what this contestant does wrong")]
            loop {
                println!("this is not the protocol");
            }
        }),
        ("fault/wrong-sum", wrong_sum),
        ("fault/lost-task", lost_task),
        ("fault/one-at-a-time", |ledger| {
            ledger.workload().state.with(OneAtATime(ledger));
            Ok(())
        }),
        ("fault/second-wave", |ledger| again(ledger, || std::process::abort())),
        // Not a fault but a contestant of an older protocol, which knows one wave only.
        ("fault/one-wave", |ledger| again(ledger, || std::process::exit(0))),
    ];
    faults
        .into_iter()
        .map(|(id, run)| Box::new(Fault { id: ContestantId::new(id), run }) as _)
        .collect()
}

type Run = fn(&'static Ledger) -> Result<(), Refusal>;

#[derive(Clone, Copy)]
struct Fault {
    id: ContestantId,
    run: Run,
}

impl Contestant for Fault {
    fn id(&self) -> ContestantId {
        self.id
    }

    fn summary(&self) -> &'static str {
        "does it wrong, to show that the harness notices"
    }

    fn ceiling(&self, _: &Settings) -> Ceiling {
        Ceiling::Unbounded
    }

    fn start(&self, _: &Settings) -> Result<Box<dyn Engine>, Refusal> {
        Ok(Box::new(*self))
    }
}

impl Engine for Fault {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        (self.run)(ledger)
    }
}

/// Waits for all tasks at once, and gives each a sum that is one too high.
fn wrong_sum(ledger: &'static Ledger) -> Result<(), Refusal> {
    wait_for_all(ledger, |_, sum| Some(sum + 1))
}

/// Waits for all tasks at once, and forgets the first.
fn lost_task(ledger: &'static Ledger) -> Result<(), Refusal> {
    wait_for_all(ledger, |index, sum| (index != 0).then_some(sum))
}

/// Does it right the first time, and this the second time.
fn again(ledger: &'static Ledger, second: fn()) -> Result<(), Refusal> {
    static HAS_RUN: AtomicBool = AtomicBool::new(false);
    if HAS_RUN.swap(true, Ordering::SeqCst) {
        second();
    }
    wait_for_all(ledger, |_, sum| Some(sum))
}

fn wait_for_all(
    ledger: &'static Ledger,
    answer: fn(u32, u64) -> Option<u64>,
) -> Result<(), Refusal> {
    let mut visits: Vec<_> =
        (0..ledger.workload().tasks).map(|index| ledger.visit(index)).collect();
    visits.iter_mut().for_each(workload::Visit::sign_in);
    thread::sleep(ledger.workload().duration_of(0).max(Duration::from_millis(1)));
    for (index, visit) in (0..).zip(visits) {
        if let Some(sum) = answer(index, visit.task().sum()) {
            visit.sign_out(sum);
        }
    }
    Ok(())
}

/// Says that it holds all tasks at once and does one after the other.
struct OneAtATime(&'static Ledger);

impl WithState for OneAtATime {
    type Output = ();

    fn with<const N: usize>(self) {
        for index in 0..self.0.workload().tasks {
            subroutine::task::add::<N>(self.0.visit(index));
        }
    }
}
