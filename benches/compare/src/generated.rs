//! The files that a record yields, and writing them: all of them or none.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use analysis::Analysis;
use anyhow::{Context, bail};
use report::document::{Block, Document};
use report::one_page;
use report::pages::{self, front};
use report::render::html::{self, Around};
use report::render::markdown::{self, GENERATED, Place};
use report::render::svg::{self, Theme};
use report::text::{en::ENGLISH, ko::KOREAN};
use report::weighing;

use crate::include;
use crate::project::{Project, RECORD, SERVERS};
use crate::splice::splice;

/// The page that stands beside the pages written by hand, because it is for choosing.
const CHOOSING: &str = "choosing";

/// The folder of the pictures, beside the pages.
const CHARTS: &str = "charts";

/// The page of HTML that has everything, beside the pages.
pub const ONE_PAGE: &str = "index.html";

/// What stands around it in the folder of the results.
pub const IN_RESULTS: Around<'_> = Around { results: Some(""), docs: Some("../") };

/// Generated files, with the places that they go to, and what an earlier record left there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    files: Vec<(PathBuf, String)>,
    /// Generated pages and pictures that no record yields any more.
    orphans: Vec<PathBuf>,
}

impl Files {
    /// What this analysis yields, in a folder of its own.
    pub fn in_folder(analysis: &Analysis, folder: &Path) -> Self {
        let docs = Project::find().map_or_else(
            |_| "docs/".to_owned(),
            |project| format!("{}/", project.docs().display()),
        );
        let place = Place { results: "", docs: &docs };
        let mut files = Vec::new();
        let documents = documents(analysis);
        for document in &documents {
            let page = format!("{GENERATED}{}", markdown::render(document, &place));
            files.push((folder.join(format!("{}.md", document.id)), page));
            files.extend(pictures(document, folder));
        }
        let around = Around { docs: None, ..IN_RESULTS };
        files.push((
            folder.join(ONE_PAGE),
            html::render(&one_page::of(analysis, documents), &around),
        ));
        Self::with_orphans(files, folder)
    }

    /// The one page alone, in a checkout with the servers that were weighed there.
    ///
    /// # Errors
    /// If the record of servers of this checkout cannot be read.
    pub fn of_page(
        analysis: &Analysis,
        project: Option<&Project>,
        path: PathBuf,
        around: &Around<'_>,
    ) -> anyhow::Result<Self> {
        let mut documents = documents(analysis);
        documents.extend(project.map(servers).transpose()?.flatten());
        let page = html::render(&one_page::of(analysis, documents), around);
        Ok(Self { files: vec![(path, page)], orphans: Vec::new() })
    }

    /// What this analysis yields in the checkout: the results, the page on choosing, the front page in
    /// each language, and the code in the pages that show some.
    ///
    /// # Errors
    /// If a front page cannot be read or has no place for its block, or the code that a page wants to
    /// show is not there.
    pub fn of_project(analysis: &Analysis, project: &Project) -> anyhow::Result<Self> {
        let results = project.results();
        let mut files = Vec::new();
        let mut documents = documents(analysis);
        documents.extend(servers(project)?);
        for document in &documents {
            let (folder, place) = match document.id {
                CHOOSING | weighing::ID => {
                    (project.docs(), Place { results: "results/", docs: "" })
                }
                _ => (results.clone(), Place { results: "", docs: "../" }),
            };
            let head = match document.id {
                weighing::ID => GENERATED.replace(RECORD, SERVERS),
                _ => GENERATED.into(),
            };
            let page = format!("{head}{}", markdown::render(document, &place));
            files.push((folder.join(format!("{}.md", document.id)), page));
            files.extend(pictures(document, &results));
        }
        files.push((
            results.join(ONE_PAGE),
            html::render(&one_page::of(analysis, documents), &IN_RESULTS),
        ));
        let fronts = [
            (project.readme(), front::front(analysis, &ENGLISH), "docs/results/", "docs/"),
            (project.korean_readme(), front::front(analysis, &KOREAN), "../results/", "../"),
        ];
        for (path, document, results, docs) in fronts {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            let text = splice(&text, &markdown::render_body(&document, &Place { results, docs }))
                .with_context(|| format!("{} has no place for its block", path.display()))?;
            files.push((path, text));
        }
        files.extend(include::filled(project.root())?);
        // A picture that stands on two pages is one file.
        files.sort();
        files.dedup();
        Ok(Self::with_orphans(files, &results))
    }

    fn with_orphans(files: Vec<(PathBuf, String)>, folder: &Path) -> Self {
        let known: BTreeSet<&Path> = files.iter().map(|(path, _)| path.as_path()).collect();
        let mut orphans = Vec::new();
        for folder in [folder.to_owned(), folder.join(CHARTS)] {
            for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()) {
                let is_generated = match path.extension().and_then(|extension| extension.to_str()) {
                    Some("md") => fs::read_to_string(&path)
                        .is_ok_and(|text| text.starts_with(GENERATED.trim_end())),
                    Some("svg") => path.parent().is_some_and(|folder| folder.ends_with(CHARTS)),
                    _ => false,
                };
                if is_generated && !known.contains(path.as_path()) {
                    orphans.push(path);
                }
            }
        }
        orphans.sort();
        Self { files, orphans }
    }

    /// Adds a file that goes with them, such as the record itself.
    #[must_use]
    pub fn and(mut self, path: PathBuf, text: String) -> Self {
        self.files.push((path, text));
        self
    }

    /// Adds a file that is to be gone when these are written.
    #[must_use]
    pub fn without(mut self, path: PathBuf) -> Self {
        if path.exists() {
            self.orphans.push(path);
        }
        self
    }

    /// Checks that no file goes where this record is: a record may be named as a page is.
    ///
    /// # Errors
    /// If one does.
    pub fn check_spares(&self, record: &Path) -> anyhow::Result<()> {
        let Ok(record) = record.canonicalize() else { return Ok(()) };
        let over = |path: &&Path| path.canonicalize().is_ok_and(|path| path == record);
        match self.paths().find(over) {
            Some(path) => bail!(
                "{} is the record, and a page would be written over it; give another folder with --out",
                path.display()
            ),
            None => Ok(()),
        }
    }

    /// Writes the files, all of them or none: each is written beside its place first, and they are
    /// moved there when all have been. What no record yields any more is removed.
    ///
    /// # Errors
    /// If one cannot be written. None has been moved then.
    pub fn write(&self) -> anyhow::Result<()> {
        let mut ready = Vec::new();
        if let Some(folder) = self.paths().find(|path| path.is_dir()) {
            // Found before any folder is made.
            bail!("{}: there is a folder of that name", unwritable(folder));
        }
        for (path, text) in &self.files {
            let written = beside(path, text);
            ready.push((written.with_context(|| unwritable(path))?, path));
        }
        for (file, path) in ready {
            file.persist(path).with_context(|| unwritable(path))?;
        }
        for path in &self.orphans {
            fs::remove_file(path)
                .with_context(|| format!("{} cannot be removed", path.display()))?;
        }
        Ok(())
    }

    /// The files that are not what the record yields.
    pub fn stale(&self) -> Vec<&Path> {
        let differs = |(path, text): &&(PathBuf, String)| {
            fs::read_to_string(path).ok().as_ref() != Some(text)
        };
        let changed = self.files.iter().filter(differs).map(|(path, _)| path.as_path());
        changed.chain(self.orphans.iter().map(PathBuf::as_path)).collect()
    }

    /// Where the files are.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(path, _)| path.as_path())
    }
}

/// The page on the servers that were weighed in this checkout, from a record of their own.
fn servers(project: &Project) -> anyhow::Result<Option<Document>> {
    let path = project.servers();
    let record = path.is_file().then(|| record::read_file(&path)).transpose()?;
    Ok(record.map(|record| weighing::document(&Analysis::of(&record, None), None)))
}

/// All pages; of a record of servers that were weighed, theirs.
fn documents(analysis: &Analysis) -> Vec<Document> {
    if !analysis.servers.is_empty() {
        return vec![weighing::document(analysis, None)];
    }
    pages::all().iter().map(|page| (page.build)(analysis)).collect()
}

/// The pictures of a document, light and dark.
fn pictures(document: &Document, folder: &Path) -> Vec<(PathBuf, String)> {
    fn of(blocks: &[Block], folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for block in blocks {
            match block {
                Block::Chart(chart) => {
                    for (theme, name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
                        let file = format!("{CHARTS}/{}-{name}.svg", chart.id);
                        found.push((folder.join(file), svg::render(chart, theme)));
                    }
                }
                Block::Details { blocks, .. } => of(blocks, folder, found),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    of(&document.blocks, folder, &mut found);
    found
}

fn beside(path: &Path, text: &str) -> anyhow::Result<tempfile::NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    // A temporary file is for its owner alone; what replaces a committed file is not.
    file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    Ok(file)
}

fn unwritable(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}

#[cfg(test)]
mod tests {
    use record::synthetic::small_run;

    use super::*;

    fn files(folder: &Path) -> Files {
        Files::in_folder(&Analysis::of(&small_run(), None), folder)
    }

    #[test]
    fn all_files_are_written_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let last = files.paths().last().unwrap().to_owned();
        fs::create_dir_all(&last).unwrap();
        let error = format!("{:#}", files.write().unwrap_err());
        assert!(error.contains("there is a folder of that name"), "{error}");
        assert!(files.paths().all(|path| path == last || !path.exists()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no folder is made either");
        fs::remove_dir_all(
            folder.path().join(last.strip_prefix(folder.path()).unwrap().iter().next().unwrap()),
        )
        .unwrap();
        files.write().unwrap();
        assert!(files.stale().is_empty());
    }

    #[test]
    fn no_page_is_written_over_the_record_it_is_made_of() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let record = folder.path().join("trust.md");
        fs::write(&record, "a record").unwrap();
        let error = files.check_spares(&record).unwrap_err().to_string();
        assert!(error.contains("is the record"), "{error}");
        let elsewhere = folder.path().join("record.jsonl");
        fs::write(&elsewhere, "a record").unwrap();
        assert!(files.check_spares(&elsewhere).is_ok());
    }

    #[test]
    fn what_no_record_yields_any_more_is_stale_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        files(folder.path()).write().unwrap();
        let old = folder.path().join("old.md");
        fs::write(&old, format!("{GENERATED}# Old\n")).unwrap();
        let own = folder.path().join("own.md");
        fs::write(&own, "# By hand\n").unwrap();
        assert_eq!(files(folder.path()).stale(), [old.as_path()]);
        files(folder.path()).write().unwrap();
        assert!(!old.exists() && own.exists());
    }
}
