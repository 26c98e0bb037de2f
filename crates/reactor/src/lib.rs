//! What the two hand-written models wait on.
//!
//! `callbacks/event-loop` keeps boxed callbacks here and `coroutines/bare` keeps wakers, or what
//! little of them tells one task from another. Because they share it, the difference between the two is the difference between the models.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`heap`] | [`Timers`]: deadlines that come, in as little memory as can be |
//! | [`timeouts`] | [`Timeouts`]: deadlines that are mostly called off before they come |
//! | [`sockets`] | [`Sockets`] and [`Socket`]: sockets that tell when they are ready |
//!
//! Nothing here knows what it is that waits, calls anybody back or reads a clock: each function
//! hands out what is to be woken, and the model does the rest.

pub mod heap;
pub mod sockets;
pub mod timeouts;

pub use heap::Timers;
pub use sockets::{Notifier, Socket, Sockets};
pub use timeouts::{TimeoutId, Timeouts};
