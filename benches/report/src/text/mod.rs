//! Words: inline text with marks, and what is said in which language.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`front`] | what the front page says, asked of every language |
//! | [`en`], [`ko`] | the front page in English and in Korean |
//! | [`claims`] | claims, thresholds, verdicts and evidence |
//! | [`inline`] | [`Text`]: words with marks, and [`say`], which fills figures into a sentence |
//! | [`limits`] | limits in words, and the commands that move them |
//! | [`cautions`] | what to know before using the figures of a record |
//! | [`conditions`] | what happened to the machine while cells ran |
//! | [`quantities`] | what figures, bars and verdicts are called |
//! | [`names`] | what contestants, workloads and limits are called |

pub mod cautions;
pub mod claims;
pub mod conditions;
pub mod en;
pub mod front;
pub mod inline;
pub mod ko;
pub mod limits;
pub mod names;
pub mod quantities;

pub use inline::{Span, Text, say};
