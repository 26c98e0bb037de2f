//! The suite that every contestant passes, wherever it comes from: whether it does what
//! `docs/protocol.md` says.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `talk` | a conversation with a contestant's process, line by line |
//! | `checks` | what is checked of its tasks |
//! | `manners` | what is checked of its process: how it introduces itself, what it refuses, how it ends |
//!
//! What a run would find, a cell finds here too, with the same proof. The rest is asked line by line.

mod checks;
mod manners;
mod talk;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use protocol::profile::WANTS;
use record::{Cell, Extent, Status};
use workload::{Ceiling, Settings, Workload};

use crate::cell::{CellSpec, Interrupted};
use crate::contestant::Contestant;
use crate::suite::Suite;
use record::Build;

/// How large a pool is while it is checked.
const SETTINGS: Settings = Settings { pool_workers: 4 };

/// A contestant that is checked.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Which one.
    pub contestant: &'static Contestant,
    /// This program.
    pub program: PathBuf,
    /// How long it may be silent, beyond its waits.
    pub patience: Duration,
    /// Set when the checks are to stop.
    pub stop: &'a AtomicBool,
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Passed,
    /// It need not, and this is why.
    NotAsked(String),
    /// It does not, and this is why.
    Failed(String),
}

/// What a check takes and returns: `None` if it passed, or in words why nothing was to be asked.
type Run = fn(&Subject<'_>) -> Result<Option<String>, String>;

/// A check: its name in words, what it wants of a contestant, and how it goes.
struct Check {
    name: &'static str,
    wants: &'static [&'static str],
    run: Run,
}

/// Runs one check after another, and tells how each ended.
///
/// # Errors
/// If it is told to stop meanwhile.
pub fn run(subject: &Subject<'_>, mut tell: impl FnMut(&str, &Verdict)) -> Result<(), Interrupted> {
    for check in manners::CHECKS.iter().chain(checks::CHECKS) {
        let lacking = check.wants.iter().find(|word| !subject.runs(word));
        let verdict = match lacking {
            Some(word) => Verdict::NotAsked(format!("its hello does not list `{word}`")),
            None => match (check.run)(subject) {
                Ok(None) => Verdict::Passed,
                Ok(Some(why)) => Verdict::NotAsked(why),
                Err(why) => Verdict::Failed(why),
            },
        };
        if subject.stop.load(Ordering::SeqCst) {
            return Err(Interrupted);
        }
        tell(check.name, &verdict);
    }
    Ok(())
}

impl Subject<'_> {
    fn runs(&self, word: &str) -> bool {
        debug_assert!(WANTS.iter().any(|(known, _)| *known == word), "{word}");
        self.contestant.profile.workloads.iter().any(|known| known == word)
    }

    fn ceiling(&self) -> Ceiling {
        self.contestant.ceiling(&SETTINGS)
    }

    /// A cell of this workload, with whatever else is changed in it, which has to have proof.
    fn cell(&self, workload: Workload, change: impl FnOnce(&mut CellSpec)) -> Result<Cell, String> {
        let mut spec = CellSpec {
            contestant: self.contestant,
            workload,
            wait_is_given: true,
            pool_workers: SETTINGS.pool_workers,
            is_pool: matches!(self.ceiling(), Ceiling::Pool(_)),
            repeat: 0,
            build: Build::Timed,
            second_wave: false,
            waves: None,
        };
        change(&mut spec);
        let mut suite = Suite::new(&self.program, Extent::Partial, 0, self.patience);
        let cell = suite.run_one(&spec, self.stop).map_err(|why| why.to_string())?;
        match cell.status {
            Status::Ok => Ok(cell),
            _ => Err(cell.reason.unwrap_or_else(|| "it has no proof".into())),
        }
    }
}
