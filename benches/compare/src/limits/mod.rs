//! The limits of this machine that a contestant can run into, and which of them it was.
//!
//! A contestant that cannot reach a task count has hit a *wall*, and a wall is a result only if it
//! can be named. The kernel does not say which limit refused a thread (all of them are `EAGAIN` or
//! `ENOMEM`), so the name is found from what a watcher last saw of the process: the limit of which
//! it used the largest share. Where no limit was near, none is named. What was seen comes before what is
//! only estimated.
//!
//! | file | what lives there |
//! | --- | --- |
//! | this one | [`Limits`], and which of them was the nearest |
//! | `seen` | [`LastSeen`]: what was seen of a process |
//! | `own` | the limits that this process changes or refuses for itself |
//!
//! | name | what is limited | source |
//! | --- | --- | --- |
//! | `max_map_count` | mappings of a process | `vm.max_map_count`, admin-guide/sysctl/vm.rst |
//! | `threads_max` | threads on the system | `kernel.threads-max`, admin-guide/sysctl/kernel.rst |
//! | `pid_max` | pids on the system, one a thread | `kernel.pid_max`, same place |
//! | `nproc` | threads of a user | `RLIMIT_NPROC`, getrlimit(2) |
//! | `nofile`, `nofile_hard` | descriptors of a process, soft (raised to the hard one by [`raise_descriptors`]) and hard | `RLIMIT_NOFILE`, same place |
//! | `nofile_given` | the soft limit that this program was started with, before it raised it | same |
//! | `address_space` | addresses of a process, in bytes | `RLIMIT_AS`, same place |
//! | `ports` | local ports for connections to one address | `net.ipv4.ip_local_port_range`, networking/ip-sysctl.rst |
//! | `pids_cgroup` | threads of a control group | `pids.max`, the smallest of all ancestors |
//! | `memory_cgroup` | memory of a control group, in bytes | the smallest of all ancestors |
//! | `memory_bytes` | memory of the machine, in bytes | `MemTotal` in `/proc/meminfo` |

mod own;
mod seen;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fs;

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, rlim_t};

use crate::meter::cgroup;
use crate::meter::process::{self, Procfs};
use own::NOFILE_GIVEN;
pub use own::{raise_descriptors, refuse_a_small_stack, restore_descriptors};
use record::{Limit, LimitValue};
pub use seen::LastSeen;

/// The share of a limit from which on it can be what stopped a process.
///
/// A watcher samples, so what it saw last lies behind what the process reached. A std thread makes
/// four mappings, so one that was at 15 000 of some 16 380 possible threads is at 92 %.
pub const NEAR: f64 = 0.85;

/// The pids below which the kernel gives none once all have been given (`RESERVED_PIDS` in its `kernel/pid.c`): with
/// few pids, that is many of them.
const RESERVED_PIDS: u64 = 300;

/// The limits of which each thread takes some.
const BOUND_THREADS: [&str; 6] =
    ["max_map_count", "threads_max", "pid_max", "nproc", "pids_cgroup", "address_space"];

/// The limits of this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// All that can be read, by name, as the record has them.
    pub by_name: BTreeMap<String, LimitValue>,
    /// Whether the kernel lets this user exceed `nproc`: it does for root and for users with
    /// `CAP_SYS_RESOURCE` or `CAP_SYS_ADMIN` (getrlimit(2)).
    pub exempt_from_nproc: bool,
}

impl Limits {
    /// The limits that this process, and so its children, are under.
    pub fn read() -> Self {
        Self::read_from(&Procfs::default())
    }

    /// The limit of this name; `None` where there is none or it cannot be read.
    pub fn get(&self, name: &str) -> Option<u64> {
        self.by_name.get(name)?.number()
    }

    /// The limit of which the process used the largest share when it was last seen; `None` if that
    /// is less than [`NEAR`] of any. An estimate never beats a limit that was read.
    ///
    /// The user's and the group's threads are at least the process's own; those are compared with
    /// `nproc` and `pids_cgroup` where no more is known. `nproc` is never named where the user is exempt.
    pub fn nearest(&self, seen: &LastSeen) -> Option<Limit> {
        let threads_in_system = seen.threads_in_system.max(seen.threads);
        let memory = seen.rss_bytes.max(seen.total_bytes);
        // A process with more descriptors than the soft limit has raised it to the hard one.
        let soft = self.get("nofile").zip(seen.descriptors);
        let is_raised = soft.is_some_and(|(soft, open)| open > soft);
        let candidates = [
            ("max_map_count", seen.mappings),
            ("threads_max", threads_in_system),
            ("pid_max", threads_in_system),
            ("nproc", seen.threads_of_user.max(seen.threads)),
            (if is_raised { "nofile_hard" } else { "nofile" }, seen.descriptors),
            ("address_space", seen.address_space),
            ("pids_cgroup", seen.threads),
            ("memory_cgroup", memory),
            ("memory_bytes", memory),
        ];
        let near = candidates.into_iter().filter_map(|(name, used)| {
            let value = self.binding(name)?;
            if seen.has_all && !name.starts_with("memory") {
                return None;
            }
            let at_least = seen.mappings_at_least.filter(|_| name == "max_map_count");
            let used_is_estimated = at_least.is_some();
            let reserved = if name == "pid_max" { RESERVED_PIDS.min(value / 2) } else { 0 };
            let share = used? as f64 / (value - reserved) as f64;
            // An estimate far above what the kernel allows is wrong.
            if share < NEAR || at_least.is_some_and(|least| least as f64 * NEAR > value as f64) {
                return None;
            }
            // It can lie a little above, and a process killed for its memory may take a little more
            // while it dies.
            let used = used?.min(value);
            let reached = seen.threads.filter(|_| BOUND_THREADS.contains(&name));
            let limit = Limit { name: name.to_owned(), value, used, used_is_estimated, reached };
            Some((share.min(1.0), limit))
        });
        let order = |(share, limit): &(f64, Limit)| (!limit.used_is_estimated, *share);
        near.max_by(|one, other| order(one).partial_cmp(&order(other)).unwrap_or(Ordering::Equal))
            .map(|(_, limit)| limit)
    }

    /// The limit on descriptors, of a process to which the system said that it has none left.
    pub fn descriptors(&self, seen: &LastSeen) -> Option<Limit> {
        self.used_up("nofile", seen.descriptors)
    }

    /// The limit on local ports, of a process to which the system said that it has none left.
    pub fn ports(&self) -> Option<Limit> {
        self.used_up("ports", None)
    }

    /// The limit on mappings or on addresses, of a process that was refused memory where no limit was near
    /// when it was last looked at: a process makes thousands of threads between two looks. Mappings if it had
    /// half of them.
    pub fn of_refused_memory(&self, seen: &LastSeen) -> Option<Limit> {
        let mappings = seen.mappings.zip(self.get("max_map_count"));
        if mappings.is_some_and(|(had, most)| had >= most / 2) {
            return self.used_up("max_map_count", seen.mappings);
        }
        self.used_up("address_space", seen.address_space)
    }

    /// The limit on the user's threads or on addresses, of a process that was refused a thread where no limit
    /// was near: it may have given back what it had before it was looked at. The one of which more was in use;
    /// `None` where that was less than a quarter of either.
    pub fn of_a_refused_thread(&self, seen: &LastSeen) -> Option<Limit> {
        const LITTLE: f64 = 0.25;
        let threads = seen.threads_of_user.max(seen.threads);
        let candidates = [("nproc", threads), ("address_space", seen.address_space)];
        let shares = candidates.into_iter().filter_map(|(name, used)| {
            let limit = self.binding(name)? as f64;
            // One that was never looked at died at once. Addresses are hardly ever limited by chance.
            let unseen = if name == "address_space" { LITTLE } else { 0.0 };
            Some((used.map_or(unseen, |used| used as f64 / limit), name, used))
        });
        let most =
            shares.filter(|of| of.0 >= LITTLE).max_by(|one, other| one.0.total_cmp(&other.0));
        most.and_then(|(_, name, used)| self.used_up(name, used))
    }

    /// The limit of this name, where it holds for this user.
    fn binding(&self, name: &str) -> Option<u64> {
        self.get(name).filter(|_| name != "nproc" || !self.exempt_from_nproc)
    }

    /// A limit of which the system said that nothing is left. If the process was seen before it came near,
    /// it had used all of it nevertheless.
    fn used_up(&self, name: &str, seen: Option<u64>) -> Option<Limit> {
        let value = self.get(name)?;
        let near = seen.filter(|used| *used as f64 >= NEAR * value as f64);
        Some(Limit {
            name: name.into(),
            value,
            used: near.unwrap_or(value),
            used_is_estimated: near.is_none(),
            reached: None,
        })
    }

    fn read_from(procfs: &Procfs) -> Self {
        let sysctl = |name: &str| {
            let text = fs::read_to_string(procfs.root().join("sys").join(name)).ok()?;
            Some(LimitValue::Number(text.trim().parse().ok()?))
        };
        let meminfo = fs::read_to_string(procfs.root().join("meminfo")).unwrap_or_default();
        let [memory_cgroup, pids_cgroup] = cgroup::limits(procfs);
        let nofile = getrlimit(Resource::RLIMIT_NOFILE).ok();
        let [nproc, address_space] = nproc_and_address_space();
        let number = LimitValue::Number;
        let all = [
            ("max_map_count", sysctl("vm/max_map_count")),
            ("threads_max", sysctl("kernel/threads-max")),
            ("pid_max", sysctl("kernel/pid_max")),
            ("nproc", nproc),
            ("nofile", nofile.map(|(soft, _)| rlimit(soft))),
            ("nofile_given", NOFILE_GIVEN.get().copied().map(rlimit)),
            ("nofile_hard", nofile.map(|(_, hard)| rlimit(hard))),
            // Rarely limited, and not in older records: those are as good as unlimited ones.
            ("address_space", address_space.filter(|value| value.number().is_some())),
            ("ports", ports(procfs).map(number)),
            ("pids_cgroup", pids_cgroup),
            ("memory_cgroup", memory_cgroup),
            ("memory_bytes", process::kilobytes(&meminfo, "MemTotal").map(number)),
        ];
        let known = all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Self { by_name: known.collect(), exempt_from_nproc: is_exempt_from_nproc(procfs) }
    }
}

/// How many ports there are from the first to the last.
fn ports(procfs: &Procfs) -> Option<u64> {
    let range = fs::read_to_string(procfs.root().join("sys/net/ipv4/ip_local_port_range")).ok()?;
    let (first, last) = range.trim().split_once(char::is_whitespace)?;
    (last.trim().parse::<u64>().ok()? + 1).checked_sub(first.parse().ok()?)
}

/// nix knows both of them on these systems only, and only there is it seen what a process uses.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn nproc_and_address_space() -> [Option<LimitValue>; 2] {
    [Resource::RLIMIT_NPROC, Resource::RLIMIT_AS]
        .map(|resource| getrlimit(resource).ok().map(|(soft, _)| rlimit(soft)))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn nproc_and_address_space() -> [Option<LimitValue>; 2] {
    [None; 2]
}

fn rlimit(limit: rlim_t) -> LimitValue {
    /// `rlim_t` is signed on some systems.
    fn number(limit: impl TryInto<u64>) -> Option<u64> {
        limit.try_into().ok()
    }
    LimitValue::from(if limit == RLIM_INFINITY { None } else { number(limit) })
}

/// As `copy_process` in the kernel's `kernel/fork.c` decides it: exempt are the initial
/// user namespace's root, and those with `CAP_SYS_ADMIN` or `CAP_SYS_RESOURCE` in that namespace.
fn is_exempt_from_nproc(procfs: &Procfs) -> bool {
    const CAP_SYS_ADMIN: u64 = 1 << 21;
    const CAP_SYS_RESOURCE: u64 = 1 << 24;
    let own = |name: &str| fs::read_to_string(procfs.root().join("self").join(name)).ok();
    // The initial namespace maps all ids to themselves (user_namespaces(7)).
    let initial =
        own("uid_map").is_some_and(|map| map.split_whitespace().eq(["0", "0", "4294967295"]));
    let status = own("status").unwrap_or_default();
    let is_root =
        process::value(&status, "Uid").and_then(|ids| ids.split_whitespace().next()) == Some("0");
    let capabilities = process::value(&status, "CapEff")
        .and_then(|bits| u64::from_str_radix(bits, 16).ok())
        .unwrap_or(0);
    initial && (is_root || capabilities & (CAP_SYS_ADMIN | CAP_SYS_RESOURCE) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNLIMITED: Option<u64> = None;

    fn limits() -> Limits {
        let all = [
            ("max_map_count", Some(65_530)),
            ("threads_max", Some(192_731)),
            ("pid_max", Some(32_768)),
            ("nproc", Some(10_000)),
            ("nofile", Some(1_024)),
            ("nofile_given", Some(256)),
            ("nofile_hard", Some(20_000)),
            ("address_space", Some(7_000_000 << 10)),
            ("ports", Some(28_232)),
            ("pids_cgroup", UNLIMITED),
            ("memory_cgroup", Some(1 << 30)),
            ("memory_bytes", Some(24 << 30)),
        ];
        let by_name = all.map(|(name, value)| (name.to_owned(), LimitValue::from(value))).into();
        Limits { by_name, exempt_from_nproc: true }
    }

    /// The same for a user who may not exceed `nproc`.
    fn bound() -> Limits {
        Limits { exempt_from_nproc: false, ..limits() }
    }

    fn with(mut limits: Limits, name: &str, value: Option<u64>) -> Limits {
        limits.by_name.insert(name.to_owned(), value.into());
        limits
    }

    fn named(limits: &Limits, seen: LastSeen) -> Option<String> {
        limits.nearest(&seen).map(|limit| limit.to_string())
    }

    #[test]
    fn threads_stop_at_the_map_count() {
        let seen = LastSeen {
            threads: Some(15_000),
            mappings: Some(60_012),
            descriptors: Some(5),
            threads_in_system: Some(15_090),
            ..LastSeen::default()
        };
        assert_eq!(
            named(&limits(), seen).as_deref(),
            Some("max_map_count 65530, 60012 in use when last seen")
        );
        assert_eq!(limits().nearest(&seen).unwrap().reached, Some(15_000));
    }

    #[test]
    fn threads_with_few_mappings_stop_at_the_pids_of_the_whole_system() {
        let seen = LastSeen {
            threads: Some(20_000),
            mappings: Some(40_000),
            threads_in_system: Some(31_000),
            ..LastSeen::default()
        };
        let limit = limits().nearest(&seen).unwrap();
        assert_eq!((limit.name.as_str(), limit.value, limit.used), ("pid_max", 32_768, 31_000));
        // Without a count for the system there are at least the process's own.
        let seen = LastSeen { threads: Some(30_000), ..LastSeen::default() };
        assert_eq!(limits().nearest(&seen).unwrap().name, "pid_max");
        // Of few pids, those that are kept back are many.
        let seen = LastSeen { threads: Some(1_190), ..LastSeen::default() };
        let few = with(limits(), "pid_max", Some(1_500));
        assert_eq!(named(&few, seen).as_deref(), Some("pid_max 1500, 1190 in use when last seen"));
        let seen = LastSeen { threads: Some(900), ..LastSeen::default() };
        assert_eq!(named(&few, seen), None);
        assert_eq!(
            named(&with(limits(), "pid_max", Some(1)), seen).as_deref(),
            Some("pid_max 1, 1 in use when last seen")
        );
    }

    #[test]
    fn what_has_all_that_it_wants_is_stopped_by_memory_alone() {
        let held = |has_all, rss| LastSeen {
            threads: Some(16_000),
            mappings: Some(65_000),
            descriptors: Some(1_020),
            rss_bytes: Some(rss),
            has_all,
            ..LastSeen::default()
        };
        assert_eq!(limits().nearest(&held(false, 0)).unwrap().name, "nofile");
        assert_eq!(limits().nearest(&held(true, 0)), None);
        assert_eq!(limits().nearest(&held(true, 1_000 << 20)).unwrap().name, "memory_cgroup");
    }

    #[test]
    fn descriptors_stop_at_the_soft_limit_or_at_the_hard_one_if_raised() {
        let seen = |open| LastSeen { descriptors: Some(open), ..LastSeen::default() };
        assert_eq!(limits().nearest(&seen(1_024)).unwrap().name, "nofile");
        assert_eq!(limits().nearest(&seen(19_000)).unwrap().name, "nofile_hard");
        assert_eq!(limits().nearest(&seen(5_000)), None);
    }

    #[test]
    fn memory_stops_at_the_smaller_of_group_and_machine() {
        let seen = |rss, total| LastSeen {
            rss_bytes: Some(rss),
            total_bytes: total,
            ..LastSeen::default()
        };
        assert_eq!(limits().nearest(&seen(1_000 << 20, None)).unwrap().name, "memory_cgroup");
        // Kernel memory counts for the group too.
        let limit = limits().nearest(&seen(200 << 20, Some(1_000 << 20))).unwrap();
        assert_eq!((limit.name.as_str(), limit.used), ("memory_cgroup", 1_000 << 20));
        assert_eq!(limit.reached, None, "memory is no limit of threads");
        // A process that the kernel kills may be beyond the limit.
        assert_eq!(limits().nearest(&seen(0, Some(1_100 << 20))).unwrap().used, 1 << 30);
        let mut machine = limits();
        machine.by_name.remove("memory_cgroup");
        assert_eq!(machine.nearest(&seen(23 << 30, None)).unwrap().name, "memory_bytes");
    }

    #[test]
    fn a_process_far_from_every_limit_was_stopped_by_none() {
        let seen = LastSeen {
            mappings_at_least: None,
            threads: Some(3),
            mappings: Some(80),
            address_space: Some(5 << 30),
            descriptors: Some(870),
            rss_bytes: Some(100 << 20),
            total_bytes: Some(120 << 20),
            threads_in_system: Some(90),
            threads_of_user: Some(20),
            has_all: false,
        };
        assert_eq!(limits().nearest(&seen), None);
        assert_eq!(limits().nearest(&LastSeen::default()), None);
        assert_eq!(Limits::default().nearest(&seen), None);
    }

    /// Many mappings of few threads, multiplied by all threads, were more than the kernel allows.
    #[test]
    fn an_estimate_never_beats_a_limit_that_was_read() {
        let between = |least, mappings| LastSeen {
            threads: Some(3_000),
            mappings: Some(mappings),
            mappings_at_least: Some(least),
            ..LastSeen::default()
        };
        let estimated = |mappings| between(mappings, mappings);
        let addresses = Some(6_990_000 << 10);
        for (seen, name) in [
            (LastSeen { address_space: addresses, ..estimated(65_000) }, Some("address_space")),
            (LastSeen { address_space: addresses, ..estimated(144_000) }, Some("address_space")),
            (estimated(65_000), Some("max_map_count")),
            (estimated(144_000), None),
            // Threads were made while their mappings were counted.
            (between(40_000, 144_000), Some("max_map_count")),
            (between(40_000, 50_000), None),
        ] {
            let limit = limits().nearest(&seen);
            assert_eq!(limit.as_ref().map(|limit| limit.name.as_str()), name, "{seen:?}");
            if name == Some("address_space") {
                let limit = limit.unwrap();
                assert!(!limit.used_is_estimated && limit.reached == Some(3_000), "{limit:?}");
            }
        }
        let bound = with(bound(), "nproc", Some(3_000));
        assert_eq!(bound.nearest(&estimated(65_000)).unwrap().name, "nproc");
    }

    #[test]
    fn only_users_who_are_not_exempt_stop_at_nproc() {
        let seen = LastSeen { threads: Some(9_990), ..LastSeen::default() };
        assert_eq!(limits().nearest(&seen), None);
        assert_eq!(bound().nearest(&seen).unwrap().name, "nproc");
    }

    /// What else the user runs takes part of them too.
    #[test]
    fn threads_of_the_users_other_processes_count() {
        let bound = with(bound(), "nproc", Some(12));
        let seen = |threads_of_user| LastSeen {
            threads: Some(4),
            threads_of_user: Some(threads_of_user),
            ..LastSeen::default()
        };
        assert_eq!(bound.nearest(&seen(12)).unwrap().used, 12);
        assert_eq!(bound.nearest(&seen(8)), None);
        let limit = bound.of_a_refused_thread(&seen(8)).unwrap();
        assert_eq!((limit.name.as_str(), limit.used_is_estimated), ("nproc", true));
        let none = LastSeen { threads: Some(2), ..LastSeen::default() };
        let endless = with(bound.clone(), "address_space", UNLIMITED);
        assert_eq!(endless.of_a_refused_thread(&none), None);
        assert_eq!(endless.of_a_refused_thread(&LastSeen::default()), None);
        assert_eq!(bound.of_a_refused_thread(&none).unwrap().name, "address_space");
        let addresses = LastSeen { address_space: Some(4_000_000 << 10), ..none };
        assert_eq!(bound.of_a_refused_thread(&addresses).unwrap().name, "address_space");
    }

    #[test]
    fn a_process_that_was_refused_memory_had_used_up_its_mappings_or_its_addresses() {
        let seen = |mappings| LastSeen { mappings: Some(mappings), ..LastSeen::default() };
        let name = |seen| limits().of_refused_memory(&seen).unwrap().name;
        assert_eq!(name(seen(40_000)), "max_map_count");
        assert_eq!(name(seen(400)), "address_space");
        let endless = with(limits(), "address_space", UNLIMITED);
        assert_eq!(endless.of_refused_memory(&seen(400)), None);
    }

    #[test]
    fn limits_are_read_from_their_files() {
        let root = tempfile::tempdir().unwrap();
        let procfs = Procfs::at(root.path());
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("sys/vm/max_map_count", "65530\n");
        write("sys/kernel/pid_max", "many\n");
        write("sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
        write("meminfo", "MemTotal:       24684096 kB\nMemAvailable: 1 kB\n");
        let limits = Limits::read_from(&procfs);
        assert_eq!(limits.get("max_map_count"), Some(65_530));
        assert_eq!(limits.ports().map(|limit| limit.value), Some(28_232));
        assert_eq!(limits.get("memory_bytes"), Some(24_684_096 * 1024));
        for unknown in ["pid_max", "threads_max", "memory_cgroup"] {
            assert!(!limits.by_name.contains_key(unknown), "{unknown}");
        }
        assert!(!limits.exempt_from_nproc);

        let initial = "         0          0 4294967295\n";
        for (map, uid, capabilities, exempt) in [
            (initial, 0, "0000000000000000", true),
            (initial, 1000, "0000000000000000", false),
            (initial, 1000, "0000000001000000", true),
            (initial, 1000, "0000000000200000", true),
            ("0 1000 1\n", 0, "000001ffffffffff", false),
        ] {
            write("self/uid_map", map);
            write("self/status", &format!("Uid:\t{uid}\t0\t0\t0\nCapEff:\t{capabilities}\n"));
            assert_eq!(is_exempt_from_nproc(&procfs), exempt, "{map} {uid} {capabilities}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_has_its_limits() {
        let map = Limits::read().by_name;
        for name in ["max_map_count", "threads_max", "pid_max", "nproc", "nofile", "memory_bytes"] {
            assert!(map.contains_key(name), "{name}");
        }
        let seen = LastSeen::of(&Procfs::default(), std::process::id());
        assert!(
            seen.threads.is_some()
                && seen.mappings.is_some()
                && seen.descriptors.is_some()
                && seen.address_space.is_some()
        );
    }
}
