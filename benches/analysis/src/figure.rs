//! What is read off a cell.

use record::{Build, Cell, Time, Weight, WorkloadLine};
use serde::Serialize;

/// What is read off a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// What the tasks hold in bytes, all of them waiting: private user memory and the kernel's part.
    /// No pages of files are in it.
    FullBill,
    /// As much of that as is known without a control group: private user memory, page tables and the
    /// threads' stacks in the kernel. A lower bound.
    KnownBill,
    /// Resident user memory in bytes, all tasks waiting.
    Rss,
    /// The same with the page tables.
    RssAndPageTables,
    /// Everything charged to the cell's control group in bytes: the kernel's part is in it, and so are
    /// the pages of files that this cell read first.
    Total,
    /// The kernel's part of that.
    Kernel,
    /// The part of that which is socket buffers.
    Sockets,
    /// Bytes asked of the allocator and not given back (counting build).
    Heap,
    /// The anonymous part of resident user memory in bytes: heap, allocator and stacks.
    Anonymous,
    /// Touched stacks of threads in bytes, which are a part of that.
    Stacks,
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
    /// Time from the first task's start until all were in flight, in ns; where a server is asked,
    /// until that had all requests open.
    Start,
    /// User and system CPU from the first task's start until all were over, in ns.
    Cpu,
    /// User and system CPU until all were in flight, in ns. Not known of requests: the client knows
    /// when it has begun them all, and not when the server has them.
    StartCpu,
    /// User CPU from the first task's start until all were over, in ns.
    UserCpu,
    /// System CPU in the same time, in ns.
    SystemCpu,
    /// Time from when the last task's waits could be over until all tasks were, in ns: all of the
    /// time, less the time to start and the waits. Below zero where the start was seen late. Only
    /// known of timers that start at once and are not spread.
    Finish,
    /// User and system CPU after all were in flight, in ns. Not known of requests.
    FinishCpu,
    /// Switches because a thread had to wait.
    VoluntarySwitches,
    /// Switches because another thread got the core.
    InvoluntarySwitches,
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 26] = [
        Self::FullBill,
        Self::KnownBill,
        Self::Rss,
        Self::RssAndPageTables,
        Self::Total,
        Self::Kernel,
        Self::Sockets,
        Self::Heap,
        Self::Anonymous,
        Self::Stacks,
        Self::PageTables,
        Self::KernelStacks,
        Self::Slab,
        Self::SystemSlab,
        Self::OtherKernel,
        Self::Mappings,
        Self::Threads,
        Self::Start,
        Self::Cpu,
        Self::StartCpu,
        Self::UserCpu,
        Self::SystemCpu,
        Self::Finish,
        Self::FinishCpu,
        Self::VoluntarySwitches,
        Self::InvoluntarySwitches,
    ];

    /// The build whose cells carry it.
    pub fn build(self) -> Build {
        match self {
            Self::Heap => Build::Counting,
            _ => Build::Timed,
        }
    }

    /// The reading of this cell, all tasks waiting or over; `None` where it could not be had.
    pub fn read(self, cell: &Cell) -> Option<f64> {
        if self == Self::Finish {
            return finish_ns(cell);
        }
        let weighed = cell.memory.waiting.and_then(|weight| self.read_weight(&weight));
        let timed = || match (self, cell.server) {
            // Where a server is asked, a task has started when its request is there.
            (Self::Start, Some(server)) => Some(server.all_open_ns),
            (Self::StartCpu | Self::FinishCpu, Some(_)) => None,
            _ => cell.time.and_then(|time| self.of_time(&time)),
        };
        weighed.or_else(|| timed().map(|reading| reading as f64))
    }

    /// The reading of one weighing, whichever phase it is of; `None` for what is not weighed.
    pub fn read_weight(self, weight: &Weight) -> Option<f64> {
        match self {
            // The system can have less than before: then the cell's own is below what else changed.
            Self::SystemSlab => weight.system_slab_bytes.map(|bytes| bytes as f64),
            // The first thread's stack was made by the process that started this one, and is charged
            // there, so this can be below zero as well.
            Self::OtherKernel => {
                let read = |figure: Self| figure.of_weight(weight).map(|bytes| bytes as f64);
                let known = read(Self::KernelStacks)? + read(Self::PageTables)?;
                Some(read(Self::Kernel)? - known - read(Self::Sockets).unwrap_or(0.0))
            }
            _ => self.of_weight(weight).map(|reading| reading as f64),
        }
    }

    /// The reading of this cell before its first task; `None` for what is only known of tasks.
    pub fn read_idle(self, cell: &Cell) -> Option<f64> {
        cell.memory.idle.and_then(|weight| self.read_weight(&weight))
    }

    fn of_weight(self, weight: &Weight) -> Option<u64> {
        match self {
            Self::FullBill => Some(weight.anonymous_bytes?.saturating_add(weight.kernel_bytes?)),
            Self::KnownBill => {
                let private = weight.anonymous_bytes?.saturating_add(weight.page_table_bytes?);
                Some(private.saturating_add(weight.kernel_stack_bytes.unwrap_or(0)))
            }
            Self::Rss => weight.rss_bytes,
            Self::RssAndPageTables => {
                Some(weight.rss_bytes?.saturating_add(weight.page_table_bytes?))
            }
            Self::Total => weight.total_bytes,
            Self::Kernel => weight.kernel_bytes,
            Self::Sockets => weight.socket_bytes,
            Self::Heap => weight.heap_bytes,
            Self::Anonymous => weight.anonymous_bytes,
            Self::Stacks => weight.stack_bytes,
            Self::PageTables => weight.charged_page_table_bytes.or(weight.page_table_bytes),
            Self::KernelStacks => weight.kernel_stack_bytes,
            Self::Slab => weight.slab_bytes,
            Self::Mappings => weight.mappings,
            Self::Threads => weight.threads,
            Self::SystemSlab
            | Self::OtherKernel
            | Self::Start
            | Self::Cpu
            | Self::StartCpu
            | Self::UserCpu
            | Self::SystemCpu
            | Self::Finish
            | Self::FinishCpu
            | Self::VoluntarySwitches
            | Self::InvoluntarySwitches => None,
        }
    }

    fn of_time(self, time: &Time) -> Option<u64> {
        match self {
            Self::Start => Some(time.start_ns),
            Self::Cpu => Some(time.user_ns.saturating_add(time.system_ns)),
            Self::StartCpu => Some(time.start_cpu_ns),
            Self::UserCpu => Some(time.user_ns),
            Self::SystemCpu => Some(time.system_ns),
            Self::FinishCpu => {
                Some(time.user_ns.saturating_add(time.system_ns).saturating_sub(time.start_cpu_ns))
            }
            Self::VoluntarySwitches => Some(time.voluntary_switches),
            Self::InvoluntarySwitches => Some(time.involuntary_switches),
            _ => None,
        }
    }

    /// A name that never changes, because the draws of the bootstrap depend on it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FullBill => "full-bill",
            Self::KnownBill => "known-bill",
            Self::Rss => "rss",
            Self::RssAndPageTables => "rss+page-tables",
            Self::Total => "total",
            Self::Kernel => "kernel",
            Self::Sockets => "sockets",
            Self::Heap => "heap",
            Self::Anonymous => "anonymous",
            Self::Stacks => "stacks",
            Self::PageTables => "page-tables",
            Self::KernelStacks => "kernel-stacks",
            Self::Slab => "slab",
            Self::SystemSlab => "system-slab",
            Self::OtherKernel => "other-kernel",
            Self::Mappings => "mappings",
            Self::Threads => "threads",
            Self::Start => "start",
            Self::Cpu => "cpu",
            Self::StartCpu => "start-cpu",
            Self::UserCpu => "user-cpu",
            Self::SystemCpu => "system-cpu",
            Self::Finish => "finish",
            Self::FinishCpu => "finish-cpu",
            Self::VoluntarySwitches => "voluntary-switches",
            Self::InvoluntarySwitches => "involuntary-switches",
        }
    }
}

/// [`Figure::Finish`]: the whole time, less the start and the waits.
fn finish_ns(cell: &Cell) -> Option<f64> {
    let WorkloadLine { duration_ns, spread_ns, waits_per_task, .. } = cell.workload;
    let WorkloadLine { wait, arrival, .. } = &cell.workload;
    let is_plain = wait == "timer"
        && arrival == "burst"
        && spread_ns == 0
        && !cell.workload.synchronized_wakeup;
    let time = cell.time.filter(|_| is_plain)?;
    let waits_ns = duration_ns as f64 * f64::from(waits_per_task);
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
