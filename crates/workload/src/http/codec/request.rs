//! The bytes of a request.

use std::fmt::{self, Write as _};
use std::net::{SocketAddr, SocketAddrV6};

/// The bytes of `GET target` to this server, in a vector that may have some room
/// left: its exact size would take writing them twice.
///
/// `target` is a path with or without a query (RFC 9112, 3.2.1), as [`is_target`] has it. A
/// connection persists unless a header says otherwise (RFC 9112, 9.3), so only a request without
/// `keep_alive` has something to say about it.
///
/// # Panics
/// If `target` returns an error instead of showing itself.
pub fn get_request(server: SocketAddr, target: impl fmt::Display, keep_alive: bool) -> Vec<u8> {
    let host = without_scope(server);
    let connection = if keep_alive { "" } else { "Connection: close\r\n" };
    let mut text = String::with_capacity(LIKELY_BYTES);
    write!(text, "GET {target} HTTP/1.1\r\nHost: {host}\r\n{connection}\r\n")
        .expect("a target shows itself");
    text.into_bytes()
}

/// Whether this can stand in a request: it begins with `/` and has neither blanks nor line ends nor
/// a fragment nor anything else that is not a visible ASCII character.
pub fn is_target(target: &str) -> bool {
    target.starts_with('/') && target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

/// The number of a network interface says something to this machine alone (RFC 6874, 4), so it does
/// not belong into what is sent to another.
fn without_scope(server: SocketAddr) -> SocketAddr {
    match server {
        SocketAddr::V4(_) => server,
        SocketAddr::V6(v6) => SocketAddrV6::new(*v6.ip(), v6.port(), 0, 0).into(),
    }
}

/// What a request is seldom longer than.
const LIKELY_BYTES: usize = 192;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_what_it_must_have_and_no_more() {
        let bytes = get_request("127.0.0.1:8080".parse().unwrap(), "/wait?ms=5", false);
        let expected =
            "GET /wait?ms=5 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n";
        assert_eq!(str::from_utf8(&bytes), Ok(expected));
    }

    #[test]
    fn a_persistent_connection_needs_no_header_and_a_scope_is_not_sent() {
        let bytes = get_request("[fe80::1%3]:80".parse().unwrap(), "/", true);
        assert_eq!(str::from_utf8(&bytes), Ok("GET / HTTP/1.1\r\nHost: [fe80::1]:80\r\n\r\n"));
    }

    #[test]
    fn a_target_cannot_carry_a_second_line() {
        assert!(is_target("/stats?group=7"));
        for wrong in ["", "stats", "/a b", "/a\r\nX: y", "/a#b", "/ä", "/\0"] {
            assert!(!is_target(wrong), "{wrong:?}");
        }
    }
}
