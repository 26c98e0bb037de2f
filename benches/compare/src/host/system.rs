//! What the kernel says of the machine, in /proc and /sys.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use crate::meter::cgroup::Room;
use crate::meter::conditions;
use crate::meter::process::{self, Procfs, line};

/// Where the kernel shows itself.
pub(super) struct System {
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
    pub(super) fn cpu(&self) -> Option<String> {
        let info = fs::read_to_string(self.proc("cpuinfo")).ok()?;
        let name = process::value(&info, "model name")?;
        (!name.is_empty()).then(|| name.to_owned())
    }

    pub(super) fn kernel(&self) -> Option<String> {
        let name = line(&self.proc("sys/kernel/ostype"))?;
        let release = line(&self.proc("sys/kernel/osrelease"))?;
        Some(format!("{name} {release}"))
    }

    pub(super) fn clock(&self) -> Option<String> {
        conditions::clock(&self.sysfs)
    }

    /// The word in brackets; see the kernel's `Documentation/admin-guide/mm/transhuge.rst`.
    pub(super) fn thp(&self) -> Option<String> {
        let choices = line(&self.sysfs.join("kernel/mm/transparent_hugepage/enabled"))?;
        let (_, rest) = choices.split_once('[')?;
        let (chosen, _) = rest.split_once(']')?;
        Some(chosen.to_owned())
    }

    /// By how much the kernel may delay a timer of this process, to wake for several at once; see
    /// prctl(2), `PR_SET_TIMERSLACK`. Children inherit it.
    pub(super) fn timer_slack_ns(&self) -> Option<u64> {
        line(&self.proc("self/timerslack_ns"))?.parse().ok()
    }

    /// What else changes how fast cores are, by name.
    pub(super) fn others(&self) -> BTreeMap<String, Option<String>> {
        let cpus = self.sysfs.join("devices/system/cpu");
        let smt = line(&cpus.join("smt/active")).map(|active| match &*active {
            "0" => "off".to_owned(),
            "1" => "on".to_owned(),
            _ => active,
        });
        // Cores can have different ones.
        let policies = fs::read_dir(cpus.join("cpufreq")).into_iter().flatten().flatten();
        let governors: BTreeSet<String> =
            policies.filter_map(|policy| line(&policy.path().join("scaling_governor"))).collect();
        let governors = Vec::from_iter(governors).join(", ");
        let status = fs::read_to_string(self.proc("self/status")).unwrap_or_default();
        let affinity = process::value(&status, "Cpus_allowed_list").map(str::to_owned);
        let all = [
            ("hypervisor", self.hypervisor()),
            ("SMT", smt),
            ("governor", Some(governors).filter(|names| !names.is_empty())),
            ("affinity", affinity),
        ];
        all.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// What the machine is, if it is a virtual one, else `none`. A processor of x86 says whether there
    /// is a hypervisor.
    fn hypervisor(&self) -> Option<String> {
        let kind = line(&self.sysfs.join("hypervisor/type"));
        let info = fs::read_to_string(self.proc("cpuinfo")).unwrap_or_default();
        let is_there = process::value(&info, "flags")?.split(' ').any(|flag| flag == "hypervisor");
        let product = || {
            let dmi = |name: &str| line(&self.sysfs.join("class/dmi/id").join(name));
            let known: Vec<String> =
                ["sys_vendor", "product_name"].into_iter().filter_map(dmi).collect();
            Some(known.join(" ")).filter(|known| !known.is_empty())
        };
        Some(match is_there {
            true => kind.or_else(product).unwrap_or_else(|| "of unknown make".into()),
            false => kind.unwrap_or_else(|| "none".into()),
        })
    }

    pub(super) fn available_memory(&self, room: Option<Room>) -> Option<Room> {
        let info = fs::read_to_string(self.proc("meminfo")).ok()?;
        let bytes = process::kilobytes(&info, "MemAvailable")?;
        Some(room.filter(|room| room.bytes < bytes).unwrap_or(Room { bytes, limit_bytes: None }))
    }

    fn proc(&self, name: &str) -> PathBuf {
        self.procfs.root().join(name)
    }
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
                "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\nflags\t\t: fpu hypervisor\n\n",
            ),
            ("proc/sys/kernel/ostype", "Linux\n"),
            ("proc/sys/kernel/osrelease", "6.18.1-x\n"),
            ("proc/self/timerslack_ns", "50000\n"),
            ("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"),
            ("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"),
            ("sys/devices/system/cpu/smt/active", "1\n"),
            ("sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "powersave\n"),
            ("sys/devices/system/cpu/cpufreq/policy1/scaling_governor", "performance\n"),
            ("sys/class/dmi/id/product_name", "Some VM\n"),
            ("proc/self/status", "Name:\tx\nCpus_allowed_list:\t0-1\n"),
        ]);
        let others = system.others();
        let value = |name: &str| others[name].as_deref();
        assert_eq!(value("hypervisor"), Some("Some VM"));
        assert_eq!(value("SMT"), Some("on"));
        assert_eq!(value("governor"), Some("performance, powersave"));
        assert_eq!(value("affinity"), Some("0-1"));
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
        assert!(system.others().values().all(Option::is_none));
    }

    #[test]
    fn memory_is_available_up_to_what_the_group_has_room_for() {
        let (_root, system) = fixture(&[("proc/meminfo", "MemTotal: 9 kB\nMemAvailable: 8 kB\n")]);
        let of_machine = Some(Room { bytes: 8192, limit_bytes: None });
        let room = |bytes| Some(Room { bytes, limit_bytes: Some(1 << 40) });
        assert_eq!(system.available_memory(None), of_machine);
        assert_eq!(system.available_memory(room(8192)), of_machine);
        let of_group = Some(Room { bytes: 4096, limit_bytes: Some(1 << 40) });
        assert_eq!(system.available_memory(room(4096)), of_group);
    }
}
