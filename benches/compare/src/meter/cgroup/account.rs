//! What room a group has, and why there may be no group.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use anyhow::anyhow;

/// How much memory can still be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What is left, in bytes. What the kernel would drop before it kills a process, pages of files, counts as
    /// left.
    pub bytes: u64,
    /// The control group's limit, where it is what leaves no more.
    pub limit_bytes: Option<u64>,
}

/// This process may not do in this group what it takes to make others.
pub(super) fn refused(action: &str, group: &Path, why: &io::Error) -> anyhow::Error {
    anyhow!("cannot {action} in {}: {why}; {}", group.display(), remedy(why))
}

/// Neither version has a memory controller for this process.
pub(super) fn no_controller(why: &str) -> anyhow::Error {
    anyhow!("no memory controller: {why}")
}

/// What helps against being refused.
fn remedy(why: &io::Error) -> &'static str {
    match why.kind() {
        io::ErrorKind::ReadOnlyFilesystem => "a container needs /sys/fs/cgroup mounted for writing",
        _ => {
            "root gets a group, or a user where systemd gives one: \
             `systemd-run --user --scope -p Delegate=yes -p TasksMax=infinity` before the command"
        }
    }
}

/// The room in a group that may be charged `limit_bytes` and is charged `charged_bytes`, with these
/// pages of files in it, by their keys in `memory.stat`.
pub(super) fn room_of(
    limit_bytes: u64,
    charged_bytes: u64,
    stat: &HashMap<String, u64>,
    pages_of_files: [&str; 2],
) -> Room {
    let dropped: u64 = pages_of_files.iter().filter_map(|key| stat.get(*key)).sum();
    let kept = charged_bytes.saturating_sub(dropped);
    Room { bytes: limit_bytes.saturating_sub(kept), limit_bytes: Some(limit_bytes) }
}
