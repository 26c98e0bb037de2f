//! A client of the simplest kind, which shows the bytes as they are.

#![allow(dead_code, reason = "not every test file uses all of it")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use delay_server::ServerProcess;
use workload::Task;
use workload::http::{Stats, body};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_delay-server");

/// What takes longer will not happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn server(arguments: &[&str]) -> ServerProcess {
    ServerProcess::start(Path::new(PROGRAM), arguments).unwrap()
}

/// Sends a request for `target` over a new connection.
pub(crate) fn ask(server: SocketAddr, target: &str) -> TcpStream {
    let mut stream = connect(server);
    send(&mut stream, target, "close");
    stream
}

pub(crate) fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

pub(crate) fn send(stream: &mut TcpStream, target: &str, connection: &str) {
    let request =
        format!("GET {target} HTTP/1.1\r\nhost: test\r\nconnection: {connection}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Takes apart what came until the end of the connection.
    pub(crate) fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Self::from(&bytes)
    }

    pub(crate) fn from(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head") + 4;
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        Self { head, body: bytes[end..].to_vec() }
    }

    /// One answer that tells its length, from a connection that stays.
    pub(crate) fn read_one(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            bytes.extend(byte);
        }
        let mut answer = Self::from(&bytes);
        answer.body.resize(answer.header("content-length").unwrap().parse().unwrap(), 0);
        stream.read_exact(&mut answer.body).unwrap();
        answer
    }

    pub(crate) fn status(&self) -> &str {
        self.head.strip_prefix("HTTP/1.1 ").unwrap().split(' ').next().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&str| line.split_once(':').is_some_and(|(other, _)| other == name);
        Some(self.head.lines().find(named)?.split_once(':')?.1.trim())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Asks and reads until the connection's end.
pub(crate) fn get(server: SocketAddr, target: &str) -> Answer {
    Answer::read(ask(server, target))
}

/// What comes until the connection ends, and how it ended.
pub(crate) fn bytes_of(mut stream: TcpStream) -> (Vec<u8>, Option<io::ErrorKind>) {
    let mut bytes = Vec::new();
    let result = stream.read_to_end(&mut bytes);
    (bytes, result.err().map(|error| error.kind()))
}

pub(crate) fn stats(server: SocketAddr, query: &str) -> Stats {
    let answer = get(server, &format!("/stats{query}"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    serde_json::from_slice(&answer.body).unwrap()
}

/// Waits until the server has counted what it must.
pub(crate) fn until_stats(
    server: SocketAddr,
    query: &str,
    is_so: impl Fn(&Stats) -> bool,
) -> Stats {
    let patience = Instant::now() + PATIENCE;
    loop {
        let stats = stats(server, query);
        if is_so(&stats) {
            return stats;
        }
        assert!(Instant::now() < patience, "{stats:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn assert_body(task: Task, bytes: usize, body: &[u8]) {
    assert_eq!(body.len(), bytes);
    assert!(body::is_right(task, 0, body), "the body of {task:?}, {bytes} bytes");
}
