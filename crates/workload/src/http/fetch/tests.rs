use std::num::NonZeroU8;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::http::{Fault, Timeouts};

const MS: Duration = Duration::from_millis(1);

fn http() -> Http {
    let server = "127.0.0.1:8080".parse().unwrap();
    Http { group: 3, ..Http::new(server, 50 * MS, 20) }
}

fn fetch_of(workload: Workload, index: u32) -> Fetch {
    let workload = Box::leak(Box::new(workload));
    Fetch::of(workload, index, Moment::now() + workload.duration_of(index))
}

fn fetch(http: Http, index: u32) -> Fetch {
    fetch_of(Workload::http(4, http), index)
}

/// The right answer to this task's request.
fn answer(index: u32, bytes: u64) -> Vec<u8> {
    let task = Task::nth(index);
    let mut answer =
        format!("HTTP/1.1 200 OK\r\nX-Sum: {}\r\nContent-Length: {bytes}\r\n\r\n", task.sum())
            .into_bytes();
    let head = answer.len();
    answer.resize(head + usize::try_from(bytes).unwrap(), 0);
    body::fill(task, 0, &mut answer[head..]);
    answer
}

/// The kind and phase of the error that these bytes, and then the connection's end, make.
fn failure(http: Http, bytes: impl AsRef<[u8]>) -> (ErrorKind, Phase, String) {
    let mut fetch = fetch(http, 1);
    let error = match fetch.received(bytes.as_ref()) {
        Ok(None) => fetch.ended().unwrap_err(),
        Ok(Some(answer)) => panic!("{answer:?}"),
        Err(error) => error,
    };
    (error.kind, error.phase, error.detail.map(String::from).unwrap_or_default())
}

fn target(fetch: &Fetch) -> String {
    let request = String::from_utf8(fetch.request()).unwrap();
    request.split(' ').nth(1).unwrap().to_owned()
}

fn os_error(number: i32) -> io::Error {
    io::Error::from_raw_os_error(number)
}

#[test]
fn a_waiting_request_is_small() {
    assert_eq!(size_of::<Fetch>(), 56);
    assert_eq!(size_of::<Option<Fetch>>(), 56);
}

#[test]
fn the_right_answer_is_taken_in_any_pieces() {
    let bytes = answer(1, 20);
    for size in [1, 7, bytes.len()] {
        let mut fetch = fetch(http(), 1);
        let mut pieces = bytes.chunks(size).peekable();
        while let Some(piece) = pieces.next() {
            let answer = fetch.received(piece).unwrap();
            let expected = Answer { sum: Task::nth(1).sum(), is_reusable: false };
            assert_eq!(answer, pieces.peek().is_none().then_some(expected));
        }
    }
    assert_eq!(fetch(http(), 1).received(b"").unwrap(), None, "no bytes are no end");
}

#[test]
fn a_request_says_what_is_asked_for() {
    let Task { a, b } = Task::nth(2);
    let request = String::from_utf8(fetch(http(), 2).request()).unwrap();
    let expected = format!(
        "GET /wait?ms=50&bytes=20&a={a}&b={b}&group=3 HTTP/1.1\r\n\
         Host: 127.0.0.1:8080\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(request, expected);

    let kept = Http { keep_alive: true, ..http() };
    assert!(!String::from_utf8(fetch(kept, 2).request()).unwrap().contains("Connection"));
}

#[test]
fn a_delay_is_asked_for_to_the_nanosecond() {
    for (delay, shown) in [
        (Duration::ZERO, "0"),
        (5 * MS, "5"),
        (90_000 * MS, "90000"),
        (Duration::from_micros(500), "0.5"),
        (Duration::from_nanos(1_000_001), "1.000001"),
        (Duration::from_nanos(12_340_500), "12.3405"),
    ] {
        assert_eq!(Milliseconds(delay).to_string(), shown);
    }
    let spread = Workload::http(3, http()).with_spread(MS);
    assert!(target(&fetch_of(spread, 1)).starts_with("/wait?ms=50.5&"));
}

#[test]
fn every_second_task_asks_for_the_fault() {
    let faulty = Http { fault: Some(Fault::SlowDrip), ..http() };
    assert!(target(&fetch(faulty, 0)).starts_with("/wait?ms=50&bytes=20&"));
    let Task { a, b } = Task::nth(1);
    let expected = format!("/fault?kind=slow-drip&bytes=20&a={a}&b={b}&group=3");
    assert_eq!(target(&fetch(faulty, 1)), expected);
}

#[test]
fn tasks_take_the_addresses_in_turn() {
    let addresses = NonZeroU8::new(3).unwrap();
    let address = |server: &str, index| {
        let http = Http { server: server.parse().unwrap(), addresses, ..http() };
        fetch(http, index).address().to_string()
    };
    assert_eq!(address("127.0.0.254:80", 0), "127.0.0.254:80");
    assert_eq!(address("127.0.0.254:80", 2), "127.0.1.0:80");
    assert_eq!(address("127.0.0.254:80", 3), "127.0.0.254:80");
    assert_eq!(address("[::1:ffff]:80", 1), "[::2:0]:80");
}

#[test]
fn a_connection_is_reused_only_if_everybody_means_it() {
    let reusable =
        |http: Http, bytes: &[u8]| fetch(http, 1).received(bytes).unwrap().unwrap().is_reusable;
    let kept = Http { keep_alive: true, ..http() };
    let mut bytes = answer(1, 20);
    assert!(reusable(kept, &bytes));
    assert!(!reusable(http(), &bytes));
    bytes.push(b'H');
    assert!(!reusable(kept, &bytes), "something came after the answer");
    let closing = String::from_utf8(answer(1, 0)).unwrap().replace("X-", "Connection: close\r\nX-");
    assert!(!reusable(Http { bytes: 0, ..kept }, closing.as_bytes()));
}

#[test]
fn a_body_may_end_with_the_connection() {
    let bytes = answer(1, 20);
    let text = String::from_utf8_lossy(&bytes);
    let head = text.find("Content-Length").unwrap();
    let mut until_close = bytes[..head].to_vec();
    until_close.extend_from_slice(b"\r\n");
    until_close.extend_from_slice(&bytes[bytes.len() - 20..]);
    let mut fetch = fetch(Http { keep_alive: true, ..http() }, 1);
    assert_eq!(fetch.received(&until_close).unwrap(), None);
    let answer = fetch.ended().unwrap();
    assert_eq!(answer, Answer { sum: Task::nth(1).sum(), is_reusable: false });
    assert_eq!(failure(http(), &until_close[..until_close.len() - 1]).0, ErrorKind::WrongBody);
}

#[test]
fn each_wrong_answer_has_its_kind_and_phase() {
    use ErrorKind::{Closed, Garbage, Status, TooLarge, Truncated, WrongBody, WrongSum};
    let right = answer(1, 20);
    let sum = Task::nth(1).sum();
    let ok = "HTTP/1.1 200 OK\r\n";
    let wrong_byte = {
        let mut bytes = right.clone();
        *bytes.last_mut().unwrap() ^= 1;
        bytes
    };
    let cases: Vec<(Vec<u8>, ErrorKind, Phase, &str)> = vec![
        (vec![], Closed, Phase::Head, ""),
        (right[..10].into(), Truncated, Phase::Head, ""),
        (right[..right.len() - 1].into(), Truncated, Phase::Body, ""),
        (b"SSH-2.0".into(), Garbage, Phase::Head, "HTTP/1."),
        (b"HTTP/1.1 503 Try Later\r\n\r\n".into(), Status, Phase::Head, "503 Try Later"),
        (b"HTTP/1.1 204\r\n\r\n".into(), Status, Phase::Head, "204"),
        (format!("{ok}Content-Length: 20\r\n\r\n").into(), Garbage, Phase::Head, "without a sum"),
        (format!("{ok}X-Sum: x\r\n\r\n").into(), Garbage, Phase::Head, "no number"),
        (format!("{ok}X-Sum: 1\r\n\r\n").into(), WrongSum, Phase::Head, "1 instead of "),
        (answer(1, 21), TooLarge, Phase::Head, "body"),
        (answer(1, 19), WrongBody, Phase::Body, "19 bytes instead of 20"),
        (answer(2, 20), WrongSum, Phase::Head, ""),
        (wrong_byte, WrongBody, Phase::Body, ""),
        (
            format!("{ok}X-Sum: {sum}\r\nTransfer-Encoding: chunked\r\n\r\nx").into(),
            Garbage,
            Phase::Body,
            "chunk",
        ),
    ];
    for (bytes, kind, phase, detail) in cases {
        let (own_kind, own_phase, own_detail) = failure(http(), &bytes);
        let shown = String::from_utf8_lossy(&bytes);
        assert_eq!((own_kind, own_phase), (kind, phase), "{shown:?}: {own_detail}");
        assert!(own_detail.contains(detail), "{shown:?}: {own_detail}");
    }
}

#[test]
fn errors_of_the_system_have_their_kinds() {
    let fetch = fetch(http(), 0);
    for (number, kind) in [
        (111, ErrorKind::Refused),
        (104, ErrorKind::Reset),
        (103, ErrorKind::Reset),
        (32, ErrorKind::Reset),
        (24, ErrorKind::Descriptors),
        (23, ErrorKind::Descriptors),
        (99, ErrorKind::Ports),
        (113, ErrorKind::Other),
    ] {
        let error = fetch.connect_failed(&os_error(number));
        assert_eq!((error.kind, error.phase), (kind, Phase::Connect));
        let text = error.to_string();
        assert!(text.contains("127.0.0.1:8080: ") && !text.contains("os error"), "{text}");
    }
    let eof = io::Error::from(io::ErrorKind::UnexpectedEof);
    assert_eq!(fetch.read_failed(&eof).kind, ErrorKind::Closed);
    assert_eq!(
        fetch.read_failed(&os_error(104)).to_string(),
        "reset while waiting for the answer, after 0 ms: Connection reset by peer"
    );
}

#[test]
fn a_timeout_is_named_after_the_step_or_after_all_of_them() {
    let late = io::Error::from(io::ErrorKind::WouldBlock);
    let mut waiting = fetch(http(), 1);
    assert_eq!(waiting.connect_failed(&late).kind, ErrorKind::ConnectTimeout);
    assert_eq!(waiting.send_failed(&late).kind, ErrorKind::ReadTimeout);
    assert_eq!(waiting.read_failed(&late).phase, Phase::Head);
    waiting.received(&answer(1, 20)[..70]).unwrap();
    let error = waiting.read_failed(&late);
    assert_eq!((error.kind, error.phase), (ErrorKind::ReadTimeout, Phase::Body));
    assert!(error.detail.is_none());

    let timeouts = Timeouts { total: Duration::ZERO, ..Timeouts::default() };
    let hasty = fetch(Http { timeouts, delay: Duration::ZERO, ..http() }, 1);
    assert_eq!(hasty.read_failed(&late).kind, ErrorKind::TotalTimeout);
    assert_eq!(hasty.connect_failed(&late).kind, ErrorKind::TotalTimeout);
}

#[test]
fn each_step_has_its_time_within_that_of_all() {
    let timeouts = Timeouts { connect: 10 * MS, read: 1000 * MS, total: 1500 * MS };
    let http = Http { timeouts, delay: 600 * MS, ..http() };
    let mut fetch = fetch(http, 1);
    let began = fetch.started();
    assert_eq!(fetch.connect_by().since(began), 10 * MS);
    let first = fetch.progress_by().since(began);
    assert!((1600 * MS..1700 * MS).contains(&first), "{first:?}");
    fetch.received(b"H").unwrap();
    let next = fetch.progress_by().since(began);
    assert!((1000 * MS..1100 * MS).contains(&next), "{next:?}");

    let timeouts = Timeouts { connect: 5000 * MS, read: 5000 * MS, total: 1000 * MS };
    let short = self::fetch(Http { timeouts, ..http }, 1);
    assert_eq!(short.connect_by().since(short.started()), 1600 * MS);
    assert_eq!(short.progress_by().since(short.started()), 1600 * MS);
}

#[test]
fn a_request_began_when_its_wait_began() {
    let before = Moment::now();
    let fetch = fetch(http(), 0);
    assert!(fetch.started() >= before && fetch.started() <= Moment::now());
}

#[test]
fn only_a_connection_that_was_closed_unused_is_stale() {
    let mut fetch = fetch(Http { keep_alive: true, ..http() }, 1);
    let reset = os_error(104);
    assert!(fetch.is_stale(&fetch.send_failed(&os_error(32))));
    assert!(fetch.is_stale(&fetch.read_failed(&reset)));
    assert!(!fetch.is_stale(&fetch.connect_failed(&reset)));
    assert!(!fetch.is_stale(&fetch.read_failed(&io::Error::from(io::ErrorKind::TimedOut))));
    fetch.received(b"HTTP").unwrap();
    assert!(!fetch.is_stale(&fetch.read_failed(&reset)));

    let mut closed = self::fetch(http(), 1);
    let error = closed.ended().unwrap_err();
    assert!(closed.is_stale(&error));
}

/// What comes of these bytes, read in pieces of these lengths and then the connection's end: the
/// answer, or the kind and phase of the error.
fn outcome(
    http: Http,
    mut bytes: &[u8],
    lengths: impl IntoIterator<Item = usize>,
) -> Result<Answer, (ErrorKind, Phase)> {
    let mut fetch = fetch(http, 1);
    let mut lengths = lengths.into_iter();
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at(lengths.next().unwrap_or(bytes.len()).min(bytes.len()));
        bytes = rest;
        match fetch.received(piece) {
            Ok(None) => {}
            Ok(Some(answer)) => {
                let is_reusable = answer.is_reusable && bytes.is_empty();
                return Ok(Answer { is_reusable, ..answer });
            }
            Err(error) => return Err((error.kind, error.phase)),
        }
    }
    fetch.ended().map_err(|error| (error.kind, error.phase))
}

/// The right answer of task 1 in chunks of this size.
fn chunked_answer(bytes: u64, size: usize) -> Vec<u8> {
    let sum = Task::nth(1).sum();
    let mut answer =
        format!("HTTP/1.1 200 OK\r\nX-Sum: {sum}\r\nTransfer-Encoding: chunked\r\n\r\n")
            .into_bytes();
    let mut body = vec![0; usize::try_from(bytes).unwrap()];
    body::fill(Task::nth(1), 0, &mut body);
    for chunk in body.chunks(size) {
        answer.extend(format!("{:x}\r\n", chunk.len()).bytes());
        answer.extend_from_slice(chunk);
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"0\r\n\r\n");
    answer
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 5_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_body_damaged_anywhere_is_found(
        bytes in 1_u64..200,
        at in any::<proptest::sample::Index>(),
        flip in 1_u8..,
        lengths in vec(0_usize..100, 0..8),
    ) {
        let http = Http { bytes, ..http() };
        let mut answer = answer(1, bytes);
        prop_assert!(outcome(http, &answer, lengths.clone()).is_ok());
        let bytes = usize::try_from(bytes).unwrap();
        let end = answer.len();
        answer[end - bytes + at.index(bytes)] ^= flip;
        prop_assert_eq!(outcome(http, &answer, lengths), Err((ErrorKind::WrongBody, Phase::Body)));
    }

    #[test]
    fn whatever_is_damaged_the_answer_is_right_or_refused_the_same_in_any_pieces(
        chunk in 0_usize..30,
        at in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
        replaces in any::<bool>(),
        lengths in vec(0_usize..100, 0..8),
    ) {
        let http = Http { keep_alive: true, ..http() };
        let mut answer = if chunk == 0 { answer(1, 20) } else { chunked_answer(20, chunk) };
        prop_assert!(outcome(http, &answer, lengths.clone()).is_ok_and(|a| a.is_reusable));
        let at = at.index(answer.len());
        answer.splice(at..at + usize::from(replaces), [byte]);
        let whole = outcome(http, &answer, []);
        prop_assert_eq!(outcome(http, &answer, lengths), whole);
        prop_assert_eq!(outcome(http, &answer, std::iter::repeat(1)), whole);
        prop_assert!(whole.is_err() || whole.is_ok_and(|a| a.sum == Task::nth(1).sum()));
    }
}
