//! A callback runs after the call that it was handed to has ended.

use super::inputs::Inputs;
use super::judgement::Judgement;

/// How many callbacks may run before that call has ended.
pub const MOST_BEFORE: u64 = 0;

/// It takes when each callback began against when the call that it was handed to ended.
pub(super) fn judge(_inputs: &Inputs<'_>) -> Judgement {
    Judgement::needs_trace()
}
