//! What happened to the machine while a cell ran.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::run::LimitValue;

/// What happened to the machine from the end of the cell before, or the start of the run, until the end
/// of this cell. What cannot be read is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// How long that was, without sleep.
    pub elapsed_ns: u64,
    /// How long the hypervisor ran something else, over all cores (`steal` in `/proc/stat`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stolen_ns: Option<u64>,
    /// In how many periods a control group had used up its CPU (`nr_throttled` in `cpu.stat`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled_periods: Option<u64>,
    /// How long its threads were kept from running because of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled_ns: Option<u64>,
    /// How often a processor was slowed down because it was too hot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub too_hot: Option<u64>,
    /// How long some task of the system waited for a core (`some` in `/proc/pressure/cpu`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_pressure_ns: Option<u64>,
    /// The same for memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_pressure_ns: Option<u64>,
    /// The same for input and output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_pressure_ns: Option<u64>,
    /// How long the machine slept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slept_ns: Option<u64>,
    /// The clock source at the end of the cell, where it is not that of the first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// The limits at the end of the cell that are not those of the first line, by name; `None` for one
    /// that cannot be read any more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, Option<LimitValue>>,
}
