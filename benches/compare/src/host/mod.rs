//! The machine and the build: what a figure must be read together with.
//!
//! What cannot be read is `None`, never guessed. Paths and their meaning are from the kernel's
//! `Documentation/filesystems/proc.rst` and proc(5), unless named at the function.
//!
//! | file | what it reads |
//! | --- | --- |
//! | `system` | the machine, in /proc and /sys |
//! | `allocator` | what the environment sets of the allocator |

mod allocator;
mod system;

use std::collections::BTreeMap;
use std::thread::available_parallelism;

use self::system::System;
use crate::limits::Limits;
use crate::meter::cgroup::{self, Room};
use crate::meter::kernel;
use crate::meter::process::Procfs;
use record::{CgroupKind, Host, TaskCode};

/// Describes this machine and this process. `cgroup` is what weighs the cells, and `cgroup_note`
/// says why nothing does.
pub fn describe(cgroup: CgroupKind, cgroup_note: Option<String>) -> Host {
    let limits = Limits::read();
    let system = System::default();
    let loaded = contestant::allocator::loaded();
    Host {
        cpu: system.cpu(),
        // Affinity and control group considered; 1 if even that is not known.
        cores: available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX)),
        memory_bytes: limits.get("memory_bytes"),
        kernel: system.kernel(),
        clock: system.clock(),
        page_bytes: kernel::page_bytes().map(|bytes| bytes as u64),
        thp: system.thp(),
        timer_slack_ns: system.timer_slack_ns(),
        allocator: loaded.allocator,
        allocator_settings: allocator::settings(std::env::vars_os()),
        not_loaded: loaded.missing.iter().map(|name| allocator::cut(name)).collect(),
        system: system.others(),
        rustc: rustc().to_owned(),
        limits: limits.by_name,
        cgroup,
        cgroup_note,
    }
}

/// How much memory can still be taken without swapping: the kernel's estimate (`MemAvailable`), or
/// what the limits of this process's control groups leave where that is less. `None` where there is
/// no estimate.
pub fn available_memory() -> Option<Room> {
    System::default().available_memory(cgroup::room(&Procfs::default()))
}

/// The versions of what is compared and of what that is made of, by package name, as `Cargo.lock` had
/// them when this program was built. They are there for runtimes that are not built in, too. A package
/// locked in several versions has them all, separated by commas; one that is not from crates.io says
/// where it is from. Empty if there was no `Cargo.lock`.
pub fn versions() -> BTreeMap<String, String> {
    pairs(env!("COMPARE_VERSIONS"))
}

/// How this program was compiled, by name.
pub fn build() -> BTreeMap<String, String> {
    pairs(env!("COMPARE_BUILD"))
}

/// What the build script has written as `name=value`, separated by tabs.
fn pairs(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('\t').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Which build of this program this is: its profile, and a fingerprint of its sources, its features
/// and the packages that it was locked to. Cells of two builds do not belong into one record.
pub fn program() -> String {
    env!("COMPARE_PROGRAM").to_owned()
}

/// What was counted in the files that hold each model's tasks when this program was built, by model
/// and file. A file that could not be measured then is left out.
pub fn task_code() -> BTreeMap<String, BTreeMap<String, TaskCode>> {
    serde_json::from_str(env!("COMPARE_TASK_CODE"))
        .expect("the build script writes what is read here")
}

fn rustc() -> &'static str {
    match env!("COMPARE_RUSTC") {
        "" => "unknown",
        version => version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_build_knows_its_compiler_and_its_versions() {
        assert!(rustc().starts_with("rustc 1."), "{}", rustc());
        let versions = versions();
        for name in ["tokio", "smol", "async-std", "rayon", "crossbeam-channel", "polling"] {
            let version = versions.get(name).unwrap_or_else(|| panic!("no version of {name}"));
            assert!(version.split('.').count() >= 3, "{name} {version}");
        }
        assert!(versions.contains_key("mio"), "what tokio is made of: {versions:?}");
        let build = build();
        assert!(build["target"].contains('-') && build.contains_key("RUSTFLAGS"), "{build:?}");
        assert_eq!(build["features"].contains("tokio"), cfg!(feature = "tokio"));
    }

    #[test]
    fn this_build_knows_the_code_of_each_models_tasks() {
        let code = task_code();
        assert_eq!(
            code.keys().collect::<Vec<_>>(),
            ["callbacks", "coroutines", "subroutine", "threads"]
        );
        for (model, files) in code {
            assert_eq!(files.keys().collect::<Vec<_>>(), ["http.rs", "timer.rs"], "{model}");
            assert!(files.values().all(|code| code.lines > 0 && code.functions > 0), "{model}");
        }
    }

    #[test]
    fn this_machine_is_described() {
        let host = describe(CgroupKind::None, Some("not asked for".to_owned()));
        assert!(host.cores >= 1);
        assert!(host.page_bytes.is_some_and(u64::is_power_of_two));
        assert!(!host.allocator.is_empty());
        assert_eq!(host.cgroup_note.as_deref(), Some("not asked for"));
        if cfg!(target_os = "linux") {
            assert!(host.kernel.unwrap().starts_with("Linux "));
            assert!(host.memory_bytes.unwrap() > available_memory().unwrap().bytes / 2);
        }
    }
}
