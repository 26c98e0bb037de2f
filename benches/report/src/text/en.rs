//! The front page in English.

use analysis::claims::Verdict;

use super::front::FrontWords;
use super::{limits, names, quantities};
use crate::format;

/// The front page in English.
pub static ENGLISH: FrontWords = FrontWords {
    intro: "What one waiting task costs in Rust, as an OS thread, a callback or an async task: bytes, \
            CPU, lateness. Every model runs the same task, proves that it did it, and is weighed from \
            outside, **kernel memory included**.",
    contestant: names::contestant,
    in_a_sentence: names::in_a_sentence,
    part: quantities::part,
    limit: names::limit,
    per_task: limits::per_task,
    list: |all, _| format::list(all),
    to: " to ",
    answer: |verdict, from| match (verdict, from) {
        (Verdict::Refuted, _) => {
            "**“Coroutines are lighter than threads”: no, not in this record.**"
        }
        (Verdict::NotMeasured(_), _) => {
            "**“Coroutines are lighter than threads”: this record does not say.**"
        }
        (_, Some((1, 1))) => {
            "**“Coroutines are lighter than threads”: yes, at every number of waiting tasks. By how much \
             depends on what else each task holds.**"
        }
        (_, Some((least, most))) if least == most => {
            "**“Coroutines are lighter than threads”: yes, from {most} waiting tasks on. By how much \
             depends on what else each task holds.**"
        }
        (_, Some(_)) => {
            "**“Coroutines are lighter than threads”: yes, from {least} to {most} waiting tasks on, \
             depending on the runtime. By how much depends on what else each task holds.**"
        }
        (_, None) => "**“Coroutines are lighter than threads”: yes, with exceptions.**",
    },
    figures: [
        "A {task} task that waits for a timer takes {ours}, a {thread} {theirs}: **{times} times as much**.",
        "With an open HTTP connection each, the thread takes **{times} times** as much.",
        "With 8 KiB of state each, **{times} times**.",
        "A wait in a thread costs **{times} times** the CPU.",
        "A request in a thread costs **{times} times** the CPU.",
    ],
    as_good: "**A thread is as good or better** {said}.",
    one_task: "for one task",
    few_tasks: "for up to {tasks} tasks",
    at_once: "for requests to a server that answers at once ({theirs} of CPU each in a {thread}, {ours} on \
              {task})",
    of_workers: " of {workers} threads",
    punctual: "against {task} for up to {tasks} timers that are due one by one (a thread wakes {theirs} late, \
               {task} {ours})",
    takes: (
        "What one more waiting task takes",
        ["", "timer", "+ 8 KiB state", "open request", "CPU per wait", "CPU per request"],
    ),
    no_figure: "not measured in this record",
    one_at_a_time: "A subroutine waits one at a time, so it is not in this table.",
    discontinued: "async-std is discontinued: [is it worth leaving?](docs:choosing.md#the-service-runs-on-async-std-is-it-worth-leaving)",
    how_known: "([how this is known](page:trust)).",
    no_second_run: "There is no second run to compare with",
    nothing_in_common: "A second run has no figure in common with this one",
    repeated: "The whole run was made twice. Of each kind of figure, 95 % moved by no more than this: {said}.",
    within: "{what} {within}",
    missed_bars: "Bars that were missed: {missed}",
    missed_bar: "{what} within {allowed} ({beyond} of {figures} figures moved more)",
    missed_order: [
        "the same order of contestants by bytes (one pair changes it)",
        "the same order of contestants by bytes ({swaps} pairs change it)",
    ],
    rates: "How many a second",
    rates_read: "Each is the mean of fresh processes, one in each round, and holds for this machine \
                 ([all rates](page:rates)).",
    pool_workers: "A pool has {workers} workers here, and a worker for each task in the table above.",
    rate: [
        "timers of {wait}, {tasks} at once",
        "requests answered without delay, {tasks} at once",
        "requests answered after {wait}, {tasks} at once",
    ],
    breaks: ("What breaks first", ["", "reached here", "what stops it"]),
    reached: ["{name}, timers", "{name}, open requests"],
    then: "; then {next}",
    no_wall: "nothing up to here",
    next: "; next is {next}",
    elsewhere: "What one more waiting task takes in programs from elsewhere",
    language: [
        "**{language}**: a waiting task of {coroutine} takes {light}, one of {thread} {heavy}.",
        "**{language}**: a waiting task of {coroutine} takes {light}, one of {thread} {heavy}: the thread takes \
         **{times} times as much**.",
    ],
    beside: "{id} takes {times} times as much for each waiting task as {other} in Rust.",
    onwards: "**Your case:** `cargo run --release -p compare -- plan --tasks 20k --wait 200ms --state 2KiB` · \
              [choosing](docs:choosing.md) · [questions and answers](page:README) · \
              [claims](page:claims) · [all figures](page:all) · [can they be trusted?](page:trust)",
};
