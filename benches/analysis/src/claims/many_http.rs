//! One program can have many HTTP requests open at once: what the server had open, by its own count.
//!
//! The server is a process of its own and does not know which contestant asks it. Its count is part of
//! a cell's proof: a cell in which it differs from the client's is a failure.

use super::inputs::Inputs;
use super::judgement::{Condition, Evidence, Finding, Judgement, Measure, Value, Why};
use crate::index::Cells;
use crate::series::Series;

/// From how many requests at once on they are many.
pub const MANY: u64 = 1_000;

/// Judges it by the most requests that each contestant had open.
pub(super) fn judge(inputs: &Inputs<'_>) -> Judgement {
    let all = inputs.context.index.iter();
    let asking = all.filter(|(series, _)| {
        series.contestant.is_compared() && series.shape.is_http() && !series.shape.is_for_lateness()
    });
    let evidence: Vec<Evidence> = asking.map(|(series, cells)| row(series, cells)).collect();
    if evidence.iter().any(|row| row.is(Measure::OpenAtServer, Finding::All)) {
        let some = [(Measure::OpenAtServer, Finding::Some)];
        Judgement::holds(Condition::exceptions(&evidence, &some), evidence)
    } else if evidence.iter().any(|row| row.tasks >= Some(MANY)) {
        Judgement::refuted(evidence)
    } else if evidence.iter().all(|row| row.tasks.is_none()) {
        Judgement::not_measured(Why::NoCells, evidence)
    } else {
        Judgement::not_measured(Why::TooFewTasks(MANY), evidence)
    }
}

/// The most that one contestant had open at once.
fn row(series: &Series, cells: &Cells<'_>) -> Evidence {
    let seen = cells.timed.iter().filter_map(|cell| Some((cell.server?.high_water, cell.tasks)));
    let most = seen.max();
    let (value, finding) = match most {
        None => (Value::None, Finding::NotMeasured),
        Some((open, tasks)) if open < tasks => (Value::Count(open), Finding::Some),
        Some((open, _)) => (Value::Count(open), Finding::All),
    };
    let tasks = most.map(|(_, tasks)| tasks);
    let is_judged = finding == Finding::Some || tasks >= Some(MANY);
    Evidence { is_judged, ..Evidence::of(series, Measure::OpenAtServer, value, finding).at(tasks) }
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill, Synthetic, asking_run, small_run};

    use super::*;
    use crate::claims::judgement::{ClaimId, Command, NotMeasured, Verdict};
    use crate::tests::judged;

    #[test]
    fn without_requests_it_is_not_measured() {
        let judgement = judged(&small_run(), ClaimId::ManyHttp);
        let missing = NotMeasured { why: Why::NoCells, by: Command::Run };
        assert_eq!(judgement.verdict, Verdict::NotMeasured(missing));
        assert!(judgement.evidence.is_empty());
    }

    #[test]
    fn it_holds_when_all_have_all_open() {
        assert_eq!(judged(&asking_run(), ClaimId::ManyHttp).verdict, Verdict::Holds);
    }

    #[test]
    fn a_contestant_that_asks_one_at_a_time_is_the_condition() {
        let mut made = Synthetic::new();
        made.asking(1, None).line("coroutines/bare", &[1, 1_000], Bill::of(1)).line(
            "subroutine/sequential",
            &[4],
            Bill::of(1),
        );
        let judgement = judged(&made.record(), ClaimId::ManyHttp);
        assert_eq!(judgement.verdict, Verdict::HoldsWhen);
        let [one, all] = &judgement.evidence[..] else { panic!("{judgement:?}") };
        assert_eq!((one.value, one.tasks), (Value::Count(1), Some(4)));
        assert_eq!((all.value, all.tasks), (Value::Count(1_000), Some(1_000)));
        let Condition::Except { subjects, among, .. } = &judgement.conditions[0] else { panic!() };
        assert_eq!((subjects, *among), (&vec![one.subject.clone()], 2));
    }

    #[test]
    fn it_is_refuted_when_none_has_many_open() {
        let one_at_a_time = |tasks| {
            let mut made = Synthetic::new();
            made.asking(1, None).line("subroutine/sequential", &[tasks], Bill::of(1));
            judged(&made.record(), ClaimId::ManyHttp).verdict
        };
        assert_eq!(one_at_a_time(1_000), Verdict::Refuted);
        let missing = NotMeasured { why: Why::TooFewTasks(MANY), by: Command::Run };
        assert_eq!(one_at_a_time(4), Verdict::NotMeasured(missing));
    }
}
