//! What claims are judged from: the cells, and what every other part of the analysis made of them.

use crate::context::Context;
use crate::crossover::Crossover;
use crate::growth::Growth;
use crate::lateness::LatenessRow;
use crate::lifecycle::Lifecycle;
use crate::rates::RateRow;
use crate::traces::Traced;
use crate::transfers::Transfer;

/// What claims are judged from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) crossovers: &'a [Crossover],
    pub(crate) growth: &'a [Growth],
    pub(crate) lateness: &'a [LatenessRow],
    pub(crate) lifecycles: &'a [Lifecycle],
    pub(crate) rates: &'a [RateRow],
    pub(crate) traces: &'a [Traced],
    pub(crate) transfers: &'a [Transfer],
}
