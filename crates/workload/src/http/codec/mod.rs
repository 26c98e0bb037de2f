//! HTTP/1.1 without a socket and without waiting: requests to bytes, bytes to events.
//!
//! The owner of the connection decides when to read and how much; the events are the same for any
//! split of the same bytes into reads.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`response`] | [`ResponseReader`]: bytes in, [`Event`]s out |
//! | [`head`] | [`Head`]: status and headers of an answer, and how its body ends |
//! | `chunked` | where the chunks of a chunked body begin and end |
//! | [`error`] | [`CodecError`]: why bytes are not an answer |
//! | [`limits`] | [`Limits`]: how large an answer may be |
//! | [`request`] | the bytes of a request |
//! | `properties` | (tests) what holds for any answer and any bytes |
//! | `transcript` | (tests and the fuzz target) all that was read from some bytes |
//!
//! It reads what an origin server may answer to a GET that asks for no upgrade: that is HTTP/1.1
//! and 1.0 as of RFC 9112 and RFC 9110. Where an answer could be understood in two ways it is
//! refused, because a connection that is used again would be out of step.

mod chunked;
pub mod error;
pub mod head;
pub mod limits;
pub mod request;
pub mod response;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod transcript;

pub use error::CodecError;
pub use head::Head;
pub use limits::{Limit, Limits};
pub use request::get_request;
pub use response::{Event, ResponseReader};
