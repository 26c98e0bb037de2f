//! The limits of the groups that this process is in, and how much room they leave.

use std::fs;
use std::path::{Path, PathBuf};

use super::account::{Ceiling, GroupLimits, Room};
use super::hierarchies::{Hierarchies, Own};
use super::{place, v1, v2};
use crate::meter::process::Procfs;

/// The limits of the groups that this process is in.
pub fn limits(procfs: &Procfs) -> GroupLimits {
    let Ok(hierarchies) = Hierarchies::read(procfs) else {
        return GroupLimits::default();
    };
    let mut limits = GroupLimits::default();
    if let Some(own) = hierarchies.v1("memory") {
        limits.memory_bytes = v1::memory_limit(&own.group);
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

/// The folders of the groups that this process and its cells are in, of this controller in version 1 and of
/// version 2, ancestors included.
pub fn with_ancestors(procfs: &Procfs, controller: &str) -> Vec<PathBuf> {
    let Ok(hierarchies) = Hierarchies::read(procfs) else { return Vec::new() };
    let own = [hierarchies.v1(controller), hierarchies.v2()];
    let groups = own.iter().flatten().flat_map(Own::with_ancestors).map(Path::to_owned);
    groups.chain(place::beside_own()).collect()
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
