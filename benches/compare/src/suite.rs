//! A run: many cells, one after another, each in the record before the next one starts.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use workload::Contestant;

use crate::cell::estimate::Estimates;
use crate::cell::{CellSpec, Runner};
use crate::host;
use crate::limits::Limits;
use crate::meter::cgroup::Cgroups;
use crate::meter::process::Procfs;
use crate::plan;
use crate::progress::Progress;
use crate::record::{CgroupKind, Extent, Run, SCHEMA, Status, Writer};
use crate::registry;
use crate::servers::Servers;

/// How long a cell may be silent, beyond the waits that it was asked for, if nothing else is said.
pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(60);

/// The name of the program that runs cells over a counting allocator.
const COUNTING: &str = "compare-counting";

/// A machine that is ready for cells.
#[derive(Debug)]
pub struct Suite {
    runner: Runner,
    run: Run,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Cells with proof.
    pub ok: u64,
    /// Cells that a limit stopped.
    pub walls: u64,
    /// Cells that were not run.
    pub skipped: u64,
    /// Cells without proof.
    pub failed: u64,
    /// Whether the run was interrupted.
    pub interrupted: bool,
}

impl Suite {
    /// Looks at the machine and gets ready.
    ///
    /// `program` is the program that runs cells, timed; the counting one is looked for beside it.
    pub fn new(program: &Path, extent: Extent, seed: u64, patience: Duration) -> Self {
        let (cgroups, cgroup_note) = match Cgroups::detect(&Procfs::default()) {
            Ok(cgroups) => (Some(cgroups), None),
            Err(why) => (None, Some(why.to_string())),
        };
        let kind = cgroups.as_ref().map_or(CgroupKind::None, Cgroups::kind);
        let counting =
            program.with_file_name(format!("{COUNTING}{}", std::env::consts::EXE_SUFFIX));
        let run = Run {
            schema: SCHEMA,
            started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            seed,
            extent,
            host: host::describe(kind, cgroup_note),
            versions: host::versions(),
            cautions: registry::cautions(),
            timers: registry::timers(),
        };
        let runner = Runner {
            timed: program.to_owned(),
            counting: counting.is_file().then_some(counting),
            cgroups,
            limits: Limits::read(),
            patience,
            estimates: Estimates::default(),
            servers: Servers::own(program),
        };
        Self { runner, run }
    }

    /// Has cells ask these servers and not our own.
    #[must_use]
    pub fn with_servers(mut self, servers: Servers) -> Self {
        self.runner.servers = servers;
        self
    }

    /// The first line of a record of this run.
    pub fn description(&self) -> &Run {
        &self.run
    }

    /// Whether heaps can be counted.
    pub fn can_count(&self) -> bool {
        self.runner.counting.is_some()
    }

    /// Makes a record at `path`, runs the cells in an order that follows from the seed, and appends
    /// each to the record.
    ///
    /// # Errors
    /// If the record cannot be written, or a cell names nobody. Whatever a cell does is no error.
    pub fn run(
        &mut self,
        mut cells: Vec<CellSpec>,
        path: &Path,
        stop: &AtomicBool,
    ) -> anyhow::Result<Tally> {
        let unwritable = || format!("record {} cannot be written", path.display());
        plan::shuffle(&mut cells, self.run.seed);
        let mut record = Writer::create(path, self.run.clone()).with_context(unwritable)?;
        let progress = Progress::over(cells.len() as u64);
        let mut tally = Tally::default();
        for spec in &cells {
            let contestant: Box<dyn Contestant> = registry::find(spec.contestant.as_str())?;
            progress.begin(spec);
            let Ok(cell) = self.runner.run(contestant.as_ref(), spec, stop) else {
                tally.interrupted = true;
                break;
            };
            match cell.status {
                Status::Ok => tally.ok += 1,
                Status::Wall => tally.walls += 1,
                Status::Skipped => tally.skipped += 1,
                Status::Failed => tally.failed += 1,
            }
            progress.end(&cell);
            record.cell(cell).with_context(unwritable)?;
        }
        progress.finish(&tally);
        Ok(tally)
    }
}
