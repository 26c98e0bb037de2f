//! Carries five facts into the program: the compiler's version, how it was called, the locked versions
//! of what is compared and where they are from, a fingerprint of the build, and what a reader has to
//! follow in the models' tasks. A record names all of them.
//!
//! None may fail the build: without `rustc -V` or `Cargo.lock` the fact is left empty, and the
//! program says that it is not known.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

#[path = "build/locked.rs"]
mod locked;
#[path = "build/readable.rs"]
mod readable;

/// Our crates that make up what is compared. The version of what they depend on can change a figure,
/// and so can that of what this is made of.
const COMPARED: [&str; 6] =
    ["workload", "reactor", "subroutine", "threads", "callbacks", "coroutines"];

fn main() {
    let root = own_folder().join("../..");
    let lock = root.join("Cargo.lock");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=build");
    println!("cargo:rerun-if-changed={}", lock.display());
    println!("cargo:rustc-env=COMPARE_RUSTC={}", rustc_version().unwrap_or_default());
    let lock = fs::read_to_string(lock).unwrap_or_default();
    println!("cargo:rustc-env=COMPARE_VERSIONS={}", versions(&root, &lock));
    let build = build();
    println!("cargo:rustc-env=COMPARE_PROGRAM={}", program(&root, &lock, &build));
    println!("cargo:rustc-env=COMPARE_BUILD={build}");
    println!("cargo:rustc-env=COMPARE_TASK_CODE={}", task_code());
}

/// Where this package is now: this program may have been compiled before the checkout was moved.
fn own_folder() -> PathBuf {
    env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default()
}

/// `name=version` of each package that is compared, whether its feature is on or not.
fn versions(root: &Path, lock: &str) -> String {
    let manifests = COMPARED.map(|ours| {
        let path = root.join("crates").join(ours).join("Cargo.toml");
        println!("cargo:rerun-if-changed={}", path.display());
        fs::read_to_string(path).unwrap_or_default()
    });
    let needed = manifests.iter().flat_map(|manifest| locked::dependencies(manifest));
    let needed: Vec<&str> = needed.filter(|name| !COMPARED.contains(name)).collect();
    locked::versions(lock, &needed)
}

/// The models, each a crate of its name, and the files that hold a task in each.
const MODELS: [&str; 4] = ["subroutine", "threads", "callbacks", "coroutines"];
const TASKS: [&str; 2] = ["timer.rs", "http.rs"];

/// What is counted in each model's tasks, as JSON: `{"callbacks":{"timer.rs":{…},…},…}`. A file that
/// cannot be measured is left out, with a warning.
fn task_code() -> String {
    let crates = own_folder().join("../../crates");
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

/// How the compiler was called, as `name=value`, separated by tabs.
fn build() -> String {
    let given = |name: &str| env::var(name).unwrap_or_default();
    println!("cargo:rerun-if-env-changed=RUSTFLAGS");
    println!("cargo:rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    let flags = given("CARGO_ENCODED_RUSTFLAGS").replace('\u{1f}', " ");
    let cpu = flags.split_once("target-cpu=").and_then(|(_, rest)| rest.split(' ').next());
    let with = |prefix: &'static str| {
        let all = env::vars_os().filter_map(move |(name, value)| {
            let value = value.to_string_lossy().into_owned();
            Some((name.to_str()?.strip_prefix(prefix)?.to_lowercase(), value))
        });
        all.collect::<BTreeMap<String, String>>()
    };
    let features: Vec<String> = with("CARGO_FEATURE_").into_keys().collect();
    let profile = with("CARGO_PROFILE_").into_iter().map(|(name, value)| format!("{name}={value}"));
    let facts = [
        ("RUSTFLAGS", flags.clone()),
        ("target", given("TARGET")),
        ("target cpu", cpu.unwrap_or("the target's own").to_owned()),
        ("target features", given("CARGO_CFG_TARGET_FEATURE")),
        ("features", features.join(",")),
        ("profile settings given", profile.collect::<Vec<_>>().join(" ")),
    ];
    let facts = facts.map(|(name, value)| {
        let value = if value.is_empty() { "none" } else { &*value };
        format!("{name}={}", value.replace(['\t', '\n', '\r'], " "))
    });
    facts.join("\t")
}

/// The profile, and a number that another build has only if it was made from the same sources and
/// packages with the same flags and features. Sources are those that the workspace has by their path; its
/// manifest has the settings of the profiles.
fn program(root: &Path, lock: &str, build: &str) -> String {
    let path = root.join("Cargo.toml");
    println!("cargo:rerun-if-changed={}", path.display());
    let manifest = fs::read_to_string(path).unwrap_or_default();
    let paths =
        manifest.lines().filter_map(|line| line.split_once("path = \"")?.1.split('"').next());
    let mut folders: Vec<PathBuf> = paths.map(|path| root.join(path).join("src")).collect();
    let own = own_folder();
    folders.extend(["src", "build"].map(|folder| own.join(folder)));
    let mut hash = FNV_OFFSET;
    add(&mut hash, manifest.as_bytes());
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        println!("cargo:rerun-if-changed={}", folder.display());
        add_sources(&mut hash, folder);
    }
    add(&mut hash, lock.as_bytes());
    add(&mut hash, build.as_bytes());
    let level = env::var("OPT_LEVEL").unwrap_or_default();
    // `PROFILE` knows two names only; the output is in `<profile>/build/<package>/out`.
    let out = env::var_os("OUT_DIR").map(PathBuf::from);
    let profile = out.as_ref().and_then(|out| out.ancestors().nth(3)?.file_name()?.to_str());
    let profile = profile.map_or_else(|| env::var("PROFILE").unwrap_or_default(), str::to_owned);
    format!("{profile} -O{level} {hash:016x}")
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
