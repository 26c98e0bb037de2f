//! What the server can be asked to do wrong.

use std::fmt;

/// What the server does wrong when it is asked to, with `GET /fault?kind=…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Closes the connection after it has read the request.
    Close,
    /// Resets the connection after it has read the request.
    Reset,
    /// Answers with bytes that are no HTTP.
    Garbage,
    /// Announces a body, sends half of it and closes the connection.
    Truncate,
    /// Announces a body, sends half of it and then nothing more.
    Stall,
    /// Sends the body a byte at a time, one a second unless the request has `ms`.
    SlowDrip,
    /// Never answers.
    Silence,
    /// Answers with the status 500.
    Status500,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Close,
        Self::Reset,
        Self::Garbage,
        Self::Truncate,
        Self::Stall,
        Self::SlowDrip,
        Self::Silence,
        Self::Status500,
    ];

    /// Its name, as it stands in a request.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Reset => "reset",
            Self::Garbage => "garbage",
            Self::Truncate => "truncate",
            Self::Stall => "stall",
            Self::SlowDrip => "slow-drip",
            Self::Silence => "silence",
            Self::Status500 => "500",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
