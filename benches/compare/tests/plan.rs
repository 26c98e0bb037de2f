//! `compare plan` as a process: what it prints, and what it says of what it cannot plan.

mod common;

use std::path::Path;
use std::process::Output;

use common::{compare, record_file, stderr, stdout};
use record::Record;
use record::synthetic::{Bill, Synthetic};

fn known() -> Record {
    let mut made = Synthetic::new();
    made.line("coroutines/smol", &[1, 1_000, 100_000], Bill::of(300).with_kernel(40));
    let thread = Bill { threads: 1, ..Bill::of(10_000).with_kernel(27_000) };
    made.line("threads/per-task", &[1, 1_000, 10_000], thread);
    made.record()
}

fn plan(record: &Path, arguments: &[&str]) -> Output {
    compare().arg("plan").arg("--record").arg(record).args(arguments).output().unwrap()
}

#[test]
fn it_fits_eighty_columns_and_advises() {
    let folder = tempfile::tempdir().unwrap();
    let record = record_file(&folder, "record.jsonl", known());
    for arguments in [
        &["--tasks", "20k", "--wait", "200ms", "--state", "2KiB"][..],
        &["--tasks", "1M", "--rate", "5k/s"],
        &["--memory", "512MiB"],
    ] {
        let output = plan(&record, arguments);
        let text = stdout(&output);
        assert!(output.status.success(), "{arguments:?}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("thread each") && text.contains("smol"), "{text}");
    }
    let json = plan(&record, &["--tasks", "20k", "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["waiting"], 20_000);
    assert_eq!(json["rows"][0]["contestant"], "coroutines/smol");
}

#[test]
fn what_has_no_plan_is_one_line_and_exit_two() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let (known, empty) = (
        record_file(&folder, "record.jsonl", known()),
        record_file(&other, "record.jsonl", Synthetic::new().record()),
    );
    for (record, arguments, said) in [
        (&known, &["--tasks", "0"][..], "`0` is not a count"),
        (&known, &[], "--tasks"),
        (&known, &["--tasks", "10", "--rate", "5k"], "`5k` is not a rate"),
        (&known, &["--tasks", "10", "--wait", "200"], "no unit"),
        (&known, &["--tasks", "10", "--workload", "disk"], "timer, http"),
        (&known, &["--tasks", "10", "--workload", "http"], "no fit of this work"),
        (&known, &["--tasks", "1k", "--state", "1MiB", "--memory", "1MiB"], "less --state"),
        (&known, &["--memory", "1GiB", "--verify", "--no-scope"], "give --tasks"),
        (&known, &["--tasks", "9", "--state", "3KiB", "--verify", "--no-scope"], "compiled in"),
        (&empty, &["--tasks", "10"], "no fit of this work"),
    ] {
        let output = plan(record, arguments);
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert_eq!(error.lines().count(), 1, "{arguments:?}: {error}");
        assert!(error.contains(said), "{arguments:?}: {error}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}
