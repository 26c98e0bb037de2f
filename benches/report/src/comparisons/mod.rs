//! What records say of each other: documents for commands, and parts of pages.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`mod@diff`] | two records, better or worse |
//! | [`repeat`] | how far figures move when the same run is made again |

pub mod diff;
pub mod repeat;
