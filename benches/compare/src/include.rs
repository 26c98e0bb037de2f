//! Puts code into pages, so that what a page shows is what is compiled.
//!
//! A page marks the place, on lines of their own:
//!
//! ```text
//! <!-- code: crates/coroutines/src/timer.rs add -->
//! <!-- code:end -->
//! ```
//!
//! Between the two goes a block with the functions and types of these names from this file, in the
//! order in which the page names them, without their doc comments and attributes. An item is found by
//! its first line and ends with the first closing brace in its column, as rustfmt writes it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The pages that show code, from the root of the checkout.
pub const PAGES: &[&str] = &["docs/models.md", "docs/your-own.md"];

const BEGIN: &str = "<!-- code: ";
const BEGIN_END: &str = " -->";
const END: &str = "<!-- code:end -->";

/// The pages of this checkout that show code, with the code as it is.
///
/// # Errors
/// If the code that a page wants to show is not there.
pub fn filled(root: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let pages = PAGES.iter().map(|page| root.join(page)).filter(|page| page.is_file());
    pages
        .map(|page| {
            let unusable =
                || format!("the code in {} cannot be brought up to date", page.display());
            let text = fs::read_to_string(&page).with_context(unusable)?;
            let text = fill(&text, root).with_context(unusable)?;
            Ok((page, text))
        })
        .collect()
}

/// The page with the code of its markers. What stood between them is replaced; all else stays as it
/// is. Files are looked for below `root`.
///
/// # Errors
/// If a marker has no end or names no item, or what it names is not there.
pub fn fill(page: &str, root: &Path) -> anyhow::Result<String> {
    let mut filled = String::with_capacity(page.len());
    let mut lines = page.split_inclusive('\n');
    while let Some(line) = lines.next() {
        filled.push_str(line);
        let marker = line.trim_end();
        let Some(place) = marked(marker) else { continue };
        let code = code(marker, place, root)?;
        filled.push_str("```rust\n");
        filled.push_str(&code);
        filled.push_str("```\n");
        let end = lines.find(|line| line.trim_end() == END || marked(line.trim_end()).is_some());
        match end {
            Some(end) if end.trim_end() == END => filled.push_str(end),
            _ => bail!("`{marker}` has no `{END}` before the next marker or the page's end"),
        }
    }
    Ok(filled)
}

fn marked(line: &str) -> Option<&str> {
    line.strip_prefix(BEGIN)?.strip_suffix(BEGIN_END)
}

/// The items that are named in `place`, with an empty line between two.
fn code(marker: &str, place: &str, root: &Path) -> anyhow::Result<String> {
    let mut words = place.split_whitespace();
    let path = words.next().unwrap_or_default();
    let names: Vec<&str> = words.collect();
    if names.is_empty() {
        bail!("`{marker}` names nothing; write `<!-- code: FILE NAME… -->`");
    }
    let source = fs::read_to_string(root.join(path))
        .with_context(|| format!("`{path}` cannot be read for the page that shows it"))?;
    let items = names.iter().map(|name| {
        item(&source, name).with_context(|| format!("`{path}` has no function or type `{name}`"))
    });
    Ok(items.collect::<anyhow::Result<Vec<_>>>()?.join("\n"))
}

/// The function or type of this name at the top level of the source.
fn item(source: &str, name: &str) -> Option<String> {
    let mut lines = source.split_inclusive('\n').skip_while(|line| item_name(line) != Some(name));
    let first = lines.next()?;
    let mut item = first.to_owned();
    if !matches!(first.trim_end().chars().last(), Some(';' | '}')) {
        for line in lines {
            item.push_str(line);
            if line.starts_with('}') {
                break;
            }
        }
    }
    Some(item)
}

/// The name of the item that begins with this line.
fn item_name(line: &str) -> Option<&str> {
    let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    if line.starts_with([' ', '\t', '/', '#']) {
        return None;
    }
    words.find(|word| ["fn", "struct", "enum"].contains(word))?;
    words.next()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const SOURCE: &str = "\
//! A file with fn add in its head.

use std::fmt;

/// Adds.
#[inline]
pub fn add<const N: usize>(
    a: u32,
) -> u32 {
    if a > 1 {
        helper(a)
    }
}

struct Pair(u32, u32);

pub(crate) async fn helper(a: u32) -> u32 {
    // A comment of its own.
    fn inner() {}
    a
}

fn nothing() {}
";

    fn root() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("src")).unwrap();
        fs::write(root.path().join("src/a.rs"), SOURCE).unwrap();
        root
    }

    #[test]
    fn what_stands_between_the_markers_is_replaced() {
        let root = root();
        let page = "Before.\n<!-- code: src/a.rs helper Pair -->\nold\n<!-- code:end -->\nAfter.\n";
        let filled = fill(page, root.path()).unwrap();
        let expected = concat!(
            "Before.\n",
            "<!-- code: src/a.rs helper Pair -->\n",
            "```rust\n",
            "pub(crate) async fn helper(a: u32) -> u32 {\n",
            "    // A comment of its own.\n",
            "    fn inner() {}\n",
            "    a\n",
            "}\n",
            "\n",
            "struct Pair(u32, u32);\n",
            "```\n",
            "<!-- code:end -->\n",
            "After.\n",
        );
        assert_eq!(filled, expected);
        assert_eq!(fill(&filled, root.path()).unwrap(), filled, "and that changes nothing more");
        fs::write(root.path().join("src/a.rs"), SOURCE.replace("    a\n", "    a + 1\n")).unwrap();
        assert_ne!(fill(&filled, root.path()).unwrap(), filled, "the code is another");
    }

    #[test]
    fn an_item_is_found_by_its_name_and_taken_whole() {
        let add = item(SOURCE, "add").unwrap();
        assert!(add.starts_with("pub fn add<const N: usize>(\n"), "{add}");
        assert!(add.ends_with("        helper(a)\n    }\n}\n"), "{add}");
        assert_eq!(item(SOURCE, "nothing").unwrap(), "fn nothing() {}\n");
        assert_eq!(item(SOURCE, "inner"), None, "it stands within another");
        assert_eq!(item(SOURCE, "ad"), None);
    }

    #[test]
    fn a_page_without_markers_stays_as_it_is() {
        for page in
            ["", "no end of line", "In a line: <!-- code: x y -->\r\n", "<!-- code:end -->\n"]
        {
            assert_eq!(fill(page, Path::new("nowhere")).unwrap(), page);
        }
    }

    proptest! {
        /// Text outside the markers stays, and what was filled is up to date.
        #[test]
        fn filling_again_changes_nothing(parts in vec(("[ -~]{0,40}\n", "[ -~\n]{0,40}"), 0..6)) {
            let root = root();
            let begin = "<!-- code: src/a.rs nothing -->\n";
            let page = |code: fn(&str) -> &str| -> String {
                let blocks = parts.iter().map(|(text, old)| {
                    format!("{text}{begin}{}\n{END}\n", code(old))
                });
                blocks.collect()
            };
            let filled = fill(&page(|old| old), root.path()).unwrap();
            prop_assert_eq!(&filled, &page(|_| "```rust\nfn nothing() {}\n```"));
            prop_assert_eq!(fill(&filled, root.path()).unwrap(), filled);
        }
    }

    #[test]
    fn what_is_wrong_with_a_marker_is_said() {
        let root = root();
        let error = |page: &str| fill(page, root.path()).unwrap_err().to_string();
        let gone = error("<!-- code: src/b.rs add -->\n<!-- code:end -->\n");
        assert_eq!(gone, "`src/b.rs` cannot be read for the page that shows it");
        let missing = error("<!-- code: src/a.rs sub -->\n<!-- code:end -->\n");
        assert_eq!(missing, "`src/a.rs` has no function or type `sub`");
        let nothing = error("<!-- code: src/a.rs -->\n<!-- code:end -->\n");
        assert!(nothing.ends_with("names nothing; write `<!-- code: FILE NAME… -->`"), "{nothing}");
        for open in ["", "<!-- code: src/a.rs helper -->\n<!-- code:end -->\n"] {
            let open = error(&format!("<!-- code: src/a.rs add -->\n{open}"));
            assert!(open.starts_with("`<!-- code: src/a.rs add -->` has no `"), "{open}");
        }
    }
}
