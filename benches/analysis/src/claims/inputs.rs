//! What claims are judged from: the cells, and what every other part of the analysis made of them.

use record::Run;

use crate::context::Basis;
use crate::crossover::Crossover;
use crate::estimate::{Bootstrap, Draws};
use crate::growth::Growth;
use crate::index::Index;
use crate::lateness::LatenessRow;
use crate::lifecycle::Lifecycle;
use crate::measured::Measured;
use crate::rates::RateRow;
use crate::traces::Traced;
use crate::transfers::Transfer;

/// What claims are judged from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a> {
    pub(crate) run: &'a Run,
    pub(crate) index: &'a Index<'a>,
    pub(crate) basis: Basis,
    pub(crate) draws: Draws,
    pub(crate) measured: &'a [Measured],
    pub(crate) crossovers: &'a [Crossover],
    pub(crate) growth: &'a [Growth],
    pub(crate) lateness: &'a [LatenessRow],
    pub(crate) lifecycles: &'a [Lifecycle],
    pub(crate) rates: &'a [RateRow],
    pub(crate) traces: &'a [Traced],
    pub(crate) transfers: &'a [Transfer],
}

impl Inputs<'_> {
    /// The draws of a figure with these names.
    pub(crate) fn bootstrap(&self, names: &[&str]) -> Bootstrap {
        self.draws.of_cells(names)
    }
}
