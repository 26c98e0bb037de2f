//! Each fault as it is on the wire.

mod common;

use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use common::*;
use delay_server::ServerProcess;
use workload::Task;
use workload::http::body;

/// Every fault request is counted as broken once it is over, and leaves nothing open.
fn expect_broken(server: &ServerProcess) {
    let stats = until_stats(server.address(), "?group=5", |stats| stats.open == 0);
    assert_eq!((stats.served, stats.broken), (0, 1), "{stats:?}");
}

fn fault(server: SocketAddr, kind: &str) -> std::net::TcpStream {
    ask(server, &format!("/fault?kind={kind}&a=1&b=2&bytes=1000&group=5"))
}

#[test]
fn close_ends_the_connection_without_a_byte() {
    let server = server(&[]);
    for _ in 0..20 {
        assert_eq!(bytes_of(fault(server.address(), "close")), (Vec::new(), None));
    }
    let stats = until_stats(server.address(), "", |stats| stats.open == 0);
    assert_eq!((stats.served, stats.broken), (0, 20));
}

#[test]
fn close_is_an_end_and_no_reset_even_if_more_came() {
    let server = server(&[]);
    let mut stream = connect(server.address());
    send(&mut stream, "/fault?kind=close&ms=20", "keep-alive");
    send(&mut stream, "/wait", "keep-alive");
    assert_eq!(bytes_of(stream), (Vec::new(), None));
}

#[test]
fn reset_resets() {
    let server = server(&[]);
    let (bytes, error) = bytes_of(fault(server.address(), "reset"));
    assert_eq!((bytes, error), (Vec::new(), Some(ErrorKind::ConnectionReset)));
    expect_broken(&server);
}

#[test]
fn garbage_is_no_http() {
    let server = server(&[]);
    let (bytes, error) = bytes_of(fault(server.address(), "garbage"));
    assert!(!bytes.is_empty() && !bytes.starts_with(b"H"), "{bytes:?}");
    assert_eq!(error, None);
    expect_broken(&server);
}

#[test]
fn truncate_sends_half() {
    let server = server(&[]);
    let answer = Answer::read(fault(server.address(), "truncate"));
    assert_eq!((answer.status(), answer.header("x-sum")), ("200", Some("3")));
    assert_eq!(answer.header("content-length"), Some("1000"));
    assert_body(Task { a: 1, b: 2 }, 500, &answer.body);
    expect_broken(&server);
}

#[test]
fn stall_sends_half_and_then_nothing() {
    let server = server(&[]);
    let stream = fault(server.address(), "stall");
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let (bytes, error) = bytes_of(stream.try_clone().unwrap());
    let answer = Answer::from(&bytes);
    assert_eq!(answer.header("content-length"), Some("1000"));
    assert_body(Task { a: 1, b: 2 }, 500, &answer.body);
    assert_eq!(error, Some(ErrorKind::WouldBlock));
    assert_eq!(stats(server.address(), "?group=5").open, 1);
    drop(stream);
    expect_broken(&server);
}

#[test]
fn silence_says_nothing() {
    let server = server(&[]);
    let stream = fault(server.address(), "silence");
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let got = bytes_of(stream.try_clone().unwrap());
    assert_eq!(got, (Vec::new(), Some(ErrorKind::WouldBlock)));
    assert_eq!(stats(server.address(), "?group=5").open, 1);
    drop(stream);
    expect_broken(&server);
}

#[test]
fn slow_drip_sends_a_byte_at_a_time() {
    let server = server(&[]);
    let started = Instant::now();
    let target = "/fault?kind=slow-drip&ms=20&bytes=10&a=1&b=2&group=5";
    let mut stream = ask(server.address(), target);
    let mut bytes = Vec::new();
    let mut reads_of_one = 0;
    loop {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).unwrap();
        bytes.extend(&buffer[..read]);
        reads_of_one += usize::from(read == 1);
        if read == 0 {
            break;
        }
    }
    assert!(started.elapsed() >= Duration::from_millis(200), "{:?}", started.elapsed());
    let answer = Answer::from(&bytes);
    assert_eq!((answer.status(), answer.header("content-length")), ("200", Some("10")));
    assert_body(Task { a: 1, b: 2 }, 10, &answer.body);
    assert!(reads_of_one >= 3, "{reads_of_one} reads brought one byte");
    expect_broken(&server);
}

#[test]
fn slow_drip_brings_a_byte_a_second_unless_told_otherwise() {
    let server = server(&[]);
    let stream = fault(server.address(), "slow-drip");
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let (bytes, _) = bytes_of(stream);
    assert!(Answer::from(&bytes).body.is_empty());
    expect_broken(&server);
}

#[test]
fn status_500_is_well_formed() {
    let server = server(&[]);
    let answer = Answer::read(fault(server.address(), "500"));
    assert_eq!(answer.status(), "500");
    let length = answer.body.len().to_string();
    assert_eq!(answer.header("content-length"), Some(length.as_str()));
    expect_broken(&server);
}

#[test]
fn a_fault_comes_after_its_delay() {
    let server = server(&[]);
    for kind in ["close", "reset", "garbage", "truncate", "500"] {
        let started = Instant::now();
        let _ = bytes_of(ask(server.address(), &format!("/fault?kind={kind}&ms=50")));
        assert!(started.elapsed() >= Duration::from_millis(50), "{kind}");
    }
}

#[test]
fn a_fault_costs_only_its_own_request() {
    let server = server(&[]);
    let other = ask(server.address(), "/wait?ms=300&bytes=1000&a=7");
    for kind in ["close", "reset", "garbage", "truncate", "500"] {
        let _ = bytes_of(fault(server.address(), kind));
    }
    let answer = Answer::read(other);
    assert!(body::is_right(Task { a: 7, b: 0 }, 0, &answer.body));
    assert_eq!(stats(server.address(), "").served, 1);
}
