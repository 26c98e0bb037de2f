//! Puts the generated summary where the README says that it goes.

/// The line before which everything is kept.
pub const BEGIN: &str = "<!-- summary:begin -->";

/// The line from which on everything is kept.
pub const END: &str = "<!-- summary:end -->";

/// Why the summary has no place in the README.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpliceError {
    /// A marker is not there.
    #[error("the marker {0} is missing; the summary goes between {BEGIN} and {END}")]
    Missing(&'static str),
    /// A marker is there more than once.
    #[error("the marker {0} is there more than once; there is one summary")]
    Doubled(&'static str),
    /// The markers are the wrong way round.
    #[error("the marker {END} comes before {BEGIN}")]
    WrongOrder,
}

/// The README with this block between [`BEGIN`] and [`END`], in place of what was there.
///
/// # Errors
/// If either marker is not there exactly once, or they are the wrong way round.
pub fn splice(readme: &str, block: &str) -> Result<String, SpliceError> {
    let begin = only(readme, BEGIN)? + BEGIN.len();
    let end = only(readme, END)?;
    if end < begin {
        return Err(SpliceError::WrongOrder);
    }
    Ok(format!("{}\n{}\n{}", &readme[..begin], block.trim_end(), &readme[end..]))
}

fn only(text: &str, marker: &'static str) -> Result<usize, SpliceError> {
    let at = text.find(marker).ok_or(SpliceError::Missing(marker))?;
    if text[at + marker.len()..].contains(marker) {
        return Err(SpliceError::Doubled(marker));
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_replaces_what_was_between_the_markers() {
        let readme = format!("# Title\n\n{BEGIN}\nold\n{END}\n\nafter\n");
        let once = splice(&readme, "new\n").unwrap();
        assert_eq!(once, format!("# Title\n\n{BEGIN}\nnew\n{END}\n\nafter\n"));
        assert_eq!(splice(&once, "new\n").unwrap(), once);
    }

    #[test]
    fn a_bad_marker_is_named() {
        let error = |readme: &str| splice(readme, "").unwrap_err();
        assert_eq!(error(END), SpliceError::Missing(BEGIN));
        assert_eq!(error(BEGIN), SpliceError::Missing(END));
        assert_eq!(error(&format!("{BEGIN}{END}{END}")), SpliceError::Doubled(END));
        assert_eq!(error(&format!("{END}{BEGIN}")), SpliceError::WrongOrder);
        assert!(error(END).to_string().contains(BEGIN));
    }
}
