//! `bill.md`: what holds a waiting task's memory, and what is kept when the tasks are over.
//!
//! | file | what it makes |
//! | --- | --- |
//! | `parts` | the parts of a bill, with their names |
//! | `chart` | the bills as stacked bars |
//! | `tables` | the bills as tables |
//! | `kept` | what is kept, and what a second wave adds |

mod chart;
mod kept;
mod parts;
mod tables;

use analysis::Analysis;
use analysis::bill::Bill;
use analysis::contestant::Model;

use super::apart;
use super::contestants::{cautions, said_or};
use super::page::Page;
use super::weights::{leading, what_is_weighed};
use crate::document::{Block, Document};
use crate::text::{Text, names, say};

pub(crate) const PAGE: Page = Page { id: "bill", name: "what holds the memory", build };

fn build(analysis: &Analysis) -> Document {
    let answer = said_or(
        answer(analysis).into_iter().chain(kept::answer(analysis)).collect(),
        "This record does not say what holds a waiting task's memory. That takes proven cells \
         of one contestant at two numbers of tasks at least, weighed in their parts.",
    );
    let mut blocks = vec![Block::Quote(answer)];
    blocks.extend(chart::charts(analysis).into_iter().map(Block::Chart));
    let shown = leading(analysis.bills.iter().map(|bill| &bill.series.contestant));
    blocks.extend(tables::split(analysis, &shown, ""));
    if !shown.is_empty() {
        blocks.push(Block::Paragraph(what_is_weighed(analysis).and(
            "What each part is: heap and allocator, private memory that is no stack; own stacks, \
             the pages of theirs that threads have touched; kernel objects, the kernel's small \
             objects (threads, files, sockets) and socket buffers."
                .into(),
        )));
        blocks.extend(tables::do_they_add_up(analysis).map(Block::Paragraph));
        blocks.extend(cautions(analysis, &shown));
    }
    blocks.extend(kept::section(analysis));
    for (head, role) in apart::KINDS {
        let ids = apart::of_kind(analysis.bills.iter().map(|bill| &bill.series.contestant), role);
        blocks.extend(tables::split(analysis, &ids, &format!("{head}: ")));
    }
    Document { id: PAGE.id, title: "What holds a waiting task's memory".into(), blocks }
}

/// What a thread each is made of, and what a coroutine.
fn answer(analysis: &Analysis) -> Vec<Text> {
    let shown = leading(analysis.bills.iter().map(|bill| &bill.series.contestant));
    let of_timers =
        |bill: &&Bill| bill.series.shape.is_plain() && shown.contains(&bill.series.contestant);
    let timers = || analysis.bills.iter().filter(of_timers);
    let is_tokio = |bill: &&Bill| bill.series.contestant.name() == "tokio";
    let is_coroutine = |bill: &&Bill| bill.series.model() == Model::Coroutines;
    let thread = timers().find(|bill| bill.series.contestant.is_reference());
    let coroutine = timers().filter(is_coroutine).find(is_tokio);
    let coroutine = coroutine.or_else(|| timers().find(is_coroutine));
    let told = thread.into_iter().chain(coroutine);
    told.map(|bill| {
        let (whole, parts) = parts::in_words(bill);
        let name = names::contestant(&bill.series.contestant);
        say(
            "**{name}**: a task that waits for a timer takes {whole}, made up of {parts}.",
            &[("name", &name), ("whole", &whole), ("parts", &parts)],
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use record::synthetic::{Bill as Costs, Synthetic};
    use record::{Record, Weight};

    use super::super::example::{answer, lines, page, poor_records};
    use super::*;
    use crate::chart::Plot;

    /// A record in which every part was read; `change` is done to what each cell weighed.
    fn split(change: impl Fn(&mut Weight)) -> Record {
        let mut made = Synthetic::new();
        let thread = Costs { threads: 1, ..Costs::of(10_000).with_kernel(27_000) };
        made.line("threads/per-task", &[1, 100, 10_000], thread)
            .line("coroutines/tokio", &[1, 100, 10_000], Costs::of(448).with_kernel(0))
            .counting("threads/per-task", &[100, 1_000], 220)
            .counting("coroutines/tokio", &[100, 1_000], 256);
        let mut record = made.record();
        for cell in &mut record.cells {
            cell.memory.second_waiting = cell.memory.waiting;
            cell.memory.second_drained = cell.memory.drained;
            let Some(weight) = &mut cell.memory.waiting else { continue };
            let Some(threads) = weight.threads else { continue };
            weight.stack_bytes = Some((threads - 1) * 9_000);
            weight.kernel_stack_bytes = Some(threads * 16_384);
            let known = weight.kernel_stack_bytes.unwrap() + weight.page_table_bytes.unwrap();
            weight.slab_bytes = weight.kernel_bytes.map(|all| all.saturating_sub(known));
            change(weight);
        }
        record
    }

    #[test]
    fn the_answer_names_the_parts_and_what_is_kept() {
        insta::assert_snapshot!(answer(PAGE, &split(|_| {})), @"
        thread each: a task that waits for a timer takes 37 kB, made up of 16.4 kB of its stack in the kernel, 10.6 kB of kernel objects, 9 kB of its own stack and 780 B added by the allocator.
        tokio: a task that waits for a timer takes 448 B, made up of 256 B asked of the allocator and 192 B added by the allocator.
        When the tasks are over and the same tasks run once more, no process grows. No threads and no descriptors are left.
        ");
        let answers: Vec<String> =
            poor_records().iter().map(|record| answer(PAGE, record)).collect();
        assert!(answers.iter().all(|answer| answer.starts_with("This record does not say")));
    }

    #[test]
    fn the_tables_have_the_parts_and_say_whether_they_add_up() {
        let text = lines(PAGE, &split(|_| {})).join("\n");
        assert!(text.contains("thread each | 1 kB | 9 kB | 19.5 B | 16.4 kB | 10.6 kB"), "{text}");
        assert!(text.contains("\ntokio | 448 B | — |"), "{text}");
        assert!(text.contains("in 2 of 2 bills."), "{text}");
        let missing = split(|weight| weight.slab_bytes = Some(0));
        let text = lines(PAGE, &missing).join("\n");
        assert!(text.contains("in 1 of 2 bills. The others: no: some is missing (thread each)."));
    }

    #[test]
    fn threads_and_tasks_have_pictures_of_their_own() {
        let document = page(PAGE, &split(|_| {}));
        let charts: Vec<(&str, &Plot)> = document
            .blocks
            .iter()
            .filter_map(|block| match block {
                Block::Chart(chart) => Some((chart.id, &chart.plot)),
                _ => None,
            })
            .collect();
        assert_eq!(
            charts.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
            ["bill-threads", "bill-tasks"]
        );
        let Plot::Stacks { parts, bars, .. } = charts[1].1 else { panic!("{charts:?}") };
        assert_eq!((parts.join(", "), bars.len()), ("heap, allocator".into(), 1));
        assert!((bars[0].parts.iter().sum::<f64>() - 448.0).abs() < 1.0);
    }

    #[test]
    fn what_is_left_is_said() {
        let mut record = split(|_| {});
        let of_tokio = |record: &mut Record, change: fn(&mut record::Memory)| {
            let cells = record.cells.iter_mut().filter(|cell| cell.contestant.ends_with("tokio"));
            cells.for_each(|cell| change(&mut cell.memory));
        };
        of_tokio(&mut record, |memory| {
            for weight in [&mut memory.drained, &mut memory.second_drained].into_iter().flatten() {
                weight.threads = Some(4);
            }
        });
        let text = answer(PAGE, &record);
        assert!(text.contains("stays: tokio (3 threads and 0 descriptors)"), "{text}");
        of_tokio(&mut record, |memory| {
            memory.second_drained.iter_mut().for_each(|weight| weight.descriptors = Some(9));
        });
        let text = answer(PAGE, &record);
        assert!(text.contains("leaves threads or descriptors in tokio"), "{text}");
        of_tokio(&mut record, |memory| {
            let second = [&mut memory.second_waiting, &mut memory.second_drained];
            for weight in second.into_iter().flatten() {
                weight.anonymous_bytes = weight.anonymous_bytes.map(|bytes| bytes + (9 << 20));
            }
        });
        assert!(answer(PAGE, &record).contains("these processes grow: tokio"));
        assert!(lines(PAGE, &record).iter().any(|line| line.ends_with("| grows")));
    }
}
