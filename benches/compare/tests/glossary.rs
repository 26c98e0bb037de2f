//! `docs/glossary.md` and the public types of the code name the same things.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use compare::project::Project;

fn root() -> PathBuf {
    Project::find().unwrap().readme().parent().unwrap().to_owned()
}

/// The terms, as they stand in the first column.
fn terms() -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/glossary.md")).unwrap();
    let rows = page.lines().skip_while(|line| !line.starts_with("| ---")).skip(1);
    rows.filter_map(|row| Some(row.strip_prefix("| ")?.split_once(" | ")?.0.to_owned())).collect()
}

/// The public types and traits in the Rust of a folder and, if asked, of the folders in it.
fn public(folder: &Path, is_deep: bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() && is_deep {
            names.extend(public(&path, is_deep));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let kinds = ["pub struct ", "pub enum ", "pub trait "];
            for line in text.lines() {
                let rest = kinds.iter().find_map(|kind| line.strip_prefix(kind));
                names.extend(rest.map(|rest| {
                    rest.chars().take_while(|c| c.is_alphanumeric()).collect::<String>()
                }));
            }
        }
    }
    names
}

#[test]
fn the_glossary_knows_the_types_of_the_code_and_no_others() {
    let code: BTreeSet<String> = terms()
        .iter()
        .flat_map(|term| term.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect();
    let all =
        ["crates", "benches"].iter().flat_map(|side| public(&root().join(side), true)).collect();
    let gone: Vec<_> = code.difference(&all).collect();
    assert!(gone.is_empty(), "no public types any more: {gone:?}");
    let analysis = public(&root().join("benches/analysis/src"), false);
    let missing: Vec<_> = analysis.difference(&code).collect();
    assert!(missing.is_empty(), "not in docs/glossary.md: {missing:?}");
}

#[test]
fn terms_are_in_alphabetical_order() {
    let terms: Vec<_> = terms().iter().map(|term| term.replace('`', "").to_lowercase()).collect();
    assert!(terms.len() > 50 && terms.is_sorted(), "{terms:?}");
}
