//! Contestants from elsewhere: other programs, in any language, that a file names.
//!
//! `benches/contestants/contestants.toml` is the one that is read where nothing else is said. A stanza
//! whose program is not here, or does not say who it is, is a contestant whose cells have that reason.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};
use protocol::{CeilingLine, Profile, RoleLine};
use record::Status;
use serde::Deserialize;

use crate::cell::stopped::{last_line, legible};
use crate::contestant::{Contestant, Launch, Missing};
use crate::hello;
use crate::output::complain;
use crate::project::Project;

/// The contestants that a file names.
#[derive(Clone, Debug, Default)]
pub struct Elsewhere {
    path: PathBuf,
    stanzas: Vec<Stanza>,
    /// How long a program may take to say who it is, if it is to be less than usual.
    patience: Option<Duration>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    contestant: Vec<Stanza>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stanza {
    id: String,
    command: Vec<String>,
    #[serde(default)]
    build: Vec<String>,
    #[serde(default)]
    needs: Vec<String>,
    install: Option<String>,
    /// Whether not every machine can build and start it. It is skipped there. It is in a thorough
    /// run, and in others where `--only` matches it.
    #[serde(default)]
    optional: bool,
}

impl Elsewhere {
    /// Reads a file. Nothing is started.
    ///
    /// # Errors
    /// If it cannot be read, is no TOML of this form, or a stanza cannot be one.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("{name} cannot be read"))?;
        let file: File = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            anyhow::anyhow!("{name}, line {line}: {}", error.message().replace('\n', "; "))
        })?;
        let mut ids = BTreeSet::new();
        let folder = path.canonicalize()?.parent().map(Path::to_owned).unwrap_or_default();
        for stanza in &file.contestant {
            let Stanza { id, command, .. } = stanza;
            if let Err(why) = stanza.stand_in().check() {
                bail!("{name}: {why}");
            }
            if !ids.insert(id) {
                bail!("{name}: the id `{id}` is given twice; an id is given once");
            }
            let Some(first) = command.first().filter(|first| !first.is_empty()) else {
                bail!("{name}: the command of `{id}` is empty; give a program and its arguments");
            };
            if first.contains('/') && folder.join(first).is_dir() {
                bail!("{name}: the command of `{id}` is a directory: `{first}`; give a program");
            }
        }
        Ok(Self {
            path: folder.join(path.file_name().unwrap_or_default()),
            stanzas: file.contestant,
            patience: None,
        })
    }

    /// Those of the project's own file; none where that is not.
    ///
    /// # Errors
    /// As [`Elsewhere::read`].
    pub fn usual() -> anyhow::Result<Self> {
        let path = Project::find().map(|project| project.contestants());
        match path {
            Ok(path) if path.is_file() => Self::read(&path),
            _ => Ok(Self::default()),
        }
    }

    /// The same, where a cell may be silent for so long, and so may a program that is to say who it is.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience: Some(patience.min(hello::PATIENCE)), ..self }
    }

    /// The same without those that not every machine can start.
    #[must_use]
    pub fn without_optional(mut self) -> Self {
        self.stanzas.retain(|stanza| !stanza.optional);
        self
    }

    /// Where it was read from.
    pub fn name(&self) -> impl std::fmt::Display {
        self.path.display()
    }

    /// The ids in it, in its order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.stanzas.iter().map(|stanza| &*stanza.id)
    }

    /// Builds and starts those that are wanted, so that they say who they are.
    pub(crate) fn start(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<&'static Contestant> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let patience = self.patience.unwrap_or(hello::PATIENCE);
        let wanted = self.stanzas.iter().filter(|stanza| is_wanted(&stanza.id));
        wanted.map(|stanza| stanza.start(folder, patience).kept()).collect()
    }
}

impl Stanza {
    fn start(&self, folder: &Path, patience: Duration) -> Contestant {
        let (program, arguments) = self.command_in(folder);
        let launch = Launch::Command { program, arguments };
        let unasked = Contestant { profile: self.stand_in(), launch, missing: None };
        match self.hello(folder, &unasked, patience) {
            Ok(profile) => Contestant { profile, ..unasked },
            Err(missing) => {
                complain(format_args!("compare: `{}` is not run: {}", self.id, missing.reason));
                Contestant { missing: Some(missing), ..unasked }
            }
        }
    }

    /// The command with all that lies in the folder named from the root: a cell may be started anywhere.
    fn command_in(&self, folder: &Path) -> (PathBuf, Vec<String>) {
        let within = |word: &String| {
            let path = folder.join(word);
            if path.is_file() { path.to_string_lossy().into_owned() } else { word.clone() }
        };
        let (first, rest) = self.command.split_first().expect("a command is not empty");
        let program = if first.contains('/') { folder.join(first) } else { PathBuf::from(first) };
        (program, rest.iter().map(within).collect())
    }

    /// What the program says of itself, after it was built.
    fn hello(
        &self,
        folder: &Path,
        unasked: &Contestant,
        patience: Duration,
    ) -> Result<Profile, Missing> {
        if let Some(needed) = self.needs.iter().find(|needed| !is_installed(needed, folder)) {
            let install = self.install.as_ref().map_or_else(String::new, |how| format!(": {how}"));
            let reason = format!("`{needed}` is not installed here{install}");
            return Err(Missing { status: Status::Skipped, reason });
        }
        let status = if self.optional { Status::Skipped } else { Status::Failed };
        self.build(folder)
            .and_then(|()| self.ask(unasked, patience))
            .map_err(|reason| Missing { status, reason: legible(&reason) })
    }

    fn build(&self, folder: &Path) -> Result<(), String> {
        let Some((program, arguments)) = self.build.split_first() else { return Ok(()) };
        let output = Command::new(program).args(arguments).current_dir(folder).output();
        let output = output.map_err(|error| format!("`{program}` does not start: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = last_line(&said).unwrap_or("nothing").to_owned();
        Err(format!("`{}` failed ({}), after saying `{said}`", self.build.join(" "), output.status))
    }

    fn ask(&self, unasked: &Contestant, patience: Duration) -> Result<Profile, String> {
        let (profile, _) = hello::of(unasked, Path::new(""), patience)?;
        if profile.role == RoleLine::Variant || !profile.env.is_empty() {
            return Err("says that it is a variant, which only an option makes".into());
        }
        profile.check()?;
        Ok(profile)
    }

    /// What is known of it before it has said something.
    fn stand_in(&self) -> Profile {
        Profile {
            id: self.id.clone(),
            model: self.id.split('/').next().unwrap_or_default().to_owned(),
            language: "unknown".into(),
            summary: "not known: it does not run here".into(),
            ceiling: CeilingLine::All,
            workloads: vec!["timer".into()],
            most_tasks: Some(1),
            ..Profile::default()
        }
    }
}

fn is_installed(program: &str, folder: &Path) -> bool {
    if program.contains('/') {
        return folder.join(program).exists();
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
