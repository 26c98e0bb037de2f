//! What the build script reads of `Cargo.lock` and of manifests.

#[path = "../build/locked.rs"]
mod locked;

const LOCK: &str = r#"
[[package]]
name = "tokio"
version = "1.54.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "ab"
dependencies = [
 "mio",
 "slab 0.4.0",
]

[[package]]
name = "mio"
version = "1.0.0"
dependencies = [
 "tokio",
]

[[package]]
name = "slab"
version = "0.3.0"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "slab"
version = "0.4.0"
source = "git+https://example.org/slab?branch=main#0123"

[[package]]
name = "unrelated"
version = "9.0.0"
"#;

#[test]
fn a_package_says_its_versions_and_where_it_is_from_unless_from_crates_io() {
    let expected = "mio=1.0.0 from a path\tslab=0.3.0, 0.4.0 from git+https://example.org/slab?branch=main#0123\ttokio=1.54.0";
    assert_eq!(locked::versions(LOCK, &["tokio", "absent"]), expected);
    assert_eq!(locked::versions("", &["tokio"]), "");
    assert_eq!(locked::versions("[[package]]\nname = \"tokio\"\n", &["tokio"]), "");
}

#[test]
fn a_manifest_says_what_it_needs_but_not_what_its_tests_need() {
    let manifest = r#"
[features]
conformance = ["dep:libtest-mimic"]

[dependencies]
# A comment.
hyper = { workspace = true, optional = true } # another
libtest-mimic = { workspace = true, optional = true }

tokio.workspace = true

[target.'cfg(interleavings)'.dependencies]
loom.workspace = true

[dev-dependencies]
proptest.workspace = true
"#;
    assert_eq!(locked::dependencies(manifest), ["hyper", "tokio"]);
    assert!(locked::dependencies("").is_empty());
}
