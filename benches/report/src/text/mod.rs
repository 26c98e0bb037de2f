//! Words: inline text with marks, and what is said in which language.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`inline`] | [`Text`]: words with marks, and [`say`], which fills figures into a sentence |
//! | [`limits`] | limits in words, and the commands that move them |
//! | [`names`] | what contestants, workloads and limits are called |

pub mod inline;
pub mod limits;
pub mod names;

pub use inline::{Span, Text, say};
