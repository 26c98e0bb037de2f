//! What an analysis says, in words, tables and pictures.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`document`] | [`Document`](document::Document): headings, paragraphs, typed tables |
//! | [`chart`] | [`Chart`](chart::Chart): what is drawn |
//! | [`mod@unit`] | what a number counts, and which way is better |
//! | [`text`] | words: inline text with marks, and each language |
//! | [`mod@format`] | how numbers are written, once for everything |
//! | [`pages`] | one file a page |
//! | [`run`] | what `compare run` prints |
//! | [`plan`] | what `compare plan` prints |
//! | [`one_page`] | everything on one page, with the figures that its script picks from |
//! | [`found`] | what `compare walls` prints |
//! | [`weighing`] | what `compare weigh` prints, and the page on servers |
//! | [`comparisons`] | what records say of each other |
//! | `tables` | how long a table may be |
//! | [`render`] | one file a form: Markdown, HTML, terminal, JSON, SVG |

pub mod chart;
pub mod comparisons;
pub mod document;
pub mod format;
pub mod found;
pub mod one_page;
pub mod pages;
pub mod plan;
pub mod render;
pub mod run;
mod tables;
pub mod text;
pub mod unit;
pub mod weighing;
