//! The bench target `memory`: runs every contestant in cells, each a process of its own, and ends by
//! writing the tables.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, bail};

use super::invocation::Invocation;
use super::names::kind_of;
use super::target;
use crate::cli::run::exit_code;
use crate::contestant::Contestant;
use crate::environment;
use crate::instructions;
use crate::interrupt;
use crate::output::{complain, print, tell};
use crate::plan::{self, Kind, Step};
use crate::scope;
use crate::session::{self, Part};
use crate::suite::{DEFAULT_PATIENCE, Suite};
use record::{Build, Extent};

/// Runs the target.
///
/// # Errors
/// If something is asked for that is not there, or the record cannot be written.
pub fn run(invocation: &Invocation) -> anyhow::Result<ExitCode> {
    let names = match target::to_run(invocation, Part::Memory)? {
        ControlFlow::Continue(names) => names,
        ControlFlow::Break(code) => return Ok(code),
    };
    let program = std::env::current_exe().context("this program does not know where it is")?;
    if !invocation.is_bench() {
        // All of them would take minutes in a build that is not optimised.
        let mut all = names.memory;
        if invocation.filters.is_empty() {
            all.truncate(1);
        }
        return check(&program, &all);
    }

    scope::enter(invocation.no_scope);
    let session = target::open_session(invocation)?;
    let mut suite = Suite::new(&program, invocation.extent(), invocation.seed(), DEFAULT_PATIENCE)
        .of(&names.memory);
    let sizes = invocation.sizes();
    let mut tried = names.memory.clone();
    tried.retain(|contestant| plan::is_over_allocators(contestant, sizes));
    let variants = environment::over_allocators(&tried, &program);
    suite = suite.of(&variants);
    let mut cells = Vec::new();
    for contestant in &names.memory {
        cells.extend(plan::default_cells(contestant, sizes));
    }
    for variant in variants {
        cells.extend(plan::allocator_cells(variant, sizes));
    }
    let path = session.begin(Part::Memory);
    let stop = interrupt::listen()?;
    let mut tally = suite.run(cells, &path, stop)?;
    if sizes == Extent::Thorough && !tally.interrupted {
        let counted = instructions::after_cells(&program, &names.memory, &path, stop)?;
        tally.failed += counted.failed;
        tally.interrupted |= counted.interrupted;
    }
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

/// What `cargo test --benches` and other runners of tests get: a small cell of each, to show that the
/// target works.
fn check(program: &Path, contestants: &[&'static Contestant]) -> anyhow::Result<ExitCode> {
    let mut suite = Suite::new(program, Extent::Partial, 0, DEFAULT_PATIENCE);
    let steps = [Step { tasks: 10, repeats: 1, build: Build::Timed }];
    let mut cells = Vec::new();
    for contestant in contestants {
        let kind = kind_of(contestant).unwrap_or(Kind::Timer);
        let is_given = !kind.waits_to_be_weighed();
        cells.extend(plan::cells(contestant, &steps, kind.workload(), is_given, None));
    }
    let folder = tempfile::tempdir()?;
    let tally = suite.run(cells, &folder.path().join("check"), &AtomicBool::new(false))?;
    if tally.ok != contestants.len() as u64 {
        bail!("a cell of 10 tasks came to no proof; see above");
    }
    print(format_args!("memory: small cells that ran with proof: {}", contestants.len()));
    Ok(ExitCode::SUCCESS)
}
