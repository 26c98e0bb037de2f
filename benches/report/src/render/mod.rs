//! The forms of a document. One file each, and each has one function through which every string goes
//! that may come from a record, an argument or a server.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`markdown`] | pages as a code host shows them |
//! | [`terminal`] | what a command prints; [`terminal::clean`] is for messages too |
//! | [`html`] | one page that loads nothing, with a script for what is picked |
//! | [`json`] | for programs |
//! | [`mod@svg`] | a chart as a picture, light or dark |
//! | `foreign` | what no form lets through: control, bidirectional and invisible characters |
//! | `layout` | a table's cells as text, with footnotes in place of what is missing |

mod foreign;
pub mod html;
pub mod json;
mod layout;
pub mod markdown;
pub mod svg;
#[cfg(test)]
mod synthetic;
pub mod terminal;
