//! What the command line takes and refuses, run as a process.

mod common;

use std::fs;
use std::path::Path;

use common::{compare, run, scratch, stderr, stdout};
use record::read_file;

#[test]
fn the_list_has_every_model() {
    let output = compare().args(["list", "--json"]).output().unwrap();
    let list: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let is_compared = |entry: &&serde_json::Value| entry["hello"].get("role").is_none();
    let compared = || list.iter().filter(is_compared);
    let of = |model: &str| {
        let own = compared().filter(|entry| entry["hello"].get("language").is_none());
        own.filter(|entry| entry["model"] == model).count()
    };
    let threads = 4 + usize::from(cfg!(feature = "tokio"));
    assert_eq!((of("subroutine"), of("threads"), of("callbacks")), (1, threads, 1));
    let baselines = list.iter().filter(|entry| entry["hello"]["role"] == "baseline").count();
    let listed =
        [coroutines::contestants(), coroutines::baseline::baselines()].map(|all| all.len());
    assert_eq!([of("coroutines"), baselines], listed);
    let text = stdout(&compare().arg("list").output().unwrap());
    assert!(text.contains("coroutines/bare"), "{text}");
    assert_eq!(text.contains("RUSTSEC-2025-0052"), cfg!(feature = "async-std"), "{text}");
}

#[test]
fn help_has_examples() {
    for arguments in [&["--help"][..], &["run", "--help"]] {
        let output = compare().args(arguments).output().unwrap();
        assert!(output.status.success());
        assert!(stdout(&output).contains("Examples:\n"), "{}", stdout(&output));
    }
}

/// Bad input is one line that names what was given, exit code 2, and nothing written.
#[test]
fn bad_input_is_one_line_and_nothing_is_written() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["--only", "corutines/*"], &["`corutines/*`", "coroutines/bare"]),
        (&["--only", "threads/none"], &["`threads/none`", "threads/per-task"]),
        (&["--only", "a["], &["`a[`", "glob"]),
        (&["--tasks", "0"], &["`0`", "from 1 to 4294967295"]),
        (&["--tasks", "-1"], &["`-1`", "whole number"]),
        (&["--tasks", "1e99"], &["`1e99`", "whole number"]),
        (&["--tasks", "ten"], &["`ten`", "10k"]),
        (&["--tasks", "10k,"], &["``"]),
        (&["--tasks", "5000M"], &["`5000M`", "4294967295"]),
        (&["--wait", "5"], &["`5`", "250ms"]),
        (&["--wait", "-1s"], &["`-1s`"]),
        (&["--wait", "0s"], &["`0s`"]),
        (&["--wait", "2years"], &["`2years`"]),
        (&["--state", "3KiB"], &["`3KiB`", "0, 64, 1KiB, 2KiB, 4KiB, 8KiB, 16KiB, 32KiB, 64KiB"]),
        (&["--state", "-1"], &["`-1`"]),
        (&["--depth", "65KiB"], &["`65KiB`", "0 to 64KiB"]),
        (&["--depth", "-1"], &["`-1`", "not a size"]),
        (&["--waits", "0"], &["`0`", "from 1 to 65534"]),
        (&["--waits", "65535"], &["65535", "65534"]),
        (&["--repeats", "many"], &["`many`"]),
        (&["--repeats", "0"], &["`0`", "from 1 to 1000"]),
        (&["--only", "{a,b}/*"], &["`{a,b}/*`"]),
        (&["--pool-workers", "0"], &["`0`"]),
        (&["--workload", "tide"], &["'tide'", "timer"]),
        (&["--seed", "x"], &["`x`", "whole number"]),
        (&["--patience", "soon"], &["`soon`"]),
        (&["--arrival", "rate:fast/s"], &["`rate:fast/s`", "burst", "rate:5k/s"]),
        (&["--arrival", "rate:0/s"], &["`rate:0/s`", "1 to 4294967295", "rate:5k/s"]),
        (&["--arrival", "-1"], &["`-1`", "rate:5k/s"]),
        (&["--synchronized-wakeup", "--spread", "1s"], &["--synchronized-wakeup", "--spread"]),
        (
            &["--synchronized-wakeup", "--arrival", "rate:1/s"],
            &["--synchronized-wakeup", "--arrival"],
        ),
        (&["--sped", "1"], &["'--sped'"]),
    ];
    for (arguments, expected) in cases {
        let folder = scratch();
        let (output, record) = run(&folder, arguments);
        let line = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
        assert_eq!(line.lines().count(), 1, "{arguments:?}: {line}");
        for part in *expected {
            assert!(line.contains(part), "{arguments:?} should say {part}: {line}");
        }
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(!record.exists(), "{arguments:?}");
    }
}

#[test]
fn repeats_hold_for_the_default_sizes_too_and_have_a_limit() {
    let folder = scratch();
    let (_, path) = run(&folder, &["--only", "subroutine/*", "--repeats", "2", "--no-heap"]);
    let cells = read_file(&path).unwrap().cells;
    assert_eq!(cells.iter().filter(|cell| cell.tasks == 4).count(), 2);
    let folder = scratch();
    let (output, _) = run(&folder, &["--repeats", "4294967295"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("from 1 to 1000"), "{}", stderr(&output));
}

#[test]
fn a_record_that_is_there_is_not_lost() {
    let folder = scratch();
    let path = folder.path().join("record.jsonl");
    fs::write(&path, "precious").unwrap();
    let (output, _) = run(&folder, &["--only", "callbacks/*", "--tasks", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("record.jsonl exists"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");

    let (output, _) =
        run(&folder, &["--only", "callbacks/*", "--tasks", "1", "--no-heap", "--overwrite"]);
    assert!(output.status.success());
    assert_eq!(read_file(&path).unwrap().cells.len(), 1);
}

#[test]
fn a_record_that_cannot_be_written_is_said_before_anything_runs() {
    let folder = scratch();
    fs::write(folder.path().join("file"), "").unwrap();
    for record in [folder.path().join("file/record.jsonl"), folder.path().to_owned()] {
        let output = compare()
            .args(["run", "--only", "callbacks/*", "--tasks", "1", "--overwrite", "--record"])
            .arg(&record)
            .output()
            .unwrap();
        let line = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(line.contains(&*folder.path().to_string_lossy()), "{line}");
    }
}

#[test]
fn a_record_that_is_not_there_is_named() {
    for command in ["tables", "claims", "proof"] {
        let output =
            compare().args([command, "--record", "no/such/record.jsonl"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("no/such/record.jsonl"), "{}", stderr(&output));
    }
}

/// A reader that has seen enough is no fault.
#[cfg(unix)]
#[test]
fn a_closed_standard_output_is_no_panic() {
    let output = std::process::Command::new("sh")
        .args([
            "-c",
            "\"$0\" list | head -c 1; for what in list --help --version 'run --help'; do \
             \"$0\" $what >/dev/full; echo $?; done",
        ])
        .arg(env!("CARGO_BIN_EXE_compare"))
        .output()
        .unwrap();
    assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
    if Path::new("/dev/full").exists() {
        assert!(stdout(&output).ends_with("2\n2\n2\n2\n"), "{}", stdout(&output));
        assert_eq!(stderr(&output).lines().count(), 4, "{}", stderr(&output));
    }
}

#[test]
fn a_cell_refuses_another_protocol() {
    let cell = || {
        let mut cell = compare();
        cell.args(["cell", "coroutines/bare"]);
        cell
    };
    let output = cell().write_stdin("{\"v\":9,\"order\":\"go\"}\n").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("protocol version 9 is not 2"), "{}", stderr(&output));
    // A harness that is gone is no fault of the cell's.
    assert!(cell().write_stdin("").output().unwrap().status.success());
}
