//! A small client that blocks, for the programs that run the workload.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::codec::request::is_target;
use super::codec::{CodecError, Event, Limits, ResponseReader, get_request};

/// The largest body that is taken, in bytes.
pub const LARGEST_BODY: u64 = 1024 * 1024;

/// A question that got no answer.
///
/// Shown as `GET http://127.0.0.1:8080/stats: Connection refused (os error 111)`.
#[derive(Debug, thiserror::Error)]
#[error("GET http://{server}{}: {why}", target.escape_debug())]
pub struct GetError {
    /// Who was asked.
    pub server: SocketAddr,
    /// What was asked for: path and query.
    pub target: String,
    /// What went wrong.
    pub why: Why,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Why {
    /// What was asked for cannot stand in a request.
    #[error("not a path of visible ASCII characters that begins with `/`")]
    Target,
    /// It was not all there after this time.
    #[error("no whole answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The operating system says so.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// What came is not an answer.
    #[error("{0}")]
    Codec(#[from] CodecError),
    /// The answer has another status than 200.
    #[error("answered with status {0}")]
    Status(u16),
    /// The answer is not JSON of the shape expected.
    #[error("answered with something else than expected: {0}")]
    Json(serde_json::Error),
}

/// A client that keeps its connection for the next question, so that a server that can accept no
/// more is still there for it.
#[derive(Debug)]
pub struct Client {
    server: SocketAddr,
    kept: Option<TcpStream>,
}

impl Client {
    /// A client of this server, not connected yet.
    pub fn new(server: SocketAddr) -> Self {
        Self { server, kept: None }
    }

    /// Whose client it is.
    pub fn server(&self) -> SocketAddr {
        self.server
    }

    /// Sends `GET target`, over the connection that was kept if it is still there, and returns the status and
    /// the body of the answer, whatever the status is.
    ///
    /// # Errors
    /// If that takes longer than `timeout`, or the connection or the answer is not as it must be, or
    /// the body is larger than [`LARGEST_BODY`].
    pub fn get(&mut self, target: &str, timeout: Duration) -> Result<(u16, Vec<u8>), GetError> {
        let clock = Clock { started: Instant::now(), timeout };
        let (server, target) = (self.server, target.to_owned());
        self.ask(&target, &clock).map_err(|why| GetError { server, target, why })
    }

    fn ask(&mut self, target: &str, clock: &Clock) -> Result<(u16, Vec<u8>), Why> {
        if !is_target(target) {
            return Err(Why::Target);
        }
        let request = get_request(self.server, target, true);
        if let Some(stream) = self.kept.take() {
            match self.exchange(stream, &request, clock) {
                // The server had closed it while it was idle.
                Err(Why::Io(_) | Why::Codec(CodecError::Closed)) => {}
                done => return done,
            }
        }
        let stream = TcpStream::connect_timeout(&self.server, clock.left()?);
        self.exchange(stream.map_err(|error| clock.why(error))?, &request, clock)
    }

    /// One request and its answer. The connection is kept if it can be used again.
    fn exchange(
        &mut self,
        mut stream: TcpStream,
        request: &[u8],
        clock: &Clock,
    ) -> Result<(u16, Vec<u8>), Why> {
        stream.set_write_timeout(Some(clock.left()?))?;
        stream.write_all(request).map_err(|error| clock.why(error))?;

        let mut reader = ResponseReader::new(Limits::body(LARGEST_BODY));
        let (mut status, mut body) = (0, Vec::new());
        let mut use_event = |event: Event<'_>| {
            match event {
                Event::Head(head) => status = head.status,
                Event::Body(bytes) => body.extend_from_slice(bytes),
                Event::End => {}
            }
            Ok::<_, CodecError>(())
        };
        let mut buffer = [0; 4096];
        while !reader.is_over() {
            stream.set_read_timeout(Some(clock.left()?))?;
            match stream.read(&mut buffer) {
                Ok(0) => reader.end_of_stream(&mut use_event)?,
                Ok(length) => {
                    reader.feed(&buffer[..length], &mut use_event)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(clock.why(error)),
            }
        }
        self.kept = reader.keep_alive().then_some(stream);
        Ok((status, body))
    }
}

/// One timeout for all steps together.
struct Clock {
    started: Instant,
    timeout: Duration,
}

impl Clock {
    /// The time that the next step may take, which is never zero: that would mean for ever.
    fn left(&self) -> Result<Duration, Why> {
        let left = self.timeout.saturating_sub(self.started.elapsed());
        if left.is_zero() { Err(Why::Timeout(self.timeout)) } else { Ok(left) }
    }

    fn why(&self, error: io::Error) -> Why {
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Why::Timeout(self.timeout),
            _ => Why::Io(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::http::Stats;

    const PATIENCE: Duration = Duration::from_secs(10);

    /// A server that answers one request with these pieces, and what it was asked.
    fn serve(pieces: &'static [&'static str]) -> (SocketAddr, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut request, mut buffer) = (Vec::new(), [0; 512]);
            while !request.ends_with(b"\r\n\r\n") {
                let length = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..length]);
            }
            stream.set_nodelay(true).unwrap();
            for piece in pieces {
                stream.write_all(piece.as_bytes()).unwrap();
            }
            String::from_utf8(request).unwrap()
        });
        (address, server)
    }

    #[test]
    fn status_and_body_are_returned_whatever_the_status_is() {
        let (address, server) = serve(&["HTTP/1.1 404 No", "t Found\r\n\r\n", "not ", "here"]);
        let (status, body) = Client::new(address).get("/a?b", PATIENCE).unwrap();
        assert_eq!((status, &*body), (404, &b"not here"[..]));
        assert!(server.join().unwrap().starts_with("GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:"));
    }

    #[test]
    fn the_server_says_what_it_counted() {
        let (address, server) = serve(&[
            "HTTP/1.1 200 OK\r\nContent-Length: 49\r\n\r\n",
            r#"{"open":1,"served":2,"broken":3,"high_water":400}"#,
        ]);
        let stats = Stats { open: 1, served: 2, broken: 3, high_water: 400, ..Stats::default() };
        assert_eq!(Stats::of(address, Some(7), PATIENCE).unwrap(), stats);
        assert!(server.join().unwrap().starts_with("GET /stats?group=7 "));

        let (address, _server) = serve(&["HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"]);
        let error = Stats::of(address, None, PATIENCE).unwrap_err().to_string();
        assert_eq!(error, format!("GET http://{address}/stats: answered with status 503"));

        let (address, _server) = serve(&["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"]);
        let error = Stats::of(address, None, PATIENCE).unwrap_err().to_string();
        assert!(error.contains("missing field"), "{error}");
    }

    #[test]
    fn what_goes_wrong_is_said_in_one_line_with_who_was_asked_for_what() {
        let address: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let error = Client::new(address).get("/\r\nX: y", PATIENCE).unwrap_err().to_string();
        assert!(error.starts_with(r"GET http://127.0.0.1:1/\r\nX: y: not a path"), "{error}");

        let (address, _server) = serve(&["SSH-2.0-OpenSSH\r\n"]);
        let error = Client::new(address).get("/", PATIENCE).unwrap_err().to_string();
        assert!(error.starts_with(&format!("GET http://{address}/: ")), "{error}");
        assert!(error.contains("HTTP/1."), "{error}");

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = listener.local_addr().unwrap();
        let error = Client::new(silent).get("/", Duration::from_millis(20)).unwrap_err();
        assert!(matches!(error.why, Why::Timeout(_)), "{error}");
        drop(listener);
        let error = Client::new(silent).get("/", PATIENCE).unwrap_err();
        assert!(matches!(error.why, Why::Io(_)), "{error}");
    }
}
