//! What is weighed: a program that is started here, or one that runs already.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use record::Weight;

use crate::cell::process::{be_killed_first, tail_of};
use crate::limits::LastSeen;
use crate::meter;
use crate::meter::cgroup::{Cgroups, Group};
use crate::meter::process::Procfs;

/// How long a server may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(2);

/// Between two looks.
const TICK: Duration = Duration::from_millis(10);

/// What is to be weighed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A program, with its arguments, to be started for each weighing.
    Command(Vec<String>),
    /// A process that runs, with those that it started.
    Pid(u32),
    /// A unit of systemd.
    Unit(String),
    /// A control group: its folder, or its path in the hierarchy.
    Group(String),
}

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    procfs: Procfs,
    child: Option<Child>,
    /// The process that it began with, where its group does not say which are its own.
    root: Option<u32>,
    group: Option<Group>,
    /// Why there is no group to read.
    pub note: Option<String>,
    /// What it wrote.
    said: Option<Receiver<String>>,
    /// A process of ours that is not the server's.
    pub besides: Option<u32>,
}

impl Target {
    /// What it is called if it is given no other name.
    pub fn name(&self) -> String {
        match self {
            Self::Command(command) => {
                let program = command.first().map_or("", String::as_str);
                let name = Path::new(program).file_name();
                name.map_or_else(|| program.to_owned(), |name| name.to_string_lossy().into_owned())
            }
            Self::Pid(pid) => Procfs::default().name(*pid).unwrap_or_else(|| format!("pid {pid}")),
            Self::Unit(name) => name.strip_suffix(".service").unwrap_or(name).to_owned(),
            Self::Group(path) => path.rsplit('/').next().unwrap_or(path).to_owned(),
        }
    }

    /// The command that starts it; empty of one that runs already.
    pub fn command(&self) -> &[String] {
        match self {
            Self::Command(command) => command,
            _ => &[],
        }
    }

    /// What it was found by, of one that runs already.
    pub fn attached(&self) -> Option<String> {
        match self {
            Self::Command(_) => None,
            Self::Pid(pid) => Some(format!("pid {pid}")),
            Self::Unit(name) => Some(format!("systemd unit {name}")),
            Self::Group(path) => Some(format!("control group {path}")),
        }
    }
}

impl Server {
    /// Starts the program, in a group of its own where there are groups, or finds what runs already.
    ///
    /// # Errors
    /// If it cannot be started or is not there, or may not be read.
    pub fn get(target: &Target, cgroups: Result<&Cgroups, &str>) -> anyhow::Result<Self> {
        let procfs = Procfs::default();
        let (root, group) = match target {
            Target::Command(command) => return Self::start(procfs, command, cgroups),
            Target::Pid(pid) => (Some(*pid), Group::of_process(&procfs, *pid)),
            Target::Unit(name) => {
                let found = control_group_of(name)?;
                (None, Some(Group::at(&procfs, &found).with_context(|| not_there(&found))?))
            }
            Target::Group(path) => {
                (None, Some(Group::at(&procfs, path).with_context(|| not_there(path))?))
            }
        };
        let mut server =
            Self { procfs, child: None, root, group, note: None, said: None, besides: None };
        let pids = server.pids();
        if pids.is_empty() {
            let what = target.attached().unwrap_or_default();
            bail!("{what}: there is no such process, or none in it; give one that runs");
        }
        if pids.contains(&std::process::id()) {
            let what = target.attached().unwrap_or_default();
            bail!(
                "{what}: this program would be weighed with it; give a process that did not start this one, or a \
                 control group that it is not in"
            );
        }
        if let Some(pid) = pids.iter().find(|pid| server.procfs.descriptors(**pid).is_none()) {
            bail!(
                "process {pid} is another user's, and what it has open may not be read: try sudo"
            );
        }
        if root.is_some()
            && let Some(group) = &server.group
            && group.pids().iter().any(|pid| !pids.contains(pid))
        {
            let path = group.path().display();
            server.note = Some(format!("other processes are in its control group {path} too"));
            server.group = None;
        } else if server.group.is_none() {
            server.note = Some("its control group cannot be read here".into());
        }
        Ok(server)
    }

    fn start(
        procfs: Procfs,
        command: &[String],
        cgroups: Result<&Cgroups, &str>,
    ) -> anyhow::Result<Self> {
        let [program, arguments @ ..] = command else { bail!("there is no program to start") };
        let group =
            cgroups.ok().map(Cgroups::make).transpose().context("no group for the server")?;
        if group.is_none() {
            adopt_orphans();
        }
        let (said, writes) = io::pipe().context("what the server writes cannot be read")?;
        let mut started = Command::new(program);
        started
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(writes.try_clone()?)
            .stderr(writes)
            .process_group(0);
        if let Some(group) = &group {
            group.enter_before_exec(&mut started)?;
        }
        end_with_this_process(&mut started);
        let child =
            started.spawn().map_err(|error| anyhow!("`{program}` cannot be started: {error}"))?;
        be_killed_first(child.id());
        let root = group.is_none().then(|| child.id());
        let note = cgroups.err().map(str::to_owned);
        let (send, tail) = mpsc::sync_channel(1);
        thread::spawn(move || send.send(tail_of(said)));
        let said = Some(tail);
        Ok(Self { procfs, child: Some(child), root, group, note, said, besides: None })
    }

    /// Its processes that live: all of its group, or the one that it began with and what that has started.
    pub fn pids(&self) -> Vec<u32> {
        let mut pids = match (self.root, &self.group) {
            (None, Some(group)) => group.pids(),
            (Some(root), _) => {
                let mut found = family(&self.procfs, root);
                if self.child.is_some() {
                    // What it has left behind is ours now.
                    found.extend(family(&self.procfs, std::process::id()));
                }
                found.into_iter().collect()
            }
            (None, None) => Vec::new(),
        };
        let is_ours = |pid: u32| {
            self.child.is_some() && (pid == std::process::id() || Some(pid) == self.besides)
        };
        pids.retain(|pid| !is_ours(*pid) && self.procfs.lives(*pid));
        pids
    }

    /// How it ended, if no process of it is left.
    pub fn ended(&mut self) -> Option<String> {
        // A process that starts another and ends, as a daemon does, may do so between the list and a look at it.
        for _ in 0..3 {
            if !self.pids().is_empty() {
                return None;
            }
            thread::sleep(TICK);
        }
        let status = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
        let how = status.map_or_else(|| "it is gone".into(), |status| status.to_string());
        Some(match self.last_words() {
            Some(words) => format!("{how}; it last said: {words}"),
            None => how,
        })
    }

    /// What it weighs, and how many processes it is.
    pub fn weigh(&self) -> (Weight, u64) {
        let pids = self.pids();
        let weight = meter::weigh(&self.procfs, &pids, self.group.as_ref());
        (weight, pids.len() as u64)
    }

    /// User and system CPU of all its processes so far, in ns; of those that ended, nothing.
    pub fn cpu_ns(&self) -> Option<u64> {
        self.pids().into_iter().map(cpu_ns).reduce(|one, other| Some(one? + other?))?
    }

    /// What the process of it uses that has most descriptors open, and how many it may have.
    pub fn seen(&self) -> (LastSeen, Option<u64>) {
        let mut seen = LastSeen::default();
        let mut fullest = (None, None);
        for pid in self.pids() {
            let of = LastSeen::of(&self.procfs, pid);
            if of.descriptors >= fullest.0 {
                fullest = (of.descriptors, self.nofile(pid));
            }
            seen.raise(&of);
        }
        seen.total_bytes = self.own_group().and_then(Group::peak_bytes);
        (seen, fullest.1)
    }

    /// Whether the kernel killed a process of it for want of memory.
    pub fn was_oom_killed(&self) -> bool {
        self.own_group().and_then(Group::oom_kills).is_some_and(|kills| kills > 0)
    }

    /// Whether what it weighs has the kernel's part.
    pub fn has_group(&self) -> bool {
        self.group.is_some()
    }

    /// The group that was made for it. Another one has counts from before.
    fn own_group(&self) -> Option<&Group> {
        self.group.as_ref().filter(|_| self.child.is_some())
    }

    /// `Max open files  SOFT  HARD  files`
    fn nofile(&self, pid: u32) -> Option<u64> {
        let limits = self.procfs.root().join(pid.to_string()).join("limits");
        let limits = fs::read_to_string(limits).ok()?;
        let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
        line.split_whitespace().next()?.parse().ok()
    }

    /// The last line that it wrote.
    fn last_words(&mut self) -> Option<String> {
        let tail = self.said.take()?.recv_timeout(GRACE).ok()?;
        tail.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned)
    }
}

impl Drop for Server {
    /// Asks what was started here to end, and ends what does not. What was there before is left alone.
    fn drop(&mut self) {
        let Some(child) = &mut self.child else { return };
        let own = Pid::from_raw(child.id().cast_signed());
        let is_reaped = child.try_wait().is_ok_and(|status| status.is_some());
        let _ = if is_reaped { Ok(()) } else { killpg(own, Signal::SIGTERM) };
        let signal = |pids: &[u32], signal: Signal| {
            for pid in pids {
                let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
            }
        };
        signal(&self.pids(), Signal::SIGTERM);
        for _ in 0..2 {
            // A process closes its sockets right before it has ended.
            let until = Instant::now() + GRACE;
            while !self.pids().is_empty() && Instant::now() < until {
                thread::sleep(TICK);
            }
            signal(&self.pids(), Signal::SIGKILL);
        }
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// This process and all that it has started, as far as they still have parents of that family.
fn family(procfs: &Procfs, root: u32) -> BTreeSet<u32> {
    const PARENT: usize = 4;
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for pid in procfs.pids() {
        if let Some(parent) = procfs.stat(pid, PARENT).and_then(|parent| parent.parse().ok()) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let (mut found, mut open) = (BTreeSet::new(), vec![root]);
    while let Some(pid) = open.pop() {
        if found.insert(pid) {
            open.extend(children.get(&pid).into_iter().flatten());
        }
    }
    found
}

/// Has the system kill it when this process is killed, which then can end nothing itself.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn end_with_this_process(command: &mut Command) {
    let kill = || Ok(nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?);
    // SAFETY: between fork and exec this does no more than prctl(2), which allocates nothing.
    unsafe { command.pre_exec(kill) };
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn end_with_this_process(_: &mut Command) {}

/// Has the system make processes ours whose parents ended, so that a daemon is found where no group has it.
fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn cpu_ns(pid: u32) -> Option<u64> {
    let clock = nix::time::ClockId::pid_cpu_clock_id(Pid::from_raw(pid.cast_signed())).ok()?;
    Some(protocol::ns(Duration::from(clock.now().ok()?)))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn cpu_ns(_: u32) -> Option<u64> {
    None
}

/// The control group of a unit of systemd.
fn control_group_of(unit: &str) -> anyhow::Result<String> {
    let asked = Command::new("systemctl")
        .args(["show", "--property=ControlGroup", "--value", "--", unit])
        .output()
        .context("systemd cannot be asked for the unit")?;
    let path = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
    if path.is_empty() && !Path::new("/run/systemd/system").exists() {
        bail!(
            "systemd does not run here, so it has no unit `{unit}`: --pid and --cgroup find others"
        );
    }
    if path.is_empty() {
        bail!("systemd has no running unit `{unit}`: `systemctl list-units` has their names");
    }
    Ok(path)
}

fn not_there(path: &str) -> String {
    format!(
        "`{path}` is no control group whose memory can be read: give its folder below /sys/fs/cgroup"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_the_name_that_people_use() {
        let name = |command: &[&str]| {
            Target::Command(command.iter().map(ToString::to_string).collect()).name()
        };
        assert_eq!(name(&["/usr/sbin/nginx", "-g", "daemon off;"]), "nginx");
        assert_eq!(name(&["./a"]), "a");
        assert_eq!(Target::Unit("nginx.service".into()).name(), "nginx");
        assert_eq!(Target::Group("/system.slice/a.scope".into()).name(), "a.scope");
        assert_eq!(Target::Pid(7).attached().as_deref(), Some("pid 7"));
    }

    #[test]
    fn a_family_is_a_process_and_what_it_has_started() {
        let root = tempfile::tempdir().unwrap();
        for (pid, parent) in [(1, 0), (7, 1), (8, 7), (9, 8), (10, 1)] {
            let folder = root.path().join(pid.to_string());
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("stat"), format!("{pid} (a) b) c) S {parent} 7 7\n")).unwrap();
        }
        let found = family(&Procfs::at(root.path()), 7);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [7, 8, 9]);
    }
}
