//! `memory.md`: what a waiting task weighs, who holds it, and how many of them fit.
//!
//! | file | what it makes |
//! | --- | --- |
//! | `per_task` | bytes per waiting task or request, by who holds them |
//! | `reach` | the largest N that each contestant has reached, and its wall |
//! | `missing` | every cell that has no figure, with its reason |
//! | `small` | the whole process at small N |
//! | `scaffolding` | what our scaffolding costs, against the same task written straight on its runtime |
//! | `known` | of which series something can be said, and why not of the others |

mod known;
mod missing;
mod per_task;
mod reach;
mod scaffolding;
mod small;

use super::table::Table;
use super::{cpu, format, page_head, state};
use crate::fit::Shape;
use record::Record;

pub(super) use known::{bill_notes, is_one_at_a_time, weighed_series};
pub(crate) use known::{deciding_figure, full_bill_note, small_pool_note};
pub(super) use per_task::{
    CELLS, KERNEL, PAGE_TABLES, SOCKETS, bill_table, ratio_text, slope_text,
};
pub(super) use reach::reach_text;
pub(super) use scaffolding::bar_word;

/// The whole page.
pub(super) fn page(record: &Record) -> String {
    let mut text = page_head(
        record,
        "What a waiting task weighs",
        &[
            "A figure is what one more waiting task adds: the slope over the number of tasks N,"
                .into(),
            "with ± the wider side of its interval. RSS is what the process holds itself; the full"
                .into(),
            "bill is everything its control group is charged for, kernel stacks, slab and page"
                .into(),
            "tables included. Heap is what was asked of the allocator, read in a build of its own."
                .into(),
            "The ratios say how many times the other's weight a task has: below 1 it is lighter. N and"
                .into(),
            "cells are those of RSS; a pool has its threads when idle, so nothing idle is taken off.".into(),
        ],
    );
    section(&mut text, "Bytes per waiting task", &bill_table(record, Shape::is_timer));
    for note in bill_notes(record) {
        text.push_str(&format!("\n{note}\n"));
    }
    text.extend(per_task::told(record, Shape::is_timer));
    section(&mut text, "Bytes per waiting request", &bill_table(record, Shape::is_http));
    text.push_str(
        "\nEach request waits on an open connection of its own. The full bill holds the socket as\n\
         the client's side of the kernel keeps it; socket buffers are the part of it that holds\n\
         bytes under way, of which there are none while all wait. The server is another process,\n\
         and what its side of a connection weighs is not in here.\n",
    );
    text.extend(per_task::told(record, Shape::is_http));
    text.extend(state::sections(record));
    section(&mut text, "Walls and reach", &reach::table(record));
    text.push_str("\nEvery cell that has no figure, with its reason:\n\n");
    text.push_str(&missing::table(record).markdown());
    section(&mut text, "Small numbers", &small::table(record));
    text.push_str(&format!(
        "\nBytes of the whole process, {}, median of the repeats, at each N up to {}. One at a\n\
         time means that the other tasks were queued.\n",
        if known::has_full_bill(record) { "full bill" } else { "RSS" },
        format::count(small::SMALL_TASKS)
    ));
    section(&mut text, "What our scaffolding costs", &scaffolding::table(record));
    text.push_str(&format!(
        "\nThe same task through our contract and ledger, and written straight on the runtime, as\n\
         (reading at the larger N − reading at the smaller) ÷ tasks between. The bar is met where\n\
         the whole interval is at most {}× the bytes (RSS) and {}× the CPU.\n",
        format::number(scaffolding::BYTES_BAR, 2),
        format::number(scaffolding::CPU_BAR, 2)
    ));
    text.push_str(&cpu::sections(record));
    text
}

/// A heading and its table.
pub(super) fn section(text: &mut String, title: &str, table: &Table) {
    text.push_str(&format!("\n## {title}\n\n{}", table.markdown()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::{Bill, Synthetic, small_run};

    #[test]
    fn without_a_control_group_the_reason_stands_below() {
        let mut made = Synthetic::new();
        made.without_cgroup("the hierarchy is read-only");
        made.line("coroutines/bare", &[1, 100], Bill::of(100));
        let text = page(&made.record());
        assert!(text.contains("RSS ÷ leanest") && text.contains("the hierarchy is read-only"));
    }

    #[test]
    fn the_page_of_a_small_run() {
        insta::assert_snapshot!(page(&small_run()), @r#"
        <!-- Generated from record.jsonl by `compare tables`; do not edit. -->

        # What a waiting task weighs

        A figure is what one more waiting task adds: the slope over the number of tasks N,
        with ± the wider side of its interval. RSS is what the process holds itself; the full
        bill is everything its control group is charged for, kernel stacks, slab and page
        tables included. Heap is what was asked of the allocator, read in a build of its own.
        The ratios say how many times the other's weight a task has: below 1 it is lighter. N and
        cells are those of RSS; a pool has its threads when idle, so nothing idle is taken off.
        Made by `cargo bench -p compare`. Intervals hold 95 % of 2,000 bootstrap resamples.

        Machine: Example CPU, 2 cores, 24.0 GiB, Linux 6.1.0; run of 2026-01-02T03:04:05Z.

        ## Bytes per waiting task

        | Contestant            |            RSS (B) | RSS + page tables (B) |      Full bill (B) |   of it kernel (B) |        Heap (B) |  full bill ÷ leanest | full bill ÷ threads/per-task |              N | Cells |
        | --------------------- | -----------------: | --------------------: | -----------------: | -----------------: | --------------: | -------------------: | ---------------------------: | -------------: | ----: |
        | subroutine/sequential |                  — |                     — |                  — |                  — |               — |                    — |                            — |  one at a time |     — |
        | threads/per-task      | 10,000 ± 1 (0.0 %) |    10,020 ± 1 (0.0 %) | 37,000 ± 1 (0.0 %) | 27,000 ± 0 (0.0 %) |               — |       109× (109–109) |            1.00× (1.00–1.00) |       1–10,000 |    12 |
        | coroutines/smol       |    300 ± 0 (0.0 %) |       301 ± 0 (0.0 %) |    340 ± 0 (0.0 %) | 40.0 ± 0.0 (0.0 %) | 250 ± 0 (0.0 %) |    1.00× (1.00–1.00) |   0.00919× (0.00919–0.00919) |      1–100,000 |    12 |
        | baseline/smol         |    290 ± 0 (0.0 %) |       291 ± 0 (0.0 %) |    330 ± 0 (0.0 %) | 40.0 ± 0.0 (0.0 %) |               — | 0.971× (0.970–0.971) |   0.00892× (0.00892–0.00892) | 10,000–100,000 |     6 |

        subroutine/sequential takes one task at a time: the others are queued, not waiting, so there is no weight per waiting task.

        Told from noise: a difference in the full bill between two contestants of under 0.1 % (median over pairs; under 0.1 % for the worst of them, threads/per-task and coroutines/smol; pairs compared: 1).

        ## Bytes per waiting request

        There is nothing of this in the record.

        Each request waits on an open connection of its own. The full bill holds the socket as
        the client's side of the kernel keeps it; socket buffers are the part of it that holds
        bytes under way, of which there are none while all wait. The server is another process,
        and what its side of a connection weighs is not in here.

        ## Walls and reach

        | Contestant            | Largest N with proof | Wall at N | Limit           | Its value | In use then |
        | --------------------- | -------------------: | --------: | --------------- | --------: | ----------: |
        | subroutine/sequential |      4 (1 at a time) |         — | —               |         — |           — |
        | threads/per-task      |               10,000 |    40,000 | `max_map_count` |    65,530 |      65,512 |
        | coroutines/smol       |              100,000 |         — | —               |         — |           — |
        | baseline/smol         |              100,000 |         — | —               |         — |           — |

        Every cell that has no figure, with its reason:

        | Contestant       |         N | Build | Cells | Status | Reason                                    |
        | ---------------- | --------: | ----- | ----: | ------ | ----------------------------------------- |
        | threads/per-task |    40,000 | timed |     1 | wall   | thread 16,371 of 40,000 could not be made |
        | coroutines/smol  | 1,000,000 | timed |     1 | failed | killed by signal 9 \| out of memory       |

        ## Small numbers

        | Contestant                            |      idle |     N = 1 |     N = 4 |   N = 100 |  N = 1,000 |  N = 10,000 |
        | ------------------------------------- | --------: | --------: | --------: | --------: | ---------: | ----------: |
        | subroutine/sequential (one at a time) | 2,100,000 | 2,100,000 | 2,100,000 |         — |          — |           — |
        | threads/per-task                      | 2,109,000 | 2,146,000 |         — | 5,809,000 | 39,109,000 | 372,109,000 |
        | coroutines/smol                       | 2,103,000 | 2,103,340 |         — | 2,137,000 |          — |   5,503,000 |
        | baseline/smol                         | 2,103,000 |         — |         — |         — |          — |   5,403,000 |

        Bytes of the whole process, full bill, median of the repeats, at each N up to 10,000. One at a
        time means that the other tasks were queued.

        ## What our scaffolding costs

        | Contestant      | Baseline      |              N |  Bytes ÷ baseline | Bar |    CPU ÷ baseline | Bar |
        | --------------- | ------------- | -------------: | ----------------: | --- | ----------------: | --- |
        | coroutines/smol | baseline/smol | 10,000–100,000 | 1.03× (1.03–1.03) | met | 1.00× (1.00–1.00) | met |

        The same task through our contract and ledger, and written straight on the runtime, as
        (reading at the larger N − reading at the smaller) ÷ tasks between. The bar is met where
        the whole interval is at most 1.05× the bytes (RSS) and 1.15× the CPU.

        ## Start and finish

        | Contestant       |         Start (ns) |     Start CPU (ns) | Finish (ns) |    Finish CPU (ns) |
        | ---------------- | -----------------: | -----------------: | ----------: | -----------------: |
        | threads/per-task | 10,000 ± 1 (0.0 %) | 10,000 ± 1 (0.0 %) |   0.0 ± 1.2 | 10,000 ± 0 (0.0 %) |
        | coroutines/smol  |    300 ± 0 (0.0 %) |    300 ± 0 (0.0 %) |   0.0 ± 0.0 |    300 ± 0 (0.0 %) |
        | baseline/smol    |    300 ± 0 (0.0 %) |    300 ± 0 (0.0 %) |   0.0 ± 0.0 |    300 ± 0 (0.0 %) |

        Slopes per task. Start is the time from the first task's start until all were in flight;
        for requests, until the server had all of them. Finish is what is left of the whole time
        without the start and the wait: near zero where tasks end as fast as they were started,
        and below it where they end faster. Start CPU is what was used until all were in flight,
        finish CPU what was used from then on. Machine: Example CPU, 2 cores, 24.0 GiB, Linux 6.1.0; run of 2026-01-02T03:04:05Z.

        Told from noise: a difference in start cost between two contestants of under 0.1 % (median over pairs; under 0.1 % for the worst of them, threads/per-task and coroutines/smol; pairs compared: 1).

        ## CPU and switches

        | Contestant       |        User CPU (µs) | System CPU (µs) |         All CPU (µs) | Voluntary switches | Involuntary switches |             Threads |            Mappings |
        | ---------------- | -------------------: | --------------: | -------------------: | -----------------: | -------------------: | ------------------: | ------------------: |
        | threads/per-task | 20.00 ± 0.00 (0.0 %) |     0.00 ± 0.00 | 20.00 ± 0.00 (0.0 %) |        0.00 ± 0.00 |          0.00 ± 0.00 | 1.00 ± 0.00 (0.0 %) | 4.00 ± 0.00 (0.0 %) |
        | coroutines/smol  |  0.60 ± 0.00 (0.0 %) |     0.00 ± 0.00 |  0.60 ± 0.00 (0.0 %) |        0.00 ± 0.00 |          0.00 ± 0.00 |         0.00 ± 0.00 |         0.00 ± 0.00 |
        | baseline/smol    |  0.60 ± 0.00 (0.0 %) |     0.00 ± 0.00 |  0.60 ± 0.00 (0.0 %) |        0.00 ± 0.00 |          0.00 ± 0.00 |         0.00 ± 0.00 |         0.00 ± 0.00 |

        Slopes per task, from the first task's start until all were over. A switch is voluntary
        where a thread had to wait, and involuntary where another got its core. Machine: Example CPU, 2 cores, 24.0 GiB, Linux 6.1.0; run of 2026-01-02T03:04:05Z.

        Told from noise: a difference in CPU between two contestants of under 0.1 % (median over pairs; under 0.1 % for the worst of them, threads/per-task and coroutines/smol; pairs compared: 1).
        "#);
    }
}
