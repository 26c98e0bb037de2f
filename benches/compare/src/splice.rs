//! Puts the generated summary where the README says that it goes.

use anyhow::bail;

/// The line before which everything is kept.
pub const BEGIN: &str = "<!-- summary:begin -->";

/// The line from which on everything is kept.
pub const END: &str = "<!-- summary:end -->";

/// The README with this block between [`BEGIN`] and [`END`], in place of what was there.
///
/// # Errors
/// If either marker is not there exactly once, or they are the wrong way round.
pub fn splice(readme: &str, block: &str) -> anyhow::Result<String> {
    let begin = only(readme, BEGIN)? + BEGIN.len();
    let end = only(readme, END)?;
    if end < begin {
        bail!("the marker {END} comes before {BEGIN}");
    }
    Ok(format!("{}\n{}\n{}", &readme[..begin], block.trim_end(), &readme[end..]))
}

fn only(text: &str, marker: &str) -> anyhow::Result<usize> {
    let Some(at) = text.find(marker) else {
        bail!("the marker {marker} is missing; the summary goes between {BEGIN} and {END}");
    };
    if text[at + marker.len()..].contains(marker) {
        bail!("the marker {marker} is there more than once; there is one summary");
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
        let error = |readme: &str| splice(readme, "").unwrap_err().to_string();
        let between = format!("the summary goes between {BEGIN} and {END}");
        for (readme, expected) in [
            (END.to_owned(), format!("the marker {BEGIN} is missing; {between}")),
            (BEGIN.to_owned(), format!("the marker {END} is missing; {between}")),
            (format!("{BEGIN}{END}{END}"), format!("the marker {END} is there more than once")),
            (format!("{END}{BEGIN}"), format!("the marker {END} comes before {BEGIN}")),
        ] {
            assert!(error(&readme).starts_with(&expected), "{readme}");
        }
    }
}
