//! What is asked, with what the machine of the record has for it.

use super::case::Case;

/// What is asked, with what the machine of the record has for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// What was asked.
    pub(super) case: &'a Case,
    /// How many tasks wait at once.
    pub(super) waiting: Option<u64>,
    /// How many come a second.
    pub(super) per_second: Option<f64>,
    /// The cores.
    pub(super) cores: u32,
    /// The memory, with the name of the limit that it is.
    pub(super) memory: Option<(&'static str, u64)>,
    /// The largest state that any contestant was measured with.
    pub(super) largest_state: Option<u64>,
}
