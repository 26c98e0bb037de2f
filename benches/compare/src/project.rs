//! Where things are in the checkout, and writing them so that nothing is lost half-way.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::include;
use crate::report::{self, Page};
use record::{Record, read_file};

/// The name of a record in its folder.
pub const RECORD: &str = "record.jsonl";

/// The name of the record of the run before, which `repeat.md` holds against that one.
pub const PREVIOUS: &str = "previous.jsonl";

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

    /// The results that are committed.
    pub fn results(&self) -> PathBuf {
        self.root.join("docs/results")
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

    /// What the committed records yield, of which this is the later one.
    ///
    /// # Errors
    /// If there is a record of the run before and it cannot be read.
    pub fn generated(&self, record: &Record) -> anyhow::Result<Generated> {
        let path = self.previous();
        let previous = path.exists().then(|| read_file(&path)).transpose()?;
        Ok(Generated::of(record).with_repeat(record, previous.as_ref()))
    }

    /// The front page.
    pub fn readme(&self) -> PathBuf {
        self.root.join("README.md")
    }

    /// Results that are not for committing.
    pub fn scratch(&self) -> PathBuf {
        self.root.join("target/compare")
    }
}

/// What a record yields, wherever it goes.
#[derive(Clone, Debug)]
pub struct Generated {
    pages: Vec<Page>,
    summary: String,
}

impl Generated {
    /// The pages and the summary of this record.
    pub fn of(record: &Record) -> Self {
        Self { pages: report::pages(record), summary: report::summary(record) }
    }

    /// The same, with the page that holds the run before against it.
    #[must_use]
    pub fn with_repeat(mut self, record: &Record, previous: Option<&Record>) -> Self {
        self.pages.push(report::repeat_page(record, previous));
        self
    }

    /// The pages in this folder; with a front page the summary in it, and the code in the pages of
    /// its checkout that show some.
    ///
    /// # Errors
    /// If the front page cannot be read or has no place for a summary, or the code that a page wants
    /// to show is not there.
    pub fn at(&self, folder: &Path, readme: Option<&Path>) -> anyhow::Result<Files> {
        let mut files: Vec<_> =
            self.pages.iter().map(|page| (folder.join(page.file), page.text.clone())).collect();
        if let Some(readme) = readme {
            let text = fs::read_to_string(readme)
                .with_context(|| format!("{} cannot be read", readme.display()))?;
            let text = report::splice(&text, &self.summary)
                .with_context(|| format!("{} has no place for a summary", readme.display()))?;
            files.push((readme.to_owned(), text));
            files.extend(with_code(readme.parent().unwrap_or(Path::new(".")))?);
        }
        Ok(Files { files })
    }
}

/// Generated files, with the places that they go to.
#[derive(Clone, Debug)]
pub struct Files {
    files: Vec<(PathBuf, String)>,
}

impl Files {
    /// Writes the files, each whole or not at all.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn write(&self) -> anyhow::Result<()> {
        for (path, text) in &self.files {
            write_whole(path, text)?;
        }
        Ok(())
    }

    /// The files that are not what the record yields.
    pub fn stale(&self) -> Vec<&Path> {
        self.files
            .iter()
            .filter(|(path, text)| fs::read_to_string(path).ok().as_ref() != Some(text))
            .map(|(path, _)| path.as_path())
            .collect()
    }

    /// Where the files are.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(path, _)| path.as_path())
    }
}

/// The pages of this checkout that show code, with the code as it is.
fn with_code(root: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let pages = include::PAGES.iter().map(|page| root.join(page)).filter(|page| page.is_file());
    pages
        .map(|page| {
            let unusable =
                || format!("the code in {} cannot be brought up to date", page.display());
            let text = fs::read_to_string(&page).with_context(unusable)?;
            let text = include::fill(&text, root).with_context(unusable)?;
            Ok((page, text))
        })
        .collect()
}

/// Writes a file beside its place and moves it there, so that a reader sees the old or the new one.
///
/// # Errors
/// If it cannot be written.
pub fn write_whole(path: &Path, text: &str) -> anyhow::Result<()> {
    let write = || -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        #[cfg(unix)]
        {
            // A temporary file is for its owner alone; what replaces a committed file is not.
            use std::os::unix::fs::PermissionsExt;
            file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        }
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_its_folder_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.md");
        write_whole(&path, "one").unwrap();
        write_whole(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let error = write_whole(&folder.path().join("file/b.md"), "").unwrap_err();
        assert!(error.to_string().ends_with("file/b.md cannot be written"), "{error}");
    }
}
