//! Waiting in OS threads: the subroutine, with a stack of its own for each task in flight.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`timer`] | the task that waits for a timer: [`add`](timer::add) |
//! | [`http`] | the task that waits for answers of a server: [`fetch`](http::fetch) |
//! | [`contestant`] | a thread for each task, and two pools of threads |
//!
//! A thread runs [`subroutine::timer::add`] as it is. That is what a thread is.

pub mod contestant;
pub mod http;
pub mod timer;

use workload::Contestant;

use crate::contestant::{CrossbeamPool, PerTask, RayonPool};

/// All contestants of this model.
pub fn contestants() -> Vec<Box<dyn Contestant>> {
    vec![
        Box::new(PerTask::DEFAULT),
        Box::new(PerTask::SMALL_STACK),
        Box::new(CrossbeamPool),
        Box::new(RayonPool),
    ]
}
