//! Bars: what a figure was held to before it was measured.

use serde::Serialize;

/// Whether a bar is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is missed: the whole interval lies outside.
    Missed,
    /// The interval reaches over the bar, or there is none, so nothing follows.
    Undecided,
    /// There is no figure.
    NotMeasured,
    /// It is met: the whole interval lies within.
    Met,
}
