//! Why bytes are not an answer.

use super::limits::Limit;

/// Why bytes are not an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// They are not HTTP/1.1 or HTTP/1.0, or not an answer that was asked for.
    #[error("{0}")]
    Garbage(&'static str),
    /// There are more of them than allowed.
    #[error("too many {0}")]
    TooLarge(Limit),
    /// There are none.
    #[error("the connection was closed before an answer began")]
    Closed,
    /// They end in the middle.
    #[error("the connection was closed in the middle of an answer")]
    Truncated,
}
