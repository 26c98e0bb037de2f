//! The names of the groups made here: `compare-<pid namespace>-<pid of the maker>-<number>`.
//!
//! A container sees the groups of others where its control groups are theirs too, and cannot tell whether
//! their makers live. So a name says in which pid namespace the pid is one.

use std::fs;

use crate::meter::process::Procfs;

/// The number of the group that the maker itself has moved into.
pub(super) const LEAF: u32 = u32::MAX;

/// The number of the group that was made beside the maker's own, for cells.
pub(super) const BESIDE: u32 = u32::MAX - 1;

/// The name of this process's group with this number.
pub(super) fn own(procfs: &Procfs, number: u32) -> String {
    format!("compare-{}-{}-{number}", namespace(procfs), std::process::id())
}

/// The number in a group's name, if it was made in this pid namespace by a process that no longer lives.
pub(super) fn number_of_dead(name: &str, procfs: &Procfs) -> Option<u32> {
    let mut parts = name.strip_prefix("compare-")?.split('-');
    let (namespace_of_maker, pid, number) = (parts.next()?, parts.next()?, parts.next()?);
    let (pid, number) = (pid.parse().ok()?, number.parse().ok()?);
    let is_dead = namespace_of_maker == namespace(procfs) && !procfs.exists(pid);
    // procfs must be there, or every maker would seem to be dead.
    (is_dead && procfs.exists(std::process::id())).then_some(number)
}

/// The number of this process's pid namespace; see pid_namespaces(7).
fn namespace(procfs: &Procfs) -> String {
    let link = fs::read_link(procfs.root().join("self/ns/pid")).unwrap_or_default();
    link.to_string_lossy().chars().filter(char::is_ascii_digit).collect()
}
