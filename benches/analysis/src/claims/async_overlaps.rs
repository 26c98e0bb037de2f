//! Asynchronous waits overlap: A and B run together, and each result comes when it is ready.

use super::inputs::Inputs;
use super::judgement::Judgement;

/// How much of the longest wait all of them may take together and still overlap.
pub const MOST: f64 = 1.1;

/// It takes the order in which tasks end against the order of their waits.
pub(super) fn judge(_inputs: &Inputs<'_>) -> Judgement {
    Judgement::needs_trace()
}
