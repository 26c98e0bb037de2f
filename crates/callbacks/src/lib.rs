//! Waiting in callbacks: an operation is handed what to do when it is done.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`task`] | the task as a chain of callbacks: [`add`](task::add) |
//! | [`event_loop`] | [`EventLoop`](event_loop::EventLoop): waits for the next event and calls back |
//! | [`contestant`] | `callbacks/event-loop` |
//!
//! The heap in which callbacks wait for their deadlines is [`timers::Timers`], the same as under
//! `coroutines/bare`.

pub mod contestant;
pub mod event_loop;
pub mod task;

use workload::Contestant;

/// All contestants of this model.
pub fn contestants() -> Vec<Box<dyn Contestant>> {
    vec![Box::new(contestant::OneLoop)]
}
