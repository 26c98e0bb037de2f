//! What the server answers, byte by byte, and what it counts.

mod common;

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use common::*;
use workload::Task;
use workload::http::Stats;

#[test]
fn an_answer_has_the_sum_and_a_body_that_can_be_verified() {
    let server = server(&[]);
    for bytes in [0, 1, 7, 1024, 65_536, 200_001, 3_000_000] {
        let task = Task { a: u32::MAX, b: 2 };
        let answer = get(server.address(), &format!("/wait?bytes={bytes}&a={}&b=2", task.a));
        assert_eq!(answer.status(), "200");
        assert_eq!(answer.header("x-sum"), Some("4294967297"));
        assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
        assert_eq!(answer.header("content-length"), Some(bytes.to_string().as_str()));
        assert_body(task, bytes, &answer.body);
    }
    let stats = stats(server.address(), "");
    assert_eq!((stats.served, stats.broken, stats.open, stats.high_water), (7, 0, 0, 1));
}

#[test]
fn the_largest_body_is_sent_whole() {
    let server = server(&[]);
    let answer = get(server.address(), "/wait?bytes=67108864&a=1");
    assert_body(Task { a: 1, b: 0 }, 64 << 20, &answer.body);
}

#[test]
fn the_end_of_a_body_can_be_told_in_three_ways() {
    let server = server(&[]);
    let task = Task { a: 1, b: 2 };
    for bytes in [0, 1, 200_000] {
        let target = format!("/wait?ms=1&a=1&b=2&bytes={bytes}");
        let close = get(server.address(), &format!("{target}&encoding=close"));
        assert_eq!((close.status(), close.header("x-sum")), ("200", Some("3")));
        assert_eq!(close.header("connection"), Some("close"));
        assert_eq!(
            (close.header("content-length"), close.header("transfer-encoding")),
            (None, None)
        );
        assert_body(task, bytes, &close.body);

        let chunked = get(server.address(), &format!("{target}&encoding=chunked"));
        assert_eq!((chunked.status(), chunked.header("x-sum")), ("200", Some("3")));
        if bytes > 0 {
            assert_eq!(chunked.header("transfer-encoding"), Some("chunked"));
            assert_eq!(chunked.header("content-length"), None);
            assert_body(task, bytes, &unchunked(&chunked.body));
        }
    }
    assert_eq!(stats(server.address(), "").served, 6);
}

#[test]
fn no_answer_comes_before_its_delay() {
    let server = server(&[]);
    for (ms, delay) in [("50", 50_000), ("0.5", 500), ("1.0005", 1_001), ("20.25", 20_250)] {
        let started = Instant::now();
        get(server.address(), &format!("/wait?ms={ms}"));
        assert!(started.elapsed() >= Duration::from_micros(delay), "{ms}: {:?}", started.elapsed());
    }
}

#[test]
fn a_connection_serves_one_request_after_another() {
    let server = server(&[]);
    let mut stream = connect(server.address());
    for a in 0..5 {
        send(&mut stream, &format!("/wait?ms=1&bytes=100&a={a}&group=3"), "keep-alive");
        let answer = Answer::read_one(&mut stream);
        assert_eq!(answer.header("x-sum"), Some(a.to_string().as_str()));
        assert_body(Task { a, b: 0 }, 100, &answer.body);
    }
    for query in ["", "?group=3"] {
        let stats = stats(server.address(), query);
        assert_eq!((stats.served, stats.connections, stats.high_water), (5, 1, 1));
    }
}

#[test]
fn open_requests_are_counted_exactly_in_all_and_by_group() {
    let server = server(&[]);
    let address = server.address();
    let (odd, even) = (100, 100);
    let open: Vec<_> = (0..odd + even)
        .map(|a| ask(address, &format!("/wait?ms=1000&bytes=10&a={a}&group={}", a % 2)))
        .collect();
    let all = until_stats(address, "", |stats| stats.open == 200);
    assert_eq!((all.high_water, all.served, all.connections), (200, 0, 200));
    assert_eq!(stats(address, "?group=1").open, 100);
    for (a, stream) in (0..).zip(open) {
        assert_body(Task { a, b: 0 }, 10, &Answer::read(stream).body);
    }
    let nothing = Stats { addresses: 1, ..Stats::default() };
    let half = Stats { served: 100, high_water: 100, connections: 100, ..nothing };
    assert_eq!(stats(address, "?group=0"), half);
    assert_eq!(stats(address, "?group=1"), half);
    assert_eq!(stats(address, "?group=2"), nothing);
    assert_eq!(stats(address, "").served, 200);
}

#[test]
fn one_after_another_there_is_never_more_than_one() {
    let server = server(&[]);
    for _ in 0..300 {
        get(server.address(), "/wait?bytes=100");
    }
    let stats = stats(server.address(), "");
    assert_eq!((stats.served, stats.high_water), (300, 1));
}

#[test]
fn a_client_that_leaves_is_counted_as_broken() {
    let server = server(&[]);
    let address = server.address();
    let during_the_delay = ask(address, "/wait?ms=600000&group=1");
    until_stats(address, "?group=1", |stats| stats.open == 1);
    drop(during_the_delay);
    let stats = until_stats(address, "?group=1", |stats| stats.open == 0);
    assert_eq!((stats.served, stats.broken), (0, 1));

    let mut in_the_body = ask(address, "/wait?bytes=67108864&group=2");
    in_the_body.read_exact(&mut [0; 1000]).unwrap();
    drop(in_the_body);
    let stats = until_stats(address, "?group=2", |stats| stats.open == 0);
    assert_eq!((stats.served, stats.broken), (0, 1));
}

/// So that a client that died leaves no port behind that waits for the end of its connection.
#[test]
fn a_client_that_leaves_has_its_connection_reset() {
    let server = server(&[]);
    let address = server.address();
    let mut leaving = ask(address, "/wait?ms=600000&group=1");
    until_stats(address, "?group=1", |stats| stats.open == 1);
    leaving.shutdown(std::net::Shutdown::Write).unwrap();
    let error = leaving.read(&mut [0; 10]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn what_is_not_allowed_is_said_in_one_line() {
    let server = server(&[]);
    let refused = |target: &str| {
        let answer = get(server.address(), target);
        assert_eq!(answer.text().lines().count(), 1, "{answer:?}");
        (answer.status().to_owned(), answer.text().trim_end().to_owned())
    };
    let (status, line) = refused("/wait?ms=600001");
    assert_eq!(status, "400");
    assert_eq!(line, "`ms` is `600001`: it takes milliseconds from 0 to 600000, such as 50 or 0.5");
    let (status, line) = refused("/wait?bytes=67108865");
    assert_eq!(status, "400");
    assert_eq!(line, "`bytes` is `67108865`: it takes a whole number from 0 to 67108864");
    let (status, line) = refused("/fault?kind=fire");
    assert!(status == "400" && line.starts_with("`kind` is `fire`"), "{line}");
    let (status, line) = refused("/stats?group=x");
    assert!(status == "400" && line.starts_with("`group` is `x`"), "{line}");
    let (status, line) = refused("/nothing?ms=x");
    assert_eq!(status, "404");
    assert_eq!(line, "there is no `/nothing` here: ask for /wait, /fault or /stats");
    assert_eq!(stats(server.address(), "").connections, 0, "none of them was counted");
}

#[test]
fn only_get_is_allowed() {
    let server = server(&[]);
    for method in ["POST", "HEAD", "DELETE"] {
        let mut stream = connect(server.address());
        write!(stream, "{method} /wait HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
            .unwrap();
        let answer = Answer::read(stream);
        assert_eq!((answer.status(), answer.header("allow")), ("405", Some("GET")));
    }
}

#[test]
fn a_head_that_is_too_large_is_refused_and_the_refusal_arrives() {
    let server = server(&[]);
    let large = "a".repeat(20_000);
    let many = "a: b\r\n".repeat(200);
    for rest in
        [format!("large: {large}\r\n\r\n"), format!("large: {large}"), format!("{many}\r\n")]
    {
        let mut stream = connect(server.address());
        write!(stream, "GET /wait HTTP/1.1\r\nhost: test\r\n{rest}").unwrap();
        let answer = Answer::read(stream);
        assert_eq!(answer.status(), "431", "{} bytes", rest.len());
    }
    let mut stream = connect(server.address());
    let fits = "a".repeat(15_000);
    write!(stream, "GET /wait HTTP/1.1\r\nlarge: {fits}\r\nconnection: close\r\n\r\n").unwrap();
    assert_eq!(Answer::read(stream).status(), "200");
}

#[test]
fn what_is_no_request_is_refused() {
    let server = server(&[]);
    let mut stream = connect(server.address());
    stream.write_all(b"this is no HTTP\r\n\r\n").unwrap();
    assert_eq!(Answer::read(stream).status(), "400");
}

#[test]
fn a_rate_limit_is_kept_and_shared() {
    let server = server(&["--rate-limit", "2MiB"]);
    let (bodies, bytes) = (8, 256 << 10);
    let started = Instant::now();
    let open: Vec<_> = (0..bodies)
        .map(|a| {
            let mut stream = ask(server.address(), &format!("/wait?bytes={bytes}&a={a}"));
            std::thread::spawn(move || {
                let mut answer = Vec::new();
                stream.read_to_end(&mut answer).unwrap();
                (Answer::from(&answer), started.elapsed())
            })
        })
        .collect();
    let mut ends = Vec::new();
    for (a, thread) in (0..).zip(open) {
        let (answer, end) = thread.join().unwrap();
        assert_body(Task { a, b: 0 }, bytes, &answer.body);
        ends.push(end);
    }
    let last = *ends.iter().max().unwrap();
    let cap = Duration::from_secs(1);
    assert!(last >= cap.mul_f64(0.95), "{last:?} for bytes that take {cap:?}");
    assert!(last <= 3 * cap, "{last:?} for bytes that take {cap:?}");
    // Shared fairly, they end together, and not one after another.
    let first = *ends.iter().min().unwrap();
    assert!(first >= last / 2, "from {first:?} to {last:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn it_listens_on_as_many_addresses_as_asked() {
    let server = server(&["--addresses", "4"]);
    let first = server.address();
    for last in 1..=4 {
        let address = SocketAddr::new(IpAddr::from([127, 0, 0, last]), first.port());
        assert_eq!(get(address, "/wait?a=1&b=1").header("x-sum"), Some("2"));
    }
    assert_eq!(stats(first, "").served, 4);
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = std::str::from_utf8(&bytes[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let chunk = &bytes[end + 2..];
        body.extend(&chunk[..size]);
        assert_eq!(&chunk[size..size + 2], b"\r\n");
        bytes = &chunk[size + 2..];
        if size == 0 {
            assert!(bytes.is_empty());
            return body;
        }
    }
}
