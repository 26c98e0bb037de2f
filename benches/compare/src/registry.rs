//! All contestants that can be run, by id.
//!
//! Those of this program are one file each in their model's crate and one line in that crate's
//! `contestants()`; a model is one line here. Others are stanzas of a file: see [`elsewhere`](crate::elsewhere).

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::OnceLock;

use anyhow::{Context, anyhow, bail};
use contestant::hello::{self, Program};
use globset::{Glob, GlobMatcher};
use workload::Contestant as Served;

use crate::contestant::{Contestant, Launch};
use crate::elsewhere::Elsewhere;
use crate::{controls, faults, host};

/// What this program serves, in the order of the models.
pub fn served() -> Vec<Box<dyn Served>> {
    let mut all = Vec::new();
    all.extend(subroutine::contestants());
    all.extend(threads::contestants());
    all.extend(callbacks::contestants());
    all.extend(coroutines::contestants());
    all.extend(coroutines::baseline::baselines());
    all.extend(controls::all());
    all.extend(faults::all());
    all
}

/// What all contestants of this program say alike.
pub fn program() -> Program {
    Program { versions: host::versions(), build: host::build(), build_id: Some(host::program()) }
}

/// Is the process of one of these contestants; without an id, says who all of them are.
pub fn serve(id: Option<&str>) -> ExitCode {
    program().serve(served(), id)
}

/// The contestants of this program, as their processes say who they are.
fn own() -> &'static [&'static Contestant] {
    static OWN: OnceLock<Vec<&'static Contestant>> = OnceLock::new();
    OWN.get_or_init(|| {
        let program = program();
        let known = |one: Box<dyn Served>| {
            let profile = hello::profile(one.as_ref(), &program);
            Contestant { profile, launch: Launch::Own, missing: None }.kept()
        };
        served().into_iter().map(known).collect()
    })
}

/// All of this program that do right.
pub fn all() -> Vec<&'static Contestant> {
    own().iter().copied().filter(|one| one.role() != protocol::RoleLine::Fault).collect()
}

/// The contestant of this program with exactly this id. Faulty ones are found too.
///
/// # Errors
/// If there is none, or its feature is off.
pub fn find(id: &str) -> anyhow::Result<&'static Contestant> {
    own().iter().copied().find(|one| one.id() == id).ok_or_else(|| missing(id, &[]))
}

/// Everybody whose id matches one of the patterns: of this program in the order of [`all`], then those of
/// the file in its order, which are started to say who they are. Everybody if there are no patterns.
///
/// A pattern is a glob over the whole id: `coroutines/*`, `*/tokio*`, `threads/per-task`. `*` does
/// not stop at the slash. Faulty contestants must be named exactly.
///
/// # Errors
/// If a pattern is not a glob or matches no contestant, or an id of the file is one of this program's.
pub fn select(
    patterns: &[String],
    elsewhere: &Elsewhere,
) -> anyhow::Result<Vec<&'static Contestant>> {
    let others: Vec<&str> = elsewhere.ids().collect();
    if let Some(id) = others.iter().find(|id| own().iter().any(|one| one.id() == **id)) {
        bail!(
            "{}: `{id}` is the id of a contestant of this program; give another",
            elsewhere.name()
        );
    }
    let patterns = split(patterns);
    let mut matchers = Vec::new();
    for pattern in &patterns {
        let matcher = compile(pattern)?;
        let known = all().iter().any(|one| matcher.is_match(one.id()));
        if !known && find(pattern).is_err() && !others.iter().any(|id| matcher.is_match(id)) {
            return Err(missing(pattern, &others));
        }
        matchers.push(matcher);
    }
    let is_named = |fault: &str| patterns.iter().any(|pattern| pattern == fault);
    let matches = |id: &str| patterns.is_empty() || matchers.iter().any(|one| one.is_match(id));
    let of_own = own().iter().copied().filter(|one| match one.role() {
        protocol::RoleLine::Fault => is_named(one.id()),
        _ => matches(one.id()),
    });
    let mut selected: Vec<_> = of_own.collect();
    selected.extend(elsewhere.start(matches));
    Ok(selected)
}

/// The contestant with exactly this id, of this program or of the file, whose program is started then.
///
/// # Errors
/// As [`select`].
pub fn one(id: &str, elsewhere: &Elsewhere) -> anyhow::Result<&'static Contestant> {
    let others: Vec<&str> = elsewhere.ids().collect();
    if find(id).is_err() && !others.contains(&id) {
        return Err(missing(id, &others));
    }
    let selected = select(&[id.to_owned()], elsewhere)?;
    selected.first().copied().context("an id selects a contestant")
}

/// Those of these ids that match one of the patterns; all of them if there are no patterns. The ids
/// may be those of a record, of contestants that are not compiled in. A variant comes with the contestant that
/// it is one of, and by its own id.
///
/// # Errors
/// If a pattern is not a glob or matches none of the ids.
pub fn matching<'a>(
    patterns: &[String],
    ids: &BTreeSet<&'a str>,
) -> anyhow::Result<BTreeSet<&'a str>> {
    let mut matching = BTreeSet::new();
    for pattern in &split(patterns) {
        let matcher = compile(pattern)?;
        let is_match = |id: &&str| {
            let base = id.split_once('{').map_or(*id, |(base, _)| base);
            [base, *id].iter().any(|id| matcher.is_match(id)) || *id == pattern
        };
        let hits: Vec<&str> = ids.iter().copied().filter(is_match).collect();
        matching.extend(&hits);
        if hits.is_empty() {
            return Err(no_match(pattern, ids.iter().copied()));
        }
    }
    Ok(if patterns.is_empty() { ids.clone() } else { matching })
}

/// The patterns of these texts, which have commas between them. A comma within braces or brackets is part of
/// its pattern.
pub fn split(texts: &[String]) -> Vec<String> {
    let of_one = |text: &String| {
        let mut open = 0_u32;
        let is_between = move |c: char| {
            match c {
                '{' | '[' => open += 1,
                '}' | ']' => open = open.saturating_sub(1),
                _ => {}
            }
            c == ',' && open == 0
        };
        text.split(is_between).map(str::to_owned).collect::<Vec<_>>()
    };
    texts.iter().flat_map(of_one).collect()
}

fn compile(pattern: &str) -> anyhow::Result<GlobMatcher> {
    let glob = Glob::new(pattern).map_err(|why| {
        let why = why.kind();
        anyhow!("`{pattern}` is not a pattern: {why}; give an id or a glob such as `coroutines/*`")
    })?;
    Ok(glob.compile_matcher())
}

/// Why nothing of this program is selected by this, nor any of the others.
fn missing(given: &str, others: &[&str]) -> anyhow::Error {
    let is_given = |id: &str| compile(given).is_ok_and(|matcher| matcher.is_match(id));
    match compiled_out().find(|(id, _)| is_given(id)) {
        Some((_, feature)) => {
            anyhow!("`{given}` is compiled out: build with `--features {feature}` to bring it back")
        }
        None => no_match(given, all().iter().map(|one| one.id()).chain(others.iter().copied())),
    }
}

fn no_match<'a>(given: &str, there_are: impl Iterator<Item = &'a str>) -> anyhow::Error {
    let there_are = there_are.collect::<Vec<_>>().join(", ");
    anyhow!("`{given}` matches no contestant; there are {there_are}")
}

/// The contestants that are compiled out, baselines and controls included, with the feature that brings each
/// back.
pub fn compiled_out() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lists = [
        threads::FEATURES,
        coroutines::FEATURES,
        coroutines::baseline::FEATURES,
        controls::FEATURES,
    ];
    let is_out = |(id, _): &(&str, &str)| all().iter().all(|one| one.id() != *id);
    lists.into_iter().flatten().copied().filter(is_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(patterns: &[&str]) -> Vec<String> {
        let patterns: Vec<_> = patterns.iter().map(ToString::to_string).collect();
        let selected = select(&patterns, &Elsewhere::default()).unwrap();
        selected.iter().map(|one| one.id().to_owned()).collect()
    }

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<_> = own().iter().map(|one| one.id()).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn every_compared_contestant_says_what_its_timers_are_and_what_it_runs() {
        for one in all().iter().filter(|one| one.is_compared()) {
            assert!(one.profile.timer.is_some(), "{one}");
            assert_eq!(one.profile.check(), Ok(()), "{one}");
            assert!(
                ["timer", "waits"].iter().all(|word| one
                    .profile
                    .workloads
                    .iter()
                    .any(|w| w == word))
            );
        }
    }

    #[test]
    fn patterns_select_in_the_order_of_the_models() {
        assert_eq!(
            ids(&["callbacks/*", "subroutine/*"]),
            ["subroutine/sequential", "callbacks/event-loop"]
        );
        assert_eq!(ids(&["threads/per-task"]), ["threads/per-task"]);
        assert_eq!(ids(&["*/bare"]), ["coroutines/bare", "baseline/bare"]);
        let few = ["subroutine/sequential", "callbacks/event-loop"];
        assert_eq!(ids(&["{callbacks,subroutine}/*"]), few);
        assert_eq!(ids(&["callbacks/*,{subroutine/*,callbacks/*}"]), few);
        assert_eq!(ids(&["[a,c]allbacks/*,subroutine/*"]), few);
    }

    #[test]
    fn faulty_contestants_come_only_by_their_name() {
        assert!(ids(&["*"]).iter().all(|id| !id.starts_with("fault/")));
        assert_eq!(ids(&["fault/hang"]), ["fault/hang"]);
        assert!(select(&["fault/*".into()], &Elsewhere::default()).is_err());
    }

    #[test]
    fn ids_of_a_record_are_selected_like_contestants() {
        let ids = BTreeSet::from(["coroutines/a", "coroutines/b", "threads/c"]);
        let of = |patterns: &[&str]| {
            matching(&patterns.iter().map(ToString::to_string).collect::<Vec<_>>(), &ids)
        };
        assert_eq!(of(&[]).unwrap(), ids);
        assert_eq!(
            of(&["*/b", "threads/*"]).unwrap(),
            BTreeSet::from(["coroutines/b", "threads/c"])
        );
        let message = of(&["*/b", "*/d"]).unwrap_err().to_string();
        assert_eq!(
            message,
            "`*/d` matches no contestant; there are coroutines/a, coroutines/b, threads/c"
        );
        assert!(of(&["a["]).unwrap_err().to_string().starts_with("`a[` is not a pattern: "));
    }

    #[test]
    fn a_pattern_without_a_match_is_named() {
        let message =
            select(&["corutines/*".into()], &Elsewhere::default()).err().unwrap().to_string();
        assert!(message.starts_with("`corutines/*` matches no contestant; there are subroutine/"));
        let message = select(&["a[".into()], &Elsewhere::default()).err().unwrap().to_string();
        assert!(message.starts_with("`a[` is not a pattern: "), "{message}");
    }

    #[cfg(not(feature = "smol"))]
    #[test]
    fn what_is_compiled_out_names_its_feature() {
        let message =
            select(&["coroutines/smol".into()], &Elsewhere::default()).err().unwrap().to_string();
        assert_eq!(
            message,
            "`coroutines/smol` is compiled out: build with `--features smol` to bring it back"
        );
    }
}
