//! What the bench target `throughput` runs, apart from criterion, which is no dependency of this
//! library.
//!
//! A wave is timed from the first task's start to the last one's end, with the runtime already
//! running, in the bench's own process. Every wave is checked before its time counts.

use std::time::{Duration, Instant};

use workload::{Contestant, Engine, Ledger, Settings, Workload};

use super::Invocation;
use crate::meter::usage::Usage;
use crate::record::{Sample, Status, Throughput, ns};

/// How long each task waits.
pub const WAIT: Duration = Duration::from_millis(1);

/// How many tasks a wave has in the default run.
const FULL: &[u32] = &[1, 100, 10_000];

/// How many in a quick one: 10,000 threads take seconds for one wave.
const QUICK: &[u32] = &[1, 100, 1_000];

/// How many in a check whether the target works.
const CHECK: &[u32] = &[1, 100];

/// How many tasks a wave has in such an invocation.
pub fn tasks(invocation: &Invocation) -> &'static [u32] {
    match (invocation.is_bench(), invocation.quick) {
        (false, _) => CHECK,
        (true, true) => QUICK,
        (true, false) => FULL,
    }
}

/// A combination whose arithmetic floor is above this is reported as that floor and not run: what
/// it would show is the floor.
pub const HIGHEST_FLOOR: Duration = Duration::from_secs(1);

/// One contestant with so many tasks.
#[derive(Debug)]
pub struct Combination {
    tasks: u32,
    ledger: &'static Ledger,
    line: Throughput,
}

impl Combination {
    /// This contestant with so many tasks.
    pub fn new(contestant: &dyn Contestant, tasks: u32) -> Self {
        let settings = Settings::default();
        let ceiling = contestant.ceiling(&settings);
        let workload = Workload::timer(tasks, WAIT);
        let floor = workload.floor(ceiling.limit());
        let is_pool = matches!(ceiling, workload::Ceiling::Pool(_));
        Self {
            tasks,
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
            },
        }
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
    pub fn waves(&mut self, engine: &mut dyn Engine, waves: u64) -> Duration {
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
            let result = engine.run(self.ledger);
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

    fn check(&self) -> Result<(), String> {
        let proof = self.ledger.proof();
        let is_whole = proof.is_whole(self.tasks) && self.ledger.early() == 0;
        is_whole.then_some(()).ok_or_else(|| format!("a wave left this proof: {proof:?}"))
    }
}
