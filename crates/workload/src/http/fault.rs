//! What the server can be asked to do wrong.

use std::fmt;
use std::str::FromStr;

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

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        Self::ALL
            .into_iter()
            .find(|fault| fault.name() == text)
            .ok_or_else(|| UnknownFault(text.to_owned()))
    }
}

/// A fault that no server knows how to make.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "fault `{0}` is not one of close, reset, garbage, truncate, stall, slow-drip, silence, 500"
)]
pub struct UnknownFault(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_parse_as_they_print_and_the_error_names_all() {
        let message = "fire".parse::<Fault>().unwrap_err().to_string();
        for fault in Fault::ALL {
            assert_eq!(fault.to_string().parse(), Ok(fault));
            assert!(message.contains(fault.name()), "{message}");
        }
    }
}
