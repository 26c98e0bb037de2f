//! Coroutines are lighter than threads: pair by pair, figure by figure, and from which N on.
//!
//! "Lighter" is taken apart into three figures per waiting task (its bytes, the time to start it,
//! the CPU of its wait) and the weight of the whole process at each N, because a slope says nothing
//! about small N, where the runtime's own weight counts.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `pair` | two contestants that did the same, and what was found of them |
//! | `wording` | conditions and exceptions of a verdict, evidence and notes, in words |

mod pair;
mod wording;

use self::pair::{Finding, Judged, Pair, pairs, says_something};
use self::wording::{conditions, evidence, notes};
use super::{Claim, Judgement, Verdict};
use crate::fit::{Estimate, Figure, Shape, series};
use crate::report::format;
use record::Record;

/// The ratio of coroutine to thread below which a coroutine is lighter.
const EVEN: f64 = 1.0;

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

/// Whether anything in the record was run that could say something of this claim, or nothing was
/// run at all: not where all cells are there to show lateness or transfers.
pub(crate) fn is_asked(record: &Record) -> bool {
    let all = series(record);
    all.is_empty() || all.iter().any(says_something)
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
    let mut all = series(record);
    if !is_asked(record) {
        return "the record has no cells that were run to be weighed".into();
    }
    all.retain(says_something);
    let any = |model: &str| all.iter().any(|series| series.model() == model);
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use record::synthetic::{Bill, Synthetic, small_run};
    use record::{Build, Status};

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

    /// What is run to show lateness has a weight that others make, and is no pair.
    #[test]
    fn lateness_alone_does_not_ask_for_it() {
        let mut made = Synthetic::new();
        made.timing("burst", 0, true);
        made.line("coroutines/bare", &TASKS, Bill::of(300));
        made.line("threads/per-task", &TASKS, Bill::of(10_000));
        let late = made.record();
        assert!(!is_asked(&late) && is_asked(&small_run()) && is_asked(&Synthetic::new().record()));
        let reason = "the record has no cells that were run to be weighed";
        assert_eq!(judged(&late).verdict, Verdict::NotMeasured(reason.into()));

        made.timing("burst", 0, false).line("coroutines/bare", &TASKS, Bill::of(300));
        let weighed = made.record();
        let reason = "the record has no threads";
        assert!(is_asked(&weighed));
        assert!(judged(&weighed).verdict.detail().unwrap().starts_with(reason));
    }

    #[test]
    fn failed_cells_are_ignored() {
        let clean = with(Bill::of(300), Bill::of(10_000));
        let mut record = clean.clone();
        let mut damaged = record.cells.clone();
        for cell in &mut damaged {
            cell.status = Status::Failed;
            cell.memory.waiting.as_mut().unwrap().rss_bytes = Some(u64::MAX / 4);
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
            cell.memory.waiting.as_mut().unwrap().rss_bytes = Some(1);
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
