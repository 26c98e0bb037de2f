//! How large an answer may be.

use std::fmt;

/// How large an answer may be. What is larger is refused as soon as that is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all its heads together, which are those of the answer itself, of informational
    /// answers before it, and the trailers after a chunked body.
    pub head_bytes: u32,
    /// Headers in one head, at most [`Limits::MOST_HEADERS`]: a larger number counts as that one.
    pub headers: u8,
    /// Bytes of the body, without what chunks add to it.
    pub body_bytes: u64,
}

impl Limits {
    /// The most headers that a head can have.
    pub const MOST_HEADERS: u8 = 64;

    /// The most bytes of a line that begins a chunk: its size in hexadecimal and its extensions,
    /// with the line's end. RFC 9112, 7.1.1 asks for such a limit.
    pub const CHUNK_LINE_BYTES: u16 = 1024;

    /// 16 KiB of heads, 64 headers, and a body of this many bytes.
    pub const fn body(body_bytes: u64) -> Self {
        Self { head_bytes: 16 * 1024, headers: Self::MOST_HEADERS, body_bytes }
    }
}

/// What there is a limit to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::head_bytes`].
    HeadBytes,
    /// [`Limits::headers`].
    Headers,
    /// [`Limits::body_bytes`].
    BodyBytes,
    /// [`Limits::CHUNK_LINE_BYTES`].
    ChunkLine,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::HeadBytes => "bytes of headers",
            Self::Headers => "headers",
            Self::BodyBytes => "bytes of body",
            Self::ChunkLine => "bytes in the line that begins a chunk",
        })
    }
}
