//! What a run brings: proof, weights, heaps and a record, from processes.

mod common;

use std::fs;

use analysis::Analysis;
use analysis::figure::Figure;
use common::{assert_narrow, compare, run, scratch, small_record, stderr, stdout};
use record::{Build, Record, Status, read_file};

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
            let waiting = cell.memory.waiting.unwrap();
            assert!(waiting.rss_bytes.unwrap() > 0 && waiting.threads.unwrap() > 0, "{waiting:?}");
        }
    }
    let text = stdout(&output);
    assert!(text.contains("Each task: timer, 64 B state, 2 waits"), "{text}");
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
    for name in ["subroutine ", "thread each ", "crossbeam pool ", "event loop ", "bare futures "] {
        // Two lengths of time for lateness.
        assert!(line(name).matches('s').count() >= 2 && line(name).contains(", "), "{text}");
    }
    if cfg!(target_os = "linux") {
        assert!(
            line("thread each ").contains(" kB") && line("subroutine ").contains("—¹"),
            "{text}"
        );
    }
    assert_eq!(text.matches("--repeats 3").count(), 1, "{text}");
    assert_narrow(&text);
    let proof = compare().arg("proof").arg("--record").arg(&path).output().unwrap();
    assert!(proof.status.success(), "{}", stdout(&proof));
}

#[test]
fn heaps_are_counted_by_the_counting_build_alone() {
    let folder = scratch();
    let (output, path) = run(&folder, &["--only", "coroutines/bare", "--tasks", "1k,10k"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let heap = |cell: &record::Cell| cell.memory.waiting.unwrap().heap_bytes;
    let record = read_file(&path).unwrap();
    let mut counted = Vec::new();
    for cell in &record.cells {
        match cell.build {
            Build::Timed => assert_eq!(heap(cell), None),
            Build::Counting => {
                assert!(cell.time.is_none() && cell.memory.waiting.unwrap().rss_bytes.is_none());
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

/// The whole way from a process that holds 512 bytes a task to a slope of 512. Processes differ by
/// some 100 KiB of private memory, so there are many tasks.
#[cfg(target_os = "linux")]
#[test]
fn a_control_weighs_what_it_holds() {
    let folder = scratch();
    let (output, path) =
        run(&folder, &["--only", "control/512", "--tasks", "1,100k", "--repeats", "2"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let analysis = Analysis::of(&read_file(&path).unwrap(), None);
    let control = &analysis.measured[0];
    for figure in [Figure::Anonymous, Figure::Heap] {
        let slope = control.slope(figure).unwrap().value;
        assert!((slope - 512.0).abs() < 5.0, "{figure:?}: {slope}");
    }
    let text = stdout(&output);
    assert!(text.contains("control/512"), "{text}");
}

#[test]
fn a_contestant_is_held_against_itself() {
    let folder = scratch();
    let only = "control/again-bare,coroutines/bare";
    let (output, path) =
        run(&folder, &["--only", only, "--tasks", "1,100", "--repeats", "2", "--no-heap"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("control/again-bare") && text.contains("bare futures"), "{text}");
    let analysis = Analysis::of(&read_file(&path).unwrap(), None);
    assert!(!analysis.instrument.again.is_empty(), "{:?}", analysis.instrument);
    assert!(compare().args(["tables", "--record"]).arg(&path).output().unwrap().status.success());
    let trust = fs::read_to_string(path.with_file_name("trust.md")).unwrap();
    assert!(trust.contains("A contestant against itself"), "{trust}");
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
#[cfg(target_os = "linux")]
fn a_thread_keeps_the_stack_that_it_used_and_a_coroutine_does_not() {
    let folder = scratch();
    let only = ["--only", "threads/per-task*,coroutines/bare", "--tasks", "50", "--no-heap"];
    let (output, path) = run(&folder, &[&only[..], &["--depth", "64KiB"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    for cell in read_file(&path).unwrap().cells {
        assert_eq!(cell.workload.depth_bytes, 65_536);
        if cell.contestant == "threads/per-task-small-stack" {
            assert_eq!(cell.status, Status::Skipped, "{cell:?}");
            assert!(cell.reason.unwrap().contains("does not run `depth`"));
            continue;
        }
        let keeps = cell.memory.waiting.unwrap().stack_bytes.unwrap() >= 50 * 65_536;
        assert_eq!(keeps, cell.contestant == "threads/per-task", "{cell:?}");
    }
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

/// Rates are cells in rounds like any others: a process each, with proof of every wave.
#[test]
fn a_rate_is_read_in_waves_in_rounds() {
    let folder = scratch();
    let only = "coroutines/bare,callbacks/*,threads/crossbeam-pool,subroutine/*";
    let (output, path) =
        run(&folder, &["--only", only, "--tasks", "7,2k", "--rate-waves", "12", "--repeats", "3"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains(" a second"), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    assert_eq!(record.cells.len(), 4 * 2 * 3);
    assert!(record.cells.is_sorted_by_key(|cell| cell.repeat));
    for cell in &record.cells {
        assert!(cell.rate && cell.time.is_none(), "{cell:?}");
        assert_eq!(cell.workload.duration_ns, 1_000_000);
        let is_pool = cell.contestant.starts_with("threads/");
        assert_eq!(cell.pool_workers, is_pool.then_some(64));
        if cell.tasks == 2_000 && cell.contestant.starts_with("subroutine/") {
            assert_eq!(cell.status, Status::Skipped);
            let reason = cell.reason.as_ref().unwrap();
            assert!(reason.contains("at most 1 in flight") && reason.contains("1 s"), "{reason}");
            continue;
        }
        assert_eq!((cell.status, cell.flaw()), (Status::Ok, None), "{cell:?}");
        let warm_up: Vec<bool> = cell.waves.iter().map(|wave| wave.warm_up).collect();
        assert_eq!(warm_up, [vec![true; 2], vec![false; 12]].concat());
        assert!(cell.waves.iter().all(|wave| wave.wall_ns >= 1_000_000), "{cell:?}");
        assert!(cell.lateness_ns.is_some() && cell.memory.waiting.is_none());
    }
}

#[test]
fn waves_of_a_rate_that_do_not_fit_are_refused() {
    let folder = scratch();
    for (flags, expected) in [
        (&["--rate-waves", "0"][..], "`0` is not a count"),
        (&["--rate-waves", "99999"], "a process has from 1 to 1000 waves"),
        (&["--rate-waves", "5", "--arrival", "rate:5/s"], "--arrival"),
        (&["--rate-waves", "5", "--synchronized-wakeup"], "--synchronized-wakeup"),
    ] {
        let (output, path) = run(&folder, flags);
        common::assert_refused(&output, &[expected]);
        assert!(!path.exists());
    }
}

/// A program that was built anew lies beside the counting build of before.
#[cfg(unix)]
#[test]
fn a_counting_build_of_other_sources_is_noticed_and_counts_nothing() {
    use std::os::unix::fs::PermissionsExt;

    let folder = scratch();
    let program = folder.path().join("compare");
    // A link would be followed, and a hard one need not be possible.
    fs::copy(env!("CARGO_BIN_EXE_compare"), &program).unwrap();
    let stale = folder.path().join("compare-counting");
    let real = env!("CARGO_BIN_EXE_compare-counting");
    let script = format!(
        "#!/bin/sh\n{real} \"$@\" | sed -u 's/\"build_id\":\"[^\"]*\"/\"build_id\":\"old\"/'\n"
    );
    fs::write(&stale, script).unwrap();
    fs::set_permissions(&stale, fs::Permissions::from_mode(0o755)).unwrap();
    let record = folder.path().join("record.jsonl");
    let output = std::process::Command::new(&program)
        .args(["run", "--only", "coroutines/bare", "--tasks", "10", "--record"])
        .arg(&record)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(
        said.contains("compare-counting: is of another build (old) than this program"),
        "{said}"
    );
    let cells = read_file(&record).unwrap().cells;
    assert!(cells.iter().all(|cell| cell.build == Build::Timed) && cells.len() == 1, "{cells:?}");
}
