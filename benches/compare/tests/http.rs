//! Workloads that ask a server, on the command line, run as a process.
#![cfg(feature = "server")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{compare, run, scratch, stderr, stdout};
use delay_server::process::ServerProcess;
use record::{Cell, Status, read_file};
use workload::{Http, Workload};

/// The coroutines whose runtimes have sockets.
fn coroutines_that_ask() -> String {
    let http = Http::new("127.0.0.1:1".parse().unwrap(), Duration::ZERO, 0);
    let http = Workload::http(1, http);
    let all = coroutines::contestants().into_iter();
    let ask = all.filter(|one| one.unsupported(&http).is_none()).map(|one| one.id().to_string());
    ask.collect::<Vec<_>>().join(",")
}

fn all_models() -> String {
    format!("subroutine/*,threads/*,callbacks/*,{}", coroutines_that_ask())
}

fn proven(cell: &Cell) {
    assert_eq!(cell.status, Status::Ok, "{cell:?}");
    assert_eq!(cell.proof.unwrap().flaw(cell.tasks), None, "{cell:?}");
    assert!(cell.errors.is_empty(), "{cell:?}");
}

#[test]
fn every_model_asks_with_proof_from_the_server() {
    let folder = scratch();
    let arguments =
        ["--workload", "http", "--only", &all_models(), "--tasks", "5", "--bytes", "70000"];
    let (output, path) = run(&folder, &[&arguments[..], &["--waits", "2", "--no-heap"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    assert!(record.cells.len() >= 7);
    for cell in &record.cells {
        proven(cell);
        let server = cell.server.unwrap();
        let in_flight = cell.proof.unwrap().expected_in_flight;
        assert_eq!((server.served, server.broken), (10, 0), "{cell:?}");
        assert_eq!(server.high_water, in_flight, "{cell:?}");
        assert_eq!(server.open_before_weighing, in_flight, "{cell:?}");
        assert_eq!(server.open_after_weighing, in_flight, "{cell:?}");
        assert_eq!(cell.workload.http.unwrap().bytes, 70_000);
        let again = cell.second.unwrap().server.unwrap();
        assert_eq!((again.served, again.broken), (10, 0), "{cell:?}");
        assert_eq!(again.open_after_weighing, in_flight, "{cell:?}");
        if cfg!(target_os = "linux") && in_flight == 5 {
            let descriptors = |weight: record::Weight| weight.descriptors.unwrap();
            let memory = &cell.memory;
            let more = descriptors(memory.waiting.unwrap()) - descriptors(memory.idle.unwrap());
            assert!(more >= 5, "{cell:?}");
        }
    }
    let text = stdout(&output);
    assert!(text.contains("Each task: request of 68.4 KiB, 2 waits"), "{text}");
    if cfg!(target_os = "linux") {
        let line = text.lines().find(|line| line.starts_with("thread each ")).unwrap();
        assert!(line.contains(" kB"), "{text}");
    }
    let proof = compare().arg("proof").arg("--record").arg(&path).output().unwrap();
    assert!(proof.status.success(), "{}", stdout(&proof));
}

#[test]
fn a_kept_connection_serves_one_request_after_another() {
    let folder = scratch();
    let server = ServerProcess::start(Path::new(env!("CARGO_BIN_EXE_compare")), [""; 0]).unwrap();
    let url = format!("http://{}", server.address());
    let connections = || {
        workload::http::Stats::of(server.address(), None, Duration::from_secs(5))
            .unwrap()
            .connections
    };
    let ask = |more: &[&str]| {
        let before = connections();
        let only = "subroutine/*,threads/crossbeam-pool";
        let arguments =
            ["--workload", "http", "--server", &url, "--only", only, "--tasks", "6", "--no-heap"];
        let pool = ["--pool-workers", "2", "--wait", "200ms", "--overwrite"];
        let (output, path) = run(&folder, &[&arguments[..], &pool, more].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        read_file(&path).unwrap().cells.iter().for_each(proven);
        connections() - before
    };
    assert_eq!(ask(&[]), 12, "a connection for each request");
    assert_eq!(ask(&["--keep-alive"]), 1 + 2, "one for the subroutine, and one for each worker");
}

#[test]
fn requests_that_come_at_a_rate_are_answered_and_counted() {
    let folder = scratch();
    let arguments = ["--workload", "http", "--only", "subroutine/*,callbacks/*,coroutines/bare"];
    let rate = ["--arrival", "rate:1k/s", "--tasks", "20", "--wait", "10ms"];
    let (output, path) = run(&folder, &[&arguments[..], &rate].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    for cell in read_file(&path).unwrap().cells {
        proven(&cell);
        let server = cell.server.unwrap();
        assert_eq!((server.served, server.broken), (20, 0), "{cell:?}");
        assert!(cell.proof.unwrap().unweighed && cell.memory.waiting.is_none(), "{cell:?}");
    }
}

#[test]
fn a_transfer_takes_bytes_by_limit() {
    let folder = scratch();
    let only = "subroutine/*,callbacks/*,coroutines/bare,threads/per-task";
    let arguments = ["--workload", "transfer", "--only", only, "--tasks", "8", "--bytes", "64KiB"];
    let (output, path) =
        run(&folder, &[&arguments[..], &["--rate-limit", "1MiB", "--no-heap"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    assert_eq!(record.cells.len(), 4);
    for cell in &record.cells {
        proven(cell);
        assert_eq!(cell.workload.wait, "transfer");
        // 512 KiB at 1 MiB/s. No more than that is known: the machine may be slow.
        assert!(cell.time.unwrap().wall_ns >= 475_000_000, "{cell:?}");
    }
    let text = stdout(&output);
    assert!(text.contains("Each task: transfer of 64 KiB"), "{text}");
    for name in ["subroutine ", "thread each ", "event loop ", "bare futures "] {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        // 512 KiB at 1 MiB/s.
        assert!(
            line.contains(" 8 ") && line.contains(" 1 MiB ") && line.contains(" 500 ms "),
            "{text}"
        );
    }
}

/// Runs so many requests where a process may have 256 descriptors. A server that the run starts itself
/// inherits that.
#[cfg(target_os = "linux")]
fn with_few_descriptors(only: &str, tasks: &str, more: &[&str]) -> Vec<Cell> {
    let folder = scratch();
    let path = folder.path().join("record.jsonl");
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 256 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_compare"), "run"])
        .args(["--workload", "http", "--only", only, "--tasks", tasks, "--no-heap"])
        .args(more)
        .arg("--record")
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success(), "a wall is a result: {}", stderr(&output));
    let cells = read_file(&path).unwrap().cells;
    for cell in &cells {
        assert_eq!(cell.status, Status::Wall, "{cell:?}");
        let limit = cell.limit.as_ref().unwrap();
        assert_eq!((limit.name.as_str(), limit.value), ("nofile", 256), "{cell:?}");
    }
    cells
}

#[cfg(target_os = "linux")]
#[test]
fn descriptors_that_run_out_are_a_wall() {
    let only = format!("threads/per-task,callbacks/*,{}", coroutines_that_ask());
    // The server has a limit of its own: of two with the same one, either can be the first at its end.
    let server = ServerProcess::start(Path::new(env!("CARGO_BIN_EXE_compare")), [""; 0]).unwrap();
    let url = format!("http://{}", server.address());
    let cells = with_few_descriptors(&only, "1000", &["--server", &url]);
    assert!(cells.len() >= 3);
    for cell in &cells {
        assert!(cell.errors.iter().any(|error| error.kind == "descriptors"), "{cell:?}");
        let reason = cell.reason.as_ref().unwrap();
        assert!(reason.contains("Too many open files"), "{reason}");
    }
}

/// The server needs more of them beside the connections than its clients do, so there are numbers of
/// tasks for which it runs out first.
#[cfg(target_os = "linux")]
#[test]
fn a_server_without_descriptors_is_a_wall_too() {
    let cells = with_few_descriptors("threads/per-task,callbacks/*,coroutines/bare", "240", &[]);
    assert_eq!(cells.len(), 3);
    for cell in &cells {
        let reason = cell.reason.as_ref().unwrap();
        assert!(reason.contains("the server has no descriptor left"), "{reason}");
    }
}

#[test]
fn a_transfer_that_is_over_too_soon_is_not_run() {
    let folder = scratch();
    let only = ["--workload", "transfer", "--only", "coroutines/bare", "--no-heap"];
    let (output, path) = run(&folder, &[&only[..], &["--tasks", "1", "--bytes", "1"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let [cell] = &read_file(&path).unwrap().cells[..] else { panic!("one cell") };
    assert_eq!(cell.status, Status::Skipped);
    assert!(cell.reason.as_ref().unwrap().contains("give more bytes"), "{cell:?}");
}

#[test]
fn bad_input_is_one_line_and_nothing_is_written() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let deaf = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let cases: &[(&[&str], &str)] = &[
        (&["--keep-alive"], "`--keep-alive` is for --workload http or transfer"),
        (&["--server", "http://127.0.0.1"], "`--server` is for --workload http or transfer"),
        (&["--workload", "htp"], "'htp'"),
        (&["--workload", "http", "--bytes", "1.5KB"], "`1.5KB` is not a size"),
        (&["--workload", "http", "--bytes", "65MiB"], "at most 67108864 (64MiB)"),
        (&["--workload", "http", "--wait", "11m"], "a server waits at most"),
        (&["--workload", "http", "--wait", "9m", "--spread", "2m"], "a server waits at most"),
        (&["--workload", "http", "--spread", "10m"], "a spread of 600 s is longer"),
        (
            &["--workload", "http", "--arrival", "rate:1/s", "--tasks", "700"],
            "with `--arrival rate:1/s` the last of 700 tasks comes after 699 s, and the others wait \
             for it; a server waits at most 600 s before it answers",
        ),
        (
            &["--workload", "http", "--arrival", "rate:1/s", "--tasks", "400", "--spread", "5m"],
            "comes after 399 s, and the others wait for it, the first of them 300 s more; a server",
        ),
        (
            &["--workload", "http", "--rate-limit", "1MiB"],
            "`--rate-limit` is for --workload transfer",
        ),
        (&["--workload", "transfer", "--rate-limit", "0"], "lets nothing through"),
        (&["--workload", "transfer", "--server", "http://127.0.0.1"], "say with --rate-limit"),
        (&["--workload", "http", "--read-timeout", "5"], "`5` is not a duration"),
        (
            &["--workload", "http", "--server", "https://127.0.0.1"],
            "`https://127.0.0.1` is no server",
        ),
        (
            &["--workload", "http", "--server", "http://nobody.invalid"],
            "`http://nobody.invalid` is nowhere",
        ),
        (&["--workload", "http", "--server", &deaf], "does not answer GET /stats"),
    ];
    for (arguments, expected) in cases {
        let folder = scratch();
        let (output, path) = run(&folder, &[&["--tasks", "1"], *arguments].concat());
        let line = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
        assert_eq!(line.lines().count(), 1, "{arguments:?}: {line}");
        assert!(line.contains(expected), "{arguments:?}: {line}");
        assert!(!path.exists(), "{arguments:?}");
    }
}

/// What a server would not refuse but takes too long is a cell that is not run, and says why.
#[test]
fn a_rate_that_takes_too_long_is_not_run() {
    let folder = scratch();
    let slow = ["--workload", "http", "--only", "coroutines/bare", "--arrival", "rate:1/s"];
    let (output, path) = run(&folder, &[&slow[..], &["--tasks", "100"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let cell = &read_file(&path).unwrap().cells[0];
    assert_eq!(cell.status, Status::Skipped);
    let reason = cell.reason.as_ref().unwrap();
    assert!(reason.contains("in flight and tasks coming at rate:1/s, this takes"), "{reason}");
}

/// What answers, but not as a delay server does, is refused before anything runs.
#[test]
fn another_server_is_refused() {
    use std::io::{Read, Write};

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answers = std::thread::spawn(move || {
        for body in ["<html>", "{}"] {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]).unwrap();
            let length = body.len();
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        }
    });
    for _ in 0..2 {
        let folder = scratch();
        let (output, path) =
            run(&folder, &["--workload", "http", "--server", &url, "--tasks", "1"]);
        let line = stderr(&output);
        assert_eq!((output.status.code(), line.lines().count()), (Some(2), 1), "{line}");
        assert!(line.contains("does not answer GET /stats"), "{line}");
        assert!(!path.exists());
    }
    answers.join().unwrap();
}

/// A run of cells that take long, until its first cell waits; with the processes that it started.
#[cfg(target_os = "linux")]
fn long_run(record: &Path) -> (Child, Vec<u32>) {
    let child = Command::new(env!("CARGO_BIN_EXE_compare"))
        .args(["run", "--workload", "http", "--only", "coroutines/bare", "--tasks", "20"])
        .args(["--wait", "2s", "--repeats", "2", "--no-heap", "--record"])
        .arg(record)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let children = || -> Vec<u32> {
        let path = format!("/proc/{0}/task/{0}/children", child.id());
        let children = std::fs::read_to_string(path).unwrap_or_default();
        children.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
    };
    let patience = Instant::now() + Duration::from_secs(20);
    while children().len() < 2 && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(500));
    let children = children();
    assert_eq!(children.len(), 2, "a server and a cell");
    (child, children)
}

#[cfg(target_os = "linux")]
fn kill(signal: &str, pid: u32) {
    let kill = Command::new("kill").args([signal, &pid.to_string()]).status().unwrap();
    assert!(kill.success());
}

/// Dead, or dead and waiting to be buried by whoever adopted it.
#[cfg(target_os = "linux")]
fn is_gone(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.is_empty() || stat.contains(") Z ")
}

#[cfg(target_os = "linux")]
#[test]
fn the_server_ends_with_its_run_however_that_ends() {
    for (signal, code) in [("-INT", Some(130)), ("-KILL", None)] {
        let folder = scratch();
        let path = folder.path().join("record.jsonl");
        let (mut child, children) = long_run(&path);
        kill(signal, child.id());
        assert_eq!(child.wait().unwrap().code(), code);
        let patience = Instant::now() + Duration::from_secs(20);
        while !children.iter().all(|pid| is_gone(*pid)) {
            assert!(Instant::now() < patience, "{signal}: {children:?} are still there");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(read_file(&path).unwrap().cells.is_empty());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_that_dies_costs_one_cell() {
    let folder = scratch();
    let path = folder.path().join("record.jsonl");
    let (mut child, children) = long_run(&path);
    let is_server = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap();
        !line.split(|byte| *byte == 0).any(|argument| argument == b"cell")
    };
    let server = children.into_iter().find(is_server).unwrap();
    kill("-KILL", server);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let record = read_file(&path).unwrap();
    let statuses: Vec<_> = record.cells.iter().map(|cell| cell.status).collect();
    assert_eq!(statuses, [Status::Failed, Status::Ok], "{:?}", record.cells);
    proven(&record.cells[1]);
}

/// A server that answers each request with an error at once and counts none of them: the tasks know that
/// they have failed, and are asked long before the patience is over.
#[test]
fn requests_that_fail_at_once_do_not_cost_the_patience() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(|| refuse(stream));
        }
    });
    let folder = scratch();
    let only = "coroutines/bare,callbacks/*,threads/per-task";
    let started = Instant::now();
    let arguments = ["--workload", "http", "--server", &url, "--only", only, "--tasks", "20"];
    let patience = ["--no-heap", "--patience", "10m"];
    let (output, path) = run(&folder, &[&arguments[..], &patience].concat());
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(started.elapsed() < Duration::from_secs(600));
    for cell in read_file(&path).unwrap().cells {
        assert_eq!(cell.status, Status::Failed, "{cell:?}");
        assert!(cell.reason.as_ref().unwrap().contains("503"), "{cell:?}");
    }
}

/// Answers `GET /stats` as an idle server does, and everything else with 503.
fn refuse(stream: TcpStream) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    while let Some(request) = lines.next() {
        lines.by_ref().take_while(|line| !line.is_empty()).for_each(drop);
        let (status, body) = match request.contains(" /stats") {
            true => ("200 OK", "{\"open\":0,\"served\":0,\"broken\":0,\"high_water\":0}"),
            false => ("503 Service Unavailable", ""),
        };
        let length = body.len();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
        if (&stream).write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// The server's own count covers the waves to warm up too.
#[test]
fn waves_of_requests_are_proven_by_the_server() {
    let folder = scratch();
    let (output, path) = run(
        &folder,
        &[
            "--workload",
            "http",
            "--only",
            &all_models(),
            "--tasks",
            "5",
            "--waits",
            "2",
            "--rate-waves",
            "3",
            "--pool-workers",
            "2",
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let record = read_file(&path).unwrap();
    assert!(record.cells.len() >= 7);
    for cell in &record.cells {
        proven(cell);
        assert_eq!(cell.flaw(), None, "{cell:?}");
        assert_eq!(cell.server.unwrap().served, 5 * 2 * 4, "{cell:?}");
        assert_eq!(cell.waves.len(), 4, "{cell:?}");
        assert_eq!(cell.workload.duration_ns, 0);
        let mut lacking = cell.clone();
        lacking.server.as_mut().unwrap().served -= 1;
        assert_eq!(lacking.flaw().unwrap(), "the server answered 39 of 40 requests");
    }
}
