//! Waiting in callbacks: an operation is handed what to do when it is done.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`task`] | the task as a chain of callbacks: [`add`](task::add) |
//! | [`fetch`] | the task of the workload `http`, likewise: [`fetch`](fetch::fetch) |
//! | [`event_loop`] | [`EventLoop`](event_loop::EventLoop): waits for the next event and calls back |
//! | [`connection`] | [`Connection`](connection::Connection): connects, writes and reads, and calls back |
//! | [`contestant`] | `callbacks/event-loop` |
//!
//! What callbacks wait in is the crate [`reactor`], the same as under `coroutines/bare`.

pub mod connection;
pub mod contestant;
pub mod event_loop;
pub mod fetch;
pub mod task;

use workload::Contestant;

/// All contestants of this model.
pub fn contestants() -> Vec<Box<dyn Contestant>> {
    vec![Box::new(contestant::OneLoop)]
}
