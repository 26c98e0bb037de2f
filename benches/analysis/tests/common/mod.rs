//! Records of real machines.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use record::Record;

/// The names of the records that are there.
pub(crate) const RECORDS: [&str; 2] = ["amd-2-cores-thorough", "intel-2-cores-default"];

/// The record of this name.
pub(crate) fn read(name: &str) -> Record {
    let path = folder().join(format!("{name}.jsonl.gz"));
    let mut text = String::new();
    let file = std::fs::File::open(&path).unwrap();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    record::read_from(&path, text.as_bytes()).unwrap()
}

/// Where they are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records")
}
