//! The checks that need a server: answers are right, waits overlap, and each fault ends as what it
//! is and costs only its own task.
//!
//! What a contestant claims is held against what the server counted of the same requests. The
//! server is another process, so this one's threads and descriptors are the contestant's.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::{NonZeroU8, NonZeroU16};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use super::running::{SETTINGS, expect_complete, expect_half, expect_punctual, run, run_on};
use super::{arrival, residue};
use crate::contestant::{Contestant, Instance};
use crate::http::spec::nth_address;
use crate::http::{ErrorKind, Fault, Http, Phase, Stats, Timeouts};
use crate::ledger::{Event, Ledger};
use crate::spec::{Ending, Workload};
use crate::state::StateSize;
use crate::task::{Task, checksum_of};

/// How the server must be started: this suite's requests go to several addresses, where there are
/// several to this machine.
pub const SERVER_ARGUMENTS: [&str; 2] =
    ["--addresses", if cfg!(target_os = "linux") { "4" } else { "1" }];

/// A check that needs the server.
pub type Check = (&'static str, fn(&dyn Contestant, SocketAddr) -> Result<(), String>);

/// All checks but those of faults, by the name they are reported under.
pub const CHECKS: &[Check] = &[
    ("http: adds up for 0, 1, 2 and 200 requests", adds_up),
    ("http: bodies from nothing to 200 KiB are verified", bodies_are_verified),
    ("http: state survives each of several requests", state_survives),
    ("http: a kept connection serves one request after another", keeps_connections),
    ("http: the server sees as many open requests as the ceiling allows", reaches_its_ceiling),
    ("http: a slow answer does not hold up a fast one", overlaps),
    ("http: no answer comes before its delay", never_early),
    ("http: requests of a rate start in their time, also 0 and 1 of them", starts_in_time),
    ("http: a panic costs only its own task", survives_a_panic),
    ("http: leaves nothing behind", leaves_nothing_behind),
];

/// What goes wrong with a request, and as what it must end, in which phase.
pub const FAULTS: &[(Cause, ErrorKind, Phase)] = &[
    (Cause::NobodyListens, ErrorKind::Refused, Phase::Connect),
    #[cfg(target_os = "linux")]
    (Cause::FullBacklog, ErrorKind::ConnectTimeout, Phase::Connect),
    (Cause::Asked(Fault::Close), ErrorKind::Closed, Phase::Head),
    (Cause::Asked(Fault::Reset), ErrorKind::Reset, Phase::Head),
    (Cause::Asked(Fault::Garbage), ErrorKind::Garbage, Phase::Head),
    (Cause::Asked(Fault::Truncate), ErrorKind::Truncated, Phase::Body),
    (Cause::Asked(Fault::Stall), ErrorKind::ReadTimeout, Phase::Body),
    (Cause::Asked(Fault::Silence), ErrorKind::ReadTimeout, Phase::Head),
    (Cause::Asked(Fault::SlowDrip), ErrorKind::TotalTimeout, Phase::Body),
    (Cause::Asked(Fault::Status500), ErrorKind::Status, Phase::Head),
];

/// Why a request goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The server is asked for it.
    Asked(Fault),
    /// There is no server at that address.
    NobodyListens,
    /// There is one that does not accept, and its queue is full.
    FullBacklog,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked(fault) => fault.fmt(f),
            Self::NobodyListens => f.pad("nobody-listens"),
            Self::FullBacklog => f.pad("full-backlog"),
        }
    }
}

const SHORT: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_millis(200);
const THREE: NonZeroU16 = NonZeroU16::new(3).unwrap();

/// How long the server may take to say what it counted.
const PATIENCE: Duration = Duration::from_secs(20);

/// The number of addresses that the server listens on.
const ADDRESSES: NonZeroU8 = NonZeroU8::new(if cfg!(target_os = "linux") { 4 } else { 1 }).unwrap();

/// Requests that the server counts apart from all others.
fn requests(server: SocketAddr, delay: Duration, bytes: u64) -> Http {
    static GROUPS: AtomicU32 = AtomicU32::new(1);
    let group = GROUPS.fetch_add(1, Ordering::Relaxed);
    Http { group, ..Http::new(server, delay, bytes) }
}

/// What the server counted of these requests, if it answered so many of them and no others came.
fn expect_served(http: &Http, served: u64) -> Result<Stats, String> {
    let stats = Stats::of(http.server, Some(http.group), PATIENCE).map_err(|e| e.to_string())?;
    if stats.served == served && stats.open == 0 && stats.broken == 0 {
        Ok(stats)
    } else {
        Err(format!("of {served} requests the server counted {stats:?}"))
    }
}

fn adds_up(contestant: &dyn Contestant, server: SocketAddr) -> Result<(), String> {
    for tasks in [0, 1, 2, 200] {
        let http = Http { addresses: ADDRESSES, ..requests(server, SHORT, 100) };
        let ledger = run(contestant, &SETTINGS, Workload::http(tasks, http))?;
        expect_complete(&ledger.proof(), tasks)?;
        expect_served(&http, tasks.into())?;
    }
    Ok(())
}

fn bodies_are_verified(contestant: &dyn Contestant, server: SocketAddr) -> Result<(), String> {
    for bytes in [0, 1, 1024, 200 * 1024] {
        let http = requests(server, SHORT, bytes);
        let ledger = run(contestant, &SETTINGS, Workload::http(8, http))?;
        let flawed = |flaw| format!("{bytes} bytes: {flaw}");
        expect_complete(&ledger.proof(), 8).map_err(flawed)?;
        expect_served(&http, 8).map_err(flawed)?;
    }
    Ok(())
}

fn state_survives(contestant: &dyn Contestant, server: SocketAddr) -> Result<(), String> {
    for &state in StateSize::ALL {
        let http = requests(server, SHORT, 100);
        let workload = Workload::http(16, http).with_state(state).with_waits(THREE);
        if contestant.unsupported(&workload).is_some() {
            continue;
        }
        let ledger = run(contestant, &SETTINGS, workload)?;
        let flawed = |flaw| format!("{state} of state: {flaw}");
        expect_complete(&ledger.proof(), 16).map_err(flawed)?;
        expect_served(&http, 3 * 16).map_err(flawed)?;
    }
    Ok(())
}

/// A task keeps its connection from one request to the next, and a contestant that runs task after
/// task keeps it from one task to the next: so there are no more connections than tasks in flight.
fn keeps_connections(contestant: &dyn Contestant, server: SocketAddr) -> Result<(), String> {
    let tasks = 40;
    let requests_made = 3 * u64::from(tasks);
    for keep_alive in [false, true] {
        let http = Http { keep_alive, ..requests(server, 5 * SHORT, 100) };
        let workload = Workload::http(tasks, http).with_waits(THREE);
        let ledger = run(contestant, &SETTINGS, workload)?;
        expect_complete(&ledger.proof(), tasks)?;
        let connections = expect_served(&http, requests_made)?.connections;
        let in_flight = contestant.ceiling(&SETTINGS).expected_in_flight(tasks);
        let is_right =
            if keep_alive { connections <= in_flight } else { connections == requests_made };
        if !is_right {
            return Err(format!(
                "{requests_made} requests of {tasks} tasks, {in_flight} in flight at once, came \
                 over {connections} connections with keep_alive: {keep_alive}"
            ));
        }
    }
    Ok(())
}

fn reaches_its_ceiling(contestant: &dyn Contestant, server: SocketAddr) -> Result<(), String> {
    let expected = |tasks| contestant.ceiling(&SETTINGS).expected_in_flight(tasks);
    let tasks = if expected(200) == 1 { 3 } else { 200 };
    let all_at_once = expected(tasks) == u64::from(tasks);
    let http = requests(server, if all_at_once { 5 * LONG } else { 60 * SHORT }, 100);
    let ledger = run(contestant, &SETTINGS, Workload::http(tasks, http))?;
    expect_complete(&ledger.proof(), tasks)?;
    let peak = ledger.proof().peak_in_flight;
    let high_water = expect_served(&http, tasks.into())?.high_water;
    if peak == expected(tasks) && high_water == peak {
        Ok(())
    } else {
        Err(format!(
            "{peak} of {tasks} tasks were in flight at once and the server saw {high_water} open \
             requests, not {}",
            expected(tasks)
        ))
    }
}

/// A (task 0) is slow and B (task 1) is fast. Where both can be in flight, B ends first.
fn overlaps(contestant: &dyn Contestant, server: SocketAddr) -> Result<(), String> {
    let http = Http { spread: 2 * LONG, ..requests(server, SHORT, 100) };
    let ledger = Ledger::open_tracing(Workload::http(2, http));
    run_on(contestant, &SETTINGS, ledger)?;
    expect_complete(&ledger.proof(), 2)?;
    expect_served(&http, 2)?;
    let is_out = |event: &Event| matches!(event, Event::Out(_));
    let ended: Vec<_> = ledger.events().into_iter().filter(is_out).collect();
    let mut expected = [Event::Out(1), Event::Out(0)];
    if contestant.ceiling(&SETTINGS).expected_in_flight(2) == 1 {
        expected.reverse();
    }
    if ended == expected {
        Ok(())
    } else {
        Err(format!("tasks ended as {ended:?}, not as {expected:?}"))
    }
}

fn never_early(contestant: &dyn Contestant, server: SocketAddr) -> Result<(), String> {
    let tasks = 20;
    let http = Http { spread: 20 * SHORT, ..requests(server, 5 * SHORT, 100) };
    let started = Instant::now();
    let ledger = run(contestant, &SETTINGS, Workload::http(tasks, http))?;
    expect_punctual(ledger, tasks, started)?;
    expect_served(&http, tasks.into()).map(drop)
}

fn starts_in_time(contestant: &dyn Contestant, server: SocketAddr) -> Result<(), String> {
    for (tasks, per_second) in [(0, 1), (1, 1), (2, 20), (41, 1000)] {
        let http = requests(server, 5 * SHORT, 100);
        let workload = Workload::http(tasks, http).with_arrival(arrival::rate(per_second));
        arrival::expect_paced(contestant, Ledger::open(workload))
            .and_then(|()| expect_served(&http, tasks.into()))
            .map_err(|flaw| format!("{per_second} requests a second: {flaw}"))?;
    }
    Ok(())
}

fn survives_a_panic(contestant: &dyn Contestant, server: SocketAddr) -> Result<(), String> {
    let tasks = 50;
    for keep_alive in [false, true] {
        let http = || Http { keep_alive, ..requests(server, SHORT, 100) };
        let mut instance = contestant.start(&SETTINGS).map_err(|refusal| refusal.to_string())?;
        let workload = Workload::http(tasks, http()).with_waits(THREE);
        let ledger = Ledger::open(workload.with_ending(Ending::Panics));
        instance.run(ledger).map_err(|refusal| refusal.to_string())?;
        expect_half(&ledger.proof(), tasks)?;
        expect_healthy(instance.as_mut(), http(), tasks, "a panic")?;
    }
    Ok(())
}

fn leaves_nothing_behind(contestant: &dyn Contestant, server: SocketAddr) -> Result<(), String> {
    residue::expect_nothing_left(contestant, || {
        for keep_alive in [false, true] {
            let http = Http { keep_alive, ..requests(server, 5 * SHORT, 1024) };
            run(contestant, &SETTINGS, Workload::http(50, http))?;
            expect_served(&http, 50)?;
        }
        Ok(())
    })
}

/// Every second task's request goes wrong: it ends as `kind` in `phase`. The others' do not, the
/// instance works afterwards, and nothing is left behind.
pub(super) fn ends_as(
    contestant: &dyn Contestant,
    server: SocketAddr,
    (cause, kind, phase): (Cause, ErrorKind, Phase),
) -> Result<(), String> {
    let allowed = if contestant.about().stays_in_process {
        run(contestant, &SETTINGS, Workload::http(8, requests(server, SHORT, 1024)))?;
        residue::settled()?
    } else {
        residue::count()?
    };
    {
        let faulty = Faulty::new(cause, server)?;
        let mut instance = contestant.start(&SETTINGS).map_err(|refusal| refusal.to_string())?;
        for keep_alive in [false, true] {
            let http = Http { keep_alive, ..faulty.http };
            let ledger = Ledger::open_tracing(Workload::http(faulty.tasks, http));
            instance.run(ledger).map_err(|refusal| refusal.to_string())?;
            expect_every_second(ledger, &faulty, kind, phase)
                .map_err(|flaw| format!("with keep_alive: {keep_alive}, {flaw}"))?;
            let healthy = Http { keep_alive, ..requests(server, SHORT, 1024) };
            expect_healthy(instance.as_mut(), healthy, 8, "that fault")?;
        }
    }
    residue::expect_at_most(allowed, "that fault")
}

/// Requests of which every second one goes wrong, or all of them.
struct Faulty {
    http: Http,
    tasks: u32,
    all_fail: bool,
    _listener: Option<FullBacklog>,
}

impl Faulty {
    fn new(cause: Cause, server: SocketAddr) -> Result<Self, String> {
        // Short where the fault is to run into it, and else so long that only a fault does.
        let short = Duration::from_millis(500);
        let enough = Duration::from_secs(5);
        let waits_for_bytes = matches!(cause, Cause::Asked(Fault::Stall | Fault::Silence));
        let timeouts = Timeouts {
            connect: if cause == Cause::FullBacklog { short } else { enough },
            read: if waits_for_bytes { short } else { enough },
            total: Duration::from_secs(20),
        };
        let http = Http { timeouts, ..requests(server, 20 * SHORT, 1024) };
        let faulty = Self { http, tasks: 8, all_fail: false, _listener: None };
        match cause {
            // A byte comes each second, so there is progress, and the end does not come in time.
            Cause::Asked(Fault::SlowDrip) => {
                let read = Duration::from_millis(2000);
                let total = Duration::from_millis(2500);
                let timeouts = Timeouts { read, total, ..timeouts };
                let http = Http { fault: Some(Fault::SlowDrip), timeouts, ..http };
                Ok(Self { http, tasks: 4, ..faulty })
            }
            Cause::Asked(fault) => Ok(Self { http: Http { fault: Some(fault), ..http }, ..faulty }),
            Cause::NobodyListens if ADDRESSES == NonZeroU8::MIN => {
                // The next listener on this port will not come that soon.
                let listener = TcpListener::bind((server.ip(), 0)).map_err(|e| e.to_string())?;
                let server = listener.local_addr().map_err(|e| e.to_string())?;
                Ok(Self { http: Http { server, ..http }, all_fail: true, ..faulty })
            }
            // Tasks take the addresses in turn: the server's last one, and the one after it.
            Cause::NobodyListens => {
                let (last, _) = last_and_next(server)?;
                Ok(Self { http: Http { server: last, addresses: TWO, ..http }, ..faulty })
            }
            Cause::FullBacklog => {
                let (last, next) = last_and_next(server)?;
                let listener = FullBacklog::at(next).map_err(|e| format!("{next}: {e}"))?;
                let http = Http { server: last, addresses: TWO, ..http };
                Ok(Self { http, _listener: Some(listener), ..faulty })
            }
        }
    }

    fn fails(&self, index: u32) -> bool {
        self.all_fail || index % 2 == 1
    }
}

const TWO: NonZeroU8 = NonZeroU8::new(2).unwrap();

fn expect_every_second(
    ledger: &Ledger,
    faulty: &Faulty,
    kind: ErrorKind,
    phase: Phase,
) -> Result<(), String> {
    let (failing, whole): (Vec<u32>, Vec<u32>) =
        (0..faulty.tasks).partition(|&index| faulty.fails(index));
    let mut ends: Vec<_> = ledger
        .events()
        .into_iter()
        .filter(|event| matches!(event, Event::Out(_) | Event::Failed(..) | Event::Lost(_)))
        .collect();
    ends.sort_by_key(|event| super::checks::index_of(*event));
    let expected_end = |index| match faulty.fails(index) {
        true => Event::Failed(index, kind),
        false => Event::Out(index),
    };
    let failures = ledger.failures();
    if !ends.iter().copied().eq((0..faulty.tasks).map(expected_end)) {
        return Err(format!("the tasks ended as {ends:?}: {failures:?}"));
    }
    let first = failures.first().map(|failure| failure.first.as_str()).unwrap_or_default();
    if failures.len() != 1 || !first.contains(&format!(" while {phase}, ")) {
        return Err(format!("not only {kind} while {phase}: {failures:?}"));
    }
    let proof = ledger.proof();
    let checksum = whole
        .iter()
        .fold(0_u64, |total, &index| total.wrapping_add(checksum_of(Task::nth(index).sum())));
    let is_right = proof.completed == whole.len() as u64
        && proof.failed == failing.len() as u64
        && proof.lost == 0
        && proof.damaged == 0
        && proof.checksum == checksum;
    is_right.then_some(()).ok_or_else(|| format!("{} tasks left {proof:?}", faulty.tasks))
}

/// The instance does the same work without a fault as if nothing had been.
fn expect_healthy(
    instance: &mut dyn Instance,
    http: Http,
    tasks: u32,
    after: &str,
) -> Result<(), String> {
    let ledger = Ledger::open(Workload::http(tasks, http));
    instance.run(ledger).map_err(|refusal| format!("after {after}: {refusal}"))?;
    expect_complete(&ledger.proof(), tasks)
        .and_then(|()| expect_served(&http, tasks.into()))
        .map(drop)
        .map_err(|flaw| format!("after {after}: {flaw}: {:?}", ledger.failures()))
}

/// A listener that accepts no connection, and the connections that fill its queue. The kernel drops
/// further attempts to connect (`tcp_conn_request` in the kernel's `net/ipv4/tcp_input.c`).
struct FullBacklog {
    _listener: Socket,
    _waiting: Vec<TcpStream>,
}

impl FullBacklog {
    const MOST_WAITING: usize = 16;

    fn at(address: SocketAddr) -> io::Result<Self> {
        let listener = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        listener.bind(&address.into())?;
        listener.listen(1)?;
        let mut waiting = Vec::new();
        for _ in 0..Self::MOST_WAITING {
            match TcpStream::connect_timeout(&address, LONG) {
                Ok(stream) => waiting.push(stream),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return Ok(Self { _listener: listener, _waiting: waiting });
                }
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("a queue for one took more than 16"))
    }
}

/// The last address that the server listens on, and the one after it, with the server's port.
fn last_and_next(server: SocketAddr) -> Result<(SocketAddr, SocketAddr), String> {
    let nth = |nth: u8| Some(SocketAddr::new(nth_address(server.ip(), nth.into())?, server.port()));
    let both = nth(ADDRESSES.get() - 1).zip(nth(ADDRESSES.get()));
    both.ok_or_else(|| format!("there are fewer addresses from {server} on"))
}
