//! The control group of one cell.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::files::{at, flat_keyed, group_in, lists, pids, single};
use super::hierarchies::Hierarchies;
use super::{v1, v2};
use crate::meter::kernel::page_bytes;
use crate::meter::process::Procfs;
use record::Weight;

/// A control group of one cell, removed when dropped; or one that was there before, which is only read.
#[derive(Debug)]
pub struct Group {
    /// Of version 1, and not of version 2.
    pub(super) is_v1: bool,
    pub(super) path: PathBuf,
    /// Whether it was made here.
    pub(super) is_ours: bool,
}

impl Group {
    /// The group that this process is in, where it is charged; it is only read.
    pub fn of_process(procfs: &Procfs, pid: u32) -> Option<Self> {
        let cgroup = fs::read_to_string(procfs.root().join(pid.to_string()).join("cgroup")).ok()?;
        Self::in_hierarchy(procfs, cgroup)
    }

    /// The group in this folder, or with this path in the hierarchy of the memory controller; it is only
    /// read.
    pub fn at(procfs: &Procfs, path: &str) -> Option<Self> {
        let folder = Path::new(path);
        if folder.join("memory.stat").is_file() {
            let is_v1 = !folder.join("cgroup.controllers").is_file();
            return Some(Self { is_v1, path: folder.to_owned(), is_ours: false });
        }
        Self::in_hierarchy(procfs, format!("1:memory:{path}\n0::{path}\n"))
    }

    fn in_hierarchy(procfs: &Procfs, cgroup: String) -> Option<Self> {
        let hierarchies = Hierarchies { cgroup, ..Hierarchies::read(procfs).ok()? };
        let one = hierarchies.v1("memory");
        let is_v1 = one.is_some();
        let path = one.or_else(|| hierarchies.v2())?.group;
        path.join("memory.stat").is_file().then_some(Self { is_v1, path, is_ours: false })
    }

    /// The processes in the group and in those below it.
    pub fn pids(&self) -> Vec<u32> {
        fn add(group: &Path, found: &mut Vec<u32>) {
            found.extend(pids(group).into_iter().filter_map(|pid| u32::try_from(pid).ok()));
            for entry in fs::read_dir(group).into_iter().flatten().flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    add(&entry.path(), found);
                }
            }
        }
        let mut found = Vec::new();
        add(&self.path, &mut found);
        found
    }

    /// Has the process of a command move itself into the group before it becomes the program. Moved from
    /// outside after that, it would have touched some pages already, more or fewer as it happens, which stay
    /// charged to the group that it came from.
    ///
    /// # Errors
    /// If the group takes no process.
    pub fn enter_before_exec(&self, command: &mut Command) -> io::Result<()> {
        const ITSELF: &[u8] = b"0";
        let path = self.path.join("cgroup.procs");
        let processes =
            OpenOptions::new().write(true).open(&path).map_err(|error| at(&path, &error))?;
        // SAFETY: between fork and exec this does no more than write(2) to a file that was opened before,
        // which is async-signal-safe and allocates nothing (an error of the operating system is a number).
        unsafe { command.pre_exec(move || io::Write::write_all(&mut &processes, ITSELF)) };
        Ok(())
    }

    /// Why what is charged to the group is not what the process `pid` is charged; `None` if it is, or
    /// if the process is gone. The process may have started others, another program may have moved it out of
    /// the group and removed that, and a folder may become unreadable.
    pub fn is_lost_to(&self, procfs: &Procfs, pid: u32) -> Option<String> {
        let groups = fs::read_to_string(procfs.root().join(pid.to_string()).join("cgroup")).ok()?;
        let path = match self.is_v1 {
            true => group_in(&groups, |of| lists(of, "memory")),
            false => group_in(&groups, str::is_empty),
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
        let others =
            pids(&self.path).iter().filter(|other| u32::try_from(**other) != Ok(pid)).count();
        if others > 0 {
            return Some(format!(
                "it is {} processes, and one is weighed; a script must `exec` the program that it is for",
                others + 1
            ));
        }
        let path = self.path.join("memory.stat");
        let error = fs::read(&path).err()?;
        Some(format!("its control group cannot be read: {}", at(&path, &error)))
    }

    /// What is charged to the group, and nothing that its process alone knows; see [`v1::weigh`] and
    /// [`v2::weigh`] for what is counted and how exactly. There is no total where the kernel's part is not
    /// accounted, because without it that would be none.
    pub fn weigh(&self, page_table_bytes: Option<u64>) -> Weight {
        match self.is_v1 {
            true => v1::weigh(&self.path),
            false => v2::weigh(&self.path, page_table_bytes),
        }
    }

    /// Has the kernel bring the group's `memory.stat` up to date, so that the next reading of it lacks
    /// nothing.
    ///
    /// The kernel does so by itself every 2 s, and at a reading only if more than 64 page updates a
    /// core are outstanding in the group that is read (`memcg_vmstats_needs_flush`); but then it does
    /// so for all groups below that one too. The group that this one was made in, or the one above that,
    /// holds this process as well. So this process makes that many updates itself, with a file in memory that
    /// it writes and drops, and reads the statistics of both. Seen on Linux 6.18: what 10 to 60
    /// touched pages left out at a reading before, it left out none of after. Takes about a
    /// millisecond. Where it does not work, the reading is as late as it would have been.
    pub fn settle(&self, procfs: &Procfs) {
        const UPDATES_PER_CORE: usize = 64;
        let pages = UPDATES_PER_CORE * (cores_online(procfs) + 1);
        let written = tempfile::tempfile_in("/dev/shm").and_then(|mut file| {
            let page = vec![1; page_bytes().unwrap_or(4096)];
            (0..pages).try_for_each(|_| io::Write::write_all(&mut file, &page))
        });
        if written.is_ok() {
            for above in self.path.ancestors().skip(1).take(2) {
                let _ = fs::read(above.join("memory.stat"));
            }
        }
    }

    /// How many of the group's processes the kernel has killed for want of memory.
    pub fn oom_kills(&self) -> Option<u64> {
        let events = if self.is_v1 { "memory.oom_control" } else { "memory.events" };
        flat_keyed(&self.path.join(events)).get("oom_kill").copied()
    }

    /// The most that was ever charged to the group (`memory.peak` since Linux 5.19), in bytes.
    pub fn peak_bytes(&self) -> Option<u64> {
        let peak = if self.is_v1 { "memory.max_usage_in_bytes" } else { "memory.peak" };
        single(&self.path.join(peak))
    }

    /// Kills whatever is in the group: at once where the kernel can (version 2 since Linux 5.14), else one by
    /// one.
    fn kill_all(&self) {
        let all_at_once = OpenOptions::new().write(true).open(self.path.join("cgroup.kill"));
        if all_at_once.and_then(|mut file| io::Write::write_all(&mut file, b"1")).is_ok() {
            return;
        }
        for pid in pids(&self.path) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }

    /// The group's folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Group {
    /// Removes the group, with what a cell has left running in it. The kernel refuses for a moment after the
    /// last process has been reaped, so it is asked for up to half a second; after that, the next run
    /// removes it.
    fn drop(&mut self) {
        if !self.is_ours {
            return;
        }
        for _ in 0..100 {
            match fs::remove_dir(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                    self.kill_all();
                    thread::sleep(Duration::from_millis(5));
                }
                _ => return,
            }
        }
    }
}

/// How many cores the machine has online: the lines `cpuN` of `stat`. At least one.
pub(super) fn cores_online(procfs: &Procfs) -> usize {
    let stat = fs::read_to_string(procfs.root().join("stat")).unwrap_or_default();
    let is_core = |line: &&str| {
        line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    stat.lines().filter(is_core).count().max(1)
}
