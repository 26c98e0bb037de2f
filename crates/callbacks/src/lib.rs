//! Waiting in callbacks: an operation is handed what to do when it is done.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`timer`] | the task that waits for a timer: [`add`](timer::add) |
//! | [`http`] | the task that waits for answers of a server: [`fetch`](http::fetch) |
//! | [`relay`] | the task that waits for a token: `pass` |
//! | [`event_loop`] | [`EventLoop`](event_loop::EventLoop): waits for the next event and calls back |
//! | [`connection`] | [`Connection`](connection::Connection): connects, writes and reads, and calls back |
//! | [`contestant`] | `callbacks/event-loop` |
//!
//! What callbacks wait in is the crate [`reactor`], the same as under `coroutines/bare`.

pub mod connection;
pub mod contestant;
pub mod event_loop;
pub mod http;
pub mod relay;
pub mod timer;

use workload::Contestant;

/// All contestants of this model.
pub fn contestants() -> Vec<Box<dyn Contestant>> {
    vec![Box::new(contestant::OneLoop)]
}
