//! Where a panic ends.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does the work and returns what it yields; `None` if it panicked. What it shares with others must
/// be in order wherever it may panic.
#[inline]
pub fn contain<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).map_err(let_go).ok()
}

/// Drops what a panic was made with, which can be anything, also something whose drop panics.
#[cold]
fn let_go(payload: Box<dyn Any + Send>) {
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(another);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::resume_unwind;

    use super::*;

    #[test]
    fn a_panic_ends_here_whatever_it_was_made_with() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                resume_unwind(Box::new("planted"));
            }
        }
        assert_eq!(contain(|| 3), Some(3));
        assert_eq!(contain(|| -> u8 { resume_unwind(Box::new(Bomb)) }), None);
    }
}
