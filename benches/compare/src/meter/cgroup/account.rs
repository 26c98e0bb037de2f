//! What is charged to a group, what limits it, and why there may be no group.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;

/// What is charged to a group. What cannot be read is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupWeight {
    /// User and kernel memory together. `None` where the kernel's part is not accounted, because
    /// a total without it would be no total.
    pub total_bytes: Option<u64>,
    /// The kernel's part of it.
    pub kernel_bytes: Option<u64>,
    /// The part of that which is socket buffers. The sockets themselves are slab.
    pub socket_bytes: Option<u64>,
    /// The part of it which is the stacks that threads have in the kernel (version 2).
    pub kernel_stack_bytes: Option<u64>,
    /// The part of it which is page tables (version 2).
    pub page_table_bytes: Option<u64>,
    /// The part of it which is slab: the kernel's small objects (version 2).
    pub slab_bytes: Option<u64>,
}

/// The limits of the groups that this process is in. A cell's group adds none of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupLimits {
    /// The smallest memory limit of the own group and its ancestors, in bytes.
    pub memory_bytes: Ceiling,
    /// The smallest limit on the number of threads (the kernel counts each as a pid).
    pub pids: Ceiling,
}

/// How much can still be charged to the groups that this process is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What is left below the limit, in bytes. What the kernel would drop before it kills a process,
    /// pages of files, counts as left.
    pub bytes: u64,
    /// The limit that leaves the least.
    pub limit_bytes: u64,
}

/// A limit that may not be there, or not be readable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ceiling {
    /// It cannot be read.
    #[default]
    Unknown,
    /// No limit.
    Unlimited,
    /// So much.
    At(u64),
}

impl Ceiling {
    /// The stricter of two; one that is known, if the other is not.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        match (self, other) {
            (Self::At(a), Self::At(b)) => Self::At(a.min(b)),
            (Self::At(limit), _) | (_, Self::At(limit)) => Self::At(limit),
            (Self::Unlimited, _) | (_, Self::Unlimited) => Self::Unlimited,
            (Self::Unknown, Self::Unknown) => Self::Unknown,
        }
    }
}

/// Why no group can be made here.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// A file that says where the groups are is missing, as it is on systems other than Linux.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason given.
        source: io::Error,
    },
    /// Neither version has a memory controller for this process.
    #[error("no memory controller: {0}")]
    NoController(&'static str),
    /// This process may not do what it takes.
    #[error("cannot {action} in {path}: {source}; {}", remedy(source))]
    Refused {
        /// What was tried.
        action: &'static str,
        /// The group it was tried in.
        path: PathBuf,
        /// The reason given.
        source: io::Error,
    },
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
    Room { bytes: limit_bytes.saturating_sub(kept), limit_bytes }
}
