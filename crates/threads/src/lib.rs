//! Waiting in OS threads: the subroutine, with a stack of its own for each task in flight.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`per_task`] | `threads/per-task` and `threads/per-task-small-stack`: a std thread for each task |
//! | [`crossbeam_pool`] | `threads/crossbeam-pool`: workers that take tasks from a channel |
//! | [`rayon_pool`] | `threads/rayon-pool`: workers that steal tasks from each other |
//!
//! There is no `task` here: a thread runs [`subroutine::task::add`]. That is what a thread is.

pub mod crossbeam_pool;
pub mod per_task;
pub mod rayon_pool;

use workload::Contestant;

/// All contestants of this model.
pub fn contestants() -> Vec<Box<dyn Contestant>> {
    vec![
        Box::new(per_task::PerTask::DEFAULT),
        Box::new(per_task::PerTask::SMALL_STACK),
        Box::new(crossbeam_pool::CrossbeamPool),
        Box::new(rayon_pool::RayonPool),
    ]
}
