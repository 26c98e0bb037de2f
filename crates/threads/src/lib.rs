//! Waiting in OS threads: the subroutine, with a stack of its own for each task in flight.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`timer`] | the task that waits for a timer: [`add`](timer::add) |
//! | [`http`] | the task that waits for answers of a server: [`fetch`](http::fetch) |
//! | [`relay`] | the task that waits for a token: [`pass`](relay::pass) |
//! | [`contestant`] | a thread for each task, and pools of threads |
//!
//! A thread runs [`subroutine::timer::add`] as it is. That is what a thread is.

pub mod contestant;
pub mod http;
pub mod relay;
pub mod timer;

use workload::Contestant;

use crate::contestant::{CrossbeamPool, PerTask, RayonPool};

/// All contestants of this model whose features are on.
pub fn contestants() -> Vec<Box<dyn Contestant>> {
    vec![
        Box::new(PerTask::DEFAULT),
        Box::new(PerTask::SMALL_STACK),
        Box::new(CrossbeamPool),
        Box::new(RayonPool),
        #[cfg(feature = "tokio")]
        Box::new(contestant::TokioBlocking),
    ]
}

/// What there is when all features are on beside what there is anyhow, with the feature that brings it.
pub const FEATURES: &[(&str, &str)] = &[("threads/tokio-blocking", "tokio")];
