//! All contestants that can be run, by id.
//!
//! A contestant is one file in its model's crate and one line in that crate's `contestants()`; a
//! model is one line here.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use globset::{Glob, GlobMatcher};
use workload::Contestant;

use crate::{controls, faults};

/// All contestants, baselines and controls that are compiled in, in the order of the models.
pub fn all() -> Vec<Box<dyn Contestant>> {
    let mut all = Vec::new();
    all.extend(subroutine::contestants());
    all.extend(threads::contestants());
    all.extend(callbacks::contestants());
    all.extend(coroutines::contestants());
    all.extend(coroutines::baseline::baselines());
    all.extend(controls::all());
    all
}

/// What to be told about a contestant before its figures are used, by id.
pub fn cautions() -> BTreeMap<String, String> {
    by_id(|contestant| contestant.caution())
}

/// What each contestant's timers are, by id.
pub fn timers() -> BTreeMap<String, String> {
    by_id(|contestant| contestant.timer())
}

fn by_id(said: fn(&dyn Contestant) -> Option<&'static str>) -> BTreeMap<String, String> {
    let all = all().into_iter();
    all.filter_map(|one| Some((one.id().to_string(), said(one.as_ref())?.to_owned()))).collect()
}

/// Why no contestant can be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// The feature that brings this contestant is off.
    #[error("`{0}` is compiled out: build with `--features {1}` to bring it back")]
    CompiledOut(String, &'static str),
    /// No contestant has this name; these are there.
    #[error("`{0}` matches no contestant; there are {1}")]
    NoMatch(String, String),
    /// This is not a pattern, for this reason.
    #[error("`{0}` is not a pattern: {1}; give an id or a glob such as `coroutines/*`")]
    NotAGlob(String, String),
}

/// The contestant with exactly this id. Faulty contestants are found too.
///
/// # Errors
/// If there is none, or its feature is off.
pub fn find(id: &str) -> Result<Box<dyn Contestant>, SelectError> {
    all()
        .into_iter()
        .chain(faults::all())
        .find(|contestant| contestant.id().as_str() == id)
        .ok_or_else(|| missing(id))
}

/// Everybody whose id matches one of the patterns, in the order of [`all`]; everybody but the
/// baselines' faulty relatives if there are no patterns.
///
/// A pattern is a glob over the whole id: `coroutines/*`, `*/tokio*`, `threads/per-task`. `*` does
/// not stop at the slash. Faulty contestants must be named exactly.
///
/// # Errors
/// If a pattern is not a glob or matches no contestant.
pub fn select(patterns: &[String]) -> Result<Vec<Box<dyn Contestant>>, SelectError> {
    if patterns.is_empty() {
        return Ok(all());
    }
    let patterns = split(patterns);
    let mut matchers = Vec::new();
    for pattern in &patterns {
        let matcher = compile(pattern)?;
        let known = all().iter().any(|contestant| matcher.is_match(contestant.id().as_str()));
        if !known && find(pattern).is_err() {
            return Err(missing(pattern));
        }
        matchers.push(matcher);
    }
    let mut selected = all();
    selected.retain(|one| matchers.iter().any(|matcher| matcher.is_match(one.id().as_str())));
    let is_named = |fault: &str| patterns.iter().any(|pattern| pattern == fault);
    selected.extend(faults::all().into_iter().filter(|fault| is_named(fault.id().as_str())));
    Ok(selected)
}

/// Those of these ids that match one of the patterns; all of them if there are no patterns. The ids
/// may be those of a record, of contestants that are not compiled in.
///
/// # Errors
/// If a pattern is not a glob or matches none of the ids.
pub fn matching<'a>(
    patterns: &[String],
    ids: &BTreeSet<&'a str>,
) -> Result<BTreeSet<&'a str>, SelectError> {
    let mut matching = BTreeSet::new();
    for pattern in &split(patterns) {
        let matcher = compile(pattern)?;
        let hits: Vec<&str> = ids.iter().copied().filter(|id| matcher.is_match(id)).collect();
        matching.extend(&hits);
        if hits.is_empty() {
            let allowed = ids.iter().copied().collect::<Vec<_>>().join(", ");
            return Err(SelectError::NoMatch(pattern.clone(), allowed));
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

fn compile(pattern: &str) -> Result<GlobMatcher, SelectError> {
    let not_a_glob =
        |why: globset::Error| SelectError::NotAGlob(pattern.to_owned(), why.kind().to_string());
    Glob::new(pattern).map(|glob| glob.compile_matcher()).map_err(not_a_glob)
}

fn missing(given: &str) -> SelectError {
    let out =
        compiled_out().find(|(id, _)| compile(given).is_ok_and(|matcher| matcher.is_match(id)));
    match out {
        Some((_, feature)) => SelectError::CompiledOut(given.to_owned(), feature),
        None => {
            let allowed: Vec<_> = all().iter().map(|one| one.id().to_string()).collect();
            SelectError::NoMatch(given.to_owned(), allowed.join(", "))
        }
    }
}

/// The contestants that are compiled out, with the feature that brings each back.
pub fn compiled_out() -> impl Iterator<Item = (String, &'static str)> {
    optional().filter(|(id, _)| !is_compiled_in(id))
}

fn is_compiled_in(id: &str) -> bool {
    all().iter().any(|contestant| contestant.id().as_str() == id)
}

/// Every contestant that a feature brings, baselines and controls included, with that feature.
fn optional() -> impl Iterator<Item = (String, &'static str)> {
    let contestants = coroutines::FEATURES.iter().flat_map(|&(id, feature)| {
        let baseline = id.replace("coroutines/", "baseline/");
        let baseline = (baseline != id).then_some(baseline);
        iter::once(id.to_owned()).chain(baseline).map(move |id| (id, feature))
    });
    contestants.chain(controls::FEATURES.iter().map(|&(id, feature)| (id.to_owned(), feature)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(patterns: &[&str]) -> Vec<String> {
        let patterns: Vec<_> = patterns.iter().map(ToString::to_string).collect();
        select(&patterns).unwrap().iter().map(|c| c.id().to_string()).collect()
    }

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<_> =
            all().into_iter().chain(faults::all()).map(|contestant| contestant.id()).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn every_model_says_what_its_timers_are() {
        let timers = timers();
        for contestant in all().iter().filter(|contestant| {
            ["subroutine", "threads", "callbacks", "coroutines"].contains(&contestant.id().model())
        }) {
            assert!(timers.contains_key(contestant.id().as_str()), "{}", contestant.id());
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
        assert!(matches!(select(&["fault/*".into()]), Err(SelectError::NoMatch { .. })));
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
        assert!(matches!(of(&["a["]), Err(SelectError::NotAGlob { .. })));
    }

    #[test]
    fn a_pattern_without_a_match_is_named() {
        let message = select(&["corutines/*".into()]).err().unwrap().to_string();
        assert!(message.starts_with("`corutines/*` matches no contestant; there are subroutine/"));
        let message = select(&["a[".into()]).err().unwrap().to_string();
        assert!(message.starts_with("`a[` is not a pattern: "), "{message}");
    }

    #[cfg(not(feature = "smol"))]
    #[test]
    fn what_is_compiled_out_names_its_feature() {
        let message = select(&["coroutines/smol".into()]).err().unwrap().to_string();
        assert_eq!(
            message,
            "`coroutines/smol` is compiled out: build with `--features smol` to bring it back"
        );
    }
}
