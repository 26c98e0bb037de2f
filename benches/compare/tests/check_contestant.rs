//! `compare check-contestant`, and what a contestant from elsewhere can do wrong.

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{assert_refused, compare, ends, flat, run, scratch, stderr, stdout};
use record::{CgroupKind, Status, read_file};
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Whether there is Python. If not, it is said; with `REQUIRE_PYTHON=1` that is a failure.
fn has_python() -> bool {
    let is_there = Command::new("python3").arg("--version").output().is_ok();
    if !is_there {
        let is_required = std::env::var_os("REQUIRE_PYTHON").is_some_and(|value| value == "1");
        assert!(!is_required, "REQUIRE_PYTHON=1, and there is no python3");
        // Past the test's capture.
        let _ = writeln!(std::io::stderr().lock(), "not tested: there is no python3");
    }
    is_there
}

fn check(id: &str, more: &[&str]) -> Output {
    compare().args(["check-contestant", id]).args(more).output().unwrap()
}

/// A file with these stanzas.
fn stanzas(folder: &TempDir, text: &str) -> String {
    let path = folder.path().join("contestants.toml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A stanza of a contestant in Python.
fn python(id: &str, program: &str, folder: &TempDir) -> String {
    let program = fixture(program);
    // The fixtures take their id from the environment, and a folder to leave a note in.
    let command = ["env".to_owned(), format!("TINY_ID={id}"), "python3".into()];
    let mark = folder.path().join("asked");
    let rest = ["-B", program.to_str().unwrap(), mark.to_str().unwrap()].map(str::to_owned);
    let command: Vec<_> = command.into_iter().chain(rest).collect();
    format!("[[contestant]]\nid = \"{id}\"\ncommand = {command:?}\n")
}

#[test]
fn own_contestants_of_every_ceiling_pass() {
    for id in ["coroutines/bare", "threads/rayon-pool", "subroutine/sequential"] {
        let output = check(id, &[]);
        let said = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.contains("ok         adds up for 0, 1, 2 and 1000 tasks\n"), "{said}");
        let has_server = cfg!(feature = "server");
        assert!(said.contains("0 failed, 0 not asked") || !has_server, "{said}");
    }
}

#[test]
fn what_is_wrong_is_named_check_by_check() {
    if has_python() {
        let folder = scratch();
        let file = stanzas(&folder, &python("python/sums_wrongly", "faulty.py", &folder));
        let output = check("python/sums_wrongly", &["--contestants", &file]);
        let said = flat(&stdout(&output));
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("ok says who it is first, and only once"), "{said}");
        let failed = "FAILED adds up for 0, 1, 2 and 1000 tasks: 0 tasks: checksum";
        assert!(said.contains(failed), "{said}");
    }
    for id in ["some/body", "coroutines/*", "a["] {
        assert_refused(&check(id, &[]), &[id, "coroutines/bare"]);
    }
}

#[test]
fn a_small_program_in_another_language_passes_and_is_not_asked_for_more_than_it_lists() {
    if !has_python() {
        return;
    }
    let lines = fs::read_to_string(fixture("tiny.py")).unwrap().lines().count();
    assert!(lines <= 60, "{lines}");
    let folder = scratch();
    let file = stanzas(&folder, &python("python/tiny", "tiny.py", &folder));
    let output = check("python/tiny", &["--contestants", &file]);
    let said = flat(&stdout(&output));
    assert_eq!(output.status.code(), Some(0), "{said}");
    let not_asked = "not asked holds its state while it waits: its hello does not list `state`";
    assert!(said.contains(not_asked) && said.contains("not asked runs one wave after"), "{said}");
    let (output, path) = run(
        &folder,
        &["--contestants", &file, "--only", "python/tiny", "--tasks", "10", "--state", "1KiB"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let cell = &read_file(&path).unwrap().cells[0];
    assert_eq!(cell.status, Status::Skipped, "{cell:?}");
    assert!(cell.reason.as_ref().unwrap().contains("does not run `state`"), "{cell:?}");
}

#[test]
fn what_is_not_installed_is_said_and_skipped() {
    let folder = scratch();
    let text = "[[contestant]]\nid = \"x/y\"\ncommand = [\"./y\"]\nneeds = [\"no-such-language\"]\n\
                install = \"get it\"\n";
    let file = stanzas(&folder, text);
    let output = check("x/y", &["--contestants", &file]);
    assert_eq!(output.status.code(), Some(1));
    let said = flat(&stderr(&output));
    assert_eq!(said, "compare: `x/y` is not run: `no-such-language` is not installed here: get it");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_file_that_cannot_be_is_one_line_and_nothing_is_written() {
    let folder = scratch();
    fs::create_dir(folder.path().join("tools")).unwrap();
    let stanza = |id: &str, rest: &str| format!("[[contestant]]\nid = \"{id}\"\n{rest}\n");
    let echo = "command = [\"echo\"]";
    let cases: [(String, &str); 9] = [
        ([stanza("x/y", echo), stanza("x/y", echo)].concat(), "the id `x/y` is given twice"),
        (stanza("x/y", &format!("{echo}\ncolour = 1")), "line 4: unknown field `colour`"),
        (stanza("x/y", ""), "missing field `command`"),
        (stanza("x/y", "command = []"), "the command of `x/y` is empty"),
        (stanza("x/y", "command = [\"\"]"), "the command of `x/y` is empty"),
        (stanza("x/y", "command = [\"./tools\"]"), "is a directory: `./tools`"),
        (stanza("x/y", "command = \"echo\""), "line 3: invalid type"),
        (stanza("x", echo), "the id `x` is not of the form model/name"),
        (stanza("coroutines/bare", echo), "`coroutines/bare` is the id of a contestant of this"),
    ];
    for (text, expected) in cases {
        let file = stanzas(&folder, &text);
        let (output, record) = run(&folder, &["--contestants", &file, "--tasks", "10"]);
        assert_refused(&output, &["contestants.toml", expected]);
        assert!(!record.exists(), "{expected}");
        let id = if text.contains("coroutines/bare") { "coroutines/bare" } else { "x/y" };
        assert_refused(&check(id, &["--contestants", &file]), &[expected]);
    }
    let nowhere = folder.path().join("nowhere.toml");
    let output = check("x/y", &["--contestants", nowhere.to_str().unwrap()]);
    assert_refused(&output, &["nowhere.toml cannot be read"]);
}

/// Each costs its own cell, with one line that says what is wrong; the contestant beside it has proof.
#[test]
fn a_fault_from_elsewhere_costs_one_cell() {
    if !has_python() {
        return;
    }
    let faults = [
        ("is_another", "says that it is `python/other`, and not `python/is_another`"),
        ("changes_its_name", "says that it is `python/other`, and not `python/changes_its_name`"),
        ("says_nothing", "it said no `hello` within 3 s"),
        ("says_hello_twice", "said `hello` and not `idle`"),
        ("is_of_another_version", "protocol version 1 is not 2"),
        ("floods", "a line of more than 65536 bytes is not of this protocol"),
        ("exits_early", "died: exit status: 3, after saying `no room`"),
        ("babbles", "`done` is not a line of this protocol"),
        ("stays_silent", "did not start its tasks within"),
        ("says_a_number", "`checksum` must be digits in quotes"),
        ("sums_wrongly", "is not the expected"),
        ("holds_fewer", "1 tasks were in flight at once, not 10"),
        ("has_no_threads", "says that it has 10 tasks in flight with 2 threads"),
        // Threads that are gone by the time they are counted are no lie: their wait was too short.
        ("leaves_while_weighed", "was still too short to find all tasks in flight"),
        ("does_not_wait", "went by"),
        ("says_it_took_long", "says that it took 600 s, and"),
    ];
    let folder = scratch();
    let id = |fault: &str| format!("python/{fault}");
    let text: String =
        faults.iter().map(|(fault, _)| python(&id(fault), "faulty.py", &folder)).collect();
    let file = stanzas(&folder, &text);
    let (output, path) = run(
        &folder,
        &["--contestants", &file, "--only", "python/*,coroutines/bare", "--tasks", "10"]
            .into_iter()
            .chain(["--no-heap", "--wait", "200ms", "--patience", "3s"])
            .collect::<Vec<_>>(),
    );
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    assert_eq!(record.cells.len(), faults.len() + 1);
    for (fault, reason) in faults {
        let cell = record.cells.iter().find(|cell| cell.contestant == id(fault)).unwrap();
        let said = cell.reason.as_deref().unwrap_or_default();
        assert_eq!(cell.status, Status::Failed, "{fault}: {said}");
        assert!(said.contains(reason) && said.lines().count() == 1, "{fault}: {said}");
    }
    let bare = record.cells.iter().find(|cell| cell.contestant == "coroutines/bare").unwrap();
    assert_eq!(bare.status, Status::Ok);
}

/// A process that starts another is two, of which one would be weighed; both end with the cell.
#[cfg(target_os = "linux")]
#[test]
fn what_a_contestant_starts_ends_with_its_cell() {
    if !has_python() {
        return;
    }
    let folder = scratch();
    let file = stanzas(&folder, &python("python/starts_another", "faulty.py", &folder));
    let only = ["--contestants", &file, "--only", "python/starts_another", "--tasks", "3"];
    let (_, path) = run(&folder, &[&only[..], &["--no-heap"]].concat());
    let record = read_file(&path).unwrap();
    let said = record.cells[0].reason.as_deref().unwrap_or_default();
    let has_group = record.run.host.cgroup != CgroupKind::None;
    assert_eq!(said.contains("it is 2 processes, and one is weighed"), has_group, "{said}");
    let checked = check("python/starts_another", &["--contestants", &file, "--patience", "5s"]);
    assert!(flat(&stdout(&checked)).contains("it left a process behind"), "{}", stdout(&checked));
    assert!(ends(&["sleep", "600.375"]));
}
