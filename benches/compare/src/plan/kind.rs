//! The kinds of waiting that a run is made of.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU64;
use std::time::Duration;

use clap::ValueEnum;
use workload::{Http, Workload};

/// The kinds of waiting that a run is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A timer
    Timer,
    /// An answer from a server
    Http,
    /// An answer whose bytes a server with a rate limit sends
    Transfer,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Timer, Self::Http, Self::Transfer];

    /// Whether it can be run without a server of the user's.
    pub const fn is_at_hand(self) -> bool {
        cfg!(feature = "server") || matches!(self, Self::Timer)
    }

    /// The size of an answer's body where nothing else is asked for.
    pub const fn default_bytes(self) -> u64 {
        match self {
            Self::Timer => 0,
            Self::Http => 1024,
            Self::Transfer => 128 * 1024,
        }
    }

    /// The server's rate limit where nothing else is asked for.
    pub const fn default_rate_limit(self) -> Option<NonZeroU64> {
        match self {
            Self::Timer | Self::Http => None,
            Self::Transfer => NonZeroU64::new(10 * 1024 * 1024),
        }
    }

    /// The workload of the default run, still without tasks.
    pub fn workload(self) -> Workload {
        match self {
            Self::Timer => Workload::timer(0, Duration::ZERO),
            Self::Http | Self::Transfer => Workload::http(
                0,
                Http {
                    rate_limit: self.default_rate_limit(),
                    ..Http::new(UNKNOWN_SERVER, Duration::ZERO, self.default_bytes())
                },
            ),
        }
    }

    /// Whether a wait of the default run has to be long enough to weigh in. A transfer takes as long
    /// as its bytes do.
    pub fn waits_to_be_weighed(self) -> bool {
        self != Self::Transfer
    }
}

/// Stands for the server until a cell runs: it may be another one for each.
pub const UNKNOWN_SERVER: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
