//! A control group for each cell: the only exact account of what the kernel spends on it.
//!
//! A thread's kernel stack, its task structure, a socket's buffers and page tables are in no
//! process's resident memory. The kernel's memory controller charges them, together with user
//! memory, to the control group of the process that caused them. So each cell is started in a fresh child
//! of the group that this program runs in, and limits set on that group keep holding.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`cgroups`] | finds where groups can be made, and makes them |
//! | [`group`] | the group of one cell: put a process in, weigh, remove |
//! | [`place`] | where groups are made under version 2, and what is changed for that |
//! | [`bounds`] | the limits of the groups that this process is in, and the room below them |
//! | [`v1`] | version 1: a hierarchy for the memory controller alone |
//! | [`v2`] | version 2: the unified hierarchy, all controllers together |
//! | `hierarchies` | where this process stands in each hierarchy |
//! | [`account`] | what room a group has, and why there may be none |
//! | `files` | the formats of the kernel's files |
//! | `name` | the names of the groups made here |
//!
//! A machine can have both mounted ("hybrid"); the version is then the one that has the memory
//! controller. Where no group can be made, an error says why, and those columns of the record stay empty.
//!
//! Groups are named `compare-<pid namespace>-<pid of the maker>-<number>`. A run that is killed cannot remove
//! its groups; the next one does, for makers that no longer live.

pub mod account;
pub mod bounds;
pub mod cgroups;
mod files;
pub mod group;
mod hierarchies;
mod name;
pub mod place;
#[cfg(test)]
mod tests;
pub mod v1;
pub mod v2;

pub use account::Room;
pub use bounds::{limits, room, with_ancestors};
pub use cgroups::{Cgroups, of_this_process};
pub use group::Group;
pub use place::give_back;
