//! What a case of one's own costs, worked out from what was measured: so many tasks that wait so
//! long, each with so much state.
//!
//! Nothing here is measured. Every figure is laid through measured points, and says how far it
//! reaches beyond them.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`case`] | [`Case`]: what is asked, and why it may have no answer |
//! | [`curve`] | [`Curve`]: a figure over N, through what was measured |
//! | [`state`] | [`StateLaw`]: what live state adds to a task |
//! | [`coefficients`] | [`Coefficients`]: everything of a contestant that a plan is worked out from |
//! | [`outcome`] | [`Plan`]: each contestant's part of the answer, ranked, and what to choose |
//! | [`verified`] | [`Verified`]: what was worked out beside what was measured |
//! | `planner` | works out each contestant's part |
//! | `advice` | what to choose |

mod advice;
pub mod case;
pub mod coefficients;
pub mod curve;
pub mod outcome;
mod planner;
pub mod state;
pub mod verified;

pub use case::{Case, PlanError, Work};
pub use coefficients::Coefficients;
pub use curve::Curve;
pub use outcome::{Advice, Late, Outcome, Plan, Reason, Row, Stretch};
pub use state::StateLaw;
pub use verified::Verified;
