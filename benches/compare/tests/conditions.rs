//! What can change a figure is in the record: what is loaded, and what happens to the machine.

#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::{compare, flat, record_file, run, scratch, stderr, stdout};
use record::synthetic::small_run;
use record::{Conditions, Count, Status, read_file};
use tempfile::TempDir;

const CELLS: &[&str] =
    &["--only", "coroutines/bare,callbacks/*", "--tasks", "10,20", "--wait", "50ms", "--no-heap"];

fn run_with(folder: &TempDir, name: &str, preload: &str) -> (std::process::Output, PathBuf) {
    let record = folder.path().join(name);
    let output = compare()
        .arg("run")
        .args(CELLS)
        .arg("--record")
        .arg(&record)
        .env("LD_PRELOAD", preload)
        .output()
        .unwrap();
    (output, record)
}

/// The dynamic loader goes on without it, so the run does too, and says so.
#[cfg(target_env = "gnu")]
#[test]
fn an_allocator_that_does_not_load_is_said_once_and_costs_nothing() {
    let folder = scratch();
    let (output, path) = run_with(&folder, "preloaded.jsonl", "/nonexistent/libjemalloc.so.2");
    assert!(output.status.success(), "{}", stderr(&output));
    let text = flat(&stdout(&output));
    assert_eq!(text.matches("names what did not load").count(), 1, "{text}");
    let record = read_file(&path).unwrap();
    assert_eq!(record.cells.len(), 4);
    assert!(record.cells.iter().all(|cell| cell.status == Status::Ok), "{:?}", record.cells);
    let host = record.run.host;
    assert_eq!(host.not_loaded, ["/nonexistent/libjemalloc.so.2"]);
    assert_eq!(host.allocator_settings["LD_PRELOAD"], "/nonexistent/libjemalloc.so.2");
    assert!(host.allocator.starts_with("glibc malloc"), "{}", host.allocator);

    // Without it, it is another run: it cannot be resumed, and `diff` says in what it differs.
    let output = compare().args(["run", "--resume"]).arg(&path).output().unwrap();
    common::assert_refused(&output, &["LD_PRELOAD was `/nonexistent", "not loaded was"]);
    let (_, plain) = run_with(&folder, "plain.jsonl", "");
    let output = compare().arg("diff").args([&path, &plain]).output().unwrap();
    let text = flat(&stdout(&output));
    assert!(text.contains("not loaded was `/nonexistent/libjemalloc.so.2`"), "{text}");
}

#[test]
fn each_cell_says_what_happened_meanwhile() {
    let folder = scratch();
    let (output, path) = run(&folder, CELLS);
    assert!(output.status.success(), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    for cell in &record.cells {
        let conditions = cell.conditions.as_ref().unwrap();
        assert!(conditions.elapsed_ns >= cell.time.unwrap().wall_ns, "{cell:?}");
        for count in [Count::SleptNs, Count::StolenNs] {
            assert!(conditions.counts.contains_key(&count), "{conditions:?}");
        }
        assert!(conditions.limits.is_empty(), "{conditions:?}");
        assert!(cell.memory.waiting.unwrap().huge_page_bytes.is_some(), "{cell:?}");
    }
    let run = record.run;
    assert!(run.build.contains_key("RUSTFLAGS") && run.build.contains_key("target features"));
    assert!(run.host.system["affinity"].is_some(), "{:?}", run.host.system);
    assert!(run.host.not_loaded.is_empty());
}

/// Half of the cells throttled, one after a sleep, one with another clock: each is said once on top,
/// and the cells are listed.
#[test]
fn what_happened_is_on_the_pages_and_no_figure_is_lost() {
    let folder = scratch();
    let mut record = small_run();
    let quiet = record_file(&folder, "quiet.jsonl", record.clone());
    let all = record.cells.len();
    for (index, cell) in record.cells.iter_mut().enumerate() {
        cell.conditions = Some(Conditions {
            elapsed_ns: 1_000_000_000,
            counts: [
                (Count::ThrottledNs, if index % 2 == 0 { 250_000_000 } else { 0 }),
                (Count::SleptNs, if index == 3 { 3_600_000_000_000 } else { 0 }),
            ]
            .into(),
            clock: (index == 5).then(|| "hpet".to_owned()),
            ..Conditions::default()
        });
    }
    let loud = record_file(&folder, "loud.jsonl", record);
    let page = |record: &PathBuf, name: &str| {
        let out = record.with_extension("pages");
        let output =
            compare().args(["tables", "--record"]).arg(record).arg("--out").arg(&out).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        fs::read_to_string(out.join(name)).unwrap()
    };
    let top = page(&loud, "README.md");
    let throttled = format!("In {} of {all} cells", all.div_ceil(2));
    for caution in [&*throttled, "the machine slept", "the clock source was not that"] {
        assert_eq!(top.matches(caution).count(), 1, "{caution}: {top}");
    }
    let trust = page(&loud, "trust.md");
    let (_, listed) = trust.split_once("## Conditions").unwrap();
    for words in ["throttled", "250 ms of 1 s", "slept", "another clock", "hpet", "1, 3"] {
        assert!(listed.contains(words), "{words}: {listed}");
    }
    assert!(!page(&quiet, "trust.md").contains("## Conditions"));
    let figures = |record: &PathBuf| {
        page(record, "all.md").lines().filter(|line| line.starts_with('|')).count()
    };
    assert_eq!(figures(&loud), figures(&quiet));
}
