//! The same task written straight on each runtime, to weigh the harness's overhead.
//!
//! No [`Runtime`](crate::Runtime), no handle, no state, no loop over waits: each file is what is
//! written with only that runtime and the ledger's three calls in mind. What `coroutines/tokio`
//! costs more than `baseline/tokio` is ours, not tokio's.
//!
//! `baseline/hyper` is the one that has no contestant of its name: it is a plain client on hyper, and
//! shows what requests cost without a client of our own.
//!
//! Baselines are rows of the benchmark and no contestants: they run one kind of workload only.

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

/// All baselines whose features are on.
pub fn baselines() -> Vec<Box<dyn Contestant>> {
    let baselines = [
        #[cfg(feature = "tokio")]
        tokio::MULTI_THREAD,
        #[cfg(feature = "tokio")]
        tokio::CURRENT_THREAD,
        #[cfg(feature = "async-std")]
        async_std::ASYNC_STD,
        #[cfg(feature = "smol")]
        smol::GLOBAL,
        #[cfg(feature = "smol")]
        smol::LOCAL,
        bare::BARE,
        #[cfg(feature = "hyper")]
        hyper::HYPER,
    ];
    baselines.map(|baseline| Box::new(baseline) as Box<dyn Contestant>).into()
}
