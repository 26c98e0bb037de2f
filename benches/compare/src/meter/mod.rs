//! Weighing: what a process costs, read from outside of it.
//!
//! A contestant never measures itself, and nothing is weighed in the process that weighs. Every
//! reading is either exact within the bounds that its file states, or `None`; nothing is guessed.
//! On systems without procfs everything here compiles and every column is `None`.
//!
//! | file | what it reads |
//! | --- | --- |
//! | [`process`] | resident memory, page tables, mappings, threads and descriptors, from procfs |
//! | [`stacks`] | how much of its threads' stacks a process has touched, from procfs |
//! | [`cgroup`] | everything charged to a cell, kernel memory included, from a control group of its own |
//! | [`kernel`] | the kernel's stacks and small objects, where no control group lists them |
//! | [`heap`] | the bytes that a program asked its allocator for, counted by a wrapped allocator |
//! | [`usage`] | CPU time and context switches of the process that asks |

pub mod cgroup;
pub mod heap;
pub mod kernel;
pub mod process;
pub mod stacks;
pub mod usage;

use std::sync::OnceLock;

use record::Weight;

/// Weighs the process `pid`, and the control group it is alone in, if it has one.
///
/// `heap_bytes` is `None`: only the process itself can count its heap; see [`heap`]. So are the
/// stacks and what the system has of slab; see [`process::Procfs::stacks`] and [`kernel`].
pub fn weigh(procfs: &process::Procfs, pid: u32, group: Option<&cgroup::Group>) -> Weight {
    if let Some(group) = group {
        group.settle(procfs);
    }
    let charged = group.map(cgroup::Group::weigh).unwrap_or_default();
    let weight = procfs.weigh(pid);
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
