//! `compare diff`, run as a process.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::{compare, run, scratch, stderr, stdout};
use serde_json::Value;
use tempfile::TempDir;

/// A record with a slope.
fn record(folder: &TempDir) -> PathBuf {
    let arguments = ["--only", "coroutines/bare", "--tasks", "1,20k,50k", "--repeats", "2"];
    let (output, path) = run(folder, &[&arguments[..], &["--no-heap", "--seed", "1"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    path
}

/// The same record with these changes to every cell's line.
fn changed(record: &Path, name: &str, change: impl Fn(&mut Value)) -> PathBuf {
    let text = fs::read_to_string(record).unwrap();
    let lines = text.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        change(&mut line);
        format!("{line}\n")
    });
    let path = record.with_file_name(name);
    fs::write(&path, lines.collect::<String>()).unwrap();
    path
}

/// The same record with twice the resident memory for each task, and something for none.
fn heavier(record: &Path) -> PathBuf {
    changed(record, "heavier.jsonl", |line| {
        let tasks = line["tasks"].as_u64();
        let rss = &mut line["memory"]["parked"]["rss_bytes"];
        if let (Some(bytes), Some(tasks)) = (rss.as_u64(), tasks) {
            *rss = (bytes + 4_000 * tasks).into();
        }
    })
}

fn diff(old: &Path, new: &Path, more: &[&str]) -> Output {
    compare().arg("diff").arg(old).arg(new).args(more).output().unwrap()
}

/// One line on standard error, exit code 2, nothing on standard output.
fn assert_refused(output: &Output, expected: &[&str]) {
    let line = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{expected:?}: {line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    for part in expected {
        assert!(line.contains(part), "should say {part}: {line}");
    }
    assert!(output.stdout.is_empty(), "{}", stdout(output));
}

#[cfg(target_os = "linux")]
#[test]
fn a_regression_fails_only_when_it_is_asked_to() {
    let folder = scratch();
    let old = record(&folder);
    let new = heavier(&old);
    let output = diff(&old, &new, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let table = stdout(&output);
    let rss = table.lines().find(|line| line.contains("RSS (B)")).unwrap();
    assert!(rss.contains("worse"), "{table}");
    assert!(table.contains("1 worse"), "{table}");

    let output = diff(&old, &new, &["--fail-on-regression", "5%"]);
    assert_eq!(output.status.code(), Some(1));
    let line = "compare: coroutines/bare, RSS (B) is worse by more than 5.0 %\n";
    assert_eq!(stderr(&output), line);
    assert!(diff(&new, &old, &["--fail-on-regression", "0.05"]).status.success());
    assert!(diff(&old, &old, &["--fail-on-regression=0%"]).status.success());
}

#[test]
fn machines_get_json() {
    let folder = scratch();
    let old = record(&folder);
    let json: Value = serde_json::from_slice(&diff(&old, &old, &["--json"]).stdout).unwrap();
    let figures = json["figures"].as_array().unwrap();
    assert!(
        figures.iter().any(|row| row["figure"] == "lateness p99 (ns)" && row["tasks"] == 50_000)
    );
    assert!(figures.iter().all(|row| row["subject"] == "coroutines/bare"));
}

#[test]
fn another_machine_is_a_warning() {
    let folder = scratch();
    let old = record(&folder);
    let new = changed(&old, "elsewhere.jsonl", |line| {
        if line["kind"] == "run" {
            line["host"]["cores"] = 4096.into();
            line["versions"]["polling"] = "0.0.1".into();
        }
    });
    let output = diff(&old, &new, &[]);
    assert!(output.status.success());
    let line = stderr(&output);
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.contains("and is `4096`") && line.contains("and is `0.0.1`"), "{line}");
}

#[test]
fn bad_input_of_diff_is_one_line() {
    let folder = scratch();
    let old = record(&folder);
    let other = changed(&old, "other.jsonl", |line| {
        if line["kind"] == "cell" {
            line["contestant"] = "coroutines/other".into();
        }
    });
    assert_refused(
        &diff(&old, &other, &[]),
        &["record.jsonl", "other.jsonl", "no figure in common"],
    );
    assert_refused(&diff(&old, &old, &["--only", "fibres/*"]), &["`fibres/*`", "coroutines/bare"]);
    assert_refused(&diff(&old, &old, &["--only", "a["]), &["`a[`", "glob"]);
    assert_refused(&diff(&old, Path::new("no/such.jsonl"), &[]), &["no/such.jsonl"]);
    for wrong in ["5", "-5%", "five", "2000%"] {
        let output = diff(&old, &old, &["--fail-on-regression", wrong]);
        assert_refused(&output, &[&format!("`{wrong}`"), "5% or 0.05"]);
    }
    assert_refused(&compare().args(["diff", "a.jsonl"]).output().unwrap(), &["<NEW>"]);
}
