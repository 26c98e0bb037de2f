//! The limits of the groups that cells are in, and how much room they leave.

use std::fs;
use std::path::{Path, PathBuf};

use super::account::Room;
use super::hierarchies::{Hierarchies, Own};
use super::{place, v1, v2};
use crate::meter::process::Procfs;
use record::LimitValue;

/// The limits of the groups that cells are in, on memory in bytes and on threads (the kernel counts each as a pid):
/// the smallest of the group that was made for them, or else the own one, and its ancestors. A cell's own group
/// adds none.
pub fn limits(procfs: &Procfs) -> [Option<LimitValue>; 2] {
    let Ok(hierarchies) = Hierarchies::read(procfs) else { return [None; 2] };
    let (pids, two) = (hierarchies.v1("pids"), hierarchies.v2().map(of_cells));
    let memory = hierarchies.v1("memory").and_then(|own| v1::memory_limit(&own.group));
    let memory_of_two = two.iter().flat_map(|own| written(own, "memory.max"));
    let pids = pids.iter().chain(&two).flat_map(|own| written(own, "pids.max"));
    [smallest(memory.into_iter().chain(memory_of_two)), smallest(pids)]
}

/// How much can still be charged to the groups that cells are in; `None` where no limit can be
/// read. A group's limit holds for all below it together, so each ancestor is looked at.
pub fn room(procfs: &Procfs) -> Option<Room> {
    let hierarchies = Hierarchies::read(procfs).ok()?;
    let (one, two) = (hierarchies.v1("memory"), hierarchies.v2().map(of_cells));
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
    groups.chain(own[1].as_ref().and_then(place::beside_own)).collect()
}

/// The group that holds those of the cells, which is the own one or beside it.
fn of_cells(own: Own) -> Own {
    let group = place::beside_own(&own).unwrap_or(own.group);
    Own { group, ..own }
}

/// The limits in the files of this name in the own group and its ancestors; the word `max` is no limit.
fn written(own: &Own, name: &str) -> impl Iterator<Item = LimitValue> {
    own.with_ancestors().filter_map(move |group| {
        let text = fs::read_to_string(group.join(name)).ok()?;
        match text.trim() {
            "max" => Some(LimitValue::from(None)),
            number => number.parse().ok().map(LimitValue::Number),
        }
    })
}

fn smallest(limits: impl Iterator<Item = LimitValue>) -> Option<LimitValue> {
    limits.min_by_key(|limit| limit.number().unwrap_or(u64::MAX))
}
