//! A control group for a user without privileges, from systemd.
//!
//! The session of such a user runs in a group that belongs to systemd, in which only root can
//! make another. But the user's own systemd starts a program in a *scope*, a group of its own, and
//! hands that over: `systemd-run --user --scope -p Delegate=yes`. So where no group can be made,
//! this program starts itself again in that way, once, and carries on there.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::meter::cgroup;

/// Set for the program that was started again, so that it does not do so once more.
const GUARD: &str = "COMPARE_IN_SCOPE";

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
    /// Whether there is a socket to ask the user's systemd through.
    pub has_user_bus: bool,
}

impl Surroundings {
    /// The program to start instead of this one, with its arguments; `None` to carry on as things are.
    pub fn start_again(
        &self,
        program: &Path,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Option<(PathBuf, Vec<OsString>)> {
        if self.has_groups || self.was_started_again || self.is_unwanted || !self.has_user_bus {
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
            has_user_bus: user_bus(
                env::var_os("DBUS_SESSION_BUS_ADDRESS").as_deref(),
                env::var_os("XDG_RUNTIME_DIR").as_deref(),
            ),
        }
    }
}

/// Starts this program again in a scope if that gives cells a control group and nothing speaks
/// against it. Returns where it does not; the process is another one where it does.
#[cfg(unix)]
pub fn enter(is_unwanted: bool) {
    use std::os::unix::process::CommandExt;

    let surroundings = Surroundings::read(is_unwanted);
    let Ok(program) = env::current_exe() else { return };
    let Some((systemd_run, arguments)) = surroundings.start_again(&program, env::args_os().skip(1))
    else {
        return;
    };
    // A try first: once this process has become another one, there is no way back.
    let works = Command::new(&systemd_run)
        .args(scope_arguments())
        .arg("true")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if works.is_ok_and(|status| status.success()) {
        // Whatever is wrong with it, the run goes on as it can without.
        let _ = Command::new(systemd_run).args(arguments).env(GUARD, "1").exec();
    }
}

/// Nowhere else is there a systemd.
#[cfg(not(unix))]
pub fn enter(_: bool) {}

fn scope_arguments() -> Vec<OsString> {
    ["--user", "--scope", "--quiet", "--collect", "-p", "Delegate=yes", "--"]
        .map(OsString::from)
        .into()
}

/// The file of this name in the first folder of `path` that has one.
fn find(path: &OsStr, name: &str) -> Option<PathBuf> {
    env::split_paths(path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Whether the user's bus is named, or is where it usually is.
fn user_bus(address: Option<&OsStr>, runtime_folder: Option<&OsStr>) -> bool {
    address.is_some_and(|address| !address.is_empty())
        || runtime_folder.is_some_and(|folder| Path::new(folder).join("bus").exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laptop() -> Surroundings {
        Surroundings {
            systemd_run: Some("/usr/bin/systemd-run".into()),
            has_user_bus: true,
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
                "/usr/bin/systemd-run --user|--scope|--quiet|--collect|-p|Delegate=yes|--|\
                 /x/compare|run|--only|a b"
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
            Surroundings { has_user_bus: false, ..laptop() },
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

        assert!(user_bus(Some(OsStr::new("unix:path=/run/user/1000/bus")), None));
        assert!(!user_bus(Some(OsStr::new("")), Some(empty.as_os_str())));
        std::fs::write(empty.join("bus"), "").unwrap();
        assert!(user_bus(None, Some(empty.as_os_str())));
        assert!(!user_bus(None, None));
    }
}
