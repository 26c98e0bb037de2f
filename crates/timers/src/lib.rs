//! The heap of deadlines that the two hand-written models wait on.
//!
//! `callbacks/event-loop` keeps boxed callbacks in it and `coroutines/bare` keeps wakers. Because
//! they share it, the difference between the two is the difference between the models.

mod heap;

pub use heap::Timers;
