//! `compare weigh` on servers that hold what they say, and on servers that do it wrong.
//!
//! The servers are this very program again: `server` is no test but what it is started as.

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::{assert_refused, compare, flat, scratch, stderr, stdout};
use record::{LimitOf, Status, Weighing, read_file};
use serde_json::Value;
use tempfile::TempDir;

/// What the server is to do, and where.
const AS: &str = "WEIGHED_AS";

/// What a connection takes of the server that `holds`.
const HELD: usize = 10_240;

/// What the server that `forks` writes to for each connection, beside that.
const SHARED: usize = 3 * 4_096;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
#[ignore = "no test: the servers of the others are this"]
fn server() {
    let asked = std::env::var(AS).unwrap();
    let (kind, place) = asked.split_once(' ').unwrap();
    match kind {
        "exits" => {
            eprintln!("there is no such file");
            std::process::exit(3);
        }
        "silent" => thread::sleep(Duration::from_secs(600)),
        "leaves" => {
            // As a daemon does: in a session of its own, and its parent ends.
            let mut child = again(&format!("holds {place}"));
            // SAFETY: setsid(2) touches no memory and may be called between fork and exec.
            unsafe { child.pre_exec(|| Ok(nix::unistd::setsid().map(|_| ())?)) };
            drop(child.spawn().unwrap());
            std::process::exit(0);
        }
        "full" => {
            nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE, 64, 64)
                .unwrap();
        }
        "stubborn" => {
            use nix::sys::signal::{SigHandler, Signal, signal};
            // SAFETY: to ignore a signal installs no handler.
            unsafe { signal(Signal::SIGTERM, SigHandler::SigIgn) }.unwrap();
        }
        _ => {}
    }
    let listener = match place.starts_with('/') {
        true => Listener::Unix(UnixListener::bind(place).unwrap()),
        false => Listener::Tcp(TcpListener::bind(place).unwrap()),
    };
    // With the head of its chunk, the box of its stream and its place in the list it is all of that.
    let mut each = HELD - 88;
    if kind == "differs" {
        // Every second process holds twice as much.
        let mut starts = fs::OpenOptions::new().create(true).append(true).open("starts").unwrap();
        starts.write_all(b".").unwrap();
        each += HELD * (starts.metadata().unwrap().len() % 2) as usize;
    }
    // Of a server that forks, what it has from before is shared until it is written to.
    let mut shared = vec![1_u8; if kind == "forks" { SHARED * 2_000 } else { 0 }];
    // SAFETY: what the child does from here on takes no lock that another thread could have held: nothing runs
    // beside this thread but the one that waits for it.
    if kind == "forks" && unsafe { nix::unistd::fork() }.unwrap().is_parent() {
        thread::sleep(Duration::from_secs(600));
    }
    let mut held: Vec<(Stream, Vec<u8>)> = Vec::with_capacity(8_000);
    loop {
        let Ok(mut stream) = listener.accept() else {
            thread::sleep(Duration::from_millis(5));
            continue;
        };
        match kind {
            "closes" => continue,
            "slow" => thread::sleep(Duration::from_millis(2)),
            "dies" if held.len() == 40 => std::process::abort(),
            "drops" if held.len() == 20 => held.clear(),
            "forks" => shared[SHARED * held.len()..][..SHARED].fill(2),
            "answers" | "refuses" | "garbage" => {
                let answer = match kind {
                    "answers" => ANSWER,
                    "refuses" => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
                    _ => b"\x1b[31mgarbage\r\n\r\n",
                };
                thread::spawn(move || {
                    while matches!(stream.read(&mut [0; 4096]), Ok(1..)) {
                        stream.write_all(answer).unwrap();
                    }
                });
                continue;
            }
            _ => {}
        }
        held.push((stream, vec![1; each]));
    }
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

trait Both: Read + Write + Send {}
impl<T: Read + Write + Send> Both for T {}
type Stream = Box<dyn Both>;

impl Listener {
    fn accept(&self) -> std::io::Result<Stream> {
        Ok(match self {
            Self::Tcp(listener) => Box::new(listener.accept()?.0),
            Self::Unix(listener) => Box::new(listener.accept()?.0),
        })
    }
}

fn again(what: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments()).env(AS, what).stdout(Stdio::null());
    command
}

fn arguments() -> [&'static str; 4] {
    ["--exact", "server", "--ignored", "--nocapture"]
}

/// A port that is free.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

struct Weighed {
    output: Output,
    folder: TempDir,
}

impl Weighed {
    /// Weighs a server of this kind at this place.
    fn of(kind: &str, place: &str, more: &[&str]) -> Self {
        Self::connected(kind, place, place, more)
    }

    fn connected(kind: &str, place: &str, connect: &str, more: &[&str]) -> Self {
        let folder = scratch();
        let output = compare()
            .args(["weigh", "--no-scope", "--connect", connect, "--patience", "3s", "--record"])
            .arg(folder.path().join("record.jsonl"))
            .args(more)
            .arg("--")
            .arg(std::env::current_exe().unwrap())
            .args(arguments())
            .env(AS, format!("{kind} {place}"))
            .current_dir(folder.path())
            .output()
            .unwrap();
        let left = TcpStream::connect(place);
        assert!(left.is_err(), "{kind} is left");
        Self { output, folder }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("record.jsonl")
    }

    fn lines(&self) -> Vec<Weighing> {
        read_file(&self.path()).unwrap_or_else(|_| panic!("{}", stderr(&self.output))).weighings
    }

    /// What was printed with `--json`.
    fn json(&self) -> Value {
        assert_eq!(self.output.status.code(), Some(0), "{}", stderr(&self.output));
        serde_json::from_slice(&self.output.stdout).unwrap()
    }

    fn refused(&self, expected: &[&str]) {
        assert_refused(&self.output, expected);
        assert!(!self.path().exists(), "nothing is written");
    }

    /// The only process, which did not do all.
    fn stopped(&self, code: i32, expected: &str) -> Weighing {
        assert_eq!(self.output.status.code(), Some(code), "{}", stderr(&self.output));
        let line = self.lines().remove(0);
        let reason = line.reason.clone().unwrap_or_default();
        assert!(reason.contains(expected), "{reason}");
        assert!(flat(&stdout(&self.output)).contains(expected), "{}", stdout(&self.output));
        line
    }
}

/// A figure of the first server, in bytes a connection.
fn bytes_of(servers: &Value, figure: &str) -> Option<f64> {
    servers[0][figure]["bytes"]["value"].as_f64()
}

const FEW: [&str; 4] = ["--connections", "0,30,60", "--repeats", "1"];

#[test]
fn a_server_that_holds_10240_bytes_a_connection_weighs_that_within_1_percent() {
    let more = ["--connections", "0,500,2k", "--json", "--name", "held"];
    let weighed = Weighed::of("holds", &free(), &more);
    let servers = weighed.json();
    assert_eq!((&servers[0]["server"], &servers[0]["most"]), (&"held".into(), &2_000.into()));
    let figure = |name: &str| bytes_of(&servers, name);
    let private = figure("private").unwrap();
    assert!((private / HELD as f64 - 1.0).abs() < 0.01, "{private}");
    for line in weighed.lines() {
        assert!(line.steps.iter().all(|held| held.flaw(line.hold).is_none()), "{line:?}");
    }
    let has_group = compare::meter::cgroup::of_this_process().is_ok();
    assert!(has_group || std::env::var("REQUIRE_CGROUP").is_err(), "no group can be made");
    if !has_group {
        eprintln!("the kernel's part is not tested: no control group can be made here");
        assert!(servers[0]["group_note"].is_string(), "{servers}");
        return;
    }
    let (total, kernel) = (figure("total").unwrap(), figure("kernel").unwrap());
    assert!(total > private && kernel > 0.0, "{servers}");
}

/// What processes share since a fork is private memory once, so the parts are the whole.
#[test]
fn the_parts_of_a_server_that_forks_add_up() {
    let more = ["--connections", "0,500,2k", "--repeats", "1", "--json"];
    let weighed = Weighed::of("forks", &free(), &more);
    let servers = weighed.json();
    assert_eq!(servers[0]["processes"], serde_json::json!([2, 2]), "{servers}");
    let figure = |name: &str| bytes_of(&servers, name);
    let private = figure("private").unwrap();
    let written = (HELD + SHARED) as f64;
    assert!((private / written - 1.0).abs() < 0.01, "{private}");
    if let Some(total) = figure("total") {
        let parts = private + figure("page_tables").unwrap() + figure("kernel").unwrap();
        assert!((parts / total - 1.0).abs() < 0.02, "{servers}");
    }
}

#[test]
fn answers_that_are_no_success_are_told() {
    let weighed = Weighed::of("refuses", &free(), &[&["--hold", "keep-alive"][..], &FEW].concat());
    assert_eq!(weighed.output.status.code(), Some(0), "{}", stderr(&weighed.output));
    let said = flat(&stdout(&weighed.output));
    assert!(said.contains("it answered with status 404"), "{said}");
}

#[test]
fn more_processes_are_weighed_where_they_differ_and_as_many_as_were_asked_for() {
    let steps = ["--connections", "0,200"];
    let weighed = Weighed::of("differs", &free(), &steps);
    assert_eq!(weighed.output.status.code(), Some(0), "{}", stderr(&weighed.output));
    assert_eq!(weighed.lines().len(), 9, "one is twice as heavy as the next");
    assert!(stderr(&weighed.output).contains("process 4 of up to 9"));
    let asked = Weighed::of("differs", &free(), &[&steps[..], &["--repeats", "2"]].concat());
    assert_eq!(asked.lines().len(), 2);
}

#[test]
fn each_way_to_hold_a_connection_is_weighed_in_a_process_of_its_own() {
    let folder = scratch();
    let bytes = folder.path().join("bytes.bin");
    fs::write(&bytes, "PING\r\n").unwrap();
    let hold = format!("idle,keep-alive,file:{}", bytes.display());
    let more = ["--hold", &hold, "--connections", "0,20,40", "--repeats", "2", "--markdown"];
    let weighed = Weighed::of("answers", &free(), &more);
    assert_eq!(weighed.output.status.code(), Some(0), "{}", stderr(&weighed.output));
    let lines = weighed.lines();
    assert_eq!(lines.len(), 6, "{lines:?}");
    for line in &lines {
        let answered = if line.hold == record::Hold::Idle { 0 } else { 40 };
        assert_eq!(line.steps.last().unwrap().answered, answered, "{line:?}");
        assert!(line.closed.is_some(), "{line:?}");
    }
    let page = stdout(&weighed.output);
    assert!(page.contains("| kept alive"), "{page}");

    let waiting = Weighed::of("holds", &free(), &[&["--hold", "waiting"][..], &FEW].concat());
    assert_eq!(waiting.output.status.code(), Some(0), "{}", stderr(&waiting.output));
    let answered = Weighed::of("answers", &free(), &[&["--hold", "waiting"][..], &FEW].concat());
    answered.stopped(1, "30 of 30 connections had an answer");
}

#[test]
fn a_unix_socket_is_an_address_too() {
    let folder = scratch();
    let place = folder.path().join("a.sock");
    let place = place.to_str().unwrap();
    let weighed = Weighed::connected("holds", place, &format!("unix:{place}"), &FEW);
    assert_eq!(weighed.output.status.code(), Some(0), "{}", stderr(&weighed.output));
    assert_eq!(weighed.lines()[0].most(), Some(60));
}

#[test]
fn what_does_not_come_to_accept_is_refused_in_one_line() {
    let (place, other) = (free(), free());
    Weighed::of("exits", &place, &FEW).refused(&["before it listened", "no such file", &place]);
    Weighed::of("silent", &place, &FEW).refused(&["does not listen", "it listens nowhere"]);
    let elsewhere = Weighed::connected("holds", &place, &other, &FEW);
    elsewhere.refused(&["does not listen", &format!("it listens on {place}")]);
    let taken = TcpListener::bind(&place).unwrap();
    let refused = weigh_args(&["--connect", &place, "--", "true"]);
    assert_refused(&refused, &[&place, "listens there already", "--pid"]);
    drop(taken);
}

fn weigh_args(arguments: &[&str]) -> Output {
    let folder = scratch();
    // As it is where it was installed.
    compare()
        .args(["weigh", "--no-scope"])
        .args(arguments)
        .env_remove("CARGO_MANIFEST_DIR")
        .current_dir(folder.path())
        .output()
        .unwrap()
}

#[test]
fn bad_input_is_one_line() {
    let place = free();
    for (arguments, expected) in [
        (
            &["--connect", "example.com:80", "--", "true"][..],
            "`example.com:80` is not a loopback address",
        ),
        (&["--connect", "8080", "--", "true"], "`8080` is no address"),
        (&["--connect", &place], "required"),
        (&["--connect", &place, "--pid", "1", "--", "true"], "cannot be used with"),
        (
            &["--connect", &place, "--", "/nonexistent/program"],
            "`/nonexistent/program` cannot be started",
        ),
        (&["--connect", &place, "--pid", "4194303"], "pid 4194303"),
        (&["--connect", "127.0.0.1:99999", "--", "true"], "a PORT from 1 to 65535"),
        (
            &["--connect", &place, "--connections", "0,99999999999", "--", "true"],
            "up to 4294967295",
        ),
        (&["--connect", &place, "--pid", "1"], "pid 1: this program would be weighed with it"),
        (&["--connect", &place, "--cgroup", "/nonexistent"], "`/nonexistent` is no control group"),
        (&["--connect", &place, "--connections", "5,5", "--", "true"], "must rise"),
        (&["--connect", &place, "--connections", "0", "--", "true"], "two counts at least"),
        (&["--connect", &place, "--connections", "1,x", "--", "true"], "`x` is not a number"),
        (
            &["--connect", &place, "--hold", "busy", "--", "true"],
            "`busy` is not what a connection does",
        ),
        (
            &["--connect", &place, "--hold", "file:/nonexistent", "--", "true"],
            "/nonexistent cannot be read",
        ),
        (&["--connect", &place, "--hold", "file:/dev/null", "--", "true"], "no ordinary file"),
        (&["--connect", &place, "--path", "a b", "--", "true"], "`a b` is no path"),
        (&["--connect", &place, "--pid", "1", "--repeats", "2"], "cannot be started afresh"),
        (&["--connect", &place, "--hold", "file:/", "--", "true"], "no ordinary file"),
        (&["--connect", &place, "--hold", "idle,idle", "--", "true"], "the same twice"),
        (&["--connect", &place, "--name", " ", "--", "true"], "`--name` has 1 to"),
        (&["--connect", &place, "--memory", "0", "--", "true"], "holds none"),
        (&["--connect", &place, "--pid", "-1"], "`-1` is no number of a process"),
        (&["--connect", &place, "--record", "-", "--", "true"], "`-` is the standard output"),
        (&["--connect", &place, "--memory", "1X", "--", "true"], "`1X` is not a size"),
    ] {
        assert_refused(&weigh_args(arguments), &[expected]);
    }
}

#[test]
fn what_goes_wrong_half_way_is_named_and_what_was_weighed_is_kept() {
    let of = |kind: &str, more: &[&str]| Weighed::of(kind, &free(), more);
    let closes = of("closes", &FEW).stopped(1, "it closed");
    assert_eq!(closes.most(), Some(0));
    let drops = of("drops", &FEW).stopped(1, "the first");
    assert_eq!(drops.most(), Some(0));
    let dies = of("dies", &["--connections", "0,10,30,60", "--repeats", "1"])
        .stopped(1, "at 60 connections it ended");
    assert_eq!(dies.most(), Some(30));
    let garbage = of("garbage", &[&["--hold", "keep-alive"][..], &FEW].concat());
    garbage.stopped(1, "something else than HTTP/1.1");
    assert!(!stderr(&garbage.output).contains('\x1b') && !stdout(&garbage.output).contains('\x1b'));

    let full =
        of("full", &["--connections", "0,20,100", "--repeats", "2"]).stopped(0, "and no more");
    assert_eq!(
        (full.status, full.limit_of, full.most()),
        (Status::Wall, Some(LimitOf::Server), Some(20))
    );
    let limit = full.limit.unwrap();
    assert_eq!((&*limit.name, limit.value), ("nofile", 64));
    // The next process is asked for nearly as many as that one took, also where no step but the first is held.
    let beyond = of("full", &["--connections", "0,100", "--repeats", "2"]);
    assert_eq!(beyond.stopped(0, "and no more within 3 s (--patience)").most(), Some(0));
    let next = &beyond.lines()[1];
    assert_eq!(next.status, Status::Ok, "{next:?}");
    assert!((30..60).contains(&next.most().unwrap()), "{next:?}");
}

#[test]
fn slow_stubborn_and_forking_servers_are_weighed_and_gone_afterwards() {
    for kind in ["slow", "stubborn", "leaves"] {
        let weighed = Weighed::of(kind, &free(), &FEW);
        assert_eq!(weighed.output.status.code(), Some(0), "{kind}: {}", stderr(&weighed.output));
        assert_eq!(weighed.lines()[0].most(), Some(60), "{kind}");
    }
}

#[test]
fn one_that_runs_already_is_weighed_and_left_alone() {
    let place = free();
    let mut server = again(&format!("holds {place}")).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(&place).is_err() && Instant::now() < until {
        thread::sleep(Duration::from_millis(10));
    }
    let pid = server.id().to_string();
    let output = weigh_args(&["--connect", &place, "--pid", &pid, "--connections", "0,500,1k"]);
    let is_there = TcpStream::connect(&place).is_ok();
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(is_there, "it is left alone");
    let said = flat(&stdout(&output));
    assert!(said.contains("it ran already"), "{said}");
    // Outside of a checkout the record goes where it is told.
    let path = said.split(' ').next_back().unwrap();
    let lines = read_file(Path::new(path)).unwrap().weighings;
    fs::remove_file(path).unwrap();
    assert_eq!((lines.len(), lines[0].most()), (1, Some(1_000)));
    assert_eq!(lines[0].attached.as_deref(), Some(&*format!("pid {pid}")));
}

#[test]
fn an_interrupted_weighing_keeps_its_steps_and_leaves_nothing_running() {
    let (folder, place) = (scratch(), free());
    let path = folder.path().join("record.jsonl");
    let mut weighing = Command::new(env!("CARGO_BIN_EXE_compare"))
        .args(["weigh", "--no-scope", "--connect", &place, "--connections", "0,10,50k", "--record"])
        .arg(&path)
        .arg("--")
        .arg(std::env::current_exe().unwrap())
        .args(arguments())
        .env(AS, format!("slow {place}"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = std::io::BufReader::new(weighing.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("10 connections held") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut said, &mut line).unwrap() > 0, "it ended");
    }
    let pid = nix::unistd::Pid::from_raw(weighing.id().cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(weighing.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.contains("what was weighed is kept"), "{rest}");
    let lines = read_file(&path).unwrap().weighings;
    assert_eq!((lines.len(), lines[0].most()), (1, Some(10)));
    assert!(TcpStream::connect(&place).is_err(), "the server is left");
}

#[test]
fn two_weighings_are_compared_and_a_record_takes_more_servers() {
    let weigh =
        |more: &[&str]| Weighed::of("holds", &free(), &[&["--name", "mine"][..], more].concat());
    let steps = ["--connections", "0,200,400", "--repeats", "3"];
    let (one, other) = (weigh(&steps), weigh(&steps));
    let (old, new) = (one.path(), other.path());
    let diff = compare()
        .arg("diff")
        .args([&old, &new])
        .args(["--all", "--fail-on-regression", "1000%"])
        .output()
        .unwrap();
    assert_eq!(diff.status.code(), Some(0), "{}", stderr(&diff));
    assert!(flat(&stdout(&diff)).contains("mine, idle connection"), "{}", stdout(&diff));

    let tasks = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/results/record.jsonl");
    let mixed = compare().arg("diff").arg(&old).arg(tasks).output().unwrap();
    assert_refused(&mixed, &["is a record of servers and", "is one of contestants"]);

    let place = free();
    let appended = compare()
        .args(["weigh", "--no-scope", "--connect", &place, "--name", "another", "--append"])
        .arg(&old)
        .args(FEW)
        .arg("--")
        .arg(std::env::current_exe().unwrap())
        .args(arguments())
        .env(AS, format!("holds {place}"))
        .output()
        .unwrap();
    assert_eq!(appended.status.code(), Some(0), "{}", stderr(&appended));
    let all = read_file(&old).unwrap().weighings;
    let names: std::collections::BTreeSet<&str> = all.iter().map(|line| &*line.server).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["another", "mine"]);
    let pages = one.folder.path().join("pages");
    let tables = compare()
        .arg("tables")
        .arg("--record")
        .arg(&old)
        .arg("--out")
        .arg(&pages)
        .output()
        .unwrap();
    assert!(tables.status.success(), "{}", stderr(&tables));
    let page = fs::read_to_string(pages.join("servers.md")).unwrap();
    assert!(page.contains("What one more connection costs a server"), "{page}");
    let html = fs::read_to_string(pages.join("index.html")).unwrap();
    assert!(html.contains("class=\"of-servers\"") && html.contains("another"), "{html}");
}

/// As a user without any rights: `None` where this process may not become one, after saying so; with
/// `REQUIRE_STRANGER=1` that fails.
fn stranger(folder: &TempDir, program: &Path) -> Option<Command> {
    const ID: &str = "65530";
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let copy = folder.path().join(program.file_name().unwrap());
    fs::copy(program, &copy).unwrap();
    let as_stranger = || {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", ID, "--regid", ID, "--clear-groups"]).current_dir(folder);
        command
    };
    let works = as_stranger().arg("true").output();
    if works.as_ref().is_ok_and(|works| works.status.success()) {
        let mut command = as_stranger();
        command.arg(copy).env_remove("CARGO_MANIFEST_DIR");
        return Some(command);
    }
    let is_required = std::env::var("REQUIRE_STRANGER").is_ok_and(|value| value == "1");
    assert!(!is_required, "REQUIRE_STRANGER=1, and nothing was tested: {works:?}");
    eprintln!("SKIPPED, nothing was tested: {works:?}");
    None
}

#[test]
fn without_rights_private_memory_is_all_and_what_is_anothers_is_refused() {
    let folder = scratch();
    let compare = Path::new(env!("CARGO_BIN_EXE_compare"));
    let Some(mut others) = stranger(&folder, compare) else { return };
    let place = free();
    let mut another = Command::new("sleep").arg("60").spawn().unwrap();
    let pid = another.id().to_string();
    let refused =
        others.args(["weigh", "--no-scope", "--connect", &place, "--pid", &pid]).output().unwrap();
    another.kill().unwrap();
    another.wait().unwrap();
    assert_refused(&refused, &["is another user's", "sudo"]);

    let server = std::env::current_exe().unwrap();
    stranger(&folder, &server).unwrap();
    let output = stranger(&folder, compare)
        .unwrap()
        .args(["weigh", "--no-scope", "--connect", &place, "--connections", "0,200,400"])
        .args(["--repeats", "3", "--patience", "3s", "--markdown", "--name", "held", "--"])
        .arg(folder.path().join(server.file_name().unwrap()))
        .args(arguments())
        .env(AS, format!("leaves {place}"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(TcpStream::connect(&place).is_err(), "the daemon is left");
    let page = stdout(&output);
    assert!(page.contains("of private memory**") && page.contains("a lower bound"), "{page}");
    assert!(page.contains("systemd-run --user --scope"), "the remedy: {page}");
}
