//! `compare run --resume`: what a killed run left is finished, and nothing else is.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::{compare, run, scratch, stderr, stdout};
use oorandom::Rand64;
use record::{Build, Cell, Record, Status, read_file};
use serde_json::Value;
use tempfile::TempDir;

/// A run of 36 small cells.
const SMALL: &[&str] = &[
    "--only",
    "coroutines/bare,callbacks/*,subroutine/*,threads/crossbeam-pool",
    "--tasks",
    "1,2,3",
    "--repeats",
    "3",
    "--wait",
    "60ms",
    "--no-heap",
    "--seed",
    "7",
];
const SMALL_CELLS: usize = 36;

/// What was asked for with a cell.
fn key(cell: &Cell) -> (String, u64, u32, Build, Option<u32>) {
    (cell.contestant.clone(), cell.tasks, cell.repeat, cell.build, cell.pool_workers)
}

fn keys(record: &Record) -> Vec<(String, u64, u32, Build, Option<u32>)> {
    record.cells.iter().map(key).collect()
}

fn resume(record: &Path) -> Output {
    compare().args(["run", "--resume"]).arg(record).output().unwrap()
}

/// A run that goes on beside the test.
fn start(arguments: &[&str], record: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_compare"))
        .arg("run")
        .args(arguments)
        .arg(record)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until the record has its first line.
fn wait_for_first_line(record: &Path) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !fs::read_to_string(record).is_ok_and(|text| text.contains('\n')) {
        assert!(Instant::now() < patience, "there is no first line");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Killed five times at any moment, and resumed each time: the same cells as an unbroken run, in the
/// same order, none doubled and none lost.
#[test]
fn five_kills_lose_and_double_nothing() {
    let folder = scratch();
    let unbroken = folder.path().join("unbroken.jsonl");
    let output = compare().arg("run").args(SMALL).arg("--record").arg(&unbroken).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let unbroken = read_file(&unbroken).unwrap();
    assert_eq!(unbroken.cells.len(), SMALL_CELLS);

    let record = folder.path().join("killed.jsonl");
    let mut random = Rand64::new(20_261_122);
    let mut random_below = |end: u64| random.rand_range(0..end);
    let mut run = start(&[SMALL, &["--record"]].concat(), &record);
    wait_for_first_line(&record);
    let first_line = fs::read_to_string(&record).unwrap().find('\n').unwrap() + 1;
    for kill in 1..=5 {
        std::thread::sleep(Duration::from_micros(random_below(250_000)));
        assert!(run.try_wait().unwrap().is_none(), "the run was over before kill {kill}");
        run.kill().unwrap();
        run.wait().unwrap();
        // A kill seldom meets a write. This one leaves what it would then: half of the last line.
        let bytes = fs::read(&record).unwrap();
        let last_line =
            bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
        if kill % 2 == 0 && last_line + 1 >= first_line {
            let cut = last_line as u64 + 1 + random_below((bytes.len() - last_line - 1) as u64);
            fs::OpenOptions::new().write(true).open(&record).unwrap().set_len(cut).unwrap();
        }
        assert!(read_file(&record).unwrap().cells.len() < SMALL_CELLS);
        if kill < 5 {
            run = start(&["--resume"], &record);
        }
    }
    let output = resume(&record);
    assert!(output.status.success(), "{}", stderr(&output));

    let resumed = read_file(&record).unwrap();
    assert!(!resumed.truncated);
    assert_eq!(keys(&resumed), keys(&unbroken));
    assert!(resumed.cells.iter().all(|cell| cell.status == Status::Ok), "{resumed:?}");
    assert!(resumed.cells.iter().all(|cell| cell.flaw().is_none()));
    assert_eq!(resumed.run.arguments, unbroken.run.arguments);
}

/// A finished record of two contestants, small sizes, with heaps where they can be counted.
fn finished(folder: &TempDir) -> PathBuf {
    let arguments = [
        "--only",
        "coroutines/bare,callbacks/*",
        "--tasks",
        "2,3",
        "--seed",
        "3",
        "--patience=30s",
    ];
    let (output, record) = run(folder, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    record
}

/// The lines of a record.
fn lines(record: &Path) -> Vec<String> {
    fs::read_to_string(record).unwrap().split_inclusive('\n').map(str::to_owned).collect()
}

/// When tasks start and are due is kept with the other options, and what is missing is run like the
/// rest.
#[test]
fn arrivals_and_synchronized_wakeups_are_resumed_as_they_were_asked_for() {
    let only = ["--only", "coroutines/bare,callbacks/*", "--tasks", "20", "--seed", "5"];
    let rate = ["--arrival", "rate:1k/s", "--wait", "10ms"];
    for (more, expected) in [
        (&rate[..], "--arrival=rate:1k/s"),
        (&["--synchronized-wakeup"][..], "--synchronized-wakeup"),
    ] {
        let folder = scratch();
        let (output, record) = run(&folder, &[&only[..], more].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let complete = read_file(&record).unwrap();
        let arguments = complete.run.arguments.as_ref().unwrap();
        assert!(arguments.iter().any(|argument| argument == expected), "{arguments:?}");
        assert!(arguments.iter().all(|argument| argument != "--no-heap"), "{arguments:?}");
        assert_eq!(complete.cells.len(), 2);

        let lines = lines(&record);
        fs::write(&record, lines[..lines.len() - 1].concat()).unwrap();
        let output = resume(&record);
        assert!(output.status.success(), "{}", stderr(&output));
        let resumed = read_file(&record).unwrap();
        assert_eq!(keys(&resumed), keys(&complete));
        for (cell, before) in resumed.cells.iter().zip(&complete.cells) {
            assert_eq!(cell.flaw(), None, "{cell:?}");
            assert_eq!(cell.workload.arrival, before.workload.arrival);
            assert_eq!(cell.workload.synchronized_wakeup, before.workload.synchronized_wakeup);
            assert_eq!(cell.proof.unwrap().unweighed, before.proof.unwrap().unweighed);
            assert!(cell.second.is_none(), "{cell:?}");
        }
    }
}

#[test]
fn a_complete_record_says_so_and_stays_as_it_is() {
    let folder = scratch();
    let record = finished(&folder);
    let before = fs::read(&record).unwrap();
    let output = resume(&record);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("is complete: there are all"), "{}", stderr(&output));
    assert_eq!(fs::read(&record).unwrap(), before);
    assert!(stdout(&output).contains("bare futures"), "{}", stdout(&output));
}

/// How long a wait has to be is estimated anew, and heaps are counted in cells of their own; both
/// are planned again as they were.
#[test]
fn lost_cells_come_back_at_the_end() {
    let folder = scratch();
    let record = finished(&folder);
    let whole = read_file(&record).unwrap();
    let mut kept = lines(&record);
    kept.remove(2);
    kept.remove(1);
    fs::write(&record, kept.concat()).unwrap();
    let output = compare()
        .args(["run", "--json", "--patience", "20s", "--resume"])
        .arg(&record)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), fs::read_to_string(&record).unwrap());
    assert_eq!(lines(&record)[..kept.len()], kept, "what was there is as it was");
    let mut expected = keys(&whole);
    expected.rotate_left(2);
    assert_eq!(keys(&read_file(&record).unwrap()), expected);
}

/// Refused in one line, with exit code 2, and the file is what it was.
fn assert_refused(record: &Path, expected: &[&str]) {
    let before = fs::read(record).ok();
    let output = resume(record);
    common::assert_refused(&output, expected);
    assert_eq!(fs::read(record).ok(), before);
}

#[test]
fn another_machine_version_or_program_is_refused() {
    let folder = scratch();
    let record = finished(&folder);
    // Something is left to be done.
    let lines = lines(&record);
    let lines = &lines[..lines.len() - 1];
    type Change = fn(&mut Value);
    let changes: &[(Change, &[&str])] = &[
        (|run| run["host"]["cores"] = 4096.into(), &["cores was `4096` and is `"]),
        (|run| run["host"]["cpu"] = "Another CPU".into(), &["cpu was `Another CPU` and is"]),
        (|run| run["host"]["kernel"] = "Linux 2.4".into(), &["kernel was `Linux 2.4`"]),
        (|run| run["host"]["memory_bytes"] = 1.into(), &["memory in bytes was `1`"]),
        (|run| run["host"]["rustc"] = "rustc 1.0.0".into(), &["rustc was `rustc 1.0.0`"]),
        (|run| run["host"]["allocator"] = "other".into(), &["allocator was `other`"]),
        (
            |run| run["host"]["allocator_settings"]["MALLOC_ARENA_MAX"] = "1".into(),
            &["MALLOC_ARENA_MAX was `1` and is not set"],
        ),
        (
            |run| {
                run["host"]["allocator"] = "libjemalloc.so.2 in place of glibc malloc 2.36".into();
            },
            &["allocator was `libjemalloc.so.2 in place of glibc malloc 2.36` and is `"],
        ),
        (
            |run| run["host"]["allocator_settings"]["LD_PRELOAD"] = "libjemalloc.so.2".into(),
            &["LD_PRELOAD was `libjemalloc.so.2` and is not set"],
        ),
        (
            |run| run["host"]["not_loaded"] = vec!["/x.so"].into(),
            &["not loaded was `/x.so` and is `nothing`"],
        ),
        (|run| run["host"]["system"]["SMT"] = "half".into(), &["SMT was `half` and is "]),
        (|run| run["host"]["system"]["affinity"] = "4095".into(), &["affinity was `4095` and is "]),
        (
            |run| run["build"]["RUSTFLAGS"] = "-C target-cpu=z80".into(),
            &["RUSTFLAGS was `-C target-cpu=z80` and is `"],
        ),
        (
            |run| run["build"]["target features"] = "mmx".into(),
            &["target features was `mmx` and is"],
        ),
        (
            |run| run["versions"]["mio"] = "1.0.0 from a path".into(),
            &["mio was `1.0.0 from a path` and is `"],
        ),
        (|run| run["host"]["limits"]["max_map_count"] = 1.into(), &["limit max_map_count was `1`"]),
        (
            |run| {
                run["versions"]["polling"] = "0.0.1".into();
                run["host"]["thp"] = "sometimes".into();
            },
            &["polling was `0.0.1` and is `", "transparent huge pages was `sometimes`"],
        ),
        (|run| run["program"] = "release 0".into(), &["this program was `release 0` and is `"]),
        (|run| run["arguments"] = Value::Null, &["how `compare run` was called"]),
        (
            |run| run["arguments"] = vec!["--tides=3"].into(),
            &["its options are not understood", "'--tides'"],
        ),
        (
            |run| run["arguments"] = vec!["--only=callbacks/*", "--tasks=2,3"].into(),
            &["it has coroutines/bare × ", "do not ask"],
        ),
        (|run| run["schema"] = 9.into(), &["line 1: schema 9"]),
    ];
    for (change, expected) in changes {
        let mut first: Value = serde_json::from_str(&lines[0]).unwrap();
        change(&mut first);
        fs::write(&record, format!("{first}\n{}", lines[1..].concat())).unwrap();
        assert_refused(&record, expected);
    }
}

#[test]
fn what_is_no_record_of_a_run_is_refused() {
    let folder = scratch();
    let record = finished(&folder);
    let lines = lines(&record);
    let broken: &[(String, &[&str])] = &[
        (String::new(), &["is empty"]),
        ("precious\n".into(), &["line 1: not JSON"]),
        (lines[0][..40].to_owned(), &["line 1: not JSON"]),
        (format!("{}rubbish\n{}", lines[0], lines[1]), &["line 2"]),
        (format!("{}{}{}", lines[0], lines[1], lines[1]), &["line 3: the same as line 2"]),
    ];
    for (text, expected) in broken {
        fs::write(&record, text).unwrap();
        assert_refused(&record, expected);
    }
    assert_refused(&folder.path().join("missing.jsonl"), &["missing.jsonl", "cannot be read"]);
    assert!(!folder.path().join("missing.jsonl").exists());
    assert_refused(folder.path(), &["is no ordinary file"]);
}

#[test]
fn other_options_beside_it_are_refused() {
    let folder = scratch();
    let record = finished(&folder);
    let before = fs::read(&record).unwrap();
    for (options, expected) in [
        (&["--tasks", "5,6"][..], "`--tasks=5,6`"),
        (&["--no-heap"][..], "`--no-heap`"),
        (&["--seed=1", "--patience=3s"][..], "`--seed=1`"),
        (&["--record", "other.jsonl"][..], "--record"),
        (&["--overwrite"][..], "--overwrite"),
    ] {
        let output =
            compare().args(["run", "--resume"]).arg(&record).args(options).output().unwrap();
        let line = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(line.contains(expected), "{line}");
        assert_eq!(fs::read(&record).unwrap(), before);
    }
}

#[test]
fn a_record_that_is_being_written_is_left_alone() {
    let folder = scratch();
    let record = folder.path().join("record.jsonl");
    let arguments =
        ["--only", "coroutines/bare", "--tasks", "1", "--wait", "30s", "--no-heap", "--record"];
    let mut running = start(&arguments, &record);
    wait_for_first_line(&record);
    assert_refused(&record, &["is being written by another run"]);
    running.kill().unwrap();
    running.wait().unwrap();
}

/// A cell that failed has its result. A run that is finished with one ends as it would have.
#[test]
fn a_failed_cell_is_not_run_again() {
    let folder = scratch();
    let arguments = ["--only", "fault/exit,coroutines/bare", "--tasks", "2", "--no-heap"];
    let (output, record) = run(&folder, &arguments);
    assert_eq!(output.status.code(), Some(1));
    let kept: Vec<String> = lines(&record)
        .into_iter()
        .filter(|line| !line.contains("\"contestant\":\"coroutines/bare\""))
        .collect();
    assert_eq!(kept.len(), 2);
    fs::write(&record, kept.concat()).unwrap();
    let output = resume(&record);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(lines(&record)[..2], kept);
    let resumed = read_file(&record).unwrap();
    assert_eq!(resumed.cells.len(), 2);
    assert_eq!(resumed.cells[1].status, Status::Ok);
}
