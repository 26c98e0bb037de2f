//! How the process starts, what it says, and how it stops.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::*;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use workload::Task;

/// A server whose end can be watched.
struct Watched {
    child: Child,
    address: SocketAddr,
    stdout: BufReader<std::process::ChildStdout>,
}

impl Watched {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.strip_prefix("http://").expect(&line).trim_end_matches('\n');
        Self { child, address: address.parse().unwrap(), stdout }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// Its status, and what it said on standard output after its first line and on standard error.
    fn end(mut self) -> (ExitStatus, String, String) {
        let patience = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > patience {
                self.child.kill().unwrap();
                panic!("the server did not stop");
            }
            thread::sleep(Duration::from_millis(5));
        };
        let (mut out, mut err) = (String::new(), String::new());
        self.stdout.read_to_string(&mut out).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (status, out, err)
    }
}

/// Waits until nothing listens there any more.
fn until_refused(server: SocketAddr) {
    let patience = Instant::now() + PATIENCE;
    while TcpStream::connect(server).is_ok() {
        assert!(Instant::now() < patience, "still accepting");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn it_says_its_address_and_nothing_else() {
    let server = Watched::start(&[]);
    assert_eq!(server.address.ip().to_string(), "127.0.0.1");
    assert_ne!(server.address.port(), 0);
    server.signal(Signal::SIGTERM);
    let (status, out, err) = server.end();
    assert_eq!((status.code(), out.as_str(), err.as_str()), (Some(0), "", ""));
}

#[test]
fn a_signal_lets_open_requests_end_and_refuses_new_ones() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let server = Watched::start(&["--grace", "15s"]);
        let address = server.address;
        let unused = connect(address);
        let mut idle = connect(address);
        send(&mut idle, "/wait", "keep-alive");
        Answer::read_one(&mut idle);
        let silent = ask(address, "/fault?kind=silence");
        let mut open = connect(address);
        send(&mut open, "/wait?ms=700&bytes=1000&a=1&b=2", "keep-alive");
        until_stats(address, "", |stats| stats.open == 2);

        let signalled = Instant::now();
        server.signal(signal);
        until_refused(address);
        assert_eq!(idle.read(&mut [0]).unwrap(), 0, "an idle connection is closed");
        assert_eq!(bytes_of(silent).0, Vec::<u8>::new(), "what has no end is ended");
        let answer = Answer::read_one(&mut open);
        assert_eq!((answer.status(), answer.header("connection")), ("200", Some("close")));
        assert_body(Task { a: 1, b: 2 }, 1000, &answer.body);
        assert_eq!(open.read(&mut [0]).unwrap(), 0);
        let (status, out, err) = server.end();
        assert_eq!((status.code(), out.as_str(), err.as_str()), (Some(0), "", ""));
        assert!(signalled.elapsed() < Duration::from_secs(15), "the grace time was not needed");
        drop(unused);
    }
}

#[test]
fn what_is_open_after_the_grace_time_is_given_up() {
    let server = Watched::start(&["--grace", "100ms"]);
    let open = ask(server.address, "/wait?ms=600000");
    until_stats(server.address, "", |stats| stats.open == 1);
    server.signal(Signal::SIGTERM);
    let (status, _, err) = server.end();
    assert_eq!(status.code(), Some(1));
    assert_eq!(err, "delay-server: connections still open after the grace time of 100ms: 1\n");
    assert_eq!(bytes_of(open).0, Vec::<u8>::new());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let server = Watched::start(&["--grace", "10m"]);
    let open = ask(server.address, "/wait?ms=600000");
    until_stats(server.address, "", |stats| stats.open == 1);
    server.signal(Signal::SIGTERM);
    until_refused(server.address);
    server.signal(Signal::SIGTERM);
    let (status, ..) = server.end();
    assert_eq!(status.code(), Some(130));
    drop(open);
}

#[test]
fn it_stops_when_its_input_ends_if_told_to() {
    let mut server = Watched::start(&["--until-stdin-closes"]);
    let mut stdin = server.child.stdin.take().unwrap();
    stdin.write_all(b"what comes does not matter\n").unwrap();
    assert_eq!(get(server.address, "/wait").status(), "200");
    drop(stdin);
    assert_eq!(server.end().0.code(), Some(0));

    let mut server = Watched::start(&[]);
    drop(server.child.stdin.take());
    assert_eq!(get(server.address, "/wait?ms=50").status(), "200");
    server.signal(Signal::SIGTERM);
    assert_eq!(server.end().0.code(), Some(0));
}

#[test]
fn a_server_process_ends_with_its_handle() {
    let server = server(&[]);
    let address = server.address();
    let open = ask(address, "/fault?kind=stall");
    drop(server);
    until_refused(address);
    drop(open);
}

fn failed(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } =
        Command::new(PROGRAM).args(arguments).stdin(Stdio::null()).output().unwrap();
    let line = String::from_utf8(stderr).unwrap();
    assert_eq!((status.code(), stdout.as_slice()), (Some(2), &[] as &[u8]), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.starts_with("delay-server: "), "{line}");
    line
}

#[test]
fn a_mistake_is_one_line_that_names_what_was_given_and_what_is_allowed() {
    for (arguments, given, allowed) in [
        (["--rate-limit", "fast"], "`fast`", "10MiB"),
        (["--rate-limit", "0"], "`0`", "from 1"),
        (["--rate-limit", "10MB"], "`10MB`", "10MiB"),
        (["--grace", "soon"], "`soon`", "5s"),
        (["--addresses", "0"], "`0`", "1 to 255"),
        (["--addresses", "256"], "`256`", "1 to 255"),
        (["--port", "65536"], "'65536'", "65535"),
        (["--bind", "localhost"], "'localhost'", "--bind <IP>"),
        (["--bind", "192.0.2.1"], "192.0.2.1:0", "cannot be listened on"),
        (["--prot", "1"], "'--prot'", "'--port'"),
    ] {
        let line = failed(&arguments);
        assert!(line.contains(given) && line.contains(allowed), "{line}");
    }
    let line = failed(&["--bind", "255.255.255.255", "--addresses", "2"]);
    assert!(line.contains("no 2 addresses from 255.255.255.255"), "{line}");
}

#[test]
fn an_address_in_use_is_one_line() {
    let server = server(&[]);
    let line = failed(&["--port", &server.address().port().to_string()]);
    assert!(line.contains(&format!("{} cannot be listened on", server.address())), "{line}");
}

/// A server whose port is the kernel's choice on the first address finds one that is free on all.
#[test]
#[cfg(target_os = "linux")]
fn many_servers_with_many_addresses_find_their_ports() {
    let servers: Vec<_> = (0..8).map(|_| server(&["--addresses", "16"])).collect();
    for server in &servers {
        let mut last = server.address();
        last.set_ip([127, 0, 0, 16].into());
        assert_eq!(get(last, "/wait").status(), "200");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn without_a_descriptor_left_it_waits_and_goes_on() {
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -n 40; exec \"$0\" --until-stdin-closes", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("http://").unwrap().parse().unwrap();

    // The kernel completes these connections, whether the server accepts them or not.
    let mut early: Vec<_> = (0..60).map(|_| connect(address)).collect();
    let used = processor_time(child.id());
    thread::sleep(Duration::from_millis(500));
    let used = processor_time(child.id()) - used;
    assert!(used < Duration::from_millis(150), "{used:?} of the processor in 500 ms");
    let late = early.split_off(50);
    drop(early);
    for mut stream in late {
        send(&mut stream, "/wait?a=2&b=3", "close");
        assert_eq!(Answer::read(stream).header("x-sum"), Some("5"));
    }
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// What a process has used so far: fields 14 and 15 of its `stat` (proc_pid_stat(5)), in ticks of
/// 10 ms.
#[cfg(target_os = "linux")]
fn processor_time(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let after_name = stat.rsplit_once(") ").unwrap().1;
    let ticks: Vec<u64> =
        after_name.split(' ').skip(11).take(2).map(|field| field.parse().unwrap()).collect();
    Duration::from_millis(10 * (ticks[0] + ticks[1]))
}
