//! What the threads and the coroutines of other languages take, beside those that are compared.

use std::collections::BTreeMap;

use crate::Analysis;
use crate::contestant::{Id, Model, Role};
use crate::estimate::Estimate;
use crate::measured::Measured;

/// A thread contestant and a coroutine contestant in one language, which wait for plain timers.
#[derive(Clone, Debug, PartialEq)]
pub struct Language {
    /// The language.
    pub name: String,
    /// The thread contestant.
    pub thread: Weighed,
    /// The coroutine contestant.
    pub coroutine: Weighed,
    /// How many times as much as the coroutine the thread takes.
    pub times: Option<Estimate>,
}

/// What a waiting task of a contestant takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighed {
    /// The contestant.
    pub contestant: Id,
    /// The bytes of one more waiting task.
    pub bytes: Estimate,
    /// The compared contestant that it stands beside, and how many times as much it takes.
    pub beside: Option<(Id, Estimate)>,
}

/// The languages of which both kinds were weighed. Of each kind the first stands for its language: a
/// thread contestant that holds all of its tasks at once, and a coroutine contestant.
pub fn languages(analysis: &Analysis) -> Vec<Language> {
    let mut by_language: BTreeMap<&str, Vec<&Measured>> = BTreeMap::new();
    let compared = |measured: &&Measured| measured.series.contestant.is_compared();
    // A program in the language of what is compared is in no language of its own.
    let own = analysis.measured.iter().find(compared);
    let own = own.map(|measured| measured.series.contestant.language());
    for measured in analysis.measured.iter().filter(|of| of.series.shape.is_plain()) {
        let id = &measured.series.contestant;
        if id.role() == Role::Elsewhere && Some(id.language()) != own {
            by_language.entry(id.language()).or_default().push(measured);
        }
    }
    let languages = by_language.into_iter();
    languages.filter_map(|(name, all)| Language::of(analysis, name, &all)).collect()
}

impl Language {
    fn of(analysis: &Analysis, name: &str, all: &[&Measured]) -> Option<Self> {
        let figure = analysis.basis.figure();
        let weight = |of: &Measured| of.slope(figure).filter(Estimate::is_decided);
        let first = |model: Model| {
            let is_it = |id: &Id| id.waits_as() == model && id.holds_all();
            all.iter().find(|of| is_it(&of.series.contestant) && weight(of).is_some()).copied()
        };
        let (thread, coroutine) = (first(Model::Threads)?, first(Model::Coroutines)?);
        let weighed = |of: &Measured, beside: Option<&Id>| {
            let beside = beside.and_then(|id| {
                let other = analysis.measured_of(id, &of.series.shape)?;
                Some((id.clone(), of.slope_over(other, figure)?))
            });
            Some(Weighed { contestant: of.series.contestant.clone(), bytes: weight(of)?, beside })
        };
        let lighter = analysis.lighter.as_ref();
        Some(Self {
            name: name.to_owned(),
            times: thread.slope_over(coroutine, figure),
            thread: weighed(thread, lighter.map(|of| &of.thread))?,
            coroutine: weighed(coroutine, lighter.map(|of| &of.coroutine))?,
        })
    }
}
