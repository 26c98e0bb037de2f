//! Weighs and times every contestant, and checks what is claimed of them.

pub mod claims;
pub mod fit;
pub mod host;
pub mod limits;
pub mod meter;
pub mod record;
pub mod report;
pub mod units;
