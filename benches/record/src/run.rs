//! The first line of a record: what was run, and on what.

use std::collections::{BTreeMap, BTreeSet};

use protocol::Profile;
use serde::{Deserialize, Serialize};

/// What was run, on what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// [`SCHEMA`](crate::SCHEMA).
    pub schema: u32,
    /// When, as RFC 3339 in UTC.
    pub started: String,
    /// The seed of the cells' order and of every bootstrap.
    pub seed: u64,
    /// How much was run.
    pub extent: Extent,
    /// The machine.
    pub host: Host,
    /// The versions of what is compared and of what that is made of, by package name. A package that
    /// is not from crates.io says where it is from.
    pub versions: BTreeMap<String, String>,
    /// Who each contestant says it is, by id. Where this is empty, the record is older, and the ids are
    /// all that is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub contestants: BTreeMap<String, Profile>,
    /// Of a record without them: what to be told about a contestant before its figures are used, by id.
    /// See [`Run::caution`].
    #[serde(default)]
    pub cautions: BTreeMap<String, String>,
    /// The options of `compare run`; `None` if something else made the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Vec<String>>,
    /// Which build of this program made it; its profile and a fingerprint of its sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// The same of its timers. See [`Run::timer`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub timers: BTreeMap<String, String>,
    /// What was counted in the files of each model's tasks, by model and file, when the program was built.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub task_code: BTreeMap<String, BTreeMap<String, TaskCode>>,
    /// How the program was compiled, by name: flags, target, features.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub build: BTreeMap<String, String>,
}

impl Run {
    /// What to be told about this contestant before its figures are used.
    pub fn caution(&self, id: &str) -> Option<&str> {
        let said = self.contestants.get(id).map(|of| of.caution.as_ref());
        said.unwrap_or_else(|| self.cautions.get(id)).map(String::as_str)
    }

    /// What this contestant's timers are and how exact they are by design.
    pub fn timer(&self, id: &str) -> Option<&str> {
        let said = self.contestants.get(id).map(|of| of.timer.as_ref());
        said.unwrap_or_else(|| self.timers.get(id)).map(String::as_str)
    }

    /// What to be told about the contestants that something is to be told of, by id.
    pub fn cautions(&self) -> impl Iterator<Item = (&str, &str)> {
        let ids: BTreeSet<&String> = self.contestants.keys().chain(self.cautions.keys()).collect();
        ids.into_iter().filter_map(|id| Some((&**id, self.caution(id)?)))
    }
}

/// What a reader has to follow in a file: counts over its syntax tree, tests left out.
/// `docs/readable.md` defines each count and says what it is biased towards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskCode {
    /// Lines with code on them.
    pub lines: u32,
    /// Functions and methods.
    pub functions: u32,
    /// How many blocks stand within each other at most.
    pub nesting: u32,
    /// Places where the way forks.
    pub branches: u32,
    /// Values that are moved by hand from one step of the task to the next.
    pub carried: u32,
}

/// How much was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// Everything in its default size.
    Full,
    /// Everything more often, in larger sizes and with every state: the committed `docs/results`.
    Thorough,
    /// Everything in a small size.
    Quick,
    /// Some contestants or cells, as asked for.
    Partial,
}

impl Extent {
    /// Its name, as in a record.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Thorough => "thorough",
            Self::Quick => "quick",
            Self::Partial => "partial",
        }
    }

    /// Whether it is made of every contestant, every kind of waiting and both bench targets.
    pub const fn is_everything(self) -> bool {
        matches!(self, Self::Full | Self::Thorough)
    }

    /// The command that makes a record of this extent; what a partial one was asked for is not known.
    pub const fn command(self) -> &'static str {
        match self {
            Self::Full | Self::Partial => "cargo bench -p compare",
            Self::Thorough => "cargo bench -p compare -- --thorough",
            Self::Quick => "cargo bench -p compare -- --quick",
        }
    }
}

/// The machine, as far as it can be read. What cannot be read is `None`, never guessed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// The processor's name.
    pub cpu: Option<String>,
    /// How many cores this process may use.
    pub cores: u32,
    /// The memory in bytes.
    pub memory_bytes: Option<u64>,
    /// The kernel's name and release.
    pub kernel: Option<String>,
    /// The clock source.
    pub clock: Option<String>,
    /// The page size in bytes.
    pub page_bytes: Option<u64>,
    /// Transparent huge pages: `always`, `madvise` or `never`.
    pub thp: Option<String>,
    /// The timer slack of the process in nanoseconds.
    pub timer_slack_ns: Option<u64>,
    /// The allocator that is really loaded, with its version.
    pub allocator: String,
    /// What the environment sets of allocators, by name: `LD_PRELOAD`, `MALLOC_*`, `GLIBC_TUNABLES`.
    pub allocator_settings: BTreeMap<String, String>,
    /// Libraries that `LD_PRELOAD` names and that are not loaded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_loaded: Vec<String>,
    /// What else changes how fast cores are, by name: hypervisor, SMT, governor, affinity. `None` for
    /// what cannot be read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub system: BTreeMap<String, Option<String>>,
    /// The compiler.
    pub rustc: String,
    /// The limits that a contestant can run into, by name. `u64::MAX` is written as `unlimited`.
    pub limits: BTreeMap<String, LimitValue>,
    /// Which kind of control group weighs the cells.
    pub cgroup: CgroupKind,
    /// Why there is no control group, where there is none.
    pub cgroup_note: Option<String>,
}

/// A limit's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LimitValue {
    /// So many.
    Number(u64),
    /// No limit.
    Unlimited(Unlimited),
}

/// The word `unlimited`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unlimited {
    /// The word itself.
    Unlimited,
}

impl LimitValue {
    /// The value as a number; `None` where there is no limit.
    pub fn number(self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Unlimited(_) => None,
        }
    }
}

impl From<Option<u64>> for LimitValue {
    fn from(value: Option<u64>) -> Self {
        value.map_or(Self::Unlimited(Unlimited::Unlimited), Self::Number)
    }
}

/// Which kind of control group weighs the cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CgroupKind {
    /// Version 1: a memory controller of its own.
    V1,
    /// Version 2: the unified hierarchy.
    V2,
    /// None that could be made here.
    #[default]
    None,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::Synthetic;

    #[test]
    fn what_was_counted_in_the_tasks_is_kept_and_need_not_be_there() {
        let made = Synthetic::new().record();
        let mut run = made.run;
        let without = serde_json::to_string(&run).unwrap();
        assert!(!without.contains("task_code"), "{without}");
        assert_eq!(serde_json::from_str::<Run>(&without).unwrap(), run);

        let code = TaskCode { lines: 5, functions: 4, nesting: 3, branches: 2, carried: 1 };
        let files = BTreeMap::from([("timer.rs".to_owned(), code)]);
        run.task_code.insert("callbacks".to_owned(), files);
        let with = serde_json::to_string(&run).unwrap();
        assert!(with.contains(r#""task_code":{"callbacks":{"timer.rs":{"lines":5,"#), "{with}");
        assert_eq!(serde_json::from_str::<Run>(&with).unwrap(), run);
    }
}
