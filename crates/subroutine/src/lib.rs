//! Waiting in a plain subroutine: one blocking call after another.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`timer`] | the task that waits for a timer: [`add`](timer::add) |
//! | [`http`] | the task that waits for answers of a server: [`fetch`](http::fetch) |
//! | [`relay`] | the task that waits for a token: [`pass`](relay::pass) |
//! | [`sleep`] | what `add` waits in: [`sleep_until`](sleep::sleep_until) |
//! | [`connection`] | what `fetch` waits in: [`Connection`](connection::Connection) |
//! | [`contestant`] | `subroutine/sequential`: one task after the other |
//!
//! The crate is not named `blocking`, because smol depends on a crate of that name.

pub mod connection;
pub mod contestant;
pub mod http;
pub mod relay;
pub mod sleep;
pub mod timer;

use workload::Contestant;

/// All contestants of this model.
pub fn contestants() -> Vec<Box<dyn Contestant>> {
    vec![Box::new(contestant::Sequential)]
}
