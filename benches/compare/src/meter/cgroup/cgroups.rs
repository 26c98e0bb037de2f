//! Finds where groups for cells can be made, and makes them.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::account::{no_controller, refused};
use super::files::at;
use super::group::Group;
use super::hierarchies::Hierarchies;
use super::{name, place, v1};
use crate::meter::process::Procfs;
use record::CgroupKind;

/// Where groups for cells can be made.
#[derive(Clone, Debug)]
pub struct Cgroups {
    pub(super) is_v1: bool,
    pub(super) parent: PathBuf,
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

impl Cgroups {
    /// Finds this process's memory controller, removes what dead runs have left, and makes sure, by
    /// making a group and removing it again, that groups can be made.
    ///
    /// Under version 2 this may move this process into a leaf group of its own, until
    /// [`give_back`](place::give_back); see [`place`].
    ///
    /// # Errors
    /// If there is no memory controller, or groups cannot be made.
    pub fn detect(procfs: &Procfs) -> anyhow::Result<Self> {
        let hierarchies = Hierarchies::read(procfs)?;
        let found = if let Some(own) = hierarchies.v1("memory") {
            Self { is_v1: true, parent: own.group }
        } else if let Some(own) = hierarchies.v2() {
            own.with_ancestors().take(2).for_each(|group| remove_leftovers(group, procfs));
            Self { is_v1: false, parent: place::find(&own, procfs)? }
        } else {
            return Err(no_controller("no control groups are mounted for this process"));
        };
        remove_leftovers(&found.parent, procfs);
        found.probe().inspect_err(|_| place::give_back())?;
        Ok(found)
    }

    /// Which version weighs.
    pub fn kind(&self) -> CgroupKind {
        if self.is_v1 { CgroupKind::V1 } else { CgroupKind::V2 }
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
        let path = self.parent.join(name::own(&Procfs::default(), number));
        fs::create_dir(&path).map_err(|error| at(&path, &error))?;
        if self.is_v1 {
            v1::count_socket_buffers(&path);
        }
        Ok(Group { is_v1: self.is_v1, path, is_ours: true })
    }

    fn probe(&self) -> anyhow::Result<()> {
        let refused = |action| move |why: io::Error| refused(action, &self.parent, &why);
        let group = self.make_where_found().map_err(refused("make a group"))?;
        // Opening checks the right to write; nothing is moved.
        let procs = OpenOptions::new().write(true).open(group.path.join("cgroup.procs"));
        procs.map_err(refused("put a process into a group made"))?;
        if group.weigh(Some(0)).kernel_bytes.is_none() && !self.is_v1 {
            return Err(no_controller("memory.stat of a group has no kernel memory"));
        }
        Ok(())
    }
}

/// Removes empty groups named as ours are, whose maker is dead.
pub(super) fn remove_leftovers(parent: &Path, procfs: &Procfs) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().and_then(|name| name::number_of_dead(name, procfs)).is_some() {
            // A group that was made for cells may have some.
            remove_leftovers(&entry.path(), procfs);
            // The kernel refuses if a process is still in it; then it is not ours to remove.
            let _ = fs::remove_dir(entry.path());
        }
    }
}
