//! What a watcher last saw of a process: what it used of what is limited.

use crate::meter::process::Procfs;

/// What a watcher last saw of a process. What it could not see is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastSeen {
    /// Threads of the process.
    pub threads: Option<u64>,
    /// Mappings of the process.
    pub mappings: Option<u64>,
    /// How many mappings there are at least, where `mappings` is how many there may be: both then
    /// follow from `threads`, because counting takes too long.
    pub mappings_at_least: Option<u64>,
    /// The most addresses that the process ever had mapped, in bytes.
    pub address_space: Option<u64>,
    /// Open descriptors of the process.
    pub descriptors: Option<u64>,
    /// Resident memory of the process in bytes.
    pub rss_bytes: Option<u64>,
    /// What its control group is charged, kernel memory included, in bytes.
    pub total_bytes: Option<u64>,
    /// Threads of all processes on the system.
    pub threads_in_system: Option<u64>,
    /// Threads of all processes of the user, where the system may have refused one for them.
    pub threads_of_user: Option<u64>,
    /// Whether all tasks were in flight once. No limit that counts is what stops it from then on, because it has
    /// all that it wants.
    pub has_all: bool,
}

impl LastSeen {
    /// Takes over whatever is more in `seen`.
    pub fn raise(&mut self, seen: &Self) {
        if seen.mappings >= self.mappings {
            self.mappings_at_least = seen.mappings_at_least;
        }
        self.threads = self.threads.max(seen.threads);
        self.mappings = self.mappings.max(seen.mappings);
        self.address_space = self.address_space.max(seen.address_space);
        self.descriptors = self.descriptors.max(seen.descriptors);
        self.rss_bytes = self.rss_bytes.max(seen.rss_bytes);
        self.total_bytes = self.total_bytes.max(seen.total_bytes);
        self.threads_in_system = self.threads_in_system.max(seen.threads_in_system);
        self.threads_of_user = self.threads_of_user.max(seen.threads_of_user);
        self.has_all |= seen.has_all;
    }

    /// What can be seen of the process `pid` now, its control group aside. Cheap, except that
    /// counting mappings takes time proportional to them.
    pub fn of(procfs: &Procfs, pid: u32) -> Self {
        Self {
            threads: procfs.threads(pid),
            mappings: procfs.mappings(pid),
            address_space: procfs.peak_address_bytes(pid),
            descriptors: procfs.descriptors(pid),
            rss_bytes: procfs.approximate_rss_bytes(pid),
            threads_in_system: procfs.threads_in_system(),
            ..Self::default()
        }
    }
}
