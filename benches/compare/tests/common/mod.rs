//! What the tests of the command line share.

#![allow(dead_code, reason = "not every test file uses all of it")]

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use assert_cmd::Command;
use record::{Line, Record};
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

/// A file of this name with this record.
pub(crate) fn record_file(folder: &TempDir, name: &str, record: Record) -> PathBuf {
    let lines = [Line::Run(Box::new(record.run))]
        .into_iter()
        .chain(record.cells.into_iter().map(|cell| Line::Cell(Box::new(cell))))
        .chain(record.throughput.into_iter().map(|timed| Line::Throughput(Box::new(timed))));
    let text: String = lines.map(|line| serde_json::to_string(&line).unwrap() + "\n").collect();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

/// The text in one line, as if it had not been broken to fit a terminal.
pub(crate) fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// No line is wider than 80 columns.
pub(crate) fn assert_narrow(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{}: {line}", line.chars().count());
    }
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

/// Whether no process with these arguments is left, or soon none: what was killed, and not by its parent, ends when
/// it gets to run.
pub(crate) fn ends(arguments: &[&str]) -> bool {
    let arguments: String = arguments.iter().map(|argument| format!("{argument}\0")).collect();
    let is_it = |process: fs::DirEntry| {
        let of = fs::read(process.path().join("cmdline")).unwrap_or_default();
        of == arguments.as_bytes()
    };
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while fs::read_dir("/proc").unwrap().flatten().any(is_it) {
        if std::time::Instant::now() > patience {
            return false;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    true
}
