//! Everything on one page: the pages, the verdicts with all of their evidence first, and the figures that the
//! page's script draws and plans with. It has no figure that the pages or `compare plan` do not have.

use std::collections::BTreeMap;

use analysis::Analysis;
use analysis::contestant::{Id, Model};
use analysis::estimate::Estimate;
use analysis::figure::Figure;
use analysis::lateness::Asked;
use analysis::plan::{Coefficients, Work};
use analysis::walls::Ceiling;
use serde::Serialize;

use crate::document::{Block, Document, Unit};
use crate::format;
use crate::pages;
use crate::render::svg::Theme;
use crate::text::{Text, cautions, limits, names, quantities, say};

/// Everything on one page.
#[derive(Clone, Debug)]
pub struct OnePage {
    /// What stands in the title of a window.
    pub title: String,
    /// What the run was made on, below the title.
    pub lead: Vec<Text>,
    /// The pages. The first one has the verdicts.
    pub documents: Vec<Document>,
    /// Whether it is of servers that were weighed, and has no tasks to plan or to draw.
    pub is_of_servers: bool,
    /// The figures for the script.
    pub data: Data,
}

/// The figures that a script draws and plans with.
#[derive(Clone, Debug, Serialize)]
pub struct Data {
    /// The contestants that something is drawn of.
    pub contestants: Vec<Contestant>,
    /// What their tasks do, in words.
    pub works: Vec<String>,
    /// What can be drawn over the number of tasks.
    pub metrics: Vec<Metric>,
    /// How many lines were left out, because there were too many.
    pub left_out: usize,
    /// What a plan is worked out from; `None` where the record has no fit.
    pub plan: Option<Planning>,
}

/// A contestant in a chart.
#[derive(Clone, Debug, Serialize)]
pub struct Contestant {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its colours on a light and on a dark page.
    pub colors: [String; 2],
    /// Whether it takes part in the comparison.
    pub is_compared: bool,
    /// Whether it is drawn before something was picked.
    pub is_first: bool,
}

/// What can be drawn over the number of tasks.
#[derive(Clone, Debug, Serialize)]
pub struct Metric {
    /// Its name, that never changes: it stands in addresses.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What its values count.
    pub unit: Unit,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A contestant's values over the number of tasks.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Which of the contestants.
    pub contestant: usize,
    /// Which of the works.
    pub work: usize,
    /// The number of tasks, the value and its interval.
    pub points: Vec<(u64, Short)>,
    /// What one more task adds.
    pub slope: Option<Short>,
}

/// A value with the two ends of its interval; JSON has `null` for an end that is not known.
pub type Short = (f64, f64, f64);

/// What a plan is worked out from.
#[derive(Clone, Debug, Serialize)]
pub struct Planning {
    /// The cores of the machine.
    pub cores: u32,
    /// The machine's memory: what the limit is called, and its bytes.
    pub memory: Option<(String, u64)>,
    /// The command that moves that limit, with `{}` for the number, and by what that number is divided.
    pub memory_command: Option<(&'static str, u64)>,
    /// How the memory that is asked for is called.
    pub memory_given: String,
    /// Each contestant's part of a plan of timers.
    pub timer: Vec<Part>,
    /// The same of requests.
    pub http: Vec<Part>,
}

/// A contestant's part of a plan.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// What the contestant is called, alone and in a sentence.
    pub names: [String; 2],
    /// Its model.
    pub model: Model,
    /// Whether it is the one that others are set against.
    pub is_reference: bool,
    /// Whether a service would not be built on it.
    pub is_by_hand: bool,
    /// What its figures are worked out from.
    pub of: Coefficients,
    /// The words for each of its ceilings.
    pub limits: Vec<LimitWords>,
}

/// The words for a limit.
#[derive(Clone, Debug, Serialize)]
pub struct LimitWords {
    /// Its name and value.
    pub limit: String,
    /// The same with what a task takes of it.
    pub whole: String,
    /// The command that moves it, with `{}` for the number, and by what that number is divided.
    pub command: Option<(&'static str, u64)>,
}

/// The pages that are not on it: it draws every figure itself, and has what the index says.
const LEFT_OUT: [&str; 2] = ["all", "claims"];

/// So many lines have their figures on the page.
const MOST_LINES: usize = 4_000;

/// The figures of a whole process that can be drawn.
const FIGURES: [Figure; 9] = [
    Figure::Anonymous,
    Figure::Kernel,
    Figure::Rss,
    Figure::Heap,
    Figure::Cpu,
    Figure::Start,
    Figure::Threads,
    Figure::Mappings,
    Figure::VoluntarySwitches,
];

/// The page of this analysis, with these pages of it.
pub fn of(analysis: &Analysis, mut documents: Vec<Document>) -> OnePage {
    let is_of_servers = !analysis.servers.is_empty();
    if !is_of_servers {
        documents.retain(|page| !LEFT_OUT.contains(&page.id));
        documents.insert(0, pages::claims::in_full(analysis));
        documents.push(method());
    }
    let host = &analysis.run.host;
    let mut lead = vec![say(
        "Every figure comes from one run: on {cpu}, {cores} cores, started {started}.",
        &[
            ("cpu", host.cpu.as_deref().unwrap_or("an unknown processor")),
            ("cores", &host.cores.to_string()),
            ("started", &analysis.run.started),
        ],
    )];
    lead.extend(match is_of_servers {
        true => cautions::of_machine(analysis),
        false => cautions::of_run(analysis),
    });
    let title = "The weight of waiting".into();
    OnePage { title, lead, documents, is_of_servers, data: data(analysis) }
}

/// How it was measured, in short.
fn method() -> Document {
    let points = [
        "Every model runs the **same task**, in a fresh process for each cell, in rounds, each in a random order.",
        "A figure counts only **with proof**: all tasks were waiting before and after the weighing, all ended, and \
         their sum is right.",
        "What is weighed is the process's **private memory and the kernel's part**, from outside. Pages of files \
         are in neither.",
        "Bytes of a task are the **slope** over several numbers of tasks, and its interval comes from drawing the \
         rounds again.",
        "The instrument is weighed too: **controls** hold a known number of bytes, and a contestant runs twice \
         under two names.",
        "How late a task is stands in a ledger that the task itself writes; [the whole method](docs:method.md), \
         [what is unfair](docs:bias.md).",
    ];
    let points = points.iter().map(|point| say(point, &[])).collect();
    Document { id: "method", title: "How it is measured".into(), blocks: vec![Block::List(points)] }
}

fn data(analysis: &Analysis) -> Data {
    let mut known = Known { analysis, contestants: Vec::new(), works: Vec::new(), lines: 0 };
    let mut metrics: Vec<Metric> = Vec::new();
    let basis = analysis.basis.figure();
    for figure in [basis].into_iter().chain(FIGURES.into_iter().filter(|figure| *figure != basis)) {
        let lines = analysis.measured.iter().filter_map(|measured| {
            let points = measured.whole.get(&figure)?.iter();
            let points: Vec<_> =
                points.map(|(tasks, of)| (*tasks, short(&of.estimate()))).collect();
            let slope = measured.slope(figure).as_ref().map(short);
            let series = &measured.series;
            Some((&series.contestant, names::shape(&series.shape), points, slope))
        });
        let name = format!("{} of the whole process", quantities::figure(figure));
        metrics.extend(known.metric(&name, quantities::unit(figure), lines));
    }
    let late = |p99: bool| {
        let mut lines: BTreeMap<(&Id, String), Vec<(u64, Short)>> = BTreeMap::new();
        for row in analysis.lateness.iter().filter(|row| !row.is_queued()) {
            let mut work = names::shape(&row.series.shape);
            if let (Asked::Spread | Asked::Synchronized, Some(wait)) = (row.asked, row.wait_ns) {
                work += &format!(", waits of {}", format::duration(wait as f64));
            }
            let of = if p99 { &row.p99 } else { &row.p50 };
            lines
                .entry((&row.series.contestant, work))
                .or_default()
                .push((row.tasks, short(&of.estimate())));
        }
        lines.into_iter().map(|((id, work), points)| (id, work, points, None))
    };
    metrics.extend(known.metric("lateness, half of the tasks", Unit::Nanoseconds, late(false)));
    metrics.extend(known.metric("lateness, 99 in 100 tasks", Unit::Nanoseconds, late(true)));
    let mut rates: BTreeMap<(&Id, String), Vec<(u64, Short)>> = BTreeMap::new();
    for row in &analysis.rates {
        let Some(rate) = row.rate() else { continue };
        let wait = format::duration(row.wait_ns as f64);
        let work = format!("{}, waits of {wait}", names::shape(&row.shape));
        rates.entry((&row.contestant, work)).or_default().push((row.tasks, short(&rate)));
    }
    let rates = rates.into_iter().map(|((id, work), points)| (id, work, points, None));
    metrics.extend(known.metric("tasks a second", Unit::PerSecond, rates));
    let left_out = known.lines.saturating_sub(MOST_LINES);
    let plan = planning(analysis);
    Data { contestants: known.contestants, works: known.works, metrics, left_out, plan }
}

/// What the lines of all metrics share.
struct Known<'a> {
    analysis: &'a Analysis,
    contestants: Vec<Contestant>,
    works: Vec<String>,
    lines: usize,
}

impl Known<'_> {
    /// The metric of these lines; `None` where there is none.
    fn metric<'b>(
        &mut self,
        name: &str,
        unit: Unit,
        lines: impl Iterator<Item = (&'b Id, String, Vec<(u64, Short)>, Option<Short>)>,
    ) -> Option<Metric> {
        let mut all = Vec::new();
        for (id, work, mut points, slope) in lines {
            self.lines += 1;
            if self.lines > MOST_LINES {
                continue;
            }
            points.sort_by_key(|(tasks, _)| *tasks);
            points.dedup_by_key(|(tasks, _)| *tasks);
            all.push(Line {
                contestant: self.contestant(id),
                work: self.work(work),
                points,
                slope,
            });
        }
        let kept = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == ' ');
        let id = kept.collect::<String>().replace(' ', "-");
        (!all.is_empty()).then(|| Metric { id, name: format::capital(name), unit, lines: all })
    }

    fn contestant(&mut self, id: &Id) -> usize {
        let whole = cut(id.as_str().into());
        let known = self.contestants.iter().position(|known| known.id == whole);
        known.unwrap_or_else(|| {
            self.contestants.push(Contestant {
                id: whole,
                name: cut(names::contestant(id)),
                colors: [Theme::Light, Theme::Dark].map(|theme| theme.color(names::tone(id))),
                is_compared: id.is_compared(),
                is_first: self.analysis.run.caution(id.as_str()).is_none()
                    && names::is_on_front_page(id),
            });
            self.contestants.len() - 1
        })
    }

    fn work(&mut self, work: String) -> usize {
        let work = cut(work);
        let known = self.works.iter().position(|known| *known == work);
        known.unwrap_or_else(|| {
            self.works.push(work);
            self.works.len() - 1
        })
    }
}

/// A name that has room in a list.
fn cut(name: String) -> String {
    name.chars().take(160).collect()
}

fn short(estimate: &Estimate) -> Short {
    (estimate.value, estimate.low, estimate.high)
}

/// What a plan is worked out from, where there is a fit of something.
fn planning(analysis: &Analysis) -> Option<Planning> {
    let parts = |work| {
        let all = Coefficients::all(analysis, work);
        all.iter().any(|one| one.memory.is_some()).then(|| all.into_iter().map(part).collect())
    };
    let [timer, http]: [Option<Vec<Part>>; 2] = [Work::Timer, Work::Http].map(parts);
    let memory = analysis.memory_limit(None);
    (timer.is_some() || http.is_some()).then(|| Planning {
        cores: analysis.run.host.cores,
        memory: memory.map(|(limit, bytes)| (names::limit(limit).to_owned(), bytes)),
        memory_command: memory.and_then(|(limit, _)| names::command(limit)),
        memory_given: names::limit(analysis::plan::outcome::MEMORY_GIVEN).to_owned(),
        timer: timer.unwrap_or_default(),
        http: http.unwrap_or_default(),
    })
}

fn part(mut of: Coefficients) -> Part {
    let id = of.contestant.clone();
    of.contestant = Id::new(cut(id.as_str().into()));
    let words = |ceiling: &Ceiling| LimitWords {
        limit: cut(limits::with_value(&ceiling.limit, ceiling.value)),
        whole: cut(limits::of_ceiling(ceiling)),
        command: names::command(&ceiling.limit),
    };
    let limits = of.ceilings.iter().map(words).collect();
    of.ceilings.iter_mut().for_each(|ceiling| ceiling.limit.clear());
    Part {
        names: [names::contestant(&id), names::in_a_sentence(&id)].map(cut),
        model: id.model(),
        is_reference: id.is_reference(),
        is_by_hand: id.is_by_hand(),
        limits,
        of,
    }
}
