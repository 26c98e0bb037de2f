//! One program issues many HTTP requests at once: what the server had open, by its own count.

use super::{Claim, Evidence, Judgement, Verdict};
use crate::fit::{Series, proven, series};
use crate::report::{BASELINE, format};
use record::{Build, Cell, Record};

/// From how many requests at once on they are many.
const MANY: u64 = 1_000;

/// The claim.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ManyHttp;

impl Claim for ManyHttp {
    fn id(&self) -> &'static str {
        "many-http"
    }

    fn statement(&self) -> &'static str {
        "One program can have many HTTP requests open at once"
    }

    fn threshold(&self) -> String {
        format!(
            "the server counts by itself how many requests it has open. A contestant has many open \
             at once if, in a cell with proof, the server's high-water mark is the number of its \
             tasks and at least {}. The claim holds if every contestant does, it holds with \
             conditions if some do, and it is refuted if none does that was asked for as many.",
            format::count(MANY)
        )
    }

    fn judge(&self, record: &Record) -> Judgement {
        let contestants: Vec<(Series, Most)> = series(record)
            .into_iter()
            .filter(|series| series.shape.is_http() && !series.shape.is_for_lateness())
            .filter(|series| series.model() != BASELINE)
            .map(|series| {
                let most = Most::of(record, &series);
                (series, most)
            })
            .collect();
        let verdict = verdict(&contestants);
        let evidence = contestants.iter().map(|(series, most)| Evidence {
            subject: series.to_string(),
            figure: "requests open at the server at once".into(),
            ratio: None,
            finding: most.finding(),
            is_judged: most.tasks >= MANY || most.is_limited(),
        });
        Judgement { verdict, evidence: evidence.collect(), notes: notes() }
    }
}

/// The most that one contestant had open at once.
#[derive(Clone, Copy, Debug, Default)]
struct Most {
    /// By the server's count.
    high_water: u64,
    /// Of so many tasks.
    tasks: u64,
}

impl Most {
    fn of(record: &Record, series: &Series) -> Self {
        let cells = proven(record, series, Build::Timed);
        let seen =
            |cell: &&Cell| Some(Self { high_water: cell.server?.high_water, tasks: cell.tasks });
        let most = cells.iter().filter_map(seen).max_by_key(|most| (most.high_water, most.tasks));
        most.unwrap_or_default()
    }

    /// Whether so many tasks were there that they would have been many.
    fn was_asked_for_many(self) -> bool {
        self.tasks >= MANY
    }

    fn is_many(self) -> bool {
        self.high_water == self.tasks && self.was_asked_for_many()
    }

    /// Whether it had fewer open than there were tasks.
    fn is_limited(self) -> bool {
        self.high_water < self.tasks
    }

    fn finding(self) -> String {
        let (high_water, tasks) = (format::count(self.high_water), format::count(self.tasks));
        match self {
            Self { tasks: 0, .. } => "no cell with proof".into(),
            _ if self.is_limited() => format!("{high_water} of {tasks}"),
            _ => format!("all of {tasks}"),
        }
    }
}

fn verdict(contestants: &[(Series, Most)]) -> Verdict {
    let many = contestants.iter().filter(|(_, most)| most.is_many()).count();
    let limited: Vec<String> = contestants
        .iter()
        .filter(|(_, most)| most.is_limited())
        .map(|(series, most)| {
            format!("{} has at most {}", series.contestant, format::count(most.high_water))
        })
        .collect();
    let were_asked = contestants.iter().any(|(_, most)| most.was_asked_for_many());
    match (many, limited.is_empty()) {
        (0, _) if !were_asked => Verdict::NotMeasured(format!(
            "no contestant was asked for {} requests at once with proof",
            format::count(MANY)
        )),
        (0, _) => Verdict::Refuted,
        (_, true) => Verdict::Holds,
        (_, false) => Verdict::HoldsWhen(format!(
            "tasks do not wait for one another's answers: {}",
            format::list(&limited)
        )),
    }
}

fn notes() -> Vec<String> {
    vec![
        "The server is a process of its own and does not know who asks it. Its count is part of a \
         cell's proof: a cell in which it differs from the client's is a failure."
            .into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::{Bill, Synthetic, asking_run, small_run};

    #[test]
    fn without_requests_it_is_not_measured() {
        let judgement = ManyHttp.judge(&small_run());
        assert!(matches!(judgement.verdict, Verdict::NotMeasured(_)));
        assert!(judgement.evidence.is_empty());
    }

    #[test]
    fn it_holds_when_all_have_all_open() {
        assert_eq!(ManyHttp.judge(&asking_run()).verdict, Verdict::Holds);
    }

    #[test]
    fn whoever_asks_one_at_a_time_is_the_condition() {
        let mut made = Synthetic::new();
        made.asking(1, None).line("coroutines/bare", &[1, 1_000], Bill::of(1)).line(
            "subroutine/sequential",
            &[4],
            Bill::of(1),
        );
        let judgement = ManyHttp.judge(&made.record());
        let Verdict::HoldsWhen(condition) = judgement.verdict else { panic!("{judgement:?}") };
        assert!(condition.ends_with("subroutine/sequential has at most 1"), "{condition}");
        assert_eq!(judgement.evidence[0].finding, "1 of 4");
        assert_eq!(judgement.evidence[1].finding, "all of 1,000");
    }

    #[test]
    fn it_is_refuted_when_nobody_has_many_open() {
        let one_at_a_time = |tasks| {
            let mut made = Synthetic::new();
            made.asking(1, None).line("subroutine/sequential", &[tasks], Bill::of(1));
            ManyHttp.judge(&made.record()).verdict
        };
        assert_eq!(one_at_a_time(1_000), Verdict::Refuted);
        assert!(matches!(one_at_a_time(4), Verdict::NotMeasured(_)), "nobody was asked for many");
    }
}
