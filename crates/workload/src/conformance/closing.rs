//! A server that closes connections which its client wants to keep.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::http::Http;
use crate::task::Task;

/// A server, on a thread of its own, that takes as many connections as there are in `answers`, reads
/// one request over each, answers it as task 0 wants or does not, and closes the connection without
/// having announced it. Returns what to ask it for, and the thread, which panics if it is asked for
/// less.
///
/// # Panics
/// If it cannot listen on the loopback address.
pub fn serve_and_close(answers: &'static [bool]) -> (Http, JoinHandle<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let address = listener.local_addr().expect("it listens");
    let server = thread::spawn(move || {
        for does_answer in answers {
            let (mut stream, _) = listener.accept().expect("the client comes");
            let head = BufReader::new(&stream).lines().map_while(Result::ok);
            assert!(head.take_while(|line| !line.is_empty()).count() > 0);
            if *does_answer {
                let sum = Task::nth(0).sum();
                write!(stream, "HTTP/1.1 200 OK\r\nx-sum: {sum}\r\ncontent-length: 0\r\n\r\n")
                    .expect("the client takes it");
            }
        }
    });
    (Http { keep_alive: true, ..Http::new(address, Duration::ZERO, 0) }, server)
}
