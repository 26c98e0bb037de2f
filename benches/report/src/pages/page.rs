//! What a page is.

use analysis::Analysis;

use crate::document::Document;

/// A generated page: a pure function of an analysis.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Its file without the ending; also the document's name.
    pub id: &'static str,
    /// What it is called where another page links to it.
    pub name: &'static str,
    /// The page for this analysis.
    pub build: fn(&Analysis) -> Document,
}
