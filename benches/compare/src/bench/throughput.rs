//! What the bench target `throughput` runs, apart from criterion, which is no dependency of this
//! library.
//!
//! A wave is timed from the first task's start to the last one's end, with the runtime already
//! running, in the bench's own process. Every wave is checked before its time counts. Where tasks
//! ask a server, that is another process: its CPU is not counted, but it takes its share of the
//! cores, the same for every contestant.

use std::thread;
use std::time::{Duration, Instant};

use workload::http::Stats;
use workload::{Contestant, Http, Instance, Ledger, Settings, Wait, Workload};

use super::Invocation;
use crate::meter::usage::Usage;
use crate::plan::Kind;
use crate::servers;
use crate::units;
use protocol::ServerLine;
use protocol::ns;
use record::{Extent, Sample, Status, Throughput};

/// How long each task waits.
pub const WAIT: Duration = Duration::from_millis(1);

/// How many tasks a wave has in the default run, and in a thorough one: more than so many threads are
/// more than a usual system has room for.
const FULL: &[u32] = &[1, 100, 10_000];

/// How many in a quick one: 10,000 threads take seconds for one wave.
const QUICK: &[u32] = &[1, 100, 1_000];

/// How many in a check whether the target works.
const CHECK: &[u32] = &[1, 100];

/// How many tasks a wave has in such an invocation.
pub fn tasks(invocation: &Invocation) -> &'static [u32] {
    match (invocation.is_bench(), invocation.sizes()) {
        (false, _) => CHECK,
        (true, Extent::Quick) => QUICK,
        (true, _) => FULL,
    }
}

/// A combination whose arithmetic floor is above this is reported as that floor and not run: what
/// it would show is the floor.
pub const HIGHEST_FLOOR: Duration = Duration::from_secs(1);

/// One contestant with one workload.
#[derive(Debug)]
pub struct Combination {
    tasks: u32,
    /// Waves that the server was asked about.
    waves: u64,
    ledger: &'static Ledger,
    line: Throughput,
}

impl Combination {
    /// This contestant with so many timers.
    pub fn timers(contestant: &dyn Contestant, tasks: u32) -> Self {
        Self::new(contestant, Workload::timer(tasks, WAIT))
    }

    /// This contestant with so many requests to this server, which waits so long before each answer.
    pub fn requests(
        contestant: &dyn Contestant,
        tasks: u32,
        delay: Duration,
        server: ServerLine,
    ) -> Self {
        let ServerLine { address, addresses, group } = server;
        let usual = Http::new(address, delay, Kind::Http.default_bytes());
        Self::new(contestant, Workload::http(tasks, Http { addresses, group, ..usual }))
    }

    fn new(contestant: &dyn Contestant, workload: Workload) -> Self {
        let tasks = workload.tasks;
        let settings = Settings::default();
        let ceiling = contestant.ceiling(&settings);
        let floor = workload.floor(ceiling.limit());
        let is_pool = matches!(ceiling, workload::Ceiling::Pool(_));
        Self {
            tasks,
            waves: 0,
            ledger: Ledger::open(workload),
            line: Throughput {
                contestant: contestant.id().as_str().to_owned(),
                workload: (&workload).into(),
                tasks: u64::from(tasks),
                pool_workers: is_pool.then_some(settings.pool_workers),
                status: if floor > HIGHEST_FLOOR { Status::Skipped } else { Status::Ok },
                reason: None,
                floor_ns: ns(floor),
                samples: Vec::new(),
                server_high_water: None,
                lateness_ns: None,
            },
        }
    }

    /// The contestant that runs it.
    pub fn contestant(&self) -> &str {
        &self.line.contestant
    }

    /// What is run.
    pub fn workload(&self) -> &Workload {
        self.ledger.workload()
    }

    /// The contestant, what it ran, and how many tasks a second in the median sample, for a terminal.
    pub fn describe(&self) -> String {
        let mut ns: Vec<u64> = self.line.samples.iter().map(|sample| sample.elapsed_ns).collect();
        ns.sort_unstable();
        #[allow(clippy::cast_precision_loss, reason = "for a terminal")]
        let rate = |ns: u64| f64::from(self.tasks) / (ns.max(1) as f64 / 1e9);
        let floor = Duration::from_nanos(self.line.floor_ns);
        let result = match (self.line.status, ns.get(ns.len() / 2)) {
            (Status::Skipped, _) => format!("not run: takes at least {}", units::duration(floor)),
            (Status::Failed, _) | (_, None) => "no rate".into(),
            (_, Some(&ns)) => format!("{:.0} a second", rate(ns)),
        };
        let delay = units::duration(self.workload().duration());
        format!("{} × {}, {delay} each: {result}", self.line.contestant, self.tasks)
    }

    /// How many tasks a wave has.
    pub fn tasks(&self) -> u32 {
        self.tasks
    }

    /// Whether it is reported as its arithmetic floor and not run.
    pub fn is_floor(&self) -> bool {
        self.line.status == Status::Skipped
    }

    /// Runs so many waves and returns how long they took together. What the harness does between
    /// two waves is not in it.
    pub fn waves(&mut self, instance: &mut dyn Instance, waves: u64) -> Duration {
        if self.line.status == Status::Failed {
            // Criterion asks again and wants a time. This one is not used.
            return Duration::from_nanos(waves);
        }
        let mut elapsed = Duration::ZERO;
        let mut cpu_ns = 0;
        for _ in 0..waves {
            self.ledger.rewind();
            let usage = Usage::now().unwrap_or_default();
            let started = Instant::now();
            let result = instance.run(self.ledger);
            elapsed += started.elapsed();
            cpu_ns += (Usage::now().unwrap_or_default() - usage).cpu_ns();
            if let Err(flaw) =
                result.map_err(|refusal| refusal.to_string()).and_then(|()| self.check())
            {
                self.line.status = Status::Failed;
                self.line.reason = Some(flaw);
                break;
            }
        }
        self.line.samples.push(Sample { waves, elapsed_ns: ns(elapsed), cpu_ns });
        elapsed
    }

    /// Runs one wave and notes how late its answers were.
    pub fn wave(&mut self, instance: &mut dyn Instance) {
        self.waves(instance, 1);
        self.line.lateness_ns = self.ledger.lateness().map(Into::into);
    }

    /// Whether there is nothing against running it, or running it again.
    pub fn can_run(&self) -> bool {
        self.line.status == Status::Ok
    }

    /// Marks it as failed before it was run.
    pub fn fail(&mut self, reason: String) {
        self.line.status = Status::Failed;
        self.line.reason = Some(reason);
    }

    /// What went wrong, if something did.
    pub fn failure(&self) -> Option<&str> {
        self.line.reason.as_deref().filter(|_| self.line.status == Status::Failed)
    }

    /// The line for the record, with the last `samples` samples: those before were for warming up.
    /// `None` if it was to be run and was not.
    pub fn into_line(mut self, samples: usize) -> Option<Throughput> {
        if self.line.samples.is_empty() && self.line.status == Status::Ok {
            return None;
        }
        let warm_up = self.line.samples.len().saturating_sub(samples);
        self.line.samples.drain(..warm_up);
        Some(self.line)
    }

    fn check(&mut self) -> Result<(), String> {
        if let Some(failure) = self.ledger.failures().first() {
            return Err(format!("{} × `{}`", failure.tasks, failure.first));
        }
        let proof = self.ledger.proof();
        if !proof.is_whole(self.tasks) || self.ledger.early() != 0 {
            return Err(format!("a wave left this proof: {proof:?}"));
        }
        match self.ledger.workload().wait {
            Wait::Timer { .. } => Ok(()),
            Wait::Http(http) => self.check_with(&http),
        }
    }

    /// Asks the server whether it answered all requests of the waves so far. It may count an answer
    /// a moment after the client has it.
    fn check_with(&mut self, http: &Http) -> Result<(), String> {
        self.waves += 1;
        let wanted = self.waves * u64::from(self.tasks);
        let patience = Instant::now() + servers::PATIENCE;
        loop {
            let stats = servers::ask(http.server, Some(http.group)).map_err(|e| e.to_string())?;
            let Stats { served, broken, high_water, .. } = stats;
            if served == wanted && broken == 0 {
                self.line.server_high_water = Some(high_water);
                return Ok(());
            }
            if Instant::now() > patience || broken > 0 {
                return Err(format!("the server says {stats:?}, and {wanted} were asked for"));
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}
