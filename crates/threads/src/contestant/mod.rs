//! The contestants of this model: where a task gets its thread from.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `per_task` | [`PerTask`]: `threads/per-task` and `threads/per-task-small-stack`, a std thread for each task |
//! | `crossbeam_pool` | [`CrossbeamPool`]: `threads/crossbeam-pool`, workers that take tasks from a channel |
//! | `rayon_pool` | [`RayonPool`]: `threads/rayon-pool`, workers that steal tasks from each other |

mod crossbeam_pool;
mod per_task;
mod rayon_pool;

pub use crossbeam_pool::CrossbeamPool;
pub use per_task::PerTask;
pub use rayon_pool::RayonPool;
