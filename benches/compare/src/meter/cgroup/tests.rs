use std::fs;
use std::path::PathBuf;

use super::cgroups::remove_leftovers;
use super::group::cores_online;
use super::hierarchies::{Hierarchies, Own};
use super::*;
use crate::meter::process::Procfs;
use record::{CgroupKind, LimitValue, Weight};

/// A machine's files: `proc/self/{cgroup,mountinfo}`, and what is mounted.
struct Machine {
    root: tempfile::TempDir,
}

impl Machine {
    /// `{}` in `mountinfo` is where the machine's files are.
    fn new(cgroup: &str, mountinfo: &str) -> Self {
        let machine = Self { root: tempfile::tempdir().unwrap() };
        let root = machine.root.path().to_str().unwrap();
        machine.write("proc/self/cgroup", cgroup);
        machine.write("proc/self/mountinfo", &mountinfo.replace("{}", root));
        machine.write(&format!("proc/{}/status", std::process::id()), "");
        fs::create_dir_all(machine.path("proc/self/ns")).unwrap();
        std::os::unix::fs::symlink("pid:[77]", machine.path("proc/self/ns/pid")).unwrap();
        machine
    }

    /// A group of version 2 that has the memory controller and does not hand it on.
    fn group(&self, path: &str) {
        self.write(&format!("{path}/cgroup.controllers"), "cpu memory\n");
        self.write(&format!("{path}/cgroup.procs"), "");
    }

    /// Where groups for the cells of a process in the unified group `path` are made.
    fn place(&self, path: &str) -> anyhow::Result<PathBuf> {
        let own = Own { mount: self.path("unified"), group: self.path("unified").join(path) };
        place::find(&own, &self.procfs())
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn procfs(&self) -> Procfs {
        Procfs::at(self.path("proc"))
    }

    fn hierarchies(&self) -> Hierarchies {
        Hierarchies::read(&self.procfs()).unwrap()
    }
}

const HYBRID_CGROUP: &str = "8:pids:/a\n4:memory:/a/b\n3:cpu,cpuacct:/\n0::/\n";
const HYBRID_MOUNTS: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw\n\
35 31 0:32 / {}/memory rw,relatime - cgroup cgroup rw,memory\n\
39 31 0:36 / {}/pids rw,relatime shared:3 - cgroup cgroup rw,pids\n\
41 31 0:38 / {}/unified rw,relatime - cgroup2 cgroup2 rw\n";
const UNIFIED_MOUNTS: &str =
    "41 31 0:38 / {}/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n";

#[test]
fn version_1_is_chosen_where_it_has_the_memory_controller() {
    let machine = Machine::new(HYBRID_CGROUP, HYBRID_MOUNTS);
    let own = machine.hierarchies().v1("memory").unwrap();
    assert_eq!(own.group, machine.path("memory/a/b"));
    let ancestors: Vec<_> = own.with_ancestors().collect();
    assert_eq!(
        ancestors,
        [machine.path("memory/a/b"), machine.path("memory/a"), machine.path("memory")]
    );
    assert_eq!(machine.hierarchies().v1("cpuset"), None);
    assert_eq!(machine.hierarchies().v2().unwrap().group, machine.path("unified"));
}

#[test]
fn a_part_of_the_hierarchy_may_be_mounted_at_a_path_with_spaces() {
    let machine = Machine::new(
        "4:memory:/docker/abc/x:y\n",
        "35 31 0:32 /elsewhere {}/other rw - cgroup cgroup rw,memory\n\
         36 31 0:32 /docker/abc {}/of\\040it rw - cgroup cgroup rw,memory\n",
    );
    let own = machine.hierarchies().v1("memory").unwrap();
    assert_eq!(own.group, machine.path("of it/x:y"));
}

#[test]
fn a_group_outside_of_the_namespace_is_not_used() {
    let machine = Machine::new("0::/../x\n", UNIFIED_MOUNTS);
    assert_eq!(machine.hierarchies().v2(), None);
}

#[test]
fn a_machine_without_control_groups_says_so() {
    let machine = Machine::new("", "22 27 0:21 / /proc rw,relatime - proc proc rw\n");
    let why = Cgroups::detect(&machine.procfs()).unwrap_err().to_string();
    assert_eq!(why, "no memory controller: no control groups are mounted for this process");
    assert_eq!(limits(&machine.procfs()), [None; 2]);
}

#[test]
fn a_machine_without_procfs_names_the_missing_file() {
    let why = Cgroups::detect(&Procfs::at("/nowhere")).unwrap_err().to_string();
    assert!(why.starts_with("/nowhere/self/cgroup cannot be read: "), "{why}");
}

#[test]
fn version_2_without_a_memory_controller_says_so() {
    let machine = Machine::new("0::/\n", UNIFIED_MOUNTS);
    machine.write("unified/cgroup.controllers", "cpu hugetlb\n");
    let why = Cgroups::detect(&machine.procfs()).unwrap_err().to_string();
    let what =
        "no memory controller: it is not enabled for the group of this process; root can write";
    assert!(why.starts_with(what), "{why}");
}

#[test]
fn version_2_uses_a_group_that_hands_memory_on() {
    let machine = Machine::new("0::/a\n", UNIFIED_MOUNTS);
    machine.write("unified/a/cgroup.controllers", "cpu memory\n");
    machine.write("unified/a/cgroup.subtree_control", "memory\n");
    assert_eq!(machine.place("a").unwrap(), machine.path("unified/a"));
}

#[test]
fn version_2_that_cannot_be_prepared_moves_this_process_back() {
    let machine = Machine::new("0::/a\n", UNIFIED_MOUNTS);
    machine.write("unified/a/cgroup.controllers", "memory\n");
    // A folder cannot be written to, by root neither: the controller cannot be handed on.
    fs::create_dir(machine.path("unified/a/cgroup.subtree_control")).unwrap();
    let why = machine.place("a").unwrap_err().to_string();
    assert!(why.starts_with("cannot enable the memory controller in "), "{why}");
    assert!(
        why.contains("; root gets a group, or a user where systemd gives one: `systemd-run "),
        "{why}"
    );
    let back = fs::read_to_string(machine.path("unified/a/cgroup.procs")).unwrap();
    assert_eq!(back, std::process::id().to_string());
}

fn group_weight(total: Option<u64>, kernel: Option<u64>, socket: Option<u64>) -> Weight {
    Weight { total_bytes: total, kernel_bytes: kernel, socket_bytes: socket, ..Weight::default() }
}

#[test]
fn version_1_adds_the_kernels_part_to_the_exact_user_part() {
    let machine = Machine::new("", "");
    machine.write("g/memory.kmem.usage_in_bytes", "1000\n");
    machine.write("g/memory.usage_in_bytes", "999999\n");
    // Pages of files are in the cache and in no total; shared memory and what is swapped out are.
    let stat = "cache 1\nrss 2\ntotal_cache 30\ntotal_rss 200\ntotal_shmem 20\ntotal_swap 10\n";
    machine.write("g/memory.stat", stat);
    let expected = group_weight(Some(1230), Some(1000), None);
    assert_eq!(v1::weigh(&machine.path("g")), expected);

    machine.write("g/memory.kmem.tcp.usage_in_bytes", "50\n");
    let expected = group_weight(Some(1280), Some(1050), Some(50));
    assert_eq!(v1::weigh(&machine.path("g")), expected);
    fs::remove_file(machine.path("g/memory.kmem.tcp.usage_in_bytes")).unwrap();

    machine.write("g/memory.stat", "cache 1\ntotal_rss 200\n");
    assert_eq!(v1::weigh(&machine.path("g")).total_bytes, Some(1200));
    machine.write("g/memory.stat", "cache 1\n");
    assert_eq!(v1::weigh(&machine.path("g")).total_bytes, None);
}

#[test]
fn version_1_has_no_total_where_kernel_memory_is_not_accounted() {
    let machine = Machine::new("", "");
    machine.write("g/memory.stat", "total_cache 30\ntotal_rss 200\n");
    assert_eq!(v1::weigh(&machine.path("g")), Weight::default());
    machine.write("g/memory.kmem.usage_in_bytes", "0\n");
    assert_eq!(v1::weigh(&machine.path("g")), Weight::default());
}

#[test]
fn version_2_weighs_newer_and_older_kernels_alike() {
    let machine = Machine::new("", "");
    let weigh = |group: &str| v2::weigh(&machine.path(group), Some(200));
    // Pages of files are in no total; shared memory and what is swapped out are.
    let user = "anon 90\nfile 20000\nshmem 5\n";
    let stat = |group: &str, kernel: &str| {
        machine.write(&format!("{group}/memory.stat"), &format!("{user}{kernel}sock 7\n"));
        machine.write(&format!("{group}/memory.current"), "99999\n");
    };
    stat("new", "kernel 1500\nkernel_stack 9\n");
    machine.write("new/memory.swap.current", "25\n");
    stat("5.15", "kernel_stack 1000\npagetables 190\npercpu 10\nslab 300\n");
    // Before 5.11 page tables are not listed, and those of the process stand in.
    stat("5.10", "kernel_stack 1000\npercpu 0\nslab 300\n");
    let new =
        Weight { kernel_stack_bytes: Some(9), ..group_weight(Some(1627), Some(1507), Some(7)) };
    assert_eq!(weigh("new"), new);
    let old = Weight {
        kernel_stack_bytes: Some(1000),
        slab_bytes: Some(300),
        ..group_weight(Some(1602), Some(1507), Some(7))
    };
    assert_eq!(weigh("5.15"), Weight { charged_page_table_bytes: Some(190), ..old });
    assert_eq!(weigh("5.10"), old);
    assert_eq!(v2::weigh(&machine.path("5.10"), None).kernel_bytes, None);

    machine.write("partial/memory.stat", "kernel 1500\nsock 7\n");
    machine.write("partial/memory.current", "4096\n");
    assert_eq!(weigh("partial"), group_weight(None, Some(1507), Some(7)));
    assert_eq!(weigh("missing"), Weight::default());
}

/// In a service that is root's: the group above may be written to, and an OOM kill in the unit would stop it.
#[test]
fn cells_of_a_unit_are_beside_it_with_its_limits() {
    let machine = Machine::new("0::/system.slice/x.service\n", UNIFIED_MOUNTS);
    for group in ["unified", "unified/system.slice", "unified/system.slice/x.service"] {
        machine.group(group);
    }
    for (file, text) in [
        ("memory.max", "5000\n"),
        ("memory.high", "max\n"),
        ("pids.max", "9\n"),
        ("cpuset.cpus", "\n"),
    ] {
        machine.write(&format!("unified/system.slice/x.service/{file}"), text);
    }
    // As the kernel does, where a group has processes.
    let refuses = "unified/system.slice/x.service/cgroup.subtree_control";
    fs::create_dir(machine.path(refuses)).unwrap();
    let own = std::process::id();
    let place = machine.place("system.slice/x.service").unwrap();
    let name = format!("unified/system.slice/compare-77-{own}-{}", u32::MAX - 1);
    assert_eq!(place, machine.path(&name));
    let read = |file: &str| fs::read_to_string(place.join(file)).ok();
    assert_eq!(read("memory.max").as_deref(), Some("5000\n"));
    assert_eq!(read("memory.high").as_deref(), Some("max\n"));
    assert_eq!(read("pids.max").as_deref(), Some("9\n"));
    assert_eq!((read("cpu.max"), read("cpuset.cpus")), (None, None));
    assert_eq!(read("cgroup.subtree_control").as_deref(), Some("+memory"));

    // What holds for cells from then on is what that group says, also when it is moved.
    let of_cells = || limits(&machine.procfs()).map(|limit| limit.and_then(LimitValue::number));
    assert_eq!(of_cells(), [Some(5000), Some(9)]);
    machine.write(&format!("{name}/pids.max"), "12\n");
    assert_eq!(of_cells(), [Some(5000), Some(12)]);
}

/// A killed run has left the shell that started it in a leaf: the next run uses what is there.
#[test]
fn a_leaf_that_a_dead_run_has_left_is_used_again() {
    let machine = Machine::new("", "");
    machine.group("unified/a");
    let leaf = format!("a/compare-77-99999999-{}", u32::MAX);
    machine.group(&format!("unified/{leaf}"));
    machine.write("unified/a/cgroup.subtree_control", "memory\n");
    assert_eq!(machine.place(&leaf).unwrap(), machine.path("unified/a"));
}

#[test]
fn cores_are_the_numbered_lines_of_stat() {
    let machine = Machine::new("", "");
    assert_eq!(cores_online(&machine.procfs()), 1);
    machine.write("proc/stat", "cpu  1 2 3\ncpu0 1 2 3\ncpu7 1 2 3\nintr 5\ncpufreq 3\n");
    assert_eq!(cores_online(&machine.procfs()), 2);
}

#[test]
fn the_smallest_limit_of_all_ancestors_holds() {
    let machine = Machine::new("0::/a/b\n", UNIFIED_MOUNTS);
    machine.write("unified/a/memory.max", "5000\n");
    machine.write("unified/a/b/memory.max", "max\n");
    machine.write("unified/a/b/pids.max", "max\n");
    let expected = [LimitValue::Number(5000), LimitValue::from(None)].map(Some);
    assert_eq!(limits(&machine.procfs()), expected);
}

#[test]
fn version_1_limits_come_from_their_own_hierarchies() {
    let machine = Machine::new(HYBRID_CGROUP, HYBRID_MOUNTS);
    machine.write("memory/a/b/memory.stat", "hierarchical_memory_limit 9223372036854771712\n");
    machine.write("pids/a/pids.max", "1000\n");
    let expected = [LimitValue::from(None), LimitValue::Number(1000)].map(Some);
    assert_eq!(limits(&machine.procfs()), expected);

    machine.write("memory/a/b/memory.stat", "hierarchical_memory_limit 1048576\n");
    assert_eq!(limits(&machine.procfs())[0], Some(LimitValue::Number(1 << 20)));
}

#[test]
fn only_empty_groups_of_dead_makers_are_removed() {
    let machine = Machine::new("", "");
    let own = format!("compare-77-{}-3", std::process::id());
    let names = [
        "compare-77-99999999-0",
        "compare-77-99999999-5/compare-77-99999999-6",
        "compare-77-99999999-x",
        "compare-78-99999999-0",
        "compare-77-99999998-1",
        "other",
        own.as_str(),
    ];
    for name in names {
        fs::create_dir_all(machine.path("groups").join(name)).unwrap();
    }
    machine.write("groups/compare-77-99999998-1/not-empty", "");
    remove_leftovers(&machine.path("groups"), &machine.procfs());
    let left: Vec<bool> =
        names.iter().map(|name| machine.path("groups").join(name).exists()).collect();
    assert_eq!(
        left,
        [false, false, true, true, true, true, true],
        "one of another container stays"
    );
    assert!(!machine.path("groups/compare-77-99999999-5").exists());
}

#[test]
fn without_procfs_no_leftover_is_taken_for_dead() {
    let machine = Machine::new("", "");
    fs::create_dir_all(machine.path("groups/compare--99999999-0")).unwrap();
    remove_leftovers(&machine.path("groups"), &Procfs::at("/nowhere"));
    assert!(machine.path("groups/compare--99999999-0").exists());
}

#[test]
fn kills_for_want_of_memory_are_read_in_both_versions() {
    let machine = Machine::new("", "");
    machine.write("g/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    machine.write("g/memory.events", "low 0\noom 3\noom_kill 1\n");
    let group = |is_v1| Group { is_v1, path: machine.path("g"), is_ours: true };
    assert_eq!(group(true).oom_kills(), Some(2));
    assert_eq!(group(false).oom_kills(), Some(1));
}

#[test]
fn the_most_that_was_charged_is_read_in_both_versions() {
    let machine = Machine::new("", "");
    machine.write("g/memory.max_usage_in_bytes", "8192\n");
    machine.write("g/memory.peak", "4096\n");
    let peak = |is_v1| Group { is_v1, path: machine.path("g"), is_ours: true }.peak_bytes();
    assert_eq!(peak(true), Some(8192));
    assert_eq!(peak(false), Some(4096));
}

/// The group that leaves the least counts, which need not be the one with the smallest limit, and
/// what is charged for pages of files is given back before a process is killed.
#[test]
fn room_is_what_the_tightest_ancestor_leaves() {
    let machine = Machine::new("0::/a/b\n", UNIFIED_MOUNTS);
    assert_eq!(room(&machine.procfs()), None);
    machine.write("unified/a/b/memory.max", "5000\n");
    machine.write("unified/a/b/memory.current", "1000\n");
    let of_own = Some(Room { bytes: 4000, limit_bytes: Some(5000) });
    assert_eq!(room(&machine.procfs()), of_own);
    // Above it a process hardly gets on.
    machine.write("unified/a/b/memory.high", "3000\n");
    assert_eq!(room(&machine.procfs()), Some(Room { bytes: 2000, limit_bytes: Some(3000) }));
    machine.write("unified/a/b/memory.high", "max\n");
    assert_eq!(room(&machine.procfs()), of_own);
    machine.write("unified/a/memory.max", "9000\n");
    machine.write("unified/a/memory.current", "8500\n");
    machine.write("unified/a/memory.stat", "inactive_file 300\nactive_file 100\nanon 7\n");
    let of_parent = Some(Room { bytes: 900, limit_bytes: Some(9000) });
    assert_eq!(room(&machine.procfs()), of_parent);
    machine.write("unified/a/memory.max", "max\n");
    assert_eq!(room(&machine.procfs()), of_own);

    let machine = Machine::new(HYBRID_CGROUP, HYBRID_MOUNTS);
    let stat = |limit: u64| {
        format!("hierarchical_memory_limit {limit}\ntotal_inactive_file 30\ntotal_active_file 5\n")
    };
    machine.write("memory/a/b/memory.stat", &stat(1000));
    machine.write("memory/a/b/memory.usage_in_bytes", "100\n");
    assert_eq!(room(&machine.procfs()), Some(Room { bytes: 935, limit_bytes: Some(1000) }));
    machine.write("memory/a/memory.stat", &stat(1000));
    machine.write("memory/a/memory.usage_in_bytes", "2000\n");
    assert_eq!(room(&machine.procfs()), Some(Room { bytes: 0, limit_bytes: Some(1000) }));
    machine.write("memory/a/memory.stat", &stat(9_223_372_036_854_771_712));
    machine.write("memory/a/b/memory.stat", &stat(9_223_372_036_854_771_712));
    assert_eq!(room(&machine.procfs()), None);
}

/// A process that was moved is told from one that ends, which leaves its group by itself.
#[test]
fn a_group_is_lost_when_its_process_is_elsewhere_or_it_cannot_be_read() {
    for (is_v1, own, elsewhere) in [
        (true, "4:memory:/x/compare-1-0\n0::/\n", "4:memory:/x\n0::/compare-1-0\n"),
        (false, "0::/x/compare-1-0\n", "0::/x/compare-1-1\n"),
    ] {
        let machine = Machine::new("", "");
        let group = Group { is_v1, path: machine.path("compare-1-0"), is_ours: true };
        let lost = || group.is_lost_to(&machine.procfs(), 7);
        assert_eq!(lost(), None, "a process that is not there is not lost");
        machine.write("proc/7/cgroup", own);
        machine.write("proc/7/status", "State:\tS (sleeping)\nVmSize:\t8 kB\n");
        let unreadable = lost().unwrap();
        assert!(unreadable.contains("compare-1-0/memory.stat: No such file"), "{unreadable}");
        machine.write("compare-1-0/memory.stat", "");
        assert_eq!(lost(), None);
        machine.write("proc/7/cgroup", elsewhere);
        let moved = lost().unwrap();
        assert!(moved.contains("compare-1-0 into /x"), "{moved}");
        machine.write("proc/7/status", "State:\tR (running)\n");
        assert_eq!(lost(), None, "it is about to be gone");
    }
}

/// The real kernel, version 1. Version 2 may have to move this process, which a test must not do
/// to the program that runs it.
#[cfg(target_os = "linux")]
mod live {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Child, ChildStdin, Command, Stdio};
    use std::thread;
    use std::time::Duration;

    use super::super::files::single;
    use super::*;

    /// `None` where none can be made, after saying why. Where `REQUIRE_CGROUP=1` asks for groups, that fails.
    fn version_1() -> Option<Cgroups> {
        let procfs = Procfs::default();
        let is_there = Hierarchies::read(&procfs).is_ok_and(|all| all.v1("memory").is_some());
        let detected = match is_there {
            true => Cgroups::detect(&procfs).map_err(|why| why.to_string()),
            // What is tried here is tried of version 2 by `.ci/cgroup-v2`.
            false => Err("there is no version 1 memory controller here".to_owned()),
        };
        let is_required = is_there && std::env::var_os("REQUIRE_CGROUP").is_some_and(|v| v == "1");
        detected
            .inspect_err(|why| {
                assert!(!is_required, "REQUIRE_CGROUP=1, and {why}");
                let _ = writeln!(std::io::stderr(), "SKIPPED, nothing was tested: {why}");
            })
            .ok()
    }

    /// A shell that is put into the group before it runs `script`.
    fn spawn_into(group: &Group, script: &str) -> (Child, ChildStdin) {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("{script}\necho ready; read end")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        group.enter_before_exec(&mut shell).unwrap();
        let mut child = shell.spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        (child, stdin)
    }

    #[test]
    fn a_group_weighs_what_is_held_in_it_and_is_removed() {
        const HELD: u64 = 64 << 20;
        let Some(cgroups) = version_1() else { return };
        assert_eq!(cgroups.kind(), CgroupKind::V1);
        let group = cgroups.make().unwrap();
        let (mut child, stdin) =
            spawn_into(&group, &format!("x=$(head -c {HELD} /dev/zero | tr '\\0' x)"));
        let weight = crate::meter::weigh(&Procfs::default(), &[child.id()], Some(&group));
        let (total, kernel) = (weight.total_bytes.unwrap(), weight.kernel_bytes.unwrap());
        println!(
            "held {HELD}: {weight:?}, usage {:?}",
            single(&group.path().join("memory.usage_in_bytes"))
        );
        assert!(total >= HELD, "{total}");
        assert!(kernel >= weight.page_table_bytes.unwrap() / 2, "{kernel}");
        // Twice what is resident is what a wrongly added kernel part or a doubled count would give.
        assert!(total - kernel <= weight.anonymous_bytes.unwrap() + HELD / 4, "{total}");
        assert_eq!(group.oom_kills(), Some(0));

        drop(stdin);
        child.wait().unwrap();
        let path = group.path().to_owned();
        drop(group);
        assert!(!path.exists());
    }

    /// What the kernel has not brought together yet is there after [`Group::settle`], to the page.
    #[test]
    fn a_settled_group_lacks_no_page_that_was_just_touched() {
        const HELD: u64 = 100 << 10;
        let Some(cgroups) = version_1() else { return };
        let procfs = Procfs::default();
        for _ in 0..2 {
            let group = cgroups.make().unwrap();
            let (mut child, stdin) =
                spawn_into(&group, &format!("x=$(head -c {HELD} /dev/zero | tr '\\0' x)"));
            group.settle(&procfs);
            let first = group.weigh(None);
            // The kernel's own turn, after which nothing can be outstanding.
            thread::sleep(Duration::from_millis(2500));
            let later = group.weigh(None);
            let user = |weight: Weight| weight.total_bytes.unwrap() - weight.kernel_bytes.unwrap();
            assert_eq!(user(first), user(later));
            drop(stdin);
            child.wait().unwrap();
        }
    }

    #[test]
    fn each_process_costs_the_kernel_a_stack_at_least() {
        const PROCESSES: u64 = 20;
        let Some(cgroups) = version_1() else { return };
        let group = cgroups.make().unwrap();
        let script = format!("for i in $(seq {PROCESSES}); do sleep 600 & pids=\"$pids $!\"; done");
        let (mut child, mut stdin) =
            spawn_into(&group, &format!("{script}; trap 'kill $pids' EXIT"));
        let kernel = group.weigh(None).kernel_bytes.unwrap();
        println!("kernel memory of {PROCESSES} processes: {kernel}");
        assert!(kernel >= PROCESSES * 8192, "{kernel}");
        stdin.write_all(b"end\n").unwrap();
        child.wait().unwrap();
    }

    /// What a cell has started and left behind ends with its group.
    #[test]
    fn a_group_that_still_has_a_process_is_removed_with_it() {
        let Some(cgroups) = version_1() else { return };
        let group = cgroups.make().unwrap();
        let (mut child, _stdin) = spawn_into(&group, "sleep 600 &");
        let path = group.path().to_owned();
        assert_eq!(super::super::files::pids(&path).len(), 2);
        // Reaps the shell; the other is no child of this process.
        let reaper = thread::spawn(move || child.wait().unwrap());
        drop(group);
        assert!(!reaper.join().unwrap().success());
        assert!(!path.exists());
    }

    /// What the group has read of files is in its cache, and not in its total.
    #[test]
    fn pages_of_files_are_in_no_total() {
        const FILE: u64 = 32 << 20;
        let Some(cgroups) = version_1() else { return };
        // Beside this program, which is hardly ever a file system in memory.
        let program = std::env::current_exe().unwrap();
        let folder = tempfile::tempdir_in(program.parent().unwrap()).unwrap();
        let file = folder.path().join("file");
        let group = cgroups.make().unwrap();
        // Written by the group, so that its pages are charged there whatever was read before.
        let script = format!("head -c {FILE} /dev/zero > '{}'", file.display());
        let (mut child, stdin) = spawn_into(&group, &script);
        group.settle(&Procfs::default());
        let usage = single(&group.path().join("memory.usage_in_bytes")).unwrap();
        let stat = super::super::files::flat_keyed(&group.path().join("memory.stat"));
        let of_files = stat["total_cache"] - stat["total_shmem"];
        let total = group.weigh(None).total_bytes.unwrap();
        println!("usage {usage}, pages of files {of_files}, total {total}");
        assert!(total + of_files <= usage + FILE / 8, "usage {usage}, total {total}, {of_files}");
        drop(stdin);
        child.wait().unwrap();
    }
}
