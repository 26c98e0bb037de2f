//! Version 2: the unified hierarchy.
//!
//! Source: the kernel's `Documentation/admin-guide/cgroup-v2.rst`.
//!
//! `memory.current` is charged in per-CPU batches, as version 1's usage is, so the total here is
//! `anon` + `file` + `kernel` of `memory.stat`, with `memory.current` where that lacks one of them.
//! `file` includes shared memory and page cache that this group was the first to read. `kernel`
//! exists since Linux 5.18; before that, its parts are added up: `kernel_stack`, `pagetables`
//! (5.7), `percpu`, `sock` and `slab`. `sock` is not in `kernel` and is added to it here, since
//! socket buffers are memory that the kernel holds for the cell. `memory.stat` can be as late as it
//! is in version 1; see [`super::v1`] and [`super::Group::settle`].
//!
//! A group that has processes cannot hand controllers to its children ("no internal processes").
//! Where this program's group is such a one, the program first moves itself into a leaf group
//! below it. That works only if it is alone in its group, and may write to it, as under
//! `systemd-run --user --scope -p Delegate=yes`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::account::{GroupWeight, Room, Unavailable, room_of};
use super::files::{self, flat_keyed, single};
use super::name::PREFIX;

/// What is charged to the group in this folder.
pub fn weigh(group: &Path) -> GroupWeight {
    let stat = flat_keyed(&group.join("memory.stat"));
    let get = |key: &str| stat.get(key).copied();
    let sum = |keys: &[&str]| keys.iter().map(|key| get(key)).sum::<Option<u64>>();
    let kernel = get("kernel")
        .or_else(|| sum(&["kernel_stack", "pagetables", "percpu", "slab"]))
        .and_then(|kernel| Some(kernel + get("sock")?));
    let total_bytes = kernel.and_then(|kernel| match sum(&["anon", "file"]) {
        Some(user) => Some(user + kernel),
        None => single(&group.join("memory.current")),
    });
    GroupWeight {
        total_bytes,
        kernel_bytes: kernel,
        socket_bytes: get("sock"),
        kernel_stack_bytes: get("kernel_stack"),
        page_table_bytes: get("pagetables"),
        slab_bytes: get("slab"),
    }
}

/// The path of the group, as a process's `cgroup` file has it.
pub(super) fn group_in(cgroup: &str) -> Option<&str> {
    files::group_in(cgroup, str::is_empty)
}

/// How much can still be charged to the group in this folder, and those below it.
pub(super) fn room(group: &Path) -> Option<Room> {
    let limit = single(&group.join("memory.max"))?;
    let charged = single(&group.join("memory.current"))?;
    let stat = flat_keyed(&group.join("memory.stat"));
    Some(room_of(limit, charged, &stat, ["inactive_file", "active_file"]))
}

/// Makes sure that children of this group, which the process is in, get a memory controller, and
/// returns the group to make them in.
///
/// # Errors
/// If the group has no memory controller, or it cannot be handed on. The process is then where it
/// was before.
pub(super) fn prepare(own: &Path) -> Result<PathBuf, Unavailable> {
    if !lists_memory(&own.join("cgroup.controllers")) {
        return Err(Unavailable::NoController("it is not enabled for the group of this process"));
    }
    if lists_memory(&own.join("cgroup.subtree_control")) || enable(own).is_ok() {
        return Ok(own.to_owned());
    }
    let pid = std::process::id().to_string();
    let leaf = own.join(format!("{PREFIX}{pid}-{}", u32::MAX));
    let refused = |action, source| Unavailable::Refused { action, path: own.to_owned(), source };
    fs::create_dir(&leaf).map_err(|source| refused("make a leaf group", source))?;
    let moved = fs::write(leaf.join("cgroup.procs"), &pid);
    let enabled = match moved {
        Ok(()) => enable(own).map_err(|source| refused("enable the memory controller", source)),
        Err(source) => Err(refused("move this process into a leaf group", source)),
    };
    if let Err(error) = enabled {
        let _ = fs::write(own.join("cgroup.procs"), &pid);
        let _ = fs::remove_dir(&leaf);
        return Err(error);
    }
    Ok(own.to_owned())
}

fn lists_memory(path: &Path) -> bool {
    let list = fs::read_to_string(path).unwrap_or_default();
    list.split_whitespace().any(|controller| controller == "memory")
}

fn enable(group: &Path) -> io::Result<()> {
    fs::write(group.join("cgroup.subtree_control"), "+memory")
}
