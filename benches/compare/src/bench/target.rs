//! What both targets do.

use std::process::ExitCode;

use anyhow::bail;

use super::invocation::Invocation;
use super::names::Names;
use crate::output::{print, tell};
use crate::project::Project;
use crate::session::{self, Part, Session};

/// What ends a target before it runs anything: a list, or that nothing of it is wanted. `None` if it is
/// to run.
pub(super) fn without_a_run(
    invocation: &Invocation,
    names: &Names,
    part: Part,
) -> anyhow::Result<Option<ExitCode>> {
    let list = names.list(part);
    if invocation.is_list() {
        list.iter().for_each(|name| print(format_args!("{name}: benchmark")));
        return Ok(Some(ExitCode::SUCCESS));
    }
    if !list.is_empty() {
        return Ok(None);
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
    Ok(Some(ExitCode::SUCCESS))
}

/// The session of this command.
///
/// # Errors
/// If its folder cannot be made.
pub(super) fn open_session(invocation: &Invocation) -> anyhow::Result<Session> {
    Session::open(Project::find()?, invocation.extent(), invocation.replaces_results())
}
