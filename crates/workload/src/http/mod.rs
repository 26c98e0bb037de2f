//! The workload `http`: each wait is a request to a server that answers after the delay asked for.
//!
//! What every model does is here, without a socket and without waiting: which bytes to send, what
//! to make of the bytes that come, and how long each step may take. How to wait for them is the
//! model's own business, and all that differs.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`spec`] | [`Http`]: what a request asks for, and how long it may take |
//! | [`fault`] | [`Fault`]: what the server is asked to do wrong, in tests |
//! | [`body`] | the bytes of an answer's body, which the client can tell from any others |
//! | [`codec`] | HTTP/1.1 without a socket: requests to bytes, bytes to events |
//! | [`fetch`] | [`Fetch`]: one request of one task, and whether its answer is the right one |
//! | [`get`] | [`Client`](get::Client): a small client that blocks, for the programs that run tasks |
//! | [`error`] | [`FetchError`]: what went wrong with a request, in which phase, and when |
//! | [`stats`] | [`Stats`]: what the server says of itself |

pub mod body;
pub mod codec;
pub mod error;
pub mod fault;
pub mod fetch;
pub mod get;
pub mod spec;
pub mod stats;

pub use error::{ErrorKind, FetchError, Phase};
pub use fault::Fault;
pub use fetch::{Answer, Fetch};
pub use get::GetError;
pub use spec::{Http, Timeouts};
pub use stats::Stats;
