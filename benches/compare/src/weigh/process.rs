//! One process of a server: more and more connections, weighed at each step while all of them are held.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::bail;
use record::{Held, Hold, Limit, LimitOf, Sockets, Status, Weighing};
use report::format;

use super::address::Address;
use super::handle::{Client, Order, Report};
use super::server::{Server, Target};
use super::sockets::{accepted, holder, is_taken, listening, takes};
use super::stops::Stops;
use crate::meter::cgroup::Cgroups;
use crate::meter::kernel;
use crate::meter::process::Procfs;

/// Between two looks.
const TICK: Duration = Duration::from_millis(20);

/// Between two lines on how far it is.
const SAY: Duration = Duration::from_secs(5);

/// The longest between two looks at connections.
const SLOWEST: Duration = Duration::from_secs(1);

/// Between two looks at what the server uses of its limits.
const LOOK: Duration = Duration::from_millis(300);

/// A server is at rest if it takes less CPU than this in a look, and is not waited for longer than that.
const AT_REST_NS: u64 = 2_000_000;
const RESTLESS: Duration = Duration::from_secs(3);

/// For so long nothing more comes as an answer to a user's bytes, and then nothing will.
const SILENT: Duration = Duration::from_millis(700);

/// What is weighed, and how.
#[derive(Debug)]
pub struct Plan<'a> {
    /// What.
    pub target: &'a Target,
    /// What it is called.
    pub name: &'a str,
    /// Where it listens.
    pub address: &'a Address,
    /// Groups, or why there are none.
    pub cgroups: Result<&'a Cgroups, &'a str>,
    /// How long it may be without any progress.
    pub patience: Duration,
    /// Set when all is to end.
    pub stop: &'a AtomicBool,
}

/// Why a process of a server was given no more connections, and the limit that it was at.
type Trouble = (String, Option<(Limit, LimitOf)>);

impl Plan<'_> {
    /// Starts or finds the server, and waits until it accepts.
    ///
    /// # Errors
    /// If it does not, with the reason.
    pub fn begin(&self) -> anyhow::Result<Server> {
        let procfs = Procfs::default();
        if !procfs.exists(std::process::id()) {
            bail!(
                "this system has no /proc to read a server's sockets from: use Linux, in a container or VM"
            );
        }
        let is_new = matches!(self.target, Target::Command(_));
        if is_new && is_taken(&procfs, self.address) {
            let who = holder(&procfs, self.address);
            let who =
                who.map_or("another program".into(), |(pid, name)| format!("{name}, pid {pid},"));
            bail!(
                "{}: {who} listens there already; end it, or weigh it as it is with --pid",
                self.address
            );
        }
        let mut server = Server::get(self.target, self.cgroups)?;
        let until = Instant::now() + self.patience;
        let name = self.name;
        loop {
            if let Some(how) = server.ended() {
                bail!("{name} ended before it listened on {}: {how}", self.address);
            }
            let listens = listening(&procfs, &server.pids()).unwrap_or_default();
            if listens.iter().any(|listens| takes(listens, self.address)) {
                return Ok(server);
            }
            if self.stop.load(Ordering::SeqCst) {
                bail!("interrupted");
            }
            if Instant::now() > until {
                let mut elsewhere: Vec<String> = listens.iter().map(ToString::to_string).collect();
                elsewhere.dedup();
                let elsewhere = match &elsewhere[..] {
                    [] => "it listens nowhere".into(),
                    _ => format!("it listens on {}", format::list(&elsewhere)),
                };
                let waited = format::duration(self.patience.as_nanos() as f64);
                bail!("{name} does not listen on {} after {waited}: {elsewhere}", self.address);
            }
            thread::sleep(TICK);
        }
    }

    /// Weighs a process that accepts. `steps` are the connections, or are found and added if they are none.
    /// Whatever happens is in what is returned; the second is whether it was interrupted.
    pub fn weigh(
        &self,
        mut server: Server,
        hold: Hold,
        bytes: &[u8],
        [repeat, repeats]: [u32; 2],
        steps: &mut Vec<u64>,
        mut tell: impl FnMut(&Held),
    ) -> (Weighing, bool) {
        let mut weighing = Weighing {
            command: self.target.command().to_vec(),
            attached: self.target.attached(),
            repeat,
            repeats,
            group_note: server.note.clone(),
            ..Weighing::of(self.name.to_owned(), self.address.to_string(), hold)
        };
        let client = match Client::start(self.address, hold, bytes, self.cgroups.ok()) {
            Ok(client) => client,
            Err(error) => {
                (weighing.status, weighing.reason) = (Status::Failed, Some(format!("{error:#}")));
                return (weighing, false);
            }
        };
        server.besides = Some(client.id());
        let mut held = Process::of(self, server, client, hold);
        weighing.sockets = held.sockets;
        let is_free = steps.is_empty();
        let begun = Instant::now();
        let mut nth = 0;
        let ended = loop {
            if is_free && nth == steps.len() {
                match held.stops.next(&weighing.steps, begun.elapsed()) {
                    Ok(next) => steps.push(next),
                    Err(limit) => {
                        (weighing.limit, weighing.limit_of) = limit.unzip();
                        break None;
                    }
                }
            }
            let Some(&connections) = steps.get(nth) else { break None };
            match held.step(connections) {
                Ok(step) => {
                    tell(&step);
                    weighing.steps.push(step);
                }
                Err(trouble) => {
                    // Another process would come no further, and nearly as far as this one.
                    steps.truncate(nth);
                    let near = held.took() * 19 / 20;
                    if trouble.1.is_some() && near > steps.last().copied().unwrap_or(0) {
                        steps.push(near);
                    }
                    break Some((connections, trouble));
                }
            }
            nth += 1;
        };
        match ended {
            Some((connections, (why, limit))) => {
                weighing.status = match limit {
                    _ if self.stop.load(Ordering::SeqCst) => Status::Skipped,
                    Some(_) => Status::Wall,
                    None => Status::Failed,
                };
                let connections = format::count(connections);
                weighing.reason = Some(format!("at {connections} connections {why}"));
                (weighing.limit, weighing.limit_of) = limit.unzip();
            }
            None => weighing.closed = held.close(),
        }
        weighing.refused_with = held.refused_with;
        (weighing, self.stop.load(Ordering::SeqCst))
    }
}

/// A server's process and its client.
struct Process<'a> {
    plan: &'a Plan<'a>,
    // The client goes first, so that the server sees its connections closed.
    client: Client,
    server: Server,
    hold: Hold,
    procfs: Procfs,
    sockets: Sockets,
    /// Connections of others, of a server that ran already.
    others: [u64; 2],
    /// Objects of the system's slab before the first connection, where they are to be added.
    slab_before: u64,
    stops: Stops,
    accept_cpu_ns: Option<u64>,
    request_cpu_ns: Option<u64>,
    refused_with: Option<u16>,
}

impl<'a> Process<'a> {
    fn of(plan: &'a Plan<'a>, server: Server, client: Client, hold: Hold) -> Self {
        let procfs = Procfs::default();
        let slab_before = kernel::slab_of(&procfs, caches(plan.address));
        let sockets = match slab_before {
            _ if !server.has_group() || charges_accepted(plan.address) => Sockets::Charged,
            Some(_) => Sockets::Added,
            None => Sockets::Unseen,
        };
        let is_new = matches!(plan.target, Target::Command(_));
        let others = || accepted(&procfs, &server.pids(), plan.address).unwrap_or_default();
        let others = if is_new { [0; 2] } else { others() };
        let mut stops = Stops::read();
        stops.look(&server);
        Self {
            plan,
            client,
            server,
            hold,
            procfs,
            sockets,
            others,
            slab_before: slab_before.unwrap_or(0),
            stops,
            accept_cpu_ns: Some(0),
            request_cpu_ns: (hold != Hold::Idle).then_some(0),
            refused_with: None,
        }
    }

    /// How many connections are open on both sides.
    fn took(&self) -> u64 {
        let open = self.client.report().unwrap_or_default().open;
        self.accepted()[0].min(open)
    }

    /// Holds so many connections, and weighs the server meanwhile.
    fn step(&mut self, connections: u64) -> Result<Held, Trouble> {
        self.rest();
        let cpu = self.server.cpu_ns();
        self.client.tell(&Order::Open(connections));
        self.until(|process, report| {
            if report.open < connections {
                return Err((report.open, format!("{} were open", format::count(report.open))));
            }
            let [accepted, _] = process.accepted();
            let why = || format!("it accepted {}", format::count(accepted));
            if accepted >= connections { Ok(()) } else { Err((accepted, why())) }
        })?;
        self.rest();
        let opened = self.server.cpu_ns();
        self.accept_cpu_ns = more(self.accept_cpu_ns, cpu, opened);
        if self.hold != Hold::Idle {
            self.client.tell(&Order::Ask);
            let hold = self.hold;
            let mut last = (0, Instant::now());
            self.until(|_, report| {
                let has_asked = report.asked == connections;
                if !has_asked || report.answered > last.0 {
                    last = (report.answered, Instant::now());
                }
                let is_silent = last.1.elapsed() > SILENT;
                let is_there = match hold {
                    Hold::KeepAlive => report.answered == connections,
                    _ => has_asked && (is_silent || report.answered == connections),
                };
                let why = || format!("it answered {}", format::count(report.answered));
                if is_there { Ok(()) } else { Err((report.asked + report.answered, why())) }
            })?;
            self.rest();
            self.request_cpu_ns = more(self.request_cpu_ns, opened, self.server.cpu_ns());
        }
        let begun = Instant::now();
        let (accepted_before, weighed, uncharged_bytes, accepted_after) = loop {
            let [before, _] = self.accepted();
            let weighed = self.server.weigh();
            let uncharged = self.uncharged();
            let [after, _] = self.accepted();
            // Another client may have come and gone meanwhile.
            if before == connections && after == connections || begun.elapsed() > self.plan.patience
            {
                break (before, weighed, uncharged, after);
            }
            thread::sleep(TICK);
        };
        let (weight, processes) = weighed;
        let mut answered = 0;
        let mut refused_with = None;
        self.until(|_, report| {
            (answered, refused_with) = (report.answered, report.refused_with);
            Ok(())
        })?;
        self.refused_with = self.refused_with.or(refused_with);
        let (accept_cpu_ns, request_cpu_ns) = (self.accept_cpu_ns, self.request_cpu_ns);
        let held = Held {
            connections,
            accepted_before,
            accepted_after,
            answered,
            processes,
            weight,
            uncharged_bytes,
            accept_cpu_ns,
            request_cpu_ns,
        };
        self.stops.look(&self.server);
        held.flaw(self.hold).map_or(Ok(held), |flaw| Err((flaw, None)))
    }

    /// Waits until this is so, as long as something moves: what is not yet so says how far it is.
    fn until(
        &mut self,
        mut is_so: impl FnMut(&Self, &Report) -> Result<(), (u64, String)>,
    ) -> Result<(), Trouble> {
        let (mut far, mut moved) = (None, Instant::now());
        let (mut looked, mut said) = (moved, moved);
        loop {
            if self.plan.stop.load(Ordering::SeqCst) {
                return Err(("it was interrupted".into(), None));
            }
            let report = self.client.report().unwrap_or_default();
            if let Some(wrong) = report.wrong {
                return Err((wrong, None));
            }
            if report.closed > 0 {
                return Err(self.closed());
            }
            let began = Instant::now();
            let Err((now, why)) = is_so(self, &report) else { return Ok(()) };
            let took = began.elapsed();
            if let Some(how) = self.server.ended() {
                return Err(self.ended(&how));
            }
            if self.client.has_ended() {
                return Err(("the program that holds the connections ended".into(), None));
            }
            if let Some((number, words)) = report.problem {
                let limit = self.stops.of_client(number, report.open);
                let why = format!("no more can be opened: {words}");
                return Err((why, limit.or_else(|| self.near())));
            }
            if far != Some(now) {
                (far, moved) = (Some(now), Instant::now());
            } else if moved.elapsed() > self.plan.patience.max(2 * SILENT) {
                let waited = format::duration(self.plan.patience.as_nanos() as f64);
                return Err((
                    format!("{why} and no more within {waited} (--patience)"),
                    self.near(),
                ));
            }
            if said.elapsed() > SAY {
                crate::output::complain(format_args!("compare: {}: {why} so far", self.plan.name));
                said = Instant::now();
            }
            if looked.elapsed() > LOOK {
                self.stops.look(&self.server);
                looked = Instant::now();
            }
            // To look takes the longer, the more connections there are, and the server needs the cores.
            thread::sleep((4 * took).clamp(TICK, SLOWEST));
        }
    }

    /// Why connections were closed: more may be under way, and it may be about to end.
    fn closed(&mut self) -> Trouble {
        let until = Instant::now() + LOOK;
        while Instant::now() < until {
            if let Some(how) = self.server.ended() {
                return self.ended(&how);
            }
            thread::sleep(TICK);
        }
        let Report { closed, first_closed_ms, .. } = self.client.report().unwrap_or_default();
        let after = format::duration(first_closed_ms.unwrap_or(0) as f64 * 1e6);
        let after =
            if after == "0 ns" { "at once".into() } else { format!("{after} after it was opened") };
        let why = format!("it closed {closed} of them by itself, the first {after}");
        (why, self.near())
    }

    fn ended(&self, how: &str) -> Trouble {
        let memory = || self.stops.memory().filter(|_| self.server.was_oom_killed());
        (format!("it ended: {how}"), self.stops.near().or_else(memory))
    }

    /// The limit that the server is at now, if it is at one.
    fn near(&mut self) -> Option<(Limit, LimitOf)> {
        self.stops.look(&self.server);
        self.stops.near()
    }

    /// Waits until the server has nothing to do, or for a while.
    fn rest(&self) {
        let until = Instant::now() + RESTLESS;
        let mut before = self.server.cpu_ns();
        while Instant::now() < until {
            thread::sleep(5 * TICK);
            let now = self.server.cpu_ns();
            if now.zip(before).is_none_or(|(now, before)| now.saturating_sub(before) < AT_REST_NS) {
                return;
            }
            before = now;
        }
    }

    /// Connections of the client that the server has open, and all that it has not closed.
    fn accepted(&self) -> [u64; 2] {
        let all = accepted(&self.procfs, &self.server.pids(), self.plan.address);
        let ([open, all], [others_open, others]) = (all.unwrap_or_default(), self.others);
        [open.saturating_sub(others_open), all.saturating_sub(others)]
    }

    /// What the system's slab has more of accepted sockets: of each connection, one of two is accepted.
    fn uncharged(&self) -> Option<u64> {
        let now = kernel::slab_of(&self.procfs, caches(self.plan.address))
            .filter(|_| self.sockets == Sockets::Added)?;
        Some(now.saturating_sub(self.slab_before) / 2)
    }

    /// What the server weighs when all are closed; `None` if it does not close them too.
    fn close(&mut self) -> Option<Held> {
        self.client.tell(&Order::Close);
        let is_over = self.until(|process, report| match process.accepted()[1] + report.open {
            0 => Ok(()),
            // As long as its patience lasts, however many more are closed.
            left => Err((0, format!("it has not closed {}", format::count(left)))),
        });
        is_over.ok()?;
        self.rest();
        let (weight, processes) = self.server.weigh();
        let uncharged_bytes = self.uncharged();
        Some(Held { processes, weight, uncharged_bytes, ..Held::default() })
    }
}

/// The slab caches of the sockets of an address. That of unix sockets has had several names.
fn caches(address: &Address) -> &'static [&'static str] {
    match address {
        Address::Tcp(_) => &["TCP", "TCPv6"],
        Address::Unix(_) => &["UNIX", "UNIX-STREAM"],
    }
}

/// Whether this kernel charges an accepted socket to the process that accepts it. Linux does from 6.12 on
/// (`kmem_cache_charge` in `inet_csk_accept`), and for TCP alone: a unix socket's other end is made, and
/// charged, where it is connected.
fn charges_accepted(address: &Address) -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers =
        release.split(['.', '-']).map_while(|number| number.trim().parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    matches!(address, Address::Tcp(_)) && version >= (6, 12)
}

/// This much and what came since; nothing where either was not read.
fn more(sum: Option<u64>, before: Option<u64>, after: Option<u64>) -> Option<u64> {
    Some(sum? + after?.saturating_sub(before?))
}
