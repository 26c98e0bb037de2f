//! The verdict, its conditions and its evidence.

use super::pair::{Pair, is_judged, pairs};
use crate::claims::inputs::Inputs;
use crate::claims::judgement::{
    Condition, Evidence, Finding, Judgement, Measure, Subject, Value, Why, Work,
};
use crate::contestant::Model;
use crate::crossover::{self, Crossover};
use crate::estimate::Estimate;

/// Judges every coroutine contestant against every thread contestant that did the same. It holds, maybe
/// with conditions, if at least one pair is lighter in bytes, and is refuted if one is heavier instead.
pub(in crate::claims) fn judge(inputs: &Inputs<'_>) -> Judgement {
    let pairs = pairs(inputs);
    let evidence: Vec<Evidence> = pairs.iter().flat_map(evidence).collect();
    let found = |finding| pairs.iter().any(|pair| pair.finding(Measure::Bytes) == finding);
    if found(Finding::Lighter) {
        let mut conditions = from_tasks(&pairs);
        let exceptions = [Finding::Heavier, Finding::Undecided, Finding::NotMeasured]
            .map(|finding| JUDGED.map(|measure| (measure, finding)))
            .concat();
        conditions.extend(Condition::exceptions(&evidence, &exceptions));
        return Judgement::holds(conditions, evidence);
    }
    if found(Finding::Heavier) {
        return Judgement::refuted(evidence);
    }
    let any = |model| inputs.context.measured.iter().any(|measured| is_judged(measured, model));
    let why = match (any(Model::Coroutines), any(Model::Threads)) {
        _ if found(Finding::Undecided) => Why::NothingDecides,
        (false, false) => Why::NeitherModel,
        (false, true) => Why::NoCoroutines,
        (true, false) => Why::NoThreads,
        (true, true) if pairs.is_empty() => Why::NothingAlike,
        (true, true) => Why::NoSlopes,
    };
    Judgement::not_measured(why, evidence)
}

/// What is judged.
const JUDGED: [Measure; 4] = [Measure::Bytes, Measure::Start, Measure::Cpu, Measure::WholeProcess];

/// From how many tasks on the whole process is lighter, where that is not so at every N: for each
/// work against the reference, and against the others where it is later.
fn from_tasks(pairs: &[Pair<'_>]) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for work in [Work::Timer, Work::Request] {
        let mut known = 0;
        for is_reference in [true, false] {
            let all = || {
                let all = pairs.iter().filter_map(|pair| pair.crossover);
                let of_work = all.filter(|found| Work::of(found) == work);
                of_work.filter(|found| found.against.is_reference() == is_reference)
            };
            let mut found = all().flat_map(|found| found.at.values());
            let is_always = found.all(|at| *at == crossover::Finding::Lighter);
            // Where few numbers were measured, the place is only known to lie in a wide gap. Such a one says
            // something where others are sharp only if the whole gap lies beyond them.
            let every = || all().filter_map(Crossover::from_between);
            let is_sharp = |(least, most): &(u64, u64)| *most <= 2 * *least;
            let sharp = every().filter(is_sharp).map(|(_, latest)| latest).max();
            let between =
                || every().filter(|one| is_sharp(one) || sharp.is_none_or(|sharp| one.0 > sharp));
            let earliest = between().map(|(earliest, _)| earliest).min();
            let latest = between().map(|(_, latest)| latest).max().filter(|latest| *latest > known);
            if let (false, Some(earliest), Some(latest)) = (is_always, earliest, latest) {
                let against = all().next().map(|found| found.against.clone());
                let against = against.filter(|_| is_reference);
                let is_alike = between().all(|one| Some(one) == between().next());
                let from = Condition::FromTasks { work, against, earliest, latest, is_alike };
                conditions.push(from);
                known = latest;
            }
        }
    }
    conditions
}

fn evidence(pair: &Pair<'_>) -> Vec<Evidence> {
    let (coroutine, thread) = (&pair.coroutine.series, &pair.thread.series.contestant);
    let row = |measure, times: Option<Estimate>, finding| Evidence {
        subject: Subject::Pair(coroutine.clone(), thread.clone()),
        ..Evidence::of(coroutine, measure, times.into(), finding)
    };
    let judged = pair.judged.iter();
    let mut rows: Vec<Evidence> =
        judged.map(|(measure, of)| row(*measure, of.times, of.finding)).collect();
    let rss = row(Measure::Rss, pair.rss.times, pair.rss.finding);
    rows.push(Evidence { is_judged: false, ..rss });
    if let Some(crossover) = pair.crossover {
        let finding = match (crossover.from, crossover.at_the_largest()) {
            (Some(_), _) => Finding::Lighter,
            (None, Some((_, crossover::Finding::Heavier))) => Finding::Heavier,
            (None, Some(_)) => Finding::Undecided,
            (None, None) if !crossover.too_few.is_empty() => Finding::Undecided,
            (None, None) => Finding::NotMeasured,
        };
        let not_at = crossover.not_at;
        let value = crossover.from.map_or(Value::None, |from| Value::From { from, not_at });
        let whole =
            row(Measure::WholeProcess, None, finding).at(crossover.at.keys().last().copied());
        rows.push(Evidence { value, ..whole });
    }
    rows
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill, Synthetic};
    use record::{Build, Record, Status};

    use super::*;
    use crate::claims::judgement::{ClaimId, Command, NotMeasured, Verdict};
    use crate::tests::judged;

    const TASKS: [u64; 4] = [1, 100, 1_000, 10_000];

    fn lighter(record: &Record) -> Judgement {
        judged(record, ClaimId::Lighter)
    }

    fn with(coroutine: Bill, thread: Bill) -> Record {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &TASKS, coroutine).line("threads/per-task", &TASKS, thread);
        made.record()
    }

    fn bill(rss: u64) -> Bill {
        Bill::of(rss).with_kernel(0)
    }

    /// The measures and findings of the exceptions, with how many subjects each has of how many.
    fn exceptions(judgement: &Judgement) -> Vec<(Measure, Finding, usize, usize)> {
        let of = |condition: &Condition| match condition {
            Condition::Except { measure, finding, subjects, among } => {
                Some((*measure, *finding, subjects.len(), *among))
            }
            _ => None,
        };
        judgement.conditions.iter().filter_map(of).collect()
    }

    #[test]
    fn it_holds_if_every_figure_is_lighter_at_every_n() {
        let judgement = lighter(&with(
            Bill { noise: 100, base: 1_000_000, ..Bill::of(300).with_kernel(10) },
            Bill { noise: 100, ..Bill::of(10_000).with_kernel(27_000) },
        ));
        assert_eq!(judgement.verdict, Verdict::Holds, "{judgement:?}");
        assert_eq!(judgement.evidence.len(), 5);
    }

    #[test]
    fn a_heavy_runtime_makes_it_hold_only_from_some_n_on() {
        let judgement = lighter(&with(Bill { base: 3_000_000, ..bill(300) }, bill(10_000)));
        let expected = Condition::FromTasks {
            work: Work::Timer,
            against: Some(crate::contestant::Id::new("threads/per-task")),
            earliest: 101,
            latest: 1_000,
            is_alike: true,
        };
        assert_eq!(judgement.conditions, [expected]);
    }

    /// One of which few numbers were measured says nothing that the others do not say more sharply.
    #[test]
    fn a_wide_gap_counts_only_beyond_what_is_known_sharply() {
        let heavy = |base| Bill { base, ..bill(300) };
        let many: Vec<u64> = (2..=8).chain(TASKS).collect();
        let from = |few: u64| {
            let mut made = Synthetic::new();
            made.line("threads/per-task", &many, bill(10_000))
                .line("coroutines/smol", &many, heavy(2_045_000))
                .line("coroutines/tokio-joinset", &TASKS, heavy(few));
            match lighter(&made.record()).conditions[0] {
                Condition::FromTasks { earliest, latest, .. } => (earliest, latest),
                ref other => panic!("{other:?}"),
            }
        };
        let (earliest, latest) = from(2_045_000);
        assert!(earliest == latest && latest <= 8, "{earliest} to {latest}");
        assert_eq!(from(3_000_000), (earliest, 1_000), "it is not lighter at 100");
    }

    #[test]
    fn a_runtime_that_is_never_lighter_is_named() {
        let judgement = lighter(&with(Bill { base: 900_000_000, ..bill(300) }, bill(10_000)));
        assert_eq!(
            exceptions(&judgement),
            [(Measure::WholeProcess, Finding::Heavier, 1, 1)],
            "{judgement:?}"
        );
    }

    #[test]
    fn a_figure_in_which_threads_win_is_named() {
        let mut made = Synthetic::new();
        let light = Bill { base: 1_000_000, ..bill(300) };
        made.line("coroutines/bare", &TASKS, Bill { start_ns: 20_000, ..light })
            .line("coroutines/smol", &TASKS, light)
            .line("threads/per-task", &TASKS, bill(10_000));
        let judgement = lighter(&made.record());
        assert_eq!(exceptions(&judgement), [(Measure::Start, Finding::Heavier, 1, 2)]);
    }

    #[test]
    fn an_interval_that_holds_one_is_undecided() {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &TASKS, Bill { noise: 50_000_000, ..bill(9_900) })
            .line("coroutines/smol", &TASKS, bill(300))
            .line("threads/per-task", &TASKS, Bill { noise: 50_000_000, ..bill(10_000) });
        let judgement = lighter(&made.record());
        assert_eq!(judgement.verdict, Verdict::HoldsWhen);
        assert!(exceptions(&judgement).contains(&(Measure::Bytes, Finding::Undecided, 1, 2)));
    }

    #[test]
    fn it_is_refuted_if_no_pair_is_lighter() {
        assert_eq!(lighter(&with(bill(20_000), bill(10_000))).verdict, Verdict::Refuted);
    }

    /// 465 bytes, give or take 1,058, are not fewer than 10,000.
    #[test]
    fn a_slope_that_cannot_be_distinguished_from_zero_is_undecided() {
        let unsure = Bill { noise: 9_000_000, ..bill(465) };
        for (coroutine, thread) in [(unsure, bill(10_000)), (bill(10_000), unsure)] {
            let judgement = lighter(&with(coroutine, thread));
            assert_eq!(judgement.evidence[0].measure, Measure::Bytes);
            assert_eq!(judgement.evidence[0].finding, Finding::Undecided);
            assert_eq!(judgement.evidence[0].value, Value::None);
        }
        let no_start = lighter(&with(bill(300), Bill { start_ns: 0, ..bill(10_000) }));
        assert!(exceptions(&no_start).contains(&(Measure::Start, Finding::Undecided, 1, 1)));
    }

    #[test]
    fn it_is_not_measured_where_nothing_decides_or_a_side_is_missing() {
        let why = |record: &Record| match lighter(record).verdict {
            Verdict::NotMeasured(NotMeasured { why, by: Command::Run }) => why,
            other => panic!("{other:?}"),
        };
        let noisy = Bill { noise: 90_000_000, ..bill(10_000) };
        assert_eq!(why(&with(noisy, noisy)), Why::NothingDecides);
        let mut made = Synthetic::new();
        assert_eq!(why(&made.record()), Why::NeitherModel);
        made.line("coroutines/bare", &TASKS, bill(300));
        assert_eq!(why(&made.record()), Why::NoThreads);
        made.line("threads/per-task", &[1], bill(10_000));
        assert_eq!(why(&made.record()), Why::NoSlopes);
        let mut apart = Synthetic::new();
        apart.line("coroutines/bare", &TASKS, bill(300)).state(64).line(
            "threads/per-task",
            &TASKS,
            bill(300),
        );
        assert_eq!(why(&apart.record()), Why::NothingAlike);
        let mut alone = Synthetic::new();
        alone.line("threads/per-task", &TASKS, bill(300));
        assert_eq!(why(&alone.record()), Why::NoCoroutines);
    }

    /// What is run to show lateness has a weight that others make, and is no pair.
    #[test]
    fn lateness_alone_does_not_ask_for_it() {
        let mut made = Synthetic::new();
        made.timing("burst", 0, true);
        made.line("coroutines/bare", &TASKS, bill(300));
        made.line("threads/per-task", &TASKS, bill(10_000));
        let judgement = lighter(&made.record());
        let why = NotMeasured { why: Why::NeitherModel, by: Command::Run };
        assert_eq!(judgement.verdict, Verdict::NotMeasured(why));
    }

    #[test]
    fn failed_cells_and_counting_cells_change_nothing() {
        let clean = with(bill(300), bill(10_000));
        let mut record = clean.clone();
        let mut damaged = record.cells.clone();
        for cell in &mut damaged {
            cell.status = Status::Failed;
            cell.memory.waiting.as_mut().unwrap().anonymous_bytes = Some(u64::MAX / 4);
        }
        let mut counting = record.cells.clone();
        for cell in &mut counting {
            cell.build = Build::Counting;
            cell.memory.waiting.as_mut().unwrap().anonymous_bytes = Some(1);
        }
        record.cells.append(&mut damaged);
        record.cells.append(&mut counting);
        assert_eq!(lighter(&record), lighter(&clean));
    }

    #[test]
    fn a_pool_smaller_than_its_tasks_is_left_out() {
        let mut made = Synthetic::new();
        made.line("threads/rayon-pool", &TASKS, bill(10)).pool_of(100);
        made.line("coroutines/bare", &TASKS, bill(300));
        let evidence = lighter(&made.record()).evidence;
        let whole = evidence.iter().find(|row| row.measure == Measure::WholeProcess).unwrap();
        assert_eq!(whole.tasks, Some(100));
    }

    #[test]
    fn live_state_is_compared_with_the_same_live_state() {
        let mut made = Synthetic::new();
        made.line("coroutines/bare", &TASKS, bill(300))
            .line("threads/per-task", &TASKS, bill(10_000))
            .state(65_536)
            .line("coroutines/bare", &TASKS, bill(70_000))
            .line("threads/per-task", &TASKS, bill(69_000));
        let judgement = lighter(&made.record());
        let heavier = judgement.evidence.iter().find(|row| row.finding == Finding::Heavier);
        let Subject::Pair(series, _) = &heavier.unwrap().subject else { panic!() };
        assert_eq!(series.shape.state_bytes, 65_536);
        assert!(exceptions(&judgement).contains(&(Measure::Bytes, Finding::Heavier, 1, 2)));
    }
}
