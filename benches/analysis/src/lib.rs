//! What a record says, as numbers and enums, computed once by [`Analysis::of`].
//!
//! Nothing here is worded and nothing is formatted: words, tables and pictures are the crate
//! `report`'s. Everything is a pure function of the records: no clock, no file, no environment, and
//! every bootstrap is seeded from the record, so that the same record makes the same figures
//! everywhere.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`analysis`] | [`Analysis`]: everything below, for one record |
//! | [`contestant`] | [`Id`](contestant::Id): the model and the role of a contestant |
//! | [`series`] | [`Series`](series::Series): the cells that one line is laid through |
//! | [`figure`] | [`Figure`](figure::Figure): what is read off a cell |
//! | [`index`] | the cells of a record by series |
//! | [`reading`] | what cells read at which N |
//! | [`estimate`] | [`Estimate`](estimate::Estimate): a figure with its interval; the bootstrap |
//! | [`fit`] | [`Fit`](fit::Fit): the line through readings |
//! | [`measured`] | [`Measured`](measured::Measured): what was measured of a series |
//! | [`bill`] | what holds a waiting task's memory |
//! | [`lifecycle`] | what a process keeps when its tasks are over |
//! | [`claims`] | what is said of each claim |
//! | [`crossover`] | from how many tasks on a process is the lighter one |
//! | [`per_task`] | what a task takes where only one N was measured |
//! | [`state`] | what live state adds |
//! | [`sides`] | several records side by side: the figures that all have of the same work |
//! | [`mod@diff`] | [`Diff`](diff::Diff): two records, better or worse |
//! | [`repeat`] | [`Repeat`](repeat::Repeat): how far figures move when a run is made again |
//! | [`instructions`] | how many instructions one more wait and one more request take |
//! | [`instrument`] | [`Instrument`](instrument::Instrument): controls, a contestant against itself, harness overhead |
//! | [`detectable`] | the minimum detectable difference |
//! | [`bar`] | [`Outcome`](bar::Outcome): whether a bar is met |
//! | [`conditions`] | what happened to the machine while cells ran, and which cells that touched |
//! | [`elsewhere`] | what threads and coroutines of other languages take, beside those that are compared |
//! | [`missing`] | every cell without a figure, with its reason |
//! | [`plan`] | what a case of one's own costs, worked out from what was measured |
//! | [`walls`] | how far each contestant came, what stopped it, and what would next |
//! | [`found`] | [`Found`](found::Found): where the search for a wall ended, before and after a limit was moved |
//! | [`growth`] | whether a task among many costs as much CPU as one among few |
//! | [`lateness`] | how late tasks are, and which contestants may be compared in it |
//! | [`rates`] | tasks and requests a second, and the CPU of each |
//! | [`traces`] | what tasks did, when, and on which thread |
//! | [`transfers`] | bodies through a server with a limit |
//! | [`weighing`] | [`Server`](weighing::Server): what one more connection costs a server |
//! | `context` | what every part starts from; [`Basis`] |

pub mod analysis;
pub mod bar;
pub mod bill;
pub mod claims;
pub mod conditions;
pub mod contestant;
mod context;
pub mod crossover;
pub mod detectable;
pub mod diff;
pub mod elsewhere;
pub mod estimate;
pub mod figure;
pub mod fit;
pub mod found;
pub mod growth;
pub mod index;
pub mod instructions;
pub mod instrument;
pub mod lateness;
pub mod lifecycle;
pub mod measured;
pub mod missing;
pub mod per_task;
pub mod plan;
pub mod rates;
pub mod reading;
pub mod repeat;
pub mod series;
pub mod sides;
pub mod state;
#[cfg(test)]
mod tests;
pub mod traces;
pub mod transfers;
pub mod walls;
pub mod weighing;

pub use analysis::Analysis;
pub use context::Basis;
pub use diff::diff;
