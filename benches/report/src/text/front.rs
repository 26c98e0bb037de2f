//! What the front page says, in every language: the compiler asks each language for each sentence.

use analysis::claims::lighter::AtOnce;
use analysis::claims::{Finding, Judgement, Summary, Work};
use analysis::contestant::Id;
use analysis::elsewhere::Language;
use analysis::repeat::Repeat;
use analysis::walls::{Ceiling, Wall};

use crate::text::Text;

/// What the front page says in one language.
pub trait FrontWords {
    /// What this is, in two sentences.
    fn intro(&self) -> Text;
    /// What a contestant is called.
    fn contestant(&self, id: &Id) -> String;
    /// The verdict on coroutines and threads, with its figures and where it fails.
    fn verdict(&self, judgement: &Judgement, facts: Option<&Facts<'_>>) -> Vec<Text>;
    /// The heading of the table of what one more task takes, and its columns.
    fn takes(&self) -> (Text, [&'static str; 6]);
    /// Why a cell has no figure.
    fn no_figure(&self) -> Text;
    /// That a subroutine waits one at a time.
    fn one_at_a_time(&self) -> Text;
    /// That a contestant is discontinued, where one that is shown is.
    fn discontinued(&self) -> Text;
    /// How well a second run gave the same figures, with the bars that were missed.
    fn repeats(&self, repeat: Option<&Repeat>) -> Text;
    /// The heading of the rates, and what is said of how they were read, and of pools with so many workers.
    fn rates(&self, pool_workers: Option<u32>) -> (Text, Text);
    /// The column of a rate: so many tasks of this kind at once, each of which waits so many ns.
    fn rate(&self, work: Work, tasks: u64, wait_ns: u64) -> String;
    /// The heading of what breaks first, and the columns of its table.
    fn breaks(&self) -> (Text, [&'static str; 3]);
    /// What is reached: a contestant's tasks of this kind.
    fn reached(&self, id: &Id, work: Work) -> Text;
    /// The limit that stopped a contestant, and the next one.
    fn wall(&self, wall: &Wall, next: Option<&Ceiling>) -> Text;
    /// That nothing stopped it, and what would.
    fn no_wall(&self, next: Option<&Ceiling>) -> Text;
    /// The heading of the table of contestants from elsewhere.
    fn elsewhere(&self) -> Text;
    /// How many times as much a thread takes as a coroutine in another language.
    fn language(&self, language: &Language) -> Text;
    /// Where to go from here.
    fn onwards(&self) -> Text;
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
    pub fn fewest(&self) -> Option<u64> {
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
    pub fn at_once_is_no_better(&self) -> Option<(&AtOnce, f64, f64)> {
        let at_once = self.summary.at_once.as_ref()?;
        let times = at_once.cpu.times?;
        let (ours, theirs) = (at_once.cpu.coroutine?.value, at_once.cpu.thread?.value);
        (times.value < HARDLY_MORE).then_some((at_once, ours, theirs))
    }
}

/// Up to so many times the CPU is hardly more: two runs of one program differ by as much.
const HARDLY_MORE: f64 = 1.25;
