//! Records with known slopes, so that what is derived from them has a known answer.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `blank` | lines of a record in which nothing special happened |
//! | `runs` | [`small_run`], [`asking_run`], [`apart_run`]: whole runs |

mod blank;
mod runs;

pub use runs::{apart_run, asking_run, small_run};

use crate::{
    Build, Cell, CgroupKind, Held, Hold, HttpLine, Instructions, LatenessLine, Limit, Profile,
    ProofLine, Record, RoleLine, Sample, ServerProof, Status, Step, Throughput, Time, TraceLine,
    Wave, Weighing, Weight, WorkloadLine,
};
use blank::WAIT_NS;

const REPEATS: u32 = 3;

/// What one task costs in a synthetic record.
#[derive(Clone, Copy)]
pub struct Bill {
    /// Resident bytes.
    pub rss: u64,
    /// What the kernel adds; `None` where there is no control group.
    pub kernel: Option<u64>,
    /// Time to start, in ns.
    pub start_ns: u64,
    /// CPU, in ns.
    pub cpu_ns: u64,
    /// Threads.
    pub threads: u64,
    /// What the process weighs without any task.
    pub base: u64,
    /// By how much the repeats of a cell differ, in bytes and in ns.
    pub noise: u64,
}

impl Bill {
    /// So many resident bytes; twice as many ns of CPU, and as many to start.
    pub fn of(rss: u64) -> Self {
        Self {
            rss,
            kernel: None,
            start_ns: rss,
            cpu_ns: 2 * rss,
            threads: 0,
            base: 2_000_000,
            noise: 0,
        }
    }

    /// With so many bytes of the kernel.
    pub fn with_kernel(self, kernel: u64) -> Self {
        Self { kernel: Some(kernel), ..self }
    }
}

/// A record in the making.
pub struct Synthetic {
    record: Record,
    workload: WorkloadLine,
}

impl Default for Synthetic {
    fn default() -> Self {
        Self::new()
    }
}

impl Synthetic {
    /// A record of a machine with a control group, and no cell yet.
    pub fn new() -> Self {
        Self { record: Record::of(blank::run()), workload: blank::workload() }
    }

    /// The machine has no control group.
    pub fn without_cgroup(&mut self, note: &str) -> &mut Self {
        self.record.run.host.cgroup = CgroupKind::None;
        self.record.run.host.cgroup_note = Some(note.into());
        self
    }

    /// The tasks of what follows wait for answers with so many bytes, from a server with this limit.
    pub fn asking(&mut self, bytes: u64, rate_limit: Option<u64>) -> &mut Self {
        self.workload.wait = if rate_limit.is_some() { "transfer" } else { "http" }.into();
        self.workload.http = Some(HttpLine {
            bytes,
            keep_alive: false,
            rate_limit,
            connect_timeout_ns: 1,
            read_timeout_ns: 1,
            total_timeout_ns: 1,
        });
        self
    }

    /// The tasks of what follows start and are due like this.
    pub fn timing(&mut self, arrival: &str, spread_ns: u64, synchronized: bool) -> &mut Self {
        self.workload.arrival = arrival.into();
        self.workload.spread_ns = spread_ns;
        self.workload.synchronized_wakeup = synchronized;
        self
    }

    /// A token goes round the tasks of what follows, so often.
    pub fn relaying(&mut self, wait: &str, laps: u32, one_core: bool) -> &mut Self {
        (self.workload.wait, self.workload.duration_ns) = (wait.into(), 0);
        (self.workload.waits_per_task, self.workload.one_core) = (laps, one_core);
        self
    }

    /// The tasks of what follows wait as long.
    pub fn wait(&mut self, duration_ns: u64) -> &mut Self {
        self.workload.duration_ns = duration_ns;
        self
    }

    /// Cells that were not weighed, of a contestant with so many places.
    pub fn unweighed(&mut self, id: &str, tasks: u64, places: u64, peak: u64) -> &mut Self {
        for repeat in 0..REPEATS {
            let mut cell = self.cell(id, tasks, repeat);
            let late = u64::from(repeat) * 1_000;
            cell.lateness_ns = Some(LatenessLine { p50: LATE.p50 + late, ..LATE });
            cell.proof = Some(ProofLine {
                peak_in_flight: peak,
                expected_in_flight: places,
                unweighed: true,
                ..blank::proof(tasks, 0)
            });
            self.record.cells.push(cell);
        }
        self
    }

    /// The tasks of what follows keep so many bytes alive.
    pub fn state(&mut self, bytes: u64) -> &mut Self {
        self.workload.state_bytes = bytes;
        self
    }

    /// The tasks of what follows use so many bytes of stack before they wait.
    pub fn depth(&mut self, bytes: u64) -> &mut Self {
        self.workload.depth_bytes = bytes;
        self
    }

    /// Cells whose readings lie on a line.
    pub fn line(&mut self, id: &str, tasks: &[u64], bill: Bill) -> &mut Self {
        for &tasks in tasks {
            for repeat in 0..REPEATS {
                let cell = self.weighed(id, tasks, repeat, bill);
                self.record.cells.push(cell);
            }
        }
        self
    }

    /// Cells that show a rate, one a round: in each a warm-up, and then two waves that take so long.
    pub fn waves(&mut self, id: &str, tasks: u64, wall_ns: &[u64]) -> &mut Self {
        for (repeat, &wall_ns) in (0..).zip(wall_ns) {
            let mut cell = self.cell(id, tasks, repeat);
            let known = cell.proof.expect("the cell of a synthetic record has one");
            let proof =
                ProofLine { before_weighing: 0, after_weighing: 0, unweighed: true, ..known };
            cell.proof = Some(proof);
            let wave = Wave {
                warm_up: false,
                wall_ns,
                user_ns: 400 * tasks,
                system_ns: 100 * tasks,
                completed: tasks,
                checksum: proof.checksum,
                peak_in_flight: proof.peak_in_flight,
                lost: 0,
            };
            cell.rate = true;
            cell.waves = vec![Wave { warm_up: true, wall_ns: 9 * wall_ns, ..wave }, wave, wave];
            if let Some(server) = &mut cell.server {
                server.open_before_weighing = 0;
                server.open_after_weighing = 0;
                server.served = 3 * tasks;
            }
            self.record.cells.push(cell);
        }
        self
    }

    /// A cell of which a trace was taken: three tasks that wait 240, 80 and 160 ms, end so many
    /// milliseconds after the wave began, and run on these threads.
    pub fn traced(&mut self, id: &str, ended_ms: [u64; 3], threads: [u32; 3]) -> &mut Self {
        let mut cell = self.cell(id, 3, 0);
        cell.workload.duration_ns = 80_000_000;
        cell.workload.spread_ns = 160_000_000;
        (cell.workload.rising, cell.workload.trace) = (true, true);
        cell.proof.as_mut().expect("the cell of a synthetic record has one").unweighed = true;
        let steps = [Step::Started, Step::Waits, Step::Returned, Step::Woke, Step::Ended];
        for (task, (ended_ms, thread)) in (0..).zip(ended_ms.into_iter().zip(threads)) {
            let is_told = |step: &Step| *step != Step::Returned || id.starts_with("callbacks/");
            for step in steps.into_iter().filter(is_told) {
                let is_late = matches!(step, Step::Woke | Step::Ended);
                let at_ns = if is_late { ended_ms * 1_000_000 } else { u64::from(task) };
                cell.trace.push(TraceLine { task, step, thread, at_ns });
            }
        }
        self.record.cells.push(cell);
        self
    }

    /// The tasks of what follows compute so many rounds after their waits.
    pub fn jobs(&mut self, rounds: u32) -> &mut Self {
        self.workload.job_rounds = rounds;
        self
    }

    /// The cells so far ran in rounds: all with one repeat before those with the next.
    pub fn in_rounds(&mut self) -> &mut Self {
        self.record.cells.sort_by_key(|cell| cell.repeat);
        self
    }

    /// Cells of the counting build.
    pub fn counting(&mut self, id: &str, tasks: &[u64], heap: u64) -> &mut Self {
        for &tasks in tasks {
            for repeat in 0..REPEATS {
                let weight = Weight { heap_bytes: Some(1_000 + heap * tasks), ..Weight::default() };
                let mut cell = self.cell(id, tasks, repeat);
                cell.build = Build::Counting;
                cell.memory.waiting = Some(weight);
                self.record.cells.push(cell);
            }
        }
        self
    }

    /// One cell without a figure.
    pub fn without(&mut self, id: &str, tasks: u64, status: Status, reason: &str) -> &mut Self {
        let mut cell = self.cell(id, tasks, 0);
        cell.status = status;
        cell.reason = Some(reason.into());
        cell.proof = None;
        if status == Status::Wall {
            cell.limit = Some(Limit {
                name: "max_map_count".into(),
                value: 65_530,
                used: 65_512,
                used_is_estimated: false,
                reached: None,
            });
        }
        self.record.cells.push(cell);
        self
    }

    /// The contestants of all cells so far are pools with so many workers.
    pub fn pool_of(&mut self, workers: u32) -> &mut Self {
        for cell in &mut self.record.cells {
            cell.pool_workers = Some(workers);
            let in_flight = cell.tasks.min(u64::from(workers));
            let proof = blank::proof(cell.tasks, in_flight);
            cell.proof = cell.proof.map(|of| ProofLine { unweighed: of.unweighed, ..proof });
        }
        self
    }

    /// Samples of one wave each, which took so long.
    pub fn timed(&mut self, id: &str, tasks: u64, elapsed_ns: &[u64]) -> &mut Self {
        let samples = elapsed_ns
            .iter()
            .map(|&elapsed_ns| Sample { waves: 1, elapsed_ns, cpu_ns: 500 * tasks })
            .collect();
        self.record.throughput.push(Throughput {
            samples,
            server_high_water: self.workload.http.map(|_| tasks),
            lateness_ns: self.workload.http.map(|_| LatenessLine { p50: 900_000, ..LATE }),
            ..blank::throughput(id, &self.workload, tasks)
        });
        self
    }

    /// A wave that was not timed because it takes at least tasks × wait.
    pub fn floor(&mut self, id: &str, tasks: u64) -> &mut Self {
        self.record.throughput.push(Throughput {
            status: Status::Skipped,
            reason: Some("the floor is too high".into()),
            floor_ns: tasks * WAIT_NS,
            ..blank::throughput(id, &self.workload, tasks)
        });
        self
    }

    /// Instructions that were counted, so many of one more task in each repeat.
    pub fn counted(&mut self, id: &str, per_task: &[f64]) -> &mut Self {
        #[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "made up")]
        let total = |of: &f64, tasks: f64| (1e6 + of * tasks) as u64;
        self.record.instructions.push(Instructions {
            contestant: id.into(),
            workload: self.workload.clone(),
            pool_workers: None,
            tasks: [1_000, 2_000],
            status: Status::Ok,
            reason: None,
            tool: Some("valgrind-3.19.0".into()),
            repeats: per_task.iter().map(|of| [total(of, 1e3), total(of, 2e3)]).collect(),
        });
        self
    }

    /// Who the contestant with this id says it is: its model from the id, and then this change.
    pub fn profile(&mut self, id: &str, change: impl FnOnce(&mut Profile)) -> &mut Self {
        let mut profile = blank::profile(id);
        change(&mut profile);
        self.record.run.contestants.insert(id.into(), profile);
        self
    }

    /// What follows is by another contestant in this environment, in which this allocator is loaded.
    pub fn variant(&mut self, of: &str, given: (&str, &str), allocator: &str) -> String {
        let (name, value) = given;
        let id = format!("{of}{{{name}={value}}}");
        let model = of.split('/').next().unwrap_or_default().to_owned();
        self.profile(&id, |profile| {
            (profile.model, profile.role) = (model, RoleLine::Variant);
            profile.of = Some(of.into());
            profile.env.insert(name.into(), value.into());
            profile.allocator = Some(allocator.into());
        });
        id
    }

    /// A process of a server that holds these connections, one after another: so many bytes of its own for
    /// each, and 4,000 of the kernel's.
    pub fn server(
        &mut self,
        name: &str,
        hold: Hold,
        repeat: u32,
        steps: &[u64],
        each: u64,
    ) -> &mut Self {
        let held = |connections: u64| {
            let noise = 4_096 * ((u64::from(repeat) + connections) % 3);
            let (private, kernel) = (3_000_000 + noise + each * connections, 4_000 * connections);
            let weight = Weight {
                anonymous_bytes: Some(private),
                page_table_bytes: Some(0),
                total_bytes: Some(private + 500_000 + kernel),
                kernel_bytes: Some(500_000 + kernel),
                ..Weight::default()
            };
            Held {
                connections,
                accepted_before: connections,
                accepted_after: connections,
                processes: 1,
                weight,
                accept_cpu_ns: Some(30_000 * connections + u64::from(repeat)),
                ..Held::default()
            }
        };
        self.record.weighings.push(Weighing {
            repeat,
            steps: steps.iter().copied().map(held).collect(),
            closed: Some(held(0)),
            command: vec![format!("./{name}")],
            ..Weighing::of(name.into(), "127.0.0.1:8080".into(), hold)
        });
        self
    }

    /// The record so far.
    pub fn record(&self) -> Record {
        self.record.clone()
    }

    fn weighed(&self, id: &str, tasks: u64, repeat: u32, bill: Bill) -> Cell {
        let off = bill.noise * u64::from(repeat);
        let weight = |tasks: u64| {
            let rss = bill.base + bill.rss * tasks + off;
            let page_tables = rss / 512;
            let kernel = bill.kernel.map(|kernel| 100_000 + kernel * tasks);
            Weight {
                rss_bytes: Some(rss),
                anonymous_bytes: Some(rss),
                page_table_bytes: Some(page_tables),
                total_bytes: kernel.map(|kernel| rss + kernel),
                kernel_bytes: kernel,
                socket_bytes: self.workload.http.map(|_| 0),
                heap_bytes: None,
                mappings: Some(30 + 4 * bill.threads * tasks),
                threads: Some(1 + bill.threads * tasks),
                descriptors: Some(5),
                ..Weight::default()
            }
        };
        let mut cell = self.cell(id, tasks, repeat);
        cell.memory.idle = Some(weight(0));
        cell.memory.waiting = Some(weight(tasks));
        cell.memory.drained = Some(weight(0));
        let start_ns = 10_000 + bill.start_ns * tasks + off;
        let user_ns = 20_000 + bill.cpu_ns * tasks + off;
        cell.time = Some(Time {
            start_ns,
            wall_ns: start_ns.max(WAIT_NS.max(self.workload.duration_ns) + bill.start_ns * tasks),
            user_ns,
            system_ns: 0,
            start_cpu_ns: start_ns.min(user_ns),
            voluntary_switches: 0,
            involuntary_switches: 0,
        });
        if let Some((server, time)) = cell.server.as_mut().zip(cell.time) {
            server.all_open_ns = 2 * time.start_ns;
        }
        cell.lateness_ns =
            Some(LatenessLine { p99: LATE.p99 + tasks, max: LATE.max + tasks, ..LATE });
        cell
    }

    fn cell(&self, id: &str, tasks: u64, repeat: u32) -> Cell {
        let in_flight = if id.starts_with("subroutine/") { 1 } else { tasks };
        Cell {
            proof: Some(blank::proof(tasks, in_flight)),
            server: self.workload.http.map(|_| ServerProof {
                open_before_weighing: in_flight,
                open_after_weighing: in_flight,
                high_water: in_flight,
                served: tasks,
                ..ServerProof::default()
            }),
            repeat,
            ..Cell::of(id.into(), self.workload.clone(), tasks)
        }
    }
}

/// How late tasks wake, before their number is added.
const LATE: LatenessLine =
    LatenessLine { p50: 60_000, p90: 80_000, p99: 100_000, p999: 150_000, max: 200_000 };
