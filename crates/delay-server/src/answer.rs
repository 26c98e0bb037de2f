//! The answers, piece by piece.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use workload::Task;
use workload::http::{Stats, body};

use crate::counters::Open;
use crate::pacer::Pacer;
use crate::query::{Encoding, Wanted};

/// The most that is made of a body at once.
pub(crate) const LARGEST_PIECE_BYTES: u64 = 64 * 1024;

const OCTETS: &str = "application/octet-stream";
const SUM: &str = "x-sum";

/// The body of an answer.
pub(crate) enum Answer {
    /// Something short to read.
    Text(Option<Bytes>),
    /// A body that follows from a task, of a length that the client is told or not.
    Pieces { pieces: Pieces, length_is_told: bool },
}

/// A body that follows from a task, made piece by piece.
pub(crate) struct Pieces {
    task: Task,
    position: u64,
    end: u64,
    largest: u64,
    pause: Duration,
    pacer: Option<Arc<Pacer>>,
    /// Ends when the next piece may be sent, with its length.
    turn: Option<Pin<Box<dyn Future<Output = u64> + Send>>>,
    /// `None` when the last piece is out.
    open: Option<Open>,
}

impl Pieces {
    /// The body that is wanted, as fast as the pacer allows.
    pub(crate) fn of(wanted: &Wanted, pacer: Option<Arc<Pacer>>, open: Open) -> Self {
        Self {
            task: wanted.task,
            position: 0,
            end: wanted.bytes,
            largest: LARGEST_PIECE_BYTES,
            pause: Duration::ZERO,
            pacer,
            turn: None,
            open: Some(open),
        }
    }

    /// The same, a byte at a time with a pause before each.
    pub(crate) fn slowly(self, pause: Duration) -> Self {
        Self { largest: 1, pause, ..self }
    }

    /// The same, but it ends at half of its bytes.
    pub(crate) fn half(self) -> Self {
        Self { end: self.end / 2, ..self }
    }

    /// How many bytes are still to come.
    pub(crate) fn left(&self) -> u64 {
        self.end - self.position
    }

    /// The next piece, when its turn has come; `None` after the last one.
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.left() == 0 {
            return Poll::Ready(None);
        }
        let most = self.left().min(self.largest);
        let length = if self.pacer.is_none() && self.pause.is_zero() {
            most
        } else {
            let turn = self.turn.get_or_insert_with(|| {
                Box::pin(wait_for_turn(self.pause, self.pacer.clone(), most))
            });
            let length = ready!(turn.as_mut().poll(context));
            self.turn = None;
            length
        };
        #[allow(clippy::cast_possible_truncation, reason = "64 KiB at most")]
        let mut piece = vec![0; length as usize];
        body::fill(self.task, self.position, &mut piece);
        self.position += length;
        Poll::Ready(Some(Bytes::from(piece)))
    }

    /// Counts the request as answered, as asked.
    pub(crate) fn served(&mut self) {
        if let Some(open) = self.open.take() {
            open.served();
        }
    }
}

async fn wait_for_turn(pause: Duration, pacer: Option<Arc<Pacer>>, wanted: u64) -> u64 {
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
    match pacer {
        Some(pacer) => pacer.take(wanted).await,
        None => wanted,
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match self.get_mut() {
            Self::Text(text) => text.take(),
            Self::Pieces { pieces, .. } => {
                let piece = ready!(pieces.poll_next(context));
                if pieces.left() == 0 {
                    pieces.served();
                }
                piece
            }
        };
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Text(text) => text.is_none(),
            Self::Pieces { pieces, .. } => pieces.left() == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Text(text) => SizeHint::with_exact(text.as_ref().map_or(0, Bytes::len) as u64),
            Self::Pieces { pieces, length_is_told: true } => SizeHint::with_exact(pieces.left()),
            Self::Pieces { .. } => SizeHint::default(),
        }
    }
}

/// The answer to `/wait`.
pub(crate) fn sum(wanted: &Wanted, mut pieces: Pieces) -> Response<Answer> {
    if wanted.bytes == 0 {
        pieces.served();
    }
    let length_is_told = wanted.encoding == Encoding::Length;
    let mut response = Response::new(Answer::Pieces { pieces, length_is_told });
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(OCTETS));
    headers.insert(SUM, HeaderValue::from(wanted.task.sum()));
    response
}

/// The same answer's head in bytes, where hyper does not write it.
pub(crate) fn head(wanted: &Wanted) -> Vec<u8> {
    let length = match wanted.encoding {
        Encoding::Length => format!("content-length: {}\r\n", wanted.bytes),
        Encoding::Chunked => "transfer-encoding: chunked\r\n".to_owned(),
        Encoding::Close => "connection: close\r\n".to_owned(),
    };
    let sum = wanted.task.sum();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {OCTETS}\r\n{SUM}: {sum}\r\n{length}\r\n");
    head.into_bytes()
}

/// The answer to `/stats`.
pub(crate) fn stats(stats: &Stats) -> Response<Answer> {
    match serde_json::to_vec(stats) {
        Ok(json) => text(StatusCode::OK, "application/json", json),
        Err(error) => line(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// An answer of one line.
pub(crate) fn line(status: StatusCode, line: &str) -> Response<Answer> {
    text(status, "text/plain; charset=utf-8", format!("{line}\n").into_bytes())
}

/// The answer to what is not `GET`.
pub(crate) fn only_get(method: &hyper::Method) -> Response<Answer> {
    let text = format!("the method is `{method}`: this server takes GET");
    let mut response = line(StatusCode::METHOD_NOT_ALLOWED, &text);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
    response
}

fn text(status: StatusCode, content_type: &'static str, text: Vec<u8>) -> Response<Answer> {
    let mut response = Response::new(Answer::Text(Some(Bytes::from(text))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
