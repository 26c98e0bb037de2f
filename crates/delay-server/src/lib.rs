//! An HTTP/1.1 server that answers after the delay it is asked for.
//!
//! It is what the tasks of the workload `http` wait for. It runs in a process of its own, so that
//! what a task costs its client is weighed without the server's share, and it counts for itself how
//! many requests were open at once: a client cannot claim more than the server saw.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`server`] | [`Server`]: listens, accepts, and stops within its grace time |
//! | [`query`] | [`Request`]: what a path and its query ask for |
//! | [`counters`] | how many requests are open, were served, were broken; in all and by group |
//! | [`pacer`] | [`Pacer`]: the bandwidth that all answers share |
//! | [`process`] | [`ServerProcess`]: a server of their own for other crates' tests |
//! | [`cli`] | the command line |
//! | `connection` | one connection, from its first request until it closes |
//! | `answer` | the answers, piece by piece |
//! | `faults` | what goes wrong on request |
//!
//! | request | answer |
//! | --- | --- |
//! | `GET /wait?ms=50&bytes=1024&a=1&b=2` | after 50 ms: the sum in the header `x-sum`, and 1024 bytes that [`workload::http::body`] can verify |
//! | `…&group=7` | the same, counted under group 7 too |
//! | `…&encoding=length`, `chunked`, `close` | how the body's end is told: by `Content-Length` (the default), in chunks, or by closing the connection |
//! | `GET /fault?kind=reset&…` | a [`Fault`](workload::http::Fault), after the delay; for `slow-drip`, `ms` is the pause before each byte |
//! | `GET /stats`, `GET /stats?group=7` | [`Stats`](workload::http::Stats) as JSON |

mod answer;
pub mod cli;
mod connection;
pub mod counters;
mod faults;
pub mod pacer;
pub mod process;
pub mod query;
pub mod server;

pub use pacer::Pacer;
pub use process::ServerProcess;
pub use query::Request;
pub use server::{BindError, Options, Server};
