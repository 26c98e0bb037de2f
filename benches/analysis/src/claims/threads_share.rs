//! Threads share the memory of their process, and each has its own path.

use super::inputs::Inputs;
use super::judgement::Judgement;

/// How many tasks of a thread each may have run on a thread that another one ran on.
pub const MOST_SHARED: u64 = 0;

/// It takes the thread that each task ran on.
pub(super) fn judge(_inputs: &Inputs<'_>) -> Judgement {
    Judgement::needs_trace()
}
