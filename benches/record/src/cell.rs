//! The lines after the first: cells, and samples of throughput.

use std::fmt;

use protocol::{Drained, ErrorLine, LatenessLine, TraceLine, WorkloadLine};
use serde::{Deserialize, Serialize};

use crate::conditions::Conditions;
use crate::proof::{ProofLine, SecondProof, ServerProof};

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
    /// How late its tasks woke or, with a server, had the whole answer.
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
    /// Whether it was to show a rate, in waves, instead of being weighed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rate: bool,
    /// Of a cell that shows a rate: all its waves, in the order in which they ran. Its `proof` is that
    /// of the last one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<Wave>,
    /// What its tasks did, in order, where its workload asks for that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<TraceLine>,
    /// What happened to the machine meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
}

impl Cell {
    /// A cell that went well at the first attempt, and of which nothing else is known yet.
    pub fn of(contestant: String, workload: WorkloadLine, tasks: u64) -> Self {
        Self {
            contestant,
            workload,
            tasks,
            pool_workers: None,
            repeat: 0,
            build: Build::Timed,
            status: Status::Ok,
            reason: None,
            limit: None,
            attempts: 1,
            proof: None,
            memory: Memory::default(),
            time: None,
            lateness_ns: None,
            server: None,
            errors: Vec::new(),
            second: None,
            rate: false,
            waves: Vec::new(),
            trace: Vec::new(),
            conditions: None,
        }
    }

    /// What is wrong with its proof, the server's or the second wave's, or why its times cannot be; `None`
    /// if it proves all.
    pub fn flaw(&self) -> Option<String> {
        let first = self.flaw_of(self.proof.as_ref(), self.server.as_ref());
        let first = first.or_else(|| self.flaw_of_waves());
        first.or_else(|| self.flaw_of_time()).or_else(|| {
            let second = self.second.as_ref()?;
            let flaw = self.flaw_of(Some(&second.proof), second.server.as_ref())?;
            Some(format!("second wave: {flaw}"))
        })
    }

    /// Tasks a second in all its waves but those to warm up, where it has some.
    pub fn tasks_per_second(&self) -> Option<f64> {
        let counted = || self.waves.iter().filter(|wave| !wave.warm_up);
        let seconds = counted().map(|wave| wave.wall_ns).sum::<u64>() as f64 / 1e9;
        (seconds > 0.0).then(|| self.tasks as f64 * counted().count() as f64 / seconds)
    }

    /// What is wrong with its waves: that one is without proof or was over too soon, or that none counts.
    fn flaw_of_waves(&self) -> Option<String> {
        if self.rate && self.waves.iter().all(|wave| wave.warm_up) {
            return Some("none of its waves counts".into());
        }
        let waits_ns =
            u64::from(self.workload.waits_per_task).checked_mul(self.workload.duration_ns);
        let others = self.workload.ending_otherwise(self.tasks);
        self.waves.iter().find_map(|wave| {
            let is_too_short = self.tasks > 0 && waits_ns.is_none_or(|ns| wave.wall_ns < ns);
            let too_short = || {
                let wall_ns = wave.wall_ns;
                format!("one of its waves took {wall_ns} ns, less than the waits of one task")
            };
            wave.flaw(self.tasks, others, self.proof.as_ref()?)
                .or_else(|| is_too_short.then(too_short))
        })
    }

    /// Why its times cannot be. No wait is ever over too soon, and a start is part of the whole.
    fn flaw_of_time(&self) -> Option<String> {
        let Time { wall_ns, start_ns, start_cpu_ns, .. } = self.time?;
        let (cpu_ns, workload) = (self.time?.cpu_ns(), &self.workload);
        let waits_ns = workload.duration_ns.checked_mul(workload.waits_per_task.into());
        if waits_ns.is_none_or(|waits_ns| self.tasks > 0 && wall_ns < waits_ns) {
            Some(format!("all of it took {wall_ns} ns, less than the waits of one task"))
        } else if start_ns > wall_ns {
            Some(format!("its start took {start_ns} ns, and all of it {wall_ns} ns"))
        } else {
            (start_cpu_ns > cpu_ns).then(|| {
                format!("its start took {start_cpu_ns} ns of CPU, and all of it {cpu_ns} ns")
            })
        }
    }

    fn flaw_of(&self, proof: Option<&ProofLine>, server: Option<&ServerProof>) -> Option<String> {
        let Some(proof) = proof else { return Some("it has no proof".into()) };
        let others = self.workload.ending_otherwise(self.tasks);
        // One that times out ends with an error, and is not lost.
        let times_out = self.workload.ending.as_deref() == Some("times-out");
        if let Some(flaw) =
            proof.flaw_beside(self.tasks - others, if times_out { 0 } else { others })
        {
            return Some(flaw);
        }
        self.workload.http?;
        let Some(server) = server else { return Some("it has no proof from its server".into()) };
        if others > 0 {
            // How many answers such a task took before it ended is not known, and that it gave up shows at
            // the server a moment later, when another task may have asked already.
            let all_at_once = proof.expected_in_flight == self.tasks;
            return server.flaw_of_open(proof).filter(|_| all_at_once);
        }
        let requests = self.tasks.checked_mul(u64::from(self.workload.waits_per_task));
        match requests.and_then(|each| each.checked_mul(self.waves.len().max(1) as u64)) {
            Some(requests) => server.flaw(requests, proof),
            None => Some("it has more waits than can be counted".into()),
        }
    }
}

/// All tasks of a cell once, from the start of the first to the end of the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wave {
    /// That it came before the machine and the runtime were warm, and counts for nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warm_up: bool,
    /// From the first task's start until all were over.
    pub wall_ns: u64,
    /// User CPU of the process in that time.
    pub user_ns: u64,
    /// System CPU in that time.
    pub system_ns: u64,
    /// Tasks that returned a sum.
    pub completed: u64,
    /// What the sums add up to, mixed.
    pub checksum: u64,
    /// The most tasks that were seen in flight at once.
    pub peak_in_flight: u64,
    /// Tasks that ended without a sum.
    pub lost: u64,
}

impl Wave {
    /// What is wrong with its proof, beside that of the cell's last wave.
    fn flaw(&self, tasks: u64, others: u64, last: &ProofLine) -> Option<String> {
        let Self { completed, checksum, peak_in_flight, lost, .. } = *self;
        ProofLine { completed, checksum, peak_in_flight, lost, ..*last }
            .flaw_beside(tasks - others, others)
            .map(|flaw| format!("in one of its waves {flaw}"))
    }
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
    /// Its name, as in [`Host::limits`](crate::Host::limits).
    pub name: String,
    /// Its value.
    pub value: u64,
    /// How much of it was in use when the contestant was last seen.
    pub used: u64,
    /// Whether that was worked out from its number of threads.
    #[serde(default)]
    pub used_is_estimated: bool,
    /// How many threads the contestant had then, where the limit bounds those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<u64>,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.used_is_estimated { "about " } else { "" };
        write!(f, "{} {}, {about}{} in use when last seen", self.name, self.value, self.used)
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
    /// The part of that in transparent huge pages (`AnonHugePages`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub huge_page_bytes: Option<u64>,
    /// What was anonymous and has been swapped out (`Swap`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap_bytes: Option<u64>,
    /// Page tables (`VmPTE` in `/proc/PID/status`).
    pub page_table_bytes: Option<u64>,
    /// What is charged to the cell's control group without pages of files, kernel memory included. Records
    /// without `swap_bytes` have those pages in it.
    pub total_bytes: Option<u64>,
    /// The kernel's part of that.
    pub kernel_bytes: Option<u64>,
    /// The part of that which is socket buffers, where the control group counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket_bytes: Option<u64>,
    /// Bytes that the program asked its allocator for and has not given back (counting build).
    pub heap_bytes: Option<u64>,
    /// The part of the private memory that is touched stacks of threads. Not read when idle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_bytes: Option<u64>,
    /// The threads' stacks in the kernel, as the control group lists them or by their number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_stack_bytes: Option<u64>,
    /// Page tables as the control group lists them (version 2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged_page_table_bytes: Option<u64>,
    /// Slab, the kernel's small objects, as the control group lists it (version 2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slab_bytes: Option<u64>,
    /// How much more slab the whole system had than before the process was started, where the control
    /// group does not list it and no server shares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_slab_bytes: Option<i64>,
    /// Memory mappings (lines of `/proc/PID/maps`).
    pub mappings: Option<u64>,
    /// Threads.
    pub threads: Option<u64>,
    /// Open file descriptors.
    pub descriptors: Option<u64>,
}

impl Weight {
    /// Private memory: anonymous, resident or swapped out.
    pub fn private_bytes(&self) -> Option<u64> {
        Some(self.anonymous_bytes?.saturating_add(self.swap_bytes.unwrap_or(0)))
    }
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
    /// User and system CPU from the first task's start until all were in flight, or 0.
    pub start_cpu_ns: u64,
    /// Switches because a thread had to wait.
    pub voluntary_switches: u64,
    /// Switches because another thread got the core.
    pub involuntary_switches: u64,
}

impl Time {
    /// User and system CPU together.
    pub fn cpu_ns(&self) -> u64 {
        self.user_ns.saturating_add(self.system_ns)
    }

    /// What a run took, of which its start took so much.
    pub fn of(drained: &Drained, start_ns: u64, start_cpu_ns: u64) -> Self {
        Self {
            start_ns,
            wall_ns: drained.wall_ns,
            user_ns: drained.user_ns,
            system_ns: drained.system_ns,
            start_cpu_ns,
            voluntary_switches: drained.voluntary_switches,
            involuntary_switches: drained.involuntary_switches,
        }
    }
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
    /// The least time of one wave with this ceiling: tasks ÷ ceiling × wait.
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

#[cfg(test)]
mod tests {
    use crate::synthetic::Synthetic;

    #[test]
    fn waves_without_proof_or_too_short_for_a_wait_show_no_rate() {
        let mut made = Synthetic::new();
        let cell = made.waves("coroutines/smol", 100, &[2_000_000]).record().cells.remove(0);
        assert_eq!(cell.flaw(), None);
        let mut short = cell.clone();
        short.waves[1].wall_ns = 999_999;
        assert!(short.flaw().unwrap().contains("took 999999 ns"), "{:?}", short.flaw());
        let mut lost = cell.clone();
        lost.waves[2].completed = 99;
        assert!(lost.flaw().unwrap().starts_with("in one of its waves"), "{:?}", lost.flaw());
        let mut none = cell;
        none.waves.truncate(1);
        assert_eq!(none.flaw().as_deref(), Some("none of its waves counts"));
    }
}
