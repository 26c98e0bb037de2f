//! Words: inline text with marks, and what is said in which language.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`inline`] | [`Text`]: words with marks, and [`say`], which fills figures into a sentence |
//! | [`limits`] | limits in words, and the commands that move them |
//! | [`cautions`] | what to know before using the figures of a record |
//! | [`quantities`] | what figures, bars and verdicts are called |
//! | [`names`] | what contestants, workloads and limits are called |

pub mod cautions;
pub mod inline;
pub mod limits;
pub mod names;
pub mod quantities;

pub use inline::{Span, Text, say};
