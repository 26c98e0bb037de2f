//! `cpu.md`: what a wait and a request cost in CPU.

use analysis::Analysis;
use analysis::bar::Outcome;
use analysis::contestant::{Id, Model, REFERENCE};
use analysis::estimate::Estimate;
use analysis::figure::Figure;
use analysis::growth::{BAR, FEW, Growth, MANY, MOST};
use analysis::measured::Measured;
use analysis::series::Shape;

use super::contestants::{MOST_ROWS, cautions, details, leading, machine};
use super::page::Page;
use crate::chart::{Axis, Chart, Dot, DotRow, Plot};
use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::text::{Text, names, say};

/// The page.
pub(crate) const PAGE: Page = Page { id: "cpu", name: "CPU", build };

/// What a task waits for, in a word, and whether a shape is that.
type Kind = (&'static str, fn(&Shape) -> bool);

/// The two kinds of work that are compared: plain timers and plain requests.
const KINDS: [Kind; 2] = [("wait", Shape::is_plain), ("request", Shape::is_plain_request)];

/// What stands where a figure cannot be distinguished from zero.
const UNDECIDED: &str = "undecided: the interval holds zero";

fn build(analysis: &Analysis) -> Document {
    let mut blocks = vec![Block::Quote(answer(analysis))];
    blocks.extend(cpu_chart(analysis).map(Block::Chart));
    let shown = shown(analysis);
    if !shown.is_empty() {
        blocks.push(Block::Heading("CPU of a wait and of a request".into()));
        blocks.push(Block::Table(main_table(analysis, &shown)));
        blocks.push(Block::Paragraph(
            "What one more task adds to the user and system CPU of the whole process, from the \
             start of the first task until all are over, with its 95 % interval where there are \
             readings enough for one. A request is over a new connection; the server's CPU is not \
             in it."
                .into(),
        ));
        blocks.extend(cautions(analysis, &shown));
    }
    blocks.extend(growth(analysis));
    blocks.extend(details("Start and finish of every contestant", start_and_finish(analysis)));
    blocks.extend(details(
        "User and system CPU and switches of every contestant",
        parts_of_cpu(analysis),
    ));
    blocks.push(machine(analysis));
    Document { id: "cpu", title: "What a wait costs in CPU".into(), blocks }
}

/// CPU of a wait, a dot for each contestant of the front page; `None` if there is no such figure.
pub(crate) fn cpu_chart(analysis: &Analysis) -> Option<Chart> {
    let (_, is_wait) = KINDS[0];
    let rows: Vec<DotRow> = shown(analysis)
        .iter()
        .filter_map(|id| {
            let cpu = cpu_of(analysis, id, is_wait).filter(is_positive)?;
            let interval = cpu.is_above_zero().then_some((cpu.low, cpu.high));
            let dots = vec![Dot { value: cpu.value, interval }];
            Some(DotRow { name: names::contestant(id), tone: names::tone(id), dots })
        })
        .collect();
    let said: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {}", row.name, format::duration(row.dots[0].value)))
        .collect();
    let x = Axis { label: "CPU per wait".into(), unit: Unit::Nanoseconds, is_log: true };
    (!rows.is_empty()).then(|| Chart {
        id: "cpu",
        title: "CPU per wait".into(),
        subtitle: "User and system CPU that one more timer wait adds, with its 95 % interval. \
                   Further left is less."
            .into(),
        alt: format!("CPU per wait: {}.", said.join(", ")),
        plot: Plot::Dots { x, rows },
    })
}

/// The contestants that have a figure of either kind, those of the front page first of all.
fn shown(analysis: &Analysis) -> Vec<Id> {
    let has_cpu = |measured: &&Measured| {
        let is_of_a_kind = KINDS.iter().any(|(_, is_kind)| is_kind(&measured.series.shape));
        is_of_a_kind && measured.slope(Figure::Cpu).is_some()
    };
    leading(analysis.measured.iter().filter(has_cpu).map(|measured| &measured.series.contestant))
}

fn find<'a>(analysis: &'a Analysis, id: &Id, is_kind: fn(&Shape) -> bool) -> Option<&'a Measured> {
    analysis.measured.iter().find(|measured| {
        measured.series.contestant == *id
            && is_kind(&measured.series.shape)
            && measured.slope(Figure::Cpu).is_some()
    })
}

fn cpu_of(analysis: &Analysis, id: &Id, is_kind: fn(&Shape) -> bool) -> Option<Estimate> {
    find(analysis, id, is_kind)?.slope(Figure::Cpu)
}

/// How many times the CPU of this contestant a thread each takes in the same work.
fn thread_over(analysis: &Analysis, id: &Id, is_kind: fn(&Shape) -> bool) -> Option<Estimate> {
    let of = find(analysis, id, is_kind)?;
    analysis.get(&of.series.by(Id::new(REFERENCE)))?.slope_over(of, Figure::Cpu)
}

fn is_positive(estimate: &Estimate) -> bool {
    estimate.value > 0.0 && (estimate.low > 0.0 || !estimate.is_bounded())
}

fn answer(analysis: &Analysis) -> Vec<Text> {
    let shown = shown(analysis);
    let said: Vec<Text> =
        KINDS.iter().filter_map(|kind| answer_of(analysis, &shown, *kind)).collect();
    match said.is_empty() {
        false => said,
        true => vec![
            "This record does not say what a wait costs in CPU. That takes proven cells of one \
             contestant at two numbers of tasks at least."
                .into(),
        ],
    }
}

/// What a wait, or a request, costs in a thread and in coroutines; the least and the most of it where
/// one of the two is missing. `None` if nothing is known.
fn answer_of(analysis: &Analysis, shown: &[Id], (kind, is_kind): Kind) -> Option<Text> {
    let article = format!("A {kind}");
    let mut known: Vec<(&Id, Estimate)> = shown
        .iter()
        .filter_map(|id| Some((id, cpu_of(analysis, id, is_kind).filter(is_positive)?)))
        .collect();
    known.sort_by(|(_, a), (_, b)| a.value.total_cmp(&b.value));
    let cpu = |(id, cpu): &(&Id, Estimate)| {
        (names::contestant(id), format::figure(cpu.value, Unit::Nanoseconds))
    };
    let thread = known.iter().find(|(id, _)| id.is_reference());
    let coroutines: Vec<&(&Id, Estimate)> = known
        .iter()
        .filter(|(id, _)| {
            id.model() == Model::Coroutines && thread_over(analysis, id, is_kind).is_some()
        })
        .collect();
    let (Some(thread), Some(least), Some(most)) = (thread, coroutines.first(), coroutines.last())
    else {
        let (least, most) = (known.first()?, known.last()?);
        let ((least_name, least), (most_name, most)) = (cpu(least), cpu(most));
        let with = [
            ("it", &*article),
            ("least", &least),
            ("least_name", &least_name),
            ("most", &most),
            ("most_name", &most_name),
        ];
        return Some(match known.len() {
            1 => say("{it} takes **{least}** of CPU ({least_name}).", &with),
            _ => say(
                "{it} takes from **{least}** ({least_name}) to **{most}** ({most_name}) of CPU.",
                &with,
            ),
        });
    };
    let times = |(id, _): &(&Id, Estimate)| {
        thread_over(analysis, id, is_kind).map(|ratio| format::times(ratio.value))
    };
    let (fewest, largest) = (times(most)?, times(least)?);
    let (_, thread) = cpu(thread);
    let ((least_name, least), (most_name, most)) = (cpu(least), cpu(most));
    let with = [
        ("it", &*article),
        ("thread", &thread),
        ("least", &least),
        ("least_name", &least_name),
        ("most", &most),
        ("most_name", &most_name),
        ("fewest", &fewest),
        ("largest", &largest),
    ];
    Some(match coroutines.len() {
        1 => say(
            "{it} takes {thread} of CPU in a thread of its own and {least} in a coroutine \
             ({least_name}): **the thread takes {largest} times as much**.",
            &with,
        ),
        _ => say(
            "{it} takes {thread} of CPU in a thread of its own, and from {least} ({least_name}) to \
             {most} ({most_name}) in a coroutine: **the thread takes {fewest} to {largest} times \
             as much**.",
            &with,
        ),
    })
}

fn main_table(analysis: &Analysis, shown: &[Id]) -> Table {
    let cpu = |of: &str| Column::new(of, Unit::Nanoseconds).lower().with_intervals();
    let times = |of: &str| Column::new(of, Unit::Times).with_intervals();
    let mut table = Table::new([
        Column::words("contestant"),
        cpu("CPU per wait"),
        times("times as much in a thread, wait"),
        cpu("CPU per request"),
        times("times as much in a thread, request"),
    ]);
    for id in shown {
        let mut row = vec![Cell::text(names::contestant(id))];
        for (_, is_kind) in KINDS {
            let cpu = cpu_of(analysis, id, is_kind);
            let ratio = thread_over(analysis, id, is_kind);
            row.push(Cell::figure(cpu, "not measured"));
            row.push(match (id.is_reference(), cpu) {
                (true, Some(_)) => Cell::text("itself"),
                (_, Some(cpu)) if !is_positive(&cpu) => Cell::figure(None, UNDECIDED),
                (_, Some(_)) => Cell::figure(ratio, without_ratio(analysis, is_kind)),
                (_, None) => Cell::figure(None, "not measured"),
            });
        }
        table.push(row);
    }
    table
}

/// Why there is no ratio to the CPU of a thread each.
fn without_ratio(analysis: &Analysis, is_kind: fn(&Shape) -> bool) -> &'static str {
    match cpu_of(analysis, &Id::new(REFERENCE), is_kind) {
        None => "a thread each is not measured",
        Some(_) => UNDECIDED,
    }
}

/// Whether a task among many costs as much as one among few: what is said of it, and its table.
fn growth(analysis: &Analysis) -> Vec<Block> {
    let compared: Vec<&Growth> = analysis
        .growth
        .iter()
        .filter(|growth| growth.series.contestant.is_compared() && growth.series.shape.is_plain())
        .collect();
    let rated = compared.iter().filter_map(|growth| Some((growth, growth.ratio?)));
    let Some((worst, ratio)) = rated.max_by(|(_, a), (_, b)| a.value.total_cmp(&b.value)) else {
        return Vec::new();
    };
    let with_bar = |wanted: Outcome| -> Vec<String> {
        let of_it = compared.iter().filter(|growth| growth.bar == wanted);
        of_it.map(|growth| names::contestant(&growth.series.contestant)).collect()
    };
    let (missed, undecided) = (with_bar(Outcome::Missed), with_bar(Outcome::Undecided));
    let verdict = match (&*missed, &*undecided) {
        ([], []) => "The bar of {bar} times is met: the whole interval of each is below it.",
        ([], _) => "Whether that meets the bar of {bar} times is undecided: {undecided}.",
        _ => "The bar of {bar} times is missed: {missed}.",
    };
    let verdict = say(
        verdict,
        &[
            ("bar", &format::times(BAR)),
            ("missed", &format::list(&missed)),
            ("undecided", &format::list(&undecided)),
        ],
    );
    let said = say(
        "A task among {many} takes at most **{times} times** the CPU of one among {few} ({name}).",
        &[
            ("many", &format::count(MANY)),
            ("few", &format::count(FEW)),
            ("times", &format::times(ratio.value)),
            ("name", &names::contestant(&worst.series.contestant)),
        ],
    );
    vec![
        Block::Heading("Does a task cost more among a million?".into()),
        Block::Paragraph(said.and(verdict)),
        Block::Table(growth_table(compared.into_iter().take(MOST_ROWS))),
    ]
}

fn growth_table<'a>(rows: impl Iterator<Item = &'a Growth>) -> Table {
    let among = |tasks| {
        let head = format!("CPU per wait among {}", format::count(tasks));
        Column::new(head, Unit::Nanoseconds).lower().with_intervals()
    };
    let ratio = Column::new("many ÷ few", Unit::Times).lower().with_intervals();
    let mut table = Table::new([
        Column::words("contestant"),
        among(FEW),
        among(MANY),
        ratio,
        Column::words("bar"),
        among(MOST),
    ]);
    for growth in rows {
        let bar = match growth.bar {
            Outcome::Met => "met",
            Outcome::Missed => "missed",
            Outcome::Undecided | Outcome::NotMeasured => "undecided",
        };
        table.push(vec![
            Cell::text(names::contestant(&growth.series.contestant)),
            Cell::Figure(growth.few_ns),
            Cell::Figure(growth.many_ns),
            Cell::figure(growth.ratio, UNDECIDED),
            Cell::text(bar),
            Cell::figure(growth.most_ns, "not run"),
        ]);
    }
    table
}

fn start_and_finish(analysis: &Analysis) -> Vec<Block> {
    let columns = [
        ("start", Figure::Start),
        ("start CPU", Figure::StartCpu),
        ("finish", Figure::Finish),
        ("finish CPU", Figure::FinishCpu),
    ];
    vec![
        Block::Table(slopes(analysis, &columns, Unit::Nanoseconds)),
        Block::Paragraph(
            "What one more task adds. Start is the time from the start of the first task until all \
             are waiting; of requests, until the server has all of them. Finish is what is left of \
             the whole time without the start and the wait: near zero where tasks end as fast as \
             they were started, below it where they end faster. Start CPU is used until all are \
             waiting, finish CPU from then on. Neither is known of requests."
                .into(),
        ),
    ]
}

fn parts_of_cpu(analysis: &Analysis) -> Vec<Block> {
    let cpu = [
        ("user CPU", Figure::UserCpu),
        ("system CPU", Figure::SystemCpu),
        ("all CPU", Figure::Cpu),
    ];
    let switches = [
        ("voluntary switches", Figure::VoluntarySwitches),
        ("involuntary switches", Figure::InvoluntarySwitches),
    ];
    vec![
        Block::Table(slopes(analysis, &cpu, Unit::Nanoseconds)),
        Block::Table(slopes(analysis, &switches, Unit::Count)),
        Block::Paragraph(
            "What one more task adds, from the start of the first task until all are over. A switch \
             is voluntary where a thread had to wait, and involuntary where another got its core."
                .into(),
        ),
    ]
}

/// A row for each series that has one of these figures.
fn slopes(analysis: &Analysis, figures: &[(&str, Figure)], unit: Unit) -> Table {
    let columns = figures.iter().map(|(head, _)| Column::new(*head, unit).lower().with_intervals());
    let mut table = Table::new([Column::words("contestant")].into_iter().chain(columns));
    for measured in &analysis.measured {
        let slopes: Vec<_> = figures.iter().map(|(_, figure)| measured.slope(*figure)).collect();
        if slopes.iter().any(Option::is_some) {
            let cells = slopes.into_iter().map(|slope| Cell::figure(slope, "not known"));
            let name = Cell::text(names::series(&measured.series));
            table.push([name].into_iter().chain(cells).collect());
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use record::Record;
    use record::synthetic::{Bill, Synthetic, asking_run};

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
    fn of_requests_neither_finish_nor_the_parts_of_cpu_by_phase_are_known() {
        let analysis = Analysis::of(&asking_run(), None);
        let Block::Table(table) = &start_and_finish(&analysis)[0] else { panic!() };
        let row = table.rows.iter().find(|row| row[0] == Cell::text("smol, request of 1 KiB"));
        let missing = row.unwrap().iter().filter(|cell| matches!(cell, Cell::Missing(_)));
        assert_eq!(missing.count(), 3);
        assert!(
            table.rows.iter().all(
                |row| matches!(&row[0], Cell::Text(name) if !name.words().contains("transfer"))
            )
        );
    }

    #[test]
    fn growth_is_said_where_it_was_run() {
        let mut made = Synthetic::new();
        made.line("coroutines/tokio", &[1, FEW, MANY], Bill::of(100));
        let record = made.record();
        assert!(heads(&record).contains(&"Does a task cost more among a million?".to_owned()));
        let blocks = growth(&Analysis::of(&record, None));
        let Block::Paragraph(said) = &blocks[1] else { panic!() };
        let mut once = record.clone();
        once.cells.retain(|cell| cell.repeat == 0);
        let undecided = growth(&Analysis::of(&once, None));
        let Block::Paragraph(undecided) = &undecided[1] else { panic!() };
        assert!(
            undecided.words().ends_with("bar of 2.5 times is undecided: tokio."),
            "{undecided:?}"
        );
        insta::assert_snapshot!(said.words(), @"A task among 1,000,000 takes at most 1.00 times the CPU of one among 10,000 (tokio). The bar of 2.5 times is met: the whole interval of each is below it.");
    }
}
