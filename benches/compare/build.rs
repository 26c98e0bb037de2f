//! Carries two facts into the program: the compiler's version, and the locked versions of what is
//! compared. A record names both.
//!
//! Neither may fail the build: without `rustc -V` or `Cargo.lock` the fact is left empty, and the
//! program says that it is not known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The packages whose version can change a figure.
const COMPARED: [&str; 17] = [
    "async-executor",
    "async-global-executor",
    "async-io",
    "async-std",
    "async-task",
    "criterion",
    "crossbeam-channel",
    "hdrhistogram",
    "httparse",
    "hyper",
    "hyper-util",
    "polling",
    "rayon",
    "rayon-core",
    "smol",
    "socket2",
    "tokio",
];

fn main() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", lock.display());
    println!("cargo:rustc-env=COMPARE_RUSTC={}", rustc_version().unwrap_or_default());
    let lock = fs::read_to_string(lock).unwrap_or_default();
    println!("cargo:rustc-env=COMPARE_VERSIONS={}", versions(&lock));
}

fn rustc_version() -> Option<String> {
    let output = Command::new(env::var_os("RUSTC")?).arg("-V").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// `name=version;…` of the compared packages; a package that is locked in several versions has
/// them all, as `name=1.0.0, 2.0.0`.
///
/// Cargo writes each package of the lock file as a `[[package]]` line followed by its `name` and
/// `version` lines, so that no TOML parser is needed here.
fn versions(lock: &str) -> String {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut name = None;
    for line in lock.lines() {
        if line == "[[package]]" {
            name = None;
        } else if let Some(value) = quoted(line, "name = ") {
            name = Some(value);
        } else if let (Some(name), Some(version)) = (name, quoted(line, "version = "))
            && COMPARED.contains(&name)
        {
            versions.entry(name).or_default().insert(version);
        }
    }
    let lines = versions.into_iter().map(|(name, versions)| {
        format!("{name}={}", versions.into_iter().collect::<Vec<_>>().join(", "))
    });
    lines.collect::<Vec<_>>().join(";")
}

fn quoted<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?.strip_prefix('"')?.strip_suffix('"')
}
