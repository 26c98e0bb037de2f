//! Which cells a run is made of, and in which order.
//!
//! Cells run in rounds. The order within a round is random, from the seed, so that whatever changes on
//! the machine during a run (heat, a neighbour, memory that gets fragmented) falls on all contestants
//! alike.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`run`] | all cells of a run of some extent |
//! | `sizes` | how many tasks, how often, for each kind of waiting and extent of a run |
//! | [`rates`] | the cells that show how many tasks or requests a second |
//! | [`relays`] | the cells that show what it costs to hand something on |
//! | [`state`] | the cells in which tasks hold something while they wait |
//! | [`allocators`] | the cells that show what another allocator makes of a task |
//! | [`lateness`] | the cells that show how late tasks are |
//! | [`traces`] | the cells that show what tasks do, on which threads, and how they can end |
//! | [`kind`] | the kinds of waiting |
//! | [`step`] | numbers of tasks, and the cells that they make |
//! | [`order`] | the order |

pub mod allocators;
pub mod kind;
pub mod lateness;
pub mod order;
pub mod rates;
pub mod relays;
pub mod run;
mod sizes;
pub mod state;
pub mod step;
pub mod traces;

pub use allocators::{allocator_cells, is_over_allocators};
pub use kind::Kind;
pub use lateness::lateness_cells;
pub use order::in_rounds;
pub use rates::rate_cells;
pub use run::{default_cells, default_steps};
pub use state::{depth_cells, state_cells, waits_cells};
pub use step::{Step, cells};
