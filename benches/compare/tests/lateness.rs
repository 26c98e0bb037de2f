//! Tasks that come at a rate or are all due at once, run as processes.

mod common;

use common::{compare, run, scratch, stderr, stdout};
use record::{Status, read_file};

/// Tasks that wait for 10 ms and come within 19 are never all there. Whoever has one place or two for
/// them has a queue, and by arithmetic the last of them is that late.
#[test]
fn tasks_that_come_at_a_rate_show_their_queue_and_are_no_weight() {
    let folder = scratch();
    let only = "subroutine/*,threads/crossbeam-pool,callbacks/*,coroutines/bare";
    let arguments = ["--only", only, "--arrival", "rate:1k/s", "--tasks", "20", "--wait", "10ms"];
    let (output, path) = run(&folder, &[&arguments[..], &["--pool-workers", "2"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    assert_eq!(record.cells.len(), 4, "no heap is counted");
    for cell in &record.cells {
        assert_eq!((cell.status, cell.flaw()), (Status::Ok, None), "{cell:?}");
        assert_eq!((cell.workload.arrival.as_str(), cell.attempts), ("rate:1000/s", 1));
        let proof = cell.proof.unwrap();
        assert!(proof.unweighed && cell.memory.waiting.is_none(), "{cell:?}");
        let time = cell.time.unwrap();
        assert!(time.wall_ns >= 29_000_000, "{cell:?}");
        let places = proof.expected_in_flight;
        let queue = (10_000_000 * 20 / places).saturating_sub(29_000_000);
        let most = cell.lateness_ns.unwrap().max;
        assert!(most >= queue * 98 / 100, "{cell:?}");
    }
    let text = stdout(&output);
    assert!(text.contains("Each task: timer, 1,000 tasks a second"), "{text}");
    assert!(text.contains("late p50, p99"), "{text}");
    for name in ["subroutine ", "crossbeam pool ", "event loop ", "bare futures "] {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line.contains(" ms, ") || line.contains(" µs, "), "{text}");
    }
    for weight in ["bytes", "lighter"] {
        assert!(!text.contains(weight), "{weight} is in\n{text}");
    }
    let proof = compare().arg("proof").arg("--record").arg(&path).output().unwrap();
    assert!(proof.status.success(), "{}", stdout(&proof));
}

#[test]
fn a_rate_without_a_given_wait_waits_until_all_have_come() {
    let folder = scratch();
    let arguments = ["--only", "coroutines/bare", "--arrival", "rate:1k/s", "--tasks", "100"];
    let (output, path) = run(&folder, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let cell = read_file(&path).unwrap().cells.remove(0);
    assert_eq!(cell.proof.unwrap().after_weighing, 100);
    assert!(cell.memory.waiting.is_some() && cell.time.unwrap().start_ns >= 99_000_000, "{cell:?}");
}

#[test]
fn a_synchronized_wakeup_is_weighed_like_any_other() {
    let folder = scratch();
    let arguments =
        ["--only", "callbacks/*,coroutines/bare", "--synchronized-wakeup", "--tasks", "500"];
    let (output, path) = run(&folder, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    for cell in read_file(&path).unwrap().cells {
        assert!(cell.workload.synchronized_wakeup && cell.memory.waiting.is_some(), "{cell:?}");
        assert_eq!(cell.flaw(), None, "{cell:?}");
    }
    let text = stdout(&output);
    assert!(text.contains("Each task: timer, all due at once"), "{text}");
    for name in ["event loop ", "bare futures "] {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line.contains(" 500 ") && line.contains("s, "), "{text}");
    }
}
