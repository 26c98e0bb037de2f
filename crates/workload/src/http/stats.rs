//! What the server says of itself.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::get::{GetError, Why, get};

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
}

impl Stats {
    /// Asks the server for them: for those of one group, or of all requests together. Takes at most
    /// `timeout`.
    ///
    /// # Errors
    /// If it does not answer with 200 and such an object in time.
    pub fn of(server: SocketAddr, group: Option<u32>, timeout: Duration) -> Result<Self, GetError> {
        let target = match group {
            Some(group) => format!("/stats?group={group}"),
            None => "/stats".to_owned(),
        };
        let (status, body) = get(server, &target, timeout)?;
        let stats = match status {
            200 => serde_json::from_slice(&body).map_err(Why::Json),
            _ => Err(Why::Status(status)),
        };
        stats.map_err(|why| GetError { server, target, why })
    }
}
