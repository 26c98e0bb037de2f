//! What an analysis says, in words, tables and pictures.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`document`] | [`Document`](document::Document): headings, paragraphs, typed tables |
//! | [`chart`] | [`Chart`](chart::Chart): what is drawn |
//! | [`unit`] | what a number counts, and which way is better |
//! | [`text`] | words: inline text with marks, and each language |
//! | [`mod@format`] | how numbers are written, once for everything |
//! | [`pages`] | one file a page |
//! | [`render`] | one file a form: Markdown, terminal, JSON, SVG |

pub mod chart;
pub mod document;
pub mod format;
pub mod pages;
pub mod render;
pub mod text;
pub mod unit;
