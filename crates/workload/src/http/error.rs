//! What went wrong with a request, in which phase, and when.

use std::fmt;
use std::time::Duration;

/// Why a request came to no answer. The same fault is the same kind in every model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// Nothing listens there, or what does refuses the connection.
    Refused,
    /// The connection was not there in time.
    ConnectTimeout,
    /// The server closed the connection before its answer began.
    Closed,
    /// The connection was reset.
    Reset,
    /// What came is not HTTP/1.1, or not an answer that was asked for.
    Garbage,
    /// The answer is larger than the client allows.
    TooLarge,
    /// The answer ended in the middle.
    Truncated,
    /// Nothing was taken or came for too long.
    ReadTimeout,
    /// Something came, but not all of it in time.
    TotalTimeout,
    /// The server answered with another status than 200.
    Status,
    /// The sum in the answer is not the sum of the two numbers.
    WrongSum,
    /// A byte of the body is not what it must be, or there are too few or too many.
    WrongBody,
    /// The process has no descriptor left, or the system has none.
    Descriptors,
    /// No port is left from here to there.
    Ports,
    /// Anything else that the operating system says.
    Other,
}

impl ErrorKind {
    /// Its name, as it stands in a record.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::ConnectTimeout => "connect-timeout",
            Self::Closed => "closed",
            Self::Reset => "reset",
            Self::Garbage => "garbage",
            Self::TooLarge => "too-large",
            Self::Truncated => "truncated",
            Self::ReadTimeout => "read-timeout",
            Self::TotalTimeout => "total-timeout",
            Self::Status => "status",
            Self::WrongSum => "wrong-sum",
            Self::WrongBody => "wrong-body",
            Self::Descriptors => "descriptors",
            Self::Ports => "ports",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How far a request had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The connection was being made.
    Connect,
    /// The request was being sent.
    Send,
    /// The answer's status and headers were being waited for.
    Head,
    /// The answer's body was being read.
    Body,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Connect => "connecting",
            Self::Send => "sending the request",
            Self::Head => "waiting for the answer",
            Self::Body => "reading the body",
        })
    }
}

/// What went wrong with a request.
///
/// Shown as `reset while waiting for the answer, after 12 ms: Connection reset by peer`.
#[derive(Debug, thiserror::Error)]
#[error("{kind} while {phase}, after {} ms{}", .after.as_millis(), colon(.detail.as_deref()))]
pub struct FetchError {
    /// What it was.
    pub kind: ErrorKind,
    /// How far the request had come.
    pub phase: Phase,
    /// How long after the request began.
    pub after: Duration,
    /// What more there is to say.
    pub detail: Option<Box<str>>,
}

fn colon(detail: Option<&str>) -> String {
    detail.map(|detail| format!(": {detail}")).unwrap_or_default()
}
