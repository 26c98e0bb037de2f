//! A control group for each cell: the only exact account of what the kernel spends on it.
//!
//! A thread's kernel stack, its task structure, a socket's buffers and page tables are in no
//! process's resident memory. The kernel's memory controller charges them, together with user
//! memory, to the control group of whoever caused them. So each cell is started in a fresh child
//! of the group that this program runs in, and limits set on that group keep holding.
//!
//! | file | version |
//! | --- | --- |
//! | [`v1`] | a hierarchy for the memory controller alone |
//! | [`v2`] | the unified hierarchy, all controllers together |
//!
//! A machine can have both mounted ("hybrid"); the version is then the one that has the memory
//! controller. Where no group can be made, [`Unavailable`] says why, and those columns of the
//! record stay empty.
//!
//! Groups are named `compare-<pid of the maker>-<number>`. A run that is killed cannot remove its
//! groups; the next one does, for makers that no longer live.

pub mod v1;
pub mod v2;

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use crate::meter::process::Procfs;
use record::CgroupKind;

/// Where groups for cells can be made.
#[derive(Clone, Debug)]
pub struct Cgroups {
    kind: CgroupKind,
    parent: PathBuf,
}

/// What [`Cgroups::detect`] finds for this process. It is looked for once, because looking may move
/// the process.
///
/// # Errors
/// The reason, if no groups can be made.
pub fn of_this_process() -> Result<Cgroups, String> {
    static FOUND: OnceLock<Result<Cgroups, String>> = OnceLock::new();
    let detect = || Cgroups::detect(&Procfs::default()).map_err(|why| why.to_string());
    FOUND.get_or_init(detect).clone()
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
    #[error("cannot {action} in {path}: {source}")]
    Refused {
        /// What was tried.
        action: &'static str,
        /// The group it was tried in.
        path: PathBuf,
        /// The reason given.
        source: io::Error,
    },
}

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
    /// What is left below the limit, in bytes. What the kernel would drop before it kills anybody,
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

impl Cgroups {
    /// Finds this process's memory controller, removes what dead runs have left, and makes sure, by
    /// making a group and removing it again, that groups can be made.
    ///
    /// Under version 2 this may move this process into a leaf group of its own; see [`v2`].
    ///
    /// # Errors
    /// If there is no memory controller, or groups cannot be made.
    pub fn detect(procfs: &Procfs) -> Result<Self, Unavailable> {
        let hierarchies = Hierarchies::read(procfs)?;
        let found = if let Some(own) = hierarchies.v1("memory") {
            Self { kind: CgroupKind::V1, parent: own.group }
        } else if let Some(own) = hierarchies.v2() {
            Self { kind: CgroupKind::V2, parent: v2::prepare(&own.group)? }
        } else {
            return Err(Unavailable::NoController(
                "no control groups are mounted for this process",
            ));
        };
        remove_leftovers(&found.parent, procfs);
        found.probe()?;
        Ok(found)
    }

    /// Which version weighs.
    pub fn kind(&self) -> CgroupKind {
        self.kind
    }

    /// Makes a group that nothing is in yet. If the group is gone in which this process was found, it
    /// is made where the process is now.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn make(&self) -> io::Result<Group> {
        match self.make_where_found() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Self::detect(&Procfs::default()).map_err(|_| error)?.make_where_found()
            }
            made => made,
        }
    }

    fn make_where_found(&self) -> io::Result<Group> {
        // Unique in the process, so that no two live groups can be one.
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = self.parent.join(format!("{PREFIX}{}-{number}", std::process::id()));
        fs::create_dir(&path).map_err(|error| at(&path, &error))?;
        if self.kind == CgroupKind::V1 {
            v1::count_socket_buffers(&path);
        }
        Ok(Group { kind: self.kind, path })
    }

    fn probe(&self) -> Result<(), Unavailable> {
        let refused = |action| {
            move |source| Unavailable::Refused { action, path: self.parent.clone(), source }
        };
        let group = self.make_where_found().map_err(refused("make a group"))?;
        // Opening checks the right to write; nothing is moved.
        let procs = OpenOptions::new().write(true).open(group.path.join("cgroup.procs"));
        procs.map_err(refused("put a process into a group made"))?;
        if group.weigh().kernel_bytes.is_none() && self.kind == CgroupKind::V2 {
            return Err(Unavailable::NoController("groups made have no memory.stat"));
        }
        Ok(())
    }
}

/// A control group of one cell. Removed when dropped.
#[derive(Debug)]
pub struct Group {
    kind: CgroupKind,
    path: PathBuf,
}

impl Group {
    /// Moves the process `pid`, with all its threads, into the group. What it was charged before
    /// stays where it was, so a cell must be moved before it allocates: right after it is spawned,
    /// or better, between fork and exec.
    ///
    /// # Errors
    /// If the process is gone or may not be moved.
    pub fn add(&self, pid: u32) -> io::Result<()> {
        fs::write(self.path.join("cgroup.procs"), pid.to_string())
    }

    /// The file to which a process writes `0` to move itself into the group.
    ///
    /// # Errors
    /// If it cannot be opened for writing.
    pub fn processes(&self) -> io::Result<File> {
        let path = self.path.join("cgroup.procs");
        OpenOptions::new().write(true).open(&path).map_err(|error| at(&path, &error))
    }

    /// Why what is charged to the group is not what the process `pid` is charged; `None` if it is, or
    /// if the process is gone. Somebody may have moved the process out of the group and removed that,
    /// and a folder may become unreadable.
    pub fn is_lost_to(&self, procfs: &Procfs, pid: u32) -> Option<String> {
        let groups = fs::read_to_string(procfs.root().join(pid.to_string()).join("cgroup")).ok()?;
        let path = match self.kind {
            CgroupKind::V1 => v1::group_in(&groups, "memory"),
            CgroupKind::V2 => v2::group_in(&groups),
            CgroupKind::None => return None,
        }?;
        // A process that ends leaves its group before it is gone.
        if !procfs.has_memory(pid) {
            return None;
        }
        // Names are unique, and where the hierarchy is mounted is no part of the path.
        if Path::new(path).file_name() != self.path.file_name() {
            let group = self.path.display();
            return Some(format!("it was moved out of its control group {group} into {path}"));
        }
        let path = self.path.join("memory.stat");
        let error = fs::read(&path).err()?;
        Some(format!("its control group cannot be read: {}", at(&path, &error)))
    }

    /// What is charged to the group; see [`v1::weigh`] and [`v2::weigh`] for what is counted and
    /// how exactly.
    pub fn weigh(&self) -> GroupWeight {
        match self.kind {
            CgroupKind::V1 => v1::weigh(&self.path),
            CgroupKind::V2 => v2::weigh(&self.path),
            CgroupKind::None => GroupWeight::default(),
        }
    }

    /// Has the kernel bring the group's `memory.stat` up to date, so that the next reading of it lacks
    /// nothing.
    ///
    /// The kernel does so by itself every 2 s, and at a reading only if more than 64 page updates a
    /// core are outstanding in the group that is read (`memcg_vmstats_needs_flush`); but then it does
    /// so for all groups below that one too. The group that this one was made in holds this process
    /// as well. So this process makes that many updates itself, with a file in memory that it
    /// writes and drops, and reads the statistics of that group. Seen on Linux 6.18: what 10 to 60
    /// touched pages left out at a reading before, it left out none of after. Takes about a
    /// millisecond. Where it does not work, the reading is as late as it would have been.
    pub fn settle(&self, procfs: &Procfs) {
        const UPDATES_PER_CORE: usize = 64;
        const PAGE: usize = 4096;
        let Some(parent) = self.path.parent().filter(|_| self.kind != CgroupKind::None) else {
            return;
        };
        let pages = UPDATES_PER_CORE * (cores_online(procfs) + 1);
        let written = tempfile::tempfile_in("/dev/shm").and_then(|mut file| {
            let page = [1; PAGE];
            (0..pages).try_for_each(|_| io::Write::write_all(&mut file, &page))
        });
        if written.is_ok() {
            let _ = fs::read(parent.join("memory.stat"));
        }
    }

    /// How many of the group's processes the kernel has killed for want of memory.
    pub fn oom_kills(&self) -> Option<u64> {
        let events = match self.kind {
            CgroupKind::V1 => "memory.oom_control",
            CgroupKind::V2 => "memory.events",
            CgroupKind::None => return None,
        };
        flat_keyed(&self.path.join(events)).get("oom_kill").copied()
    }

    /// The most that was ever charged to the group (`memory.peak` since Linux 5.19), in bytes.
    pub fn peak_bytes(&self) -> Option<u64> {
        match self.kind {
            CgroupKind::V1 => single(&self.path.join("memory.max_usage_in_bytes")),
            CgroupKind::V2 => single(&self.path.join("memory.peak")),
            CgroupKind::None => None,
        }
    }

    /// The group's folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Group {
    /// Removes the group. The kernel refuses for a moment after the last process has been reaped,
    /// so it is asked for up to half a second; after that, the next run removes it.
    fn drop(&mut self) {
        for _ in 0..100 {
            match fs::remove_dir(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                    thread::sleep(Duration::from_millis(5));
                }
                _ => return,
            }
        }
    }
}

/// The limits of the groups that this process is in.
pub fn limits(procfs: &Procfs) -> GroupLimits {
    let Ok(hierarchies) = Hierarchies::read(procfs) else {
        return GroupLimits::default();
    };
    let mut limits = GroupLimits::default();
    if let Some(own) = hierarchies.v1("memory") {
        limits.memory_bytes = v1::memory_limit(&own);
    }
    if let Some(own) = hierarchies.v1("pids") {
        limits.pids = smallest(&own, "pids.max");
    }
    if let Some(own) = hierarchies.v2() {
        limits.memory_bytes = limits.memory_bytes.min(smallest(&own, "memory.max"));
        limits.pids = limits.pids.min(smallest(&own, "pids.max"));
    }
    limits
}

/// How much can still be charged to the groups that this process is in; `None` where no limit can be
/// read. A group's limit holds for all below it together, so each ancestor is looked at.
pub fn room(procfs: &Procfs) -> Option<Room> {
    let hierarchies = Hierarchies::read(procfs).ok()?;
    let (one, two) = (hierarchies.v1("memory"), hierarchies.v2());
    let of_one = one.iter().flat_map(Own::with_ancestors).filter_map(v1::room);
    let of_two = two.iter().flat_map(Own::with_ancestors).filter_map(v2::room);
    of_one.chain(of_two).min_by_key(|room| room.bytes)
}

const PREFIX: &str = "compare-";

/// Where this process stands in one hierarchy.
#[derive(Debug, PartialEq, Eq)]
struct Own {
    /// Where the hierarchy is mounted.
    mount: PathBuf,
    /// The folder of the group that this process is in.
    group: PathBuf,
}

impl Own {
    /// The group and its ancestors, as far as they are mounted here.
    fn with_ancestors(&self) -> impl Iterator<Item = &Path> {
        self.group.ancestors().take_while(|path| path.starts_with(&self.mount))
    }
}

/// What `/proc/self/cgroup` and `/proc/self/mountinfo` say; see cgroups(7) and proc(5).
struct Hierarchies {
    cgroup: String,
    mountinfo: String,
}

impl Hierarchies {
    fn read(procfs: &Procfs) -> Result<Self, Unavailable> {
        let read = |name: &str| {
            let path = procfs.root().join("self").join(name);
            fs::read_to_string(&path).map_err(|source| Unavailable::Unreadable { path, source })
        };
        Ok(Self { cgroup: read("cgroup")?, mountinfo: read("mountinfo")? })
    }

    /// The version 1 hierarchy of this controller.
    fn v1(&self, controller: &str) -> Option<Own> {
        self.own(v1::group_in(&self.cgroup, controller)?, |fs_type, options| {
            fs_type == "cgroup" && lists(options, controller)
        })
    }

    /// The version 2 hierarchy.
    fn v2(&self) -> Option<Own> {
        self.own(v2::group_in(&self.cgroup)?, |fs_type, _| fs_type == "cgroup2")
    }

    /// Where the group at `path` is, from the first mount that shows it.
    fn own(&self, path: &str, is_mount: impl Fn(&str, &str) -> bool) -> Option<Own> {
        self.mountinfo.lines().find_map(|line| {
            let (mount, options) = line.split_once(" - ")?;
            let mut options = options.split(' ');
            if !is_mount(options.next()?, options.nth(1)?) {
                return None;
            }
            // id parent major:minor root mount-point …
            let mut fields = mount.split(' ').skip(3);
            let (root, mount) = (unescape(fields.next()?), unescape(fields.next()?));
            // A container can have a part of the hierarchy mounted: `root` is then that part's top.
            let below = Path::new(path).strip_prefix(root).ok()?;
            if below.components().any(|part| part == Component::ParentDir) {
                return None; // Outside of what a cgroup namespace shows.
            }
            let mount = PathBuf::from(mount);
            let group = below.components().fold(mount.clone(), |group, part| group.join(part));
            Some(Own { mount, group })
        })
    }
}

/// The path of the group in the hierarchy with these controllers, as a process's `cgroup` file has it.
fn group_in(cgroup: &str, has_controllers: impl Fn(&str) -> bool) -> Option<&str> {
    // hierarchy-id:controllers:path; the path may itself hold colons.
    cgroup.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let controllers = fields.next()?;
        has_controllers(controllers).then(|| fields.next())?
    })
}

/// Whether a list with commas has this item.
fn lists(list: &str, wanted: &str) -> bool {
    list.split(',').any(|item| item == wanted)
}

/// The room in a group that may be charged `limit_bytes` and is charged `charged_bytes`, with these
/// pages of files in it, by their keys in `memory.stat`.
fn room_of(
    limit_bytes: u64,
    charged_bytes: u64,
    stat: &HashMap<String, u64>,
    pages_of_files: [&str; 2],
) -> Room {
    let dropped: u64 = pages_of_files.iter().filter_map(|key| stat.get(*key)).sum();
    let kept = charged_bytes.saturating_sub(dropped);
    Room { bytes: limit_bytes.saturating_sub(kept), limit_bytes }
}

/// The error with the file that it is about, which the system does not name.
fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// The smallest number in the files of this name in the own group and its ancestors; the word `max`
/// is no limit.
fn smallest(own: &Own, name: &str) -> Ceiling {
    own.with_ancestors()
        .map(|group| match fs::read_to_string(group.join(name)) {
            Ok(text) if text.trim() == "max" => Ceiling::Unlimited,
            Ok(text) => text.trim().parse().map_or(Ceiling::Unknown, Ceiling::At),
            Err(_) => Ceiling::Unknown,
        })
        .fold(Ceiling::Unknown, Ceiling::min)
}

/// Removes empty groups named as ours are, whose maker is dead.
fn remove_leftovers(parent: &Path, procfs: &Procfs) {
    // procfs must be there, or every maker would seem to be dead.
    if !procfs.exists(std::process::id()) {
        return;
    }
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let maker = name.to_str().and_then(maker);
        if maker.is_some_and(|pid| !procfs.exists(pid)) {
            // The kernel refuses if a process is still in it; then it is not ours to remove.
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// The maker's pid in a group's name.
fn maker(name: &str) -> Option<u32> {
    let (pid, number) = name.strip_prefix(PREFIX)?.split_once('-')?;
    number.parse::<u32>().ok()?;
    pid.parse().ok()
}

/// How many cores the machine has online: the lines `cpuN` of `stat`. At least one.
fn cores_online(procfs: &Procfs) -> usize {
    let stat = fs::read_to_string(procfs.root().join("stat")).unwrap_or_default();
    let is_core = |line: &&str| {
        line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    stat.lines().filter(is_core).count().max(1)
}

/// A file's single number.
fn single(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// A file of lines `key number`.
fn flat_keyed(path: &Path) -> HashMap<String, u64> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let pairs = text.lines().filter_map(|line| {
        let (key, number) = line.split_once(' ')?;
        Some((key.to_owned(), number.trim().parse().ok()?))
    });
    pairs.collect()
}

/// mountinfo writes space, tab, line end and backslash as `\` and three octal digits.
fn unescape(field: &str) -> String {
    field.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

#[cfg(test)]
mod tests;
