//! Waiting in coroutines: one async task on several runtimes.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`timer`] | the task that waits for a timer: [`add`](timer::add), written once |
//! | [`http`] | the task that waits for answers of a server: [`fetch`](http::fetch), written once |
//! | [`relay`] | the task that waits for a token: [`pass`](relay::pass), written once |
//! | `connection` | what `fetch` waits in: connecting, writing and reading, each until a moment |
//! | `cancel` | the task that is dropped while it waits, or when its timeout comes |
//! | `in_time` | an operation beside an alarm that goes off when it has taken too long |
//! | [`runtime`] | [`Runtime`] and [`Sockets`]: the little that the task wants of a runtime |
//! | [`contestant`] | a [`Contestant`] out of any runtime |
//! | [`bare`] | `coroutines/bare`: futures in one slab, polled by hand; always there |
//! | `tokio` | (feature `tokio`) `coroutines/tokio` and `coroutines/tokio-current-thread` |
//! | `as_written` | (feature `tokio`) tokio as people write it: `coroutines/tokio-joinset`, `coroutines/tokio-join-all` and `coroutines/tokio-async-fn` |
//! | `async_std` | (feature `async-std`) `coroutines/async-std` |
//! | `smol` | (feature `smol`) `coroutines/smol` and `coroutines/smol-local` |
//! | `stackful` | (feature `stackful`) `coroutines/stackful`: coroutines with a stack each |
//! | [`baseline`] | the same task written straight on each runtime, to weigh the harness's overhead; and a plain hyper client |

/// A list of contestants, one a line: its id, the feature that brings it, and how it is made. From it
/// follow the function that makes those whose features are on, and `FEATURES`.
macro_rules! listed {
    ($(#[$what:meta])* $name:ident: $($id:literal $(by $feature:literal)? => $make:expr;)*) => {
        $(#[$what])*
        pub fn $name() -> Vec<Box<dyn Contestant>> {
            vec![$($(#[cfg(feature = $feature)])? $make),*]
        }

        /// Those of them that a feature brings, each with its feature.
        pub const FEATURES: &[(&str, &str)] = &[$($(($id, $feature),)?)*];
    };
}

#[cfg(feature = "tokio")]
pub mod as_written;
#[cfg(feature = "async-std")]
pub mod async_std;
pub mod bare;
pub mod baseline;
mod cancel;
mod connection;
pub mod contestant;
pub mod http;
mod in_time;
pub mod relay;
pub mod runtime;
#[cfg(feature = "smol")]
pub mod smol;
#[cfg(feature = "stackful")]
pub mod stackful;
pub mod timer;
#[cfg(feature = "tokio")]
pub mod tokio;

use workload::Contestant;

use crate::contestant::On;
pub use crate::runtime::{Runtime, Sockets};

listed! {
    /// All contestants of this model whose features are on.
    contestants:
    "coroutines/tokio" by "tokio" => On::<tokio::MultiThread>::boxed();
    "coroutines/tokio-current-thread" by "tokio" => On::<tokio::CurrentThread>::boxed();
    "coroutines/tokio-joinset" by "tokio" => On::<tokio::OnTokio<as_written::InJoinSet>>::boxed();
    "coroutines/tokio-join-all" by "tokio" => On::<tokio::OnTokio<as_written::JoinAll>>::boxed();
    "coroutines/tokio-async-fn" by "tokio" => On::<tokio::OnTokio<as_written::AsyncFn>>::boxed();
    "coroutines/async-std" by "async-std" => On::<async_std::AsyncStd>::boxed();
    "coroutines/smol" by "smol" => On::<smol::Global>::boxed();
    "coroutines/smol-local" by "smol" => On::<smol::Local>::boxed();
    "coroutines/stackful" by "stackful" => Box::new(stackful::Stackful);
    "coroutines/bare" => On::<bare::Bare>::boxed();
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use workload::{Http, Ledger, Settings, Workload};

    use super::*;

    #[test]
    fn each_is_listed_under_its_own_id() {
        let of = |ids: Vec<Box<dyn Contestant>>| ids.into_iter().map(|one| one.id().as_str());
        let listed = FEATURES.iter().chain(baseline::FEATURES).map(|(id, _)| *id);
        let listed: Vec<&str> = listed.chain(["coroutines/bare", "baseline/bare"]).collect();
        for id in of(contestants()).chain(of(baseline::baselines())) {
            assert!(listed.contains(&id), "{id} is not in {listed:?}");
        }
    }

    #[test]
    fn a_runtime_of_which_only_timers_are_used_refuses_requests() {
        let timers = On::<bare::Bare>::timers_only();
        let timer = Workload::timer(1, Duration::ZERO);
        let http = Http::new("127.0.0.1:1".parse().unwrap(), Duration::ZERO, 0);
        let http = Workload::http(1, http);
        assert_eq!((timers.unsupported(&timer), timers.unsupported(&http)), (None, Some("timers")));
        let mut started = timers.start(&Settings::default()).unwrap();
        started.run(Ledger::open(timer)).unwrap();
        let refused = started.run(Ledger::open(http)).unwrap_err();
        assert_eq!(refused.to_string(), "this contestant runs only timers");
    }
}
