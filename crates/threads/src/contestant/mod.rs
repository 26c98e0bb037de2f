//! The contestants of this model: where a task gets its thread from.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `per_task` | [`PerTask`]: `threads/per-task` and `threads/per-task-small-stack`, a std thread for each task |
//! | `crossbeam_pool` | [`CrossbeamPool`]: `threads/crossbeam-pool`, workers that take tasks from a channel |
//! | `rayon_pool` | [`RayonPool`]: `threads/rayon-pool`, workers that steal tasks from each other |
//! | `tokio_blocking` | (feature `tokio`) [`TokioBlocking`]: `threads/tokio-blocking`, tokio's threads for calls that block |
//! | `kept` | a task on a worker that keeps its connection for the next |

mod crossbeam_pool;
mod kept;
mod per_task;
mod rayon_pool;
#[cfg(feature = "tokio")]
mod tokio_blocking;

pub use crossbeam_pool::CrossbeamPool;
pub use per_task::PerTask;
pub use rayon_pool::RayonPool;
#[cfg(feature = "tokio")]
pub use tokio_blocking::TokioBlocking;
