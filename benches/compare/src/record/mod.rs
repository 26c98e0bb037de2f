//! The record: the raw results of one run, and the only source of every figure shown.
//!
//! A record is JSON Lines. The first line is the [`Run`] (machine, versions, seed), each further
//! line a [`Cell`] or a [`Throughput`]. It is appended line by line while the run goes on, so that
//! a killed run loses at most the line it was about to write. Fits, ratios and verdicts are derived
//! from it and never stored in it.

mod convert;
mod differ;
mod read;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use convert::{UnknownWorkload, ns};
pub use differ::{Difference, differences};
pub use read::{ReadError, read, read_file};
pub use write::{Unfinished, Writer};

/// The version of the record's form that this program writes, and the only one it reads.
pub const SCHEMA: u32 = 1;

/// A whole record.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The first line.
    pub run: Run,
    /// The cells, in the order in which they ran.
    pub cells: Vec<Cell>,
    /// The throughput samples, in the order in which they were taken.
    pub throughput: Vec<Throughput>,
    /// Whether the last line was cut off, as a killed run leaves it. That line is not in `cells`.
    pub truncated: bool,
}

/// One line of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Line {
    /// The first line.
    Run(Box<Run>),
    /// One contestant × one workload × one repeat.
    Cell(Box<Cell>),
    /// One timed contestant × workload.
    Throughput(Box<Throughput>),
}

/// What was run, on what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When, as RFC 3339 in UTC.
    pub started: String,
    /// The seed of the cells' order and of every bootstrap.
    pub seed: u64,
    /// How much was run.
    pub extent: Extent,
    /// The machine.
    pub host: Host,
    /// The versions of what is compared, by package name.
    pub versions: BTreeMap<String, String>,
    /// What to be told about a contestant before its figures are used, by id.
    #[serde(default)]
    pub cautions: BTreeMap<String, String>,
    /// The options of `compare run`, from which the same cells are planned again; `None` if
    /// something else made the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Vec<String>>,
    /// Which build of this program made it; see [`crate::host::program`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// What each contestant's timers are and how exact they are by design, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub timers: BTreeMap<String, String>,
}

/// How much was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// Everything in its default size.
    Full,
    /// Everything more often and in larger sizes, every size of state, every arrival: what the
    /// committed `docs/results` are made from.
    Thorough,
    /// Everything in a small size.
    Quick,
    /// Some contestants or cells, as asked for.
    Partial,
}

impl Extent {
    /// Its name, as in a record.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Thorough => "thorough",
            Self::Quick => "quick",
            Self::Partial => "partial",
        }
    }

    /// Whether it is made of every contestant, every kind of waiting and both bench targets.
    pub const fn is_everything(self) -> bool {
        matches!(self, Self::Full | Self::Thorough)
    }

    /// The command that makes a record of this extent; what a partial one was asked for is not known.
    pub const fn command(self) -> &'static str {
        match self {
            Self::Full | Self::Partial => "cargo bench -p compare",
            Self::Thorough => "cargo bench -p compare -- --thorough",
            Self::Quick => "cargo bench -p compare -- --quick",
        }
    }
}

/// The machine, as far as it can be read. What cannot be read is `None`, never guessed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// The processor's name.
    pub cpu: Option<String>,
    /// How many cores this process may use.
    pub cores: u32,
    /// The memory in bytes.
    pub memory_bytes: Option<u64>,
    /// The kernel's name and release.
    pub kernel: Option<String>,
    /// The clock source.
    pub clock: Option<String>,
    /// The page size in bytes.
    pub page_bytes: Option<u64>,
    /// Transparent huge pages: `always`, `madvise` or `never`.
    pub thp: Option<String>,
    /// The timer slack of the process in nanoseconds.
    pub timer_slack_ns: Option<u64>,
    /// The allocator, with its version.
    pub allocator: String,
    /// The environment's allocator settings (`MALLOC_*`, `GLIBC_TUNABLES`), by name.
    pub allocator_settings: BTreeMap<String, String>,
    /// The compiler.
    pub rustc: String,
    /// The limits that a contestant can run into, by name. `u64::MAX` is written as `unlimited`.
    pub limits: BTreeMap<String, LimitValue>,
    /// Which kind of control group weighs the cells.
    pub cgroup: CgroupKind,
    /// Why there is no control group, where there is none.
    pub cgroup_note: Option<String>,
}

/// A limit's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LimitValue {
    /// So many.
    Number(u64),
    /// No limit.
    Unlimited(Unlimited),
}

/// The word `unlimited`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unlimited {
    /// The word itself.
    Unlimited,
}

impl LimitValue {
    /// The value as a number; `None` where there is no limit.
    pub fn number(self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Unlimited(_) => None,
        }
    }
}

impl From<Option<u64>> for LimitValue {
    fn from(value: Option<u64>) -> Self {
        value.map_or(Self::Unlimited(Unlimited::Unlimited), Self::Number)
    }
}

/// Which kind of control group weighs the cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CgroupKind {
    /// Version 1: a memory controller of its own.
    V1,
    /// Version 2: the unified hierarchy.
    V2,
    /// None that could be made here.
    #[default]
    None,
}

/// One contestant × one workload × one repeat, run in a process of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The contestant's id.
    pub contestant: String,
    /// The workload, without its number of tasks.
    pub workload: WorkloadLine,
    /// The number of tasks.
    pub tasks: u64,
    /// The number of workers, for contestants that are pools.
    pub pool_workers: Option<u32>,
    /// Which repeat of the same cell this is, from 0.
    pub repeat: u32,
    /// Which build ran it.
    pub build: Build,
    /// How it ended.
    pub status: Status,
    /// Why, where it did not end well.
    pub reason: Option<String>,
    /// The limit that stopped it, where it is a wall.
    pub limit: Option<Limit>,
    /// How many times it was run until the wait was long enough to weigh in.
    pub attempts: u32,
    /// The proof that the work was done.
    pub proof: Option<ProofLine>,
    /// What it weighed.
    pub memory: Memory,
    /// How long it took.
    pub time: Option<Time>,
    /// How late its tasks woke; with a server, how long after the delay asked for they had the
    /// whole answer.
    pub lateness_ns: Option<LatenessLine>,
    /// What the server saw of it, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerProof>,
    /// The errors with which tasks ended, by kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorLine>,
    /// The proof of the second wave, where one was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<SecondProof>,
}

impl Cell {
    /// What is wrong with its proof, in words, the server's and the second wave's included where there
    /// is one; `None` if it proves what it must.
    pub fn flaw(&self) -> Option<String> {
        self.flaw_of(self.proof.as_ref(), self.server.as_ref()).or_else(|| {
            let second = self.second.as_ref()?;
            let flaw = self.flaw_of(Some(&second.proof), second.server.as_ref())?;
            Some(format!("second wave: {flaw}"))
        })
    }

    fn flaw_of(&self, proof: Option<&ProofLine>, server: Option<&ServerProof>) -> Option<String> {
        let Some(proof) = proof else { return Some("it has no proof".into()) };
        if let Some(flaw) = proof.flaw(self.tasks) {
            return Some(flaw);
        }
        self.workload.http?;
        let Some(server) = server else {
            return Some("it has no proof from its server".into());
        };
        let requests = self.tasks * u64::from(self.workload.waits_per_task);
        server.flaw(requests, proof)
    }
}

/// The proof of a second wave in the same process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondProof {
    /// What the ledger says of it alone.
    pub proof: ProofLine,
    /// What the server saw of it, where there is one: its requests alone, but for the high-water mark,
    /// which is that of both waves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerProof>,
}

/// A workload without its number of tasks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WorkloadLine {
    /// What each task waits for: `timer`, `http` (an answer) or `transfer` (an answer whose bytes a
    /// server with a rate limit sends).
    pub wait: String,
    /// How long each wait lasts.
    pub duration_ns: u64,
    /// By how much the first task's wait is longer than the last one's.
    pub spread_ns: u64,
    /// What each task keeps alive while it waits.
    pub state_bytes: u64,
    /// How many times each task waits.
    pub waits_per_task: u32,
    /// When the tasks start: `burst`, or at a rate: `rate:5000/s`.
    pub arrival: String,
    /// Whether all tasks wait for one deadline.
    #[serde(rename = "herd", default, skip_serializing_if = "std::ops::Not::not")]
    pub synchronized_wakeup: bool,
    /// What each answer is asked to be, for `http` and `transfer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpLine>,
}

/// What an answer is asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HttpLine {
    /// The size of its body.
    pub bytes: u64,
    /// Whether a connection serves more than one request.
    pub keep_alive: bool,
    /// What the server caps all answers together at, in bytes per second.
    pub rate_limit: Option<u64>,
    /// How long a connection may take.
    pub connect_timeout_ns: u64,
    /// How long nothing may come, beyond the delay asked for.
    pub read_timeout_ns: u64,
    /// How long a whole request may take, beyond the delay asked for.
    pub total_timeout_ns: u64,
}

/// What the server saw of a cell: its own proof, which the client has no hand in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerProof {
    /// Requests open right before they were weighed.
    pub open_before_weighing: u64,
    /// Requests open right after it.
    pub open_after_weighing: u64,
    /// How long it took from the order to go until all were open, to the few milliseconds between
    /// two questions.
    pub all_open_ns: u64,
    /// The most requests open at once.
    pub high_water: u64,
    /// Requests answered to their last byte.
    pub served: u64,
    /// Requests that ended otherwise.
    pub broken: u64,
}

/// The tasks that ended with an error of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorLine {
    /// The kind, such as `reset` or `read-timeout`.
    pub kind: String,
    /// How many tasks.
    pub tasks: u64,
    /// The first of the errors, in words.
    pub first: String,
}

/// Which build ran a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Build {
    /// The ordinary build, which is timed and weighed.
    Timed,
    /// The build with the counting allocator, of which only the heap count is used.
    Counting,
}

/// How a cell ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// With proof.
    Ok,
    /// Stopped by a named limit of this machine. A result, not a failure.
    Wall,
    /// Not run, for the reason given.
    Skipped,
    /// Without proof: not a figure.
    Failed,
}

/// A limit that stopped a contestant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Its name, as in [`Host::limits`].
    pub name: String,
    /// Its value.
    pub value: u64,
    /// How much of it was in use when the contestant was last seen.
    pub used: u64,
    /// Whether that was worked out from its number of threads, because it was gone before it could
    /// be counted.
    #[serde(default)]
    pub used_is_estimated: bool,
}

/// The proof that a cell did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofLine {
    /// Tasks that returned a sum.
    pub completed: u64,
    /// What the returned sums add up to, mixed.
    pub checksum: u64,
    /// What they should add up to.
    pub expected_checksum: u64,
    /// The most tasks ever seen in flight at once.
    pub peak_in_flight: u64,
    /// How many the contestant's ceiling allows.
    pub expected_in_flight: u64,
    /// Tasks in flight right before they were weighed.
    pub before_weighing: u64,
    /// Tasks in flight right after it.
    pub after_weighing: u64,
    /// Tasks that ended without a sum: panicked, dropped, or with damaged state.
    pub lost: u64,
    /// That it was not to be weighed. Tasks of a rate whose wait is shorter than it takes all of
    /// them to come are never all there, so such a cell shows how late they are and nothing else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unweighed: bool,
}

impl ServerProof {
    /// What is wrong with it, in words; `None` if it proves that the server answered all requests,
    /// and had exactly as many open as the client's ceiling allows, also while they were weighed, if
    /// they were to be.
    pub fn flaw(&self, requests: u64, client: &ProofLine) -> Option<String> {
        let expected_in_flight = client.expected_in_flight;
        if self.served != requests {
            return Some(format!("the server answered {} of {requests} requests", self.served));
        }
        if client.unweighed {
            return None;
        }
        if self.high_water != expected_in_flight {
            return Some(format!(
                "the server had {} requests open at once, not {expected_in_flight}",
                self.high_water
            ));
        }
        let weighed = self.open_before_weighing.min(self.open_after_weighing);
        if weighed != expected_in_flight {
            return Some(format!(
                "the server had {weighed} requests open around the weighing, not \
                 {expected_in_flight}"
            ));
        }
        None
    }
}

impl ProofLine {
    /// What is wrong with it, in words; `None` if it proves that `tasks` tasks were done at the
    /// concurrency that the ceiling allows, and were all there while they were weighed, if they were
    /// to be.
    pub fn flaw(&self, tasks: u64) -> Option<String> {
        if self.completed != tasks {
            return Some(format!("{} of {tasks} tasks completed", self.completed));
        }
        if self.lost != 0 {
            return Some(format!("{} tasks were lost", self.lost));
        }
        if self.checksum != self.expected_checksum {
            return Some(format!(
                "checksum {:016x} is not the expected {:016x}",
                self.checksum, self.expected_checksum
            ));
        }
        if self.unweighed {
            return (self.peak_in_flight > self.expected_in_flight).then(|| {
                format!(
                    "{} tasks were in flight at once, more than {}",
                    self.peak_in_flight, self.expected_in_flight
                )
            });
        }
        if self.peak_in_flight != self.expected_in_flight {
            return Some(format!(
                "{} tasks were in flight at once, not {}",
                self.peak_in_flight, self.expected_in_flight
            ));
        }
        let weighed = self.before_weighing.min(self.after_weighing);
        if weighed != self.expected_in_flight {
            return Some(format!(
                "{weighed} tasks were in flight around the weighing, not {}",
                self.expected_in_flight
            ));
        }
        None
    }
}

/// What a cell weighed in each phase.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// The runtime started, no task yet.
    pub idle: Option<Weight>,
    /// All tasks in flight.
    #[serde(rename = "parked")]
    pub waiting: Option<Weight>,
    /// All tasks over.
    pub drained: Option<Weight>,
    /// The same tasks once more in the same process, all in flight; where a second wave was run.
    #[serde(rename = "second_parked")]
    pub second_waiting: Option<Weight>,
    /// All of those over too.
    pub second_drained: Option<Weight>,
}

/// What one process weighs. What cannot be read is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weight {
    /// Resident user memory (`Rss` in `/proc/PID/smaps_rollup`).
    pub rss_bytes: Option<u64>,
    /// The anonymous part of it (`Anonymous`).
    pub anonymous_bytes: Option<u64>,
    /// Page tables (`VmPTE` in `/proc/PID/status`).
    pub page_table_bytes: Option<u64>,
    /// Everything charged to the cell's control group, kernel memory included.
    pub total_bytes: Option<u64>,
    /// The kernel's part of that.
    pub kernel_bytes: Option<u64>,
    /// The part of that which is socket buffers, where the control group counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket_bytes: Option<u64>,
    /// Bytes that the program asked its allocator for and has not given back (counting build).
    pub heap_bytes: Option<u64>,
    /// The part of `anonymous_bytes` that is touched stacks of threads. Not read when idle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_bytes: Option<u64>,
    /// The threads' stacks in the kernel: as the control group lists them (version 2), else
    /// threads × the size of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_stack_bytes: Option<u64>,
    /// Page tables as the control group lists them (version 2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged_page_table_bytes: Option<u64>,
    /// Slab, the kernel's small objects, as the control group lists it (version 2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slab_bytes: Option<u64>,
    /// How much more slab the whole system had than before the process was started. Read where the
    /// control group does not list it and no server shares it. Not read when idle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_slab_bytes: Option<i64>,
    /// Memory mappings (lines of `/proc/PID/maps`).
    pub mappings: Option<u64>,
    /// Threads.
    pub threads: Option<u64>,
    /// Open file descriptors.
    pub descriptors: Option<u64>,
}

/// How long a cell took. CPU is the whole process's, harness included; slopes take that out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Time {
    /// From the first task's start until all were in flight; 0 where that was not waited for.
    pub start_ns: u64,
    /// From the first task's start until all were over.
    pub wall_ns: u64,
    /// User CPU from the first task's start until all were over.
    pub user_ns: u64,
    /// System CPU in the same time.
    pub system_ns: u64,
    /// User and system CPU from the first task's start until all were in flight; 0 where that was not
    /// waited for.
    pub start_cpu_ns: u64,
    /// Switches because a thread had to wait.
    pub voluntary_switches: u64,
    /// Switches because another thread got the core.
    pub involuntary_switches: u64,
}

/// How late tasks woke after their deadline, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatenessLine {
    /// Half of the wakes were at most this late.
    pub p50: u64,
    /// 90 %.
    pub p90: u64,
    /// 99 %.
    pub p99: u64,
    /// 99.9 %.
    pub p999: u64,
    /// All of them.
    pub max: u64,
}

/// One timed contestant × workload, with the runtime already running.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Throughput {
    /// The contestant's id.
    pub contestant: String,
    /// The workload, without its number of tasks.
    pub workload: WorkloadLine,
    /// The number of tasks in each wave.
    pub tasks: u64,
    /// The number of workers, for contestants that are pools.
    pub pool_workers: Option<u32>,
    /// How it ended. `Skipped` means that the arithmetic floor was too high to run it.
    pub status: Status,
    /// Why, where it was not run or failed.
    pub reason: Option<String>,
    /// The least time in which anybody with this ceiling can run one wave:
    /// tasks ÷ ceiling × wait.
    pub floor_ns: u64,
    /// The samples. Every wave in them was checked: all tasks completed, with the right checksum.
    pub samples: Vec<Sample>,
    /// The most requests that the server ever had open at once, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_high_water: Option<u64>,
    /// How long after the delay asked for the tasks of the last wave had their answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lateness_ns: Option<LatenessLine>,
}

/// Some waves, timed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// How many waves.
    pub waves: u64,
    /// How long they took together.
    pub elapsed_ns: u64,
    /// User and system CPU of the process in that time.
    pub cpu_ns: u64,
}
