//! Words: inline text with marks, and what is said in which language.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`claims`] | claims, thresholds, verdicts and evidence |
//! | [`lighter`] | how much lighter a coroutine is, and where a thread is as good |
//! | [`inline`] | [`Text`]: words with marks, and [`say`], which fills figures into a sentence |
//! | [`names`] | what contestants, workloads and limits are called |

pub mod claims;
pub mod inline;
pub mod lighter;
pub mod names;

pub use inline::{Span, Text, say};
