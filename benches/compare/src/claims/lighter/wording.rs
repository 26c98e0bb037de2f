//! Conditions and exceptions of a verdict, evidence and notes, in words.

use std::collections::BTreeSet;

use super::pair::{Compared, Finding, JUDGED, Judged, Pair};
use crate::claims::Evidence;
use crate::fit::{Figure, Series, model_of, series};
use crate::report::{format, full_bill_note, small_pool_note};
use record::{Cell, Record};

/// Under which conditions the claim holds; empty if under none but the claim's own.
pub(super) fn conditions(pairs: &[Pair]) -> String {
    let mut conditions = Vec::new();
    let never = |pair: &&Pair| !pair.process.is_empty() && pair.lighter_from().is_none();
    let is_always_lighter = pairs.iter().all(Pair::is_always_lighter);
    let lighter_from = pairs.iter().filter_map(Pair::lighter_from).max();
    if let Some(tasks) = lighter_from.filter(|_| !is_always_lighter) {
        conditions.push(format!("at least {} tasks wait", format::count(tasks)));
    }
    let is_lighter =
        |judged: &Judged| pairs.iter().all(|pair| pair.finding(*judged) == Finding::Lighter);
    let lighter: Vec<&str> = JUDGED.into_iter().filter(is_lighter).map(Judged::name).collect();
    let mut exceptions = figure_exceptions(pairs);
    let failing: Vec<&Pair> = pairs.iter().filter(never).collect();
    if !failing.is_empty() {
        let which = which_pairs(&failing, pairs);
        exceptions.push(format!("the whole process is not lighter at the largest N for {which}"));
    }
    let apart: Vec<&Pair> = pairs.iter().filter(|pair| pair.process.is_empty()).collect();
    if !apart.is_empty() {
        let which = which_pairs(&apart, pairs);
        exceptions.push(format!("no N was measured of both for {which}"));
    }
    if exceptions.is_empty() {
        return conditions.join(" and ");
    }
    if !lighter.is_empty() {
        conditions.push(format!("it is judged by {}", format::list(&lighter)));
    }
    if conditions.is_empty() {
        conditions.push("none of these exceptions applies".into());
    }
    format!("{}; {}", conditions.join(" and "), exceptions.join("; "))
}

/// In which figures which pairs are not lighter; figures with the same exception in one.
fn figure_exceptions(pairs: &[Pair]) -> Vec<String> {
    let mut alike: Vec<(String, Vec<&str>)> = Vec::new();
    for finding in [Finding::Heavier, Finding::Undecided, Finding::NotMeasured] {
        for judged in JUDGED {
            let failing: Vec<&Pair> =
                pairs.iter().filter(|pair| pair.finding(judged) == finding).collect();
            if failing.is_empty() {
                continue;
            }
            let what = format!("{} for {}", finding.word(), which_pairs(&failing, pairs));
            match alike.iter_mut().find(|(other, _)| *other == what) {
                Some((_, figures)) => figures.push(judged.name()),
                None => alike.push((what, vec![judged.name()])),
            }
        }
    }
    alike.into_iter().map(|(what, figures)| format!("{}: {what}", format::list(&figures))).collect()
}

/// How long a list of pairs may be, in bytes, before it is only counted: the evidence has them all.
const MOST_WORDS: usize = 200;

/// These pairs in a few words: contestants that fail against the same threads are named together.
fn which_pairs(some: &[&Pair], all: &[Pair]) -> String {
    let against = |pairs: &mut dyn Iterator<Item = &Pair>| {
        let mut threads: Vec<(Series, Vec<String>)> = Vec::new();
        for pair in pairs {
            let thread = pair.thread.contestant.clone();
            match threads.iter_mut().find(|(series, _)| *series == pair.coroutine) {
                Some((_, threads)) => threads.push(thread),
                None => threads.push((pair.coroutine.clone(), vec![thread])),
            }
        }
        threads
    };
    let everything = against(&mut all.iter());
    let every_thread: BTreeSet<&str> =
        all.iter().map(|pair| pair.thread.contestant.as_str()).collect();
    let mut groups: Vec<(Vec<String>, Vec<Series>)> = Vec::new();
    for (coroutine, threads) in against(&mut some.iter().copied()) {
        match groups.iter_mut().find(|(others, _)| *others == threads) {
            Some((_, coroutines)) => coroutines.push(coroutine),
            None => groups.push((threads, vec![coroutine])),
        }
    }
    let in_words = |(threads, coroutines): &(Vec<String>, Vec<Series>)| {
        let who = if coroutines.len() == everything.len() && coroutines.len() > 1 {
            "every coroutine".to_owned()
        } else {
            format::list(&by_workload(coroutines, everything.iter().map(|(series, _)| series)))
        };
        let whom = if threads.len() == every_thread.len() && threads.len() > 1 {
            "every thread contestant".to_owned()
        } else {
            format::list(threads)
        };
        format!("{who} against {whom}")
    };
    let words = groups.iter().map(in_words).collect::<Vec<_>>().join(", and for ");
    if words.len() <= MOST_WORDS {
        words
    } else {
        format!("{} of {} pairs", format::count(some.len() as u64), format::count(all.len() as u64))
    }
}

/// The names of these series. Where they are all that there are of one workload, that says it.
fn by_workload<'a>(some: &[Series], all: impl Iterator<Item = &'a Series> + Clone) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for series in some {
        let alike = |other: &&Series| other.shape == series.shape;
        let of_all = all.clone().filter(alike).count();
        let name = if of_all > 1 && some.iter().filter(alike).count() == of_all {
            format!("every coroutine{}", series.shape)
        } else {
            series.to_string()
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

pub(super) fn evidence(pair: &Pair) -> Vec<Evidence> {
    let subject = format!("{} ÷ {}", pair.coroutine, pair.thread.contestant);
    let row = |figure: String, compared: Compared, is_judged| Evidence {
        subject: subject.clone(),
        figure,
        ratio: compared.ratio,
        finding: Finding::of(&compared).word().into(),
        is_judged,
    };
    let bytes = format!("{} ({})", Judged::Bytes.name(), pair.bytes_name());
    let mut rows = vec![row(bytes, pair.bytes, true)];
    if pair.by == Figure::Total {
        rows.push(row(format!("{} (RSS)", Judged::Bytes.name()), pair.rss, false));
    }
    rows.push(row(Judged::Start.name().into(), pair.start, true));
    rows.push(row(Judged::Cpu.name().into(), pair.cpu, true));
    let at_each: Vec<String> = [Finding::Lighter, Finding::Undecided, Finding::Heavier]
        .into_iter()
        .filter_map(|finding| {
            let at = pair.process.iter().filter(|(_, found)| **found == finding);
            let counts: Vec<String> = at.map(|(tasks, _)| format::count(*tasks)).collect();
            let is_found = !counts.is_empty();
            is_found.then(|| format!("{} at N = {}", finding.word(), format::list(&counts)))
        })
        .collect();
    rows.push(Evidence {
        subject: subject.clone(),
        figure: format!("whole process ({})", pair.bytes_name()),
        ratio: None,
        finding: if at_each.is_empty() { "no common N".into() } else { at_each.join("; ") },
        is_judged: true,
    });
    rows
}

pub(super) fn notes(record: &Record, pairs: &[Pair]) -> Vec<String> {
    let mut notes = vec![
        "RSS is what the process holds itself. The full bill adds what the kernel holds for it: \
         the stacks of its threads in the kernel, slab and page tables. A thread has all three, a \
         coroutine nearly none, so the two ratios differ."
            .to_owned(),
        "Each slope is over the N that its own contestant reached; threads reach fewer.".to_owned(),
        "Each interval holds for its own pair, not for all of them at once: among many pairs, a \
         few will be on the wrong side by chance."
            .to_owned(),
    ];
    let is_pool =
        |cell: &Cell| model_of(&cell.contestant) == "threads" && cell.pool_workers.is_some();
    if record.cells.iter().any(is_pool) {
        notes.push(
            "A pool has made its threads before its first task starts, so its start cost leaves \
             them out; its bytes do not."
                .to_owned(),
        );
    }
    if pairs.iter().any(|pair| pair.by == Figure::Rss) {
        notes.push(full_bill_note(record).map_or_else(
            || "Some pairs have no full bill on one side; they are judged by RSS.".to_owned(),
            |note| format!("{note} Bytes are judged by RSS, which leaves the kernel's part out."),
        ));
    }
    let compared = series(record)
        .into_iter()
        .filter(|series| matches!(series.model(), "coroutines" | "threads"));
    notes.extend(compared.filter_map(|series| small_pool_note(record, &series)));
    notes
}
