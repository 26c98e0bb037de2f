//! Weighs any server: what one more connection costs it, and how many it can hold.
//!
//! The server is not ours and knows nothing of this. It is started in a control group of its own, or found
//! where it runs. Another process holds connections to it, more at each step, and while all of them are held
//! the server is weighed from outside. A step counts only if the server itself had accepted every connection
//! before and after it was weighed, by the sockets that its processes have.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`process`] | one process of a server, from its start through its steps to its end |
//! | [`server`] | the processes that are weighed |
//! | [`address`] | where a server listens |
//! | [`sockets`] | who listens, and what was accepted, by the kernel's lists |
//! | `stops` | what stops a server from holding more |
//! | [`client`] | the program that holds the connections |
//! | [`handle`] | that program as the harness has it, and what they say to each other |
//! | [`request`] | what a connection sends, and whether its answer is whole |

pub mod address;
pub mod client;
pub mod handle;
pub mod process;
pub mod request;
pub mod server;
pub mod sockets;
mod stops;
