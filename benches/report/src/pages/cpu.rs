//! `cpu.md`: what a wait and a request cost in CPU.

use analysis::Analysis;
use analysis::contestant::{Id, Model};
use analysis::estimate::Estimate;
use analysis::figure::Figure;
use analysis::growth::{BAR, FEW, MANY};
use analysis::series::Shape;

use super::apart;
use super::contestants::{cautions, leading, machine, said_or};
use super::page::Page;
use super::weights::{Kind, UNDECIDED};
use crate::chart::{Axis, Chart, DotRow, Plot};
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::tables;
use crate::text::{Text, names, say};

pub(crate) const PAGE: Page = Page { id: "cpu", name: "CPU", build };

/// The two kinds of work that are compared, plain timers and plain requests, in a word.
const KINDS: [(&str, Kind); 2] = [("wait", Shape::is_plain), ("request", Shape::is_plain_request)];

fn build(analysis: &Analysis) -> Document {
    let mut blocks = vec![Block::Quote(answer(analysis))];
    blocks.extend(cpu_chart(analysis).map(Block::Chart));
    let shown = shown(analysis);
    let note = say(
        "What one more task adds to the user and system CPU of the whole process, from the start of the \
         first task until all are over, with its 95 % interval where there are readings enough for one. A \
         request is over a new connection; the server's CPU is not in it. User and system CPU apart, the \
         start and the finish, and switches are among [all figures](page:all#time-and-cpu-of-a-task).",
        &[],
    );
    let table = main_table(analysis, &shown);
    blocks.extend(tables::under("CPU of a wait and of a request", table, note));
    blocks.extend(cautions(analysis, &shown));
    blocks.extend(super::instructions::blocks(analysis));
    blocks.extend(super::relays::blocks(analysis));
    blocks.extend(growth(analysis));
    let is_there =
        |id: &&Id| KINDS.iter().any(|(_, is_kind)| cpu(analysis, id, *is_kind).is_some());
    let all: Vec<&Id> = analysis.measured.iter().map(|of| &of.series.contestant).collect();
    blocks
        .extend(apart::sections(all.into_iter().filter(is_there), |ids| main_table(analysis, ids)));
    blocks.push(machine(analysis));
    Document { id: "cpu", title: "What a wait costs in CPU".into(), blocks }
}

/// CPU of a wait, a dot for each contestant of the front page; `None` if there is no such figure.
pub(crate) fn cpu_chart(analysis: &Analysis) -> Option<Chart> {
    let (_, is_wait) = KINDS[0];
    let row = |id: &Id| {
        let Cpu { of, .. } = cpu(analysis, id, is_wait).filter(|cpu| cpu.of.is_decided())?;
        let interval = of.is_above_zero().then_some((of.low, of.high));
        Some(DotRow {
            name: names::contestant(id),
            tone: names::tone(id),
            value: of.value,
            interval,
        })
    };
    let rows: Vec<DotRow> = shown(analysis).iter().filter_map(row).collect();
    let said = rows.iter().map(|row| format!("{} {}", row.name, format::duration(row.value)));
    let alt = format!("CPU per wait: {}.", said.collect::<Vec<_>>().join(", "));
    let x = Axis { label: "CPU per wait".into(), unit: Unit::Nanoseconds, is_log: true };
    (!rows.is_empty()).then(|| Chart {
        id: "cpu",
        title: "CPU per wait".into(),
        subtitle: "User and system CPU that one more timer wait adds, with its 95 % interval. \
                   Further left is less."
            .into(),
        alt,
        plot: Plot::Dots { x, rows },
    })
}

/// The contestants that have a figure of either kind, those of the front page first of all.
fn shown(analysis: &Analysis) -> Vec<Id> {
    let all = analysis.measured.iter().filter(|measured| {
        let is_of_a_kind = KINDS.iter().any(|(_, is_kind)| is_kind(&measured.series.shape));
        is_of_a_kind && measured.slope(Figure::Cpu).is_some()
    });
    leading(all.map(|measured| &measured.series.contestant))
}

/// The CPU of a task.
struct Cpu {
    of: Estimate,
    /// How many times that a thread each takes in the same work.
    thread_over: Option<Estimate>,
}

fn cpu(analysis: &Analysis, id: &Id, is_kind: Kind) -> Option<Cpu> {
    let all = analysis.measured.iter();
    let mut all = all.filter(|one| one.series.contestant == *id && is_kind(&one.series.shape));
    all.find_map(|measured| {
        let thread = analysis.get(&measured.series.by(Id::reference()));
        Some(Cpu {
            of: measured.slope(Figure::Cpu)?,
            thread_over: thread.and_then(|thread| thread.slope_over(measured, Figure::Cpu)),
        })
    })
}

fn answer(analysis: &Analysis) -> Vec<Text> {
    let shown = shown(analysis);
    let said = KINDS.iter().filter_map(|(kind, is_kind)| {
        let known = |id: &Id| Some((id.clone(), cpu(analysis, id, *is_kind)?));
        answer_of(kind, shown.iter().filter_map(known).collect())
    });
    said_or(
        said.collect(),
        "This record does not say what a wait costs in CPU. That takes proven cells of one \
         contestant at two numbers of tasks at least.",
    )
}

/// What a wait, or a request, costs in a thread and in coroutines; the least and the most of it where
/// one of the two is missing. `None` if nothing is known.
fn answer_of(kind: &str, mut known: Vec<(Id, Cpu)>) -> Option<Text> {
    known.retain(|(_, cpu)| cpu.of.is_decided());
    known.sort_by(|(_, a), (_, b)| a.of.value.total_cmp(&b.of.value));
    let thread = known.iter().find(|(id, _)| id.is_reference());
    let thread = thread.map(|(_, cpu)| format::duration(cpu.of.value));
    let is_compared = |(id, cpu): &&(Id, Cpu)| {
        thread.is_some() && id.model() == Model::Coroutines && cpu.thread_over.is_some()
    };
    let coroutines: Vec<&(Id, Cpu)> = known.iter().filter(is_compared).collect();
    let is_held = !coroutines.is_empty();
    let all = if is_held { coroutines } else { known.iter().collect() };
    let ((least_name, least), (most_name, most)) = (all.first()?, all.last()?);
    let template = match (is_held, all.len()) {
        (false, 1) => "A {kind} takes **{least}** of CPU ({least_name}).",
        (false, _) => {
            "A {kind} takes from **{least}** ({least_name}) to **{most}** ({most_name}) of CPU."
        }
        (true, 1) => {
            "A {kind} takes {thread} of CPU in a thread of its own and {least} in a coroutine \
             ({least_name}): **the thread takes {largest} times as much**."
        }
        (true, _) => {
            "A {kind} takes {thread} of CPU in a thread of its own, and from {least} ({least_name}) \
             to {most} ({most_name}) in a coroutine: **the thread takes {fewest} to {largest} times \
             as much**."
        }
    };
    let times =
        |cpu: &Cpu| cpu.thread_over.map(|ratio| format::times(ratio.value)).unwrap_or_default();
    Some(say(
        template,
        &[
            ("kind", kind),
            ("thread", &thread.unwrap_or_default()),
            ("least", &format::duration(least.of.value)),
            ("least_name", &names::contestant(least_name)),
            ("most", &format::duration(most.of.value)),
            ("most_name", &names::contestant(most_name)),
            ("fewest", &times(most)),
            ("largest", &times(least)),
        ],
    ))
}

fn main_table(analysis: &Analysis, shown: &[Id]) -> Table {
    let time = |of: &str| Column::new(of, Unit::Nanoseconds).lower().with_intervals();
    let times = |of: &str| Column::new(of, Unit::Times).with_intervals();
    // What stands apart is set against nothing.
    let has_ratios = shown.iter().any(Id::is_compared);
    let of_kind = |kind: &str| {
        let ratio = times(&format!("times as much in a thread, {kind}"));
        [Some(time(&format!("CPU per {kind}"))), has_ratios.then_some(ratio)].into_iter().flatten()
    };
    let columns = KINDS.iter().flat_map(|(kind, _)| of_kind(kind));
    let row = |id: &Id| {
        let mut cells = Vec::new();
        for (_, is_kind) in KINDS {
            let found = cpu(analysis, id, is_kind);
            cells.push(Cell::figure(found.as_ref().map(|cpu| cpu.of), "not measured"));
            cells.extend(has_ratios.then(|| match found {
                None => Cell::figure(None, "not measured"),
                Some(_) if id.is_reference() => Cell::text("itself"),
                Some(cpu) if !cpu.of.is_decided() => Cell::figure(None, UNDECIDED),
                Some(cpu) => Cell::figure(cpu.thread_over, "the CPU of a thread each is not known"),
            }));
        }
        (names::contestant(id), cells)
    };
    tables::named("contestant", columns, shown.iter().map(row))
}

/// Whether a task among many costs as much as one among few; nothing where that was not run.
fn growth(analysis: &Analysis) -> Vec<Block> {
    let compared = analysis
        .growth
        .iter()
        .filter(|growth| growth.series.contestant.is_compared() && growth.series.shape.is_plain());
    let rated = compared.filter_map(|growth| Some((growth, growth.ratio?)));
    let Some((worst, ratio)) = rated.max_by(|(_, a), (_, b)| a.value.total_cmp(&b.value)) else {
        return Vec::new();
    };
    let said = say(
        "A task among {many} takes at most **{times} times** the CPU of one among {few} ({name}). \
         The bar is {bar} times; which of them meets it is among the [claims](page:claims).",
        &[
            ("many", &format::count(MANY)),
            ("few", &format::count(FEW)),
            ("times", &format::estimate(&ratio, Unit::Times)),
            ("name", &names::contestant(&worst.series.contestant)),
            ("bar", &format::times(BAR)),
        ],
    );
    let heading = "Does a task cost more among a million?";
    vec![Block::Heading(heading.into()), Block::Paragraph(said)]
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic};

    use super::*;

    fn page(record: &Record) -> Document {
        build(&Analysis::of(record, None))
    }

    fn answer_of(record: &Record) -> String {
        let Block::Quote(said) = &page(record).blocks[0] else { panic!("the answer is first") };
        said.iter().map(Text::words).collect::<Vec<_>>().join("\n")
    }

    fn heads(record: &Record) -> Vec<String> {
        let heads = page(record).blocks.into_iter().filter_map(|block| match block {
            Block::Heading(head) | Block::Details { summary: head, .. } => Some(head.words()),
            _ => None,
        });
        heads.collect()
    }

    #[test]
    fn the_answer_says_how_many_times_as_much_a_thread_takes() {
        let mut made = Synthetic::new();
        made.line("threads/per-task", &[1, 100, 1_000], Bill::of(10_000)).line(
            "coroutines/smol",
            &[1, 100, 1_000],
            Bill::of(300),
        );
        insta::assert_snapshot!(answer_of(&made.record()), @"A wait takes 20 µs of CPU in a thread of its own and 600 ns in a coroutine (smol): the thread takes 33 times as much.");
        made.line("coroutines/tokio", &[1, 100, 1_000], Bill::of(1_000));
        made.asking(1_024, None).line("threads/per-task", &[1, 100], Bill::of(10_000)).line(
            "coroutines/tokio",
            &[1, 100],
            Bill::of(9_000),
        );
        insta::assert_snapshot!(answer_of(&made.record()), @"
        A wait takes 20 µs of CPU in a thread of its own, and from 600 ns (smol) to 2 µs (tokio) in a coroutine: the thread takes 10 to 33 times as much.
        A request takes 20 µs of CPU in a thread of its own and 18 µs in a coroutine (tokio): the thread takes 1.11 times as much.
        ");
    }

    #[test]
    fn without_a_thread_or_any_figure_less_is_said() {
        let mut made = Synthetic::new();
        insta::assert_snapshot!(answer_of(&made.record()), @"This record does not say what a wait costs in CPU. That takes proven cells of one contestant at two numbers of tasks at least.");
        assert!(heads(&made.record()).is_empty());
        made.line("coroutines/bare", &[1, 100, 1_000], Bill::of(300));
        insta::assert_snapshot!(answer_of(&made.record()), @"A wait takes 600 ns of CPU (bare futures).");
        made.line("coroutines/x", &[1, 100, 1_000], Bill::of(30));
        insta::assert_snapshot!(answer_of(&made.record()), @"A wait takes from 60 ns (x) to 600 ns (bare futures) of CPU.");
    }

    #[test]
    fn a_contestant_whose_cpu_is_not_above_zero_is_undecided() {
        let mut made = Synthetic::new();
        let flat = Bill { cpu_ns: 0, noise: 9_000, ..Bill::of(300) };
        made.line("threads/per-task", &[1, 100, 1_000], Bill::of(10_000)).line(
            "coroutines/smol",
            &[1, 100, 1_000],
            flat,
        );
        let analysis = Analysis::of(&made.record(), None);
        let table = main_table(&analysis, &shown(&analysis));
        assert_eq!(table.rows[1][0], Cell::text("smol"));
        assert_eq!(table.rows[1][2], Cell::figure(None, UNDECIDED));
        insta::assert_snapshot!(answer_of(&made.record()), @"A wait takes 20 µs of CPU (thread each).");
        let Plot::Dots { rows, .. } = cpu_chart(&analysis).unwrap().plot else { panic!() };
        assert_eq!(rows.len(), 1);
    }

    #[test]
    fn growth_is_said_where_it_was_run() {
        let mut made = Synthetic::new();
        made.line("coroutines/tokio", &[1, FEW, MANY], Bill::of(100));
        let record = made.record();
        assert!(heads(&record).contains(&"Does a task cost more among a million?".to_owned()));
        let blocks = growth(&Analysis::of(&record, None));
        let Block::Paragraph(said) = &blocks[1] else { panic!() };
        insta::assert_snapshot!(said.words(), @"A task among 1,000,000 takes at most 1.00 (1.00–1.00) times the CPU of one among 10,000 (tokio). The bar is 2.5 times; which of them meets it is among the claims.");
    }
}
