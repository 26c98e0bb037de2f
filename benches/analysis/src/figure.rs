//! What is read off a cell.

use record::{Build, Cell, Time, Weight, WorkloadLine};
use serde::Serialize;

/// What is read off a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// What waiting tasks hold in bytes: private user memory and the kernel's part, no pages of files.
    FullBill,
    /// What is known of that without a control group: private memory, page tables, kernel stacks.
    KnownBill,
    /// Resident user memory in bytes, all tasks waiting.
    Rss,
    /// The same with the page tables.
    RssAndPageTables,
    /// What is charged to the control group in bytes. In records without swapped memory, with the pages of
    /// files that it read first.
    Total,
    /// The kernel's part of that.
    Kernel,
    /// The part of that which is socket buffers.
    Sockets,
    /// Bytes asked of the allocator and not given back (counting build).
    Heap,
    /// Private memory in bytes, what is swapped out included: heap, allocator and stacks.
    Anonymous,
    /// Touched stacks of threads in bytes, which are a part of that.
    Stacks,
    /// The part of private memory in transparent huge pages, in bytes.
    HugePages,
    /// Page tables in bytes, as the control group lists them, else as the process has them.
    PageTables,
    /// The threads' stacks in the kernel in bytes.
    KernelStacks,
    /// The kernel's small objects in bytes, as the control group lists them.
    Slab,
    /// The same as the whole system has more of them than before.
    SystemSlab,
    /// What is left of the kernel's part without its stacks, page tables and socket buffers.
    OtherKernel,
    /// Memory mappings.
    Mappings,
    /// Threads.
    Threads,
    /// Time in ns from the first task's start until all were in flight, or a server had all requests.
    Start,
    /// User and system CPU from the first task's start until all were over, in ns.
    Cpu,
    /// The same until all were in flight. Not known of requests: the server's view has no CPU.
    StartCpu,
    /// User CPU from the first task's start until all were over, in ns.
    UserCpu,
    /// System CPU in the same time, in ns.
    SystemCpu,
    /// All of the time less the start and the waits, in ns, of timers that start at once and are not
    /// spread. Below zero where the start was seen late.
    Finish,
    /// User and system CPU after all were in flight, in ns. Not known of requests.
    FinishCpu,
    /// Switches because a thread had to wait.
    VoluntarySwitches,
    /// Switches because another thread got the core.
    InvoluntarySwitches,
}

/// Every figure in the order of the enum, with the name that the draws of its bootstrap depend on: a
/// name never changes.
const ALL: [(Figure, &str); 27] = [
    (Figure::FullBill, "full-bill"),
    (Figure::KnownBill, "known-bill"),
    (Figure::Rss, "rss"),
    (Figure::RssAndPageTables, "rss+page-tables"),
    (Figure::Total, "total"),
    (Figure::Kernel, "kernel"),
    (Figure::Sockets, "sockets"),
    (Figure::Heap, "heap"),
    (Figure::Anonymous, "anonymous"),
    (Figure::Stacks, "stacks"),
    (Figure::HugePages, "huge-pages"),
    (Figure::PageTables, "page-tables"),
    (Figure::KernelStacks, "kernel-stacks"),
    (Figure::Slab, "slab"),
    (Figure::SystemSlab, "system-slab"),
    (Figure::OtherKernel, "other-kernel"),
    (Figure::Mappings, "mappings"),
    (Figure::Threads, "threads"),
    (Figure::Start, "start"),
    (Figure::Cpu, "cpu"),
    (Figure::StartCpu, "start-cpu"),
    (Figure::UserCpu, "user-cpu"),
    (Figure::SystemCpu, "system-cpu"),
    (Figure::Finish, "finish"),
    (Figure::FinishCpu, "finish-cpu"),
    (Figure::VoluntarySwitches, "voluntary-switches"),
    (Figure::InvoluntarySwitches, "involuntary-switches"),
];

impl Figure {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.into_iter().map(|(figure, _)| figure)
    }

    pub(crate) fn name(self) -> &'static str {
        ALL[self as usize].1
    }

    /// The build whose cells carry it.
    pub fn build(self) -> Build {
        if self == Self::Heap { Build::Counting } else { Build::Timed }
    }

    /// The reading of this cell, all tasks waiting or over; `None` where it could not be had.
    pub fn read(self, cell: &Cell) -> Option<f64> {
        match (self, cell.server) {
            (Self::Finish, _) => finish_ns(cell),
            (Self::Start, Some(server)) => Some(server.all_open_ns as f64),
            (Self::StartCpu | Self::FinishCpu, Some(_)) => None,
            _ => {
                let weighed = cell.memory.waiting.and_then(|weight| self.read_weight(&weight));
                weighed.or_else(|| self.read_time(&cell.time?))
            }
        }
    }

    /// The reading of this cell before its first task; `None` for what is only known of tasks.
    pub fn read_idle(self, cell: &Cell) -> Option<f64> {
        cell.memory.idle.and_then(|weight| self.read_weight(&weight))
    }

    /// The reading of one weighing, whichever phase it is of; `None` for what is not weighed.
    pub fn read_weight(self, weight: &Weight) -> Option<f64> {
        let reading = match self {
            Self::FullBill => weight.private_bytes()?.saturating_add(weight.kernel_bytes?),
            Self::KnownBill => {
                let private = weight.private_bytes()?.saturating_add(weight.page_table_bytes?);
                private.saturating_add(weight.kernel_stack_bytes.unwrap_or(0))
            }
            Self::Rss => weight.rss_bytes?,
            Self::RssAndPageTables => weight.rss_bytes?.saturating_add(weight.page_table_bytes?),
            Self::Total => weight.total_bytes?,
            Self::Kernel => weight.kernel_bytes?,
            Self::Sockets => weight.socket_bytes?,
            Self::Heap => weight.heap_bytes?,
            Self::Anonymous => weight.private_bytes()?,
            Self::Stacks => weight.stack_bytes?,
            Self::HugePages => weight.huge_page_bytes?,
            Self::PageTables => weight.charged_page_table_bytes.or(weight.page_table_bytes)?,
            Self::KernelStacks => weight.kernel_stack_bytes?,
            Self::Slab => weight.slab_bytes?,
            // The system can have less than before: then the cell's own is below what else changed.
            Self::SystemSlab => return weight.system_slab_bytes.map(|bytes| bytes as f64),
            // The first thread's stack was made by the process that started this one, and is charged
            // there, so this can be below zero as well.
            Self::OtherKernel => {
                let read = |figure: Self| figure.read_weight(weight);
                let known = read(Self::KernelStacks)? + read(Self::PageTables)?;
                return Some(read(Self::Kernel)? - known - read(Self::Sockets).unwrap_or(0.0));
            }
            Self::Mappings => weight.mappings?,
            Self::Threads => weight.threads?,
            _ => return None,
        };
        Some(reading as f64)
    }

    fn read_time(self, time: &Time) -> Option<f64> {
        let cpu_ns = time.user_ns.saturating_add(time.system_ns);
        let reading = match self {
            Self::Start => time.start_ns,
            Self::Cpu => cpu_ns,
            Self::StartCpu => time.start_cpu_ns,
            Self::UserCpu => time.user_ns,
            Self::SystemCpu => time.system_ns,
            Self::FinishCpu => cpu_ns.saturating_sub(time.start_cpu_ns),
            Self::VoluntarySwitches => time.voluntary_switches,
            Self::InvoluntarySwitches => time.involuntary_switches,
            _ => return None,
        };
        Some(reading as f64)
    }
}

fn finish_ns(cell: &Cell) -> Option<f64> {
    let WorkloadLine { wait, arrival, spread_ns, synchronized_wakeup, .. } = &cell.workload;
    let is_plain =
        wait == "timer" && arrival == "burst" && *spread_ns == 0 && !*synchronized_wakeup;
    let time = cell.time.filter(|_| is_plain)?;
    let waits_ns = cell.workload.duration_ns as f64 * f64::from(cell.workload.waits_per_task);
    Some(time.wall_ns as f64 - time.start_ns as f64 - waits_ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::asking_run;

    #[test]
    fn a_request_has_started_when_the_server_has_it() {
        let record = asking_run();
        let cell = record.cells.iter().find(|cell| cell.tasks == 5_000).unwrap();
        let (begun, open) = (cell.time.unwrap().start_ns, cell.server.unwrap().all_open_ns);
        assert!(open > begun);
        assert_eq!(Figure::Start.read(cell), Some(open as f64));
        assert_eq!(Figure::StartCpu.read(cell), None);
        let timer = Cell { server: None, ..cell.clone() };
        assert_eq!(Figure::Start.read(&timer), Some(begun as f64));
        assert!(Figure::StartCpu.read(&timer).is_some());
    }
}
