//! A control group for a user without privileges, from systemd.
//!
//! The session of such a user runs in a group that belongs to systemd, in which only root can
//! make another. But the user's own systemd starts a program in a *scope*, a group of its own, and
//! hands that over: `systemd-run --user --scope -p Delegate=yes`. So where no group can be made,
//! this program starts itself again in that way, once, and carries on there. A scope has a limit on threads
//! of its own unless it is told not to; that would be a wall that the user does not have.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::limits;
use crate::meter::{cgroup, process};
use crate::output::complain;
use crate::patience::{End, end_of};

/// Set for the program that was started again, so that it does not do so once more.
const GUARD: &str = "COMPARE_IN_SCOPE";

/// How long the user's systemd may take for a scope.
const PATIENCE: Duration = Duration::from_secs(5);

/// What decides whether it helps to start again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Whether groups can be made as things are.
    pub has_groups: bool,
    /// Whether this is the program that was started again.
    pub was_started_again: bool,
    /// Whether the user wants it left alone.
    pub is_unwanted: bool,
    /// Where `systemd-run` is.
    pub systemd_run: Option<PathBuf>,
    /// The folder with the socket to ask the user's systemd through, or an empty path where the environment
    /// names the socket itself.
    pub user_bus: Option<PathBuf>,
}

impl Surroundings {
    /// The program to start instead of this one, with its arguments; `None` to carry on as things are.
    pub fn start_again(
        &self,
        program: &Path,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Option<(PathBuf, Vec<OsString>)> {
        if self.has_groups || self.was_started_again || self.is_unwanted || self.user_bus.is_none()
        {
            return None;
        }
        let systemd_run = self.systemd_run.clone()?;
        let mut all = scope_arguments();
        all.push(program.into());
        all.extend(arguments);
        Some((systemd_run, all))
    }

    fn read(is_unwanted: bool) -> Self {
        let on_path = env::var_os("PATH").and_then(|path| find(&path, "systemd-run"));
        Self {
            has_groups: cgroup::of_this_process().is_ok(),
            was_started_again: env::var_os(GUARD).is_some(),
            is_unwanted,
            systemd_run: on_path,
            user_bus: user_bus(
                env::var_os("DBUS_SESSION_BUS_ADDRESS").as_deref(),
                env::var_os("XDG_RUNTIME_DIR").into_iter().map(PathBuf::from).chain(usual_folder()),
            ),
        }
    }
}

/// Starts this program again in a scope if that gives cells a control group and nothing speaks
/// against it. Returns where it does not; the process is another one where it does.
pub fn enter(is_unwanted: bool) {
    use std::os::unix::process::CommandExt;

    let surroundings = Surroundings::read(is_unwanted);
    let Ok(program) = env::current_exe() else { return };
    let Some((systemd_run, arguments)) = surroundings.start_again(&program, env::args_os().skip(1))
    else {
        return;
    };
    let in_scope = |arguments: &[OsString]| {
        let mut command = Command::new(&systemd_run);
        command.args(arguments);
        if let Some(folder) = surroundings.user_bus.as_ref().filter(|f| f.is_absolute()) {
            command.env("XDG_RUNTIME_DIR", folder);
        }
        command
    };
    // A try first: once this process has become another one, there is no way back.
    let mut arguments_of_try = scope_arguments();
    arguments_of_try.push("true".into());
    let mut a_try = in_scope(&arguments_of_try);
    a_try.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match a_try.spawn().and_then(|mut child| end_of(&mut child, PATIENCE)) {
        Ok(End { status, in_time: true }) if status.success() => {
            limits::restore_descriptors();
            // Whatever is wrong with it, the run goes on as it can without.
            let _ = in_scope(&arguments).env(GUARD, "1").exec();
            limits::raise_descriptors();
        }
        Ok(End { in_time: false, .. }) => complain(format_args!(
            "compare: systemd did not make a scope within {} s, so there is no control group; \
             --no-scope does not ask it",
            PATIENCE.as_secs()
        )),
        _ => {}
    }
}

fn scope_arguments() -> Vec<OsString> {
    let options = "--user --scope --quiet --collect -p Delegate=yes -p TasksMax=infinity --";
    options.split(' ').map(OsString::from).collect()
}

/// The file of this name in the first folder of `path` that has one.
fn find(path: &OsStr, name: &str) -> Option<PathBuf> {
    env::split_paths(path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Where the user's bus is: named, or in the first of these folders that has one.
fn user_bus(
    address: Option<&OsStr>,
    folders: impl IntoIterator<Item = PathBuf>,
) -> Option<PathBuf> {
    let is_named = address.is_some_and(|address| !address.is_empty());
    let named = is_named.then(PathBuf::new);
    named.or_else(|| folders.into_iter().find(|folder| folder.join("bus").exists()))
}

/// Where systemd keeps a user's sockets, which the environment of `su` or of a job does not say.
fn usual_folder() -> Option<PathBuf> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let effective = process::value(&status, "Uid")?.split_whitespace().nth(1)?;
    Some(Path::new("/run/user").join(effective))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laptop() -> Surroundings {
        Surroundings {
            systemd_run: Some("/usr/bin/systemd-run".into()),
            user_bus: Some("/run/user/7".into()),
            ..Surroundings::default()
        }
    }

    fn start_again(surroundings: &Surroundings) -> Option<String> {
        let arguments = ["run", "--only", "a b"].map(OsString::from);
        let (program, arguments) = surroundings.start_again(Path::new("/x/compare"), arguments)?;
        let words: Vec<_> =
            arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        Some(format!("{} {}", program.display(), words.join("|")))
    }

    #[test]
    fn a_user_of_a_machine_with_systemd_gets_a_scope_with_the_same_arguments() {
        assert_eq!(
            start_again(&laptop()).as_deref(),
            Some(
                "/usr/bin/systemd-run --user|--scope|--quiet|--collect|-p|Delegate=yes|-p|\
                 TasksMax=infinity|--|/x/compare|run|--only|a b"
            )
        );
    }

    #[test]
    fn it_is_left_where_it_is_for_each_of_these_reasons() {
        for reason in [
            Surroundings { has_groups: true, ..laptop() },
            Surroundings { was_started_again: true, ..laptop() },
            Surroundings { is_unwanted: true, ..laptop() },
            Surroundings { systemd_run: None, ..laptop() },
            Surroundings { user_bus: None, ..laptop() },
        ] {
            assert_eq!(start_again(&reason), None, "{reason:?}");
        }
    }

    #[test]
    fn the_program_and_the_bus_are_found_where_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty");
        std::fs::create_dir(&empty).unwrap();
        std::fs::write(folder.path().join("systemd-run"), "").unwrap();
        let path = env::join_paths([empty.as_path(), folder.path()]).unwrap();
        assert_eq!(find(&path, "systemd-run"), Some(folder.path().join("systemd-run")));
        assert_eq!(find(empty.as_os_str(), "systemd-run"), None);

        let named = Some(OsStr::new("unix:path=/run/user/1000/bus"));
        assert_eq!(user_bus(named, []), Some(PathBuf::new()));
        let folders = || [folder.path().to_owned(), empty.clone()];
        assert_eq!(user_bus(Some(OsStr::new("")), folders()), None);
        std::fs::write(empty.join("bus"), "").unwrap();
        assert_eq!(user_bus(None, folders()), Some(empty.clone()));
        assert_eq!(user_bus(None, []), None);
    }
}
