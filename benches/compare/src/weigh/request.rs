//! What a connection sends, and whether the answer to it is whole.

use record::Hold;

/// The largest answer that is read, in bytes.
const LARGEST: usize = 1 << 20;

/// The most headers of an answer that are read.
const MOST_HEADERS: usize = 96;

/// How much of what is no answer is shown, in characters.
const SHOWN: usize = 40;

/// A request for this path, as the next of several on its connection.
pub fn request(host: &str, path: &str) -> Vec<u8> {
    let host = if host.starts_with("unix:") { "localhost" } else { host };
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: compare\r\nAccept: */*\r\n\r\n")
        .into()
}

/// An answer that is there with its last byte.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Whole {
    /// Its status, if it was asked for and is no success.
    pub refused_with: Option<u16>,
}

/// What came, if it is a whole answer.
///
/// # Errors
/// If it is none of a kind that is asked for: the message says what is wrong.
pub fn whole(hold: Hold, got: &[u8]) -> Result<Option<Whole>, String> {
    if hold != Hold::KeepAlive {
        return Ok((!got.is_empty()).then(Whole::default));
    }
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    let head = match answer.parse(got) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) if got.len() < LARGEST => return Ok(None),
        _ => {
            let text = String::from_utf8_lossy(got);
            let shown: String = text.chars().take(SHOWN).collect();
            return Err(format!("it answers something else than HTTP/1.1: {shown:?}"));
        }
    };
    let header = |name: &str| {
        let found = answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok()
    };
    let has = |name: &str, word: &str| {
        header(name).is_some_and(|value| value.to_ascii_lowercase().contains(word))
    };
    if has("connection", "close") {
        return Err("it answers with `Connection: close`, so none can be kept alive".into());
    }
    let body = &got[head..];
    let is_bare = matches!(answer.code, Some(204 | 304));
    let length = header("content-length").and_then(|length| length.trim().parse::<usize>().ok());
    let is_whole = match length {
        _ if is_bare => true,
        _ if got.len() > LARGEST => {
            return Err(format!("its answer is longer than {LARGEST} bytes"));
        }
        Some(length) => body.len() >= length,
        None if has("transfer-encoding", "chunked") => body.ends_with(b"0\r\n\r\n"),
        None => {
            return Err(
                "its answer ends only with the connection, so none can be kept alive".into()
            );
        }
    };
    let refused_with = answer.code.filter(|code| !(200..300).contains(code));
    Ok(is_whole.then_some(Whole { refused_with }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_whole(hold: Hold, got: &[u8]) -> Result<bool, String> {
        whole(hold, got).map(|whole| whole.is_some())
    }

    fn refused_with(hold: Hold, got: &[u8]) -> Option<u16> {
        whole(hold, got).unwrap().unwrap().refused_with
    }

    #[test]
    fn an_answer_is_whole_with_its_last_byte() {
        let whole = |text: &str| is_whole(Hold::KeepAlive, text.as_bytes());
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        for part in 0..answer.len() {
            assert_eq!(whole(&answer[..part]), Ok(false), "{part}");
        }
        assert_eq!(whole(answer), Ok(true));
        assert_eq!(whole("HTTP/1.1 204 No Content\r\n\r\n"), Ok(true));
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n";
        assert_eq!(whole(&format!("{chunked}3\r\nabc\r\n")), Ok(false));
        assert_eq!(whole(&format!("{chunked}3\r\nabc\r\n0\r\n\r\n")), Ok(true));
        let refused = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(refused_with(Hold::KeepAlive, refused), Some(404));
        assert_eq!(refused_with(Hold::KeepAlive, answer.as_bytes()), None);
        assert_eq!(refused_with(Hold::File, b"+OK\r\n"), None);
        assert_eq!(is_whole(Hold::File, b"+"), Ok(true));
        assert_eq!(is_whole(Hold::File, b""), Ok(false));
    }

    #[test]
    fn what_is_no_answer_is_named() {
        let wrong = |text: &[u8]| is_whole(Hold::KeepAlive, text).unwrap_err();
        assert!(
            wrong(b"-ERR \x1b[31mwhat\r\n")
                .contains("something else than HTTP/1.1: \"-ERR \\u{1b}")
        );
        let close = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        assert!(wrong(close).contains("Connection: close"));
        assert!(wrong(b"HTTP/1.0 200 OK\r\n\r\nabc").contains("ends only with the connection"));
        let endless = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &vec![b'x'; LARGEST]].concat();
        assert!(wrong(&endless).contains("something else"));
    }

    #[test]
    fn a_request_names_its_host() {
        let text = |host| String::from_utf8(request(host, "/a")).unwrap();
        assert!(text("127.0.0.1:80").starts_with("GET /a HTTP/1.1\r\nHost: 127.0.0.1:80\r\n"));
        assert!(text("unix:/a").contains("Host: localhost\r\n"));
    }
}
