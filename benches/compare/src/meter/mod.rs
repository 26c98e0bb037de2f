//! Weighing: what a process costs, read from outside of it.
//!
//! A contestant never measures itself, and nothing is weighed in the process that weighs. Every
//! reading is either exact within the bounds that its file states, or `None`; nothing is guessed.
//! On systems without procfs everything here compiles and every column is `None`.
//!
//! | file | what it reads |
//! | --- | --- |
//! | [`process`] | resident memory, page tables, mappings, threads and descriptors, from procfs |
//! | [`cgroup`] | everything charged to a cell, kernel memory included, from a control group of its own |
//! | [`heap`] | the bytes that a program asked its allocator for, counted by a wrapped allocator |
//! | [`usage`] | CPU time and context switches of the process that asks |

pub mod cgroup;
pub mod heap;
pub mod process;
pub mod usage;

use crate::record::Weight;

/// Weighs the process `pid`, and the control group it is alone in, if it has one.
///
/// `heap_bytes` is `None`: only the process itself can count its heap; see [`heap`].
pub fn weigh(procfs: &process::Procfs, pid: u32, group: Option<&cgroup::Group>) -> Weight {
    let charged = group.map(cgroup::Group::weigh).unwrap_or_default();
    Weight {
        total_bytes: charged.total_bytes,
        kernel_bytes: charged.kernel_bytes,
        socket_bytes: charged.socket_bytes,
        ..procfs.weigh(pid)
    }
}
