//! Limits of this process (`ulimit`): what they stop is named, and costs no more than it must.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use common::{assert_refused, scratch, stderr, stdout};
use record::{Status, read_file};

/// A user that has no process.
const STRANGER: u32 = 54_321;

/// `compare run --record …` under this limit, as `ulimit` takes it.
fn limited(limit: &str, record: &Path, arguments: &[&str]) -> Output {
    Command::new("sh")
        .args(["-c", &format!("ulimit {limit} && exec \"$0\" run \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_compare"))
        .args(arguments)
        .args(["--no-heap", "--record"])
        .arg(record)
        .output()
        .unwrap()
}

/// Threads of which each takes addresses, and little else: they stop at a limit that was read.
#[test]
fn a_limit_on_addresses_is_named_with_what_moves_it() {
    let folder = scratch();
    let path = folder.path().join("record.jsonl");
    let arguments =
        ["--only", "threads/crossbeam-pool,threads/per-task", "--tasks", "5k", "--repeats", "2"];
    let output = limited("-v 3000000", &path, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    assert_eq!(record.cells.len(), 4);
    for cell in &record.cells {
        assert_eq!(cell.status, Status::Wall, "{cell:?}");
        let limit = cell.limit.as_ref().unwrap();
        assert_eq!((limit.name.as_str(), limit.value), ("address_space", 3_000_000 << 10));
    }
    assert!(stdout(&output).contains("`ulimit -v "), "{}", stdout(&output));
}

/// Whether a contestant says that it has no descriptor for a pipe, or dies of it.
#[test]
fn descriptors_that_run_out_are_named_with_what_moves_them() {
    let folder = scratch();
    let path = folder.path().join("record.jsonl");
    let only = "threads/per-task,callbacks/event-loop,coroutines/tokio";
    let arguments = ["--workload", "relay-pipe", "--only", only, "--tasks", "1k", "--waits", "2"];
    let output = limited("-n 256", &path, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    assert_eq!(record.cells.len(), 3);
    for cell in &record.cells {
        assert_eq!(cell.status, Status::Wall, "{cell:?}");
        let limit = cell.limit.as_ref().unwrap();
        assert_eq!((limit.name.as_str(), limit.value), ("nofile", 256));
    }
    assert!(stdout(&output).contains("`ulimit -n "), "{}", stdout(&output));
}

/// A small allocation that fails ends the process at once, before it was ever looked at.
#[test]
fn a_process_that_dies_of_its_addresses_names_them() {
    let folder = scratch();
    let path = folder.path().join("record.jsonl");
    limited("-v 400000", &path, &["--only", "fault/greedy", "--tasks", "10"]);
    let record = read_file(&path).unwrap();
    assert_eq!(record.cells[0].status, Status::Wall, "{:?}", record.cells);
    assert_eq!(record.cells[0].limit.as_ref().unwrap().name, "address_space");
}

#[test]
fn a_file_that_may_not_grow_is_one_line() {
    let folder = scratch();
    let path = folder.path().join("record.jsonl");
    let arguments = ["--only", "coroutines/bare", "--tasks", "1", "--repeats", "100"];
    assert_refused(&limited("-f 0", &path, &arguments), &["cannot be written: File too large"]);
    assert!(!path.exists(), "an empty record is left");
    // Room for the first line and some cells.
    let output = limited("-f 32", &path, &arguments);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).ends_with("cannot be written: File too large (os error 27)\n"));
    assert!(!read_file(&path).unwrap().cells.is_empty(), "what was written is still there");
}

#[test]
fn a_stack_that_is_too_small_is_one_line() {
    let folder = scratch();
    let path = folder.path().join("record.jsonl");
    // Much less would not even hold the environment of a test.
    let output = limited("-s 128", &path, &["--only", "coroutines/bare", "--tasks", "1"]);
    assert_refused(&output, &["the stack may take 128 KiB", "`ulimit -s 8192`"]);
    assert!(!path.exists());
}

/// A copy of this program that any user can run, run as a user who has no process.
struct Stranger {
    folder: tempfile::TempDir,
}

impl Stranger {
    /// `None` where this process may not become another user, after saying so; with
    /// `REQUIRE_STRANGER=1` that fails.
    fn new() -> Option<Self> {
        let folder = scratch();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_compare"), folder.path().join("compare")).unwrap();
        let stranger = Self { folder };
        let works = stranger.command(&["prlimit", "--nproc=9", "true"]).output();
        if works.as_ref().is_ok_and(|works| works.status.success()) {
            return Some(stranger);
        }
        let is_required = std::env::var("REQUIRE_STRANGER").is_ok_and(|value| value == "1");
        assert!(!is_required, "REQUIRE_STRANGER=1, and nothing was tested: {works:?}");
        let _ = writeln!(std::io::stderr(), "SKIPPED, nothing was tested: {works:?}");
        None
    }

    /// This command as that user.
    fn command(&self, arguments: &[&str]) -> Command {
        let id = STRANGER.to_string();
        let mut command = Command::new("setpriv");
        command.args(["--reuid", &id, "--regid", &id, "--clear-groups"]).args(arguments);
        command.current_dir(&self.folder);
        command
    }

    /// `compare run` of that user with at most so many processes and threads.
    fn run(&self, processes: u32, arguments: &[&str]) -> (Output, record::Record) {
        let limit = format!("--nproc={processes}");
        let mut command = self.command(&["prlimit", &limit, "./compare", "run"]);
        command.args(arguments);
        command.args(["--no-heap", "--no-scope", "--overwrite", "--record", "record.jsonl"]);
        let output = command.output().unwrap();
        let said = stderr(&output);
        assert!(!said.contains("panicked"), "{said}");
        let record = read_file(&self.folder.path().join("record.jsonl"));
        (output, record.expect(&said))
    }
}

/// One test, because its parts would count each other's processes.
#[test]
fn a_limit_on_processes_is_named_and_costs_no_run() {
    let Some(stranger) = Stranger::new() else { return };
    let only = "threads/per-task,threads/crossbeam-pool";
    let (output, record) =
        stranger.run(1_000, &["--only", only, "--tasks", "3k", "--repeats", "2"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for cell in &record.cells {
        assert_eq!(cell.status, Status::Wall, "{cell:?}");
        assert_eq!(cell.limit.as_ref().unwrap().name, "nproc", "{cell:?}");
    }

    // The harness has some of them too.
    for processes in [12, 16] {
        let (output, record) =
            stranger.run(processes, &["--only", "threads/{per-task,rayon-pool}", "--tasks", "100"]);
        assert_eq!(output.status.code(), Some(0), "{processes}: {}", stderr(&output));
        for cell in &record.cells {
            let limit = cell.limit.as_ref().unwrap_or_else(|| panic!("{cell:?}"));
            assert_eq!((limit.name.as_str(), limit.value), ("nproc", processes.into()), "{cell:?}");
        }
    }

    // Not even the process of a cell.
    let bare = ["--only", "coroutines/bare", "--tasks", "10"];
    let (output, record) = stranger.run(1, &bare);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let reason = record.cells[0].reason.as_ref().unwrap();
    assert!(reason.contains("does not start") && reason.contains("`ulimit -u`"), "{reason}");

    // None at first, and enough when others have ended.
    let others: Vec<_> =
        (0..20).map(|_| stranger.command(&["sleep", "1"]).spawn().unwrap()).collect();
    let waiting = thread::spawn(move || {
        others.into_iter().for_each(|mut other| assert!(other.wait().unwrap().success()));
    });
    let (output, record) = stranger.run(20, &bare);
    waiting.join().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(record.cells[0].status, Status::Ok, "{:?}", record.cells);
}
