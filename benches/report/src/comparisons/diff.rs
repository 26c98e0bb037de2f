//! Two records, figure by figure: the document and the JSON of `compare diff`.

use analysis::diff::{Diff, Row, Verdict};
use analysis::sides::Part;
use serde_json::{Value, json};

use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format;
use crate::tables::{self, MOST_ROWS, folded, tasks, under};
use crate::text::{Text, cautions, quantities, say};

/// The document of `compare diff`: how many figures are better and worse, those that moved most, and
/// every figure folded away.
pub fn document(diff: &Diff) -> Document {
    let mut blocks = vec![Block::Paragraph(answer(diff))];
    blocks.extend(cautions::different_setup("records", &diff.differences).map(Block::Paragraph));
    if !diff.rows.is_empty() {
        blocks.push(Block::Table(summary(diff)));
    }
    let is_moved = |row: &&Row| matches!(row.verdict, Verdict::Better | Verdict::Worse);
    let mut moved: Vec<&Row> = diff.rows.iter().filter(is_moved).collect();
    let size = |row: &Row| row.ratio.map_or(0.0, |ratio| ratio.value.ln().abs());
    moved.sort_by(|a, b| a.verdict.cmp(&b.verdict).then(size(b).total_cmp(&size(a))));
    let head = if moved.len() > MOST_ROWS { "What moved most, worse first" } else { "What moved" };
    blocks.extend(under(head, most(&moved), ""));
    blocks.extend(notes(diff).into_iter().map(Block::Paragraph));
    blocks.extend(Part::ALL.into_iter().filter_map(|part| {
        let summary = say("Every figure: {part}", &[("part", quantities::part(part))]);
        folded(summary, part_table(diff, part))
    }));
    Document { id: "diff", title: "What the new record has against the old one".into(), blocks }
}

/// The same for programs: `warnings`, and `figures` with `contestant`, `subject`, `figure`, `unit`,
/// `tasks` (null for a slope), `old`, `new`, `ratio` (`value`, `low`, `high`, the ends null if it has no
/// interval; null if there is none), `better` (which way: `lower` or `higher`), `verdict` (`better`,
/// `worse`, `within-noise`, `unknown`), `together` (what its kind moved together, new ÷ old, 1 where that is
/// not known).
pub fn json(diff: &Diff) -> Value {
    let figure = |row: &Row| {
        json!({
            "contestant": row.subject.series.contestant,
            "subject": quantities::subject(&row.subject),
            "figure": quantities::quantity(row.subject.quantity),
            "unit": quantities::unit_of(row.subject.quantity),
            "tasks": row.subject.tasks,
            "old": row.old.value,
            "new": row.new.value,
            "ratio": row.ratio,
            "together": row.together,
            "better": row.better,
            "verdict": row.verdict,
        })
    };
    let warnings: Vec<String> = diff.differences.iter().map(ToString::to_string).collect();
    json!({ "warnings": warnings, "figures": diff.rows.iter().map(figure).collect::<Vec<_>>() })
}

/// A figure that is worse by more than what was allowed, in a sentence.
pub fn regression(row: &Row, allowed: f64) -> Text {
    let times = row.ratio.map_or_else(String::new, |ratio| format::estimate(&ratio, Unit::Times));
    say(
        "{what} is worse by more than {allowed}: {times} times the old one.",
        &[
            ("what", &quantities::whole_subject(&row.subject)),
            ("allowed", &format::percent(allowed)),
            ("times", &times),
        ],
    )
}

fn answer(diff: &Diff) -> Text {
    if diff.rows.is_empty() {
        return "The records have no figure in common.".into();
    }
    let count = |verdict| match diff.count(verdict) {
        1 => "1 is".into(),
        figures => format!("{} are", format::count(figures as u64)),
    };
    let unknown = match diff.count(Verdict::Unknown) {
        0 => String::new(),
        of => format!(", of {} nothing follows", format::count(of as u64)),
    };
    say(
        "Of {figures} figures that both records have, **{worse} worse and {better} better**; {noise} \
         within noise{unknown}.",
        &[
            ("figures", &format::count(diff.rows.len() as u64)),
            ("worse", &count(Verdict::Worse)),
            ("better", &count(Verdict::Better)),
            ("noise", &count(Verdict::WithinNoise)),
            ("unknown", &unknown),
        ],
    )
}

/// How many figures of each part are worse and better.
fn summary(diff: &Diff) -> Table {
    let heads = ["Worse", "Better", "Within noise", "Unknown"];
    let counts = heads.map(|head| Column::new(head, Unit::Count));
    let row = |part| {
        let count = |verdict| diff.part(part).filter(|row| row.verdict == verdict).count() as u64;
        let counts = Verdict::ALL.map(|verdict| Cell::Count(count(verdict)));
        (quantities::part(part).to_owned(), counts.into())
    };
    let parts = Part::ALL.into_iter().filter(|part| diff.part(*part).next().is_some());
    tables::named("Figures of", counts, parts.map(row))
}

fn most(moved: &[&Row]) -> Table {
    tables::of(
        moved.iter().take(MOST_ROWS),
        &[
            (Column::words("Of what"), &|row| Cell::text(quantities::subject(&row.subject))),
            (Column::words("Figure"), &|row| {
                Cell::text(quantities::quantity(row.subject.quantity))
            }),
            (Column::new("N", Unit::Count), &|row| tasks(row.subject.tasks)),
            (new_over_old(), &|row| Cell::figure(row.ratio, UNKNOWN)),
            (Column::words("Verdict"), &|row| Cell::text(quantities::verdict(row.verdict))),
        ],
    )
}

fn part_table(diff: &Diff, part: Part) -> Table {
    let unit = quantities::unit_of_part(part);
    tables::of(
        diff.part(part),
        &[
            (Column::words("Of what"), &|row| Cell::text(quantities::of_what(&row.subject))),
            (Column::new("N", Unit::Count), &|row| tasks(row.subject.tasks)),
            (Column::new("Old", unit), &|row| Cell::value(row.old.value)),
            (Column::new("New", unit), &|row| Cell::value(row.new.value)),
            (new_over_old(), &|row| Cell::figure(row.ratio, UNKNOWN)),
            (Column::words("Verdict"), &|row| Cell::text(quantities::verdict(row.verdict))),
        ],
    )
}

fn new_over_old() -> Column {
    Column::new("New ÷ old", Unit::Times).with_intervals()
}

const UNKNOWN: &str = "one of the two cannot be distinguished from zero";

/// What to know before believing a difference.
fn notes(diff: &Diff) -> Vec<Text> {
    let lone = "A single reading does not say how far it scatters, so nothing follows from a figure \
                at one N that a run has read once: give each run `--repeats 3` or more.";
    let intervals = "An interval holds what the readings of each run scatter. CPU, start, lateness and \
                     rates also move with the state of the machine, all of them together: a figure is \
                     called better or worse only where it moved further than 1 and further than \
                     those of its kind did together. A difference in them is worth believing when it \
                     comes again (`compare repeat`). Each interval holds for its own figure; of many, \
                     about one in twenty is on the wrong side by chance.";
    let lone = diff.has_lone_readings().then_some(lone);
    let intervals = (!diff.rows.is_empty()).then_some(intervals);
    let notes = [lone, intervals].into_iter().flatten().map(|note| say(note, &[]));
    together(diff).into_iter().chain(notes).collect()
}

/// What figures of a part moved together.
fn together(diff: &Diff) -> Option<Text> {
    let of = |(part, times): (&Part, &f64)| {
        format!("{} {} times", quantities::part(*part), format::times(*times))
    };
    let moved = format::list(diff.together.iter().map(of));
    (!moved.is_empty()).then(|| {
        say(
            "All contestants together, new ÷ old: {moved}. That is the machine, or a change that all of \
             them share; these two runs cannot tell which.",
            &[("moved", &moved)],
        )
    })
}

#[cfg(test)]
mod tests {
    use analysis::diff;
    use record::synthetic::{Bill, Synthetic, small_run};

    use super::*;

    const SIZES: [u64; 4] = [1, 100, 1_000, 10_000];

    fn two() -> Diff {
        let mut old = Synthetic::new();
        old.line("coroutines/bare", &SIZES, Bill::of(100).with_kernel(10));
        old.timed("coroutines/bare", 100, &[4_000_000, 4_100_000, 4_200_000]);
        let mut new = Synthetic::new();
        new.line("coroutines/bare", &SIZES, Bill { cpu_ns: 150, ..Bill::of(120).with_kernel(10) });
        new.timed("coroutines/bare", 100, &[4_000_000, 4_100_000, 4_300_000]);
        diff(&old.record(), &new.record(), |_| true)
    }

    fn table(document: &Document, nth: usize) -> &Table {
        let tables = document.blocks.iter().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        });
        tables.collect::<Vec<_>>()[nth]
    }

    #[test]
    fn what_is_worse_comes_first() {
        let document = document(&two());
        let Block::Paragraph(answer) = &document.blocks[0] else { panic!() };
        assert_eq!(
            answer.words(),
            "Of 8 figures that both records have, 3 are worse and 1 is better; 4 are within noise."
        );
        let moved = table(&document, 1);
        let figures: Vec<&Cell> = moved.rows.iter().map(|row| &row[1]).collect();
        let expected = ["private memory", "time to start", "full bill", "CPU"].map(Cell::text);
        assert_eq!(figures, expected.iter().collect::<Vec<_>>());
        let Cell::Figure(times) = moved.rows[0][3] else { panic!() };
        assert!((times.value - 1.2).abs() < 1e-9);
    }

    #[test]
    fn programs_get_every_figure_under_the_names_they_know() {
        let json = json(&two());
        let figures = json["figures"].as_array().unwrap();
        let private = figures.iter().find(|row| row["figure"] == "private memory").unwrap();
        assert_eq!((&private["verdict"], &private["better"]), (&json!("worse"), &json!("lower")));
        assert!(private["ratio"]["low"].as_f64().unwrap() > 1.0 && private["tasks"].is_null());
        assert_eq!(
            (&private["old"], &private["contestant"]),
            (&json!(100.0), &json!("coroutines/bare"))
        );
    }

    #[test]
    fn a_regression_says_what_it_is_of() {
        let diff = two();
        let words: Vec<String> =
            diff.regressions(0.15).iter().map(|row| regression(row, 0.15).words()).collect();
        assert!(words[0].starts_with("bare futures: full bill is worse by more than 15 %: 1.18 "));
        assert_eq!(words.len(), 3);
    }

    #[test]
    fn records_without_a_figure_in_common_say_so() {
        let empty = Synthetic::new().record();
        let document = document(&diff(&empty, &small_run(), |_| true));
        assert_eq!(document.blocks.len(), 1);
        let mut new = small_run();
        new.run.host.cores = 64;
        let other = super::document(&diff(&small_run(), &new, |_| true));
        let Block::Paragraph(setup) = &other.blocks[1] else { panic!() };
        assert!(setup.words().contains("cores was `2` and is `64`"));
    }
}
