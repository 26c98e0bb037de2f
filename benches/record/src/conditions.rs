//! What happened to the machine while a cell ran.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::run::LimitValue;

/// What happened to the machine from the end of the cell before, or the start of the run, until the end
/// of this cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// How long that was, without sleep.
    pub elapsed_ns: u64,
    /// What was counted meanwhile. What cannot be read is not there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<Count, u64>,
    /// The clock source at the end of the cell, where it is not that of the first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// The limits at the end of the cell that are not those of the first line, by name; `None` for one
    /// that cannot be read any more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, Option<LimitValue>>,
}

/// What is counted while a cell runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// For how long the hypervisor ran something else, over all cores (`steal` in `/proc/stat`).
    StolenNs,
    /// In how many periods a control group had used up its CPU (`nr_throttled` in `cpu.stat`).
    ThrottledPeriods,
    /// For how long its threads were kept from running because of that.
    ThrottledNs,
    /// How often a processor was slowed down because it was too hot.
    TooHot,
    /// For how long some task of the system waited for a core (`some` in `/proc/pressure/cpu`).
    CpuPressureNs,
    /// The same for memory.
    MemoryPressureNs,
    /// The same for input and output.
    IoPressureNs,
    /// For how long the machine slept.
    SleptNs,
}
