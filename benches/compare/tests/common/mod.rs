//! What the tests of the command line share.

#![allow(dead_code, reason = "not every test file uses all of it")]

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

pub(crate) fn compare() -> Command {
    Command::new(env!("CARGO_BIN_EXE_compare"))
}

pub(crate) fn scratch() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Runs `compare run` with these arguments and a record in `folder`.
pub(crate) fn run(folder: &TempDir, arguments: &[&str]) -> (Output, PathBuf) {
    let record = folder.path().join("record.jsonl");
    let output =
        compare().arg("run").args(arguments).arg("--record").arg(&record).output().unwrap();
    (output, record)
}

/// A record with one cell in it.
pub(crate) fn small_record(folder: &TempDir) -> (PathBuf, String) {
    let (output, path) = run(folder, &["--only", "coroutines/bare", "--tasks", "10", "--no-heap"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = fs::read_to_string(&path).unwrap();
    (path, text)
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// One line on standard error, exit code 2, nothing on standard output.
pub(crate) fn assert_refused(output: &Output, expected: &[&str]) {
    let line = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{expected:?}: {line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    for part in expected {
        assert!(line.contains(part), "should say {part}: {line}");
    }
    assert!(output.stdout.is_empty(), "{}", stdout(output));
}
