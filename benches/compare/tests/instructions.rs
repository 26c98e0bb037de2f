//! `compare instructions`, with a program in the place of valgrind, and with valgrind where it is.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::{assert_narrow, assert_refused, compare, flat, scratch, stderr, stdout};
use record::{Status, read_file};
use tempfile::TempDir;

/// Runs the program that it is given, and counts 1,000 for each task.
const COUNTS: &str = r#"
while [ "${1#--}" != "$1" ]; do shift; done
read -r line
tasks=$(printf '%s' "$line" | sed 's/.*"tasks":\([0-9]*\).*/\1/')
{ printf '%s\n' "$line"; cat; } | "$@" || exit
printf 'events: Ir\nsummary: %s\n' $((1000000 + 1000 * tasks)) > counted
"#;

/// A folder for PATH in which valgrind is this script after it has said its version.
fn valgrind(version: &str, script: &str) -> TempDir {
    let folder = scratch();
    let path = folder.path().join("valgrind");
    let version = format!("[ \"$1\" = --version ] && {{ echo {version}; exit; }}");
    fs::write(&path, format!("#!/bin/sh\n{version}\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Counts the waits of this contestant into a record in `folder`.
fn count(valgrind: &Path, folder: &TempDir, only: &str, more: &[&str]) -> (Output, PathBuf) {
    let record = folder.path().join("record.jsonl");
    let path = format!("{}:/usr/bin:/bin", valgrind.display());
    let mut command = compare();
    command.args(["instructions", "--workload", "timer", "--only", only]).args(more);
    if !more.contains(&"--resume") {
        command.arg("--record");
    }
    (command.arg(&record).env("PATH", path).output().unwrap(), record)
}

#[test]
fn without_valgrind_one_line_has_the_remedy_and_nothing_is_written() {
    let (empty, folder) = (scratch(), scratch());
    let record = folder.path().join("record.jsonl");
    let mut command = compare();
    command.arg("instructions").arg("--record").arg(&record).env("PATH", empty.path());
    let expected = "valgrind is not installed: apt-get install valgrind";
    assert_refused(&command.output().unwrap(), &[expected]);
    let old = valgrind("valgrind-3.9.0", COUNTS);
    let (output, _) = count(old.path(), &folder, "coroutines/bare", &[]);
    assert_refused(&output, &["`valgrind-3.9.0`; 3.19 or newer is needed"]);
    let (output, _) = count(old.path(), &folder, "corutines/*", &[]);
    assert_refused(&output, &["`corutines/*` matches no contestant"]);
    assert!(!record.exists());
}

#[test]
fn what_is_counted_is_shown_recorded_resumed_and_compared() {
    let (fake, folder) = (valgrind("valgrind-3.19.0", COUNTS), scratch());
    let (output, path) = count(fake.path(), &folder, "coroutines/bare", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("coroutines/bare, timer: 1,000 instructions a task"));
    let text = stdout(&output);
    assert!(flat(&text).contains("bare futures 1,000 1.00 0 %"), "{text}");
    assert_narrow(&text.replace(&path.display().to_string(), ""));
    let lines = read_file(&path).unwrap().instructions;
    let line = &lines[0];
    assert_eq!((lines.len(), line.status, line.tasks), (1, Status::Ok, [1_200, 2_400]));
    assert_eq!(line.repeats, [[2_200_000, 3_400_000]; 3]);
    assert_eq!(line.tool.as_deref(), Some("valgrind-3.19.0"));

    let (output, _) = count(fake.path(), &folder, "coroutines/bare", &[]);
    assert_refused(&output, &["exists; give another file, or --overwrite"]);
    let both = "coroutines/bare,callbacks/event-loop";
    let (output, _) = count(fake.path(), &folder, both, &["--resume"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!stderr(&output).contains("bare"), "counted again: {}", stderr(&output));
    assert_eq!(read_file(&path).unwrap().instructions.len(), 2);

    let proof = compare().args(["proof", "--record"]).arg(&path).output().unwrap();
    assert!(proof.status.success() && stdout(&proof).contains("2 lines of instructions"));
    let diff = compare().arg("diff").args([&path, &path]).output().unwrap();
    assert!(diff.status.success() && flat(&stdout(&diff)).contains("instructions 0 0 2 0"));
}

#[test]
fn a_valgrind_that_fails_is_a_failure_with_its_reason_and_costs_nothing_else() {
    let garbage = COUNTS.replace("events: Ir", "events: Ir Dr");
    for (script, reason) in [
        ("echo 'it is broken' >&2; exit 3", "exit status: 3, after saying `it is broken`"),
        (&*garbage, "has no single total of instructions in it"),
        (&*COUNTS.replace("> counted", "> /dev/null"), "what valgrind counted cannot be read"),
        ("kill -9 $$", "died under valgrind: signal: 9"),
        ("echo what; cat", "`what` is not a line of this protocol"),
    ] {
        let (fake, folder) = (valgrind("valgrind-3.22.0", script), scratch());
        let (output, path) = count(fake.path(), &folder, "coroutines/bare", &[]);
        assert_eq!(output.status.code(), Some(1), "{script}: {}", stderr(&output));
        let line = read_file(&path).unwrap().instructions.remove(0);
        let said = line.reason.clone().unwrap();
        assert!(line.status == Status::Failed && said.contains(reason), "{script}: {said}");
        let proof = compare().args(["proof", "--record"]).arg(&path).output().unwrap();
        assert_eq!(proof.status.code(), Some(1));
        assert!(flat(&stdout(&proof)).contains("instructions of coroutines/bare, timer: "));
    }
}

/// A task that is lost is no figure, however well it was counted.
#[test]
fn a_contestant_without_proof_has_no_figure() {
    let (fake, folder) = (valgrind("valgrind-3.19.0", COUNTS), scratch());
    let (output, path) = count(fake.path(), &folder, "fault/wrong-sum", &[]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let line = read_file(&path).unwrap().instructions.remove(0);
    assert!(line.reason.unwrap().contains("checksum") && line.repeats.is_empty());
}

#[test]
fn valgrind_itself_counts_the_same_again() {
    let version = std::process::Command::new("valgrind").arg("--version").output();
    if version.is_err() {
        assert_ne!(std::env::var("REQUIRE_VALGRIND").as_deref(), Ok("1"), "valgrind is required");
        eprintln!("skipped: valgrind is not installed");
        return;
    }
    let folder = scratch();
    let both = "coroutines/bare,callbacks/event-loop";
    let (output, path) = count(Path::new("/usr/local/bin"), &folder, both, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = read_file(&path).unwrap().instructions;
    assert_eq!(lines.len(), 2);
    for line in lines {
        let counted = line.per_task();
        let least = counted.iter().copied().fold(f64::INFINITY, f64::min);
        let most = counted.iter().copied().fold(0.0, f64::max);
        assert!(counted.len() == 3 && least > 100.0 && most < 1.04 * least, "{line:?}");
    }
}
