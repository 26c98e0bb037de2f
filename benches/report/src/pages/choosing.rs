//! Which one to take, by situation. Each statement has its figure from the record.

use analysis::Analysis;
use analysis::contestant::{Id, Model, REFERENCE};
use analysis::crossover::Crossover;
use analysis::estimate::Estimate;
use analysis::lateness::{Asked, LatenessRow, Prefer, lineups};
use analysis::plan::{Advice, Case, Plan};
use analysis::rates::RateRow;

use super::contestants::{counted, machine};
use super::page::Page;
use crate::document::{Block, Document, Unit};
use crate::format;
use crate::plan;
use crate::text::{Text, names, say};

/// The page.
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
        ("A few tasks at a time", few(analysis)),
        ("20,000 requests of 200 ms with 2 KiB each", case(analysis, &REQUESTS)),
        ("50,000 idle timers", case(analysis, &IDLE)),
        ("Answers that come at once", at_once(analysis)),
        ("Timers that must be punctual", punctual(analysis)),
        ("The service runs on async-std: is it worth leaving?", leaving(analysis)),
        ("The service is written in Python", python(analysis)),
    ];
    let mut blocks = vec![Block::Paragraph(answer(analysis))];
    for (heading, lines) in sections {
        if !lines.is_empty() {
            blocks.push(Block::Heading(heading.into()));
            blocks.push(Block::List(lines));
        }
    }
    blocks.push(Block::Heading("Another case".into()));
    blocks.push(Block::Code {
        language: "console",
        text: "$ cargo run --release -p compare -- plan --tasks 20k --wait 200ms --state 2KiB"
            .into(),
    });
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
    let threads = threads.map(|(tasks, _)| format::count(*tasks));
    match (threads, runtime) {
        (None, None) => "This run has too few figures to advise anything.".into(),
        (Some(threads), None) => say(
            "**A thread for each task is enough for up to {threads} waiting tasks**, which is as far \
             as this run can say.",
            &[("threads", &threads)],
        ),
        (None, Some((tasks, name))) => say(
            "**{name} is what this run advises from {tasks} on.**",
            &[("name", &name), ("tasks", &counted(tasks, "waiting task"))],
        ),
        (Some(threads), Some((tasks, name))) => say(
            "**A thread for each task is enough for {threads} waiting tasks on this machine; for \
             {tasks} take a runtime, such as {name}.** What follows is by situation.",
            &[("threads", &threads), ("tasks", &format::count(tasks)), ("name", &name)],
        ),
    }
}

/// The advice on a case; nothing where the record has none.
pub(super) fn case(analysis: &Analysis, case: &Case) -> Vec<Text> {
    analysis.plan(case).map_or_else(|_| Vec::new(), |plan| plan::advice(&plan))
}

fn few(analysis: &Analysis) -> Vec<Text> {
    let mut said = case(analysis, &FEW);
    let lighter = analysis.crossovers.iter().filter(|crossover| {
        crossover.against.as_str() == REFERENCE
            && crossover.series.shape.is_plain()
            && is_choice(&crossover.series.contestant)
    });
    let between: Vec<(u64, u64)> = lighter.filter_map(Crossover::from_between).collect();
    let least = between.iter().map(|(least, _)| *least).min();
    let most = between.iter().map(|(_, most)| *most).max();
    if let Some((least, most)) = least.zip(most) {
        let from = if least == most {
            format::count(most)
        } else {
            format!("between {} and {}", format::count(least), format::count(most))
        };
        said.push(say(
            "A runtime's process is lighter from {from} waiting tasks on; what that saves of a few \
             tasks is little.",
            &[("from", &from)],
        ));
    }
    said
}

/// Whether a service would be built on this runtime.
fn is_choice(id: &Id) -> bool {
    id.model() == Model::Coroutines && names::is_on_front_page(id)
}

/// A server that answers at once: there is nothing to wait for, and CPU decides.
fn at_once(analysis: &Analysis) -> Vec<Text> {
    let rows: Vec<&RateRow> = analysis
        .rates
        .iter()
        .filter(|row| row.shape.is_plain_request() && row.wait_ns == 0 && !row.is_queued)
        .collect();
    let thread = rows.iter().find(|row| row.contestant.as_str() == REFERENCE);
    let Some((thread, cpu)) = thread.and_then(|row| Some((row, row.cpu_ns()?))) else {
        return Vec::new();
    };
    let others = rows.iter().filter(|row| row.tasks == thread.tasks && is_choice(&row.contestant));
    let mut others: Vec<(String, Estimate)> = others
        .filter_map(|row| Some((names::contestant(&row.contestant), row.cpu_ns()?)))
        .collect();
    others.sort_by(|(_, one), (_, other)| one.value.total_cmp(&other.value));
    let (Some((least, least_cpu)), Some((most, most_cpu))) = (others.first(), others.last()) else {
        return Vec::new();
    };
    let ns = |estimate: &Estimate| format::duration(estimate.value);
    let mut shown = vec![format!("{} in a thread each", ns(&cpu))];
    shown.push(format!("{} in {least}", ns(least_cpu)));
    if least != most {
        shown.push(format!("{} in {most}", ns(most_cpu)));
    }
    let said = say(
        "Of {tasks} requests that are answered at once, the CPU of one is {shown}.",
        &[("tasks", &format::count(thread.tasks)), ("shown", &format::list(&shown))],
    );
    let times = format::times(cpu.value / least_cpu.value);
    vec![
        said,
        say(
            "That is {times} times as much for the thread. What an answer costs to compute comes on \
             top of both, and no model makes it less.",
            &[("times", &times)],
        ),
    ]
}

fn punctual(analysis: &Analysis) -> Vec<Text> {
    let is_wanted = |id: &Id| is_choice(id) || id.as_str() == REFERENCE;
    let lineup = lineups(&analysis.lateness, Asked::Spread, Prefer::Fewest, is_wanted);
    let Some(lineup) = lineup.into_iter().next() else { return Vec::new() };
    let mut rows: Vec<&LatenessRow> = lineup.rows.clone();
    rows.sort_by(|one, other| one.p50.median.total_cmp(&other.p50.median));
    let line = |row: &&LatenessRow| {
        let name = names::contestant(&row.series.contestant);
        let timer = analysis.run.timers.get(row.series.contestant.as_str());
        let timer = timer.map(|timer| format!(" Its timer: {timer}.")).unwrap_or_default();
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
        &[("tasks", &counted(lineup.tasks, "timer"))],
    );
    std::iter::once(first).chain(rows.iter().map(line)).collect()
}

/// async-std beside the other runtimes.
pub(super) fn leaving(analysis: &Analysis) -> Vec<Text> {
    let old = Id::new(ASYNC_STD);
    let figure = analysis.basis.figure();
    let mut said: Vec<Text> = Vec::new();
    let timer = analysis
        .measured
        .iter()
        .find(|of| of.series.contestant == old && of.series.shape.is_plain());
    let Some((timer, bytes)) = timer.and_then(|of| Some((of, of.slope(figure)?))) else {
        return said;
    };
    if let Some(caution) = analysis.run.cautions.get(ASYNC_STD) {
        said.push(Text::plain(format!("{}.", caution.trim_end_matches('.'))));
    }
    for other in analysis.measured.iter().filter(|of| {
        of.series.shape == timer.series.shape
            && is_choice(&of.series.contestant)
            && of.series.contestant != old
    }) {
        let Some(others) = other.slope(figure) else { continue };
        let name = names::contestant(&other.series.contestant);
        let (old_bytes, new_bytes) = (format::bytes(bytes.value), format::bytes(others.value));
        let template = match timer.slope_over(other, figure) {
            Some(ratio) if ratio.is_bounded() && ratio.low > 1.0 => {
                "A waiting timer takes {old} in async-std and {new} in {name}: lighter to move to."
            }
            Some(ratio) if ratio.is_bounded() && ratio.high < 1.0 => {
                "A waiting timer takes {old} in async-std and {new} in {name}: heavier to move to."
            }
            _ => {
                "A waiting timer takes {old} in async-std and {new} in {name}: which is lighter is \
                 undecided."
            }
        };
        said.push(say(template, &[("old", &old_bytes), ("new", &new_bytes), ("name", &name)]));
    }
    said
}

/// What the run says of Python: figures if Python is in it, else that it says nothing.
pub(super) fn python(analysis: &Analysis) -> Vec<Text> {
    let figure = analysis.basis.figure();
    let is_python = |id: &Id| id.as_str().contains("python") || id.as_str().contains("asyncio");
    let of_python = analysis
        .measured
        .iter()
        .filter(|of| is_python(&of.series.contestant) && of.series.shape.is_plain());
    let lines: Vec<Text> = of_python
        .filter_map(|of| {
            let bytes = format::estimate(&of.slope(figure)?, Unit::Bytes);
            let name = names::contestant(&of.series.contestant);
            Some(say(
                "A waiting timer takes {bytes} in {name}.",
                &[("bytes", &bytes), ("name", &name)],
            ))
        })
        .collect();
    if !lines.is_empty() {
        return lines;
    }
    let thread = analysis
        .measured
        .iter()
        .find(|of| of.series.contestant.is_reference() && of.series.shape.is_plain());
    let Some(bytes) = thread.and_then(|of| of.slope(figure)) else { return Vec::new() };
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
