//! A contestant as the harness knows it: who it says it is, and the command that starts it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use protocol::{Begin, Order, Profile, RoleLine};
use record::{Build, Status};
use workload::{Ceiling, Settings, Workload};

use crate::host;

/// A contestant that a run can have. It lives as long as the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contestant {
    /// Who it says it is.
    pub profile: Profile,
    /// What starts it.
    pub launch: Launch,
    /// Why it cannot be run here; `None` if it can.
    pub missing: Option<Missing>,
}

/// What starts a contestant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Launch {
    /// This program, with `cell` and the id; or its counting build.
    Own,
    /// Another program.
    Command {
        /// Where it is.
        program: PathBuf,
        /// What it is called with.
        arguments: Vec<String>,
    },
    /// What starts this one, with the environment of the variant.
    Variant(&'static Contestant),
}

/// Why a contestant cannot be run here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Failed, if it is there and does not do what it should; else skipped.
    pub status: Status,
    /// In words, with what helps.
    pub reason: String,
}

impl Contestant {
    /// The same for as long as the program runs.
    pub fn kept(self) -> &'static Self {
        Box::leak(Box::new(self))
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.profile.id
    }

    /// The contestant that it is in another environment, as its process says who it is; itself if it is no
    /// variant.
    pub fn base(&self) -> &Self {
        match self.launch {
            Launch::Variant(base) => base,
            _ => self,
        }
    }

    /// Its model.
    pub fn model(&self) -> &str {
        &self.profile.model
    }

    /// What it is in a run for.
    pub fn role(&self) -> RoleLine {
        self.profile.role
    }

    /// Whether it takes part in the comparison.
    pub fn is_compared(&self) -> bool {
        self.role() == RoleLine::Compared
    }

    /// Whether it has every kind of cell of a run: not what another program is known for, nor what stands
    /// beside a contestant at its best, nor what is no thread and says how far it goes.
    pub fn is_run_in_full(&self) -> bool {
        let is_whole = self.profile.most_tasks.is_none() || self.takes_threads();
        self.is_compared() && self.is_own() && is_whole && !self.profile.as_written
    }

    /// Whether it is served by this program.
    pub fn is_own(&self) -> bool {
        self.base().launch == Launch::Own
    }

    /// Whether a task of it takes an OS thread.
    pub fn takes_threads(&self) -> bool {
        self.model() == "threads"
    }

    /// How many of its tasks can be in flight at once.
    pub fn ceiling(&self, settings: &Settings) -> Ceiling {
        self.profile.ceiling(settings.pool_workers)
    }

    /// Why it does not run this workload; `None` if it does.
    pub fn unsupported(&self, workload: &Workload) -> Option<String> {
        self.profile.refuses(workload)
    }

    /// Which of this program's two builds runs it, if it is one of this program.
    ///
    /// # Errors
    /// In words, if there is no such build of it.
    pub fn program<'a>(
        &self,
        build: Build,
        timed: &'a Path,
        counting: Option<&'a Path>,
    ) -> Result<&'a Path, &'static str> {
        match build {
            Build::Timed => Ok(timed),
            Build::Counting if !self.is_own() => {
                Err("only the contestants of this program have a counting build")
            }
            Build::Counting => counting.ok_or(
                "there is no counting build beside this program; \
                 `cargo build --release -p compare` makes both",
            ),
        }
    }

    /// The command of its process; `own` is this program, in the build that is to run it.
    pub fn command(&self, own: &Path) -> Command {
        match &self.launch {
            Launch::Own => {
                let mut command = Command::new(own);
                command.arg("cell").arg(self.id());
                command
            }
            Launch::Command { program, arguments } => {
                let mut command = Command::new(program);
                command.args(arguments);
                command
            }
            Launch::Variant(base) => {
                let mut command = base.command(own);
                command.envs(&self.profile.env);
                command
            }
        }
    }

    /// The order with which its process begins this.
    pub fn begin(&self, workload: &Workload, pool_workers: u32, unweighed: bool) -> Order {
        Order::Begin(Box::new(Begin {
            contestant: self.base().id().to_owned(),
            workload: workload.into(),
            tasks: workload.tasks,
            pool_workers,
            server: workload.asks().map(Into::into),
            unweighed,
        }))
    }

    /// Whether this is what its process should say first.
    ///
    /// # Errors
    /// In words, what is wrong with it.
    pub fn recognize(&self, hello: &Profile) -> Result<(), String> {
        let id = self.base().id();
        if hello.id != id {
            return Err(format!("says that it is `{}`, and not `{id}`", hello.id));
        }
        if self.role() == RoleLine::Variant && hello.allocator != self.profile.allocator {
            let said = |of: &Profile| of.allocator.clone().unwrap_or_else(|| "unknown".into());
            let (now, before) = (said(hello), said(&self.profile));
            return Err(format!("has another allocator ({now}) than before ({before})"));
        }
        let own = host::program();
        if self.is_own() && hello.build_id.as_ref() != Some(&own) {
            let other = hello.build_id.as_deref().unwrap_or("unknown");
            return Err(format!(
                "is of another build ({other}) than this program ({own}); \
                 `cargo build --release -p compare` makes both anew"
            ));
        }
        Ok(())
    }
}

impl fmt::Display for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn another_and_another_build_are_recognized() {
        let bare = registry::find("coroutines/bare").unwrap();
        let hello = bare.profile.clone();
        assert_eq!(bare.recognize(&hello), Ok(()));
        let other = Profile { id: "coroutines/smol".into(), ..hello.clone() };
        assert_eq!(
            bare.recognize(&other).unwrap_err(),
            "says that it is `coroutines/smol`, and not `coroutines/bare`"
        );
        let stale = Profile { build_id: Some("old".into()), ..hello };
        assert!(bare.recognize(&stale).unwrap_err().starts_with("is of another build (old) than"));
    }

    #[test]
    fn the_bundled_are_one_more_command() {
        let bare = registry::find("coroutines/bare").unwrap();
        let ours = Path::new("compare");
        let command = bare.command(ours);
        let arguments: Vec<_> = command.get_args().collect();
        assert_eq!(
            (command.get_program(), &*arguments),
            ("compare".as_ref(), &["cell".as_ref(), "coroutines/bare".as_ref()][..])
        );
        assert_eq!(bare.program(Build::Timed, ours, None), Ok(ours));
        assert!(bare.program(Build::Counting, ours, None).is_err());
    }
}
