//! Coroutines are lighter than threads: pair by pair, figure by figure, and from which N on.
//!
//! "Lighter" is taken apart into three figures per waiting task (its bytes, the time to start it,
//! the CPU of its wait) and the weight of the whole process at each N, because a slope says nothing
//! about small N, where the runtime's own weight counts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Claim, Evidence, Judgement, Verdict};
use crate::fit::{
    Estimate, Figure, Series, Shape, fit, model_of, readings, series, task_counts, values_at,
};
use crate::record::{Cell, Record};
use crate::report::{format, full_bill_note, small_pool_note};

/// The ratio of coroutine to thread below which a coroutine is lighter.
const EVEN: f64 = 1.0;

/// The figures that are judged, bytes first.
const JUDGED: [Judged; 3] = [Judged::Bytes, Judged::Start, Judged::Cpu];

/// The claim.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lighter;

impl Claim for Lighter {
    fn id(&self) -> &'static str {
        "lighter"
    }

    fn statement(&self) -> &'static str {
        "Coroutines are lighter than threads"
    }

    fn threshold(&self) -> String {
        format!(
            "each coroutine contestant is set against each thread contestant doing the same. In a \
             figure per task (bytes per waiting task, start cost, CPU per wait) a coroutine is \
             lighter when the whole interval of the ratio coroutine ÷ thread lies below {even}, \
             heavier when it lies above, and otherwise undecided, as also when a slope cannot be \
             told from zero. At one N its process is lighter \
             when the heaviest of its repeats weighs less than the lightest of the thread's. The \
             claim holds if every pair is lighter in every figure and at every N that both have \
             measured, it holds with conditions if at least one pair is lighter in bytes, and it is \
             refuted if none is and at least one is heavier.",
            even = format::number(EVEN, 2)
        )
    }

    fn judge(&self, record: &Record) -> Judgement {
        let pairs = pairs(record);
        Judgement {
            verdict: verdict(record, &pairs),
            evidence: pairs.iter().flat_map(evidence).collect(),
            notes: notes(record, &pairs),
        }
    }
}

/// The verdict in one or two sentences, for where there is room for no more.
pub(crate) fn in_plain_words(record: &Record) -> String {
    let pairs = pairs(record);
    let verdict = verdict(record, &pairs);
    let statement = Lighter.statement();
    let mut text = match &verdict {
        Verdict::Holds => format!("“{statement}” holds in everything that was measured."),
        Verdict::HoldsWhen(condition) => format!("“{statement}” holds when {condition}."),
        Verdict::Refuted => format!("“{statement}” is refuted."),
        Verdict::NotMeasured(reason) => {
            return format!("“{statement}” is not measured: {reason}.");
        }
    };
    if let Some(range) = range_of_bytes(&pairs, Shape::is_plain) {
        text.push_str(&format!(" A waiting coroutine weighs {range} what a waiting thread does."));
    }
    if let Some(range) = range_of_bytes(&pairs, Shape::is_http) {
        text.push_str(&format!(" With an open connection each, it weighs {range}."));
    }
    text
}

/// From the least to the most that a coroutine's bytes are of a thread's, over the pairs of such
/// workloads; `None` if there is no such pair.
fn range_of_bytes(pairs: &[Pair], is_wanted: fn(&Shape) -> bool) -> Option<String> {
    let wanted = || pairs.iter().filter(|pair| is_wanted(&pair.coroutine.shape));
    let shown = || wanted().filter(|pair| pair.bytes.ratio.is_some());
    let ratios = || shown().filter_map(|pair| pair.bytes.ratio.as_ref());
    let by_value = |a: &&Estimate, b: &&Estimate| a.value.total_cmp(&b.value);
    let (least, most) = ratios().min_by(by_value).zip(ratios().max_by(by_value))?;
    Some(format!(
        "{}× to {}× ({}; pairs compared: {})",
        format::ratio_value(least),
        format::ratio_value(most),
        if shown().all(|pair| pair.by == Figure::Total) { "full bill" } else { "RSS" },
        ratios().count()
    ))
}

/// What is judged of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Judged {
    Bytes,
    Start,
    Cpu,
}

impl Judged {
    fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes per waiting task",
            Self::Start => "start cost",
            Self::Cpu => "CPU per wait",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Finding {
    Lighter,
    Heavier,
    Undecided,
    NotMeasured,
}

impl Finding {
    fn of(compared: &Compared) -> Self {
        match compared.ratio {
            None if compared.has_slopes => Self::Undecided,
            None => Self::NotMeasured,
            Some(ratio) if ratio.high < EVEN => Self::Lighter,
            Some(ratio) if ratio.low > EVEN => Self::Heavier,
            Some(_) => Self::Undecided,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Lighter => "lighter",
            Self::Heavier => "heavier",
            Self::Undecided => "undecided",
            Self::NotMeasured => "not measured",
        }
    }
}

/// A figure of a pair.
#[derive(Clone, Copy)]
struct Compared {
    /// Coroutine ÷ thread; `None` where a slope cannot be told from zero, or is not there.
    ratio: Option<Estimate>,
    /// Whether both slopes are there.
    has_slopes: bool,
}

/// A coroutine and a thread contestant that did the same, and what was found of them.
struct Pair {
    coroutine: Series,
    thread: Series,
    /// By what bytes were judged: the full bill where both have it, otherwise RSS.
    by: Figure,
    bytes: Compared,
    rss: Compared,
    start: Compared,
    cpu: Compared,
    /// The whole process at each N that both have measured.
    process: BTreeMap<u64, Finding>,
}

impl Pair {
    fn finding(&self, judged: Judged) -> Finding {
        Finding::of(match judged {
            Judged::Bytes => &self.bytes,
            Judged::Start => &self.start,
            Judged::Cpu => &self.cpu,
        })
    }

    /// The smallest N measured from which on the coroutine's process is the lighter one.
    fn lighter_from(&self) -> Option<u64> {
        self.process
            .iter()
            .rev()
            .take_while(|(_, finding)| **finding == Finding::Lighter)
            .map(|(tasks, _)| *tasks)
            .last()
    }

    fn is_always_lighter(&self) -> bool {
        self.process.values().all(|finding| *finding == Finding::Lighter)
    }

    fn bytes_name(&self) -> &'static str {
        if self.by == Figure::Total { "full bill" } else { "RSS" }
    }
}

fn pairs(record: &Record) -> Vec<Pair> {
    let mut all = series(record);
    // Nobody is parked in a transfer, so it says nothing about the weight of waiting, and lateness is
    // not weight.
    all.retain(|series| !series.shape.is_transfer() && !series.shape.is_for_lateness());
    let of_model = |model: &'static str| all.iter().filter(move |series| series.model() == model);
    let mut pairs = Vec::new();
    for coroutine in of_model("coroutines") {
        for thread in of_model("threads").filter(|thread| thread.shape == coroutine.shape) {
            pairs.push(pair(record, coroutine, thread));
        }
    }
    pairs
}

fn pair(record: &Record, coroutine: &Series, thread: &Series) -> Pair {
    let compare = |figure| {
        let slopes = fit(record, coroutine, figure).zip(fit(record, thread, figure));
        let ratio = slopes.as_ref().and_then(|(ours, theirs)| ours.slope.over(&theirs.slope));
        Compared { ratio, has_slopes: slopes.is_some() }
    };
    let has_bill = |series| task_counts(&readings(record, series, Figure::Total)).len() >= 2;
    let by = if has_bill(coroutine) && has_bill(thread) { Figure::Total } else { Figure::Rss };
    Pair {
        coroutine: coroutine.clone(),
        thread: thread.clone(),
        by,
        bytes: compare(by),
        rss: compare(Figure::Rss),
        start: compare(Figure::Start),
        cpu: compare(Figure::Cpu),
        process: process(record, coroutine, thread, by),
    }
}

fn process(
    record: &Record,
    coroutine: &Series,
    thread: &Series,
    by: Figure,
) -> BTreeMap<u64, Finding> {
    let ours = readings(record, coroutine, by);
    let theirs = readings(record, thread, by);
    let common: BTreeSet<u64> =
        task_counts(&ours).intersection(&task_counts(&theirs)).copied().collect();
    let finding = |tasks| {
        let (least, most) = range(&values_at(&ours, tasks))?;
        let (least_of_theirs, most_of_theirs) = range(&values_at(&theirs, tasks))?;
        Some(if most < least_of_theirs {
            Finding::Lighter
        } else if least > most_of_theirs {
            Finding::Heavier
        } else {
            Finding::Undecided
        })
    };
    common.into_iter().filter_map(|tasks| Some((tasks, finding(tasks)?))).collect()
}

fn range(values: &[f64]) -> Option<(f64, f64)> {
    let least = values.iter().copied().min_by(f64::total_cmp)?;
    let most = values.iter().copied().max_by(f64::total_cmp)?;
    Some((least, most))
}

fn verdict(record: &Record, pairs: &[Pair]) -> Verdict {
    let found = |finding| pairs.iter().any(|pair| pair.finding(Judged::Bytes) == finding);
    if pairs.iter().all(|pair| pair.bytes.ratio.is_none()) {
        return Verdict::NotMeasured(why_not_measured(record, pairs));
    }
    if !found(Finding::Lighter) {
        return if found(Finding::Heavier) {
            Verdict::Refuted
        } else {
            Verdict::NotMeasured(format!(
                "every interval of the ratio of {} holds {}, so the record decides nothing",
                Judged::Bytes.name(),
                format::number(EVEN, 2)
            ))
        };
    }
    let conditions = conditions(pairs);
    if conditions.is_empty() { Verdict::Holds } else { Verdict::HoldsWhen(conditions) }
}

fn why_not_measured(record: &Record, pairs: &[Pair]) -> String {
    let any = |model: &str| series(record).iter().any(|series| series.model() == model);
    match (any("coroutines"), any("threads")) {
        (false, false) => "the record has neither coroutines nor threads".into(),
        (false, true) => "the record has no coroutines".into(),
        (true, false) => "the record has no threads".into(),
        (true, true) if pairs.is_empty() => {
            "no coroutine contestant did the same as a thread contestant".into()
        }
        (true, true) => "no pair has bytes per waiting task on both sides: each side needs proof \
                         at two N at least, with all tasks waiting, and a slope above zero"
            .into(),
    }
}

/// Under which conditions the claim holds; empty if under none but the claim's own.
fn conditions(pairs: &[Pair]) -> String {
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

fn evidence(pair: &Pair) -> Vec<Evidence> {
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

fn notes(record: &Record, pairs: &[Pair]) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Build, Status};
    use crate::report::synthetic::{Bill, Synthetic, small_run};

    const TASKS: [u64; 4] = [1, 100, 1_000, 10_000];

    fn judged(record: &Record) -> Judgement {
        Lighter.judge(record)
    }

    fn with(coroutine: Bill, thread: Bill) -> Record {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &TASKS, coroutine).line("threads/per-task", &TASKS, thread);
        made.record()
    }

    #[test]
    fn it_holds_if_every_figure_is_lighter_at_every_n() {
        let record = with(
            Bill { noise: 100, ..Bill::of(300).with_kernel(10) },
            Bill { noise: 100, ..Bill::of(10_000).with_kernel(27_000) },
        );
        let judgement = judged(&record);
        assert_eq!(judgement.verdict, Verdict::Holds, "{:?}", judgement.evidence);
        assert!(judgement.evidence[0].figure.contains("full bill"));
    }

    #[test]
    fn a_heavy_runtime_makes_it_hold_only_from_some_n_on() {
        let record = with(Bill { base: 3_000_000, ..Bill::of(300) }, Bill::of(10_000));
        assert_eq!(judged(&record).verdict.to_string(), "holds when at least 1,000 tasks wait");
    }

    #[test]
    fn a_figure_in_which_threads_win_is_named() {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &TASKS, Bill { start_ns: 20_000, ..Bill::of(300) })
            .line("coroutines/smol", &TASKS, Bill::of(300))
            .line("threads/per-task", &TASKS, Bill::of(10_000));
        assert_eq!(
            judged(&made.record()).verdict.to_string(),
            "holds when it is judged by bytes per waiting task and CPU per wait; \
             start cost: heavier for coroutines/bare against threads/per-task"
        );
    }

    #[test]
    fn an_interval_that_holds_one_is_undecided() {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &TASKS, Bill { noise: 50_000_000, ..Bill::of(9_900) })
            .line("coroutines/smol", &TASKS, Bill::of(300))
            .line("threads/per-task", &TASKS, Bill { noise: 50_000_000, ..Bill::of(10_000) });
        let verdict = judged(&made.record()).verdict.to_string();
        assert!(verdict.contains("undecided"), "{verdict}");
    }

    #[test]
    fn it_is_refuted_if_no_pair_is_lighter() {
        let record = with(Bill::of(20_000), Bill::of(10_000));
        assert_eq!(judged(&record).verdict, Verdict::Refuted);
    }

    #[test]
    fn a_slope_that_cannot_be_told_from_zero_is_undecided() {
        let record = with(Bill::of(300), Bill { start_ns: 0, ..Bill::of(10_000) });
        let verdict = judged(&record).verdict.to_string();
        assert!(verdict.contains("start cost: undecided"), "{verdict}");
    }

    #[test]
    fn what_decides_nothing_is_not_measured() {
        let noisy = Bill { noise: 90_000_000, ..Bill::of(10_000) };
        let verdict = judged(&with(noisy, noisy)).verdict;
        assert!(matches!(verdict, Verdict::NotMeasured(_)), "{verdict:?}");
    }

    #[test]
    fn it_is_not_measured_without_both_models() {
        let reason = |record: &Record| match judged(record).verdict {
            Verdict::NotMeasured(reason) => reason,
            other => panic!("{other}"),
        };
        let mut made = Synthetic::new();
        assert!(reason(&made.record()).contains("neither"));
        made.line("coroutines/bare", &TASKS, Bill::of(300));
        assert!(reason(&made.record()).contains("no threads"));
        made.line("threads/per-task", &[1], Bill::of(10_000));
        assert!(reason(&made.record()).contains("two N"));
    }

    #[test]
    fn failed_cells_are_ignored() {
        let clean = with(Bill::of(300), Bill::of(10_000));
        let mut record = clean.clone();
        let mut damaged = record.cells.clone();
        for cell in &mut damaged {
            cell.status = Status::Failed;
            cell.memory.parked.as_mut().unwrap().rss_bytes = Some(u64::MAX / 4);
        }
        record.cells.append(&mut damaged);
        assert_eq!(judged(&record), judged(&clean));
    }

    #[test]
    fn counting_cells_are_ignored_for_rss() {
        let clean = with(Bill::of(300), Bill::of(10_000));
        let mut record = clean.clone();
        let mut counting = record.cells.clone();
        for cell in &mut counting {
            cell.build = Build::Counting;
            cell.memory.parked.as_mut().unwrap().rss_bytes = Some(1);
        }
        record.cells.append(&mut counting);
        assert_eq!(judged(&record), judged(&clean));
    }

    #[test]
    fn without_a_control_group_bytes_are_rss_and_it_says_so() {
        let mut made = Synthetic::new();
        made.without_cgroup("the hierarchy is read-only")
            .line("coroutines/bare", &TASKS, Bill::of(300))
            .line("threads/per-task", &TASKS, Bill::of(10_000));
        let judgement = judged(&made.record());
        assert!(judgement.evidence[0].figure.contains("RSS"));
        let said = |words: &str| judgement.notes.iter().any(|note| note.contains(words));
        assert!(said("the hierarchy is read-only") && said("judged by RSS"));
    }

    #[test]
    fn a_pool_smaller_than_its_tasks_is_left_out_and_it_says_so() {
        let mut made = Synthetic::new();
        made.line("threads/rayon-pool", &TASKS, Bill::of(10)).pool_of(100);
        made.line("coroutines/bare", &TASKS, Bill::of(300));
        let judgement = judged(&made.record());
        assert!(judgement.notes.iter().any(|note| note.contains("at 1,000 and 10,000 tasks")));
        assert!(judgement.evidence.iter().all(|row| !row.finding.contains("1,000")));
    }

    #[test]
    fn live_state_is_compared_with_the_same_live_state() {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &TASKS, Bill::of(300))
            .line("threads/per-task", &TASKS, Bill::of(10_000))
            .state(65_536)
            .line("coroutines/bare", &TASKS, Bill::of(70_000))
            .line("threads/per-task", &TASKS, Bill::of(69_000));
        let judgement = judged(&made.record());
        let verdict = judgement.verdict.to_string();
        assert!(verdict.contains("heavier for coroutines/bare, 65536 B state"), "{verdict}");
        let subjects: BTreeSet<&str> =
            judgement.evidence.iter().map(|row| row.subject.as_str()).collect();
        assert_eq!(subjects.len(), 2);
    }

    #[test]
    fn plain_words_are_short() {
        let text = in_plain_words(&small_run());
        assert!(
            text.contains("lighter than threads") && text.contains("what a waiting thread does"),
            "{text}"
        );
    }
}
