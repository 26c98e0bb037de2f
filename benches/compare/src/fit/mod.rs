//! From cells to figures: what one more waiting task adds, with an interval.
//!
//! A figure is never one reading divided by the number of tasks, because a process weighs something
//! before its first task. It is the slope of the readings over the number of tasks N, and it comes
//! with a 95 % interval from a seeded bootstrap, so that the same record gives the same figures on
//! every platform.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `series` | [`Series`]: the cells that one line is laid through |
//! | `figure` | [`Figure`]: what is read off each of them |
//! | `reading` | [`Reading`]: which cells count, and what they read at which N |
//! | `bootstrap` | [`Estimate`] and [`Sampled`]: figures with intervals, and their ratios; [`median`] |
//! | `lateness` | [`Timing`]: how late tasks are, and which cells are repeats in that |
//! | `slope` | [`Fit`]: the line, by ordinary least squares; [`between`], where no line is wanted |
//!
//! Only cells with proof count. A cell of a pool that is smaller than its tasks has proof, but most
//! of its tasks were queued and not waiting, so it does not enter a figure *per waiting task*.

mod bootstrap;
#[cfg(test)]
mod example;
mod figure;
mod lateness;
mod reading;
mod series;
mod slope;

pub use bootstrap::{
    Bootstrap, CONFIDENCE, Estimate, RESAMPLES, Sampled, bootstrap, bootstrap_of_side, median,
    quantile,
};
pub use figure::Figure;
pub use lateness::{Late, Queue, Timing, lateness, lateness_side_by_side, places};
pub use reading::{Reading, is_all_waiting, is_proven, proven, readings, task_counts, values_at};
pub use series::{
    Asked, MODELS, Series, Shape, contestant_order, is_compared, is_control, model_of, series,
};
pub use slope::{Fit, between, fit, per_task_at, side_by_side};
