//! What both targets do.

use std::ops::ControlFlow;
use std::process::ExitCode;

use anyhow::bail;

use super::invocation::Invocation;
use super::names::Names;
use crate::output::{print, tell};
use crate::project::Project;
use crate::session::{self, Part, Session};

/// What the target runs; or how it ends before it runs anything, after help, a list, or because nothing of
/// it is wanted.
///
/// # Errors
/// If something is asked for that is not there.
pub(super) fn to_run(
    invocation: &Invocation,
    part: Part,
) -> anyhow::Result<ControlFlow<ExitCode, Names>> {
    let end = Ok(ControlFlow::Break(ExitCode::SUCCESS));
    if let Some(help) = invocation.help() {
        // Of two targets, one prints it.
        if part == Part::Memory || session::is_only_target(part) {
            print(help);
        }
        return end;
    }
    let names = Names::of(invocation)?;
    let list = names.list(part);
    if invocation.is_list() {
        list.iter().for_each(|name| print(format_args!("{name}: benchmark")));
        return end;
    }
    if !list.is_empty() {
        return Ok(ControlFlow::Continue(names));
    }
    if !invocation.has("--ignored") {
        let of_other = format!("{} is none of `{}`", invocation.filters.join(", "), part.name());
        if session::is_only_target(part) {
            bail!("{of_other}: --list shows its names");
        }
        if invocation.is_bench() {
            tell(format_args!("{}: not run: {of_other}", part.name()));
            open_session(invocation)?.skip(part)?;
        }
    }
    end
}

/// The session of this command.
///
/// # Errors
/// If its folder cannot be made.
pub(super) fn open_session(invocation: &Invocation) -> anyhow::Result<Session> {
    Session::open(Project::find()?, invocation.extent(), invocation.replaces_results())
}
