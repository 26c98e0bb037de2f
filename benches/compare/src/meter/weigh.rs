//! What a process weighs, from all sources together.

use std::sync::OnceLock;

use super::{cgroup, kernel, process};
use record::Weight;

/// Weighs these processes together, and the control group they are alone in, if they have one. Private memory that
/// they share since a fork counts once.
///
/// `heap_bytes` is `None`: only the process itself can count its heap; see [`contestant::heap`]. So are the
/// stacks and what the system has of slab; see [`process::Procfs::stacks`] and [`kernel`].
pub fn weigh(procfs: &process::Procfs, pids: &[u32], group: Option<&cgroup::Group>) -> Weight {
    if let Some(group) = group {
        group.settle(procfs);
    }
    let weight = match pids {
        [pid] => procfs.weigh(*pid),
        _ => pids.iter().map(|pid| procfs.weigh_share(*pid)).reduce(plus).unwrap_or_default(),
    };
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
        charged_page_table_bytes: charged.charged_page_table_bytes,
        slab_bytes: charged.slab_bytes,
        ..weight
    }
}

/// Two processes together. What could not be read of one is not known of both.
fn plus(one: Weight, other: Weight) -> Weight {
    let sum = |of: fn(&Weight) -> Option<u64>| Some(of(&one)? + of(&other)?);
    Weight {
        rss_bytes: sum(|of| of.rss_bytes),
        anonymous_bytes: sum(|of| of.anonymous_bytes),
        huge_page_bytes: sum(|of| of.huge_page_bytes),
        swap_bytes: sum(|of| of.swap_bytes),
        page_table_bytes: sum(|of| of.page_table_bytes),
        mappings: sum(|of| of.mappings),
        threads: sum(|of| of.threads),
        descriptors: sum(|of| of.descriptors),
        ..Weight::default()
    }
}
