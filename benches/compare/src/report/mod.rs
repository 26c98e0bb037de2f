//! What a record says, as text. Every function here is pure: the same record, the same text.
//!
//! | file | what it makes |
//! | --- | --- |
//! | `memory` | `memory.md`: what a waiting task weighs, and how many of them fit |
//! | `cpu` | the part of that page on time and CPU |
//! | `state` | the part of that page on live state |
//! | `trust` | `trust.md`: whether the instrument measures right, by contestants whose weight is known |
//! | `detectable` | the smallest difference that a table could have shown |
//! | `bill` | `bill.md`: who holds what of that weight, and whether the parts add up |
//! | `lifecycle` | the part of that page on what is kept when the tasks are over |
//! | `lateness` | `lateness.md`: how late tasks wake, and what becomes of those that come at a rate |
//! | `throughput` | `throughput.md`: how many tasks a second |
//! | `requests` | the part of that page on requests |
//! | `bandwidth` | the part of that page on transfers |
//! | `repeat` | `repeat.md`: how far the figures moved since the run before |
//! | `machine` | `machine.md`: what the run was made on |
//! | `summary` | the block of the README |
//! | `terminal` | the main tables for a terminal |
//! | `splice` | puts the block into the README |
//! | `table` | a table's content, shown in Markdown and on a terminal |
//! | `format` | how numbers are written |
//!
//! The page `claims.md` is made by [`crate::claims`].

mod bandwidth;
mod bill;
mod cpu;
mod detectable;
pub(crate) mod format;
mod lateness;
mod lifecycle;
mod machine;
mod memory;
mod repeat;
mod requests;
mod splice;
mod state;
mod summary;
pub(crate) mod table;
mod terminal;
mod throughput;
mod trust;

use crate::claims;
use crate::fit::{RESAMPLES, Series, Shape};
use record::{Extent, Record};

pub(crate) use bandwidth::{Transfer, transfers};
pub(crate) use memory::{deciding_figure, full_bill_note, small_pool_note};
pub use splice::{BEGIN, END, SpliceError, splice};
pub use summary::summary;
pub use terminal::{terminal, terminal_width};
pub(crate) use throughput::{cpus, label as throughput_label, rates};

/// What every other contestant is set against.
pub(crate) const REFERENCE: &str = "threads/per-task";

/// The model of the tasks written straight on a runtime. They show what our scaffolding costs and
/// do not take part in the comparison.
pub(crate) const BASELINE: &str = "baseline";

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its name within the folder of results.
    pub file: &'static str,
    /// All of its text.
    pub text: String,
}

/// Every page that is derived from a record.
pub fn pages(record: &Record) -> Vec<Page> {
    vec![
        Page { file: "memory.md", text: memory::page(record) },
        Page { file: "bill.md", text: bill::page(record) },
        Page { file: "lateness.md", text: lateness::page(record) },
        Page { file: "throughput.md", text: throughput::page(record) },
        Page { file: "trust.md", text: trust::page(record) },
        Page { file: "machine.md", text: machine::page(record) },
        Page { file: "claims.md", text: claims::render_markdown(record) },
    ]
}

/// The page that holds the run before against this one.
pub fn repeat_page(record: &Record, previous: Option<&Record>) -> Page {
    Page { file: "repeat.md", text: repeat::page(record, previous) }
}

/// The top of a page: that it is generated, its title, how to read it, and on what it was measured.
pub(crate) fn page_head(record: &Record, title: &str, how_to_read: &[String]) -> String {
    let mut text = format!(
        "<!-- Generated from record.jsonl by `compare tables`; do not edit. -->\n\n# {title}\n\n"
    );
    for sentence in how_to_read {
        text.push_str(sentence);
        text.push('\n');
    }
    text.push_str(&format!(
        "Made by `{}`. Intervals hold 95 % of {} bootstrap resamples.\n\n{}\n",
        record.run.extent.command(),
        format::count(RESAMPLES as u64),
        machine_line(record)
    ));
    for caution in cautions(record) {
        text.push_str(&format!("\n**{caution}**\n"));
    }
    text
}

/// The machine and the run in one line.
pub(crate) fn machine_line(record: &Record) -> String {
    let host = &record.run.host;
    let unknown = |what: &str| format!("unknown {what}");
    let memory = host.memory_bytes.map_or_else(
        || unknown("memory"),
        |bytes| format!("{} GiB", format::number(bytes as f64 / (1_u64 << 30) as f64, 1)),
    );
    format!(
        "Machine: {}, {} cores, {memory}, {}; run of {}.",
        host.cpu.clone().unwrap_or_else(|| unknown("processor")),
        host.cores,
        host.kernel.clone().unwrap_or_else(|| unknown("kernel")),
        record.run.started,
    )
}

/// What to know before believing a record.
pub(crate) fn cautions(record: &Record) -> Vec<String> {
    let mut cautions = Vec::new();
    match record.run.extent {
        Extent::Full | Extent::Thorough => {}
        Extent::Quick => {
            cautions.push("This is a quick run in small sizes: a taste, not a result.".to_owned());
        }
        Extent::Partial => {
            cautions
                .push("This is a partial run: only what was asked for was measured.".to_owned());
        }
    }
    if record.truncated {
        cautions.push(
            "The run was killed before its end: its last line was cut off and is left out."
                .to_owned(),
        );
    }
    cautions.extend(trust::misses(record));
    let of_contestants = record
        .run
        .cautions
        .iter()
        .filter(|(id, _)| record.cells.iter().any(|cell| cell.contestant == **id))
        .map(|(id, caution)| format!("{id}: {caution}."));
    cautions.extend(of_contestants);
    cautions
}

/// The reference contestant doing the same as this series.
pub(crate) fn reference_for(shape: &Shape) -> Series {
    Series { contestant: REFERENCE.to_owned(), shape: shape.clone() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use record::synthetic::{Bill, Synthetic, asking_run, small_run};
    use record::{Record, Status};

    fn odd_records() -> Vec<Record> {
        let empty = Synthetic::new().record();
        let mut failures = Synthetic::new();
        failures
            .without("threads/per-task", 10, Status::Failed, "no proof")
            .without("coroutines/bare", 10, Status::Skipped, "out of time")
            .without("coroutines/bare", 20, Status::Wall, "refused");
        let mut killed = small_run();
        killed.truncated = true;
        killed.cells.truncate(5);
        killed.throughput.clear();
        let mut bare = small_run();
        bare.run.host = record::Host::default();
        for cell in &mut bare.cells {
            cell.memory = record::Memory::default();
            cell.time = None;
            cell.lateness_ns = None;
        }
        for timed in &mut bare.throughput {
            timed.floor_ns = 0;
            timed.samples.clear();
        }
        let mut idle = Synthetic::new();
        idle.line(
            "threads/per-task",
            &[0, 0, 1],
            Bill { rss: 0, start_ns: 0, cpu_ns: 0, ..Bill::of(0) },
        );
        idle.timed("threads/per-task", 0, &[0, 0]);
        let mut nobody_asked = asking_run();
        for cell in &mut nobody_asked.cells {
            cell.server = None;
            cell.workload.http = None;
        }
        vec![empty, failures.record(), killed, bare, idle.record(), asking_run(), nobody_asked]
    }

    #[test]
    fn every_record_has_pages_a_summary_and_tables() {
        for record in odd_records().iter().chain([&small_run()]) {
            let files: Vec<&str> = pages(record).iter().map(|page| page.file).collect();
            assert_eq!(
                files,
                [
                    "memory.md",
                    "bill.md",
                    "lateness.md",
                    "throughput.md",
                    "trust.md",
                    "machine.md",
                    "claims.md"
                ]
            );
            for page in pages(record) {
                assert!(page.text.starts_with("<!-- Generated"));
                assert!(
                    page.text.contains("`cargo bench -p compare") && page.text.contains("Machine:")
                );
                assert!(!page.text.contains("NaN") && !page.text.contains("inf"), "{}", page.text);
            }
            assert!(!summary(record).is_empty());
            assert!(!terminal(record, Some(80)).is_empty());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_record_with_holes_still_makes_pages(
            kept in 0_usize..60,
            holes in proptest::collection::vec(0_u8..8, 60),
            reading in prop_oneof![Just(0), Just(u64::MAX), any::<u64>()],
        ) {
            let mut record = small_run();
            record.truncated = true;
            record.cells.truncate(kept);
            for (cell, hole) in record.cells.iter_mut().zip(holes) {
                match hole {
                    0 => cell.proof = None,
                    1 => cell.memory.waiting = None,
                    2 => cell.time = None,
                    3 => cell.status = Status::Wall,
                    4 => cell.memory.waiting.iter_mut().for_each(|weight| {
                        weight.rss_bytes = Some(reading);
                        weight.total_bytes = None;
                    }),
                    _ => {}
                }
            }
            for page in pages(&record) {
                prop_assert!(!page.text.contains("NaN"));
            }
            prop_assert!(!summary(&record).is_empty());
        }
    }

    #[test]
    fn the_same_record_makes_the_same_pages() {
        assert_eq!(pages(&small_run()), pages(&small_run()));
    }

    #[test]
    fn a_killed_run_says_so_on_every_page() {
        let mut record = small_run();
        record.truncated = true;
        for page in pages(&record) {
            assert!(page.text.contains("killed before its end"), "{}", page.file);
        }
        assert!(summary(&record).contains("killed before its end"));
        assert!(terminal(&record, None).contains("killed before its end"));
    }

    #[test]
    fn cells_without_a_figure_are_shown_with_their_reason() {
        let text = memory::page(&small_run());
        assert!(text.contains("killed by signal 9 \\| out of memory"));
        assert!(text.contains("thread 16,371 of 40,000 could not be made"));
        assert!(text.contains("max_map_count"));
    }
}
