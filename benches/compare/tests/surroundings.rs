//! What goes wrong in a run, in its surroundings and in its files: each costs what it must and no
//! more, and is said in one clear line.

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{assert_refused, compare, ends, run, scratch, stderr, stdout};
use record::{Cell, Record, Status, read_file};

/// The only cell of this contestant.
fn cell_of<'a>(record: &'a Record, contestant: &str) -> &'a Cell {
    let cells: Vec<_> = record.cells.iter().filter(|cell| cell.contestant == contestant).collect();
    let [cell] = cells[..] else { panic!("{contestant}: {cells:?}") };
    cell
}

/// The process says `idle` in a version that nobody here speaks.
#[test]
fn a_child_of_another_protocol_costs_its_cell_and_names_both_versions() {
    let folder = scratch();
    let only = "fault/other-version,coroutines/bare";
    let (output, path) = run(&folder, &["--only", only, "--tasks", "10", "--no-heap"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    let cell = cell_of(&record, "fault/other-version");
    assert_eq!(cell.status, Status::Failed);
    let reason = "protocol version 3 is not 2, which is spoken here";
    assert_eq!(cell.reason.as_deref(), Some(reason));
    assert_eq!(cell.memory, record::Memory::default(), "nothing it said is a figure");
    assert_eq!(cell_of(&record, "coroutines/bare").status, Status::Ok);
    assert!(stderr(&output).contains(reason), "{}", stderr(&output));
}

/// A line that never ends on standard output, and far more than is kept on standard error: what the
/// harness holds of either has a bound.
#[cfg(target_os = "linux")]
#[test]
fn a_flood_does_not_fill_the_harness() {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use compare::faults::COMPLAINT_BYTES;

    let folder = scratch();
    let path = folder.path().join("record.jsonl");
    let only = "fault/endless-line,fault/endless-complaint,fault/babble,coroutines/bare";
    let mut harness = Command::new(env!("CARGO_BIN_EXE_compare"))
        .args(["run", "--only", only, "--tasks", "10", "--no-heap", "--record"])
        .arg(&path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The most that was ever resident.
    let mut most = 0;
    let code = loop {
        let status = fs::read_to_string(format!("/proc/{}/status", harness.id()));
        let peak = status.ok().and_then(|status| {
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
            line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
        });
        most = most.max(peak.unwrap_or(0) * 1024);
        if let Some(status) = harness.try_wait().unwrap() {
            break status.code();
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(code, Some(1));
    assert!(most > 0 && most < COMPLAINT_BYTES / 2, "{most} bytes");
    let record = read_file(&path).unwrap();
    for (contestant, reason) in [
        ("fault/endless-line", "a line of more than 65536 bytes is not of this protocol"),
        ("fault/endless-complaint", "SIGABRT"),
        ("fault/babble", "is not a line of this protocol"),
    ] {
        let cell = cell_of(&record, contestant);
        assert_eq!(cell.status, Status::Failed, "{cell:?}");
        let said = cell.reason.as_ref().unwrap();
        assert!(said.contains(reason) && said.len() < 1_000, "{contestant}: {said}");
    }
    assert_eq!(cell_of(&record, "coroutines/bare").status, Status::Ok);
}

/// What a cell has started may outlive it and hold its standard error, and nobody waits for that.
#[cfg(target_os = "linux")]
#[test]
fn a_process_that_a_cell_leaves_behind_does_not_hold_up_the_run() {
    use compare::faults::ORPHAN_SECONDS;

    let folder = scratch();
    let only = "fault/orphan,coroutines/bare";
    let started = std::time::Instant::now();
    let (_, path) = run(&folder, &["--only", only, "--tasks", "10", "--no-heap"]);
    assert!(started.elapsed().as_secs_f64() < ORPHAN_SECONDS.parse().unwrap(), "it was waited for");
    let record = read_file(&path).unwrap();
    assert!(ends(&["sleep", ORPHAN_SECONDS]), "it ends with the cell");
    let orphaned = cell_of(&record, "fault/orphan");
    assert!(orphaned.reason.as_ref().unwrap().contains("SIGABRT"), "{orphaned:?}");
    assert_eq!(cell_of(&record, "coroutines/bare").status, Status::Ok);
}

/// Runs where the control group or its limit is not what it should be. Where no group can be made for
/// the test itself, they say so and pass, or fail where `REQUIRE_CGROUP=1` is set.
#[cfg(target_os = "linux")]
mod in_a_group {
    use std::io::Write;
    use std::path::PathBuf;
    use std::process::{Child, Command, Stdio};
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::{Duration, Instant};

    use record::{CgroupKind, LimitValue};

    use super::*;

    const MIB: u64 = 1 << 20;

    /// Says past the test's capture that nothing was tested, and why; fails where `REQUIRE_CGROUP=1` asks
    /// for groups.
    fn skip(why: impl std::fmt::Display) {
        let is_required = std::env::var_os("REQUIRE_CGROUP").is_some_and(|value| value == "1");
        assert!(!is_required, "REQUIRE_CGROUP=1, and {why}");
        let _ = writeln!(std::io::stderr(), "SKIPPED, nothing was tested: {why}");
    }

    /// The group of this process, and the name of the file with its memory limit.
    fn own_group() -> Result<(PathBuf, &'static str), String> {
        let groups = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
        let find = |controllers: &str| {
            groups.lines().find_map(|line| {
                let (list, path) = line.split_once(':')?.1.split_once(':')?;
                (list == controllers).then(|| path.trim_start_matches('/').to_owned())
            })
        };
        if let Some(path) = find("memory") {
            return Ok((Path::new("/sys/fs/cgroup/memory").join(path), "memory.limit_in_bytes"));
        }
        let path = find("").ok_or("this process is in no control group")?;
        Ok((Path::new("/sys/fs/cgroup").join(path), "memory.max"))
    }

    /// A group with a memory limit, as a container has one. It is removed when dropped.
    struct Limited {
        path: PathBuf,
    }

    impl Limited {
        /// `None` where none can be made, after saying why.
        fn to(bytes: u64) -> Option<Self> {
            static NUMBER: AtomicU32 = AtomicU32::new(0);
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let made = own_group().and_then(|(own, limit)| {
                let path = own.join(format!("container-{}-{number}", std::process::id()));
                fs::create_dir(&path)
                    .map_err(|error| format!("{} cannot be made: {error}", path.display()))?;
                let group = Self { path };
                fs::write(group.path.join(limit), bytes.to_string())
                    .map_err(|error| format!("{limit} cannot be set: {error}"))?;
                Ok(group)
            });
            made.inspect_err(|why| skip(why)).ok()
        }

        /// A command that is in this group from its beginning.
        fn command(&self, program: &str) -> Command {
            let mut command = Command::new("sh");
            command
                .args(["-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\""])
                .arg(&self.path)
                .arg(program);
            command
        }

        /// `compare run` in this group.
        fn run(&self, record: &Path, arguments: &[&str]) -> Output {
            self.command(env!("CARGO_BIN_EXE_compare"))
                .arg("run")
                .args(arguments)
                .arg("--record")
                .arg(record)
                .output()
                .unwrap()
        }

        /// A process in this group that holds so much memory, until it is dropped.
        fn bystander(&self, bytes: u64) -> Bystander {
            let mut child = self
                .command("tail")
                .args(["-c", &bytes.to_string()])
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            let stdin = child.stdin.as_mut().unwrap();
            let part = vec![b'x'; MIB as usize];
            (0..bytes / MIB).for_each(|_| stdin.write_all(&part).unwrap());
            Bystander(child)
        }
    }

    impl Drop for Limited {
        fn drop(&mut self) {
            // Under version 2 a harness makes a leaf for itself, which the next one would remove.
            for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
                let _ = fs::remove_dir(entry.path());
            }
            // The kernel takes a moment to notice that all processes are gone.
            let patience = Instant::now() + Duration::from_secs(5);
            while fs::remove_dir(&self.path).is_err() && Instant::now() < patience {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    struct Bystander(Child);

    impl Drop for Bystander {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn the_oom_killer_takes_the_cell_and_nothing_else() {
        const LIMIT: u64 = 192 * MIB;
        let Some(container) = Limited::to(LIMIT) else { return };
        let folder = scratch();
        let path = folder.path().join("record.jsonl");
        let only = "fault/greedy,coroutines/bare,callbacks/*";
        let output = container.run(&path, &["--only", only, "--tasks", "10", "--no-heap"]);
        let record = read_file(&path).unwrap();
        let greedy = cell_of(&record, "fault/greedy");
        let reason = greedy.reason.as_ref().unwrap();
        assert!(reason.contains("SIGKILL") && reason.contains("OOM killer"), "{reason}");
        if record.run.host.cgroup == CgroupKind::V1 {
            // It had nearly all of the memory, so that is its wall, and a wall is a result.
            assert_eq!(greedy.status, Status::Wall, "{greedy:?}");
            let limit = greedy.limit.as_ref().unwrap();
            assert_eq!((limit.name.as_str(), limit.value), ("memory_cgroup", LIMIT));
            assert!(limit.used <= LIMIT, "{limit}");
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        }
        assert_eq!(record.run.host.limits["memory_cgroup"], LimitValue::Number(LIMIT));
        for other in ["coroutines/bare", "callbacks/event-loop"] {
            let cell = cell_of(&record, other);
            assert_eq!((cell.status, cell.flaw()), (Status::Ok, None), "{cell:?}");
        }
    }

    /// Whoever else is in the container holds more than the cell, and is left alone.
    #[test]
    fn the_oom_killer_never_takes_a_bystander() {
        let Some(container) = Limited::to(192 * MIB) else { return };
        let mut bystander = container.bystander(120 * MIB);
        let folder = scratch();
        let path = folder.path().join("record.jsonl");
        let only = "fault/greedy,coroutines/bare";
        let output = container.run(&path, &["--only", only, "--tasks", "10", "--no-heap"]);
        let record = read_file(&path).unwrap();
        let greedy = cell_of(&record, "fault/greedy");
        assert!(greedy.reason.as_ref().unwrap().contains("OOM killer"), "{greedy:?}");
        // It came nowhere near the limit by itself: a wall would be said of it wrongly.
        assert_eq!((greedy.status, &greedy.limit), (Status::Failed, &None), "{greedy:?}");
        assert_eq!(cell_of(&record, "coroutines/bare").status, Status::Ok);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(bystander.0.try_wait().unwrap().is_none(), "it was killed");
    }

    #[test]
    fn what_the_group_has_no_room_for_is_not_run() {
        let Some(container) = Limited::to(64 * MIB) else { return };
        // Enough for the cell within the limit, but not beside what is there.
        let _bystander = container.bystander(40 * MIB);
        let folder = scratch();
        let path = folder.path().join("record.jsonl");
        let arguments = ["--only", "coroutines/bare", "--tasks", "10,2M", "--no-heap"];
        let output = container.run(&path, &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let cells = read_file(&path).unwrap().cells;
        let of = |tasks| cells.iter().find(|cell| cell.tasks == tasks).unwrap();
        assert_eq!(of(10).status, Status::Ok, "{:?}", of(10));
        assert_eq!(of(2_000_000).status, Status::Skipped, "{:?}", of(2_000_000));
        let reason = of(2_000_000).reason.as_ref().unwrap();
        // A small cell has told what a task takes, which is no 600 B.
        let told = reason
            .strip_prefix("this would take about ")
            .and_then(|rest| rest.split_once(" MiB, and "));
        let mib: f64 = told.unwrap_or_else(|| panic!("{reason}")).0.parse().unwrap();
        assert!((50.0..500.0).contains(&mib), "{reason}");
        let end = "of memory is available within the control group's limit of 64 MiB; \
                   a cell may take 80 % of it";
        assert!(reason.ends_with(end), "{reason}");
    }

    /// As in a container: the groups are there to be seen, and nobody may make one.
    #[test]
    fn without_a_group_a_cell_has_no_total_and_the_oom_killer_is_named_all_the_same() {
        let Some(container) = Limited::to(192 * MIB) else { return };
        let folder = scratch();
        let path = folder.path().join("record.jsonl");
        let read_only = "for mount in /sys/fs/cgroup /sys/fs/cgroup/memory; do \
             test ! -e $mount/cgroup.procs || \
             { mount --bind $mount $mount && mount -o remount,bind,ro $mount; } || exit 77; \
             done; exec \"$0\" \"$@\"";
        let output = container
            .command("unshare")
            .args(["--mount", "sh", "-c", read_only, env!("CARGO_BIN_EXE_compare"), "run"])
            .args(["--only", "fault/greedy,coroutines/bare", "--tasks", "10", "--no-heap"])
            .args(["--no-scope", "--record"])
            .arg(&path)
            .output()
            .unwrap();
        if !path.exists() {
            skip(format_args!("no mounts of its own: {}", stderr(&output)));
            return;
        }
        let record = read_file(&path).unwrap();
        assert_eq!(record.run.host.cgroup, CgroupKind::None);
        let note = record.run.host.cgroup_note.as_ref().unwrap();
        assert!(note.starts_with("cannot make a group in /sys/fs/cgroup"), "{note}");
        let text = stdout(&output);
        // A path that is longer than a line is broken.
        let solid = |text: &str| text.split_whitespace().collect::<String>();
        assert!(solid(&text).contains(&solid(note)) && text.contains("lower bound"), "{text}");
        assert!(text.contains("fault/greedy"), "{text}");
        let bare = cell_of(&record, "coroutines/bare");
        assert_eq!(bare.status, Status::Ok);
        let waiting = bare.memory.waiting.unwrap();
        assert!(waiting.total_bytes.is_none() && waiting.rss_bytes.is_some(), "{waiting:?}");
        let reason = cell_of(&record, "fault/greedy").reason.as_ref().unwrap();
        assert!(reason.contains("SIGKILL") && reason.contains("OOM killer"), "{reason}");
    }

    /// A run of four cells that last a second each.
    fn four_cells(container: &Limited, record: &Path) -> Child {
        container
            .command(env!("CARGO_BIN_EXE_compare"))
            .args(["run", "--only", "coroutines/bare", "--tasks", "10", "--repeats", "4"])
            .args(["--wait", "1s", "--no-heap", "--record"])
            .arg(record)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Moves the process of a cell out of its group and removes that; `None` if the run is over
    /// before that can be done.
    fn take_a_group(container: &Limited, harness: &mut Child) -> Option<PathBuf> {
        // A group with a process in it that can be moved away is a cell's.
        let take = |group: &Path| {
            let name = group.file_name()?.to_str()?.strip_prefix("compare-")?;
            let is_leaf = name.ends_with(&format!("-{}", u32::MAX));
            let pid = fs::read_to_string(group.join("cgroup.procs")).ok()?;
            let pid = pid.lines().next().filter(|_| !is_leaf)?;
            // Not into the container itself, which under version 2 takes no process any more.
            fs::write(container.path.parent()?.join("cgroup.procs"), pid).ok()?;
            fs::remove_dir(group).ok()
        };
        loop {
            let groups: Vec<_> =
                fs::read_dir(&container.path).unwrap().flatten().map(|g| g.path()).collect();
            if let Some(group) = groups.iter().find(|group| take(group).is_some()) {
                return Some(group.clone());
            }
            if harness.try_wait().unwrap().is_some() {
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// One of four cells has failed because this group was taken from it, and the others have
    /// everything.
    fn assert_only_one_is_lost(record: &Record, group: &Path) {
        assert_eq!(record.cells.len(), 4);
        let (failed, others): (Vec<_>, Vec<_>) =
            record.cells.iter().partition(|cell| cell.status == Status::Failed);
        let [failed] = failed[..] else { panic!("{failed:?}") };
        let reason = failed.reason.as_ref().unwrap();
        let expected = format!("it was moved out of its control group {} into /", group.display());
        assert!(reason.starts_with(&expected), "{reason}");
        assert_eq!(failed.memory, record::Memory::default(), "half a weight is none");
        for cell in others {
            assert!(cell.status == Status::Ok, "{cell:?}");
            assert!(cell.memory.waiting.unwrap().total_bytes.is_some(), "{cell:?}");
        }
    }

    /// A run from which no group could be taken must have had none.
    fn skip_without_groups(record: &Path) {
        let host = read_file(record).unwrap().run.host;
        assert_eq!(host.cgroup, CgroupKind::None, "there was no group to take");
        skip(host.cgroup_note.unwrap_or_default());
    }

    #[test]
    fn a_group_that_vanishes_costs_its_cell() {
        let Some(container) = Limited::to(1 << 40) else { return };
        let folder = scratch();
        let path = folder.path().join("record.jsonl");
        let mut harness = four_cells(&container, &path);
        let taken = take_a_group(&container, &mut harness);
        let code = harness.wait().unwrap().code();
        let Some(group) = taken else { return skip_without_groups(&path) };
        assert_eq!(code, Some(1));
        assert_only_one_is_lost(&read_file(&path).unwrap(), &group);
    }

    /// The group that the harness itself was in, and made all others in, is gone too.
    #[test]
    fn a_group_of_the_harness_that_vanishes_costs_the_cell_that_runs() {
        let Some(container) = Limited::to(1 << 40) else { return };
        let folder = scratch();
        let path = folder.path().join("record.jsonl");
        let mut harness = four_cells(&container, &path);
        let taken = take_a_group(&container, &mut harness);
        let elsewhere = container.path.parent().unwrap().join("cgroup.procs");
        let moved = fs::write(elsewhere, harness.id().to_string());
        drop(container);
        let code = harness.wait().unwrap().code();
        let Some(group) = taken else { return skip_without_groups(&path) };
        if let Err(error) = moved {
            return skip(format_args!("the harness cannot be moved: {error}"));
        }
        let container = group.parent().unwrap();
        assert!(!container.exists(), "it did not vanish");
        assert_eq!(code, Some(1));
        assert_only_one_is_lost(&read_file(&path).unwrap(), &group);
    }
}

/// Whichever of the two is broken, its file and line are named.
#[test]
fn a_broken_record_is_named_with_its_line() {
    let folder = scratch();
    let arguments = ["--only", "coroutines/bare", "--tasks", "2,3", "--no-heap"];
    let (output, path) = run(&folder, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = fs::read(&path).unwrap();
    let first_line = text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let (run_line, cells) = text.split_at(first_line);
    let other_schema = String::from_utf8_lossy(run_line).replacen("schema\":1", "schema\":7", 1);
    let broken = folder.path().join("broken.jsonl");
    let cases: &[(&[&[u8]], &str)] = &[
        (&[b"\x80\xff\n", cells], "line 1: not UTF-8"),
        (&[run_line, cells, b"{\"kind\":\"\xff\"}\n"], "line 4: not UTF-8"),
        (&[run_line, b"{\"kind\":\"cell\"}\n", cells], "line 2: not a cell of schema 1"),
        (&[run_line, cells, run_line], "line 4: a second run"),
        (&[cells], "line 1: not a run"),
        (&[other_schema.as_bytes(), cells], "line 1: schema 7; this program reads schema 1"),
        (&[], "is empty"),
    ];
    for (parts, expected) in cases {
        fs::write(&broken, parts.concat()).unwrap();
        let expected = ["broken.jsonl", expected];
        let diff = |old: &Path, new: &Path| compare().arg("diff").args([old, new]).output();
        assert_refused(&diff(&path, &broken).unwrap(), &expected);
        assert_refused(&diff(&broken, &path).unwrap(), &expected);
        let before = fs::read(&broken).unwrap();
        let resumed = compare().args(["run", "--resume"]).arg(&broken).output().unwrap();
        assert_refused(&resumed, &expected);
        assert_eq!(fs::read(&broken).unwrap(), before, "a refused record is left as it is");
    }
    let missing = folder.path().join("missing.jsonl");
    let diff = compare().arg("diff").args([&path, &missing]).output().unwrap();
    assert_refused(&diff, &["missing.jsonl", "cannot be read: No such file"]);
    let diff = compare().arg("diff").args([folder.path(), &path]).output().unwrap();
    assert_refused(&diff, &["cannot be read: is a directory"]);
}

/// The first line of a record says what was asked for. If it asks for other work than was done, the
/// rest of it would not belong to what is there.
#[test]
fn a_record_that_asks_for_other_work_is_not_resumed() {
    let folder = scratch();
    let arguments = ["--only", "coroutines/bare", "--tasks", "2,3", "--wait", "60ms", "--no-heap"];
    let (output, path) = run(&folder, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = fs::read_to_string(&path).unwrap();
    let incomplete: String = text.split_inclusive('\n').take(2).collect();
    for (was, is) in [
        ("--wait=60ms", "--wait=70ms"),
        ("--wait=60ms", "--wait=60ms\",\"--state=64"),
        ("--wait=60ms", "--wait=60ms\",\"--waits=2"),
        ("--wait=60ms", "--wait=60ms\",\"--spread=1s"),
        ("--wait=60ms", "--wait=60ms\",\"--arrival=rate:1k/s"),
        ("--tasks=2,3", "--tasks=4,5"),
        ("--only=coroutines/bare", "--only=callbacks/*"),
    ] {
        let changed = incomplete.replacen(was, is, 1);
        assert_ne!(changed, incomplete, "{was}");
        fs::write(&path, &changed).unwrap();
        let resumed = compare().args(["run", "--resume"]).arg(&path).output().unwrap();
        assert_refused(&resumed, &["record.jsonl cannot be resumed", "do not ask"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), changed);
    }
    // As it was, it is gone on with.
    fs::write(&path, &incomplete).unwrap();
    let resumed = compare().args(["run", "--resume"]).arg(&path).output().unwrap();
    assert!(resumed.status.success(), "{}", stderr(&resumed));
    assert_eq!(read_file(&path).unwrap().cells.len(), 2);
}
