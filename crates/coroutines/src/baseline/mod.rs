//! The same task written straight on each runtime, to weigh the harness's overhead.
//!
//! No [`Runtime`](crate::Runtime), no handle, no state, no loop over waits: each file is what is
//! written with only that runtime and the ledger's three calls in mind. What `coroutines/tokio`
//! costs more than `baseline/tokio` is ours, not tokio's.
//!
//! `baseline/hyper` is the one that has no contestant of its name: it is a plain client on hyper, and
//! shows what requests cost without a client of our own.
//!
//! Baselines are rows of the benchmark and no contestants: they run one kind of workload only. A
//! contestant needs none.

#[cfg(feature = "async-std")]
mod async_std;
mod bare;
#[cfg(feature = "hyper")]
mod hyper;
#[cfg(feature = "smol")]
mod smol;
mod straight;
#[cfg(feature = "tokio")]
mod tokio;

use workload::Contestant;

listed! {
    /// All baselines whose features are on.
    baselines:
    "baseline/tokio" by "tokio" => tokio::MULTI_THREAD.boxed();
    "baseline/tokio-current-thread" by "tokio" => tokio::CURRENT_THREAD.boxed();
    "baseline/async-std" by "async-std" => async_std::ASYNC_STD.boxed();
    "baseline/smol" by "smol" => smol::GLOBAL.boxed();
    "baseline/smol-local" by "smol" => smol::LOCAL.boxed();
    "baseline/bare" => bare::BARE.boxed();
    "baseline/hyper" by "hyper" => hyper::HYPER.boxed();
}
