//! The kinds of waiting that a run is made of.

use std::net::Ipv4Addr;
use std::num::{NonZeroU16, NonZeroU64};
use std::time::Duration;

use clap::ValueEnum;
use workload::{Http, Medium, Workload};

/// The kinds of waiting that a run is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A timer
    Timer,
    /// An answer from a server
    Http,
    /// An answer whose bytes a server with a rate limit sends
    Transfer,
    /// A token, from one task of a ring to the next through the model's or the runtime's own channel
    Relay,
    /// The same through pipes
    RelayPipe,
    /// An operation under a timeout, which is cancelled if the operation ends before it
    Timeout,
}

/// How often each task of a relay has the token, where nothing else is asked for: so often that starting the
/// tasks is about a hundredth of what is timed.
const LAPS: NonZeroU16 = NonZeroU16::new(500).unwrap();

/// How many of 1,000 timeouts are cancelled then.
const CANCELLED: u16 = 990;

impl Kind {
    /// Those at which each contestant has its sizes.
    pub const ALL: [Self; 3] = [Self::Timer, Self::Http, Self::Transfer];

    /// Whether it can be run without a server of the user's.
    pub const fn is_at_hand(self) -> bool {
        cfg!(feature = "server") || !matches!(self, Self::Http | Self::Transfer)
    }

    /// The workload of the default run, still without tasks.
    pub fn workload(self) -> Workload {
        match self {
            Self::Timer => Workload::timer(0, Duration::ZERO),
            Self::Timeout => Self::Timer.workload().with_timeouts(CANCELLED),
            Self::Relay => Workload::relay(0, Medium::Channel).with_waits(LAPS),
            Self::RelayPipe => Workload::relay(0, Medium::Pipe).with_waits(LAPS),
            Self::Http => Workload::http(0, answer(1 << 10)),
            Self::Transfer => {
                let rate_limit = NonZeroU64::new(10 << 20);
                Workload::http(0, Http { rate_limit, ..answer(128 << 10) })
            }
        }
    }

    /// Whether a wait of the default run has to be long enough to weigh in. A transfer takes as long
    /// as its bytes do.
    pub fn waits_to_be_weighed(self) -> bool {
        self != Self::Transfer
    }
}

/// An answer with a body of so many bytes, from a server that is not known until a cell runs: it may be another
/// one for each.
fn answer(bytes: u64) -> Http {
    Http::new((Ipv4Addr::UNSPECIFIED, 0).into(), Duration::ZERO, bytes)
}
