//! The house stays in order: which crate may know which, no circles between files, no private words.

mod tidy {
    pub(crate) mod files;
}

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use compare::project::Project;
use serde_json::Value;

use tidy::files::{circles, sources};

fn root() -> PathBuf {
    Project::find().unwrap().readme().parent().unwrap().to_owned()
}

/// Which of our crates each of them may use. Arrows go down only; see docs/architecture.md.
const EDGES: &[(&str, &[&str])] = &[
    ("workload", &[]),
    ("protocol", &["workload"]),
    ("contestant", &["protocol", "workload"]),
    ("reactor", &["workload"]),
    ("subroutine", &["workload"]),
    ("threads", &["subroutine", "workload"]),
    ("callbacks", &["reactor", "workload"]),
    ("coroutines", &["reactor", "workload"]),
    ("delay-server", &["workload"]),
    ("record", &["protocol"]),
    ("analysis", &["record"]),
    ("report", &["analysis", "record"]),
    (
        "compare",
        &[
            "analysis",
            "callbacks",
            "contestant",
            "coroutines",
            "delay-server",
            "protocol",
            "record",
            "report",
            "subroutine",
            "threads",
            "workload",
        ],
    ),
];

#[test]
fn crates_know_only_what_is_below_them() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        EDGES.iter().map(|(name, below)| (*name, below.iter().copied().collect())).collect();
    let ours: BTreeSet<&str> =
        packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    assert_eq!(ours, allowed.keys().copied().collect(), "a crate came or went");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let below: BTreeSet<&str> = package["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|dependency| dependency["kind"].is_null())
            .filter_map(|dependency| dependency["name"].as_str())
            .filter(|dependency| ours.contains(dependency))
            .collect();
        assert_eq!(below, allowed[name], "what {name} uses");
    }
}

/// What brings a feature of tokio along brings another tokio to be weighed, tests and benches included.
#[test]
fn the_tokio_that_is_weighed_has_the_features_that_it_had() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "-p", "compare", "-e", "normal,build,dev", "-i", "tokio"])
        .args(["-f", "{f}", "--prefix", "none", "--depth", "0", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let features = String::from_utf8(output.stdout).unwrap();
    assert_eq!(features.trim_end(), "default,libc,mio,net,rt,rt-multi-thread,socket2,sync,time");
}

#[test]
fn files_do_not_use_each_other_in_circles() {
    let mut found = Vec::new();
    for member in ["crates", "benches"] {
        for entry in fs::read_dir(root().join(member)).unwrap() {
            let folder = entry.unwrap().path().join("src");
            if folder.is_dir() {
                found.extend(circles(&folder));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_circle_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("lib.rs", "mod a; mod b; pub use a::A;");
    write("a.rs", "use crate::b::B; pub struct A(B);");
    write("b.rs", "pub struct B; #[cfg(test)] mod tests { use crate::A; }");
    assert!(circles(folder.path()).is_empty());
    write("b.rs", "pub struct B; impl B { pub fn a() -> Option<crate::A> { None } }");
    assert_eq!(circles(folder.path()).len(), 1);
    write("b.rs", "use super::*; pub struct B;");
    assert_eq!(circles(folder.path()), Vec::<BTreeSet<PathBuf>>::new(), "the root defines nothing");
}

/// Words that only we would understand; the glossary has the field's.
const PRIVATE: [&str; 9] = [
    "scaffolding",
    "autopsy",
    "leanest",
    "told from noise",
    "bury",
    "herd",
    "parked",
    "visit(",
    "engine",
];

/// Where such a word stands because a format has it: in a record, in the protocol, or as the old name
/// of an option.
const ALLOWED: [&str; 4] = ["\"herd\"", "\", herd\"", "\"parked\"", "\"second_parked\""];

#[test]
fn no_private_words_are_left() {
    let is_ours = |path: &PathBuf| {
        let path = path.to_string_lossy();
        !path.contains("/tests/tidy") && !path.ends_with("/protocol/src/messages.rs")
    };
    for path in sources(&root()).into_iter().filter(is_ours) {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let lower = line.to_lowercase();
            let is_allowed = ALLOWED.iter().any(|allowed| lower.contains(allowed));
            let word = PRIVATE.iter().find(|word| lower.contains(*word)).filter(|_| !is_allowed);
            assert!(word.is_none(), "{}:{}: {line}", path.display(), number + 1);
        }
    }
}
