//! The names of what the two targets run, and which of them an invocation wants.

use std::path::{Path, PathBuf};

use workload::Workload;

use super::invocation::Invocation;
use crate::cell::CellSpec;
use crate::contestant::Contestant;
use crate::plan::{self, Kind, rates};
use crate::registry;
use crate::session::Part;
use anyhow::{Context, bail};
use record::Extent;

/// The group of criterion's benchmarks.
pub const GROUP: &str = "timer-1ms";

/// What an invocation runs.
pub struct Names {
    /// The contestants that are weighed.
    pub memory: Vec<&'static Contestant>,
    /// What criterion times: waves of timers, each a cell with a wave.
    pub throughput: Vec<CellSpec>,
}

/// The name of what criterion times, without the group.
pub fn function(spec: &CellSpec) -> String {
    format!("{}/{}", spec.contestant, spec.workload.tasks)
}

fn timed_name(spec: &CellSpec) -> String {
    format!("{GROUP}/{}", function(spec))
}

/// Where criterion keeps what it knows of it, in its folder.
fn folder_of(spec: &CellSpec) -> PathBuf {
    let id = spec.contestant.id().replace('/', "_");
    [GROUP, &id, &spec.workload.tasks.to_string()].iter().collect()
}

impl Names {
    /// What this invocation runs.
    ///
    /// # Errors
    /// If a glob or a name matches nothing, or a baseline is named that was not saved.
    pub fn of(invocation: &Invocation) -> anyhow::Result<Self> {
        let mut memory = registry::select(&invocation.only, &invocation.elsewhere()?)?;
        memory.retain(|contestant| kind_of(contestant).is_some());
        let mut throughput = Vec::new();
        for contestant in memory.iter().filter(|one| one.is_run_in_full()) {
            for &tasks in tasks(invocation) {
                let timer = Workload::timer(tasks, rates::WAIT);
                let specs = rates::waves(contestant, timer, tasks, 1, None, Some(1));
                throughput.extend(specs.into_iter().filter(rates::is_timed));
            }
        }
        let weighed = memory.iter().map(|one| memory_name(one));
        let all: Vec<String> = weighed.chain(throughput.iter().map(timed_name)).collect();
        for filter in &invocation.filters {
            let is_wanted = |name: &String| matches(filter, name, invocation.has("--exact"));
            if !all.iter().any(is_wanted) {
                let ids: Vec<_> = memory.iter().map(|one| one.id().to_string()).collect();
                bail!(
                    "`{filter}` matches nothing: give a name of --list or, without --exact, a part of one; \
                     names are memory/ID and {GROUP}/ID/TASKS, with ID one of {}",
                    ids.join(", ")
                );
            }
        }
        let wants = |name: &String| {
            let is_asked_for = |filter: &String| {
                matches(filter, name, invocation.has("--exact") || all.contains(filter))
            };
            let is_left_out = invocation.has("--ignored");
            !is_left_out
                && (invocation.filters.is_empty() || invocation.filters.iter().any(is_asked_for))
        };
        memory.retain(|contestant| wants(&memory_name(contestant)));
        throughput.retain(|spec| wants(&timed_name(spec)));
        let names = Self { memory, throughput };
        names.check_baselines(invocation)?;
        Ok(names)
    }

    /// The names of this target, for `--list`.
    pub fn list(&self, part: Part) -> Vec<String> {
        match part {
            Part::Memory => self.memory.iter().map(|one| memory_name(one)).collect(),
            Part::Throughput => self.throughput.iter().map(timed_name).collect(),
        }
    }

    /// A baseline that is compared with must have been saved of all that is run.
    fn check_baselines(&self, invocation: &Invocation) -> anyhow::Result<()> {
        if !invocation.is_bench() || invocation.is_list() {
            return Ok(());
        }
        let home = criterion_home()?;
        for (flag, baseline) in invocation.saved_baselines() {
            for spec in &self.throughput {
                let folder = home.join(folder_of(spec));
                if !folder.join(baseline).is_dir() {
                    bail!(
                        "`{flag} {baseline}`: no such baseline was saved of {}; saved {}; \
                         --save-baseline {baseline} saves one",
                        timed_name(spec),
                        saved(&folder)
                    );
                }
            }
        }
        Ok(())
    }
}

/// How many tasks a wave has that criterion times: few sizes, because rates come from the cells.
fn tasks(invocation: &Invocation) -> &'static [u32] {
    match (invocation.is_bench(), invocation.sizes()) {
        (false, _) => &[10],
        (true, Extent::Thorough) => &[1, 100],
        (true, _) => &[100],
    }
}

fn memory_name(contestant: &'static Contestant) -> String {
    format!("memory/{}", contestant.id())
}

fn matches(filter: &str, name: &str, is_exact: bool) -> bool {
    if is_exact { name == filter } else { name.contains(filter) }
}

/// The first kind of waiting that it runs here.
pub(super) fn kind_of(contestant: &'static Contestant) -> Option<Kind> {
    let runs =
        |kind: &Kind| kind.is_at_hand() && contestant.unsupported(&kind.workload()).is_none();
    plan::Kind::ALL.into_iter().find(runs)
}

/// The folder in which criterion keeps baselines: as it was told, or in that of everything that is built.
pub(super) fn criterion_home() -> anyhow::Result<PathBuf> {
    if let Some(home) = std::env::var_os("CRITERION_HOME") {
        return Ok(home.into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.map_or_else(target_of_this_program, Ok)?;
    Ok(target.join("criterion"))
}

/// The folder above this program that cargo has marked as the one for everything that is built.
fn target_of_this_program() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let is_marked = |folder: &&Path| folder.join("CACHEDIR.TAG").is_file();
    let marked = program.ancestors().find(is_marked).or_else(|| program.parent()?.parent());
    marked.map(Path::to_owned).context("this program is in no folder")
}

fn saved(folder: &Path) -> String {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<_> =
        names.filter(|name| !["change", "new", "report"].contains(&name.as_str())).collect();
    names.sort();
    if names.is_empty() { "is none".into() } else { format!("are {}", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(arguments: &[&str]) -> Vec<String> {
        let invocation = Invocation::parse(arguments.iter().map(ToString::to_string)).unwrap();
        let names = Names::of(&invocation).unwrap();
        [names.list(Part::Memory), names.list(Part::Throughput)].concat()
    }

    #[test]
    fn a_whole_name_stands_for_that_one_and_a_part_for_all_that_have_it() {
        for mode in ["--bench", "--test"] {
            let all = selected(&[mode]);
            assert!(all.len() > 15);
            for name in &all {
                assert_eq!(selected(&[mode, name]), std::slice::from_ref(name));
                assert_eq!(selected(&[mode, name, "--exact"]), std::slice::from_ref(name));
            }
            let of_bare = selected(&[mode, "coroutines/bare"]);
            let (timed, weighed): (Vec<_>, Vec<_>) =
                of_bare.into_iter().partition(|name| name.starts_with(GROUP));
            assert_eq!(weighed, ["memory/coroutines/bare"]);
            assert!(
                !timed.is_empty() && timed.iter().all(|name| name.contains("coroutines/bare/"))
            );
            assert_eq!(selected(&[mode, "--ignored"]), [""; 0]);
        }
    }

    #[test]
    fn criterion_times_what_is_compared_and_not_what_would_show_its_floor() {
        let all = selected(&["--bench", "--thorough"]);
        let timed = |id: &str| all.contains(&format!("{GROUP}/{id}"));
        assert!(timed("coroutines/bare/1") && timed("subroutine/sequential/100"));
        assert!(!all.iter().any(|name| name.starts_with(GROUP) && name.contains("control/")));
    }
}
