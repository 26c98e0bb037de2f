//! What a number counts.

use serde::Serialize;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Nothing: the column has words.
    Words,
    /// Things.
    Count,
    /// Bytes, in decimal steps: 37.4 kB.
    Bytes,
    /// Sizes that are powers of two: 8 KiB.
    Size,
    /// Nanoseconds.
    Nanoseconds,
    /// So many a second.
    PerSecond,
    /// A ratio: 83 times.
    Times,
    /// A part of one, shown in percent.
    Share,
}
