//! Waiting in a plain subroutine: one blocking call after another.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`task`] | the task as a subroutine: [`add`](task::add), and [`run`](task::run) to choose |
//! | [`mod@fetch`] | the task whose waits are requests: [`fetch`](fetch::fetch) |
//! | [`sequential`] | `subroutine/sequential`: one task after the other |
//!
//! The crate is not named `blocking`, because smol depends on a crate of that name.

pub mod fetch;
pub mod sequential;
pub mod task;

use workload::Contestant;

/// All contestants of this model.
pub fn contestants() -> Vec<Box<dyn Contestant>> {
    vec![Box::new(sequential::Sequential)]
}
