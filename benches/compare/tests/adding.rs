//! `docs/adding-a-contestant.md` names the files that a contestant takes. Those that exist took them.

use std::fs;
use std::path::PathBuf;

use compare::project::Project;

fn root() -> PathBuf {
    Project::find().unwrap().readme().parent().unwrap().to_owned()
}

fn section(heading: &str) -> String {
    let page = fs::read_to_string(root().join("docs/adding-a-contestant.md")).unwrap();
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).expect(heading);
    rest.split("\n## ").next().unwrap().to_owned()
}

/// The files in the table of this section, and whether each is new.
fn files(heading: &str) -> Vec<(String, bool)> {
    let section = section(heading);
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    rows.map(|(file, what)| (file.to_owned(), what.starts_with("new:"))).collect()
}

/// The names by which files, features, packages and modules are known, in one spelling.
fn knows(text: &str, name: &str) -> bool {
    text.contains(name) || text.contains(&name.replace('-', "_"))
}

fn expect_files(heading: &str, files: &[(String, bool)], name: &str, says: &str) {
    let new = files.iter().filter(|(_, is_new)| *is_new).count();
    assert_eq!(says, format!("{} files, {new} new", files.len()), "{heading}");
    for (file, is_new) in files {
        assert_eq!(file.contains("NAME"), *is_new, "{file}");
        let path = root().join(file.replace("NAME", &name.replace('-', "_")));
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(knows(&text, name), "{} does not know {name}", path.display());
    }
}

#[test]
fn every_runtime_is_in_the_files_that_are_named() {
    let heading = "A runtime for coroutines";
    let files = files(heading);
    assert!(section(heading).contains("Nine files change, two of them new."));
    for runtime in ["tokio", "async-std", "smol"] {
        expect_files(heading, &files, runtime, "9 files, 2 new");
    }
}

#[test]
fn every_pool_is_in_the_files_that_are_named() {
    let heading = "A contestant of another model";
    let files = files(heading);
    assert!(section(heading).contains("changes three files, one of them new."));
    for (pool, contestant) in [("crossbeam-pool", "CrossbeamPool"), ("rayon-pool", "RayonPool")] {
        // The crate's list knows it by its type.
        let (list, others): (Vec<_>, Vec<_>) =
            files.clone().into_iter().partition(|(file, _)| file.ends_with("/lib.rs"));
        expect_files(heading, &others, pool, "2 files, 1 new");
        let [(list, _)] = &list[..] else { panic!("{list:?}") };
        assert!(knows(&fs::read_to_string(root().join(list)).unwrap(), contestant), "{list}");
    }
}

#[test]
fn the_checks_are_those_of_the_suite() {
    let mut suite = Vec::new();
    for file in ["checks", "arrival", "http"] {
        let path = root().join(format!("crates/workload/src/conformance/{file}.rs"));
        let source = fs::read_to_string(path).unwrap();
        let (_, checks) = source.split_once("CHECKS: &[Check] = &[\n").unwrap();
        let (checks, _) = checks.split_once("\n];").unwrap();
        suite.extend(checks.lines().map(|line| line.split('"').nth(1).unwrap().to_owned()));
    }
    let then = section("Then");
    let listed: Vec<_> = then.lines().filter_map(|line| line.strip_prefix("- ")).collect();
    assert_eq!(listed, suite);
}
