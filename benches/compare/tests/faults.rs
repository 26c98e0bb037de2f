//! What goes wrong costs the cell in which it does, and leaves no process behind.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{compare, run, scratch, stderr, stdout};
use record::{CgroupKind, Status, read_file};

/// A contestant that goes wrong costs its own cell: the others in the run have proof, the run goes
/// on, and ends with 1.
#[test]
fn a_fault_costs_one_cell() {
    let faults = [
        ("fault/hang", "did not start its tasks within"),
        ("fault/abort", "SIGABRT"),
        ("fault/exit", "died: exit status: 0"),
        ("fault/panic", "after saying `the contestant itself panicked`"),
        ("fault/refuse", "anything could not be started: permission denied"),
        ("fault/babble", "`this is not the protocol` is not a line of this protocol"),
        ("fault/wrong-sum", "is not the expected"),
        ("fault/lost-task", "9 of 10 tasks completed"),
        ("fault/second-wave", "second wave: died: signal: 6 (SIGABRT)"),
    ];
    let folder = scratch();
    let mut only: Vec<_> = faults.iter().map(|(id, _)| *id).collect();
    only.push("coroutines/bare");
    let only = only.join(",");
    let (output, path) = run(
        &folder,
        &["--only", &only, "--tasks", "10", "--no-heap", "--wait", "100ms", "--patience", "2s"],
    );
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    assert_eq!(record.cells.len(), faults.len() + 1);
    for (id, reason) in faults {
        let cell = record.cells.iter().find(|cell| cell.contestant == id).unwrap();
        assert_eq!(cell.status, Status::Failed, "{cell:?}");
        assert!(cell.reason.as_ref().unwrap().contains(reason), "{id}: {:?}", cell.reason);
    }
    let bare = record.cells.iter().find(|cell| cell.contestant == "coroutines/bare").unwrap();
    assert_eq!(bare.status, Status::Ok);
    let proof = compare().arg("proof").arg("--record").arg(&path).output().unwrap();
    assert_eq!(proof.status.code(), Some(1));
    assert!(
        stdout(&proof).contains("fault/wrong-sum × 10, repeat 0: checksum"),
        "{}",
        stdout(&proof)
    );
}

/// The same tasks once more in the same process: what they weigh then, with a proof of their own. A
/// process that knows one wave only is no failure, and one that goes wrong in the second keeps what the
/// first brought.
#[test]
fn a_second_wave_is_weighed_and_proven_where_there_is_one() {
    let folder = scratch();
    let only = "coroutines/bare,threads/*,fault/one-wave,fault/second-wave";
    let (_, path) = run(
        &folder,
        &["--only", only, "--tasks", "3,20", "--repeats", "2", "--no-heap", "--wait", "100ms"],
    );
    let record = read_file(&path).unwrap();
    let mut charged = 0;
    for cell in &record.cells {
        let is_fault = cell.contestant.starts_with("fault/");
        let is_asked_for = cell.tasks == 20 && cell.repeat == 0;
        assert_eq!(cell.second.is_some(), is_asked_for && !is_fault, "{cell:?}");
        let memory = &cell.memory;
        assert_eq!(memory.second_waiting.is_some(), cell.second.is_some(), "{cell:?}");
        assert_eq!(memory.second_drained.is_some(), cell.second.is_some(), "{cell:?}");
        assert!(memory.waiting.is_some() && memory.drained.is_some(), "{cell:?}");
        let has_failed = is_asked_for && cell.contestant == "fault/second-wave";
        assert_eq!(cell.status, if has_failed { Status::Failed } else { Status::Ok }, "{cell:?}");
        if let Some(second) = cell.second {
            assert_eq!(second.proof.flaw(20), None);
        }
        // Where there is a control group, it is charged for all that the process holds; the kernel may tell of
        // 64 pages a core only later.
        let settling = 64 * 4096 * u64::from(record.run.host.cores);
        for weight in [memory.idle, memory.waiting, memory.drained, memory.second_drained] {
            let Some(weight) = weight else { continue };
            if let (Some(total), Some(kernel)) = (weight.total_bytes, weight.kernel_bytes) {
                let user = total - kernel + settling;
                assert!(user >= weight.anonymous_bytes.unwrap(), "{cell:?}");
                charged += 1;
            }
        }
    }
    assert_eq!(charged > 0, record.run.host.cgroup != CgroupKind::None, "{:?}", record.run.host);
}

/// Every wave of a rate is proven: what goes wrong in one of them, or ends before the last, is a failed
/// cell with its reason, and not a rate.
#[test]
fn a_fault_in_one_wave_costs_the_rate() {
    let faults = [
        ("fault/third-wave-lost-task", "in one of its waves 9 of 10 tasks completed"),
        ("fault/third-wave-wrong-sum", "in one of its waves checksum"),
        ("fault/second-wave", "SIGABRT"),
        ("fault/one-wave", "a program that does not know the order `waves` does that"),
        ("fault/hang", "did not end its tasks within"),
    ];
    let folder = scratch();
    let mut only: Vec<_> = faults.iter().map(|(id, _)| *id).collect();
    only.push("coroutines/bare");
    let (output, path) = run(
        &folder,
        &["--only", &only.join(","), "--tasks", "10", "--rate-waves", "4", "--patience", "2s"],
    );
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    assert_eq!(record.cells.len(), faults.len() + 1);
    for (id, reason) in faults {
        let cell = record.cells.iter().find(|cell| cell.contestant == id).unwrap();
        assert_eq!(cell.status, Status::Failed, "{cell:?}");
        assert!(cell.rate, "{cell:?}");
        assert!(cell.reason.as_ref().unwrap().contains(reason), "{id}: {:?}", cell.reason);
    }
    let bare = record.cells.iter().find(|cell| cell.contestant == "coroutines/bare").unwrap();
    assert_eq!((bare.status, bare.waves.len()), (Status::Ok, 5), "{bare:?}");
}

#[test]
fn a_contestant_below_its_ceiling_is_found_out() {
    let folder = scratch();
    let (_, path) = run(
        &folder,
        &["--only", "fault/one-at-a-time", "--tasks", "3", "--no-heap", "--wait", "5ms"],
    );
    let record = read_file(&path).unwrap();
    assert_eq!(record.cells[0].status, Status::Failed);
    assert!(record.cells[0].attempts > 1, "the wait was doubled first");
    let reason = record.cells[0].reason.as_ref().unwrap();
    assert!(reason.contains("too short to find all tasks in flight"), "{reason}");
    // Six attempts, each with twice the wait of the one before; the last one is what is told.
    assert_eq!(record.cells[0].attempts, 6);
    assert!(reason.contains("a wait of 160 ms was"), "{reason}");
    assert_eq!(record.cells[0].workload.duration_ns, 160_000_000);
}

/// Whatever a cell does, it does not outlive a harness that was killed.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_harness_takes_its_cell_along() {
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    let folder = scratch();
    let mut harness = std::process::Command::new(env!("CARGO_BIN_EXE_compare"))
        .args(["run", "--only", "fault/hang", "--tasks", "1", "--no-heap", "--record"])
        .arg(folder.path().join("record.jsonl"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pid = harness.id();
    let eventually = |what: &mut dyn FnMut() -> bool| {
        let patience = Instant::now() + Duration::from_secs(20);
        while !what() {
            assert!(Instant::now() < patience);
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let mut cell = None;
    eventually(&mut || {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        cell = children.ok().and_then(|pids| pids.split_whitespace().next().map(str::to_owned));
        cell.is_some()
    });
    std::thread::sleep(Duration::from_millis(200));
    harness.kill().unwrap();
    harness.wait().unwrap();
    let cell = PathBuf::from(format!("/proc/{}/exe", cell.unwrap()));
    // A dead process that nobody has reaped yet has no program any more.
    eventually(&mut || fs::read_link(&cell).is_err());
}

/// Ctrl-C, and a terminal that is closed.
#[test]
fn an_interrupt_keeps_the_record_and_leaves_no_process() {
    ["INT", "TERM", "HUP"].into_iter().for_each(interrupt);
}

fn interrupt(named: &str) {
    use std::io::Read;
    use std::os::unix::process::CommandExt;
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    use nix::sys::signal::{SigHandler, Signal, signal};

    let folder = scratch();
    let path = folder.path().join("record.jsonl");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_compare"));
    child.args(["run", "--only", "coroutines/bare", "--tasks", "1,2,3", "--no-heap"]);
    child.args(["--wait", "30s", "--record"]).arg(&path);
    child.stdout(Stdio::null()).stderr(Stdio::piped());
    // Whoever runs the tests may ignore a hangup, as nohup does, and so would what they start.
    let heed = || {
        // SAFETY: there is no handler that is replaced.
        unsafe { signal(Signal::SIGHUP, SigHandler::SigDfl) }.map(drop).map_err(Into::into)
    };
    // SAFETY: between fork and exec this does no more than signal(2), which is async-signal-safe.
    unsafe { child.pre_exec(heed) };
    let mut child = child.spawn().unwrap();
    let pid = child.id();
    let cells = || -> Vec<u32> {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        children.unwrap_or_default().split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
    };
    let patience = Instant::now() + Duration::from_secs(20);
    while cells().is_empty() && Instant::now() < patience && cfg!(target_os = "linux") {
        std::thread::sleep(Duration::from_millis(5));
    }
    // The record is there, and the cell has begun to wait.
    std::thread::sleep(Duration::from_millis(300));
    let cells = cells();
    assert!(
        std::process::Command::new("kill")
            .args([&format!("-{named}"), &pid.to_string()])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(130), "{named}");
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("interrupted after 0 ok"), "{named}: {said}");
    assert!(read_file(&path).unwrap().cells.is_empty());
    for cell in cells {
        assert!(!Path::new(&format!("/proc/{cell}")).exists(), "cell {cell} is still there");
    }
}
