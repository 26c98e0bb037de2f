//! `crates/contestant/examples/own-task`, a project of somebody's: it builds, and its futures weigh what
//! they hold.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use analysis::Analysis;
use analysis::figure::Figure;
use common::{compare, scratch, stderr, stdout};
use compare::project::Project;
use record::read_file;

const FILES: [&str; 4] = ["Cargo.toml", "Cargo.lock", "contestants.toml", "src/main.rs"];

fn root() -> PathBuf {
    Project::find().unwrap().readme().parent().unwrap().to_owned()
}

/// A copy below `target`, so that nothing is built between the sources.
fn copy_of_the_example() -> PathBuf {
    let kit = root().join("crates/contestant");
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("own-task");
    for file in FILES {
        let text = fs::read_to_string(kit.join("examples/own-task").join(file)).unwrap();
        let text = text.replace("\"../..\"", &format!("{kit:?}"));
        let path = copy.join(file);
        // What did not change is not built again.
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    copy
}

/// The version of each package that a lock file has.
fn locked(path: &Path) -> BTreeMap<String, Vec<String>> {
    let lock: toml::Table = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut versions = BTreeMap::<_, Vec<_>>::new();
    for package in lock["package"].as_array().unwrap() {
        let text = |key: &str| package[key].as_str().unwrap().to_owned();
        versions.entry(text("name")).or_default().push(text("version"));
    }
    versions
}

/// It is built from what the workspace has downloaded.
#[test]
fn the_example_has_the_versions_of_the_workspace() {
    let ours = locked(&root().join("Cargo.lock"));
    let example = root().join("crates/contestant/examples/own-task/Cargo.lock");
    for (name, versions) in locked(&example) {
        let is_ours = |version| ours.get(&name).is_some_and(|ours| ours.contains(version));
        assert!(
            name == "own-task" || versions.iter().all(is_ours),
            "{name} {versions:?}: copy Cargo.lock into the example and run `cargo metadata` there"
        );
    }
}

#[test]
fn a_future_weighs_what_it_holds() {
    let folder = scratch();
    let record = folder.path().join("record.jsonl");
    let output = compare()
        .args(["run", "--only", "own/*", "--tasks", "1,20k", "--repeats", "3", "--contestants"])
        .arg(copy_of_the_example().join("contestants.toml"))
        .arg("--record")
        .arg(&record)
        .env("CARGO_NET_OFFLINE", "true")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}{}", stderr(&output), stdout(&output));

    let record = read_file(&record).unwrap();
    let analysis = Analysis::of(&record, None);
    let weight = |id: &str| {
        let of_id =
            |measured: &&analysis::measured::Measured| measured.series.contestant.to_string() == id;
        let measured = analysis.measured.iter().find(of_id).unwrap_or_else(|| panic!("no {id}"));
        let weight = measured.slope(Figure::Anonymous).unwrap().value;
        println!("{id}: {weight:.2} B a task");
        weight
    };
    let [nothing, holds, flat, nested] =
        ["nothing", "holds-1000", "flat", "nested"].map(|name| weight(&format!("own/{name}")));
    println!("1,000 B weigh {:.2} B; 256 B: {:.2} B", holds - nothing, flat - nothing);
    println!("the same 256 B through three functions: {:.2} B", nested - nothing);
    assert!((holds - nothing - 1000.0).abs() < 10.0, "1,000 B weigh {} B", holds - nothing);
    assert!((flat - nothing - 256.0).abs() < 2.56, "256 B weigh {} B", flat - nothing);
    // Each of the functions holds what it was given and what it works with.
    assert!(nested - nothing > 2.0 * (flat - nothing), "{nested} B and {flat} B");
}

#[test]
fn the_page_shows_the_stanza_as_it_is() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let file = read("crates/contestant/examples/own-task/contestants.toml");
    let first = file.split("\n\n").nth(1).unwrap();
    assert!(read("docs/your-own.md").contains(&format!("```toml\n{first}\n```")), "{first}");
}
