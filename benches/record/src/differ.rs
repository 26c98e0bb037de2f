//! In what two runs differ, apart from what was run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};

use protocol::Profile;
use serde::Serialize;

use crate::run::{CgroupKind, Host, LimitValue, Run};

/// Something of the machine or of the versions that is not the same in two runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What: `cores`, `tokio`, `max_map_count`.
    pub what: String,
    /// What it was in the first run.
    pub before: String,
    /// What it is in the second.
    pub after: String,
}

impl Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was {} and is {}", self.what, self.before, self.after)
    }
}

/// In what the machine and the versions of two runs differ, as far as it can change a figure.
///
/// Left out is the soft limit on descriptors that the program was started with (`nofile_given`):
/// it is raised before anything else. The machine's memory, which is also a limit, is named once.
pub fn differences(before: &Run, after: &Run) -> Vec<Difference> {
    let (one, other) = (&before.host, &after.host);
    let mut found = of_maps("", &facts(one), &facts(other));
    // A record that says nothing of these was made before they were looked at.
    if !before.build.is_empty() && !after.build.is_empty() {
        found.extend(of_maps("", &system(one), &system(other)));
        found.extend(of_maps("", &before.build, &after.build));
    }
    found.extend(differing("", "not set", &one.allocator_settings, &other.allocator_settings));
    found.extend(of_maps("limit ", &limits(one), &limits(other)));
    let is_known = |found: &Difference| {
        let is_of_both = before.build.is_empty() == after.build.is_empty();
        is_of_both
            || [&before.versions, &after.versions].iter().all(|all| all.contains_key(&found.what))
    };
    found.extend(of_contestants(before, after));
    found.extend(of_maps("", &before.versions, &after.versions).into_iter().filter(is_known));
    found
}

/// In what the contestants that both runs have differ.
fn of_contestants(before: &Run, after: &Run) -> Vec<Difference> {
    let known = |profile: &Profile| {
        let Profile { versions, env, build_id, allocator, .. } = profile;
        let given = env.iter().map(|(name, value)| (format!("{name} in its environment"), value));
        let versions = versions.iter().map(|(name, value)| (name.clone(), value));
        let named = [("build", build_id), ("allocator", allocator)];
        let named =
            named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.as_ref()?)));
        let all = given.chain(named).chain(versions);
        all.map(|(name, value)| (name, value.clone())).collect::<Values>()
    };
    let both = before.contestants.iter().filter_map(|(id, one)| {
        Some(of_maps(&format!("{id}: "), &known(one), &known(after.contestants.get(id)?)))
    });
    both.flatten().collect()
}

fn system(host: &Host) -> Values {
    let known = host.system.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    let names = match &host.not_loaded[..] {
        [] => "nothing".into(),
        names => names.join(", "),
    };
    known.chain([("what was not loaded".into(), names)]).collect()
}

/// What is known of a machine, by name.
type Values = BTreeMap<String, String>;

fn facts(host: &Host) -> Values {
    let Host { cpu, cores, memory_bytes, kernel, clock, page_bytes, thp, .. } = host;
    let Host { timer_slack_ns, allocator, rustc, cgroup, .. } = host;
    let cgroup = match cgroup {
        CgroupKind::V1 => "v1",
        CgroupKind::V2 => "v2",
        CgroupKind::None => "none",
    };
    let known = [
        ("cpu", cpu.clone()),
        ("cores", Some(cores.to_string())),
        ("memory in bytes", memory_bytes.map(|bytes| bytes.to_string())),
        ("kernel", kernel.clone()),
        ("clock", clock.clone()),
        ("page size", page_bytes.map(|bytes| bytes.to_string())),
        ("transparent huge pages", thp.clone()),
        ("timer slack in ns", timer_slack_ns.map(|ns| ns.to_string())),
        ("allocator", Some(allocator.clone())),
        ("rustc", Some(rustc.clone())),
        ("control group", Some(cgroup.to_owned())),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn limits(host: &Host) -> Values {
    let text = |value: &LimitValue| {
        value.number().map_or("unlimited".to_owned(), |number| number.to_string())
    };
    let is_known = |name: &str| matches!(name, "nofile_given" | "memory_bytes" | "ports");
    let matter = host.limits.iter().filter(|(name, _)| !is_known(name));
    matter.map(|(name, value)| (name.clone(), text(value))).collect()
}

fn of_maps(kind: &str, before: &Values, after: &Values) -> Vec<Difference> {
    differing(kind, "unknown", before, after)
}

/// In what these differ, with the word for what one of them does not have.
fn differing(kind: &str, absent: &str, before: &Values, after: &Values) -> Vec<Difference> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differ = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    let difference = |name: &String| {
        let value = |of: &Values| of.get(name).map_or(absent.into(), |of| format!("`{of}`"));
        Difference { what: format!("{kind}{name}"), before: value(before), after: value(after) }
    };
    differ.map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{apart_run, small_run};

    fn differ(change: impl FnOnce(&mut Run)) -> Vec<String> {
        let before = small_run().run;
        let mut after = before.clone();
        change(&mut after);
        differences(&before, &after).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_same_machine_differs_in_nothing() {
        assert!(differ(|_| {}).is_empty());
        let elsewhen = |run: &mut Run| {
            run.started = "2030-01-01T00:00:00Z".into();
            run.seed += 1;
            run.arguments = Some(vec!["--tasks=1".into()]);
            run.host.limits.insert("nofile_given".into(), LimitValue::Number(7));
        };
        assert!(differ(elsewhen).is_empty());
    }

    #[test]
    fn each_difference_is_named() {
        assert_eq!(differ(|run| run.host.cores = 4), ["cores was `2` and is `4`"]);
        assert_eq!(differ(|run| run.host.cpu = None), ["cpu was `Example CPU` and is unknown"]);
        assert_eq!(
            differ(|run| {
                run.versions.insert("tokio".into(), "2.0.0".into());
                run.host.limits.insert("max_map_count".into(), LimitValue::Number(1));
                run.host.allocator_settings.insert("MALLOC_ARENA_MAX".into(), "1".into());
            }),
            [
                "MALLOC_ARENA_MAX was not set and is `1`",
                "limit max_map_count was `65530` and is `1`",
                "tokio was `1.54.0` and is `2.0.0`"
            ]
        );
    }

    #[test]
    fn how_it_was_built_and_where_packages_are_from_count() {
        let built = |run: &mut Run| drop(run.build.insert("RUSTFLAGS".into(), "-O".into()));
        assert_eq!(differ(built), ["RUSTFLAGS was `none` and is `-O`"]);
        let patched = |run: &mut Run| {
            run.versions.insert("tokio".into(), "1.54.0 from a path".into());
        };
        assert_eq!(differ(patched), ["tokio was `1.54.0` and is `1.54.0 from a path`"]);
        // What an older program did not look at is no difference.
        let older = |run: &mut Run| {
            run.build.clear();
            run.host.system.clear();
            run.versions.insert("another".into(), "1.0.0".into());
        };
        assert!(differ(older).is_empty());
    }

    /// Every fact of the machine is looked at: a field that is added must be thought of.
    #[test]
    fn every_fact_counts() {
        type Change = fn(&mut Host);
        let changes: [Change; 12] = [
            |host| host.memory_bytes = Some(1),
            |host| host.kernel = Some("other".into()),
            |host| host.clock = Some("other".into()),
            |host| host.page_bytes = Some(1),
            |host| host.thp = Some("other".into()),
            |host| host.timer_slack_ns = Some(1),
            |host| host.allocator = "other".into(),
            |host| host.rustc = "other".into(),
            |host| host.cgroup = CgroupKind::None,
            |host| host.limits.clear(),
            |host| host.not_loaded.push("x.so".into()),
            |host| drop(host.system.insert("SMT".into(), Some("on".into()))),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            assert!(!differ(|run| change(&mut run.host)).is_empty(), "change {index}");
        }
    }

    #[test]
    fn what_a_contestant_of_both_is_made_of_is_a_difference() {
        let before = apart_run().run;
        let mut after = before.clone();
        let asyncio = after.contestants.get_mut("python/asyncio").unwrap();
        asyncio.versions.insert("python".into(), "3.12.0".into());
        asyncio.allocator = Some("mimalloc".into());
        asyncio.summary = "in other words".into();
        let tokio = after.contestants.get_mut("coroutines/tokio{MALLOC_ARENA_MAX=1}").unwrap();
        tokio.env.insert("MALLOC_ARENA_MAX".into(), "2".into());
        // What only one run has is what was run, and not the setup.
        after.contestants.remove("python/threads");
        let found = differences(&before, &after);
        assert_eq!(
            found.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "coroutines/tokio{MALLOC_ARENA_MAX=1}: MALLOC_ARENA_MAX in its environment was `1` and is `2`",
                "python/asyncio: allocator was `pymalloc over glibc malloc 2.36` and is `mimalloc`",
                "python/asyncio: python was `3.11.2` and is `3.12.0`",
            ]
        );
    }
}
