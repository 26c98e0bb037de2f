//! One `cargo bench -p compare`: two bench targets, two processes, one record.
//!
//! Cargo runs `memory` and `throughput` as processes of their own, and which of them comes first is
//! cargo's affair. Each writes its part of the record into the folder of the session; the one that
//! ends last finds both parts and publishes. That both belong to the same session is told by their
//! common parent, the cargo process. A target that is run alone finds no other part, and publishes
//! nothing.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use analysis::Analysis;
use anyhow::Context;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::generated::Files;
use crate::meter::process::Procfs;
use crate::output::{print, print_document, tell};
use crate::project::{Project, RECORD};
use record::{Extent, Record, differences, read_file};
use report::pages::front::front;
use report::text::en::ENGLISH;

/// The file in the folder of a session that its targets lock.
const LOCK: &str = "lock";

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

    fn other(self) -> Self {
        match self {
            Self::Memory => Self::Throughput,
            Self::Throughput => Self::Memory,
        }
    }

    /// Its name, which is that of its bench target.
    pub fn name(self) -> &'static str {
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
    /// Whether the committed results may be replaced, if everything was run.
    replaces: bool,
    folder: PathBuf,
    /// Locked as long as this target runs.
    _lock: Option<File>,
}

/// What a session has published.
#[derive(Debug)]
pub struct Published {
    extent: Extent,
    replaces: bool,
    /// What the record so far says.
    pub analysis: Analysis,
    /// Where it and its pages are.
    pub folder: PathBuf,
    /// Whether this part ended the command: no other is still to come.
    is_last: bool,
    /// If the committed results were replaced, of what extent those before were, if any.
    replaced: Option<Option<Extent>>,
}

impl Published {
    /// Prints where things are; if this part ended the command, below what the front page says.
    pub fn show(&self, part: Part) {
        if self.is_last {
            print_document(&front(&self.analysis, &ENGLISH), false);
            print("");
        }
        self.describe(part).lines().for_each(tell);
    }

    /// Where things are, for the terminal.
    fn describe(&self, part: Part) -> String {
        let name = part.name();
        let mut text = format!("{name}: record and tables are in {}", self.folder.display());
        if let Some(before) = self.replaced {
            text.push_str(&format!("\n{name}: docs/results and the front pages are new"));
            if before == Some(Extent::Thorough) && self.extent != Extent::Thorough {
                text.push_str(&format!(
                    "\n{name}: they came from a thorough run before; `git checkout docs README.md` brings back what was committed"
                ));
            }
        } else if self.extent.is_everything() && !self.replaces {
            text.push_str(&format!(
                "\n{name}: docs/results stays as it is, because a baseline of criterion's was named"
            ));
        } else if self.extent.is_everything() {
            let other = part.other().name();
            text.push_str(&format!(
                "\n{name}: docs/results is replaced when `{other}` has run in the same command"
            ));
        }
        text
    }
}

impl Session {
    /// The session of this process, which replaces the committed results or leaves them. What is left
    /// of earlier sessions is removed.
    ///
    /// # Errors
    /// If its folder cannot be made.
    pub fn open(project: Project, extent: Extent, replaces: bool) -> anyhow::Result<Self> {
        Self::open_as(project, extent, replaces, &key())
    }

    fn open_as(
        project: Project,
        extent: Extent,
        replaces: bool,
        key: &str,
    ) -> anyhow::Result<Self> {
        let sessions = project.scratch().join("sessions");
        let folder = sessions.join(key);
        fs::create_dir_all(&folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        // Shared, because other targets of this session lock it too. Not every file system has locks.
        let lock = File::create(folder.join(LOCK)).ok().filter(|lock| lock.lock_shared().is_ok());
        for other in fs::read_dir(&sessions).into_iter().flatten().flatten() {
            let is_over = other.file_name().to_str().is_none_or(|key| !is_alive(key));
            if is_over && other.path() != folder && !is_locked(&other.path()) {
                // What cannot be removed does no harm.
                let _ = fs::remove_dir_all(other.path());
            }
        }
        Ok(Self { project, extent, replaces, folder, _lock: lock })
    }

    /// Where a part is written until it is complete.
    pub fn begin(&self, part: Part) -> PathBuf {
        self.file(part, "part")
    }

    /// Makes a part complete, and publishes what is there: pages beside the record in
    /// `target/compare`, and the committed results if this was everything in full.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn complete(&self, part: Part) -> anyhow::Result<Published> {
        let complete = self.file(part, "jsonl");
        fs::rename(self.begin(part), &complete)
            .with_context(|| format!("{} cannot be written", complete.display()))?;
        let parts = Part::ALL.map(|part| self.file(part, "jsonl"));
        let parts: Vec<_> = parts.into_iter().filter(|path| path.is_file()).collect();
        let text = merge(&parts)?;

        let folder = self.project.scratch().join(self.extent.name());
        let record = record::read_from(&folder.join(RECORD), text.as_bytes())?;
        let analysis = Analysis::of(&record, None);
        Files::in_folder(&analysis, &folder).and(folder.join(RECORD), text.clone()).write()?;
        let is_last = is_only_target(part) || self.is_over(part.other());
        let is_whole = self.extent.is_everything() && parts.len() == Part::ALL.len();
        let replaced = (is_whole && self.replaces)
            .then(|| self.replace_results(&text, &record))
            .transpose()?;
        let (extent, replaces) = (self.extent, self.replaces);
        Ok(Published { extent, replaces, analysis, folder, is_last, replaced })
    }

    /// Notes that a part is not run, so that the other one does not wait for it.
    ///
    /// # Errors
    /// If that cannot be written.
    pub fn skip(&self, part: Part) -> anyhow::Result<()> {
        let path = self.file(part, "skipped");
        fs::write(&path, "").with_context(|| format!("{} cannot be written", path.display()))
    }

    fn is_over(&self, part: Part) -> bool {
        ["jsonl", "skipped"].iter().any(|kind| self.file(part, kind).is_file())
    }

    /// Replaces the committed results, and says of what extent they were, if there were any. The
    /// record that was there stays as that of the run before, if the two can be held against each
    /// other.
    fn replace_results(&self, text: &str, record: &Record) -> anyhow::Result<Option<Extent>> {
        let path = self.project.record();
        // What cannot be read cannot be held against anything.
        let before = read_file(&path).ok();
        let is_comparable = |before: &&Record| {
            before.run.extent == self.extent && differences(&before.run, &record.run).is_empty()
        };
        let previous = before.as_ref().filter(is_comparable);
        let analysis = Analysis::of(record, previous);
        let files = Files::of_project(&analysis, &self.project)?.and(path.clone(), text.to_owned());
        let files = match previous {
            Some(_) => files.and(self.project.previous(), fs::read_to_string(&path)?),
            None => files.without(self.project.previous()),
        };
        files.write()?;
        Ok(before.map(|before| before.run.extent))
    }

    fn file(&self, part: Part, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{kind}", part.name()))
    }
}

/// Whether the cargo that runs this process was asked for this bench target and not for the other.
///
/// Where the parent's arguments cannot be read, it is taken for one that runs both.
pub fn is_only_target(part: Part) -> bool {
    fs::read(format!("/proc/{}/cmdline", parent_id()))
        .is_ok_and(|arguments| is_only_target_of(&String::from_utf8_lossy(&arguments), part))
}

/// The same for arguments that are separated by NUL, as in proc_pid_cmdline(5).
fn is_only_target_of(arguments: &str, part: Part) -> bool {
    let of_cargo: Vec<_> = arguments.split('\0').take_while(|argument| *argument != "--").collect();
    let is_asked_for = |part: Part| {
        let joined = format!("--bench={}", part.name());
        of_cargo.windows(2).any(|pair| pair == ["--bench", part.name()])
            || of_cargo.contains(&joined.as_str())
    };
    is_asked_for(part) && !is_asked_for(part.other())
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
    let parent = parent_id();
    format!("{parent}-{}", started(parent).unwrap_or_default())
}

/// Whether the parent of the session with this key is still there. Where that cannot be told by when it
/// started, a process of this id is taken for it.
fn is_alive(key: &str) -> bool {
    let parent = key.split_once('-').and_then(|(pid, start)| Some((pid.parse().ok()?, start)));
    parent.is_some_and(|(pid, start)| match started(pid) {
        Some(now) if !start.is_empty() => now == start,
        None if started(std::process::id()).is_some() => false,
        _ => exists(pid),
    })
}

/// Where a process between cargo and this one says which process cargo is.
pub const PARENT: &str = "COMPARE_BENCH_PARENT";

/// The process that belongs to the whole session: cargo.
pub fn parent_id() -> u32 {
    if let Some(parent) = std::env::var(PARENT).ok().and_then(|parent| parent.parse().ok()) {
        return parent;
    }
    std::os::unix::process::parent_id()
}

fn exists(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().filter(|pid| *pid > 0);
    pid.is_some_and(|pid| kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH))
}

/// Whether a target of the session in this folder runs, also where its process cannot be seen, as from
/// another container.
fn is_locked(folder: &Path) -> bool {
    let lock = File::open(folder.join(LOCK));
    lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

/// When a process started, in clock ticks since boot (proc_pid_stat(5)).
fn started(pid: u32) -> Option<String> {
    const START: usize = 22;
    Procfs::default().stat(pid, START)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use record::synthetic;

    const README: &str = "before\n<!-- summary:begin -->\n<!-- summary:end -->\nafter\n";

    fn checkout() -> (TempDir, Project) {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::at(folder.path());
        fs::create_dir_all(project.korean_readme().parent().unwrap()).unwrap();
        for front in [project.readme(), project.korean_readme()] {
            fs::write(front, README).unwrap();
        }
        (folder, project)
    }

    /// The lines of a small record that belong to this part.
    fn part_text(part: Part) -> String {
        let record = synthetic::small_run();
        let line = |line: &record::Line| serde_json::to_string(line).unwrap() + "\n";
        let mut text = line(&record::Line::Run(Box::new(record.run)));
        match part {
            Part::Memory => text.extend(
                record.cells.into_iter().map(|cell| line(&record::Line::Cell(Box::new(cell)))),
            ),
            Part::Throughput => text.extend(
                record
                    .throughput
                    .into_iter()
                    .map(|throughput| line(&record::Line::Throughput(Box::new(throughput)))),
            ),
        }
        text
    }

    fn run(session: &Session, part: Part) -> anyhow::Result<Published> {
        fs::write(session.begin(part), part_text(part)).unwrap();
        session.complete(part)
    }

    #[test]
    fn both_parts_in_full_replace_the_results_in_either_order() {
        for order in [[Part::Memory, Part::Throughput], [Part::Throughput, Part::Memory]] {
            let (_folder, project) = checkout();
            let session = Session::open_as(project.clone(), Extent::Full, true, "1-1").unwrap();
            assert!(run(&session, order[0]).unwrap().replaced.is_none());
            assert!(!project.record().exists());
            let published = run(&session, order[1]).unwrap();
            assert!(published.replaced.is_some());
            let record = read_file(&project.record()).unwrap();
            assert_eq!(record.run, published.analysis.run);
            assert!(!record.cells.is_empty() && !record.throughput.is_empty());
            let readme = fs::read_to_string(project.readme()).unwrap();
            assert!(readme.starts_with("before\n") && readme.ends_with("after\n"));
            assert!(readme.len() > README.len());
            assert!(project.results().join("memory.md").is_file());
        }
    }

    /// Runs both parts, each changed like this, as the session with this key.
    fn run_both(
        project: &Project,
        extent: Extent,
        key: &str,
        change: fn(&str) -> String,
    ) -> Published {
        let session = Session::open_as(project.clone(), extent, true, key).unwrap();
        let mut published = None;
        for part in Part::ALL {
            fs::write(session.begin(part), change(&part_text(part))).unwrap();
            published = Some(session.complete(part).unwrap());
        }
        published.unwrap()
    }

    fn thorough(text: &str) -> String {
        text.replace(r#""extent":"full""#, r#""extent":"thorough""#)
    }

    fn on_another_machine(text: &str) -> String {
        thorough(text).replace(r#""cores":"#, r#""cores":9"#)
    }

    #[test]
    fn the_run_before_stays_if_the_two_can_be_held_against_each_other() {
        let (_folder, project) = checkout();
        let repeat = || fs::read_to_string(project.results().join("trust.md")).unwrap();
        let run = |key, change| run_both(&project, Extent::Thorough, key, change);

        run("1-1", thorough);
        assert!(!project.previous().exists());
        assert!(repeat().contains("There is no other run"));
        let first = fs::read_to_string(project.record()).unwrap();

        run("2-2", thorough);
        assert_eq!(fs::read_to_string(project.previous()).unwrap(), first);
        assert!(!repeat().contains("There is no other run"));

        run("3-3", on_another_machine);
        assert!(!project.previous().exists());
        assert!(repeat().contains("There is no other run"));
    }

    #[test]
    fn a_lesser_run_that_replaces_a_thorough_one_says_so() {
        let (_folder, project) = checkout();
        let says_so = |published: &Published| {
            published.describe(Part::Memory).contains("came from a thorough run before")
        };
        assert!(!says_so(&run_both(&project, Extent::Thorough, "1-1", thorough)));
        assert!(says_so(&run_both(&project, Extent::Full, "2-2", str::to_owned)));
        assert!(!says_so(&run_both(&project, Extent::Full, "3-3", str::to_owned)));
    }

    #[test]
    fn anything_less_than_everything_leaves_the_results_alone() {
        for extent in [Extent::Quick, Extent::Partial] {
            let (_folder, project) = checkout();
            let session = Session::open_as(project.clone(), extent, true, "1-1").unwrap();
            for part in Part::ALL {
                assert!(run(&session, part).unwrap().replaced.is_none());
            }
            assert!(!project.results().exists());
            assert_eq!(fs::read_to_string(project.readme()).unwrap(), README);
        }
    }

    /// A change is tried against criterion's baseline; the committed results stay what they are.
    #[test]
    fn a_run_beside_a_baseline_leaves_the_results_alone() {
        let (_folder, project) = checkout();
        let session = Session::open_as(project.clone(), Extent::Thorough, false, "1-1").unwrap();
        for part in Part::ALL {
            let published = run(&session, part).unwrap();
            assert!(published.replaced.is_none());
            let said = published.describe(part);
            assert!(said.contains("docs/results stays as it is, because a baseline"), "{said}");
        }
        assert!(!project.results().exists());
        assert_eq!(fs::read_to_string(project.readme()).unwrap(), README);
    }

    #[test]
    fn the_part_that_ends_last_knows_it() {
        for order in [[Part::Memory, Part::Throughput], [Part::Throughput, Part::Memory]] {
            let (_folder, project) = checkout();
            let session = Session::open_as(project, Extent::Quick, true, "1-1").unwrap();
            assert!(!run(&session, order[0]).unwrap().is_last);
            assert!(run(&session, order[1]).unwrap().is_last);
        }
        let (_folder, project) = checkout();
        let session = Session::open_as(project, Extent::Partial, true, "1-1").unwrap();
        session.skip(Part::Memory).unwrap();
        assert!(run(&session, Part::Throughput).unwrap().is_last);
    }

    #[test]
    fn parts_of_different_sessions_do_not_meet() {
        let (_folder, project) = checkout();
        let one = Session::open_as(project.clone(), Extent::Full, true, "1-1").unwrap();
        run(&one, Part::Memory).unwrap();
        let other = Session::open_as(project.clone(), Extent::Full, true, "2-2").unwrap();
        assert!(run(&other, Part::Throughput).unwrap().replaced.is_none());
        assert!(!project.results().exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_session_that_is_at_work_is_left_alone_and_a_dead_one_removed() {
        let (_folder, project) = checkout();
        let alive = Session::open_as(project.clone(), Extent::Quick, true, &key()).unwrap();
        let open = |key: &str| Session::open_as(project.clone(), Extent::Quick, true, key).unwrap();
        let dead = open("1-no-such-start").folder;
        // Its parent cannot be seen from here, as in another container, but it runs.
        let unseen = open("4194305-7");
        // Without /proc nothing says when a parent started.
        let unknown = open(&format!("{}-", std::process::id())).folder;
        open("2-2");
        assert!(alive.folder.exists() && unseen.folder.exists() && unknown.exists());
        assert!(!dead.exists());
        let unseen = { unseen }.folder;
        open("3-3");
        assert!(unknown.exists() && !unseen.exists());
    }

    #[test]
    fn a_broken_part_replaces_nothing() {
        let (_folder, project) = checkout();
        let session = Session::open_as(project.clone(), Extent::Full, true, "1-1").unwrap();
        run(&session, Part::Memory).unwrap();
        fs::write(session.begin(Part::Throughput), "rubbish\n").unwrap();
        assert!(session.complete(Part::Throughput).is_err());
        assert!(!project.results().exists());
        assert_eq!(fs::read_to_string(project.readme()).unwrap(), README);
    }

    #[test]
    fn a_target_that_was_asked_for_alone_is_known() {
        let alone = |line: &str| is_only_target_of(&line.replace(' ', "\0"), Part::Memory);
        assert!(alone("cargo bench -p compare --bench memory -- --quick"));
        assert!(alone("cargo bench --bench=memory"));
        assert!(!alone("cargo bench -p compare -- --bench memory"));
        assert!(!alone("cargo bench -p compare --bench memory --bench throughput"));
        assert!(!alone("cargo bench -p compare --bench throughput"));
    }
}
