//! The machine and the build: what a figure must be read together with.
//!
//! What cannot be read is `None`, never guessed. Paths and their meaning are from the kernel's
//! `Documentation/filesystems/proc.rst` and proc(5), unless named at the function.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::limits::Limits;
use crate::meter::cgroup::{self, Room};
use crate::meter::kernel;
use crate::meter::process::{self, Procfs};
use record::{CgroupKind, Host, LimitValue, TaskCode};

/// Describes this machine and this process. `cgroup` is what weighs the cells, and `cgroup_note`
/// says why nothing does.
pub fn describe(cgroup: CgroupKind, cgroup_note: Option<String>) -> Host {
    let limits = Limits::read();
    let system = System::default();
    Host {
        cpu: system.cpu(),
        cores: cores(),
        memory_bytes: limits.memory_bytes.and_then(LimitValue::number),
        kernel: system.kernel(),
        clock: system.clock(),
        page_bytes: kernel::page_bytes().map(|bytes| bytes as u64),
        thp: system.thp(),
        timer_slack_ns: system.timer_slack_ns(),
        allocator: allocator(),
        allocator_settings: allocator_settings(std::env::vars_os()),
        rustc: rustc().to_owned(),
        limits: limits.to_map(),
        cgroup,
        cgroup_note,
    }
}

/// How much memory can still be taken without swapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Available {
    /// So many bytes.
    pub bytes: u64,
    /// The control group's limit, where it is what leaves no more.
    pub group_limit_bytes: Option<u64>,
}

/// How much memory can still be taken without swapping: the kernel's estimate (`MemAvailable`), or
/// what the limits of this process's control groups leave where that is less. `None` where there is
/// no estimate.
pub fn available_memory() -> Option<Available> {
    System::default().available_memory(cgroup::room(&Procfs::default()))
}

/// The versions of what is compared, by package name, as `Cargo.lock` had them when this program
/// was built. They are there for runtimes that are not built in, too. A package locked in several
/// versions has them all, separated by commas. Empty if there was no `Cargo.lock`.
pub fn versions() -> BTreeMap<String, String> {
    let pairs = env!("COMPARE_VERSIONS").split(';').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, version)| (name.to_owned(), version.to_owned())).collect()
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

/// How many cores this process may use, affinity and control group considered; 1 if even that is
/// not known.
pub fn cores() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(cores).unwrap_or(u32::MAX)
}

/// Where the kernel shows itself.
struct System {
    procfs: Procfs,
    sysfs: PathBuf,
}

impl Default for System {
    fn default() -> Self {
        Self { procfs: Procfs::default(), sysfs: PathBuf::from("/sys") }
    }
}

impl System {
    /// The processor's name. Not every architecture's kernel knows one.
    fn cpu(&self) -> Option<String> {
        let info = fs::read_to_string(self.proc("cpuinfo")).ok()?;
        let name = process::value(&info, "model name")?;
        (!name.is_empty()).then(|| name.to_owned())
    }

    fn kernel(&self) -> Option<String> {
        let name = line(&self.proc("sys/kernel/ostype"))?;
        let release = line(&self.proc("sys/kernel/osrelease"))?;
        Some(format!("{name} {release}"))
    }

    /// Other clock sources than `tsc` can make reading the clock a system call.
    fn clock(&self) -> Option<String> {
        line(&self.sysfs.join("devices/system/clocksource/clocksource0/current_clocksource"))
    }

    /// The word in brackets; see the kernel's `Documentation/admin-guide/mm/transhuge.rst`.
    fn thp(&self) -> Option<String> {
        let choices = line(&self.sysfs.join("kernel/mm/transparent_hugepage/enabled"))?;
        let (_, rest) = choices.split_once('[')?;
        let (chosen, _) = rest.split_once(']')?;
        Some(chosen.to_owned())
    }

    /// By how much the kernel may delay a timer of this process, to wake for several at once; see
    /// prctl(2), `PR_SET_TIMERSLACK`. Children inherit it.
    fn timer_slack_ns(&self) -> Option<u64> {
        line(&self.proc("self/timerslack_ns"))?.parse().ok()
    }

    fn available_memory(&self, room: Option<Room>) -> Option<Available> {
        let info = fs::read_to_string(self.proc("meminfo")).ok()?;
        let bytes = process::kilobytes(&info, "MemAvailable")?;
        Some(match room.filter(|room| room.bytes < bytes) {
            Some(Room { bytes, limit_bytes }) => {
                Available { bytes, group_limit_bytes: Some(limit_bytes) }
            }
            None => Available { bytes, group_limit_bytes: None },
        })
    }

    fn proc(&self, name: &str) -> PathBuf {
        self.procfs.root().join(name)
    }
}

/// A file's only line, if it is not empty.
fn line(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// Settings in the environment that change what an allocator keeps; see mallopt(3).
fn allocator_settings(
    environment: impl Iterator<Item = (std::ffi::OsString, std::ffi::OsString)>,
) -> BTreeMap<String, String> {
    environment
        .map(|(name, value)| {
            (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
        })
        .filter(|(name, _)| name.starts_with("MALLOC_") || name == "GLIBC_TUNABLES")
        .collect()
}

fn rustc() -> &'static str {
    match env!("COMPARE_RUSTC") {
        "" => "unknown",
        version => version,
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn allocator() -> String {
    // SAFETY: gnu_get_libc_version takes nothing and has no preconditions.
    let version = unsafe { libc::gnu_get_libc_version() };
    // SAFETY: it returns a string that ends with a zero byte and lives as long as the program.
    let version = unsafe { std::ffi::CStr::from_ptr(version) };
    format!("glibc malloc {}", version.to_string_lossy())
}

#[cfg(target_env = "musl")]
fn allocator() -> String {
    "musl malloc".to_owned()
}

#[cfg(not(any(all(target_os = "linux", target_env = "gnu"), target_env = "musl")))]
fn allocator() -> String {
    "system".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(files: &[(&str, &str)]) -> (tempfile::TempDir, System) {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let system =
            System { procfs: Procfs::at(root.path().join("proc")), sysfs: root.path().join("sys") };
        (root, system)
    }

    #[test]
    fn a_machine_is_read_from_its_files() {
        let (_root, system) = fixture(&[
            (
                "proc/cpuinfo",
                "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\n\nprocessor\t: 1\n",
            ),
            ("proc/sys/kernel/ostype", "Linux\n"),
            ("proc/sys/kernel/osrelease", "6.18.1-x\n"),
            ("proc/self/timerslack_ns", "50000\n"),
            ("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"),
            ("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"),
        ]);
        assert_eq!(system.cpu().as_deref(), Some("Some CPU @ 2.00GHz"));
        assert_eq!(system.kernel().as_deref(), Some("Linux 6.18.1-x"));
        assert_eq!(system.timer_slack_ns(), Some(50_000));
        assert_eq!(system.clock().as_deref(), Some("tsc"));
        assert_eq!(system.thp().as_deref(), Some("madvise"));
    }

    #[test]
    fn what_cannot_be_read_is_not_guessed() {
        let (_root, system) = fixture(&[
            ("proc/cpuinfo", "processor\t: 0\n"),
            ("proc/sys/kernel/ostype", "Linux\n"),
            ("proc/self/timerslack_ns", "\n"),
            ("sys/kernel/mm/transparent_hugepage/enabled", "always\n"),
        ]);
        assert_eq!(system.cpu(), None);
        assert_eq!(system.kernel(), None);
        assert_eq!(system.timer_slack_ns(), None);
        assert_eq!(system.clock(), None);
        assert_eq!(system.thp(), None);
        assert_eq!(system.available_memory(None), None);
    }

    #[test]
    fn memory_is_available_up_to_what_the_group_has_room_for() {
        let (_root, system) = fixture(&[("proc/meminfo", "MemTotal: 9 kB\nMemAvailable: 8 kB\n")]);
        let of_machine = Some(Available { bytes: 8192, group_limit_bytes: None });
        let room = |bytes| Some(Room { bytes, limit_bytes: 1 << 40 });
        assert_eq!(system.available_memory(None), of_machine);
        assert_eq!(system.available_memory(room(8192)), of_machine);
        let of_group = Some(Available { bytes: 4096, group_limit_bytes: Some(1 << 40) });
        assert_eq!(system.available_memory(room(4096)), of_group);
    }

    #[test]
    fn only_the_allocators_settings_are_kept() {
        let environment = [
            ("MALLOC_ARENA_MAX", "1"),
            ("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0"),
            ("HOME", "/"),
            ("JEMALLOC_MALLOC_", "x"),
        ];
        let settings = allocator_settings(
            environment.map(|(name, value)| (name.into(), value.into())).into_iter(),
        );
        let expected = BTreeMap::from([
            ("GLIBC_TUNABLES".to_owned(), "glibc.malloc.tcache_count=0".to_owned()),
            ("MALLOC_ARENA_MAX".to_owned(), "1".to_owned()),
        ]);
        assert_eq!(settings, expected);
    }

    #[test]
    fn this_build_knows_its_compiler_and_its_versions() {
        assert!(rustc().starts_with("rustc 1."), "{}", rustc());
        let versions = versions();
        for name in ["tokio", "smol", "async-std", "rayon", "crossbeam-channel", "polling"] {
            let version = versions.get(name).unwrap_or_else(|| panic!("no version of {name}"));
            assert!(version.split('.').count() >= 3, "{name} {version}");
        }
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
