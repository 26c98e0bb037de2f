//! Contestants that do it wrong, to show that the harness notices.
//!
//! They are not in any list and must be asked for by their exact id. Each is one way in which a
//! contestant can fail, and each must cost its own cell and no other.

use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use workload::{About, Contestant, Instance, Ledger, Refusal, Role, Settings, WithState};

/// All of them.
pub fn all() -> Vec<Box<dyn Contestant>> {
    let faults: [(&str, Run); 17] = [
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
        ("fault/endless-line", |_| flood(io::stdout(), u64::MAX)),
        ("fault/endless-complaint", |_| {
            flood(io::stderr(), COMPLAINT_BYTES)?;
            std::process::abort()
        }),
        ("fault/greedy", greedy),
        ("fault/orphan", |_| {
            let mut orphan = Command::new("sleep");
            orphan.arg(ORPHAN_SECONDS).stdin(Stdio::null()).stdout(Stdio::null());
            orphan.spawn().map_err(|source| Refusal::Start { what: "an orphan", source })?;
            std::process::abort()
        }),
        ("fault/wrong-sum", wrong_sum),
        ("fault/lost-task", lost_task),
        ("fault/one-at-a-time", |ledger| {
            ledger.workload().state.with(OneAtATime(ledger));
            Ok(())
        }),
        ("fault/second-wave", |ledger| in_wave(2, ledger, |_| std::process::abort())),
        // Not a fault but a contestant of an older protocol, which knows one wave only.
        ("fault/one-wave", |ledger| in_wave(2, ledger, |_| std::process::exit(0))),
        ("fault/third-wave-lost-task", |ledger| in_wave(3, ledger, lost_task)),
        ("fault/third-wave-wrong-sum", |ledger| in_wave(3, ledger, wrong_sum)),
    ];
    let fault = |id, start, run| -> Box<dyn Contestant> { Box::new(Fault { id, start, run }) };
    let mut all: Vec<_> = faults.into_iter().map(|(id, run)| fault(id, || {}, run)).collect();
    // Said instead of the first line of its protocol.
    let other_version = || {
        #[allow(clippy::print_stdout, reason = "it is what this contestant does wrong")]
        {
            println!(r#"{{"v":3,"event":"idle","heap_bytes":null}}"#);
        }
    };
    all.push(fault("fault/other-version", other_version, |_| Ok(())));
    all
}

/// How much `fault/endless-complaint` writes: more than a harness may keep.
pub const COMPLAINT_BYTES: u64 = 256 << 20;

/// How much `fault/greedy` takes. It has an end, so that a machine without a limit survives it.
pub const GREED_BYTES: usize = 512 << 20;

/// How long the process sleeps that `fault/orphan` leaves behind, with its standard error.
pub const ORPHAN_SECONDS: &str = "600.125";

type Run = fn(&'static Ledger) -> Result<(), Refusal>;

#[derive(Clone, Copy)]
struct Fault {
    id: &'static str,
    /// Done when its runtime is to start.
    start: fn(),
    run: Run,
}

impl Contestant for Fault {
    fn about(&self) -> About {
        let summary = "does it wrong, to show that the harness notices";
        About { role: Role::Fault, ..About::new(self.id, summary) }
    }

    fn start(&self, _: &Settings) -> Result<Box<dyn Instance>, Refusal> {
        (self.start)();
        Ok(Box::new(*self))
    }
}

impl Instance for Fault {
    fn run(&mut self, ledger: &'static Ledger) -> Result<(), Refusal> {
        (self.run)(ledger)
    }
}

/// Writes one line of so many bytes, without its end.
fn flood(mut to: impl Write, bytes: u64) -> Result<(), Refusal> {
    io::copy(&mut io::repeat(b'x').take(bytes), &mut to)
        .map(|_| ())
        .map_err(|source| Refusal::Start { what: "a flood", source })
}

/// Takes a lot of memory and touches every page of it, and then waits as it should.
fn greedy(ledger: &'static Ledger) -> Result<(), Refusal> {
    let taken = vec![1_u8; GREED_BYTES];
    std::hint::black_box(&taken);
    wait_for_all(ledger, |_, sum| Some(sum))
}

/// Waits for all tasks at once, and gives each a sum that is one too high.
fn wrong_sum(ledger: &'static Ledger) -> Result<(), Refusal> {
    wait_for_all(ledger, |_, sum| Some(sum + 1))
}

/// Waits for all tasks at once, and forgets the first.
fn lost_task(ledger: &'static Ledger) -> Result<(), Refusal> {
    wait_for_all(ledger, |index, sum| (index != 0).then_some(sum))
}

/// Does this in the wave with this number, and does the others right.
fn in_wave(number: u32, ledger: &'static Ledger, run: Run) -> Result<(), Refusal> {
    static WAVES: AtomicU32 = AtomicU32::new(0);
    if WAVES.fetch_add(1, Ordering::SeqCst) + 1 == number {
        return run(ledger);
    }
    wait_for_all(ledger, |_, sum| Some(sum))
}

fn wait_for_all(
    ledger: &'static Ledger,
    answer: fn(u32, u64) -> Option<u64>,
) -> Result<(), Refusal> {
    let mut handles: Vec<_> =
        (0..ledger.workload().tasks).map(|index| ledger.handle(index)).collect();
    handles.iter_mut().for_each(workload::TaskHandle::sign_in);
    thread::sleep(ledger.workload().duration_of(0).max(Duration::from_millis(1)));
    for (index, handle) in (0..).zip(handles) {
        if let Some(sum) = answer(index, handle.task().sum()) {
            handle.sign_out(sum);
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
            subroutine::timer::add::<N>(self.0.handle(index));
        }
    }
}
