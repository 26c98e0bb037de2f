//! `compare plan`: what a case of one's own costs, in words and a table.

use analysis::Analysis;
use analysis::estimate::Estimate;
use analysis::plan::{
    Advice, Case, Outcome, Plan, PlanError, Reason, Row, Stretch, Verified, Work,
};
use analysis::walls::Ceiling;

use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format::{self, alike, capital};
use crate::tables::{self, section};
use crate::text::{Text, cautions, limits, names, say};

/// What the plan says: the advice first, then a row for each contestant, then what stops them and how
/// far the figures reach.
pub fn document(plan: &Plan, analysis: &Analysis) -> Document {
    let mut blocks = vec![Block::Quote(advice(plan)), Block::Table(table(plan))];
    blocks.extend(section("What stops it on this machine", stops(plan)));
    blocks.extend(section("How far this reaches", reaches(plan, analysis)));
    Document { id: "plan", title: case(&plan.case).into(), blocks }
}

/// What was worked out beside what was measured.
pub fn verified(plan: &Plan, verified: &[Verified]) -> Document {
    let measured = |value: Option<f64>, one: &Verified| {
        Cell::figure(value.map(Estimate::lone), one.reason.as_deref().unwrap_or("not measured"))
    };
    let planned = |value: Option<Estimate>| Cell::figure(value, "no fit");
    let table = tables::of(
        verified,
        &[
            (Column::words("Contestant"), &|one| tables::contestant(&one.contestant)),
            (Column::new("Memory, planned", Unit::Bytes), &|one| planned(one.memory)),
            (Column::new("measured", Unit::Bytes), &|one| measured(one.measured_memory, one)),
            (Column::new("off by", Unit::Share), &|one| measured(one.memory_off(), one)),
            (Column::new("CPU, planned", Unit::Nanoseconds), &|one| planned(one.cpu_ns)),
            (Column::new("measured", Unit::Nanoseconds), &|one| measured(one.measured_cpu_ns, one)),
        ],
    );
    let most = |off: fn(&Verified) -> Option<f64>| {
        verified.iter().filter_map(off).map(f64::abs).reduce(f64::max).map(format::percent)
    };
    let count = verified.iter().filter_map(Verified::memory_off).count();
    let count = if count == 1 { "one contestant".into() } else { format!("{count} contestants") };
    let answer = match (most(Verified::memory_off), most(Verified::cpu_off)) {
        (None, _) => Text::plain("Nothing was measured that the plan could be held against."),
        (Some(memory), cpu) => say(
            "**Memory was planned to within {memory}** of what {count} took, and the CPU of a task to \
             within {cpu}.",
            &[
                ("memory", &memory),
                ("count", &count),
                ("cpu", &cpu.unwrap_or_else(|| format::NONE.into())),
            ],
        ),
    };
    let title = format!("Planned and measured: {}", case(&plan.case));
    let blocks = vec![Block::Paragraph(answer), Block::Table(table)];
    Document { id: "plan", title: title.into(), blocks }
}

/// Why there is no plan, in one line.
pub fn problem(problem: &PlanError) -> String {
    match problem {
        PlanError::StateAboveMemory { state, memory } => format!(
            "the live state alone is {}, and there are {} of memory: give fewer --tasks, less --state \
             or more --memory",
            format::size(*state as f64),
            format::size(*memory as f64)
        ),
        other => other.to_string(),
    }
}

/// What was asked: `20,000 timers of 200 ms with 2 KiB of state each`.
fn case(case: &Case) -> String {
    let work = match case.work {
        Work::Timer => "timers",
        Work::Http => "requests",
    };
    let mut words = match case.tasks {
        Some(tasks) => format!("{} {work}", format::count(tasks)),
        None if case.rate.is_none() => format!("How many {work}"),
        None => capital(work),
    };
    words += &format!(" of {}", format::duration(case.wait_ns as f64));
    if case.state_bytes > 0 {
        words += &format!(" with {} of state each", format::size(case.state_bytes as f64));
    }
    if let Some(rate) = case.rate {
        words += &format!(", {} a second", format::count(rate));
    }
    if let Some(memory) = case.memory_bytes {
        let fit = if case.tasks.is_none() && case.rate.is_none() { " fit in" } else { ", in" };
        words += &format!("{fit} {}", format::size(memory as f64));
    }
    words
}

/// What to choose and why, a sentence or two each.
pub(crate) fn advice(plan: &Plan) -> Vec<Text> {
    let mut lines = Vec::new();
    let chosen = match &plan.advice {
        Advice::Nothing => {
            return vec![say(
                "**No contestant that a service would be built on does this here.** What stops each \
                 is below.",
                &[],
            )];
        }
        Advice::Threads { contestant, lightest, saves } => {
            let name = capital(&names::in_a_sentence(contestant));
            let enough = "**{name} is enough**, and it is the simplest to write.";
            lines.push(say(enough, &[("name", &name)]));
            if let (Some(lightest), Some(saves)) = (lightest, saves.filter(|saves| *saves > 0.0)) {
                let lightest = capital(&names::contestant(lightest));
                lines.push(format!("{lightest} would save {}.", format::bytes(saves)).into());
            }
            contestant
        }
        Advice::Runtime { contestant, reasons } => {
            let is_on_one = plan.row(contestant).is_some_and(|row| row.is_on_one_thread);
            let several = if is_on_one { "" } else { " on several threads" };
            lines.push(say(
                "**Take {name}**: of the runtimes{several} whose memory is within 10 % of the least, it \
                 takes the least CPU.",
                &[("name", &names::contestant(contestant)), ("several", several)],
            ));
            let reasons = format::list(reasons.iter().map(|one| reason(one, plan)));
            if !reasons.is_empty() {
                lines.push(format!("Not a thread each: {reasons}.").into());
            }
            contestant
        }
    };
    let Some(row) = plan.row(chosen) else { return lines };
    lines.extend(cost(plan, row));
    for ceiling in &row.in_the_way {
        let limit = limits::of_ceiling(ceiling);
        let waiting = plan.waiting.unwrap_or(0);
        lines.push(match limits::command_for(ceiling, waiting) {
            Some(command) => say(
                "First move {limit}: `{command}`, as root.",
                &[("limit", &limit), ("command", &command)],
            ),
            None => format!("It needs more than {limit}.").into(),
        });
    }
    lines
}

/// What the chosen contestant costs.
fn cost(plan: &Plan, row: &Row) -> Option<Text> {
    let Some(waiting) = plan.waiting else {
        return Some(format!("{} tasks fit.", format::count(row.most?)).into());
    };
    let memory = row.memory?;
    let [low, value, high] = [memory.low, memory.value, memory.high].map(format::bytes);
    let is_sharp = low == value && value == high;
    let memory = if is_sharp { value } else { format::estimate(&memory, Unit::Bytes) };
    let mut said = format!("{} of them waiting at once take {memory}.", format::count(waiting));
    if let Some((rate, cores)) = plan.per_second.zip(row.cores) {
        let (rate, share) = (format::plain(rate), format::percent(cores.value));
        said += &match plan.case.rate {
            Some(_) => format!(" At {rate} a second they keep {share} of one core busy."),
            None => format!(
                " If each that ends is followed by another, that is {rate} a second and {share} of \
                 one core."
            ),
        };
        if cores.value > f64::from(plan.cores) {
            said += &format!(
                " That is more than the {} cores have, so tasks would wait for them.",
                plan.cores
            );
        }
    }
    Some(said.into())
}

fn reason(reason: &Reason, plan: &Plan) -> String {
    match reason {
        Reason::Stopped(by) | Reason::Near(by) => {
            let is = if matches!(reason, Reason::Near(_)) { "is near," } else { "stops it" };
            format!("{} {is} at {}", limits::of_ceiling(by), format::count(by.tasks))
        }
        Reason::Memory(times) if plan.waiting.is_some() => {
            format!("it takes {} times as much memory", format::times(*times))
        }
        Reason::Memory(times) => format!("{} times as many fit", format::times(*times)),
        Reason::Busy(cores) => format!("it keeps {} of one core busy", format::percent(*cores)),
        Reason::Unknown => "the record has no figure of it for this".into(),
    }
}

/// What each contestant costs, or how many tasks fit.
fn table(plan: &Plan) -> Table {
    type Shown<'a> = tables::Shown<'a, &'a Row>;
    let part = 1.0 / f64::from(plan.cores.max(1));
    let name: Shown<'_> = (Column::words("Contestant"), &|row| tables::contestant(&row.contestant));
    let memory: Shown<'_> = (Column::new("Memory", Unit::Bytes).lower().with_intervals(), &|row| {
        Cell::figure(row.memory, "no fit")
    });
    let of_one: Shown<'_> = (Column::new("Of one core", Unit::Share).lower(), &|row| {
        Cell::figure(row.cores, "no CPU figure")
    });
    let of_all: Shown<'_> = (Column::new("Of all cores", Unit::Share).lower(), &|row| {
        Cell::figure(row.cores.map(|cores| cores.scaled(part)), "no CPU figure")
    });
    let cpu: Shown<'_> = (Column::new("CPU a task", Unit::Nanoseconds).lower(), &|row| {
        Cell::figure(row.cpu_ns, "no CPU figure")
    });
    let late: Shown<'_> = (Column::new("99 in 100 late by", Unit::Nanoseconds).lower(), &|row| {
        Cell::figure(row.late.map(|late| late.p99_ns), "no lateness in the record")
    });
    let here: Shown<'_> = (Column::words("Here"), &|row| Cell::text(outcome(row)));
    let fit: Shown<'_> = (Column::new("Tasks that fit", Unit::Count).higher(), &|row| {
        Cell::count(row.most, "no fit")
    });
    let by: Shown<'_> = (Column::words("Then it is stopped by"), &|row| {
        Cell::text(match (&row.outcome, &row.next) {
            (Outcome::Fits, Some(next)) => limits::with_value(&next.limit, next.value),
            (Outcome::OneAtATime { .. }, _) => "itself: one task at a time".into(),
            _ => outcome(row),
        })
    });
    let columns = match (plan.waiting, plan.case.rate) {
        (None, _) => vec![name, fit, by, cpu],
        (Some(_), None) => vec![name, memory, cpu, late, here],
        (Some(_), Some(_)) => vec![name, memory, of_one, of_all, late, here],
    };
    tables::of(&plan.rows, &columns)
}

/// Whether a contestant can do it here, in a few words.
fn outcome(row: &Row) -> String {
    let is_beyond = row.stretches.iter().any(|stretch| matches!(stretch, Stretch::Tasks(_)));
    match &row.outcome {
        Outcome::Fits if is_beyond => "fits, not tried".into(),
        Outcome::Fits => "fits".into(),
        Outcome::Stopped(by) => format!("stops at {}", format::count(by.tasks)),
        Outcome::TooBusy { cores: 1 } => "has one core, needs more".into(),
        Outcome::TooBusy { cores } => format!("has {cores} cores, needs more"),
        Outcome::OneAtATime { takes_ns } => {
            format!("one at a time: {}", format::duration(*takes_ns as f64))
        }
        Outcome::StateNotHeld { .. } => "not run with so much state".into(),
        Outcome::NoFit => "no fit in the record".into(),
    }
}

/// What is in the way, and the first limit beyond; contestants with the same limit together.
pub(crate) fn stops(plan: &Plan) -> Vec<Text> {
    let Some(waiting) = plan.waiting else { return Vec::new() };
    let mut all: Vec<((&Ceiling, bool), String)> = Vec::new();
    for row in &plan.rows {
        let next = row.next.iter().filter(|_| row.in_the_way.is_empty()).map(|one| (one, false));
        let limits = row.in_the_way.iter().map(|one| (one, true)).chain(next);
        all.extend(limits.map(|limit| (limit, names::contestant(&row.contestant))));
    }
    all.sort_by_key(|((ceiling, _), _)| ceiling.tasks);
    let is_alike = |(known, is_in_the_way): &(&Ceiling, bool), (other, way): &(&Ceiling, bool)| {
        let is_near = other.tasks - known.tasks <= other.tasks / 20;
        known.limit == other.limit && is_in_the_way == way && (is_near || !way)
    };
    let line = |((ceiling, is_in_the_way), mut names): ((&Ceiling, bool), Vec<String>)| {
        names.sort();
        let command = limits::command_for(ceiling, waiting);
        let template = match (is_in_the_way, &command) {
            (true, Some(_)) => {
                "{names}: {limit}, at {at} tasks. `{command}` makes room for {waiting}."
            }
            (true, None) => "{names}: {limit}, at {at} tasks.",
            (false, _) => "{names}: nothing before {at} tasks, then {limit}.",
        };
        say(
            template,
            &[
                ("names", &*capital(&format::list(&names))),
                ("limit", &limits::with_value(&ceiling.limit, ceiling.value)),
                ("at", &format::count(ceiling.tasks)),
                ("command", &command.unwrap_or_default()),
                ("waiting", &format::count(waiting)),
            ],
        )
    };
    alike(all, is_alike).into_iter().map(line).collect()
}

/// What is worked out beyond what was measured, contestants with the same stretch together.
fn reaches(plan: &Plan, analysis: &Analysis) -> Vec<Text> {
    let fitting = plan.rows.iter().filter(|row| row.outcome == Outcome::Fits);
    let stretches = fitting.flat_map(|row| {
        row.stretches.iter().map(|stretch| (*stretch, names::contestant(&row.contestant)))
    });
    let line = |(stretch, names): (Stretch, Vec<String>)| {
        let how = match stretch {
            Stretch::Tasks(most) => format!(
                "measured with at most {} tasks; this is {} times as many",
                format::count(most),
                format::times(plan.waiting.unwrap_or(0) as f64 / most.max(1) as f64)
            ),
            Stretch::State(most) => format!(
                "measured with at most {} of state; beyond that a byte is taken for a byte",
                format::size(most as f64)
            ),
            Stretch::StateOfTimers => {
                "what state adds was measured of tasks that wait for timers".into()
            }
            Stretch::StateAssumed => {
                "no state was measured; a byte is taken for a byte, without an interval".into()
            }
        };
        format!("{}: {how}.", capital(&format::list(&names))).into()
    };
    let mut lines: Vec<Text> = alike(stretches, |a, b| a == b).into_iter().map(line).collect();
    let late = || plan.rows.iter().filter_map(|row| row.late);
    let at = late().map(|late| late.at);
    if let (Some(least), Some(most)) = (at.clone().min(), at.max()) {
        let of = format::range(least as f64, most as f64, Unit::Count);
        let what = if late().any(|late| late.is_at_rate) { "tasks a second" } else { "tasks" };
        lines.push(
            format!("Lateness is that of {of} {what}, the nearest that was measured.").into(),
        );
    }
    lines.extend(cautions::of_machine(analysis));
    let host = &analysis.run.host;
    lines.push(say(
        "Worked out from the run of {started} on {cpu}, {cores} cores; the harness's own part of a \
         task is in it. `--verify` measures it here.",
        &[
            ("started", &*analysis.run.started),
            ("cpu", host.cpu.as_deref().unwrap_or("an unknown processor")),
            ("cores", &host.cores.to_string()),
        ],
    ));
    lines
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill, Synthetic};
    use record::{LimitValue, Record, Status};

    use super::*;
    use crate::render::terminal::{Options, render};

    fn record() -> Record {
        let thread = Bill { threads: 1, ..Bill::of(10_000).with_kernel(27_000) };
        let smol = Bill::of(300).with_kernel(40);
        let mut made = Synthetic::new();
        made.line("threads/per-task", &[1, 100, 1_000, 10_000], thread)
            .line("coroutines/smol", &[1, 100, 1_000, 100_000], smol)
            .line("subroutine/sequential", &[1, 4], smol)
            .state(8_192)
            .line("threads/per-task", &[100, 1_000], Bill { rss: 18_192, ..thread })
            .line("coroutines/smol", &[1, 1_000], Bill { rss: 8_492, ..smol });
        let mut record = made.record();
        record.run.host.limits.insert("pid_max".into(), LimitValue::Number(32_768));
        record
    }

    fn shown(case: &Case) -> String {
        let analysis = Analysis::of(&record(), None);
        let document = document(&analysis.plan(case).unwrap(), &analysis);
        let text = render(&document, Options { width: Some(80), details: false });
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        text.replace('│', "").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn assert_says(text: &str, all: &[&str]) {
        for expected in all {
            assert!(text.contains(expected), "`{expected}` is not in\n{text}");
        }
    }

    const WAIT: u64 = 200_000_000;

    #[test]
    fn a_plan_has_its_advice_its_costs_and_what_stops_it() {
        let text = shown(&Case::timers(50_000, WAIT, 2_048));
        assert_says(
            &text,
            &[
                "50,000 timers of 200 ms with 2 KiB of state each",
                "Take smol: of the runtimes on several threads whose memory is within 10 % of the least",
                "Not a thread each: vm.max_map_count 65,530, 4 mappings a task stops it at 16,375",
                "50,000 of them waiting at once take 122 MB",
                "that is 250,000 a second and",
                "stops at 16,375",
                "one at a time: 10,000 s",
                "Thread each: vm.max_map_count 65,530, at 16,375 tasks. `sysctl -w \
                 vm.max_map_count=210000` makes room for 50,000.",
                "Thread each: kernel.pid_max 32,768, at 32,767 tasks.",
                "Worked out from the run of 2026-01-02T03:04:05Z on Example CPU, 2 cores",
            ],
        );
    }

    #[test]
    fn a_rate_and_memory_alone_are_answered_too() {
        let rate = Case { rate: Some(5_000), ..Case::timers(20_000, WAIT, 0) };
        assert_says(
            &shown(&rate),
            &[
                "20,000 timers of 200 ms, 5,000 a second",
                "1,000 of them waiting at once take",
                "A thread each is enough, and it is the simplest to write.",
                "At 5,000 a second they keep 10 % of one core busy.",
                "thread each 39.1 MB 10 % 5 %",
            ],
        );
        let memory = Case { tasks: None, memory_bytes: Some(512 << 20), ..rate };
        let text = shown(&Case { rate: None, ..memory });
        assert_says(
            &text,
            &[
                "How many timers of 200 ms fit in 512 MiB",
                "1,572,855 tasks fit.",
                "times as many fit",
                "the memory given 512 MiB",
                "itself: one task at a time",
            ],
        );
    }

    #[test]
    fn what_was_verified_stands_beside_what_was_planned() {
        let plan = Analysis::of(&record(), None).plan(&Case::timers(20_000, WAIT, 0)).unwrap();
        let mut run = Synthetic::new();
        run.line("coroutines/smol", &[20_000], Bill::of(310).with_kernel(40));
        let of = |record: &Record| {
            let checked = plan.verify(&Analysis::of(record, None));
            render(&verified(&plan, &checked), Options { width: Some(80), details: false })
        };
        assert_says(&of(&run.record()), &["Memory was planned to within", "one contestant"]);
        let mut run = Synthetic::new();
        run.without("coroutines/smol", 20_000, Status::Failed, "\u{1b}killed");
        let text = of(&run.record());
        assert_says(&text, &["Nothing was measured that the plan could be held against."]);
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn a_problem_is_one_line() {
        let state = PlanError::StateAboveMemory { state: 40 << 20, memory: 16 << 20 };
        assert!(problem(&state).contains("40 MiB, and there are 16 MiB of memory"));
        assert!(!problem(&PlanError::NoFits).contains('\n'));
    }
}
