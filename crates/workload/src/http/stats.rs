//! What the server says of itself.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::get::{Client, GetError, Why};

/// The answer to `GET /stats`, or to `GET /stats?group=7` for the requests of one group alone.
///
/// Only requests to `/wait` and `/fault` are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Requests that were read and are not yet answered to their last byte.
    pub open: u64,
    /// Requests that were answered to their last byte, as asked.
    pub served: u64,
    /// Requests that ended otherwise: by a fault that was asked for, or because the client left.
    pub broken: u64,
    /// The most requests that were open at once.
    pub high_water: u64,
    /// The connections that these requests came over. One over which requests of several groups
    /// come counts again for each change of the group.
    #[serde(default)]
    pub connections: u64,
    /// How often the server could not accept a connection for want of descriptors or memory, for
    /// whomever.
    #[serde(default)]
    pub exhausted: u64,
    /// On how many addresses it listens, counted up from the first, with the same port.
    #[serde(default)]
    pub addresses: u8,
}

impl Stats {
    /// Asks the server for them: for those of one group, or of all requests together. Takes at most
    /// `timeout`.
    ///
    /// # Errors
    /// If it does not answer with 200 and such an object in time.
    pub fn of(server: SocketAddr, group: Option<u32>, timeout: Duration) -> Result<Self, GetError> {
        Self::ask(&mut Client::new(server), group, timeout)
    }

    /// The same over a connection that is kept.
    ///
    /// # Errors
    /// As [`Stats::of`].
    pub fn ask(
        client: &mut Client,
        group: Option<u32>,
        timeout: Duration,
    ) -> Result<Self, GetError> {
        let target = match group {
            Some(group) => format!("/stats?group={group}"),
            None => "/stats".to_owned(),
        };
        let (status, body) = client.get(&target, timeout)?;
        let stats = match status {
            200 => serde_json::from_slice(&body).map_err(Why::Json),
            _ => Err(Why::Status(status)),
        };
        stats.map_err(|why| GetError { server: client.server(), target, why })
    }
}
