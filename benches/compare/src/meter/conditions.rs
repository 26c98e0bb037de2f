//! What happens to the machine while a cell runs: what slows it down, and what is no longer as it was.
//!
//! Sources are the kernel's `Documentation/admin-guide/cgroup-v2.rst` and `scheduler/sched-bwc.rst`
//! (throttling), `accounting/psi.rst` (pressure), proc(5) (`stat`, `uptime`), and for processors that
//! are too hot `thermal_throttle` beside each of them. A count that cannot be read is left out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::cgroup;
use super::process::{Procfs, line};
use protocol::ns;
use record::{Conditions, Count, LimitValue};

/// `stat` has this many nanoseconds to a tick, whatever the kernel's own are: `USER_HZ` is 100.
const NS_PER_TICK: u64 = 10_000_000;

/// `uptime` is read in steps of 10 ms and a moment after our clock. A sleep is longer than that.
const SHORTEST_SLEEP_NS: u64 = 1_000_000_000;

/// What the limits of this machine are, by name.
type Limits = BTreeMap<String, LimitValue>;

/// Watches the machine, from one cell to the next.
#[derive(Debug)]
pub struct Watch {
    procfs: Procfs,
    sysfs: PathBuf,
    /// The groups that can throttle this process and what it starts.
    groups: Vec<PathBuf>,
    first_clock: Option<String>,
    first_limits: Limits,
    last: (Instant, BTreeMap<Count, u64>),
}

impl Watch {
    /// Begins to watch this machine, under these limits.
    pub fn new(limits: Limits) -> Self {
        Self::at(Procfs::default(), "/sys".into(), limits)
    }

    fn at(procfs: Procfs, sysfs: PathBuf, first_limits: Limits) -> Self {
        let groups = cgroup::with_ancestors(&procfs, "cpu");
        let (first_clock, last) = (clock(&sysfs), (Instant::now(), BTreeMap::new()));
        let mut watch = Self { procfs, sysfs, groups, first_clock, first_limits, last };
        watch.last = (Instant::now(), watch.counts());
        watch
    }

    /// What happened since this was asked for last, or since the watch began. These are the limits now.
    pub fn since(&mut self, limits: &Limits) -> Conditions {
        let now = (Instant::now(), self.counts());
        let (before, counted) = std::mem::replace(&mut self.last, now);
        let elapsed_ns = ns(self.last.0.duration_since(before));
        let more = |(count, now): (&Count, &u64)| {
            // A count that began anew, because a group or a core was taken away, says nothing.
            let more = now.checked_sub(*counted.get(count)?)?;
            let asleep = more.saturating_sub(elapsed_ns);
            let is_sleep = asleep >= SHORTEST_SLEEP_NS;
            let value = if *count == Count::SleptNs { asleep * u64::from(is_sleep) } else { more };
            Some((*count, value))
        };
        let names = self.first_limits.keys().chain(limits.keys());
        let changed = names.filter(|name| self.first_limits.get(*name) != limits.get(*name));
        Conditions {
            elapsed_ns,
            counts: self.last.1.iter().filter_map(more).collect(),
            clock: clock(&self.sysfs).filter(|now| Some(now) != self.first_clock.as_ref()),
            limits: changed.map(|name| (name.clone(), limits.get(name).copied())).collect(),
        }
    }

    /// What was counted since the machine was started, which is the time that it slept or not.
    fn counts(&self) -> BTreeMap<Count, u64> {
        let proc = |name: &str| fs::read_to_string(self.procfs.root().join(name)).ok();
        let files =
            self.groups.iter().filter_map(|at| fs::read_to_string(at.join("cpu.stat")).ok());
        let stats: Vec<String> = files.collect();
        let of_groups = |key: &str| sum(stats.iter().filter_map(|stat| number(stat, key)));
        let micros = |of: Option<u64>| Some(of?.saturating_mul(1_000));
        let pressure = |name: &str| {
            let text = proc(&format!("pressure/{name}"))?;
            let some = text.lines().find(|line| line.starts_with("some "))?;
            micros(some.split_once("total=")?.1.trim().parse().ok())
        };
        let uptime = || {
            let seconds = proc("uptime")?.split(' ').next()?.parse().ok()?;
            Duration::try_from_secs_f64(seconds).ok().map(ns)
        };
        // user, nice, system, idle, iowait, irq, softirq, steal
        let stolen = || {
            let ticks =
                proc("stat")?.lines().next()?.split_whitespace().nth(8)?.parse::<u64>().ok()?;
            Some(ticks.saturating_mul(NS_PER_TICK))
        };
        let throttled_ns = of_groups("throttled_time "); // version 1
        let all = [
            (Count::StolenNs, stolen()),
            (Count::ThrottledPeriods, of_groups("nr_throttled ")),
            (Count::ThrottledNs, throttled_ns.or_else(|| micros(of_groups("throttled_usec ")))),
            (Count::TooHot, too_hot(&self.sysfs)),
            (Count::CpuPressureNs, pressure("cpu")),
            (Count::MemoryPressureNs, pressure("memory")),
            (Count::IoPressureNs, pressure("io")),
            (Count::SleptNs, uptime()),
        ];
        all.into_iter().filter_map(|(count, value)| Some((count, value?))).collect()
    }
}

/// The clock source. Others than `tsc` can make reading the clock a system call.
pub fn clock(sysfs: &Path) -> Option<String> {
    line(&sysfs.join("devices/system/clocksource/clocksource0/current_clocksource"))
}

/// How often cores and their packages were too hot, together.
fn too_hot(sysfs: &Path) -> Option<u64> {
    let cores = fs::read_dir(sysfs.join("devices/system/cpu")).ok()?.flatten();
    sum(cores.flat_map(|core| {
        let folder = core.path().join("thermal_throttle");
        let count = move |name| fs::read_to_string(folder.join(name));
        ["core_throttle_count", "package_throttle_count"]
            .into_iter()
            .filter_map(move |name| count(name).ok()?.trim().parse().ok())
    }))
}

/// The number after this key, at the start of a line.
fn number(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(key)?.trim().parse().ok())
}

/// All of them together; `None` of none.
fn sum(numbers: impl Iterator<Item = u64>) -> Option<u64> {
    numbers.reduce(u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    fn watch(root: &Path) -> Watch {
        Watch::at(Procfs::at(root.join("proc")), root.join("sys"), Limits::new())
    }

    const CLOCK: &str = "sys/devices/system/clocksource/clocksource0/current_clocksource";
    const HOT: &str = "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count";

    #[test]
    fn what_happened_meanwhile_is_read_in_both_versions() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let group = root.join("group");
        let mounts = format!(
            "1 0 0:1 / {0}/group rw - cgroup2 c rw\n2 0 0:2 / {0}/v1 rw - cgroup c rw,cpu\n",
            root.display()
        );
        write(
            root,
            &[
                ("proc/self/cgroup", "0::/run\n1:cpu:/\n"),
                ("proc/self/mountinfo", &mounts),
                ("proc/uptime", "100.00 7.0\n"),
                ("proc/stat", "cpu  1 2 3 4 5 6 7 10 0 0\ncpu0 1 2 3 4 5 6 7 99\n"),
                ("proc/pressure/memory", "some avg10=0.00 total=1000\nfull avg10=0 total=5\n"),
                ("group/cpu.stat", "usage_usec 1\nnr_throttled 1\nthrottled_usec 100\n"),
                ("group/run/cpu.stat", "nr_periods 7\nnr_throttled 2\nthrottled_usec 50\n"),
                (CLOCK, "tsc\n"),
                (HOT, "3\n"),
            ],
        );
        let mut watched = watch(root);
        let quiet = watched.since(&Limits::new());
        assert!(quiet.counts.values().all(|more| *more == 0), "{quiet:?}");
        assert_eq!((quiet.counts.len(), quiet.clock), (6, None));

        let changed = Limits::from([("pid_max".into(), LimitValue::Number(9))]);
        write(
            root,
            &[
                ("proc/uptime", "4000.50 7.0\n"),
                ("proc/stat", "cpu  1 2 3 4 5 6 7 25 0 0\n"),
                ("proc/pressure/memory", "some avg10=0.00 total=1500\n"),
                ("group/run/cpu.stat", "nr_throttled 5\nthrottled_usec 750\n"),
                (CLOCK, "hpet\n"),
                (HOT, "4\n"),
            ],
        );
        let loud = watched.since(&changed);
        assert_eq!(loud.counts[&Count::StolenNs], 150_000_000);
        assert_eq!(loud.counts[&Count::ThrottledPeriods], 3);
        assert_eq!(loud.counts[&Count::ThrottledNs], 700_000);
        assert_eq!(loud.counts[&Count::MemoryPressureNs], 500_000);
        assert_eq!(loud.counts[&Count::TooHot], 1);
        assert!(loud.counts[&Count::SleptNs] > 3_000_000_000_000);
        assert_eq!(loud.clock.as_deref(), Some("hpet"));
        assert_eq!(loud.limits["pid_max"], Some(LimitValue::Number(9)));
        // The sleep is over, the clock is still another.
        let after = watched.since(&Limits::new());
        assert_eq!((after.counts[&Count::SleptNs], after.clock.as_deref()), (0, Some("hpet")));
        assert!(after.limits.is_empty());

        // Version 1 has a time in nanoseconds; a group that is gone takes its counts with it.
        fs::remove_dir_all(group).unwrap();
        write(root, &[("v1/cpu.stat", "nr_throttled 1\nthrottled_time 77\n")]);
        let gone = watched.since(&Limits::new());
        assert!(!gone.counts.contains_key(&Count::ThrottledNs), "{gone:?}");
        write(root, &[("v1/cpu.stat", "nr_throttled 2\nthrottled_time 78\n")]);
        let one = watched.since(&Limits::new());
        assert_eq!((one.counts[&Count::ThrottledPeriods], one.counts[&Count::ThrottledNs]), (1, 1));
    }

    #[test]
    fn what_cannot_be_read_is_not_guessed() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("proc/stat", "cpu  1 2\n"), ("proc/uptime", "-1 x\n")]);
        let unknown = watch(folder.path()).since(&Limits::new());
        assert_eq!(unknown, Conditions { elapsed_ns: unknown.elapsed_ns, ..Conditions::default() });
    }
}
