//! The lines between the harness and the process of a cell: types and versions.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`messages`] | [`Order`] and [`Event`]: what the two say, and how a line is read and written |
//! | [`lines`] | what of a workload and of its results stands in a record too |
//! | [`profile`] | [`Profile`]: who a contestant is, as it says itself |
//! | [`wide`] | which numbers are text on the way |
//! | [`convert`] | between these and the types of the crate `workload` |

pub mod convert;
pub mod lines;
pub mod messages;
pub mod profile;
pub mod wide;

pub use convert::{MOST_TRACED, UnknownWorkload, ns};
pub use lines::{ErrorLine, HttpLine, LatenessLine, Step, TraceLine, WorkloadLine};
pub use messages::{
    AllWaiting, Begin, Drained, Event, Message, Order, ProtocolError, ServerLine, VERSION, read,
    write,
};
pub use profile::{CeilingLine, Profile, RoleLine};
