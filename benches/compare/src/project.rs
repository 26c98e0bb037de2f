//! Where things are in the checkout, and where a run leaves its record.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The name of a record in its folder.
pub const RECORD: &str = "record.jsonl";

/// The name of the record of the run before, which the trust page holds against that one.
pub const PREVIOUS: &str = "previous.jsonl";

/// The name of the record of servers that were weighed.
pub const SERVERS: &str = "servers.jsonl";

/// A checkout of this project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The checkout that cargo runs in, or else the one around the current folder.
    ///
    /// # Errors
    /// If there is none.
    pub fn find() -> anyhow::Result<Self> {
        let start = match std::env::var_os("CARGO_MANIFEST_DIR") {
            Some(manifest) => PathBuf::from(manifest),
            None => std::env::current_dir().context("the current folder is gone")?,
        };
        match start.ancestors().find(|folder| folder.join("benches/compare/Cargo.toml").is_file()) {
            Some(root) => Ok(Self { root: root.to_owned() }),
            None => bail!(
                "{} is not in a checkout of this project; go there, or name the record with --record",
                start.display()
            ),
        }
    }

    /// The checkout in this folder.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The pages.
    pub fn docs(&self) -> PathBuf {
        self.root.join("docs")
    }

    /// The results that are committed.
    pub fn results(&self) -> PathBuf {
        self.docs().join("results")
    }

    /// The committed record.
    pub fn record(&self) -> PathBuf {
        self.results().join(RECORD)
    }

    /// The record of the run before the committed one, if that was of the same extent on the same
    /// machine with the same versions.
    pub fn previous(&self) -> PathBuf {
        self.results().join(PREVIOUS)
    }

    /// The record of servers that were weighed.
    pub fn servers(&self) -> PathBuf {
        self.results().join(SERVERS)
    }

    /// The front page.
    pub fn readme(&self) -> PathBuf {
        self.root.join("README.md")
    }

    /// The front page in Korean.
    pub fn korean_readme(&self) -> PathBuf {
        self.docs().join("ko/README.md")
    }

    /// The contestants from elsewhere.
    pub fn contestants(&self) -> PathBuf {
        self.root.join("benches/contestants/contestants.toml")
    }

    /// Results that are not for committing.
    pub fn scratch(&self) -> PathBuf {
        self.root.join("target/compare")
    }
}
