//! `compare diff` and `compare repeat`, run as processes.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::{assert_narrow, assert_refused, compare, flat, run, scratch, stderr, stdout};
use record::read_file;
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

/// The same record with twice the private memory for each task, and something for none.
fn heavier(record: &Path) -> PathBuf {
    changed(record, "heavier.jsonl", |line| {
        let tasks = line["tasks"].as_u64();
        let private = &mut line["memory"]["parked"]["anonymous_bytes"];
        if let (Some(bytes), Some(tasks)) = (private.as_u64(), tasks) {
            *private = (bytes + 4_000 * tasks).into();
        }
    })
}

fn diff(old: &Path, new: &Path, more: &[&str]) -> Output {
    compare().arg("diff").arg(old).arg(new).args(more).output().unwrap()
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
    assert_narrow(&table);
    let private = table.lines().find(|line| line.contains(" private memory ")).unwrap();
    assert!(
        private.contains("bare futures") && private.contains("slope") && private.contains("worse"),
        "{table}"
    );
    assert!(flat(&table).contains("2 are worse and 0 are better"), "{table}");

    let output = diff(&old, &new, &["--fail-on-regression", "5%"]);
    assert_eq!(output.status.code(), Some(1));
    // It is a part of the bill, which is worse too.
    let lines = stderr(&output);
    let said = "compare: bare futures: private memory is worse by more than 5 %: ";
    let is_said = lines.lines().any(|line| line.starts_with(said));
    assert!(is_said && lines.lines().count() == 2, "{lines}");
    assert!(diff(&new, &old, &["--fail-on-regression", "0.05"]).status.success());
    assert!(diff(&old, &old, &["--fail-on-regression=0%"]).status.success());
}

#[test]
fn machines_get_json() {
    let folder = scratch();
    let old = record(&folder);
    let json: Value = serde_json::from_slice(&diff(&old, &old, &["--json"]).stdout).unwrap();
    let figures = json["figures"].as_array().unwrap();
    let late = figures.iter().find(|row| row["figure"] == "lateness p99" && row["tasks"] == 50_000);
    assert_eq!(late.unwrap()["unit"], "nanoseconds", "{json}");
    assert!(figures.iter().all(|row| row["subject"] == "bare futures"));
    assert!(figures.iter().all(|row| row["contestant"] == "coroutines/bare"));
    assert_eq!(json["warnings"], Value::Array(Vec::new()));
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
    let text = flat(&stdout(&output));
    assert!(text.contains("were not made on the same: "), "{text}");
    assert!(text.contains("and is `4096`") && text.contains("and is `0.0.1`"), "{text}");
    let json: Value = serde_json::from_slice(&diff(&old, &new, &["--json"]).stdout).unwrap();
    assert_eq!(json["warnings"].as_array().unwrap().len(), 2, "{json}");
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

#[test]
fn repeats_are_recorded_and_held_to_the_bars() {
    let folder = scratch();
    let repeat = |runs: &str, more: &[&str]| {
        compare()
            .args(["repeat", runs, "--only", "coroutines/bare,callbacks/*", "--tasks", "1,20k"])
            .args(["--no-heap", "--seed", "5", "--record"])
            .arg(folder.path().join("again.jsonl"))
            .args(more)
            .output()
            .unwrap()
    };
    let output = repeat("2", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert_narrow(&text);
    for part in ["bytes ", "CPU "] {
        let is_row = |line: &&str| line.starts_with(part) && line.contains(" 2 %: ");
        let line = text.lines().find(is_row).unwrap_or_else(|| panic!("{text}"));
        assert!(["met", "missed", "not measured"].iter().any(|end| line.ends_with(end)), "{line}");
    }
    for part in ["time to start ", "lateness "] {
        let is_row = |line: &&str| line.starts_with(part) && line.ends_with("none");
        assert!(text.lines().any(|line| is_row(&line)), "{text}");
    }
    assert!(flat(&text).contains("order of bytes"), "{text}");
    let [first, second] = ["again.1.jsonl", "again.2.jsonl"].map(|name| folder.path().join(name));
    let records = [&first, &second].map(|path| read_file(path).unwrap());
    assert_eq!(records.each_ref().map(|record| record.cells.len()), [4, 4]);
    assert_eq!(records.each_ref().map(|record| record.run.seed), [5, 6]);

    // What was asked of both is asked of the records alone.
    let both = format!("{},{}", first.display(), second.display());
    let of = compare().args(["repeat", "--of", &both]).output().unwrap();
    assert_eq!(stdout(&of), text);
    let json = compare().args(["repeat", "--json", "--of", &both]).output().unwrap();
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["runs"].as_array().unwrap().len(), 2, "{json}");
    for part in ["bytes", "cpu"] {
        assert_eq!(json[part]["bar"]["allowed"], 0.02, "{json}");
    }
    assert_eq!((&json["lateness"]["bar"], &json["order"]["ordered"]), (&Value::Null, &2.into()));

    assert_refused(&repeat("2", &[]), &["again.1.jsonl exists"]);
    assert!(repeat("2", &["--overwrite"]).status.success());
    // A run of a repeat is a run: it can be resumed.
    let text = fs::read_to_string(&second).unwrap();
    fs::write(&second, text.split_inclusive('\n').take(3).collect::<String>()).unwrap();
    let resumed = compare().args(["run", "--resume"]).arg(&second).output().unwrap();
    assert!(resumed.status.success(), "{}", stderr(&resumed));
    assert_eq!(read_file(&second).unwrap().cells.len(), 4);
}

/// Runs of nothing but a rate, whose tasks are never all in flight, have figures in common.
#[test]
fn runs_that_only_show_lateness_are_compared_in_it() {
    let folder = scratch();
    let output = compare()
        .args(["repeat", "2", "--only", "coroutines/bare", "--tasks", "20", "--repeats", "3"])
        .args(["--arrival", "rate:1k/s", "--wait", "5ms", "--record"])
        .arg(folder.path().join("again.jsonl"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let [first, second] = ["again.1.jsonl", "again.2.jsonl"].map(|name| folder.path().join(name));
    // How late the tasks of so few cells were may be indistinguishable from nothing.
    for path in [&first, &second] {
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            if let Some(late) = line.get_mut("lateness_ns").and_then(Value::as_object_mut) {
                late.values_mut().for_each(|ns| *ns = 70_000.into());
            }
            format!("{line}\n")
        });
        fs::write(path, lines.collect::<String>()).unwrap();
    }
    let both = format!("{},{}", first.display(), second.display());
    let output = compare().args(["repeat", "--of", &both]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    let rows = ["bytes ", "CPU ", "time to start ", "rates ", "lateness "];
    let shown = rows.map(|row| text.lines().any(|line| line.starts_with(row)));
    assert_eq!(shown, [false, false, false, false, true], "{text}");
    let line = text.lines().find(|line| line.starts_with("lateness ") && line.contains(" of 2 "));
    assert!(line.is_some_and(|line| line.ends_with("none")), "{text}");
    let json: Value = serde_json::from_slice(&diff(&first, &second, &["--json"]).stdout).unwrap();
    for figure in json["figures"].as_array().unwrap() {
        assert_eq!(figure["subject"], "bare futures, timer, 1,000 tasks a second, waits of 5 ms");
        assert_eq!(figure["tasks"], 20);
        assert!(figure["ratio"]["low"].is_f64(), "{figure}");
    }
    assert_eq!(json["figures"].as_array().unwrap().len(), 2);
}

#[test]
fn bad_input_of_repeat_is_one_line_and_nothing_is_written() {
    let folder = scratch();
    let path = folder.path().join("again.jsonl");
    let repeat = |arguments: &[&str]| {
        compare().arg("repeat").args(arguments).arg("--record").arg(&path).output().unwrap()
    };
    for wrong in ["0", "1", "21", "-3", "two"] {
        assert_refused(&repeat(&[wrong]), &[&format!("`{wrong}`"), "from 2 to 20"]);
    }
    assert_refused(&repeat(&["2", "--only", "fibres/*"]), &["`fibres/*`"]);
    assert_refused(&repeat(&["2", "--tasks", "ten"]), &["`ten`"]);
    assert_refused(&repeat(&[]), &["<K>"]);
    assert_refused(&repeat(&["--of", "a,b"]), &["--of", "--record"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    let of = |arguments: &[&str]| compare().arg("repeat").args(arguments).output().unwrap();
    assert_refused(&of(&["--of", "a.jsonl"]), &["from 2 to 20"]);
    assert_refused(&of(&["--of", "a.jsonl,b.jsonl"]), &["a.jsonl", "cannot be read"]);
    assert_refused(&of(&["--of", "a,b", "--tasks", "5"]), &["`--tasks=5`"]);
    assert_refused(&of(&["2", "--of", "a,b"]), &["--of"]);
}

/// An interrupt ends the run that is on, and no other is begun.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_keeps_what_is_there() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    let folder = scratch();
    let path = folder.path().join("again.jsonl");
    let mut repeat = Command::new(env!("CARGO_BIN_EXE_compare"))
        .args(["repeat", "3", "--only", "coroutines/bare", "--tasks", "1", "--repeats", "20"])
        .args(["--wait", "100ms", "--no-heap", "--record"])
        .arg(&path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let first = folder.path().join("again.1.jsonl");
    let patience = Instant::now() + Duration::from_secs(20);
    while !read_file(&first).is_ok_and(|record| !record.cells.is_empty()) {
        assert!(Instant::now() < patience);
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = repeat.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(repeat.wait().unwrap().code(), Some(130));
    let cells = read_file(&first).unwrap().cells.len();
    assert!((1..20).contains(&cells), "{cells}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
