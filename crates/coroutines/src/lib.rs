//! Waiting in coroutines: one async task on several runtimes.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`timer`] | the task that waits for a timer: [`add`](timer::add), written once |
//! | [`http`] | the task that waits for answers of a server: [`fetch`](http::fetch), written once |
//! | `connection` | what `fetch` waits in: connecting, writing and reading, each until a moment |
//! | `in_time` | an operation beside an alarm that goes off when it has taken too long |
//! | [`runtime`] | [`Runtime`]: the little that the task wants of a runtime |
//! | [`contestant`] | a [`Contestant`] out of any runtime |
//! | [`bare`] | `coroutines/bare`: futures in one slab, polled by hand; always there |
//! | `tokio` | (feature `tokio`) `coroutines/tokio` and `coroutines/tokio-current-thread` |
//! | `async_std` | (feature `async-std`) `coroutines/async-std` |
//! | `smol` | (feature `smol`) `coroutines/smol` and `coroutines/smol-local` |
//! | [`baseline`] | the same task written straight on each runtime, to weigh the harness's overhead; and a plain hyper client |

#[cfg(feature = "async-std")]
pub mod async_std;
pub mod bare;
pub mod baseline;
mod connection;
pub mod contestant;
pub mod http;
mod in_time;
pub mod runtime;
#[cfg(feature = "smol")]
pub mod smol;
pub mod timer;
#[cfg(feature = "tokio")]
pub mod tokio;

use workload::Contestant;

use crate::contestant::On;
pub use crate::runtime::Runtime;

/// All contestants of this model whose features are on.
pub fn contestants() -> Vec<Box<dyn Contestant>> {
    vec![
        #[cfg(feature = "tokio")]
        On::<tokio::MultiThread>::boxed(),
        #[cfg(feature = "tokio")]
        On::<tokio::CurrentThread>::boxed(),
        #[cfg(feature = "async-std")]
        On::<async_std::AsyncStd>::boxed(),
        #[cfg(feature = "smol")]
        On::<smol::Global>::boxed(),
        #[cfg(feature = "smol")]
        On::<smol::Local>::boxed(),
        On::<bare::Bare>::boxed(),
    ]
}

/// What there is when all features are on, with the feature that brings each. A contestant's feature
/// brings the baseline of its name too.
pub const FEATURES: &[(&str, &str)] = &[
    ("coroutines/tokio", "tokio"),
    ("coroutines/tokio-current-thread", "tokio"),
    ("coroutines/async-std", "async-std"),
    ("coroutines/smol", "smol"),
    ("coroutines/smol-local", "smol"),
    ("baseline/hyper", "hyper"),
];
