//! What a request asks for, and how long it may take.

use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU8, NonZeroU64};
use std::time::Duration;

use super::Fault;

/// The longest delay that the server grants.
pub const LONGEST_DELAY: Duration = Duration::from_secs(600);

/// The largest body that the server sends, in bytes.
pub const LARGEST_BODY: u64 = 64 * 1024 * 1024;

/// The address that is so many after the first one, counted up; `None` beyond the last there is.
pub fn nth_address(first: IpAddr, nth: u32) -> Option<IpAddr> {
    match first {
        IpAddr::V4(first) => Some(IpAddr::V4(first.to_bits().checked_add(nth)?.into())),
        IpAddr::V6(first) => Some(IpAddr::V6(first.to_bits().checked_add(nth.into())?.into())),
    }
}

/// What a task's requests ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Http {
    /// Where the server listens.
    pub server: SocketAddr,
    /// On how many addresses it listens, counted up from that one with the same port. Tasks take
    /// them in turn: from one address to one port of another there are only so many ports.
    pub addresses: NonZeroU8,
    /// The number under which the server counts these requests apart from others.
    pub group: u32,
    /// How long the server waits before it answers.
    pub delay: Duration,
    /// By how much the first task's delay is longer than the last one's.
    pub spread: Duration,
    /// The size of the answer's body in bytes, at most [`LARGEST_BODY`].
    pub bytes: u64,
    /// Whether a connection serves another request after the first: of the same task, or of the
    /// next one where tasks run one after another.
    pub keep_alive: bool,
    /// The bandwidth of all answers together, in bytes per second, where the server caps it.
    pub rate_limit: Option<NonZeroU64>,
    /// How long each step may take.
    pub timeouts: Timeouts,
    /// What the server is asked to do wrong instead, to every second task (those with odd indices).
    /// `None` in everything that is measured.
    pub fault: Option<Fault>,
}

impl Http {
    /// Requests to this server that ask for an answer of `bytes` bytes after `delay`, each over a
    /// connection of its own.
    pub fn new(server: SocketAddr, delay: Duration, bytes: u64) -> Self {
        Self {
            server,
            addresses: NonZeroU8::MIN,
            group: 0,
            delay,
            spread: Duration::ZERO,
            bytes,
            keep_alive: false,
            rate_limit: None,
            timeouts: Timeouts::default(),
            fault: None,
        }
    }
}

/// How long each step of a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timeouts {
    /// Until the connection is there.
    pub connect: Duration,
    /// Until something is sent or comes, since the last time; beyond the delay asked for.
    pub read: Duration,
    /// For the whole request; beyond the delay asked for.
    pub total: Duration,
}

impl Default for Timeouts {
    /// 30 s for each step and a minute for all of them: longer than a connection takes whose first
    /// packets were dropped because 10,000 others came at once.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            read: Duration::from_secs(30),
            total: Duration::from_secs(60),
        }
    }
}
