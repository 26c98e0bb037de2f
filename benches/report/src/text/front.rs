//! What the front page says, in every language: the compiler asks each language for each sentence.

use analysis::bar::Outcome;
use analysis::claims::lighter::{AtOnce, Compared};
use analysis::claims::{Finding, Judgement, Summary, Verdict, Work};
use analysis::contestant::Id;
use analysis::elsewhere::{Language, Weighed};
use analysis::repeat::{Moved, Repeat};
use analysis::sides::Part;
use analysis::walls::Reach;

use super::inline::{Text, fill, say};
use super::limits;
use crate::format;

/// The words of the front page in one language. A sentence is a template of [`say`]; its doc names what is
/// filled in, where that is not plain.
#[derive(Clone, Copy, Debug)]
pub struct FrontWords {
    /// What this is, in two sentences.
    pub intro: &'static str,
    /// What a contestant is called.
    pub contestant: fn(&Id) -> String,
    /// The same within a sentence.
    pub in_a_sentence: fn(&Id) -> String,
    /// What the figures of a part are.
    pub part: fn(Part) -> &'static str,
    /// What a limit is called.
    pub limit: fn(&str) -> &str,
    /// How much of a limit one task uses.
    pub per_task: fn(&str, f64) -> String,
    /// Several things in a sentence; with this between them, where the language has no word for it.
    pub list: fn(&[String], &str) -> String,
    /// What stands between the ends of a range.
    pub to: &'static str,
    /// The answer to the claim; from `least` to `most` tasks on it is so, where that is known.
    pub answer: fn(Verdict, Option<(u64, u64)>) -> &'static str,
    /// How many times as much a thread takes: with a timer, with a request, with state, of the CPU of a wait
    /// and of a request.
    pub figures: [&'static str; 5],
    /// That a thread is as good or better in what is `said`.
    pub as_good: &'static str,
    /// For one task.
    pub one_task: &'static str,
    /// For up to so many tasks.
    pub few_tasks: &'static str,
    /// For requests that are answered at once: the CPU of `theirs` and `ours`.
    pub at_once: &'static str,
    /// That a pool has so many workers, behind its name.
    pub of_workers: &'static str,
    /// For timers that are due one by one: how late `theirs` and `ours` wake.
    pub punctual: &'static str,
    /// The heading of the table of what one more task takes, and its columns.
    pub takes: (&'static str, [&'static str; 6]),
    /// Why a cell has no figure.
    pub no_figure: &'static str,
    /// That a subroutine waits one at a time.
    pub one_at_a_time: &'static str,
    /// That a contestant is discontinued, where one that is shown is.
    pub discontinued: &'static str,
    /// Where it says how this is known.
    pub how_known: &'static str,
    /// That there is no second run.
    pub no_second_run: &'static str,
    /// That a second run has no figure in common with this one.
    pub nothing_in_common: &'static str,
    /// How well a second run gave the same figures.
    pub repeated: &'static str,
    /// Within which part of each other the figures of a part lie.
    pub within: &'static str,
    /// The bars that were missed.
    pub missed_bars: &'static str,
    /// The bar of a part: `beyond` of its `figures` moved by more than was `allowed`.
    pub missed_bar: &'static str,
    /// The bar on the order of contestants: where one pair changes it, and where several do.
    pub missed_order: [&'static str; 2],
    /// The heading of the rates.
    pub rates: &'static str,
    /// How rates were read.
    pub rates_read: &'static str,
    /// How many workers a pool has.
    pub pool_workers: &'static str,
    /// The columns of rates: timers, requests answered without delay, requests answered after a while.
    pub rate: [&'static str; 3],
    /// The heading of what breaks first, and the columns of its table.
    pub breaks: (&'static str, [&'static str; 3]),
    /// What is reached: a contestant's timers, and its open requests.
    pub reached: [&'static str; 2],
    /// The limit after the one that stopped a contestant.
    pub then: &'static str,
    /// That nothing stopped it.
    pub no_wall: &'static str,
    /// The limit that would.
    pub next: &'static str,
    /// The heading of the table of contestants from elsewhere.
    pub elsewhere: &'static str,
    /// What a task takes in a language: without and with how many times as much a thread takes.
    pub language: [&'static str; 2],
    /// How many times as much a contestant takes as another in Rust.
    pub beside: &'static str,
    /// Where to go from here.
    pub onwards: &'static str,
}

impl FrontWords {
    /// The verdict on coroutines and threads, with its figures and where it fails.
    pub(crate) fn verdict(&self, judgement: &Judgement, facts: Option<&Facts<'_>>) -> Vec<Text> {
        let from = facts.and_then(|facts| facts.from);
        let [least, most] = <[u64; 2]>::from(from.unwrap_or_default()).map(format::count);
        let template = (self.answer)(judgement.verdict, from);
        let answer = say(template, &[("least", &least), ("most", &most)]);
        let of =
            |facts: &Facts<'_>| [self.figures(facts), self.exceptions(facts)].into_iter().flatten();
        std::iter::once(answer).chain(facts.into_iter().flat_map(of)).collect()
    }

    /// The verdict's figures, as far as the record has them.
    pub(crate) fn figures(&self, facts: &Facts<'_>) -> Option<Text> {
        let summary = facts.summary;
        let times = |of: Option<&Compared>| Some(format::times_or_range(&of?.times?, self.to));
        let timer = summary.timer.as_ref()?;
        let thread = (self.contestant)(&summary.thread);
        let [of_timer, others @ ..] = self.figures;
        let first = say(
            of_timer,
            &[
                ("task", &(self.contestant)(&summary.coroutine)),
                ("thread", thread.strip_suffix(" each").unwrap_or(&thread)),
                ("ours", &format::bytes(timer.coroutine?.value)),
                ("theirs", &format::bytes(timer.thread?.value)),
                ("times", &times(Some(timer))?),
            ],
        );
        let all = [&summary.request, &summary.state, &summary.cpu_wait, &summary.cpu_request];
        let said = others.into_iter().zip(all).filter_map(|(sentence, compared)| {
            Some(say(sentence, &[("times", &times(compared.as_ref())?)]))
        });
        Some(said.fold(first, Text::and))
    }

    /// Where a thread is as good or better.
    pub(crate) fn exceptions(&self, facts: &Facts<'_>) -> Option<Text> {
        let task = (self.contestant)(&facts.summary.coroutine);
        let few = facts.fewest().map(|fewest| match fewest {
            1 => self.one_task.to_owned(),
            _ => fill(self.few_tasks, &[("tasks", &format::count(fewest))]),
        });
        let at_once = facts.at_once_is_no_better().map(|(at_once, ours, theirs)| {
            let of =
                at_once.workers.map(|of| fill(self.of_workers, &[("workers", &of.to_string())]));
            let pool = (self.contestant)(&at_once.thread) + &of.unwrap_or_default();
            let [ours, theirs] = [ours, theirs].map(format::duration);
            fill(
                self.at_once,
                &[("thread", &pool), ("theirs", &theirs), ("task", &task), ("ours", &ours)],
            )
        });
        let late = facts.summary.punctual.as_ref();
        let punctual = late.filter(|late| late.finding == Finding::Heavier).map(|late| {
            let [ours, theirs] =
                [&late.coroutine, &late.thread].map(|of| format::duration(of[0].median));
            let tasks = format::count(late.tasks);
            fill(
                self.punctual,
                &[("tasks", &tasks), ("theirs", &theirs), ("task", &task), ("ours", &ours)],
            )
        });
        let said: Vec<String> = [few, at_once, punctual].into_iter().flatten().collect();
        (!said.is_empty()).then(|| say(self.as_good, &[("said", &(self.list)(&said, "; "))]))
    }

    /// How well a second run gave the same figures, with the bars that were missed.
    pub(crate) fn repeats(&self, repeat: Option<&Repeat>) -> Text {
        let how_known = say(self.how_known, &[]);
        let Some(repeat) = repeat else { return Text::plain(self.no_second_run).and(how_known) };
        let parts = Part::ALL.map(|part| ((self.part)(part), repeat.part(part)));
        let within = |(what, moved): &(&str, &Moved)| {
            let within = format::percent(moved.within?);
            Some(fill(self.within, &[("what", what), ("within", &within)]))
        };
        let said: Vec<String> = parts.iter().filter_map(within).collect();
        if said.is_empty() {
            return Text::plain(self.nothing_in_common).and(how_known);
        }
        let missed = |(what, moved): &(&str, &Moved)| {
            let bar = moved.bar.filter(|bar| bar.outcome == Outcome::Missed)?;
            let [beyond, figures] = [bar.beyond, moved.compared].map(|of| format::count(of as u64));
            let allowed = format::percent(bar.allowed);
            Some(fill(
                self.missed_bar,
                &[
                    ("what", what),
                    ("allowed", &allowed),
                    ("beyond", &beyond),
                    ("figures", &figures),
                ],
            ))
        };
        let swaps = repeat.order.swaps.len();
        let order = (repeat.order.outcome == Outcome::Missed).then(|| {
            let template = self.missed_order[usize::from(swaps != 1)];
            fill(template, &[("swaps", &format::count(swaps as u64))])
        });
        let missed: Vec<String> = parts.iter().filter_map(missed).chain(order).collect();
        let mut text = say(self.repeated, &[("said", &(self.list)(&said, ", "))]);
        if !missed.is_empty() {
            text = text.and(say(self.missed_bars, &[("missed", &missed.join("; "))]));
        }
        text.and(how_known)
    }

    /// How rates were read, and how many workers a pool has.
    pub(crate) fn rates_read(&self, pool_workers: Option<u32>) -> Text {
        let pools = pool_workers
            .map(|workers| say(self.pool_workers, &[("workers", &workers.to_string())]));
        say(self.rates_read, &[]).and(pools.unwrap_or_default())
    }

    /// The column of a rate: so many tasks of this kind at once, each of which waits so many ns.
    pub(crate) fn rate(&self, work: Work, tasks: u64, wait_ns: u64) -> String {
        let [timers, without_delay, delayed] = self.rate;
        let template = match (work, wait_ns) {
            (Work::Timer, _) => timers,
            (Work::Request, 0) => without_delay,
            (Work::Request, _) => delayed,
        };
        let (wait, tasks) = (format::duration(wait_ns as f64), format::count(tasks));
        fill(template, &[("wait", &wait), ("tasks", &tasks)])
    }

    /// What is reached: a contestant's tasks of this kind.
    pub(crate) fn reached(&self, id: &Id, work: Work) -> String {
        let [timers, requests] = self.reached;
        let template = if work == Work::Timer { timers } else { requests };
        fill(template, &[("name", &(self.contestant)(id))])
    }

    /// The limit that stopped a contestant, or that nothing did, and the next one.
    pub(crate) fn stopped_by(&self, reach: &Reach) -> String {
        let (now, template) = match &reach.wall {
            Some(wall) => {
                let each = wall.per_task.map(|each| each as f64);
                (self.limit_of(&wall.limit.name, wall.limit.value, each), self.then)
            }
            None => (self.no_wall.to_owned(), self.next),
        };
        let next = reach.next().map(|next| {
            let next = self.limit_of(&next.limit, next.value, Some(next.per_task));
            fill(template, &[("next", &next)])
        });
        now + &next.unwrap_or_default()
    }

    /// A limit with its value, and how much of it one task uses.
    fn limit_of(&self, name: &str, value: u64, per_task: Option<f64>) -> String {
        let each = per_task.map(|each| format!(", {}", (self.per_task)(name, each)));
        let value = limits::written(name, value);
        format!("{} {value}{}", (self.limit)(name), each.unwrap_or_default())
    }

    /// What the threads and the coroutines of a language take, and how they stand beside those in Rust.
    pub(crate) fn language(&self, language: &Language) -> Vec<Text> {
        let Language { name, thread, coroutine, times } = language;
        let bytes = |of: &Weighed| format::bytes(of.bytes.value);
        let ratio = times.map(|of| format::times_or_range(&of, self.to));
        let first = say(
            self.language[usize::from(ratio.is_some())],
            &[
                ("language", name),
                ("coroutine", coroutine.contestant.as_str()),
                ("light", &bytes(coroutine)),
                ("thread", thread.contestant.as_str()),
                ("heavy", &bytes(thread)),
                ("times", &ratio.unwrap_or_default()),
            ],
        );
        let beside = [coroutine, thread].into_iter().filter_map(|of| {
            let (other, ratio) = of.beside.as_ref()?;
            let (other, times) = ((self.in_a_sentence)(other), format::times(ratio.value));
            let id = of.contestant.as_str();
            Some(say(self.beside, &[("id", id), ("times", &times), ("other", &other)]))
        });
        std::iter::once(first).chain(beside).collect()
    }
}

/// What the verdict's figures are, and from when on it holds.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The figures of one coroutine against one thread.
    pub summary: &'a Summary,
    /// From so many waiting tasks on, at least and at most over the runtimes that are shown, the whole
    /// process is lighter; `None` where one of them never is.
    pub from: Option<(u64, u64)>,
}

impl Facts<'_> {
    /// Up to so many tasks no process of these runtimes is lighter; `None` where one is with one task.
    fn fewest(&self) -> Option<u64> {
        let one = self.summary.one_task.as_ref().filter(|one| one.finding != Finding::Lighter);
        let fewest = self.from.map(|(earliest, _)| earliest.saturating_sub(1));
        match fewest {
            Some(0) => None,
            Some(fewest) => Some(fewest),
            None => one.map(|_| 1),
        }
    }

    /// Requests that are answered at once, where a coroutine takes hardly less CPU than a thread: with
    /// what a request takes in both, in ns.
    fn at_once_is_no_better(&self) -> Option<(&AtOnce, f64, f64)> {
        let at_once = self.summary.at_once.as_ref()?;
        let times = at_once.cpu.times?;
        let (ours, theirs) = (at_once.cpu.coroutine?.value, at_once.cpu.thread?.value);
        (times.value < HARDLY_MORE).then_some((at_once, ours, theirs))
    }
}

/// Up to so many times the CPU is hardly more: two runs of one program differ by as much.
const HARDLY_MORE: f64 = 1.25;
