//! The contestants that are programs of their own: `benches/contestants/contestants.toml`.

mod common;

use std::io::Write;
use std::path::Path;

use common::{flat, run, scratch, stderr};
use record::{Status, read_file};

/// Their ids, a program of each that must be found, and whether it has sockets.
const ALL: [(&str, &str, bool); 5] = [
    ("python/asyncio", "python3", true),
    ("python/threads", "python3", true),
    ("node/promises", "node", false),
    ("go/goroutines", "go", false),
    ("rust/compio", "cargo", true),
];

/// Runs one contestant so. Every cell has to be right, or skipped because its language is not here.
fn is_right_with(id: &str, needs: &str, arguments: &[&str]) {
    let folder = scratch();
    let all = [&["--only", id, "--no-heap", "--repeats", "1"], arguments].concat();
    let (output, record) = run(&folder, &all);
    let said = flat(&stderr(&output));
    let is_missing = said.contains(&format!("`{needs}` is not installed here: apt-get install "));
    // Its packages cannot always be had, and not every kernel has io_uring.
    let is_unbuilt = id == "rust/compio" && said.contains("`rust/compio` is not run:");
    if is_missing || is_unbuilt {
        let name = if is_unbuilt { "REQUIRE_COMPIO" } else { "REQUIRE_CONTESTANTS" };
        let is_required = std::env::var_os(name).is_some_and(|value| value == "1");
        assert!(
            !is_required || said.contains("io_uring, which compio needs"),
            "{name}=1, and {said}"
        );
        // Past the test's capture.
        let _ = writeln!(std::io::stderr().lock(), "{id} is not tested: {said}");
        return;
    }
    assert!(output.status.success(), "{id} {arguments:?}: {said}");
    let record = read_file(&record).unwrap();
    let statuses: Vec<Status> = record
        .cells
        .iter()
        .map(|cell| cell.status)
        .chain(record.throughput.iter().map(|cell| cell.status))
        .collect();
    assert!(!statuses.is_empty(), "{id} {arguments:?}: {said}");
    assert!(statuses.iter().all(|status| *status == Status::Ok), "{id} {arguments:?}: {said}");
}

#[test]
fn each_is_weighed_with_proof() {
    for (id, needs, _) in ALL {
        is_right_with(id, needs, &["--tasks", "1,300"]);
    }
}

#[test]
fn each_runs_wave_after_wave() {
    for (id, needs, _) in ALL {
        is_right_with(id, needs, &["--tasks", "50", "--rate-waves", "3"]);
    }
}

#[test]
fn those_with_sockets_are_answered() {
    for (id, needs, _) in ALL.into_iter().filter(|(.., has_sockets)| *has_sockets) {
        is_right_with(id, needs, &["--workload", "http", "--tasks", "1,40", "--bytes", "100"]);
        is_right_with(id, needs, &["--tasks", "20", "--spread", "20ms"]);
    }
}

#[test]
fn a_contestant_with_timers_only_is_one_short_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contestants");
    let program = std::fs::read_to_string(folder.join("node/promises.mjs")).unwrap();
    assert!(program.lines().count() <= 80, "{}", program.lines().count());
}
