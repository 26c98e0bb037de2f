use super::super::transcript::Transcript;
use super::*;

const LIMITS: Limits = Limits::body(100);

/// Read in one piece, and byte by byte with the same outcome.
fn read(bytes: &str) -> Transcript {
    read_within(LIMITS, bytes)
}

fn read_within(limits: Limits, bytes: &str) -> Transcript {
    let whole = Transcript::of(limits, bytes.as_bytes(), []);
    assert_eq!(Transcript::of(limits, bytes.as_bytes(), std::iter::repeat(1)), whole, "{bytes:?}");
    whole
}

/// What is wrong with an answer with these lines after its status line.
fn refusal(lines: &str) -> Option<CodecError> {
    read(&format!("HTTP/1.1 200 OK\r\n{lines}")).error
}

fn is_garbage(error: Option<CodecError>) -> bool {
    matches!(error, Some(CodecError::Garbage(_)))
}

#[test]
fn a_length_ends_a_body() {
    let bytes = "HTTP/1.1 200 Fine\r\nX-Sum: 7\r\ncontent-LENGTH: 3\r\n\r\nabcHTTP";
    let all = read(bytes);
    let head = all.head.unwrap();
    assert_eq!((head.status, head.reason.as_str(), head.keep_alive), (200, "Fine", true));
    assert_eq!(head.framing, Framing::Length(3));
    assert_eq!(head.headers[0], ("X-Sum".to_owned(), b"7".to_vec()));
    assert_eq!(all.body, b"abc");
    assert!(all.whole);
    assert_eq!(all.taken, bytes.len() - 4);
}

#[test]
fn lines_of_a_head_may_end_without_cr() {
    for blank in ["\n\n", "\r\n\n", "\n\r\n"] {
        let all = read(&format!("HTTP/1.1 200 OK\nContent-Length: 1{blank}a"));
        assert!(all.whole, "{blank:?}");
    }
}

#[test]
fn a_length_may_be_said_twice_but_not_differently() {
    for same in ["Content-Length: 0\r\nContent-Length: 0\r\n", "Content-Length: 0, 0\r\n"] {
        assert_eq!(refusal(&format!("{same}\r\n")), None, "{same:?}");
    }
    for wrong in ["1\r\nContent-Length: 2", "1, 2", "", "-1", "+1", "1 1", "0x1", "1.0", ",", "1,"]
    {
        assert!(is_garbage(refusal(&format!("Content-Length: {wrong}\r\n\r\na"))), "{wrong:?}");
    }
    let absurd = format!("Content-Length: {}\r\n\r\n", u128::from(u64::MAX) + 1);
    assert!(is_garbage(refusal(&absurd)));
    let huge = format!("Content-Length: {}\r\n\r\n", u64::MAX);
    assert_eq!(refusal(&huge), Some(CodecError::TooLarge(Limit::BodyBytes)));
}

#[test]
fn chunks_end_a_body() {
    let all = read("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nx");
    assert_eq!(all.body, b"abc");
    assert!(all.whole && all.keep_alive);
}

#[test]
fn a_body_with_two_ends_or_an_unknown_one_is_garbage() {
    for lines in [
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
    ] {
        assert!(is_garbage(refusal(&format!("{lines}\r\n0\r\n\r\n"))), "{lines:?}");
    }
    let old = read("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    assert!(is_garbage(old.error));
}

#[test]
fn the_end_of_the_connection_ends_a_body_without_another_end() {
    let all = read("HTTP/1.1 200 OK\r\n\r\nabc");
    assert_eq!(all.body, b"abc");
    assert!(!all.whole && all.whole_at_end && !all.keep_alive);
    assert_eq!(all.head.unwrap().framing, Framing::UntilClose);
}

#[test]
fn a_body_that_is_none_needs_no_end() {
    for status in ["204 No Content", "304 Not Modified"] {
        for lines in ["", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"] {
            let all = read(&format!("HTTP/1.1 {status}\r\n{lines}\r\n"));
            assert!(all.whole && all.keep_alive && all.body.is_empty(), "{status} {lines:?}");
        }
    }
}

#[test]
fn informational_answers_are_skipped_but_not_other_protocols() {
    let all = read(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n\
         HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
    );
    assert!(all.whole);
    assert_eq!(all.head.unwrap().headers.len(), 1);
    assert!(is_garbage(read("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n").error));
    assert_eq!(read("HTTP/1.1 100 Continue\r\n\r\n").error, Some(CodecError::Truncated));
}

#[test]
fn a_connection_is_kept_as_version_and_options_say() {
    for (version, lines, keep_alive) in [
        ("1.1", "", true),
        ("1.1", "Connection: upgrade, CLOSE\r\n", false),
        ("1.1", "Connection: keep-alive\r\nConnection: close\r\n", false),
        ("1.1", "Connection: closed\r\n", true),
        ("1.0", "", false),
        ("1.0", "connection: ,Keep-Alive ,\r\n", true),
        ("1.0", "connection: keep-alive, close\r\n", false),
    ] {
        let all = read(&format!("HTTP/{version} 200 OK\r\nContent-Length: 0\r\n{lines}\r\n"));
        assert!(all.whole);
        assert_eq!(all.keep_alive, keep_alive, "{version} {lines:?}");
    }
}

#[test]
fn garbage_is_found_by_its_first_bytes() {
    let mut reader = ResponseReader::new(LIMITS);
    let error = reader.feed(b"HTTQ", |_| Ok(())).unwrap_err();
    assert!(is_garbage(Some(error)));
    assert_eq!(reader.feed(b"HTTP", |_| Ok::<_, CodecError>(())), Ok(0), "it takes nothing more");
    for bytes in ["\r\nHTTP/1.1 200 OK\r\n\r\n", "\0", "SSH-2.0-x\r\n", "HTTP/2 200\r\n\r\n"] {
        assert!(is_garbage(read(bytes).error), "{bytes:?}");
    }
}

#[test]
fn a_head_that_is_none_is_garbage_also_when_it_does_not_end() {
    for bytes in ["HTTP/1.1 2x0 OK\r\n", "HTTP/1.2 200 OK\r\n", "HTTP/1.1 200 OK\r\na b: c\r\n"] {
        assert!(is_garbage(read(bytes).error), "{bytes:?}");
        assert!(is_garbage(read(&format!("{bytes}\r\n")).error), "{bytes:?}");
    }
    assert!(is_garbage(read("HTTP/1.1 099 Low\r\n\r\n").error));
    assert!(is_garbage(refusal("a: b\r\n folded\r\n\r\n")));
}

#[test]
fn an_answer_that_ends_early_is_told_from_none() {
    assert_eq!(read("").error, Some(CodecError::Closed));
    for bytes in [
        "H",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r",
    ] {
        assert_eq!(read(bytes).error, Some(CodecError::Truncated), "{bytes:?}");
    }
}

#[test]
fn limits_are_kept_to_the_byte() {
    let head = "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 4\r\n\r\n";
    let bytes = format!("{head}abcd");
    let exact =
        Limits { head_bytes: u32::try_from(head.len()).unwrap(), headers: 2, body_bytes: 4 };
    assert!(read_within(exact, &bytes).whole);
    for (limits, limit) in [
        (Limits { head_bytes: exact.head_bytes - 1, ..exact }, Limit::HeadBytes),
        (Limits { headers: 1, ..exact }, Limit::Headers),
        (Limits { body_bytes: 3, ..exact }, Limit::BodyBytes),
    ] {
        let all = read_within(limits, &bytes);
        assert_eq!(all.error, Some(CodecError::TooLarge(limit)));
        assert_eq!(all.head.is_some(), limit == Limit::BodyBytes);
    }
}

#[test]
fn heads_before_the_answer_and_trailers_after_it_share_its_limit() {
    let informational = "HTTP/1.1 100 Continue\r\n\r\n";
    let bytes = informational.repeat(1000);
    assert_eq!(read(&bytes).error, Some(CodecError::TooLarge(Limit::HeadBytes)));
    let trailers = "Some: trailer\r\n".repeat(2000);
    let bytes = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{trailers}\r\n");
    assert_eq!(read(&bytes).error, Some(CodecError::TooLarge(Limit::HeadBytes)));
}

#[test]
fn a_body_too_large_is_refused_when_that_is_known() {
    for (lines, taken) in [
        ("Content-Length: 101\r\n\r\n", 0),
        ("Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n63\r\n", 2),
        ("\r\n", 100),
    ] {
        let all = read(&format!("HTTP/1.1 200 OK\r\n{lines}{}", "x".repeat(200)));
        assert_eq!(all.error, Some(CodecError::TooLarge(Limit::BodyBytes)), "{lines:?}");
        assert_eq!(all.body.len(), taken, "{lines:?}");
    }
}

#[test]
fn more_headers_than_there_can_be_count_as_the_most() {
    let limits = Limits { headers: u8::MAX, ..LIMITS };
    let answer = |headers| format!("HTTP/1.1 204 None\r\n{}\r\n", "a: b\r\n".repeat(headers));
    assert!(read_within(limits, &answer(64)).whole);
    let all = read_within(limits, &answer(65));
    assert_eq!(all.error, Some(CodecError::TooLarge(Limit::Headers)));
}

#[test]
fn what_the_caller_says_ends_the_reading() {
    let mut reader = ResponseReader::new(LIMITS);
    let mut events = 0;
    let result = reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", |_| {
        events += 1;
        Err(CodecError::Garbage("not wanted"))
    });
    assert_eq!((result, events), (Err(CodecError::Garbage("not wanted")), 1));
    assert!(reader.is_over() && !reader.is_past_head());
}

#[test]
fn a_waiting_reader_is_small_and_holds_a_heap_only_within_a_head() {
    assert_eq!(size_of::<ResponseReader>(), 32);
    let ignore = |_: Event<'_>| Ok::<_, CodecError>(());
    let mut reader = ResponseReader::new(LIMITS);
    assert!(matches!(reader.state, State::Head(None)));
    reader.feed(b"HTTP/1.1 200 OK\r\n", ignore).unwrap();
    assert!(matches!(reader.state, State::Head(Some(_))));
    reader.feed(b"Content-Length: 1\r\n\r\n", ignore).unwrap();
    assert!(matches!(reader.state, State::Length(1)));
}
