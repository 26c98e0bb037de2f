//! Carries four facts into the program: the compiler's version, the locked versions of what is
//! compared, a fingerprint of the build, and what a reader has to follow in the models' tasks. A
//! record names all of them.
//!
//! None may fail the build: without `rustc -V` or `Cargo.lock` the fact is left empty, and the
//! program says that it is not known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

#[path = "build/readable.rs"]
mod readable;

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
    println!("cargo:rerun-if-changed=build");
    println!("cargo:rerun-if-changed={}", lock.display());
    println!("cargo:rustc-env=COMPARE_RUSTC={}", rustc_version().unwrap_or_default());
    let lock = fs::read_to_string(lock).unwrap_or_default();
    println!("cargo:rustc-env=COMPARE_VERSIONS={}", versions(&lock));
    println!("cargo:rustc-env=COMPARE_PROGRAM={}", program(&lock));
    println!("cargo:rustc-env=COMPARE_TASK_CODE={}", task_code());
}

/// The models, each a crate of its name, and the files that hold a task in each.
const MODELS: [&str; 4] = ["subroutine", "threads", "callbacks", "coroutines"];
const TASKS: [&str; 2] = ["timer.rs", "http.rs"];

/// What is counted in each model's tasks, as JSON: `{"callbacks":{"timer.rs":{…},…},…}`. A file that
/// cannot be measured is left out, with a warning.
fn task_code() -> String {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates");
    let models = MODELS.map(|model| {
        let files = TASKS.iter().filter_map(|file| {
            let path = crates.join(model).join("src").join(file);
            let source = fs::read_to_string(&path).map_err(|error| error.to_string());
            match source.and_then(|source| readable::measure(&source)) {
                Ok(counts) => Some(format!(r#""{file}":{}"#, counts.to_json())),
                Err(why) => {
                    println!("cargo:warning={} is not measured: {why}", path.display());
                    None
                }
            }
        });
        format!(r#""{model}":{{{}}}"#, files.collect::<Vec<_>>().join(","))
    });
    format!("{{{}}}", models.join(","))
}

/// The profile, and a number that another build has only if it was made from the same sources and
/// packages with the same features.
fn program(lock: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> =
        entries(&root.join("..")).iter().map(|member| member.join("src")).collect();
    folders.extend(entries(&root.join("../../crates")).iter().map(|member| member.join("src")));
    folders.push(root.join("build"));
    let mut hash = FNV_OFFSET;
    for folder in folders {
        println!("cargo:rerun-if-changed={}", folder.display());
        add_sources(&mut hash, &folder);
    }
    add(&mut hash, lock.as_bytes());
    let features: BTreeSet<String> = env::vars()
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("CARGO_FEATURE_"))
        .collect();
    for name in features {
        add(&mut hash, name.as_bytes());
    }
    let level = env::var("OPT_LEVEL").unwrap_or_default();
    format!("{} -O{level} {hash:016x}", env::var("PROFILE").unwrap_or_default())
}

fn add_sources(hash: &mut u64, folder: &Path) {
    for path in entries(folder) {
        if path.is_dir() {
            add_sources(hash, &path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            add(hash, &fs::read(&path).unwrap_or_default());
        }
    }
}

/// What is in a folder, in an order that is the same everywhere.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// FNV-1a, 64 bits, <http://www.isthe.com/chongo/tech/comp/fnv/>.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

fn add(hash: &mut u64, bytes: &[u8]) {
    // The zero byte keeps two files from reading like one.
    for byte in bytes.iter().chain(&[0]) {
        *hash = (*hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
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
