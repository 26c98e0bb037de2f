//! Version 2: the unified hierarchy.
//!
//! Source: the kernel's `Documentation/admin-guide/cgroup-v2.rst`.
//!
//! `memory.current` is charged in per-CPU batches, as version 1's usage is, and has pages of files in it
//! that this group was the first to read. So the total here is `anon` + `shmem` + `kernel` of `memory.stat`
//! and `memory.swap.current`. `kernel` exists since Linux 5.18; before that, its parts are added up:
//! `kernel_stack`, `pagetables`, `percpu` and `slab`. `pagetables` exists since 5.11; before that, the
//! process's own counter stands in. `sock` is not in `kernel` and is added to it here, since socket buffers
//! are memory that the kernel holds for the cell. `memory.stat` can be as late as it is in version 1; see
//! [`super::v1`] and [`super::Group::settle`].

use std::path::Path;

use super::account::{Room, room_of};
use super::files::{flat_keyed, single};
use record::Weight;

/// What is charged to the group in this folder. `page_table_bytes` are those of its process, for a kernel
/// that lists none.
pub fn weigh(group: &Path, page_table_bytes: Option<u64>) -> Weight {
    let stat = flat_keyed(&group.join("memory.stat"));
    let get = |key: &str| stat.get(key).copied();
    let sum = |keys: &[&str]| keys.iter().map(|key| get(key)).sum::<Option<u64>>();
    let listed = || {
        let tables = get("pagetables").or(page_table_bytes)?;
        Some(sum(&["kernel_stack", "percpu", "slab"])? + tables)
    };
    let kernel = get("kernel").or_else(listed).and_then(|kernel| Some(kernel + get("sock")?));
    let user = sum(&["anon", "shmem"]);
    let swap = single(&group.join("memory.swap.current")).unwrap_or(0);
    Weight {
        total_bytes: kernel.zip(user).map(|(kernel, user)| kernel + user + swap),
        kernel_bytes: kernel,
        socket_bytes: get("sock"),
        kernel_stack_bytes: get("kernel_stack"),
        charged_page_table_bytes: get("pagetables"),
        slab_bytes: get("slab"),
        ..Weight::default()
    }
}

/// How much can still be charged to the group in this folder, and those below it. Above `memory.high` the
/// kernel slows its processes down until they do not get on, so that is a limit too.
pub(super) fn room(group: &Path) -> Option<Room> {
    let limits = ["memory.max", "memory.high"].map(|name| single(&group.join(name)));
    let limit = limits.into_iter().flatten().min()?;
    let charged = single(&group.join("memory.current"))?;
    let stat = flat_keyed(&group.join("memory.stat"));
    Some(room_of(limit, charged, &stat, ["inactive_file", "active_file"]))
}
