//! `memory.md`: what a waiting task weighs, and from how many tasks on a process is lighter.
//!
//! | file | what it makes |
//! | --- | --- |
//! | `answer` | the answer, in sentences |
//! | `chart` | [`whole_process_chart`]: memory of the whole process over N |
//! | `tables` | the weights, and the matrices of N from which on a process is lighter |

mod answer;
mod chart;
mod tables;

use analysis::Analysis;
use analysis::series::Shape;

use super::apart;
use super::contestants::cautions;
use super::page::Page;
use super::weights::{left_out, what_is_weighed};
use crate::document::{Block, Document};
use crate::tables::under;
use crate::text::say;

pub(crate) use answer::from_when;
pub(crate) use chart::whole_process_chart;

pub(crate) const PAGE: Page = Page { id: "memory", name: "memory", build };

fn build(analysis: &Analysis) -> Document {
    let shown = tables::shown(analysis);
    let mut blocks = vec![Block::Quote(answer::answer(analysis, &shown))];
    blocks.extend(whole_process_chart(analysis).map(Block::Chart));
    if !shown.is_empty() {
        let note = "A figure is the slope over the number of tasks. An open request holds a \
                    connection: the client's side of it is weighed, the server's is not. \
                    [Every contestant with its intervals, and every N](page:all).";
        let table = tables::weights(analysis, &shown);
        let note = what_is_weighed(analysis).and(say(note, &[]));
        blocks.extend(under("What one more waiting task takes", table, note));
        blocks.extend(left_out(analysis, Shape::is_weighed));
        blocks.extend(cautions(analysis, &shown));
    }
    blocks.extend(tables::crossings(analysis));
    let all = analysis.measured.iter().map(|measured| &measured.series.contestant);
    blocks.extend(apart::sections(all, |ids| tables::apart(analysis, ids)));
    blocks.extend(apart::not_run(analysis));
    Document { id: PAGE.id, title: "What a waiting task weighs".into(), blocks }
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill, Synthetic, small_run};

    use super::super::example::{answer, crossing, lines, poor_records};
    use super::super::weights::{UNDECIDED, weight_cell};
    use super::*;
    use crate::chart::Plot;
    use crate::document::Cell;

    #[test]
    fn the_answer_says_how_much_lighter_and_from_how_many_tasks_on() {
        insta::assert_snapshot!(answer(PAGE, &crossing().record()), @"
        A thread that waits for a timer takes 37 kB, a coroutine 340 B (smol) to 1.04 kB (tokio): the thread takes 36 to 109 times as much.
        The whole process weighs less than with a thread each from 3 tasks on (smol and tokio).
        ");
    }

    #[test]
    fn state_and_requests_are_told_where_they_were_measured() {
        let mut made = crossing();
        let thread = Bill { threads: 1, ..Bill::of(18_000).with_kernel(27_000) };
        made.state(8_192)
            .line("threads/per-task", &[100, 1_000], thread)
            .line("coroutines/smol", &[1, 1_000], Bill::of(8_492).with_kernel(40))
            .state(0)
            .asking(1_024, None)
            .line("threads/per-task", &[1, 100], thread)
            .line("coroutines/smol", &[1, 100], Bill::of(900).with_kernel(4_000));
        insta::assert_snapshot!(answer(PAGE, &made.record()), @"
        A thread that waits for a timer takes 37 kB, a coroutine 340 B (smol) to 1.04 kB (tokio): the thread takes 36 to 109 times as much. It is 9.2 times with an open request each and 5.3 times with 8 KiB of live state each.
        The whole process weighs less than with a thread each from 3 tasks on (smol and tokio). With open requests a process weighs less at any number of tasks (smol).
        ");
        insta::assert_snapshot!(lines(PAGE, &made.record())[..4].join("\n"), @"
        What one more waiting task takes
        thread each | 37 kB | 45 kB | 45 kB | 1.00 | 1.00
        smol | 340 B | 4.9 kB | 8.53 kB | 109 | 9.2
        tokio | 1.04 kB | — | — | 36 | —
        ");
    }

    #[test]
    fn poor_records_are_told_honestly() {
        let answers: Vec<String> =
            poor_records().iter().map(|record| answer(PAGE, record)).collect();
        insta::assert_snapshot!(answers.join("\n---\n"), @"
        This record does not say what a waiting task weighs. That takes proven cells of one contestant at two numbers of tasks at least, with all tasks waiting.
        ---
        A task that waits for a timer takes 340 B in smol. Without both a thread each and a coroutine there is nothing to compare.
        ---
        The whole process weighs less than with a thread each at 2,000 tasks, the only number measured (smol).
        ---
        This record does not say what a waiting task weighs. That takes proven cells of one contestant at two numbers of tasks at least, with all tasks waiting.
        ---
        A thread that waits for a timer takes 10 kB, a smol task 301 B: the thread takes 33 times as much.
        The whole process weighs less than with a thread each from somewhere between 2 and 100 tasks on (smol).
        ---
        A thread that waits for a timer takes 37 kB, a coroutine 340 B (smol) to 1.04 kB (tokio): the thread takes 36 to 109 times as much.
        ");
    }

    #[test]
    fn a_lower_bound_says_so() {
        let no_group = &poor_records()[4];
        let text = lines(PAGE, no_group).join("\n");
        assert!(text.contains("a lower bound") && text.contains("the hierarchy is read-only"));
        assert!(!lines(PAGE, &crossing().record()).join("\n").contains("lower bound"));
    }

    #[test]
    fn why_a_weight_is_missing_is_said_once_and_of_whom_it_is_true() {
        let mut made = Synthetic::new();
        made.line("threads/rayon-pool", &[1, 4, 8, 100], Bill::of(9_000).with_kernel(0));
        made.pool_of(8);
        made.line("threads/per-task", &[1, 4, 8, 100], Bill::of(9_000).with_kernel(0))
            .line("subroutine/sequential", &[1, 4], Bill::of(16).with_kernel(0))
            .timing("rate:1000/s", 0, false)
            .unweighed("coroutines/tokio", 500, 500, 20);
        let text = lines(PAGE, &made.record()).join("\n");
        let places = "At 100 tasks, rayon pool had fewer places than tasks";
        assert_eq!(text.matches("fewer places").count(), 1, "{text}");
        assert!(text.contains(places) && text.contains("subroutine: one task waits at a time"));
    }

    #[test]
    fn the_matrix_says_where_a_gap_in_what_was_measured_is() {
        let text = lines(PAGE, &crossing().record()).join("\n");
        assert!(text.contains("\nsmol | 3\ntokio | 3"), "{text}");
        let mut gap = crossing().record();
        gap.cells.retain(|cell| cell.tasks == 1 || cell.tasks >= 8);
        let text = lines(PAGE, &gap).join("\n");
        assert!(text.contains("\nsmol | 2 to 8\ntokio | 2 to 8"), "{text}");
    }

    #[test]
    fn a_weight_that_holds_zero_is_undecided() {
        let mut made = crossing();
        let unsure = Bill { noise: 900_000, ..Bill::of(465).with_kernel(0) };
        made.line("coroutines/async-std", &[1, 100], unsure);
        let record = made.record();
        let analysis = Analysis::of(&record, None);
        let of_it = |measured: &&analysis::measured::Measured| {
            measured.series.contestant.name() == "async-std"
        };
        let measured = analysis.measured.iter().find(of_it);
        let figure = analysis.basis.figure();
        let slope = measured.unwrap().slope(figure).unwrap();
        assert!((slope.value - 465.0).abs() < 1.0 && slope.low < 0.0, "{slope:?}");
        assert_eq!(answer(PAGE, &record).matches("async-std").count(), 1, "only where it crosses");
        assert!(!lines(PAGE, &record).join("\n").contains("465 B"));
        let cell = weight_cell(&analysis, measured);
        assert_eq!(cell, Cell::Missing(UNDECIDED.into()));
    }

    #[test]
    fn the_picture_ends_at_the_wall() {
        let chart = whole_process_chart(&Analysis::of(&small_run(), None)).unwrap();
        let Plot::Lines { lines, .. } = &chart.plot else { panic!("{chart:?}") };
        let names: Vec<&str> = lines.iter().map(|line| &*line.name).collect();
        assert_eq!(names, ["thread each", "smol"]);
        let wall = lines[0].wall.as_ref().unwrap();
        assert!(wall.label.contains("vm.max_map_count"), "{wall:?}");
        let by_the_line = 2_100_000.0 + 9_000.0 + 37_000.0 * wall.x;
        assert!((wall.y / by_the_line - 1.0).abs() < 0.01, "{wall:?}");
        assert_eq!((&lines[1].wall, lines[1].points.len()), (&None, 4));
        assert!(whole_process_chart(&Analysis::of(&Synthetic::new().record(), None)).is_none());
    }
}
