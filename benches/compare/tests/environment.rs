//! Contestants in another environment: who they are in the record, and what is said where it cannot be had.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

mod common;

use std::fs;
use std::path::Path;

use common::{assert_refused, compare, run, scratch, stderr, stdout};
use record::{Record, Status, read_file};
use tempfile::TempDir;

const JEMALLOC: &str = "libjemalloc.so.2";
const MIMALLOC: &str = "libmimalloc.so.2";

/// What the record says of a small run over this library. `None` where it is not installed, which is said,
/// and a failure if `REQUIRE_ALLOCATORS` is set.
fn over(library: &str, folder: &TempDir, arguments: &[&str]) -> Option<Record> {
    let setting = format!("LD_PRELOAD={library}");
    let (output, path) = run(folder, &[&["--env", &setting], arguments].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    if record.cells.iter().all(|cell| cell.status == Status::Skipped) {
        let said = stderr(&output);
        assert!(said.contains("is not installed here: apt-get install lib"), "{said}");
        assert!(std::env::var_os("REQUIRE_ALLOCATORS").is_none(), "{said}");
        eprintln!("{library} is not installed here, so nothing is run over it");
        return None;
    }
    Some(record)
}

const CELLS: &[&str] =
    &["--only", "threads/per-task,coroutines/bare", "--tasks", "100,1k", "--repeats", "2"];

#[test]
fn a_variant_has_an_id_an_environment_and_an_allocator_of_its_own_and_proof() {
    for library in [JEMALLOC, MIMALLOC] {
        let folder = scratch();
        let Some(record) = over(library, &folder, CELLS) else { continue };
        let ids = [
            format!("coroutines/bare{{LD_PRELOAD={library}}}"),
            format!("threads/per-task{{LD_PRELOAD={library}}}"),
        ];
        assert!(record.run.contestants.keys().eq(&ids), "{:?}", record.run.contestants);
        for (variant, base) in
            record.run.contestants.values().zip(["coroutines/bare", "threads/per-task"])
        {
            assert_eq!(variant.role, protocol::RoleLine::Variant);
            assert_eq!(variant.of.as_deref(), Some(base));
            assert_eq!(variant.env, [("LD_PRELOAD".to_owned(), library.to_owned())].into());
            assert!(variant.allocator.as_ref().unwrap().starts_with(library), "{variant:?}");
        }
        // That of the harness is what it would be anyhow.
        assert!(record.run.host.allocator.starts_with("glibc malloc"));
        assert!(record.cells.len() >= 8);
        for cell in &record.cells {
            assert!(ids.contains(&cell.contestant) && cell.status == Status::Ok, "{cell:?}");
            assert!(cell.proof.is_some());
        }
    }
}

#[test]
fn its_record_is_resumed_compared_and_checked_like_any_other() {
    let folder = scratch();
    if over(JEMALLOC, &folder, CELLS).is_none() {
        return;
    }
    let whole = folder.path().join("record.jsonl");
    let text = fs::read_to_string(&whole).unwrap();
    let part = folder.path().join("part.jsonl");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    fs::write(&part, lines[..4].concat()).unwrap();
    let on = |command: &[&str], records: &[&Path]| {
        let output = compare().args(command).args(records).output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", stderr(&output));
        stdout(&output)
    };
    on(&["run", "--resume"], &[&part]);
    let sorted = |path: &Path| {
        let cells = read_file(path).unwrap().cells.into_iter();
        let mut keys: Vec<_> =
            cells.map(|cell| (cell.contestant, cell.tasks, cell.repeat, cell.build)).collect();
        keys.sort_by_key(|key| format!("{key:?}"));
        keys
    };
    assert_eq!(sorted(&part), sorted(&whole));
    on(&["proof", "--record"], &[&part]);
    for only in ["coroutines/bare", "*/bare", "coroutines/bare{LD_PRELOAD=libjemalloc.so.2}"] {
        let diff = on(&["diff", "--only", only, "--json"], &[&whole, &part]);
        assert!(diff.contains("coroutines/bare{LD_PRELOAD=libjemalloc.so.2}"), "{diff}");
        assert!(!diff.contains("threads/per-task"), "{diff}");
    }

    // Another build of the allocator is another setup.
    let other = text.replace("\"libjemalloc.so.2 (", "\"libjemalloc.so.2 (1");
    assert_ne!(other, text);
    fs::write(&part, other).unwrap();
    let output = compare().args(["run", "--resume"]).arg(&part).output().unwrap();
    assert_refused(
        &output,
        &["coroutines/bare{LD_PRELOAD=", "allocator was `", "cannot be resumed"],
    );
}

#[test]
fn no_figure_stands_under_the_name_of_a_library_that_is_not_loaded() {
    let folder = scratch();
    let library = "/nonexistent/libjemalloc.so.2";
    let setting = format!("LD_PRELOAD={library}");
    let (output, path) = run(&folder, &[&["--env", &*setting], CELLS].concat());
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let said = stderr(&output);
    let line = said.lines().find(|line| line.starts_with("compare: ")).unwrap();
    assert!(line.contains("(and 1 more) is not run: `/nonexistent/"), "{line}");
    assert!(line.contains("of LD_PRELOAD is not loaded: cannot open shared object"), "{line}");
    assert_eq!(said.matches("compare: ").count(), 1, "{said}");
    let record = read_file(&path).unwrap();
    for cell in &record.cells {
        assert_eq!(cell.status, Status::Failed);
        assert!(cell.reason.as_ref().unwrap().contains("is not loaded"), "{cell:?}");
        assert!(cell.proof.is_none());
    }
    assert!(record.run.contestants.values().all(|variant| variant.allocator.is_none()));
}

/// These are kept from whatever is measured, unless a variant is one by them.
#[cfg(feature = "tokio")]
#[test]
fn a_runtimes_own_setting_reaches_it_if_it_is_asked_for() {
    let threads = |arguments: &[&str]| {
        let folder = scratch();
        let path = folder.path().join("record.jsonl");
        let cell = ["--only", "coroutines/tokio", "--tasks", "10", "--no-heap", "--wait", "50ms"];
        let output = compare()
            .arg("run")
            .args(cell)
            .args(arguments)
            .arg("--record")
            .arg(&path)
            .env("TOKIO_WORKER_THREADS", "7")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        let cell = read_file(&path).unwrap().cells.remove(0);
        (cell.contestant, cell.memory.waiting.unwrap().threads.unwrap())
    };
    let (id, three) = threads(&["--env", "TOKIO_WORKER_THREADS=3", "--env=MALLOC_ARENA_MAX=1"]);
    assert_eq!(id, "coroutines/tokio{MALLOC_ARENA_MAX=1,TOKIO_WORKER_THREADS=3}");
    let (_, one) = threads(&["--env", "TOKIO_WORKER_THREADS=1"]);
    assert_eq!(three, one + 2);
    let (id, ambient) = threads(&[]);
    assert_eq!(id, "coroutines/tokio");
    assert_ne!(ambient, one + 6, "the harness's own environment reached it");
}

#[test]
fn what_is_no_setting_is_named_and_nothing_is_written() {
    for (given, expected) in [
        (&["MALLOC_ARENA_MAX"][..], "`MALLOC_ARENA_MAX`: it has no `=`"),
        (&["=1"], "`=1`: its name is empty"),
        (&[""], "give NAME=VALUE"),
        (&["RUST_BACKTRACE=full"], "the harness needs that name"),
        (&["PATH=/tmp"], "other than PATH, RUST_BACKTRACE, COMPARE_*"),
        (&["A=1\n2"], "it has a control character"),
        (&["A=1", "A=2"], "`--env` is given `A` twice, as `1` and as `2`"),
    ] {
        let folder = scratch();
        let settings: Vec<_> = given.iter().flat_map(|given| ["--env", given]).collect();
        let (output, path) = run(&folder, &[&settings, CELLS].concat());
        assert_refused(&output, &[expected]);
        assert!(!path.exists());
    }
    // No argument can hold a NUL, but a record can.
    let folder = scratch();
    let (path, text) = common::small_record(&folder);
    let option = r#""arguments":["--env=A=\u0000","#;
    fs::write(&path, text.replacen(r#""arguments":["#, option, 1)).unwrap();
    let output = compare().args(["run", "--resume"]).arg(&path).output().unwrap();
    assert_refused(&output, &["its options are not understood", "control character"]);
}
