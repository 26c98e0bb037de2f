//! A token through a ring of tasks, operations under timeouts, and a process on one core.

mod common;

use std::fs;
use std::io::Write;

use common::{assert_narrow, assert_refused, compare, run, scratch, stderr, stdout};
use record::{Status, read_file};

/// The cells of a run, each of which has to have proof.
fn proven(arguments: &[&str]) -> (Vec<record::Cell>, String) {
    let folder = scratch();
    let (output, path) = run(&folder, &[arguments, &["--no-heap"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    let record = read_file(&path).unwrap();
    for cell in &record.cells {
        assert_eq!((cell.status, cell.flaw()), (Status::Ok, None), "{cell:?}");
    }
    assert_narrow(&stdout(&output));
    (record.cells, stdout(&output))
}

const RING: [&str; 7] = ["--tasks", "7", "--waits", "30", "--rate-waves", "2", "--only"];

#[test]
fn a_token_goes_round_in_every_model_that_hands_on() {
    for (wait, way) in [("relay", "channel"), ("relay-pipe", "pipe")] {
        let ids = if wait == "relay" {
            "threads/per-task,callbacks/*,coroutines/bare"
        } else {
            "threads/per-task,callbacks/*"
        };
        let (cells, text) = proven(&[&["--workload", wait], &RING[..], &[ids]].concat());
        assert!(cells.len() >= 2);
        for cell in &cells {
            assert_eq!((&*cell.workload.wait, cell.workload.waits_per_task), (wait, 30));
            assert!(cell.waves.len() >= 3 && !cell.workload.one_core, "{cell:?}");
        }
        assert!(text.contains("The time of a hop") && text.contains(way), "{text}");
    }
}

#[cfg(all(feature = "tokio", target_os = "linux"))]
#[test]
fn a_chain_by_hand_is_beside_tokio() {
    let all = [&["--workload", "relay", "--one-core"], &RING[..], &["*/tokio-current-thread"]];
    let (cells, text) = proven(&all.concat());
    assert!(cells.len() == 2 && cells.iter().all(|cell| cell.workload.one_core), "{cells:?}");
    assert!(text.contains("channel, one core"), "{text}");
}

#[test]
fn what_waits_for_no_other_task_says_so() {
    let folder = scratch();
    let ids = "subroutine/*,threads/crossbeam-pool";
    let (output, path) = run(&folder, &["--workload", "relay", "--only", ids, "--no-heap"]);
    assert!(output.status.success(), "{}", stderr(&output));
    for cell in read_file(&path).unwrap().cells {
        assert_eq!(cell.status, Status::Skipped);
        assert!(cell.reason.unwrap().contains("does not run `relay`"));
    }
}

#[test]
fn timeouts_are_cancelled_or_come() {
    let ids = "callbacks/*,coroutines/bare";
    let all = ["--workload", "timeout", "--tasks", "1000", "--only", ids];
    for (cancel, per_mille) in [("99%", 990), ("100%", 1_000)] {
        for waves in [&[][..], &["--rate-waves", "2"]] {
            let (cells, _) = proven(&[&all[..], &["--cancel", cancel], waves].concat());
            assert_eq!(cells.len(), 2);
            for cell in &cells {
                assert_eq!(cell.workload.cancelled_per_mille, Some(per_mille));
                assert_eq!(&*cell.workload.wait, "timeout");
            }
        }
    }
}

#[test]
fn options_that_do_not_fit_are_named() {
    for (arguments, part) in [
        (&["--workload", "relay", "--wait", "1s"][..], "--wait and --jobs in a relay"),
        (&["--workload", "relay-pipe", "--ending", "panics"], "leave out --spread"),
        (&["--workload", "timeout", "--waits", "2"], "--waits and --state with timeouts"),
        (&["--workload", "relay", "--jobs", "9"], "--wait and --jobs in a relay"),
        (&["--cancel", "99%"], "is for --workload timeout"),
        (&["--workload", "timeout", "--cancel", "101%"], "`101%` is no share"),
        (&["--workload", "timeout", "--cancel", "99"], "`99` is no share"),
        (&["--workload", "relay", "--synchronized-wakeup"], "`--synchronized-wakeup` is for"),
        (&["--workload", "timeout", "--bytes", "7"], "`--bytes` is for --workload http"),
    ] {
        let output = compare().arg("run").args(arguments).output().unwrap();
        assert_refused(&output, &[part]);
    }
}

/// A program that does these lines of a shell script.
fn program(folder: &std::path::Path, script: &str) -> std::path::PathBuf {
    let (file, list) = (folder.join("x.sh"), folder.join("contestants.toml"));
    fs::File::create(&file).unwrap().write_all(script.as_bytes()).unwrap();
    let stanza = "[[contestant]]\nid = \"sh/x\"\ncommand = [\"sh\", \"x.sh\"]\n";
    fs::write(&list, stanza).unwrap();
    list
}

#[test]
#[cfg(target_os = "linux")]
fn a_process_is_kept_on_one_core_before_it_is_told_what_to_run() {
    let folder = scratch();
    let hello = r#"{"v":2,"event":"hello","id":"sh/x","model":"m","summary":"s","ceiling":"all","workloads":["timer"]}"#;
    let script = format!(
        "echo '{hello}'\nread order\ncores=$(sed -n 's/^Cpus_allowed_list:[^0-9]*//p' /proc/self/status)\n\
         echo \"{{\\\"v\\\":2,\\\"event\\\":\\\"refused\\\",\\\"reason\\\":\\\"on $cores.\\\"}}\"\nread order\n"
    );
    let list = program(folder.path(), &script);
    let arguments = ["--contestants", list.to_str().unwrap(), "--only", "sh/x", "--tasks", "1"];
    let (_, path) = run(&folder, &[&arguments[..], &["--one-core"]].concat());
    let reason = read_file(&path).unwrap().cells[0].reason.clone().unwrap();
    let cores = reason.split_once("on ").and_then(|(_, rest)| rest.split('.').next());
    assert!(cores.is_some_and(|cores| cores.parse::<u32>().is_ok()), "{reason}");
}

#[test]
fn what_is_optional_and_cannot_be_started_is_skipped() {
    let folder = scratch();
    let list = program(folder.path(), "echo this kernel has no such thing >&2; exit 1");
    fs::write(&list, fs::read_to_string(&list).unwrap() + "optional = true\n").unwrap();
    let arguments = ["--contestants", list.to_str().unwrap(), "--only", "sh/x", "--tasks", "1"];
    let (output, path) = run(&folder, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let cell = read_file(&path).unwrap().cells.remove(0);
    assert_eq!(cell.status, Status::Skipped);
    assert!(cell.reason.unwrap().contains("this kernel has no such thing"));
}
