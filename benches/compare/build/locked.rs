//! What `Cargo.lock` and a manifest say of packages.
//!
//! Cargo writes each package as a `[[package]]` line followed by its `name`, `version` and `source`
//! lines and the list of its `dependencies`, so that no TOML parser is needed here.
//!
//! This file is part of the build script and of a test, and not of the program.

use std::collections::{BTreeMap, BTreeSet};

/// Where packages are from if nothing else is said.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The packages that a manifest's `[dependencies]` name, optional ones too. Those of tests are not
/// among them, nor those that a feature `conformance` brings for tests.
pub(crate) fn dependencies(manifest: &str) -> Vec<&str> {
    let line = |key: &str| manifest.lines().find(|line| line.starts_with(key)).unwrap_or("");
    let for_tests = line("conformance = ");
    let (_, section) = manifest.split_once("\n[dependencies]\n").unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split([' ', '.', '=', '#']).next());
    let needed = |name: &&str| !name.is_empty() && !for_tests.contains(&format!("\"dep:{name}\""));
    names.filter(needed).collect()
}

/// `name=version`, separated by tabs, of these packages and of all that they depend on. A package that
/// is locked in several versions has them all, separated by commas; one that is not from crates.io says
/// where it is from.
pub(crate) fn versions(lock: &str, of: &[&str]) -> String {
    let mut packages: BTreeMap<&str, (BTreeSet<String>, Vec<&str>)> = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let value = |key: &str| package.lines().find_map(|line| quoted(line, key));
        let (Some(name), Some(version)) = (value("name = "), value("version = ")) else { continue };
        let from = match value("source = ") {
            Some(CRATES_IO) => String::new(),
            Some(source) => format!(" from {source}"),
            None => " from a path".into(),
        };
        let (versions, needs) = packages.entry(name).or_default();
        versions.insert(format!("{version}{from}"));
        // ` "name",`, or ` "name version",` where there are several.
        let listed = package.lines().filter_map(|line| line.strip_prefix(" \""));
        needs.extend(listed.filter_map(|line| line.split([' ', '"']).next()));
    }
    let mut wanted = of.to_vec();
    let mut lines = BTreeMap::new();
    while let Some(name) = wanted.pop() {
        if let Some((versions, needs)) = packages.remove(name) {
            wanted.extend(needs);
            lines.insert(name, Vec::from_iter(versions).join(", "));
        }
    }
    let lines = lines.iter().map(|(name, versions)| format!("{name}={versions}"));
    lines.collect::<Vec<_>>().join("\t")
}

fn quoted<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?.strip_prefix('"')?.strip_suffix('"')
}
