//! A run: many cells, one after another, each in the record before the next one starts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use anyhow::Context;

use crate::cell::estimate::Estimates;
use crate::cell::{CellSpec, Interrupted, Runner};
use crate::contestant::Contestant;
use crate::events::{self, Event, Plan, Reader, RunCell};
use crate::hello;
use crate::host;
use crate::limits::Limits;
use crate::meter::cgroup::{self, Cgroups};
use crate::output::complain;
use crate::plan;
use crate::progress::Progress;
use crate::registry;
use crate::resume::{self, Split};
use crate::servers::Servers;
pub use crate::tally::Tally;
use protocol::RoleLine;
use record::{Cell, CgroupKind, Extent, Line, Run, SCHEMA, Unfinished, Writer};

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

impl Suite {
    /// Looks at the machine and gets ready.
    ///
    /// `program` is the program that runs cells, timed; the counting one is looked for beside it.
    pub fn new(program: &Path, extent: Extent, seed: u64, patience: Duration) -> Self {
        let (cgroups, cgroup_note) = match cgroup::of_this_process() {
            Ok(cgroups) => (Some(cgroups), None),
            Err(why) => (None, Some(why)),
        };
        let kind = cgroups.as_ref().map_or(CgroupKind::None, Cgroups::kind);
        let run = Run {
            schema: SCHEMA,
            started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            seed,
            extent,
            host: host::describe(kind, cgroup_note),
            versions: host::versions(),
            contestants: BTreeMap::new(),
            cautions: BTreeMap::new(),
            timers: BTreeMap::new(),
            arguments: None,
            program: Some(host::program()),
            task_code: host::task_code(),
            build: host::build(),
        };
        let runner = Runner {
            timed: program.to_owned(),
            counting: counting_beside(program),
            cgroups,
            limits: Limits::read(),
            patience,
            estimates: Estimates::default(),
            servers: Servers::own(program),
        };
        Self { runner, run }
    }

    /// Notes who the contestants of its cells say they are.
    #[must_use]
    pub fn of(mut self, contestants: &[&'static Contestant]) -> Self {
        for contestant in contestants {
            let mut profile = contestant.profile.clone();
            if contestant.is_own() {
                // The run has these, once for all of them.
                (profile.versions, profile.build) = Default::default();
                profile.build_id = None;
                // Another one is what a variant is for.
                profile.allocator = profile.allocator.filter(|_| profile.role == RoleLine::Variant);
            }
            profile.elsewhere = !contestant.is_own();
            self.run.contestants.insert(profile.id.clone(), profile);
        }
        self
    }

    /// Has cells ask these servers and not our own.
    #[must_use]
    pub fn with_servers(mut self, servers: Servers) -> Self {
        self.runner.servers = servers;
        self
    }

    /// Notes the options from which its cells were planned, so that it can be resumed.
    #[must_use]
    pub fn called_with(mut self, arguments: Vec<String>) -> Self {
        self.run.arguments = Some(arguments);
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

    /// Runs this cell, without a record.
    ///
    /// # Errors
    /// If `stop` is set meanwhile.
    pub fn run_one(&mut self, spec: &CellSpec, stop: &AtomicBool) -> Result<Cell, Interrupted> {
        self.runner.run(spec, stop)
    }

    /// Makes a record at `path`, runs the cells in rounds, each in an order that follows from the
    /// seed, and appends each cell to the record.
    ///
    /// # Errors
    /// If the record cannot be written. Whatever a cell does is no error.
    pub fn run(
        &mut self,
        mut cells: Vec<CellSpec>,
        path: &Path,
        stop: &AtomicBool,
    ) -> anyhow::Result<Tally> {
        plan::in_rounds(&mut cells, self.run.seed);
        let plan =
            &mut |run: &mut RunCell<'_>| cells.iter().try_for_each(|spec| run(spec).map(drop));
        self.search((cells.len(), plan), path, stop)
    }

    /// Makes a record at `path`, and appends each cell that the plan has run.
    ///
    /// # Errors
    /// If the record cannot be written. Whatever a cell does is no error.
    pub fn search(
        &mut self,
        plan: Plan<'_>,
        path: &Path,
        stop: &AtomicBool,
    ) -> anyhow::Result<Tally> {
        let record = Writer::create(path, self.run.clone()).with_context(|| unwritable(path))?;
        self.append(plan, record, path, Tally::default(), stop)
    }

    /// Runs those of the cells that the record does not have, in the order in which a run that was
    /// not killed would have gone on, and appends each to it. The tally is that of the whole record.
    ///
    /// # Errors
    /// If the record has cells that are not among these, which leaves it as it is; if it cannot be
    /// written.
    pub fn resume(
        &mut self,
        mut cells: Vec<CellSpec>,
        unfinished: Unfinished,
        stop: &AtomicBool,
    ) -> anyhow::Result<Tally> {
        plan::in_rounds(&mut cells, self.run.seed);
        let path = unfinished.path().to_owned();
        let Split { there, left } = resume::split(cells, &unfinished.record().cells)
            .with_context(|| format!("record {} cannot be resumed", path.display()))?;
        let mut tally = Tally::default();
        for (spec, cell) in &there {
            self.runner.estimates.learn(spec, cell);
            tally.count(cell.status);
        }
        if left.is_empty() {
            complain(format_args!(
                "compare: {} is complete: there are all {} cells",
                path.display(),
                there.len()
            ));
        }
        let record = unfinished.go_on().with_context(|| unwritable(&path))?;
        let plan =
            &mut |run: &mut RunCell<'_>| left.iter().try_for_each(|spec| run(spec).map(drop));
        self.append((left.len(), plan), record, &path, tally, stop)
    }

    fn append(
        &mut self,
        plan: Plan<'_>,
        record: Writer,
        path: &Path,
        tally: Tally,
        stop: &AtomicBool,
    ) -> anyhow::Result<Tally> {
        let mut appended = Appended { record, path };
        let mut progress = Progress::default();
        events::run(&mut self.runner, plan, tally, &mut [&mut appended, &mut progress], stop)
    }
}

/// The counting build beside this program, if it is there and of the same sources.
fn counting_beside(program: &Path) -> Option<PathBuf> {
    let path = program.with_file_name(format!("{COUNTING}{}", std::env::consts::EXE_SUFFIX));
    let one = registry::all().into_iter().next().filter(|_| path.is_file())?;
    let said = hello::of(one, &path, hello::PATIENCE);
    match said.and_then(|(profile, _)| one.recognize(&profile)) {
        Ok(()) => Some(path),
        Err(why) => {
            complain(format_args!("compare: no heap is counted: {}: {why}", path.display()));
            None
        }
    }
}

/// Has each cell in the record before the next one starts.
struct Appended<'a> {
    record: Writer,
    path: &'a Path,
}

impl Reader for Appended<'_> {
    fn read(&mut self, event: Event<'_>) -> anyhow::Result<()> {
        match event {
            Event::CellOver(cell) => self
                .record
                .append(&Line::Cell(Box::new(cell.clone())))
                .with_context(|| unwritable(self.path)),
            _ => Ok(()),
        }
    }
}

/// Why a record is not made or does not go on.
pub(crate) fn unwritable(path: &Path) -> String {
    format!("record {} cannot be written", path.display())
}
