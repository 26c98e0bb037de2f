//! Coroutines let several jobs run in parallel: their waits overlap on one thread; jobs that compute
//! do not, unless the runtime has threads.

use super::inputs::Inputs;
use super::judgement::Judgement;

/// How much of the longest wait all of them may take together and still overlap.
pub const MOST: f64 = 1.1;

/// How much of the sum of jobs that compute they take at least on one thread.
pub const LEAST_OF_SUM: f64 = 0.9;

/// It takes when each job ran, and on which thread.
pub(super) fn judge(_inputs: &Inputs<'_>) -> Judgement {
    Judgement::needs_trace()
}
