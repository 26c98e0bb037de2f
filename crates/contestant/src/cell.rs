//! The process of a cell: runs one contestant once, or as often as it is told to, and says when there is
//! something to weigh.
//!
//! The contestant runs on the main thread and knows nothing of all this; a second thread watches the
//! ledger and speaks with the harness, and a third reads its orders. All are there, and the ledger is open,
//! before the idle weighing, so that they are no part of what a task weighs.

use std::io::{self, BufReader, Stdin, Write};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use protocol::ns;
use protocol::{self, AllWaiting, Begin, Drained, Event, Order, Profile, ProtocolError, TraceLine};
use workload::ledger::silence_planted_panics;
use workload::{Contestant, Ending, Instance, Ledger, Refusal, Settings};

use crate::heap;
use crate::usage::Usage;

/// With this exit code ends a process that could not make its own threads: another may be able to, in a
/// moment.
pub const TRY_AGAIN: u8 = 75;

/// How long a process that was refused something stays to be looked at.
const BEING_SEEN: Duration = Duration::from_secs(2);

/// Says who this is, and runs the cell that the harness asks for on standard input.
pub(crate) fn main(contestant: &dyn Contestant, profile: Profile) -> ExitCode {
    let id = profile.id.clone();
    say(Event::Hello(Box::new(profile)));
    match run(contestant, &id) {
        Ok(()) => ExitCode::SUCCESS,
        // The harness went away, or has seen enough.
        Err(Trouble::Protocol(ProtocolError::Closed)) => ExitCode::SUCCESS,
        Err(Trouble::Refused { reason, threads }) => {
            refused(reason, threads);
        }
        Err(Trouble::NoThread(error)) => {
            complain(format_args!("cell: no thread can be made: {error}"));
            ExitCode::from(TRY_AGAIN)
        }
        Err(Trouble::Protocol(error)) => {
            complain(format_args!("cell: {error}"));
            ExitCode::from(2)
        }
    }
}

enum Trouble {
    Protocol(ProtocolError),
    NoThread(io::Error),
    Refused { reason: String, threads: Option<u64> },
}

impl Trouble {
    fn refused(reason: &dyn std::fmt::Display) -> Self {
        Self::Refused { reason: reason.to_string(), threads: None }
    }

    /// Not of the contestant's: it may be the moment's.
    fn of_own_thread(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock => Self::NoThread(error),
            _ => Self::refused(&error),
        }
    }

    fn of(refusal: &Refusal) -> Self {
        Self::Refused { reason: refusal.to_string(), threads: threads_made(refusal) }
    }
}

/// How many threads there were before one was refused.
fn threads_made(refusal: &Refusal) -> Option<u64> {
    if let Refusal::Thread { nth, .. } = refusal { Some(nth - 1) } else { None }
}

impl From<ProtocolError> for Trouble {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

/// Tells whoever started the process what went wrong, if that is still there.
pub(crate) fn complain(what: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{what}");
}

fn run(contestant: &dyn Contestant, id: &str) -> Result<(), Trouble> {
    let mut stdin = BufReader::new(io::stdin());
    let begin = match protocol::read(&mut stdin)? {
        Order::Begin(begin) => begin,
        Order::Go | Order::Again | Order::Waves { .. } => {
            return Err(Trouble::refused(&"the first order must be to begin"));
        }
    };
    let orders = listen(stdin).map_err(Trouble::of_own_thread)?;
    let Begin { contestant: asked, workload, tasks, pool_workers, server, unweighed } = *begin;
    if asked != id {
        return Err(Trouble::refused(&format_args!("this is `{id}`, not `{asked}`")));
    }
    let workload =
        workload.with_tasks(tasks, server.as_ref()).map_err(|error| Trouble::refused(&error))?;
    let settings = Settings { pool_workers };
    let expected = (!unweighed).then(|| contestant.ceiling(&settings).expected_in_flight(tasks));

    if workload.ending == Ending::Panics {
        silence_planted_panics();
    }
    let ledger = Ledger::open(workload);
    let (start, started) = mpsc::sync_channel(1);
    let (report, reported) = mpsc::sync_channel(1);
    let mut instance = contestant.start(&settings).map_err(|refusal| Trouble::of(&refusal))?;
    thread::Builder::new()
        .name("watch".into())
        .spawn(move || watch(ledger, expected, &orders, &started, &report))
        .map_err(Trouble::of_own_thread)?;

    say(Event::Idle { heap_bytes: heap::live_bytes() });
    // The watcher reads the order to go, because it has the orders from here on.
    match reported.recv() {
        Ok(Watched::Go) => {}
        Ok(Watched::Waves { count }) => {
            waves(instance.as_mut(), ledger, count).into_iter().map(Event::Drained).for_each(say);
            let _ = reported.recv();
            return Ok(());
        }
        _ => return Err(ProtocolError::Closed.into()),
    }
    loop {
        say(Event::Drained(wave(instance.as_mut(), ledger, &start, &reported)?));
        // The drained weighing goes on until the next order.
        match reported.recv() {
            Ok(Watched::Again) => ledger.rewind(),
            _ => break,
        }
    }
    drop(instance);
    Ok(())
}

/// Runs all tasks so many times. Nothing is said and nothing watched meanwhile, so that nothing else
/// takes time.
fn waves(instance: &mut dyn Instance, ledger: &'static Ledger, count: u32) -> Vec<Drained> {
    let wave = |nth| {
        if nth > 0 {
            ledger.rewind();
        }
        let taken = run_tasks(instance, ledger, Begun::now());
        drained(ledger, taken, None)
    };
    (0..count).map(wave).collect()
}

/// Runs all tasks once, and stops to be weighed if they are to be.
fn wave(
    instance: &mut dyn Instance,
    ledger: &'static Ledger,
    start: &SyncSender<Begun>,
    reported: &Receiver<Watched>,
) -> Result<Drained, Trouble> {
    let begun = Begun::now();
    // The watcher waits for this; it can only have ended with the process.
    let _ = start.send(begun);
    let taken = run_tasks(instance, ledger, begun);
    let Ok(Watched::Wave { in_flight_after_weighing }) = reported.recv() else {
        return Err(ProtocolError::Closed.into());
    };
    Ok(drained(ledger, taken, in_flight_after_weighing))
}

/// What all tasks took from the start of the first to the end of the last.
struct Taken {
    wall: Duration,
    used: Usage,
}

/// Runs all tasks. If the system refuses something, this says so and ends the process.
fn run_tasks(instance: &mut dyn Instance, ledger: &'static Ledger, begun: Begun) -> Taken {
    if let Err(refusal) = instance.run(ledger) {
        // Said before the instance is dropped, while what was refused can still be seen from outside.
        refused(refusal.to_string(), threads_made(&refusal));
    }
    Taken { wall: begun.at.elapsed(), used: usage() - begun.usage }
}

/// What the ledger says of a wave that is over.
fn drained(
    ledger: &Ledger,
    Taken { wall, used }: Taken,
    in_flight_after_weighing: Option<u64>,
) -> Drained {
    let proof = ledger.proof();
    Drained {
        in_flight_after_weighing,
        completed: proof.completed,
        checksum: proof.checksum,
        peak_in_flight: proof.peak_in_flight,
        errors: ledger.failures().into_iter().map(Into::into).collect(),
        lost: proof.lost + proof.damaged + ledger.early(),
        wall_ns: ns(wall),
        user_ns: used.user_ns,
        system_ns: used.system_ns,
        voluntary_switches: used.voluntary_switches,
        involuntary_switches: used.involuntary_switches,
        lateness_ns: ledger.lateness().map(Into::into),
        heap_bytes: heap::live_bytes(),
        trace: TraceLine::all(&ledger.noted(), ledger.begun()),
    }
}

#[derive(Clone, Copy)]
struct Begun {
    at: Instant,
    usage: Usage,
}

impl Begun {
    fn now() -> Self {
        Self { at: Instant::now(), usage: usage() }
    }
}

/// What the watcher tells the main thread.
enum Watched {
    /// The harness said go.
    Go,
    /// The harness wants another wave.
    Again,
    /// The harness wants so many waves, none of which is watched.
    Waves {
        /// How many.
        count: u32,
    },
    /// The wave was watched to its weighing with all tasks waiting, if it came to one.
    Wave { in_flight_after_weighing: Option<u64> },
}

/// Reads orders on a thread of its own, from before the contestant starts: whatever that does, the
/// process must not outlive the harness.
fn listen(mut stdin: BufReader<Stdin>) -> io::Result<Receiver<Order>> {
    let (send, orders) = mpsc::sync_channel(1);
    thread::Builder::new().name("orders".into()).spawn(move || {
        while let Ok(order) = protocol::read(&mut stdin) {
            if send.send(order).is_err() {
                return;
            }
        }
        std::process::exit(0);
    })?;
    Ok(orders)
}

/// Watches waves and speaks with the harness meanwhile: when `expected` tasks are in flight, and when
/// all are over.
fn watch(
    ledger: &'static Ledger,
    expected: Option<u64>,
    orders: &Receiver<Order>,
    started: &Receiver<Begun>,
    report: &SyncSender<Watched>,
) {
    let go = || match orders.recv() {
        Ok(Order::Go) => {}
        Ok(_) | Err(_) => std::process::exit(0),
    };
    let first = match orders.recv() {
        Ok(Order::Go) => Watched::Go,
        Ok(Order::Waves { count }) => {
            let _ = report.send(Watched::Waves { count });
            go();
            Watched::Go
        }
        Ok(_) | Err(_) => std::process::exit(0),
    };
    if report.send(first).is_err() {
        return;
    }
    loop {
        let Ok(begun) = started.recv() else { return };
        let waiting = match expected {
            Some(expected) => wait_for_all(ledger, expected, begun),
            None => {
                ledger.wait_until_over();
                None
            }
        };
        let in_flight_after_weighing = waiting.map(|waiting| {
            say(Event::AllWaiting(waiting));
            go();
            ledger.in_flight()
        });
        let _ = report.send(Watched::Wave { in_flight_after_weighing });
        match orders.recv() {
            Ok(Order::Again) => {
                let _ = report.send(Watched::Again);
            }
            Ok(Order::Go) => {
                let _ = report.send(Watched::Go);
                return;
            }
            Ok(_) | Err(_) => std::process::exit(0),
        }
    }
}

/// Waits until all tasks are in flight; `None` if some were over before.
///
/// It looks more and more rarely: a start that takes a second need not be timed to the microsecond,
/// and looking costs CPU that the contestant would be charged for.
fn wait_for_all(ledger: &Ledger, expected: u64, begun: Begun) -> Option<AllWaiting> {
    loop {
        let in_flight = ledger.in_flight();
        if in_flight == expected {
            return Some(AllWaiting {
                in_flight,
                start_ns: ns(begun.at.elapsed()),
                start_cpu_ns: (usage() - begun.usage).cpu_ns(),
                heap_bytes: heap::live_bytes(),
            });
        }
        if ledger.is_over() {
            return None;
        }
        thread::sleep(pause_after(begun.at.elapsed()));
    }
}

/// What this process has used so far. That the system does not say is no reason to lose the cell:
/// CPU then counts as none, which no slope can be drawn through.
fn usage() -> Usage {
    Usage::now().unwrap_or_default()
}

fn pause_after(elapsed: Duration) -> Duration {
    (elapsed / 32).clamp(Duration::from_micros(20), Duration::from_millis(5))
}

/// Says what was refused, and ends. It stays for a moment so that it can be looked at: the harness ends
/// it when it has seen what it uses.
fn refused(reason: String, threads: Option<u64>) -> ! {
    say(Event::Refused { reason, threads });
    thread::sleep(BEING_SEEN);
    // What runs still would only delay the end.
    std::process::exit(0);
}

/// Says something to the harness. If the harness is gone, the process has no reason to go on.
fn say(event: Event) {
    if protocol::write(io::stdout().lock(), event).is_err() {
        std::process::exit(0);
    }
}
