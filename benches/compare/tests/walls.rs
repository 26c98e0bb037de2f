//! `compare walls`: where a contestant stops, and limits that are moved for that.
#![cfg(target_os = "linux")]

mod common;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::{assert_narrow, assert_refused, compare, flat, scratch, stderr, stdout};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use record::{Extent, read_file};
use serde_json::Value;

fn walls(record: &Path, arguments: &[&str]) -> Output {
    compare().arg("walls").args(arguments).arg("--record").arg(record).output().unwrap()
}

/// A search for the wall of a thread each where addresses are limited: a limit of the process alone, so that the
/// test changes nothing for others.
fn limited(record: &Path, arguments: &[&str]) -> Output {
    let output = Command::new("sh")
        .args(["-c", "ulimit -S -v 3000000 && exec \"$0\" walls --only threads/per-task \"$@\""])
        .arg(env!("CARGO_BIN_EXE_compare"))
        .args(["--max-tasks", "8k", "--record"])
        .arg(record)
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    output
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

#[test]
fn what_nothing_stops_is_tried_up_to_the_most() {
    let folder = scratch();
    let record = folder.path().join("record.jsonl");
    let output = walls(&record, &["--only", "coroutines/bare", "--max-tasks", "3k", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let found = json(&output);
    assert_eq!((&found[0]["ran"], &found[0]["stopped_at"]), (&3_000.into(), &Value::Null));
    // How many there will be is not known.
    assert!(stderr(&output).contains("cell 3: coroutines/bare"), "{}", stderr(&output));
    let record = read_file(&record).unwrap();
    assert_eq!(record.run.extent, Extent::Partial);
    let tasks: Vec<u64> = record.cells.iter().map(|cell| cell.tasks).collect();
    assert_eq!(tasks, [1_000, 2_000, 3_000]);
    assert!(record.cells.iter().all(|cell| cell.flaw().is_none()), "{record:?}");
}

#[test]
fn a_limit_is_found_with_the_command_that_moves_it() {
    let folder = scratch();
    let output = limited(&folder.path().join("record.jsonl"), &[]);
    let said = flat(&stdout(&output));
    assert!(said.contains("A thread each stops first, between "), "{said}");
    assert!(said.contains("`ulimit -v "), "{said}");
    assert_narrow(&stdout(&output));
}

#[test]
fn what_cannot_be_searched_is_one_line() {
    let folder = scratch();
    let record = folder.path().join("record.jsonl");
    for (arguments, expected) in [
        (&["--max-tasks", "0"][..], "`0`"),
        (&["--max-tasks", "-5"], "`-5`"),
        (&["--only", "subroutine/sequential"], "none whose tasks wait at once"),
        (&["--only", "coroutines/none"], "`coroutines/none` matches no contestant"),
        (
            &["--workload", "transfer"],
            "invalid value 'transfer' for '--workload <WORKLOAD>' [possible values: timer, http]",
        ),
    ] {
        assert_refused(&walls(&record, arguments), &[expected]);
    }
    assert!(!record.exists());
    fs::write(&record, "mine").unwrap();
    assert_refused(&walls(&record, &[]), &["record.jsonl exists", "--overwrite"]);
}

#[test]
fn what_was_found_before_an_interruption_is_kept() {
    let folder = scratch();
    let record = folder.path().join("record.jsonl");
    let search = Command::new(env!("CARGO_BIN_EXE_compare"))
        .args(["walls", "--only", "coroutines/*", "--max-tasks", "100M", "--record"])
        .arg(&record)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let patience = Instant::now() + Duration::from_secs(60);
    while fs::read_to_string(&record).map_or(0, |text| text.lines().count()) < 3 {
        assert!(Instant::now() < patience, "there is no second cell");
        std::thread::sleep(Duration::from_millis(5));
    }
    kill(Pid::from_raw(search.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let output = search.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(read_file(&record).unwrap().cells.len() >= 2);
    let said = flat(&stdout(&output));
    assert!(said.contains("tasks ran, the most that was tried"), "{said}");
}

/// Whether this process may move limits; says so if not, and fails with `REQUIRE_RAISE=1`.
fn may_raise() -> bool {
    let file = OpenOptions::new().write(true).open("/proc/sys/vm/max_map_count");
    let Err(why) = file else { return true };
    let is_required = std::env::var("REQUIRE_RAISE").is_ok_and(|value| value == "1");
    assert!(!is_required, "REQUIRE_RAISE=1, and nothing was tested: {why:#}");
    let _ = writeln!(std::io::stderr(), "SKIPPED, nothing was tested: {why:#}");
    let folder = scratch();
    let record = folder.path().join("record.jsonl");
    assert_refused(&walls(&record, &["--raise"]), &["`--raise` needs root"]);
    false
}

#[test]
fn a_wall_moves_with_its_limit() {
    if !may_raise() {
        return;
    }
    let folder = scratch();
    let output = limited(&folder.path().join("record.jsonl"), &["--raise", "--json"]);
    let said = flat(&stderr(&output));
    assert!(said.contains("--raise moves ulimit -v from 2.86 GiB to "), "{said}");
    assert!(said.contains("for this program and what it starts, and puts it back"), "{said}");
    let found = json(&output);
    let (before, raised) = (&found[0], &found[1]);
    assert_eq!(raised["moved"]["limit"], "address_space", "{found}");
    assert!(raised["moved"]["to"].as_u64() > Some(3_000_000 << 10), "{found}");
    assert!(raised["ran"].as_u64() >= before["stopped_at"].as_u64(), "{found}");
    assert_eq!(raised["limit"]["name"], "address_space", "{found}");
}
