//! Async code reads more easily than callbacks: what a reader has to follow in the same task, counted
//! over the syntax tree of each model's files. `docs/readable.md` says what the counts are biased
//! towards.

use record::TaskCode;

use super::inputs::Inputs;
use super::judgement::{Condition, Evidence, Finding, Judgement, Measure, Subject, Value, Why};

/// The model that the claim is about, and the one that it is held against.
const MODELS: [&str; 2] = ["coroutines", "callbacks"];

/// What reads a count off those of a file.
type Count = fn(&TaskCode) -> u32;

/// What is counted.
const COUNTS: [(Measure, Count); 5] = [
    (Measure::Carried, |code| code.carried),
    (Measure::Lines, |code| code.lines),
    (Measure::Functions, |code| code.functions),
    (Measure::Nesting, |code| code.nesting),
    (Measure::Branches, |code| code.branches),
];

/// Judges it by each count in each file that both models have. What the counts are worth against each
/// other is not known, so none is weighed against another.
pub(super) fn judge(inputs: &Inputs<'_>) -> Judgement {
    let code = &inputs.context.record.run.task_code;
    let [Some(ours), Some(theirs)] = MODELS.map(|model| code.get(model)) else {
        return Judgement::not_measured(Why::NoTaskCode, Vec::new());
    };
    let mut evidence = Vec::new();
    for (measure, count) in COUNTS {
        for (file, code) in ours {
            let Some(other) = theirs.get(file) else { continue };
            let (ours, theirs) = (u64::from(count(code)), u64::from(count(other)));
            evidence.push(Evidence {
                subject: Subject::File(file.clone()),
                measure,
                tasks: None,
                value: Value::Counts(ours, theirs),
                finding: match ours.cmp(&theirs) {
                    std::cmp::Ordering::Less => Finding::Less,
                    std::cmp::Ordering::Equal => Finding::Alike,
                    std::cmp::Ordering::Greater => Finding::More,
                },
                is_judged: true,
            });
        }
    }
    let found = |finding| evidence.iter().filter(|row| row.finding == finding).count();
    if evidence.is_empty() {
        Judgement::not_measured(Why::NoTaskCode, evidence)
    } else if found(Finding::Less) <= found(Finding::More) {
        Judgement::refuted(evidence)
    } else {
        let more = COUNTS.map(|(measure, _)| (measure, Finding::More));
        Judgement::holds(Condition::exceptions(&evidence, &more), evidence)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use record::Record;
    use record::synthetic::small_run;

    use super::*;
    use crate::claims::judgement::{ClaimId, Command, NotMeasured, Verdict};
    use crate::tests::judged;

    fn with(coroutines: TaskCode, callbacks: TaskCode) -> Record {
        let mut record = small_run();
        let of = |code| BTreeMap::from([("timer.rs".to_owned(), code)]);
        let models =
            [("coroutines".to_owned(), of(coroutines)), ("callbacks".into(), of(callbacks))];
        record.run.task_code = BTreeMap::from(models);
        record
    }

    #[test]
    fn each_count_says_on_its_own_which_is_less() {
        let few = TaskCode { lines: 17, functions: 1, nesting: 2, branches: 1, carried: 0 };
        let many = TaskCode { lines: 27, functions: 2, nesting: 2, branches: 1, carried: 7 };
        let deep = TaskCode { nesting: 3, ..few };
        let judge = |ours, theirs| judged(&with(ours, theirs), ClaimId::Readable);
        assert_eq!(judge(few, many).verdict, Verdict::Holds);
        assert_eq!(judge(many, few).verdict, Verdict::Refuted);
        assert_eq!(judge(few, few).verdict, Verdict::Refuted);
        let judgement = judge(deep, many);
        assert_eq!(judgement.verdict, Verdict::HoldsWhen);
        let subjects = vec![Subject::File("timer.rs".into())];
        let (measure, finding) = (Measure::Nesting, Finding::More);
        assert_eq!(
            judgement.conditions,
            [Condition::Except { measure, finding, subjects, among: 1 }]
        );
    }

    #[test]
    fn a_record_without_counts_says_nothing() {
        let missing = NotMeasured { why: Why::NoTaskCode, by: Command::Run };
        let verdict = judged(&small_run(), ClaimId::Readable).verdict;
        assert_eq!(verdict, Verdict::NotMeasured(missing));
    }
}
