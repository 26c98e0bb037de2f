//! Where this process stands in each hierarchy.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::anyhow;

use super::files::{group_in, lists, unescape};
use crate::meter::process::Procfs;

/// Where this process stands in one hierarchy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Own {
    /// Where the hierarchy is mounted.
    pub(super) mount: PathBuf,
    /// The folder of the group that this process is in.
    pub(super) group: PathBuf,
}

impl Own {
    /// The group above, if it is mounted here.
    pub(super) fn above(&self) -> Option<&Path> {
        self.with_ancestors().nth(1)
    }

    /// The group and its ancestors, as far as they are mounted here.
    pub(super) fn with_ancestors(&self) -> impl Iterator<Item = &Path> {
        self.group.ancestors().take_while(|path| path.starts_with(&self.mount))
    }
}

/// What `/proc/self/cgroup` and `/proc/self/mountinfo` say; see cgroups(7) and proc(5).
pub(super) struct Hierarchies {
    pub(super) cgroup: String,
    pub(super) mountinfo: String,
}

impl Hierarchies {
    pub(super) fn read(procfs: &Procfs) -> anyhow::Result<Self> {
        let read = |name: &str| {
            let path = procfs.root().join("self").join(name);
            fs::read_to_string(&path)
                .map_err(|why| anyhow!("{} cannot be read: {why}", path.display()))
        };
        Ok(Self { cgroup: read("cgroup")?, mountinfo: read("mountinfo")? })
    }

    /// The version 1 hierarchy of this controller.
    pub(super) fn v1(&self, controller: &str) -> Option<Own> {
        self.own(group_in(&self.cgroup, |of| lists(of, controller))?, |fs_type, options| {
            fs_type == "cgroup" && lists(options, controller)
        })
    }

    /// The version 2 hierarchy.
    pub(super) fn v2(&self) -> Option<Own> {
        self.own(group_in(&self.cgroup, str::is_empty)?, |fs_type, _| fs_type == "cgroup2")
    }

    /// Where the group at `path` is, from the first mount that shows it.
    pub(super) fn own(&self, path: &str, is_mount: impl Fn(&str, &str) -> bool) -> Option<Own> {
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
