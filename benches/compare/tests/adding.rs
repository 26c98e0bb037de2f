//! `docs/adding-a-contestant.md` is written so that a program can follow it. This one does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use compare::project::Project;

const RUNTIME: &str = "A runtime for coroutines";
const MODEL: &str = "A contestant of another model";
const PROGRAM: &str = "A program in another language";

fn root() -> PathBuf {
    Project::find().unwrap().readme().parent().unwrap().to_owned()
}

fn section(heading: &str) -> String {
    let page = fs::read_to_string(root().join("docs/adding-a-contestant.md")).unwrap();
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).expect(heading);
    rest.split("\n## ").next().unwrap().to_owned()
}

/// What a block of the page is for.
#[derive(Debug)]
enum Step {
    New(String),
    After(String, String),
    Before(String, String),
    Run,
}

/// The steps of a section, each with its block.
fn steps(heading: &str) -> Vec<(Step, String)> {
    let section = section(heading);
    let mut steps = Vec::new();
    let mut lines = section.lines();
    let mut last = "";
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let step = match language {
                "sh" => Step::Run,
                _ => step(last).unwrap_or_else(|| panic!("no step: {last}")),
            };
            steps.push((step, block.iter().map(|line| format!("{line}\n")).collect()));
        }
        if !line.is_empty() {
            last = line;
        }
    }
    steps
}

fn step(line: &str) -> Option<Step> {
    let line = line.strip_suffix(":")?;
    if let Some(file) = line.strip_prefix("New file ") {
        return Some(Step::New(file.trim_matches('`').to_owned()));
    }
    let (file, place) = line.strip_prefix("In `")?.split_once("`, ")?;
    let (place, at) = place.split_once(' ')?;
    let at = at.strip_prefix('`')?.strip_suffix('`')?.to_owned();
    match place {
        "after" => Some(Step::After(file.to_owned(), at)),
        "before" => Some(Step::Before(file.to_owned(), at)),
        _ => None,
    }
}

/// The files of this folder as they are after these steps.
fn changed(folder: &Path, steps: &[(Step, String)]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for (step, block) in steps {
        let (file, at, is_after) = match step {
            Step::Run => continue,
            Step::New(file) => {
                assert!(!folder.join(file).exists(), "{file} is there already");
                assert!(files.insert(file.clone(), block.clone()).is_none(), "{file} twice");
                continue;
            }
            Step::After(file, at) => (file, at, true),
            Step::Before(file, at) => (file, at, false),
        };
        let known = files.remove(file);
        let text = known.unwrap_or_else(|| fs::read_to_string(folder.join(file)).expect(file));
        let found = text.lines().filter(|line| line.trim() == at).count();
        assert_eq!(found, 1, "how often {file} has the line `{at}`");
        let around = |line: &str| match (line.trim() == at, is_after) {
            (true, true) => format!("{line}\n{block}"),
            (true, false) => format!("{block}{line}\n"),
            (false, _) => format!("{line}\n"),
        };
        files.insert(file.clone(), text.lines().map(around).collect());
    }
    files
}

#[test]
fn a_runtime_takes_five_files_one_of_them_new() {
    let steps = steps(RUNTIME);
    assert!(section(RUNTIME).contains("Five files change, one of them\nnew"));
    let new = steps.iter().filter(|(step, _)| matches!(step, Step::New(_))).count();
    assert_eq!((changed(&root(), &steps).len(), new), (5, 1));
}

#[test]
fn a_program_in_another_language_is_short_and_takes_a_stanza() {
    let files = changed(&root(), &steps(PROGRAM));
    assert_eq!(files.len(), 2, "{files:?}");
    for (file, text) in files {
        match file.ends_with(".toml") {
            true => assert_eq!(text.matches("[[contestant]]").count(), 1),
            false => assert!(text.lines().count() <= 80, "{file}: {}", text.lines().count()),
        }
    }
}

/// Follows all steps in a copy of the checkout, which shares its target folder. A step of `.ci/run`.
#[test]
#[ignore = "it builds the program a second time: `cargo test -p compare --test adding -- --ignored`"]
fn the_steps_are_followed_in_a_copy() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let copy = target.join("adding");
    let _ = fs::remove_dir_all(&copy);
    fs::create_dir_all(&copy).unwrap();
    // Files keep their times, so what was built of the copy before is not built again.
    let listed = "git ls-files -z --cached --others --exclude-standard";
    sh(&root(), target, &format!("{listed} | tar c --null -T - | tar xp -C '{}'", copy.display()));
    let commit = "git -c user.name=test -c user.email=test@localhost commit -q -m before";
    sh(&copy, target, &format!("git init -q && git add -A && {commit}"));
    for (heading, most) in [(RUNTIME, 5), (PROGRAM, 2)] {
        let steps = steps(heading);
        for (file, text) in changed(&copy, &steps) {
            let path = copy.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        sh(&copy, target, "cargo fmt --all --check");
        for (_, commands) in steps.iter().filter(|(step, _)| matches!(step, Step::Run)) {
            sh(&copy, target, commands);
        }
        let status = sh(&copy, target, "git status --porcelain --untracked-files=all");
        let touched: BTreeSet<&str> = status.lines().map(|line| line[3..].trim()).collect();
        println!("{heading}: {} files: {touched:?}", touched.len());
        let counted = touched.iter().filter(|file| **file != "Cargo.lock").count();
        assert!(counted <= most, "{heading}: {counted} files: {touched:?}");
        sh(&copy, target, &format!("git add -A && {commit}"));
    }
}

/// What these commands print. All have to succeed.
fn sh(folder: &Path, target: &Path, commands: &str) -> String {
    println!("$ {commands}");
    let output = Command::new("sh")
        .args(["-ec", commands])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_NET_OFFLINE", "true")
        .env_remove("CARGO_MANIFEST_DIR")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {commands}", output.status);
    said
}

/// The files in the table of this section, and whether each is new.
fn files(heading: &str) -> Vec<(String, bool)> {
    let section = section(heading);
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    rows.map(|(file, what)| (file.to_owned(), what.starts_with("new:"))).collect()
}

#[test]
fn every_pool_is_in_the_files_that_are_named() {
    let files = files(MODEL);
    assert!(section(MODEL).contains("changes three files, one of them new."));
    assert_eq!(files.len(), 3);
    for (name, contestant) in [("crossbeam_pool", "CrossbeamPool"), ("rayon_pool", "RayonPool")] {
        for (file, is_new) in &files {
            assert_eq!(file.contains("NAME"), *is_new, "{file}");
            let path = root().join(file.replace("NAME", name));
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(contestant), "{} does not know {contestant}", path.display());
        }
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
    let asked = section("What the suite asks for");
    let listed: Vec<_> = asked.lines().filter_map(|line| line.strip_prefix("- ")).collect();
    assert_eq!(listed, suite);
}
