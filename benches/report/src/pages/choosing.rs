//! Which one to take, by situation. Each statement has its figure from the record.

use analysis::Analysis;
use analysis::contestant::{Id, Model};
use analysis::elsewhere;
use analysis::estimate::Estimate;
use analysis::lateness::{Asked, LatenessRow, lineups};
use analysis::plan::{Advice, Case, Plan};
use analysis::rates::RateRow;

use super::contestants::machine;
use super::page::Page;
use crate::document::{Block, Document};
use crate::format;
use crate::plan;
use crate::tables::section;
use crate::text::en::ENGLISH;
use crate::text::{Text, names, say};

pub(crate) const PAGE: Page = Page { id: "choosing", name: "which one to take", build };

const ASYNC_STD: &str = "coroutines/async-std";
const MILLISECOND: u64 = 1_000_000;
const KIB: u64 = 1024;

/// What people come with, as cases.
const FEW: Case = Case::timers(100, 200 * MILLISECOND, 0);
pub(super) const REQUESTS: Case = Case::requests(20_000, 200 * MILLISECOND, 2 * KIB);
const IDLE: Case = Case::timers(50_000, 60_000 * MILLISECOND, 0);

fn build(analysis: &Analysis) -> Document {
    let sections = [
        ("A few tasks at a time", case(analysis, &FEW)),
        ("20,000 requests of 200 ms with 2 KiB each", case(analysis, &REQUESTS)),
        ("50,000 idle timers", case(analysis, &IDLE)),
        ("Answers that come at once", at_once(analysis)),
        ("Timers that must be punctual", punctual(analysis)),
        ("The service runs on async-std: is it worth leaving?", leaving(analysis)),
        ("The service is written in Python", python(analysis)),
    ];
    let mut blocks = vec![Block::Paragraph(answer(analysis))];
    blocks.extend(sections.into_iter().flat_map(|(heading, lines)| section(heading, lines)));
    blocks.push(Block::Heading("Another case".into()));
    blocks.push(Block::Code(
        "$ cargo run --release -p compare -- plan --tasks 20k --wait 200ms --state 2KiB".into(),
    ));
    blocks.push(machine(analysis));
    Document { id: PAGE.id, title: "Which one to take".into(), blocks }
}

/// Where threads end and runtimes begin, by the advice on timers at powers of ten.
fn answer(analysis: &Analysis) -> Text {
    let advised = |tasks| Some((tasks, analysis.plan(&Case::timers(tasks, FEW.wait_ns, 0)).ok()?));
    let plans: Vec<(u64, Plan)> = (0..7).filter_map(|power| advised(10_u64.pow(power))).collect();
    let threads = plans.iter().rfind(|(_, plan)| matches!(plan.advice, Advice::Threads { .. }));
    let runtime = plans.iter().find_map(|(tasks, plan)| match &plan.advice {
        Advice::Runtime { contestant, .. } => Some((*tasks, names::contestant(contestant))),
        _ => None,
    });
    let template = match (threads, &runtime) {
        (None, None) => "This run has too few figures to advise anything.",
        (Some(_), None) => {
            "**A thread for each task is enough for up to {threads} waiting tasks**, which is as far \
             as this run can say."
        }
        (None, Some(_)) => "**{name} is what this run advises from {tasks} waiting tasks on.**",
        (Some(_), Some(_)) => {
            "**A thread for each task is enough for {threads} waiting tasks on this machine; for \
             {tasks} take a runtime, such as {name}.** What follows is by situation."
        }
    };
    let (tasks, name) = runtime.unwrap_or_default();
    let threads = threads.map_or(0, |(tasks, _)| *tasks);
    say(
        template,
        &[("threads", &format::count(threads)), ("tasks", &format::count(tasks)), ("name", &name)],
    )
}

/// The advice on a case; nothing where the record has none.
pub(super) fn case(analysis: &Analysis, case: &Case) -> Vec<Text> {
    analysis.plan(case).map_or_else(|_| Vec::new(), |plan| plan::advice(&plan))
}

/// Whether a service would be built on this runtime.
fn is_choice(id: &Id) -> bool {
    id.model() == Model::Coroutines && names::is_on_front_page(id)
}

/// A server that answers at once: there is nothing to wait for, and CPU decides.
fn at_once(analysis: &Analysis) -> Vec<Text> {
    let of = |is_wanted: fn(&Id) -> bool| {
        let rows = analysis.rates.iter().filter(move |row| {
            let is_of_it = row.shape.is_plain_request() && row.wait_ns == 0 && !row.is_queued;
            is_of_it && is_wanted(&row.contestant)
        });
        rows.filter_map(|row| Some((row, row.cpu_ns()?.value)))
    };
    let Some((thread, cpu)) = of(Id::is_reference).next() else { return Vec::new() };
    let mut others: Vec<_> = of(is_choice).filter(|(row, _)| row.tasks == thread.tasks).collect();
    others.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    let Some((_, least)) = others.first() else { return Vec::new() };
    let shown = |(row, cpu): &(&RateRow, f64)| {
        format!("{} in {}", format::duration(*cpu), names::in_a_sentence(&row.contestant))
    };
    let mut shown_all = vec![shown(&(thread, cpu)), shown(&others[0])];
    shown_all.extend(others[1..].last().map(shown));
    vec![
        say(
            "Of {tasks} requests that are answered at once, the CPU of one is {shown}.",
            &[("tasks", &format::count(thread.tasks)), ("shown", &format::list(&shown_all))],
        ),
        say(
            "That is {times} times as much for the thread. What an answer costs to compute comes on \
             top of both, and no model makes it less.",
            &[("times", &format::times(cpu / least))],
        ),
    ]
}

fn punctual(analysis: &Analysis) -> Vec<Text> {
    let is_wanted = |id: &Id| is_choice(id) || id.is_reference();
    let lineup = lineups(&analysis.lateness, Asked::Spread, is_wanted);
    let Some(lineup) = lineup.into_iter().next() else { return Vec::new() };
    let mut rows: Vec<&LatenessRow> = lineup.rows.clone();
    rows.sort_by(|one, other| one.p50.median.total_cmp(&other.p50.median));
    let line = |row: &&LatenessRow| {
        let name = names::contestant(&row.series.contestant);
        let timer = analysis.run.timer(row.series.contestant.as_str());
        // Text of the record, in which no mark of code would be one.
        let timer = timer.map(|timer| format!(" Its timer: {}.", timer.replace('`', "")));
        let timer = timer.unwrap_or_default();
        say(
            "{name}: half within {p50}, 99 in 100 within {p99}.{timer}",
            &[
                ("name", &name),
                ("p50", &format::duration(row.p50.median)),
                ("p99", &format::duration(row.p99.median)),
                ("timer", &timer),
            ],
        )
    };
    let first = say(
        "{tasks} are due one after another. How late they wake, the most punctual first:",
        &[("tasks", &format::counted(lineup.tasks, "timer"))],
    );
    std::iter::once(first).chain(rows.iter().map(line)).collect()
}

/// async-std beside the other runtimes.
pub(super) fn leaving(analysis: &Analysis) -> Vec<Text> {
    let figure = analysis.basis.figure();
    let weighed = analysis.measured.iter().filter(|of| of.series.shape.is_plain());
    let weighed = weighed.filter_map(|of| Some((of, of.slope(figure)?.value)));
    let is_old = |id: &Id| id.as_str() == ASYNC_STD;
    let Some((old, old_bytes)) = weighed.clone().find(|(of, _)| is_old(&of.series.contestant))
    else {
        return Vec::new();
    };
    let caution = analysis.run.caution(ASYNC_STD);
    let caution = caution.map(|said| Text::plain(format!("{}.", said.trim_end_matches('.'))));
    let others = weighed
        .filter(|(of, _)| is_choice(&of.series.contestant) && !is_old(&of.series.contestant));
    let said = others.map(|(new, bytes)| {
        let verdict = match old.slope_over(new, figure).filter(Estimate::is_bounded) {
            Some(ratio) if ratio.low > 1.0 => "lighter to move to",
            Some(ratio) if ratio.high < 1.0 => "heavier to move to",
            _ => "which is lighter is undecided",
        };
        say(
            "A waiting timer takes {old} in async-std and {new} in {name}: {verdict}.",
            &[
                ("old", &format::bytes(old_bytes)),
                ("new", &format::bytes(bytes)),
                ("name", &names::contestant(&new.series.contestant)),
                ("verdict", verdict),
            ],
        )
    });
    caution.into_iter().chain(said).collect()
}

/// What the run says of Python: of asyncio nothing, as no Python program is among the contestants.
pub(super) fn python(analysis: &Analysis) -> Vec<Text> {
    let languages = elsewhere::languages(analysis);
    let of_languages: Vec<Text> =
        languages.iter().flat_map(|language| ENGLISH.language(language)).collect();
    if !of_languages.is_empty() {
        return of_languages;
    }
    let mut timers = analysis.measured.iter().filter(|of| of.series.shape.is_plain());
    let thread = timers.find(|of| of.series.contestant.is_reference());
    let Some(bytes) = thread.and_then(|of| of.slope(analysis.basis.figure())) else {
        return Vec::new();
    };
    vec![say(
        "No Python program was measured in this run, so no figure of a coroutine here is one of \
         asyncio. A thread is made by the same call to the system in both languages: its stack and \
         what the kernel keeps of it take {bytes} here, before anything that Python adds.",
        &[("bytes", &format::bytes(bytes.value))],
    )]
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic, asking_run, small_run};

    use super::*;
    use crate::render::terminal::{Options, render};

    fn shown(record: &Record) -> String {
        let text = render(&build(&Analysis::of(record, None)), Options::default());
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_situation_has_its_figures() {
        let mut record = small_run();
        let thread = Bill { threads: 1, ..Bill::of(10_000).with_kernel(27_000) };
        let mut made = Synthetic::new();
        made.line("coroutines/async-std", &[1, 1_000, 100_000], Bill::of(360).with_kernel(40))
            .timing("burst", 500_000_000, false)
            .line("coroutines/smol", &[1_000], Bill::of(300))
            .line("threads/per-task", &[1_000], thread);
        record.cells.extend(made.record().cells);
        record.cells.extend(asking_run().cells);
        record.run.cautions.insert(ASYNC_STD.into(), "it is discontinued".into());
        let text = shown(&record);
        for expected in [
            "A thread for each task is enough for 1,000 waiting tasks on this machine; for 10,000 \
             take a runtime, such as smol.",
            "A thread each is enough, and it is the simplest to write.",
            "vm.max_map_count 65,530, 4 mappings a task stops it at 16,375",
            "1,000 timers are due one after another.",
            "it is discontinued.",
            "A waiting timer takes 400 B in async-std and 340 B in smol: lighter to move to.",
            "No Python program was measured in this run",
        ] {
            assert!(text.contains(expected), "`{expected}` is not in\n{text}");
        }
    }

    #[test]
    fn a_run_without_figures_advises_nothing() {
        let text = shown(&Synthetic::new().record());
        assert!(text.contains("too few figures to advise anything"), "{text}");
        assert!(!text.contains("Timers that must"), "{text}");
    }
}
