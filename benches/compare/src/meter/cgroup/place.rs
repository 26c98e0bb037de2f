//! Where groups for cells are made under version 2, and what has to be changed for that.
//!
//! A group that has processes cannot hand controllers to its children ("no internal processes"), and this
//! process is in one. There are two ways out. Both are undone by [`give_back`].
//!
//! * **Inside**: this process moves into a leaf group below its own. Then the own group must hold no other
//!   process. In a container, whose top group has no other above it, the others are moved too.
//! * **Beside**: a group next to the own one, with the same limits, takes the cells. That needs the right
//!   to write to the group above, which root has in a service, in a session and under `sudo`.
//!
//! systemd stops a unit in which a process was killed for want of memory (`OOMPolicy=stop`), and with it
//! this program. So a unit's cells are beside it if they can be.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::account::{no_controller, refused};
use super::files::pids;
use super::hierarchies::Own;
use super::name::{self, BESIDE, LEAF};
use crate::meter::process::Procfs;

/// The limits that a group beside the own one takes over, where the kernel has them.
const LIMITS: [&str; 7] = [
    "memory.max",
    "memory.high",
    "memory.swap.max",
    "pids.max",
    "cpu.max",
    "cpuset.cpus",
    "cpuset.mems",
];

/// A group that was made to have a place for cells.
#[derive(Debug)]
enum Made {
    /// A leaf that holds processes of the group above it.
    Leaf(PathBuf),
    /// A group for cells.
    Beside(PathBuf),
}

/// All of them, for [`give_back`].
static MADE: Mutex<Vec<Made>> = Mutex::new(Vec::new());

/// The group to make cells' groups in, which hands on its memory controller.
///
/// # Errors
/// If there is none. Everything is then as it was before.
pub(super) fn find(own: &Own, procfs: &Procfs) -> anyhow::Result<PathBuf> {
    let group = &own.group;
    if !lists_memory(&group.join("cgroup.controllers")) {
        return Err(no_controller(
            "it is not enabled for the group of this process; root can write `+memory` to \
             cgroup.subtree_control of the group above",
        ));
    }
    // A run that was killed has left this process's parent in a leaf.
    let above = own.above().filter(|above| lists_memory(&above.join("cgroup.subtree_control")));
    if let Some(above) = above.filter(|_| is_leaf_of_dead(group, procfs)) {
        note(Made::Leaf(group.clone()));
        return Ok(above.to_owned());
    }
    if lists_memory(&group.join("cgroup.subtree_control")) || enable(group).is_ok() {
        return Ok(group.clone());
    }
    let is_unit = group.extension().is_some_and(|kind| kind == "service" || kind == "scope");
    let beside = || beside(own, procfs).ok_or(());
    if is_unit && let Ok(group) = beside() {
        return Ok(group);
    }
    inside(own, procfs).or_else(|why| beside().map_err(|()| why))
}

/// Puts everything back as it was found. No cell's group may be left.
pub fn give_back() {
    for made in MADE.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        undo(&made);
    }
}

/// The group that holds the cells' groups where that is not the own one: it was made beside it.
pub(super) fn beside_own(own: &Own) -> Option<PathBuf> {
    let made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.iter().find_map(|made| match made {
        Made::Beside(group) if group.parent() == own.above() => Some(group.clone()),
        _ => None,
    })
}

/// Moves this process into a leaf group below its own.
fn inside(own: &Own, procfs: &Procfs) -> anyhow::Result<PathBuf> {
    let group = &own.group;
    let leaf = group.join(name::own(procfs, LEAF));
    let refused = |action| move |why: io::Error| refused(action, group, &why);
    fs::create_dir(&leaf).map_err(refused("make a leaf group"))?;
    let processes = leaf.join("cgroup.procs");
    let move_all = || {
        fs::write(&processes, std::process::id().to_string())?;
        // Only in a container is there nothing above, and all of its group is the container's.
        let others = if own.above().is_none() { pids(group) } else { Vec::new() };
        for pid in others {
            // It may be gone. If it stays, the controller is refused.
            let _ = fs::write(&processes, pid.to_string());
        }
        Ok(())
    };
    let moved = move_all().map_err(refused("move this process into a leaf group"));
    let enabled =
        moved.and_then(|()| enable(group).map_err(refused("enable the memory controller")));
    let made = Made::Leaf(leaf);
    if let Err(why) = enabled {
        undo(&made);
        return Err(why);
    }
    note(made);
    Ok(group.clone())
}

/// Makes a group beside the own one, with the same limits; `None` where that may not be done.
fn beside(own: &Own, procfs: &Procfs) -> Option<PathBuf> {
    let above = own.above()?;
    // Whoever moves a process must be allowed to write to this file of the group above both.
    OpenOptions::new().write(true).open(above.join("cgroup.procs")).ok()?;
    let group = above.join(name::own(procfs, BESIDE));
    fs::create_dir(&group).ok()?;
    let made = Made::Beside(group.clone());
    let copied = LIMITS.iter().try_for_each(|limit| match fs::read(own.group.join(limit)) {
        Ok(value) if !value.trim_ascii().is_empty() => fs::write(group.join(limit), value),
        _ => Ok(()),
    });
    if copied.and_then(|()| enable(&group)).is_err() {
        undo(&made);
        return None;
    }
    note(made);
    Some(group)
}

fn note(made: Made) {
    MADE.lock().unwrap_or_else(PoisonError::into_inner).push(made);
}

/// What cannot be undone is left for the next run.
fn undo(made: &Made) {
    let group = match made {
        Made::Beside(group) => group,
        Made::Leaf(leaf) => {
            if let Some(above) = leaf.parent() {
                let _ = fs::write(above.join("cgroup.subtree_control"), "-memory");
                for pid in pids(leaf) {
                    let _ = fs::write(above.join("cgroup.procs"), pid.to_string());
                }
            }
            leaf
        }
    };
    let _ = fs::remove_dir(group);
}

fn is_leaf_of_dead(group: &Path, procfs: &Procfs) -> bool {
    let name = group.file_name().and_then(|name| name.to_str());
    name.and_then(|name| name::number_of_dead(name, procfs)) == Some(LEAF)
}

fn lists_memory(path: &Path) -> bool {
    let list = fs::read_to_string(path).unwrap_or_default();
    list.split_whitespace().any(|controller| controller == "memory")
}

fn enable(group: &Path) -> io::Result<()> {
    fs::write(group.join("cgroup.subtree_control"), "+memory")
}
