//! The bench target `memory`: weighs every contestant, each cell in a process of its own, and ends
//! by writing the tables.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::bail;
use workload::{Contestant, Workload};

use super::Invocation;
use crate::cli::run::exit_code;
use crate::interrupt;
use crate::meter::cgroup;
use crate::output::{complain, print, tell};
use crate::plan::{self, Step};
use crate::project::Project;
use crate::registry;
use crate::scope;
use crate::session::{self, Part, Session};
use crate::suite::{DEFAULT_PATIENCE, Suite};
use record::{Build, Extent};

/// Runs the target. `program` is the program that runs cells.
pub fn main(program: &Path) -> ExitCode {
    let result = Invocation::parse(std::env::args().skip(1))
        .map_err(anyhow::Error::from)
        .and_then(|invocation| run(program, &invocation));
    cgroup::give_back();
    result.unwrap_or_else(|error| {
        complain(format_args!("memory: {error:#}"));
        ExitCode::from(2)
    })
}

fn run(program: &Path, invocation: &Invocation) -> anyhow::Result<ExitCode> {
    if let Some(help) = invocation.help() {
        print(help);
        return Ok(ExitCode::SUCCESS);
    }
    let contestants = chosen(invocation)?;
    if invocation.is_list() {
        for contestant in &contestants {
            print(format_args!("memory/{}: benchmark", contestant.id()));
        }
        return Ok(ExitCode::SUCCESS);
    }
    if !invocation.is_bench() {
        return check_itself(program);
    }
    if contestants.is_empty() {
        tell(format_args!("memory: no contestant matches {}", invocation.filters().join(", ")));
        open_session(invocation)?.skip(Part::Memory)?;
        return Ok(ExitCode::SUCCESS);
    }

    scope::enter(invocation.no_scope);
    let extent = invocation.extent();
    let session = open_session(invocation)?;
    let mut suite = Suite::new(program, extent, invocation.seed(), DEFAULT_PATIENCE);
    let mut cells = Vec::new();
    for contestant in &contestants {
        cells.extend(plan::default_cells(contestant.as_ref(), invocation.sizes()));
    }
    let path = session.begin(Part::Memory);
    let tally = suite.run(cells, &path, interrupt::listen()?)?;
    if tally.interrupted {
        tell(format_args!("memory: interrupted; what was weighed is in {}", path.display()));
        return Ok(exit_code(tally));
    }
    let published = session.complete(Part::Memory)?;
    published.show(Part::Memory);
    if tally.failed > 0 && !session::is_only_target(Part::Memory) {
        // Cargo stops at the first target that fails. The one that comes next says so instead.
        complain(format_args!("memory: {} cells FAILED; see above", tally.failed));
        return Ok(ExitCode::SUCCESS);
    }
    Ok(exit_code(tally))
}

fn open_session(invocation: &Invocation) -> anyhow::Result<Session> {
    Session::open(Project::find()?, invocation.extent(), invocation.replaces_results())
}

/// The contestants that the globs and criterion's filters leave.
///
/// # Errors
/// If a glob matches no contestant.
pub fn chosen(invocation: &Invocation) -> anyhow::Result<Vec<Box<dyn Contestant>>> {
    let mut contestants = registry::select(&invocation.only)?;
    contestants.retain(|contestant| invocation.wants(contestant.id().as_str()));
    Ok(contestants)
}

/// What `cargo test --benches` gets: one small cell, to show that the target works.
fn check_itself(program: &Path) -> anyhow::Result<ExitCode> {
    let bare = registry::find("coroutines/bare")?;
    let mut suite = Suite::new(program, Extent::Partial, 0, DEFAULT_PATIENCE);
    let steps = [Step { tasks: 10, repeats: 1, build: Build::Timed }];
    let cells = plan::cells(bare.as_ref(), &steps, Workload::timer(0, Duration::ZERO), false, None);
    let folder = tempfile::tempdir()?;
    let tally = suite.run(cells, &folder.path().join("check"), &AtomicBool::new(false))?;
    if tally.ok != 1 {
        bail!("a cell of 10 tasks on coroutines/bare came to no proof");
    }
    print(format_args!("memory: a small cell ran with proof"));
    Ok(ExitCode::SUCCESS)
}
