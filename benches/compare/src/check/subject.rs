//! A contestant that is checked, and what a check of it is.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use protocol::Order;
use protocol::profile::WANTS;
use record::{Build, Cell, Extent, Status};
use workload::{Ceiling, Settings, Workload};

use crate::cell::CellSpec;
use crate::contestant::Contestant;
use crate::suite::Suite;

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

/// What a check takes and returns: `None` if it passed, or in words why nothing was to be asked.
pub(super) type Run = fn(&Subject<'_>) -> Result<Option<String>, String>;

/// A check: its name in words, what it wants of a contestant, and how it goes.
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) wants: &'static [&'static str],
    pub(super) run: Run,
}

impl Subject<'_> {
    pub(super) fn runs(&self, word: &str) -> bool {
        debug_assert!(WANTS.iter().any(|(known, _)| *known == word), "{word}");
        self.contestant.profile.workloads.iter().any(|known| known == word)
    }

    pub(super) fn ceiling(&self) -> Ceiling {
        self.contestant.ceiling(&SETTINGS)
    }

    /// The order to begin with this.
    pub(super) fn begin(&self, workload: &Workload, unweighed: bool) -> Order {
        self.contestant.begin(workload, SETTINGS.pool_workers, unweighed)
    }

    /// A cell of this workload, with whatever else is changed in it, which has to have proof.
    pub(super) fn cell(
        &self,
        workload: Workload,
        change: impl FnOnce(&mut CellSpec),
    ) -> Result<Cell, String> {
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
