//! What happens to the machine while a cell runs: what slows it down, and what is no longer as it was.
//!
//! Sources are the kernel's `Documentation/admin-guide/cgroup-v2.rst` and `scheduler/sched-bwc.rst`
//! (throttling), `accounting/psi.rst` (pressure), proc(5) (`stat`, `uptime`), and for processors that
//! are too hot `thermal_throttle` beside each of them. A file that is not there makes its column `None`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::cgroup;
use super::process::Procfs;
use record::{Conditions, LimitValue};

/// `stat` has this many nanoseconds to a tick, whatever the kernel's own are: `USER_HZ` is 100.
const NS_PER_TICK: u64 = 10_000_000;

/// `uptime` is read in steps of 10 ms and a moment after our clock. A sleep is longer than that.
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);

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
    last: Reading,
}

/// What has happened since the machine started.
#[derive(Clone, Debug)]
struct Reading {
    at: Instant,
    uptime: Option<Duration>,
    stolen_ns: Option<u64>,
    throttled_periods: Option<u64>,
    throttled_ns: Option<u64>,
    too_hot: Option<u64>,
    /// Of the CPU, of memory, and of input and output.
    pressure_ns: [Option<u64>; 3],
    clock: Option<String>,
}

impl Watch {
    /// Begins to watch this machine, under these limits.
    pub fn new(limits: Limits) -> Self {
        Self::at(Procfs::default(), "/sys".into(), limits)
    }

    fn at(procfs: Procfs, sysfs: PathBuf, first_limits: Limits) -> Self {
        let groups = cgroup::with_ancestors(&procfs, "cpu");
        let last = Reading::of(&procfs, &sysfs, &groups);
        Self { procfs, sysfs, groups, first_clock: last.clock.clone(), first_limits, last }
    }

    /// What happened since this was asked for last, or since the watch began. These are the limits now.
    pub fn since(&mut self, limits: &Limits) -> Conditions {
        let now = Reading::of(&self.procfs, &self.sysfs, &self.groups);
        let mut happened = now.since(&self.last);
        happened.clock = now.clock.clone().filter(|_| now.clock != self.first_clock);
        let names = self.first_limits.keys().chain(limits.keys());
        let changed = names.filter(|name| self.first_limits.get(*name) != limits.get(*name));
        happened.limits = changed.map(|name| (name.clone(), limits.get(name).copied())).collect();
        self.last = now;
        happened
    }
}

impl Reading {
    fn of(procfs: &Procfs, sysfs: &Path, groups: &[PathBuf]) -> Self {
        let proc = |name: &str| fs::read_to_string(procfs.root().join(name)).ok();
        let stats: Vec<String> =
            groups.iter().filter_map(|at| fs::read_to_string(at.join("cpu.stat")).ok()).collect();
        let of_groups = |key: &str| sum(stats.iter().filter_map(|stat| number(stat, key)));
        let micros = || Some(of_groups("throttled_usec ")?.saturating_mul(1_000));
        let pressure = |name: &str| {
            let text = proc(&format!("pressure/{name}"))?;
            let micros =
                text.lines().find(|line| line.starts_with("some "))?.split("total=").nth(1);
            Some(micros?.trim().parse::<u64>().ok()?.saturating_mul(1_000))
        };
        let at = Instant::now();
        let uptime = proc("uptime").and_then(|text| text.split(' ').next()?.parse().ok());
        Self {
            at,
            uptime: uptime.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            // user, nice, system, idle, iowait, irq, softirq, steal
            stolen_ns: proc("stat").and_then(|stat| {
                let all = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
                let ticks: u64 = all.split_whitespace().nth(7)?.parse().ok()?;
                Some(ticks.saturating_mul(NS_PER_TICK))
            }),
            throttled_periods: of_groups("nr_throttled "),
            // In nanoseconds in version 1.
            throttled_ns: of_groups("throttled_time ").or_else(micros),
            too_hot: too_hot(sysfs),
            pressure_ns: ["cpu", "memory", "io"].map(pressure),
            clock: clock(sysfs),
        }
    }

    fn since(&self, before: &Self) -> Conditions {
        /// A count that began anew, because a group or a core was taken away, says nothing.
        fn more(now: Option<u64>, before: Option<u64>) -> Option<u64> {
            now?.checked_sub(before?)
        }
        let elapsed = self.at.duration_since(before.at);
        let slept = self.uptime.zip(before.uptime).map(|(now, before)| {
            let asleep = now.saturating_sub(before).saturating_sub(elapsed);
            if asleep < SHORTEST_SLEEP { Duration::ZERO } else { asleep }
        });
        let ns = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let pressure = |kind: usize| more(self.pressure_ns[kind], before.pressure_ns[kind]);
        Conditions {
            elapsed_ns: ns(elapsed),
            stolen_ns: more(self.stolen_ns, before.stolen_ns),
            throttled_periods: more(self.throttled_periods, before.throttled_periods),
            throttled_ns: more(self.throttled_ns, before.throttled_ns),
            too_hot: more(self.too_hot, before.too_hot),
            cpu_pressure_ns: pressure(0),
            memory_pressure_ns: pressure(1),
            io_pressure_ns: pressure(2),
            slept_ns: slept.map(ns),
            ..Conditions::default()
        }
    }
}

/// The clock source. Others than `tsc` can make reading the clock a system call.
pub fn clock(sysfs: &Path) -> Option<String> {
    let path = sysfs.join("devices/system/clocksource/clocksource0/current_clocksource");
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|name| !name.is_empty())
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
        assert_eq!(
            (quiet.throttled_ns, quiet.slept_ns, quiet.stolen_ns),
            (Some(0), Some(0), Some(0))
        );
        assert_eq!((quiet.clock, quiet.cpu_pressure_ns), (None, None));

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
        assert_eq!(loud.stolen_ns, Some(150_000_000));
        assert_eq!((loud.throttled_periods, loud.throttled_ns), (Some(3), Some(700_000)));
        assert_eq!((loud.memory_pressure_ns, loud.too_hot), (Some(500_000), Some(1)));
        assert!(loud.slept_ns.unwrap() > 3_000_000_000_000);
        assert_eq!(loud.clock.as_deref(), Some("hpet"));
        assert_eq!(loud.limits["pid_max"], Some(LimitValue::Number(9)));
        // The sleep is over, the clock is still another.
        let after = watched.since(&Limits::new());
        assert_eq!((after.slept_ns, after.clock.as_deref()), (Some(0), Some("hpet")));
        assert!(after.limits.is_empty());

        // Version 1 has a time in nanoseconds; a group that is gone takes its counts with it.
        fs::remove_dir_all(group).unwrap();
        write(root, &[("v1/cpu.stat", "nr_throttled 1\nthrottled_time 77\n")]);
        let gone = watched.since(&Limits::new());
        assert_eq!((gone.throttled_periods, gone.throttled_ns), (None, None));
        write(root, &[("v1/cpu.stat", "nr_throttled 2\nthrottled_time 78\n")]);
        let one = watched.since(&Limits::new());
        assert_eq!((one.throttled_periods, one.throttled_ns), (Some(1), Some(1)));
    }

    #[test]
    fn what_cannot_be_read_is_not_guessed() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("proc/stat", "cpu  1 2\n"), ("proc/uptime", "-1 x\n")]);
        let unknown = watch(folder.path()).since(&Limits::new());
        assert_eq!(unknown, Conditions { elapsed_ns: unknown.elapsed_ns, ..Conditions::default() });
    }
}
