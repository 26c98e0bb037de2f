//! Moves a limit, and puts it back.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use anyhow::{Context, bail};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::interrupt::TIDIES_UP;
use crate::meter::cgroup;
use crate::meter::process::Procfs;
use crate::output::complain;
use record::Limit;

/// Where a limit is written.
enum Place {
    /// In a file of the kernel.
    File(PathBuf),
    /// In this process, soft and hard, for itself and for what it starts.
    Own(Resource),
}

/// A limit that can be moved; once it is, it is put back when this is dropped.
pub(crate) struct Move {
    place: Place,
    before: String,
    after: String,
    /// What it is moved to.
    pub(crate) to: u64,
    is_made: bool,
}

impl Place {
    fn read(&self) -> anyhow::Result<String> {
        Ok(match self {
            Self::File(path) => {
                let text = fs::read_to_string(path);
                text.with_context(|| format!("{} cannot be read", path.display()))?.trim().into()
            }
            Self::Own(resource) => {
                let (soft, hard) = getrlimit(*resource)?;
                format!("{soft} {hard}")
            }
        })
    }

    fn write(&self, text: &str) -> anyhow::Result<()> {
        match self {
            Self::File(path) => fs::write(path, text)
                .with_context(|| format!("{text} cannot be written to {}", path.display())),
            Self::Own(resource) => {
                let (soft, hard) = text.split_once(' ').unwrap_or((text, text));
                Ok(setrlimit(*resource, soft.parse()?, hard.parse()?)?)
            }
        }
    }
}

impl Move {
    /// What moves this limit to so much, as this file system shows it.
    pub(crate) fn of(procfs: &Procfs, limit: &Limit, to: u64) -> anyhow::Result<Self> {
        let (mut to, mut after) = (to, to.to_string());
        let sysctl = |name: &str| Place::File(procfs.root().join("sys").join(name));
        let place = match &*limit.name {
            "max_map_count" => sysctl("vm/max_map_count"),
            "threads_max" => sysctl("kernel/threads-max"),
            "pid_max" => sysctl("kernel/pid_max"),
            "ports" => {
                // As many as there are.
                (to, after) = (65_535 - 1_023, "1024 65535".into());
                sysctl("net/ipv4/ip_local_port_range")
            }
            // Of the groups above, the one that allows no more; the last is the one that cells are in.
            "pids_cgroup" => {
                let groups = cgroup::with_ancestors(procfs, "pids").into_iter().rev();
                let mut files = groups.map(|group| Place::File(group.join("pids.max")));
                let value = limit.value.to_string();
                let found = files.find(|file| file.read().is_ok_and(|now| now == value));
                found.context("no control group that is seen here has it")?
            }
            "nofile" | "nofile_hard" => Place::Own(Resource::RLIMIT_NOFILE),
            #[cfg(any(target_os = "linux", target_os = "android"))]
            "nproc" => Place::Own(Resource::RLIMIT_NPROC),
            #[cfg(any(target_os = "linux", target_os = "android"))]
            "address_space" => Place::Own(Resource::RLIMIT_AS),
            _ => bail!("nothing moves it"),
        };
        Ok(Self { before: place.read()?, place, after, to, is_made: false })
    }

    /// The command that puts it back; `None` where it is gone with this process.
    pub(crate) fn undo(&self) -> Option<String> {
        let Place::File(path) = &self.place else { return None };
        Some(format!("echo '{}' > {}", self.before, path.display()))
    }

    /// Moves it.
    pub(crate) fn make(mut self) -> anyhow::Result<Self> {
        TIDIES_UP.store(true, Ordering::SeqCst);
        self.place.write(&self.after)?;
        self.is_made = true;
        Ok(self)
    }
}

impl Drop for Move {
    fn drop(&mut self) {
        if self.is_made
            && let Err(why) = self.place.write(&self.before)
        {
            complain(format_args!("compare: a limit was not put back: {why:#}"));
        }
        TIDIES_UP.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    /// A file system with these limits.
    fn made(limits: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in limits {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn planned(folder: &tempfile::TempDir, name: &str, to: u64) -> anyhow::Result<Move> {
        let name = name.to_owned();
        let limit = Limit { name, value: 500, used: 500, used_is_estimated: false, reached: None };
        Move::of(&Procfs::at(folder.path()), &limit, to)
    }

    fn now(folder: &tempfile::TempDir, file: &str) -> String {
        fs::read_to_string(folder.path().join(file)).unwrap().trim().to_owned()
    }

    #[test]
    fn a_limit_is_moved_and_put_back() {
        for (name, file, before, after) in [
            ("max_map_count", "sys/vm/max_map_count", "65530", "99000"),
            ("pid_max", "sys/kernel/pid_max", "32768", "99000"),
            ("ports", "sys/net/ipv4/ip_local_port_range", "32768\t60999", "1024 65535"),
        ] {
            let folder = made(&[(file, &format!("{before}\n"))]);
            let planned = planned(&folder, name, 99_000).unwrap();
            assert_eq!(now(&folder, file), before, "nothing is changed before it is said");
            let undo = planned.undo().unwrap();
            let moved = planned.make().unwrap();
            assert_eq!(now(&folder, file), after);
            drop(moved);
            assert_eq!(now(&folder, file), before);
            fs::write(folder.path().join(file), "1").unwrap();
            assert!(
                std::process::Command::new("sh").args(["-c", &undo]).status().unwrap().success()
            );
            assert_eq!(now(&folder, file), before, "{undo}");
        }
    }

    #[test]
    fn a_panic_puts_it_back() {
        const FILE: &str = "sys/kernel/pid_max";
        let folder = made(&[(FILE, "32768\n")]);
        let planned = planned(&folder, "pid_max", 99_000).unwrap();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _moved = planned.make().unwrap();
            assert_eq!(now(&folder, FILE), "99000");
            panic!("in the middle");
        }));
        assert_eq!((panicked.is_err(), &*now(&folder, FILE)), (true, "32768"));
    }

    #[test]
    fn what_is_not_there_is_not_moved() {
        let folder = made(&[]);
        for name in ["memory_bytes", "threads_max", "pids_cgroup"] {
            assert!(planned(&folder, name, 9).is_err(), "{name}");
        }
    }

    /// The one of the groups above that allows no more, in a hierarchy of version 2.
    #[test]
    fn the_group_that_allows_no_more_is_moved() {
        let folder = made(&[
            ("self/cgroup", "0::/above/own\n"),
            ("g/above/pids.max", "500\n"),
            ("g/above/own/pids.max", "max\n"),
        ]);
        let mounts = format!("1 0 0:1 / {}/g rw - cgroup2 c rw\n", folder.path().display());
        fs::write(folder.path().join("self/mountinfo"), mounts).unwrap();
        let moved = planned(&folder, "pids_cgroup", 900).unwrap().make().unwrap();
        let both = || ["g/above/pids.max", "g/above/own/pids.max"].map(|file| now(&folder, file));
        assert_eq!(both(), ["900", "max"]);
        drop(moved);
        assert_eq!(both(), ["500", "max"]);
    }

    /// It ends with this process, so no command puts it back.
    #[test]
    fn a_limit_of_this_process_is_put_back_as_it_was() {
        let before = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        // More could not be had without rights.
        let planned = planned(&made(&[]), "nofile", before.1).unwrap();
        assert_eq!(planned.undo(), None);
        let moved = planned.make().unwrap();
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap(), (before.1, before.1));
        drop(moved);
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap(), before);
    }
}
