//! The command line, run as a process.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::{compare, run, scratch, stderr, stdout};
use compare::fit::{self, Figure};
use compare::record::{Build, Record, Status, read_file};
use tempfile::TempDir;

#[test]
fn the_list_has_every_model() {
    let output = compare().args(["list", "--json"]).output().unwrap();
    let list: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let of = |model: &str| list.iter().filter(|entry| entry["model"] == model).count();
    assert_eq!((of("subroutine"), of("threads"), of("callbacks")), (1, 4, 1));
    if cfg!(all(feature = "tokio", feature = "async-std", feature = "smol")) {
        let yardsticks = usize::from(cfg!(feature = "hyper"));
        assert_eq!((of("coroutines"), of("baseline")), (6, 6 + yardsticks));
    }
    let text = stdout(&compare().arg("list").output().unwrap());
    assert!(text.contains("coroutines/bare"), "{text}");
    assert_eq!(text.contains("RUSTSEC-2025-0052"), cfg!(feature = "async-std"), "{text}");
}

#[test]
fn help_has_examples() {
    for arguments in [&["--help"][..], &["run", "--help"]] {
        let output = compare().args(arguments).output().unwrap();
        assert!(output.status.success());
        assert!(stdout(&output).contains("Examples:\n"), "{}", stdout(&output));
    }
}

#[test]
fn every_model_runs_with_proof_and_prints_its_tables() {
    let folder = scratch();
    let (output, path) = run(
        &folder,
        &[
            "--only",
            "subroutine/*,threads/*,callbacks/*,coroutines/*",
            "--tasks",
            "3",
            "--waits",
            "2",
            "--state",
            "64",
            "--no-heap",
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    assert!(record.cells.len() >= 7);
    for cell in &record.cells {
        assert_eq!(cell.status, Status::Ok, "{cell:?}");
        assert_eq!(cell.proof.unwrap().flaw(cell.tasks), None, "{cell:?}");
        assert_eq!((cell.workload.state_bytes, cell.workload.waits_per_task), (64, 2));
        if cfg!(target_os = "linux") {
            let parked = cell.memory.parked.unwrap();
            assert!(parked.rss_bytes.unwrap() > 0 && parked.threads.unwrap() > 0, "{parked:?}");
        }
    }
    assert!(stdout(&output).contains("Bytes per waiting task"), "{}", stdout(&output));
    let proof = compare().arg("proof").arg("--record").arg(&path).output().unwrap();
    assert!(proof.status.success(), "{}", stdout(&proof));
}

#[test]
fn heaps_are_counted_by_the_counting_build_alone() {
    let folder = scratch();
    let (output, path) = run(&folder, &["--only", "coroutines/bare", "--tasks", "1k,10k"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let heap = |cell: &compare::record::Cell| cell.memory.parked.unwrap().heap_bytes;
    let record = read_file(&path).unwrap();
    let mut counted = Vec::new();
    for cell in &record.cells {
        match cell.build {
            Build::Timed => assert_eq!(heap(cell), None),
            Build::Counting => {
                assert!(cell.time.is_none() && cell.memory.parked.unwrap().rss_bytes.is_none());
                counted.push((cell.tasks, heap(cell).unwrap()));
            }
        }
    }
    counted.sort_unstable();
    let [(1_000, small), (10_000, large)] = counted[..] else { panic!("{counted:?}") };
    let per_task = (large - small) / 9_000;
    // A frame, its slot and its timer: not nothing, and not another page.
    assert!((32..=256).contains(&per_task), "{per_task} B a task");
}

#[test]
fn the_record_goes_to_standard_output_as_json() {
    let folder = scratch();
    let (output, path) =
        run(&folder, &["--only", "callbacks/*", "--tasks", "2", "--no-heap", "--json"]);
    assert_eq!(stdout(&output), fs::read_to_string(path).unwrap());
}

#[test]
fn the_order_follows_from_the_seed() {
    let order = |seed: &str| {
        let folder = scratch();
        let arguments = ["--only", "threads/*", "--tasks", "1,2,3", "--no-heap", "--seed", seed];
        let record = read_file(&run(&folder, &arguments).1).unwrap();
        let order: Vec<_> =
            record.cells.iter().map(|cell| (cell.contestant.clone(), cell.tasks)).collect();
        (record.run.seed, order)
    };
    assert_eq!(order("7"), order("7"));
    assert_ne!(order("7").1, order("8").1);
}

/// Tasks that wait for 10 ms and come within 19 are never all there. Whoever has one place or two for
/// them has a queue, and by arithmetic the last of them is that late.
#[test]
fn tasks_that_come_at_a_rate_show_their_queue_and_are_no_weight() {
    let folder = scratch();
    let only = "subroutine/*,threads/crossbeam-pool,callbacks/*,coroutines/bare";
    let arguments = ["--only", only, "--arrival", "rate:1k/s", "--tasks", "20", "--wait", "10ms"];
    let (output, path) = run(&folder, &[&arguments[..], &["--pool-workers", "2"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    assert_eq!(record.cells.len(), 4, "no heap is counted");
    for cell in &record.cells {
        assert_eq!((cell.status, cell.flaw()), (Status::Ok, None), "{cell:?}");
        assert_eq!((cell.workload.arrival.as_str(), cell.attempts), ("rate:1000/s", 1));
        let proof = cell.proof.unwrap();
        assert!(proof.unweighed && cell.memory.parked.is_none(), "{cell:?}");
        let time = cell.time.unwrap();
        assert!(time.wall_ns >= 29_000_000, "{cell:?}");
        let places = proof.expected_in_flight;
        let queue = (10_000_000 * 20 / places).saturating_sub(29_000_000);
        let most = cell.lateness_ns.unwrap().max;
        assert!(most >= queue * 98 / 100, "{cell:?}");
    }
    let text = stdout(&output);
    assert!(text.contains("Coming at a rate") && !text.contains("Bytes per waiting"), "{text}");
    let proof = compare().arg("proof").arg("--record").arg(&path).output().unwrap();
    assert!(proof.status.success(), "{}", stdout(&proof));
}

#[test]
fn a_rate_without_a_given_wait_waits_until_all_have_come() {
    let folder = scratch();
    let arguments = ["--only", "coroutines/bare", "--arrival", "rate:1k/s", "--tasks", "100"];
    let (output, path) = run(&folder, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let cell = read_file(&path).unwrap().cells.remove(0);
    assert_eq!(cell.proof.unwrap().after_weighing, 100);
    assert!(cell.memory.parked.is_some() && cell.time.unwrap().start_ns >= 99_000_000, "{cell:?}");
}

#[test]
fn a_herd_is_weighed_like_any_other() {
    let folder = scratch();
    let arguments = ["--only", "callbacks/*,coroutines/bare", "--herd", "--tasks", "500"];
    let (output, path) = run(&folder, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    for cell in read_file(&path).unwrap().cells {
        assert!(cell.workload.herd && cell.memory.parked.is_some(), "{cell:?}");
        assert_eq!(cell.flaw(), None, "{cell:?}");
    }
    assert!(stdout(&output).contains("All due at once"), "{}", stdout(&output));
}

/// Bad input is one line that names what was given, exit code 2, and nothing written.
#[test]
fn bad_input_is_one_line_and_nothing_is_written() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["--only", "corutines/*"], &["`corutines/*`", "coroutines/bare"]),
        (&["--only", "threads/none"], &["`threads/none`", "threads/per-task"]),
        (&["--only", "a["], &["`a[`", "glob"]),
        (&["--tasks", "0"], &["`0`", "from 1 to 4294967295"]),
        (&["--tasks", "-1"], &["`-1`", "whole number"]),
        (&["--tasks", "1e99"], &["`1e99`", "whole number"]),
        (&["--tasks", "ten"], &["`ten`", "10k"]),
        (&["--tasks", "10k,"], &["``"]),
        (&["--tasks", "5000M"], &["`5000M`", "4294967295"]),
        (&["--wait", "5"], &["`5`", "250ms"]),
        (&["--wait", "-1s"], &["`-1s`"]),
        (&["--wait", "0s"], &["`0s`"]),
        (&["--wait", "2years"], &["`2years`"]),
        (&["--state", "2KiB"], &["`2KiB`", "0, 64, 1KiB, 8KiB"]),
        (&["--state", "-1"], &["`-1`"]),
        (&["--waits", "0"], &["`0`"]),
        (&["--waits", "65535"], &["65535", "65534"]),
        (&["--repeats", "many"], &["`many`"]),
        (&["--pool-workers", "0"], &["`0`"]),
        (&["--workload", "tide"], &["'tide'", "timer"]),
        (&["--seed", "x"], &["`x`", "whole number"]),
        (&["--patience", "soon"], &["`soon`"]),
        (&["--arrival", "rate:fast/s"], &["`rate:fast/s`", "burst", "rate:5k/s"]),
        (&["--arrival", "rate:0/s"], &["`rate:0/s`", "1 to 4294967295", "rate:5k/s"]),
        (&["--arrival", "-1"], &["`-1`", "rate:5k/s"]),
        (&["--herd", "--spread", "1s"], &["--herd", "--spread"]),
        (&["--herd", "--arrival", "rate:1/s"], &["--herd", "--arrival"]),
        (&["--sped", "1"], &["'--sped'"]),
    ];
    for (arguments, expected) in cases {
        let folder = scratch();
        let (output, record) = run(&folder, arguments);
        let line = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
        assert_eq!(line.lines().count(), 1, "{arguments:?}: {line}");
        for part in *expected {
            assert!(line.contains(part), "{arguments:?} should say {part}: {line}");
        }
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(!record.exists(), "{arguments:?}");
    }
}

#[test]
fn a_record_that_is_there_is_not_lost() {
    let folder = scratch();
    let path = folder.path().join("record.jsonl");
    fs::write(&path, "precious").unwrap();
    let (output, _) = run(&folder, &["--only", "callbacks/*", "--tasks", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("record.jsonl exists"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");

    let (output, _) =
        run(&folder, &["--only", "callbacks/*", "--tasks", "1", "--no-heap", "--overwrite"]);
    assert!(output.status.success());
    assert_eq!(read_file(&path).unwrap().cells.len(), 1);
}

#[test]
fn a_record_that_cannot_be_written_is_said_before_anything_runs() {
    let folder = scratch();
    fs::write(folder.path().join("file"), "").unwrap();
    for record in [folder.path().join("file/record.jsonl"), folder.path().to_owned()] {
        let output = compare()
            .args(["run", "--only", "callbacks/*", "--tasks", "1", "--overwrite", "--record"])
            .arg(&record)
            .output()
            .unwrap();
        let line = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(line.contains(&*folder.path().to_string_lossy()), "{line}");
    }
}

/// A contestant that goes wrong costs its own cell: the others in the run have proof, the run goes
/// on, and ends with 1.
#[test]
fn a_fault_costs_one_cell() {
    let faults = [
        ("fault/hang", "did not start its tasks within"),
        ("fault/abort", "SIGABRT"),
        ("fault/exit", "died: exit status: 0"),
        ("fault/panic", "after saying `the contestant itself panicked`"),
        ("fault/refuse", "anything could not be started: permission denied"),
        ("fault/babble", "`this is not the protocol` is not a line of this protocol"),
        ("fault/wrong-sum", "is not the expected"),
        ("fault/lost-task", "9 of 10 tasks completed"),
        ("fault/second-wave", "second wave: died: signal: 6 (SIGABRT)"),
    ];
    let folder = scratch();
    let mut only: Vec<_> = faults.iter().map(|(id, _)| *id).collect();
    only.push("coroutines/bare");
    let only = only.join(",");
    let (output, path) = run(
        &folder,
        &["--only", &only, "--tasks", "10", "--no-heap", "--wait", "100ms", "--patience", "2s"],
    );
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    assert_eq!(record.cells.len(), faults.len() + 1);
    for (id, reason) in faults {
        let cell = record.cells.iter().find(|cell| cell.contestant == id).unwrap();
        assert_eq!(cell.status, Status::Failed, "{cell:?}");
        assert!(cell.reason.as_ref().unwrap().contains(reason), "{id}: {:?}", cell.reason);
    }
    let bare = record.cells.iter().find(|cell| cell.contestant == "coroutines/bare").unwrap();
    assert_eq!(bare.status, Status::Ok);
    let proof = compare().arg("proof").arg("--record").arg(&path).output().unwrap();
    assert_eq!(proof.status.code(), Some(1));
    assert!(
        stdout(&proof).contains("fault/wrong-sum × 10, repeat 0: checksum"),
        "{}",
        stdout(&proof)
    );
}

/// The same tasks once more in the same process: what they weigh then, with a proof of their own. A
/// process that knows one wave only is no failure, and one that goes wrong in the second keeps what the
/// first brought.
#[test]
fn a_second_wave_is_weighed_and_proven_where_there_is_one() {
    let folder = scratch();
    let only = "coroutines/bare,threads/*,fault/one-wave,fault/second-wave";
    let (_, path) = run(
        &folder,
        &["--only", only, "--tasks", "3,20", "--repeats", "2", "--no-heap", "--wait", "100ms"],
    );
    let record = read_file(&path).unwrap();
    for cell in &record.cells {
        let is_fault = cell.contestant.starts_with("fault/");
        let is_asked_for = cell.tasks == 20 && cell.repeat == 0;
        assert_eq!(cell.second.is_some(), is_asked_for && !is_fault, "{cell:?}");
        let memory = &cell.memory;
        assert_eq!(memory.second_parked.is_some(), cell.second.is_some(), "{cell:?}");
        assert_eq!(memory.second_drained.is_some(), cell.second.is_some(), "{cell:?}");
        assert!(memory.parked.is_some() && memory.drained.is_some(), "{cell:?}");
        let has_failed = is_asked_for && cell.contestant == "fault/second-wave";
        assert_eq!(cell.status, if has_failed { Status::Failed } else { Status::Ok }, "{cell:?}");
        if let Some(second) = cell.second {
            assert_eq!(second.proof.flaw(20), None);
        }
        // Where there is a control group, it is charged for all that the process holds.
        const SETTLING: u64 = 64 * 1024;
        for weight in [memory.idle, memory.parked, memory.drained, memory.second_drained] {
            let Some(weight) = weight else { continue };
            if let (Some(total), Some(kernel)) = (weight.total_bytes, weight.kernel_bytes) {
                let user = total - kernel + SETTLING;
                assert!(user >= weight.anonymous_bytes.unwrap(), "{cell:?}");
            }
        }
    }
}

#[test]
fn a_contestant_below_its_ceiling_is_found_out() {
    let folder = scratch();
    let (_, path) = run(
        &folder,
        &["--only", "fault/one-at-a-time", "--tasks", "3", "--no-heap", "--wait", "5ms"],
    );
    let record = read_file(&path).unwrap();
    assert_eq!(record.cells[0].status, Status::Failed);
    assert!(record.cells[0].attempts > 1, "the wait was doubled first");
    let reason = record.cells[0].reason.as_ref().unwrap();
    assert!(reason.contains("too short to find all tasks in flight"), "{reason}");
}

/// The whole way from a process that holds 512 bytes a task to a slope of 512. Processes differ by
/// some 100 KiB of RSS, so there are many tasks.
#[cfg(target_os = "linux")]
#[test]
fn a_control_weighs_what_it_holds() {
    let folder = scratch();
    let (output, path) =
        run(&folder, &["--only", "control/512", "--tasks", "1,100k", "--repeats", "2"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    let control = &fit::series(&record)[0];
    for figure in [Figure::Rss, Figure::Heap] {
        let slope = fit::fit(&record, control, figure).unwrap().slope.estimate.value;
        assert!((slope - 512.0).abs() < 5.0, "{figure:?}: {slope}");
    }
    let text = stdout(&output);
    assert!(text.contains("what is held is what is measured"), "{text}");
}

#[test]
fn a_contestant_is_held_against_itself() {
    let folder = scratch();
    let only = "control/again-bare,coroutines/bare";
    let (output, _) =
        run(&folder, &["--only", only, "--tasks", "1,100", "--repeats", "2", "--no-heap"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("a contestant against itself"), "{text}");
}

#[test]
fn a_floor_that_is_too_high_is_not_run() {
    let folder = scratch();
    let (output, path) =
        run(&folder, &["--only", "subroutine/*", "--tasks", "10k", "--wait", "1s", "--no-heap"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let cell = &read_file(&path).unwrap().cells[0];
    assert_eq!(cell.status, Status::Skipped);
    assert!(cell.reason.as_ref().unwrap().contains("at most 1 in flight"), "{:?}", cell.reason);
}

#[test]
fn a_baseline_is_not_run_on_what_it_is_not_made_for() {
    let folder = scratch();
    let (output, path) = run(
        &folder,
        &["--only", "*/bare", "--tasks", "3", "--waits", "3", "--state", "8KiB", "--no-heap"],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    for cell in read_file(&path).unwrap().cells {
        let is_baseline = cell.contestant.starts_with("baseline/");
        assert_eq!(cell.status, if is_baseline { Status::Skipped } else { Status::Ok }, "{cell:?}");
    }
}

#[test]
fn waits_that_are_spread_and_repeated_are_waited_for() {
    let folder = scratch();
    let (output, path) = run(
        &folder,
        &[
            "--only",
            "coroutines/bare",
            "--tasks",
            "3",
            "--waits",
            "3",
            "--spread",
            "700ms",
            "--patience",
            "1s",
            "--no-heap",
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(read_file(&path).unwrap().cells[0].time.unwrap().wall_ns > 2_100_000_000);
}

#[test]
fn repeats_hold_for_the_default_sizes_too_and_have_a_limit() {
    let folder = scratch();
    let (_, path) = run(&folder, &["--only", "subroutine/*", "--repeats", "2", "--no-heap"]);
    let cells = read_file(&path).unwrap().cells;
    assert_eq!(cells.iter().filter(|cell| cell.tasks == 4).count(), 2);
    let folder = scratch();
    let (output, _) = run(&folder, &["--repeats", "4294967295"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("from 1 to 1000"), "{}", stderr(&output));
}

/// What would not fit is not tried.
#[cfg(target_os = "linux")]
#[test]
fn a_cell_that_would_not_fit_into_memory_is_not_run() {
    let folder = scratch();
    let (output, path) =
        run(&folder, &["--only", "coroutines/bare", "--tasks", "4294967295", "--no-heap"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let cell = &read_file(&path).unwrap().cells[0];
    assert_eq!(cell.status, Status::Skipped);
    assert!(cell.reason.as_ref().unwrap().contains("of memory is available"), "{cell:?}");
}

/// A reader that has seen enough is no fault.
#[cfg(unix)]
#[test]
fn a_closed_standard_output_is_no_panic() {
    let output = std::process::Command::new("sh")
        .args(["-c", "\"$0\" list | head -c 1 && \"$0\" list >/dev/full; echo $?"])
        .arg(env!("CARGO_BIN_EXE_compare"))
        .output()
        .unwrap();
    assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
    if Path::new("/dev/full").exists() {
        assert!(stdout(&output).ends_with("2\n"), "{}", stdout(&output));
    }
}

/// Whatever a cell does, it does not outlive a harness that was killed.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_harness_takes_its_cell_along() {
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    let folder = scratch();
    let mut harness = std::process::Command::new(env!("CARGO_BIN_EXE_compare"))
        .args(["run", "--only", "fault/hang", "--tasks", "1", "--no-heap", "--record"])
        .arg(folder.path().join("record.jsonl"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pid = harness.id();
    let eventually = |what: &mut dyn FnMut() -> bool| {
        let patience = Instant::now() + Duration::from_secs(20);
        while !what() {
            assert!(Instant::now() < patience);
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let mut cell = None;
    eventually(&mut || {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        cell = children.ok().and_then(|pids| pids.split_whitespace().next().map(str::to_owned));
        cell.is_some()
    });
    std::thread::sleep(Duration::from_millis(200));
    harness.kill().unwrap();
    harness.wait().unwrap();
    let cell = PathBuf::from(format!("/proc/{}/exe", cell.unwrap()));
    // A dead process that nobody has reaped yet has no program any more.
    eventually(&mut || fs::read_link(&cell).is_err());
}

#[cfg(unix)]
#[test]
fn an_interrupt_keeps_the_record_and_leaves_no_process() {
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    let folder = scratch();
    let path = folder.path().join("record.jsonl");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_compare"))
        .args([
            "run",
            "--only",
            "coroutines/bare",
            "--tasks",
            "1,2,3",
            "--no-heap",
            "--wait",
            "30s",
        ])
        .arg("--record")
        .arg(&path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pid = child.id();
    let cells = || -> Vec<u32> {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        children.unwrap_or_default().split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
    };
    let patience = Instant::now() + Duration::from_secs(20);
    while cells().is_empty() && Instant::now() < patience && cfg!(target_os = "linux") {
        std::thread::sleep(Duration::from_millis(5));
    }
    // The record is there, and the cell has begun to wait.
    std::thread::sleep(Duration::from_millis(300));
    let cells = cells();
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &pid.to_string()])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(read_file(&path).unwrap().cells.is_empty());
    for cell in cells {
        assert!(!Path::new(&format!("/proc/{cell}")).exists(), "cell {cell} is still there");
    }
}

/// A record with one cell in it.
fn small_record(folder: &TempDir) -> (PathBuf, String) {
    let (output, path) = run(folder, &["--only", "coroutines/bare", "--tasks", "10", "--no-heap"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = fs::read_to_string(&path).unwrap();
    (path, text)
}

fn tables(record: &Path, more: &[&str]) -> Output {
    compare().arg("tables").arg("--record").arg(record).args(more).output().unwrap()
}

#[test]
fn a_changed_page_is_stale() {
    let folder = scratch();
    let (path, _) = small_record(&folder);
    assert_eq!(tables(&path, &["--check"]).status.code(), Some(1), "there are no pages yet");
    assert!(tables(&path, &[]).status.success());
    assert!(tables(&path, &["--check"]).status.success());
    for page in [
        "memory.md",
        "bill.md",
        "lateness.md",
        "throughput.md",
        "trust.md",
        "machine.md",
        "claims.md",
    ] {
        let page = folder.path().join(page);
        let text = fs::read_to_string(&page).unwrap();
        fs::write(&page, format!("{text} ")).unwrap();
        let output = tables(&path, &["--check"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(&*page.to_string_lossy()), "{}", stderr(&output));
        fs::write(&page, text).unwrap();
    }
    assert!(tables(&path, &["--check"]).status.success());
}

#[test]
fn a_cut_off_last_line_is_said_and_any_other_bad_line_refused() {
    let folder = scratch();
    let (path, text) = small_record(&folder);
    fs::write(&path, &text[..text.len() - 20]).unwrap();
    let output = tables(&path, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("the last line of"), "{}", stderr(&output));

    let lines: Vec<_> = text.lines().collect();
    let refused = [
        (format!("{}\nrubbish\n{}\n", lines[0], lines[1]), "line 2"),
        (format!("{}\n{}\n{{}}\n", lines[0], lines[1]), "line 3"),
        (format!("{}\n{}\n", lines[0], lines[0]), "line 2: a second run"),
        (text.replacen("\"schema\":1", "\"schema\":2", 1), "line 1: schema 2"),
        (format!("{}\n", lines[1]), "line 1: not a run"),
        (String::new(), "is empty"),
    ];
    for (text, expected) in refused {
        fs::write(&path, &text).unwrap();
        fs::write(folder.path().join("memory.md"), "untouched").unwrap();
        let output = tables(&path, &[]);
        let line = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{expected}: {line}");
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(line.contains(expected), "{expected}: {line}");
        assert_eq!(fs::read_to_string(folder.path().join("memory.md")).unwrap(), "untouched");
    }
}

#[test]
fn a_record_that_is_not_there_is_named() {
    for command in ["tables", "claims", "proof"] {
        let output =
            compare().args([command, "--record", "no/such/record.jsonl"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("no/such/record.jsonl"), "{}", stderr(&output));
    }
}

#[test]
fn claims_come_as_text_and_as_json() {
    let folder = scratch();
    let (path, _) = small_record(&folder);
    let claims = |more: &[&str]| {
        compare().arg("claims").arg("--record").arg(&path).args(more).output().unwrap()
    };
    assert!(stdout(&claims(&[])).contains("not measured"), "{}", stdout(&claims(&[])));
    let json: serde_json::Value = serde_json::from_slice(&claims(&["--json"]).stdout).unwrap();
    assert!(json.to_string().contains("lighter"), "{json}");
}

#[test]
fn a_cell_refuses_another_protocol() {
    let output =
        compare().arg("cell").write_stdin("{\"v\":9,\"order\":\"go\"}\n").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("protocol version 9 is not 1"), "{}", stderr(&output));
    // A harness that is gone is no fault of the cell's.
    assert!(compare().arg("cell").write_stdin("").output().unwrap().status.success());
}

/// A run's own record of this machine.
#[cfg(target_os = "linux")]
#[test]
fn the_record_describes_the_machine() {
    let folder = scratch();
    let (path, _) = small_record(&folder);
    let Record { run, .. } = read_file(&path).unwrap();
    assert!(run.host.cores > 0 && run.host.memory_bytes.is_some() && run.host.kernel.is_some());
    for limit in [
        "max_map_count",
        "pid_max",
        "threads_max",
        "nofile",
        "nofile_given",
        "nofile_hard",
        "nproc",
    ] {
        assert!(run.host.limits.contains_key(limit), "{limit}");
    }
    assert!(run.host.rustc.starts_with("rustc "), "{}", run.host.rustc);
    assert!(run.versions.contains_key("polling"), "{:?}", run.versions);
}
