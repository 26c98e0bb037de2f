//! What a process weighs, from all sources together.

use std::sync::OnceLock;

use super::{cgroup, kernel, process};
use record::Weight;

/// Weighs the process `pid`, and the control group it is alone in, if it has one.
///
/// `heap_bytes` is `None`: only the process itself can count its heap; see [`contestant::heap`]. So are the
/// stacks and what the system has of slab; see [`process::Procfs::stacks`] and [`kernel`].
pub fn weigh(procfs: &process::Procfs, pid: u32, group: Option<&cgroup::Group>) -> Weight {
    if let Some(group) = group {
        group.settle(procfs);
    }
    let weight = procfs.weigh(pid);
    let charged = group.map(|group| group.weigh(weight.page_table_bytes)).unwrap_or_default();
    // The size is the kernel's and does not change; one reading does for the whole run.
    static STACK: OnceLock<u64> = OnceLock::new();
    let stack = *STACK.get_or_init(|| kernel::stack_bytes_per_thread(procfs));
    Weight {
        total_bytes: charged.total_bytes,
        kernel_bytes: charged.kernel_bytes,
        socket_bytes: charged.socket_bytes,
        kernel_stack_bytes: charged
            .kernel_stack_bytes
            .or_else(|| weight.threads.map(|threads| threads * stack)),
        charged_page_table_bytes: charged.page_table_bytes,
        slab_bytes: charged.slab_bytes,
        ..weight
    }
}
