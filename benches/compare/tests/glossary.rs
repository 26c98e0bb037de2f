//! `docs/glossary.md` and the public names of the code say the same.

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

/// What stands as code among the terms.
fn code() -> BTreeSet<String> {
    let names = |term: &String| -> Vec<String> {
        term.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    terms().iter().flat_map(names).collect()
}

/// The Rust of a folder and, if asked, of the folders in it.
fn sources(folder: &Path, is_deep: bool) -> String {
    let text = |path: PathBuf| match path.extension() {
        Some(extension) if extension == "rs" => fs::read_to_string(path).unwrap(),
        None if is_deep && path.is_dir() => sources(&path, is_deep),
        _ => String::new(),
    };
    fs::read_dir(folder).unwrap().map(|entry| text(entry.unwrap().path())).collect()
}

/// The public types and traits of these sources.
fn public(sources: &str) -> BTreeSet<String> {
    let kinds = ["pub struct ", "pub enum ", "pub trait "];
    let rest = |line| kinds.iter().find_map(|kind| str::strip_prefix(line, kind));
    let is_name = |c: &char| c.is_alphanumeric();
    sources.lines().filter_map(rest).map(|rest| rest.chars().take_while(is_name).collect()).collect()
}

#[test]
fn the_glossary_knows_the_types_of_the_code_and_no_others() {
    let (root, code) = (root(), code());
    let all = ["crates", "benches"].map(|side| sources(&root.join(side), true)).concat();
    let gone: Vec<_> = code.difference(&public(&all)).cloned().collect();
    assert!(gone.is_empty(), "no public types any more: {gone:?}");
    let analysis = public(&sources(&root.join("benches/analysis/src"), false));
    let missing: Vec<_> = analysis.difference(&code).cloned().collect();
    assert!(missing.is_empty(), "not in docs/glossary.md: {missing:?}");
}

#[test]
fn terms_are_in_alphabetical_order() {
    let terms: Vec<_> = terms().iter().map(|term| term.replace('`', "").to_lowercase()).collect();
    assert!(terms.len() > 50 && terms.is_sorted(), "{terms:?}");
}
