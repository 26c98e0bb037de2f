//! What the server says of itself.

use serde::{Deserialize, Serialize};

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
}
