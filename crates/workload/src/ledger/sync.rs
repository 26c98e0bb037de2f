//! What the ledger's tasks meet by on several threads: std's locks and atomics, or under
//! `cfg(interleavings)` loom's, by which the models in `tests` try the ways in which threads can meet.

use std::sync::PoisonError;

#[cfg(not(interleavings))]
pub(super) use std::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize},
};

#[cfg(interleavings)]
pub(super) use self::modelled::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize};
#[cfg(interleavings)]
pub(super) use loom::sync::{Condvar, Mutex, MutexGuard};

/// Locks, also after a task panicked while it held the lock: what is in there is only counted.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// loom takes `SeqCst` for `AcqRel`, except in fences. With a fence on both sides each access has its
/// place in the one order that `SeqCst` promises. A weaker access has no fences. A store is a swap,
/// because loom leaves open which of two stores came first, but not of a swap.
#[cfg(interleavings)]
mod modelled {
    use std::sync::atomic::Ordering::{self, SeqCst};

    use loom::sync::atomic::{self, fence};

    fn in_order<T>(ordering: Ordering, access: impl FnOnce() -> T) -> T {
        let is_total = ordering == SeqCst;
        is_total.then(|| fence(SeqCst));
        let done = access();
        is_total.then(|| fence(SeqCst));
        done
    }

    macro_rules! modelled {
        ($($name:ident($value:ty) { $($method:ident($($argument:ident: $type:ty),*) -> $yields:ty;)* })*) => {$(
            #[derive(Debug, Default)]
            pub(in super::super) struct $name(atomic::$name);

            impl $name {
                #[allow(dead_code, reason = "of some types only")]
                pub(in super::super) fn new(value: $value) -> Self {
                    Self(atomic::$name::new(value))
                }

                $(pub(in super::super) fn $method(&self, $($argument: $type,)* ordering: Ordering) -> $yields {
                    in_order(ordering, || self.0.$method($($argument,)* ordering))
                })*

                pub(in super::super) fn store(&self, value: $value, ordering: Ordering) {
                    in_order(ordering, || self.0.swap(value, ordering));
                }

                #[allow(dead_code, reason = "of some types only")]
                pub(in super::super) fn compare_exchange(
                    &self,
                    old: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    in_order(success, || self.0.compare_exchange(old, new, success, failure))
                }
            }
        )*};
    }

    modelled! {
        AtomicBool(bool) { load() -> bool; }
        AtomicU8(u8) { load() -> u8; }
        AtomicUsize(usize) { fetch_add(value: usize) -> usize; }
        AtomicU64(u64) {
            load() -> u64;
            fetch_add(value: u64) -> u64;
            fetch_max(value: u64) -> u64;
        }
    }
}
