//! One `cargo bench -p compare`: two bench targets, two processes, one record.
//!
//! Cargo runs `memory` and `throughput` as processes of their own, and which of them comes first is
//! cargo's affair. Each writes its part of the record into the folder of the session; whoever ends
//! last finds both parts and publishes. That both belong to the same session is told by their common
//! parent, the cargo process. A target that is run alone finds no other part, and publishes nothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::project::{Generated, Project, RECORD, write_whole};
use crate::record::{Extent, Record, read_file};

/// A part of a session's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The cells.
    Memory,
    /// The throughput samples.
    Throughput,
}

impl Part {
    const ALL: [Self; 2] = [Self::Memory, Self::Throughput];

    fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Throughput => "throughput",
        }
    }
}

/// One `cargo bench -p compare`.
#[derive(Debug)]
pub struct Session {
    project: Project,
    extent: Extent,
    folder: PathBuf,
}

/// What a session has published.
#[derive(Debug)]
pub struct Published {
    /// The record so far.
    pub record: Record,
    /// Where it and its pages are.
    pub folder: PathBuf,
    /// Whether the committed results were replaced.
    pub replaced_results: bool,
}

impl Session {
    /// The session of this process. What is left of earlier sessions is removed.
    ///
    /// # Errors
    /// If its folder cannot be made.
    pub fn open(project: Project, extent: Extent) -> anyhow::Result<Self> {
        Self::open_as(project, extent, &key())
    }

    fn open_as(project: Project, extent: Extent, key: &str) -> anyhow::Result<Self> {
        let sessions = project.scratch().join("sessions");
        let folder = sessions.join(key);
        fs::create_dir_all(&folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        for other in fs::read_dir(&sessions).into_iter().flatten().flatten() {
            if other.path() != folder {
                // Another run may be at work there; then it is its own to remove.
                let _ = fs::remove_dir_all(other.path());
            }
        }
        Ok(Self { project, extent, folder })
    }

    /// Where a part is written until it is complete.
    pub fn begin(&self, part: Part) -> PathBuf {
        self.folder.join(format!("{}.part", part.name()))
    }

    /// Makes a part complete, and publishes what is there: pages beside the record in
    /// `target/compare`, and the committed results if this was everything in full.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn complete(&self, part: Part) -> anyhow::Result<Published> {
        let complete = self.path_of(part);
        fs::rename(self.begin(part), &complete)
            .with_context(|| format!("{} cannot be written", complete.display()))?;
        let parts: Vec<_> =
            Part::ALL.into_iter().map(|part| self.path_of(part)).filter(|p| p.is_file()).collect();
        let text = merge(&parts)?;

        let folder = self.project.scratch().join(match self.extent {
            Extent::Full => "full",
            Extent::Quick => "quick",
            Extent::Partial => "partial",
        });
        let mut record = publish(&text, &folder, None)?;
        let replaced_results = self.extent == Extent::Full && parts.len() == Part::ALL.len();
        if replaced_results {
            let results = self.project.results();
            record = publish(&text, &results, Some(&self.project.readme()))?;
        }
        Ok(Published { record, folder, replaced_results })
    }

    fn path_of(&self, part: Part) -> PathBuf {
        self.folder.join(format!("{}.jsonl", part.name()))
    }
}

/// Writes a record and everything that it yields.
fn publish(text: &str, folder: &Path, readme: Option<&Path>) -> anyhow::Result<Record> {
    let path = folder.join(RECORD);
    let record = crate::record::read(&path, text)?;
    let generated = Generated::of(&record, folder, readme)?;
    write_whole(&path, text)?;
    generated.write()?;
    Ok(record)
}

/// The lines of the first part, and those of the others without their first, which says what the
/// first one's says.
fn merge(parts: &[PathBuf]) -> anyhow::Result<String> {
    let mut merged = String::new();
    for part in parts {
        // Read as a record first, so that a broken part is found before anything is replaced.
        read_file(part)?;
        let text = fs::read_to_string(part)?;
        let lines = text.split_inclusive('\n').skip(usize::from(!merged.is_empty()));
        merged.extend(lines);
    }
    Ok(merged)
}

/// Tells sessions apart: the parent's process id, and when the parent started.
fn key() -> String {
    #[cfg(unix)]
    let parent = std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    let parent = 0;
    // The 22nd field of `stat`, in clock ticks since boot; the second, the name in parentheses, may
    // contain spaces (proc_pid_stat(5)).
    let started = fs::read_to_string(format!("/proc/{parent}/stat")).ok().and_then(|stat| {
        let (_, rest) = stat.rsplit_once(')')?;
        rest.split_whitespace().nth(19).map(str::to_owned)
    });
    format!("{parent}-{}", started.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_finds_its_session_again() {
        assert_eq!(key(), key());
        assert!(key().len() > 2);
    }
}
