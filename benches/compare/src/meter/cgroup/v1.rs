//! Version 1: a hierarchy for the memory controller alone.
//!
//! Source: the kernel's `Documentation/admin-guide/cgroup-v1/memory.rst`.
//!
//! `memory.usage_in_bytes` already holds the kernel's part (section 2.7: the kmem counter is fed
//! into the main counter), so the two must not be added. It is not exact either (section 5.5
//! calls it a fuzz value): each CPU takes charges ahead in batches of 64 pages, so that it can be
//! too high by 256 KiB a core or so. The same section recommends the sum of `rss` and `cache` in
//! `memory.stat`, which are user memory only. Of `cache`, all but shared memory is pages of files that
//! this group was the first to read, and they are nobody's. So here
//!
//! > total = `total_rss` + `total_shmem` + `total_swap` + `memory.kmem.usage_in_bytes` +
//! > `memory.kmem.tcp.usage_in_bytes`
//!
//! where `total_swap` is there if the kernel accounts for it. The sockets themselves are in kmem, but not the
//! pages of TCP buffers: for these, version 1 has a counter of their own (section 2.7.1), which is
//! off until it is given a limit, and here is given one that limits nothing. Seen on Linux 6.18:
//! 500 sockets with 20 kB to read each took it from 0 to 24.6 kB a socket, and left the others
//! where they were.
//!
//! How exact that is: kmem is charged page by page (small objects through a stock of less than a
//! page a core). `memory.stat` is brought up to date at most 2 s late, and at once when more than
//! 64 page updates a core are outstanding (`memcg_vmstats_needs_flush` in `mm/memcontrol.c`,
//! since Linux 5.16 or so), so a reading less than 2 s after the last change can lack up to as
//! many pages. Read later than that, it is exact. On a 2-core machine with Linux 6.18, a process
//! that touched 10 to 200 pages at a time was found short by 0 to 40 pages right after, and by none
//! 2.5 s later, while usage was above the truth by 2 to 56 pages. There, usage was never near
//! the truth plus kmem: 3000 further threads with 2 MiB stacks took usage up by 42.5 kB a thread,
//! and total by 42.6 kB, of which kmem was 26.0 kB (16 kB stack, 4.1 kB page tables, task structure,
//! mappings) and `total_rss` 16.6 kB, to the byte what `smaps_rollup` had as `Anonymous`.
//! [`super::Group::settle`] makes it exact at once.
//!
//! The kernel's part is one figure here, and its parts are listed nowhere: `memory.kmem.slabinfo`
//! has been empty since Linux 5.9, which charges single objects and no longer gives each group
//! caches of its own. [`crate::meter::kernel`] says where they come from instead.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use super::account::{Room, room_of};
use super::files::{flat_keyed, single};
use record::{LimitValue, Weight};

/// Has the buffers of TCP sockets counted that are made in this group from here on. Where the
/// kernel has no such counter any more, they are not.
pub(super) fn count_socket_buffers(group: &Path) {
    const NO_LIMIT: &str = "-1";
    let _ = fs::write(group.join("memory.kmem.tcp.limit_in_bytes"), NO_LIMIT);
}

/// What is charged to the group in this folder.
pub fn weigh(group: &Path) -> Weight {
    // Every process has kernel memory. Zero means that it is not accounted
    // (`cgroup.memory=nokmem`), or that nothing has been charged to the group yet.
    let socket_bytes = single(&group.join("memory.kmem.tcp.usage_in_bytes"));
    let kernel = single(&group.join("memory.kmem.usage_in_bytes"))
        .filter(|&bytes| bytes > 0)
        .map(|bytes| bytes + socket_bytes.unwrap_or(0));
    let stat = flat_keyed(&group.join("memory.stat"));
    let more = ["total_shmem", "total_swap"].map(|key| stat.get(key).copied().unwrap_or(0));
    let user = stat.get("total_rss").map(|rss| rss + more.iter().sum::<u64>());
    let total_bytes = kernel.zip(user).map(|(kernel, user)| kernel + user);
    Weight { total_bytes, kernel_bytes: kernel, socket_bytes, ..Weight::default() }
}

/// The memory limit of the group in this folder.
pub(super) fn memory_limit(group: &Path) -> Option<LimitValue> {
    limit_in(&flat_keyed(&group.join("memory.stat")))
}

/// How much can still be charged to the group in this folder, and those below it.
pub(super) fn room(group: &Path) -> Option<Room> {
    let stat = flat_keyed(&group.join("memory.stat"));
    let limit = limit_in(&stat)?.number()?;
    let charged = single(&group.join("memory.usage_in_bytes"))?;
    Some(room_of(limit, charged, &stat, ["total_inactive_file", "total_active_file"]))
}

/// `hierarchical_memory_limit`, which the kernel has made the smallest of the group and all
/// ancestors, those that are not mounted here included.
fn limit_in(stat: &HashMap<String, u64>) -> Option<LimitValue> {
    /// No limit is written as the largest number of bytes that is whole pages, which depends on
    /// the page size. No machine has this much memory.
    const NO_LIMIT: u64 = 1 << 62;
    let limit = *stat.get("hierarchical_memory_limit")?;
    Some(LimitValue::from((limit < NO_LIMIT).then_some(limit)))
}
