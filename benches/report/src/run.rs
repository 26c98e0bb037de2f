//! What `compare run` prints: what was measured, one line a contestant, and what stopped it.

use std::collections::{BTreeMap, BTreeSet};

use analysis::{Analysis, Basis};

use analysis::estimate::Estimate;
use analysis::figure::Figure;
use analysis::missing::{Missing, Why};
use analysis::per_task::PerTask;
use analysis::rates::{RateOutcome, RateRow, Source};
use analysis::series::{Series, Shape};

use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::pages::rates::{reason as reason_of_rate, title};
use crate::pages::{relays, story};
use crate::tables;
use crate::text::{Text, cautions, limits, names, say};

/// What a run measured.
pub fn document(analysis: &Analysis) -> Document {
    let mut blocks: Vec<Block> = Vec::new();
    let mut by_shape: BTreeMap<&Shape, Vec<&PerTask>> = BTreeMap::new();
    for row in &analysis.per_task {
        by_shape.entry(&row.series.shape).or_default().push(row);
    }
    let mut is_whole = false;
    for (shape, mut rows) in by_shape {
        rows.sort_by_key(|row| (&row.series.contestant, row.tasks));
        is_whole |= rows
            .chunk_by(|a, b| a.series == b.series)
            .any(|of| matches!(of, [row] if row.is_pool && row.bytes.is_some()));
        blocks.push(Block::Heading(Text::plain(format!("Each task: {}", names::shape(shape)))));
        blocks.push(Block::Table(if shape.is_weighed() {
            weighed(analysis, &rows)
        } else if shape.is_transfer() {
            transferred(analysis, shape)
        } else {
            timed(&rows)
        }));
    }
    let (rates, rated_once) = rates(analysis);
    blocks.extend(rates);
    blocks.extend(relays::blocks(analysis));
    blocks.extend(tables::under("What tasks did", story::table(analysis), ""));
    if blocks.is_empty() {
        blocks.push(Block::Paragraph("No cell has proof, so there is no figure.".into()));
    }
    let is_weighed = analysis.per_task.iter().any(|row| row.series.shape.is_weighed());
    let is_lone = rated_once || analysis.per_task.iter().any(|row| row.repeats == 1);
    let notes = [
        (is_weighed && analysis.basis == Basis::KnownBill).then(|| without_group(analysis)),
        is_whole.then(|| {
            "A pool has its threads before its first task, so at one number of tasks its bytes are the \
             whole process ÷ N."
                .into()
        }),
        is_lone.then(|| {
            say(
                "Where a cell ran once, nothing says how far its figure scatters: `--repeats 3`.",
                &[],
            )
        }),
    ];
    blocks.extend(notes.into_iter().flatten().map(Block::Paragraph));
    blocks.extend(walls(analysis));
    blocks.extend(without_figure(analysis));
    blocks.extend(cautions::of_machine(analysis).into_iter().map(Block::Paragraph));
    let shown = |id: &_| {
        let weighed = analysis.per_task.iter().any(|row| row.series.contestant == *id);
        weighed || analysis.rates.iter().chain(&analysis.relays).any(|row| row.contestant == *id)
    };
    blocks.extend(cautions::of_contestants(analysis, shown).into_iter().map(Block::Paragraph));
    Document { id: "run", title: "What one task takes".into(), blocks }
}

/// Weight, CPU, start and lateness: the slopes where there are several numbers of tasks, else the
/// readings less what the process read before its first task.
fn weighed(analysis: &Analysis, rows: &[&PerTask]) -> Table {
    let slope = |last: &PerTask, figure: Figure, otherwise: Option<Estimate>| {
        let slope = analysis.get(&last.series).and_then(|measured| measured.slope(figure));
        match slope.or(otherwise) {
            Some(estimate) if is_lost_in_noise(&estimate) => Cell::Missing(
                "cannot be distinguished from zero; more tasks or repeats make it surer".into(),
            ),
            known => Cell::figure(known, reason(last)),
        }
    };
    let of_one = rows.chunk_by(|a, b| a.series == b.series);
    tables::of(
        of_one.filter_map(|rows| Some((*rows.first()?, *rows.last()?))),
        &[
            (Column::words("contestant"), &|(_, last)| tables::contestant(&last.series.contestant)),
            (Column::words("tasks"), &|(first, last)| {
                Cell::text(match [first.tasks, last.tasks].map(format::count) {
                    [first, last] if first == last => last,
                    ends => ends.join("–"),
                })
            }),
            (Column::new("bytes", Unit::Bytes).lower(), &|(_, last)| {
                slope(last, analysis.basis.figure(), last.bytes)
            }),
            (Column::new("CPU", Unit::Nanoseconds).lower(), &|(_, last)| {
                slope(last, Figure::Cpu, last.cpu_ns)
            }),
            (Column::new("start", Unit::Nanoseconds).lower(), &|(_, last)| {
                slope(last, Figure::Start, last.start_ns)
            }),
            (Column::words("late p50, p99"), &|(_, last)| late(last)),
        ],
    )
}

/// Whether a figure says nothing: it is below zero, or its interval holds zero and more.
fn is_lost_in_noise(estimate: &Estimate) -> bool {
    let holds_zero = estimate.is_bounded() && estimate.low <= 0.0 && estimate.high > estimate.low;
    estimate.value < 0.0 || holds_zero
}

/// How long bodies took through the server's limit.
fn transferred(analysis: &Analysis, shape: &Shape) -> Table {
    tables::of(
        analysis.transfers.iter().filter(|row| row.series.shape == *shape),
        &[
            (Column::words("contestant"), &|row| tables::contestant(&row.series.contestant)),
            (Column::new("bodies", Unit::Count), &|row| Cell::Count(row.bodies)),
            (Column::new("limit a second", Unit::Size), &|row| Cell::Count(row.limit)),
            (Column::new("bytes ÷ limit", Unit::Nanoseconds), &|row| Cell::value(row.least_ns)),
            (Column::new("took so many times as long", Unit::Times).lower(), &|row| {
                Cell::figure(row.over_least, "not read")
            }),
        ],
    )
}

/// How many a second in rounds, of each kind of waves; and whether one was read once.
fn rates(analysis: &Analysis) -> (Vec<Block>, bool) {
    let mut is_lone = false;
    let mut by_work: BTreeMap<_, Vec<&RateRow>> = BTreeMap::new();
    for row in analysis.rates.iter().filter(|row| row.source == Source::Rounds) {
        is_lone |= matches!(row.outcome, RateOutcome::Measured { samples: 1, .. });
        by_work.entry((&row.shape, row.wait_ns)).or_default().push(row);
    }
    let table = |((shape, wait_ns), mut rows): ((&Shape, u64), Vec<&RateRow>)| {
        rows.sort_by_key(|row| (&row.contestant, row.tasks));
        let table = tables::of(
            rows,
            &[
                (Column::words("contestant"), &|row| tables::contestant(&row.contestant)),
                (Column::new("tasks", Unit::Count), &|row| Cell::Count(row.tasks)),
                (Column::new("a second", Unit::PerSecond).higher().with_intervals(), &|row| {
                    Cell::figure(row.rate(), reason_of_rate(Some(row)))
                }),
                (Column::new("CPU of one", Unit::Nanoseconds).lower(), &|row| {
                    Cell::figure(row.cpu_ns(), "not read")
                }),
            ],
        );
        [Block::Heading(title(shape, wait_ns).into()), Block::Table(table)]
    };
    (by_work.into_iter().flat_map(table).collect(), is_lone)
}

/// What the bytes are where no control group counts the kernel's part.
fn without_group(analysis: &Analysis) -> Text {
    let note = analysis.run.host.cgroup_note.as_deref().unwrap_or("no reason was recorded");
    say(
        "There is no control group, so bytes are private memory, page tables and kernel stacks, a \
         lower bound: {note}",
        &[("note", note)],
    )
}

/// What is run to show how late tasks are.
fn timed(rows: &[&PerTask]) -> Table {
    tables::of(
        rows,
        &[
            (Column::words("contestant"), &|row| tables::contestant(&row.series.contestant)),
            (Column::new("tasks", Unit::Count), &|row| Cell::Count(row.tasks)),
            (Column::words("late p50, p99"), &|row| late(row)),
            (Column::new("CPU", Unit::Nanoseconds).lower(), &|row| {
                Cell::figure(row.cpu_ns, "not read")
            }),
        ],
    )
}

fn late(row: &PerTask) -> Cell {
    let Some((p50, p99)) = row.lateness else { return Cell::Missing("not read".into()) };
    Cell::text([p50, p99].map(|late| format::duration(late.median)).join(", "))
}

fn reason(row: &PerTask) -> Text {
    match row.bytes {
        None => "one at a time, or fewer places than tasks: not all of them waited at once".into(),
        Some(_) => "not read".into(),
    }
}

/// The walls, one line each, with the command that moves the limit.
fn walls(analysis: &Analysis) -> Vec<Block> {
    let walls = analysis.reaches.iter().filter_map(|reach| {
        let wall = reach.wall.as_ref()?;
        let of = names::series(&reach.series);
        let reached = match wall.reached {
            Some(reached) => format!("{} tasks", format::count(reached)),
            None => format!("below {} tasks", format::count(wall.tasks)),
        };
        let limit = as_sentence(limits::of_wall(wall));
        let ceiling = reach.ceilings.iter().find(|ceiling| ceiling.limit == wall.limit.name);
        let command = ceiling.and_then(|ceiling| limits::command_for(ceiling, wall.tasks));
        let template = format!("Wall of {{of}}: {{reached}}. {}", of_limit(command.as_deref()));
        let command = command.unwrap_or_default();
        let named = [("of", &of), ("reached", &reached), ("limit", &limit), ("command", &command)];
        Some(say(&template, &named.map(|(name, words)| (name, &**words))))
    });
    walls.map(Block::Paragraph).collect()
}

/// The template of what is said of a limit, with the command that moves it if one does.
const fn of_limit(command: Option<&str>) -> &'static str {
    if command.is_some() { "{limit}; `{command}` moves it." } else { "{limit}." }
}

/// As a sentence begins: a limit that has no name of its own begins with a small letter.
fn as_sentence(limit: String) -> String {
    limit.strip_prefix("the ").map_or_else(|| limit.clone(), |rest| format!("The {rest}"))
}

/// What cells without a figure can have in common: series, ending, reason, and a limit with its value.
type Alike<'a> = (&'a Series, Why, &'a str, Option<(&'a str, u64)>);

/// Every cell that was skipped or failed, and why.
fn without_figure(analysis: &Analysis) -> Option<Block> {
    let is_shown = |missing: &&Missing| {
        let mut walls = analysis.reaches.iter().filter(|reach| reach.wall.is_some());
        missing.why != Why::Wall || walls.all(|reach| reach.series != missing.series)
    };
    // What happened at several N, or in both builds, is said once.
    let mut alike: BTreeMap<Alike<'_>, BTreeSet<u64>> = BTreeMap::new();
    for missing in analysis.missing.iter().filter(is_shown) {
        let reason = missing.reason.as_deref().unwrap_or("no reason was recorded");
        let limit = missing.limit.as_ref().map(|limit| (&*limit.name, limit.value));
        let same = (&missing.series, missing.why, reason, limit);
        alike.entry(same).or_default().insert(missing.tasks);
    }
    let line = |((series, why, reason, limit), tasks): (Alike<'_>, BTreeSet<u64>)| {
        let tasks = format::list(tasks.into_iter().map(format::count));
        let how = if why == Why::Failed { "FAILED" } else { names::ending(why) };
        let of = names::series(series);
        // How much of it a task takes is not known here: twice as much is a step.
        let moved_by = limit.and_then(|(limit, value)| names::command_for(limit, 2 * value));
        let limit = limit.map(|(limit, value)| as_sentence(limits::with_value(limit, value)));
        let mut template = "{of} × {tasks}: {how}: {reason}".to_owned();
        if limit.is_some() {
            template = format!("{template}. {}", of_limit(moved_by.as_deref()));
        }
        let (limit, command) = (limit.unwrap_or_default(), moved_by.unwrap_or_default());
        let words = [
            ("of", &*of),
            ("tasks", &tasks),
            ("how", how),
            ("reason", reason),
            ("limit", &limit),
            ("command", &command),
        ];
        say(&template, &words)
    };
    let said: Vec<Text> = alike.into_iter().map(line).collect();
    (!said.is_empty()).then_some(Block::List(said))
}

#[cfg(test)]
mod tests {
    use record::Status;
    use record::synthetic::{Bill, Synthetic};

    use super::*;
    use crate::render::terminal::{Options, render};

    fn printed(made: &mut Synthetic) -> String {
        let document = document(&Analysis::of(&made.record(), None));
        render(&document, Options { width: Some(80), details: false })
    }

    #[test]
    fn one_count_has_a_figure_for_each_contestant() {
        let mut made = Synthetic::new();
        made.line("coroutines/tokio", &[2_000], Bill::of(400).with_kernel(48));
        made.line("threads/per-task", &[2_000], Bill::of(10_000).with_kernel(27_000));
        let text = printed(&mut made);
        let line = text.lines().find(|line| line.contains("tokio")).unwrap();
        assert!(line.contains("2,000") && line.contains("448 B"), "{text}");
        let line = text.lines().find(|line| line.contains("thread each")).unwrap();
        assert!(line.contains("37 kB") && !line.contains('—'), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(!text.contains("--repeats"));
    }

    #[test]
    fn rates_in_rounds_are_told_and_those_of_one_round_ask_for_more() {
        let mut made = Synthetic::new();
        made.waves("coroutines/tokio", 100, &[2_000_000, 2_000_000, 2_000_000]);
        let text = printed(&mut made);
        let line = text.lines().find(|line| line.contains("tokio")).unwrap();
        assert!(line.contains("50,000") && line.contains("500 ns"), "{text}");
        assert!(text.contains("Tasks a second") && !text.contains("--repeats"), "{text}");
        let mut once = Synthetic::new();
        once.waves("coroutines/tokio", 100, &[2_000_000]);
        assert!(printed(&mut once).contains("--repeats 3"));
    }

    #[test]
    fn a_wall_names_its_limit_and_the_command() {
        let mut made = Synthetic::new();
        made.line("threads/per-task", &[100, 1_000], Bill { threads: 1, ..Bill::of(10_000) });
        made.without("threads/per-task", 40_000, Status::Wall, "a thread could not be made");
        let text = printed(&mut made).replace('\n', " ");
        assert!(text.contains("Wall of thread each: "), "{text}");
        assert!(text.contains("vm.max_map_count 65,530, 4 mappings a task"), "{text}");
        assert!(text.contains("sysctl -w vm.max_map_count="), "{text}");
    }

    #[test]
    fn what_is_skipped_for_one_reason_is_said_once() {
        let mut made = Synthetic::new();
        for tasks in [10, 1_000, 1_000] {
            made.without("baseline/smol", tasks, Status::Skipped, "it runs only timers");
        }
        let text = printed(&mut made);
        let said = "- baseline/smol × 10 and 1,000: skipped: it runs only timers";
        assert_eq!(text.lines().filter(|line| line.starts_with("- ")).collect::<Vec<_>>(), [said]);
    }

    #[test]
    fn what_has_no_figure_has_a_reason() {
        let mut made = Synthetic::new();
        made.without("coroutines/bare", 10, Status::Failed, "died \u{1b}]0;x\u{7}");
        let text = printed(&mut made);
        assert!(text.contains("no figure") && text.contains("FAILED: died"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
