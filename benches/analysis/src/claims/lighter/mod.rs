//! Coroutines are lighter than threads: pair by pair, figure by figure, and from which N on.
//!
//! "Lighter" is taken apart into three figures of a waiting task (its bytes, the time to start it, the
//! CPU of its wait) and the weight of the whole process at each N, because a slope says nothing about
//! few tasks, where the runtime's own weight counts.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`pair`] | [`Compared`]: two contestants that did the same, and what was found of them |
//! | `verdict` | the verdict, its conditions and its evidence |
//! | [`summary`] | [`Summary`]: the figures of one coroutine against one thread, and where a thread is as good |

pub mod pair;
pub mod summary;
mod verdict;

pub use pair::{Compared, EVEN};
pub use summary::{AtOnce, From, MOST_PUNCTUAL, OneTask, Punctual, STATE_BYTES, Summary};
pub(super) use verdict::judge;
