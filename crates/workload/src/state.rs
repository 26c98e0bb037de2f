//! The state that a task keeps alive across its waits.
//!
//! A real task waits with something in its hands: a request, a buffer, a half-built answer. Where
//! those bytes live is the difference between the models: on a thread's stack, in a callback's
//! captures, in a coroutine's frame. [`State`] is the same bytes in all of them, filled before the
//! wait and checked after it.

use std::fmt;
use std::hint::black_box;
use std::str::FromStr;

use crate::task::{Task, mix};

/// The sizes, each once: its name, its bytes, how it is printed.
macro_rules! sizes {
    ($($(#[$about:meta])* $name:ident = $bytes:literal, $text:literal;)+) => {
        /// How many bytes a task keeps alive across its waits.
        ///
        /// Each size is compiled: a task with it is code of its own, with a frame of its own.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum StateSize {
            $($(#[$about])* $name,)+
        }

        impl StateSize {
            /// All sizes, ascending.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The size in bytes.
            pub const fn bytes(self) -> u64 {
                match self {
                    $(Self::$name => $bytes,)+
                }
            }

            /// Calls `user` with this size as a constant, so that each size gets code and a frame of
            /// its own and a smaller state does not pay for a larger one.
            pub fn with<U: WithState>(self, user: U) -> U::Output {
                match self {
                    $(Self::$name => apart::<U, $bytes>(user),)+
                }
            }
        }

        impl fmt::Display for StateSize {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)+
                })
            }
        }
    };
}

sizes! {
    /// Nothing beside the task's own numbers.
    #[default]
    None = 0, "0 B";
    /// 64 bytes, a cache line.
    Bytes64 = 64, "64 B";
    /// 1 KiB.
    KiB1 = 1024, "1 KiB";
    /// 2 KiB.
    KiB2 = 2048, "2 KiB";
    /// 4 KiB, a page.
    KiB4 = 4096, "4 KiB";
    /// 8 KiB, two pages.
    KiB8 = 8192, "8 KiB";
    /// 16 KiB.
    KiB16 = 16384, "16 KiB";
    /// 32 KiB.
    KiB32 = 32768, "32 KiB";
    /// 64 KiB, what a buffer for a large answer takes.
    KiB64 = 65536, "64 KiB";
}

impl TryFrom<u64> for StateSize {
    type Error = UnknownStateSize;

    fn try_from(bytes: u64) -> Result<Self, UnknownStateSize> {
        Self::ALL
            .iter()
            .copied()
            .find(|size| size.bytes() == bytes)
            .ok_or_else(|| UnknownStateSize(bytes.to_string()))
    }
}

impl FromStr for StateSize {
    type Err = UnknownStateSize;

    /// Takes one of the sizes in bytes, with or without a unit: `1024`, `64B`, `1KiB`, `8 KiB`.
    fn from_str(text: &str) -> Result<Self, UnknownStateSize> {
        let lower = text.trim().to_ascii_lowercase();
        let (number, unit) = match lower.strip_suffix("kib") {
            Some(number) => (number, 1024),
            None => (lower.strip_suffix('b').unwrap_or(&lower), 1),
        };
        let bytes = number.trim().parse::<u64>().ok().and_then(|count| count.checked_mul(unit));
        bytes
            .and_then(|bytes| Self::try_from(bytes).ok())
            .ok_or_else(|| UnknownStateSize(text.to_owned()))
    }
}

/// A state size that no task is compiled for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("state size `{0}` is not one of 0, 64, 1KiB, 2KiB, 4KiB, 8KiB, 16KiB, 32KiB, 64KiB")]
pub struct UnknownStateSize(String);

/// Calls `user` in a frame of its own. Inlined into one function, all sizes would share the frame of the
/// largest, and a caller would touch it whole: seen, 390 kB of stack in a process without any state.
#[inline(never)]
fn apart<U: WithState, const N: usize>(user: U) -> U::Output {
    user.with::<N>()
}

/// Code that wants a [`StateSize`] as a constant.
pub trait WithState {
    /// What the code returns.
    type Output;
    /// Runs with `N` bytes of state.
    fn with<const N: usize>(self) -> Self::Output;
}

/// `N` bytes that belong to one task.
///
/// It takes no heap: it lives where the task lives, so that where it lives is what gets weighed.
#[derive(Debug)]
pub struct State<const N: usize>([u8; N]);

impl<const N: usize> State<N> {
    /// Empty state. [`fill`](Self::fill) it in place: a filled state returned by value could pass
    /// through a second copy on the stack, and the copy would be weighed too.
    pub fn empty() -> Self {
        Self([0; N])
    }

    /// Writes the task's own pattern over all bytes.
    #[inline]
    pub fn fill(&mut self, task: Task) {
        if N == 0 {
            return;
        }
        for (position, chunk) in self.0.chunks_mut(8).enumerate() {
            let word = pattern(task, position).to_le_bytes();
            let length = chunk.len();
            chunk.copy_from_slice(&word[..length]);
        }
        // The pattern could be recomputed instead of kept; the optimiser must not find that out.
        black_box(&mut self.0);
    }

    /// Whether all bytes are still what [`fill`](Self::fill) wrote for this task.
    #[inline]
    pub fn is_intact(&self, task: Task) -> bool {
        if N == 0 {
            return true;
        }
        black_box(&self.0).chunks(8).enumerate().all(|(position, chunk)| {
            let word = pattern(task, position).to_le_bytes();
            *chunk == word[..chunk.len()]
        })
    }
}

fn pattern(task: Task, position: usize) -> u64 {
    mix((u64::from(task.a) << 32 | u64::from(task.b)) ^ ((position as u64) << 17))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Observe;

    impl WithState for Observe {
        type Output = usize;
        fn with<const N: usize>(self) -> usize {
            let mut state = State::<N>::empty();
            let task = Task::nth(5);
            state.fill(task);
            assert!(state.is_intact(task), "{N} bytes as filled");
            for position in [0, N / 2, N.saturating_sub(1)] {
                if position < N {
                    state.0[position] ^= 1;
                    assert!(!state.is_intact(task), "a changed byte {position} of {N} is seen");
                    state.0[position] ^= 1;
                }
            }
            if N > 0 {
                assert!(!state.is_intact(Task::nth(6)), "another task's state is told apart");
            }
            size_of::<State<N>>()
        }
    }

    #[test]
    fn every_size_holds_exactly_its_bytes_and_sees_each_change() {
        for &size in StateSize::ALL {
            assert_eq!(size.with(Observe) as u64, size.bytes());
        }
    }

    #[test]
    fn sizes_parse_as_they_print() {
        for &size in StateSize::ALL {
            assert_eq!(size.to_string().parse(), Ok(size));
            assert_eq!(size.bytes().to_string().parse(), Ok(size));
        }
        assert_eq!(" 2 kib ".parse(), Ok(StateSize::KiB2));
        assert_eq!("65536b".parse(), Ok(StateSize::KiB64));
    }

    #[test]
    fn an_unknown_size_is_refused_with_all_that_there_are() {
        for text in ["3KiB", "", "KiB", "-1", "1.5KiB", "18446744073709551615KiB", "8KB"] {
            let message = text.parse::<StateSize>().unwrap_err().to_string();
            let names = StateSize::ALL.iter().map(|size| match size.bytes() {
                bytes @ ..1024 => bytes.to_string(),
                bytes => format!("{}KiB", bytes / 1024),
            });
            let names = names.collect::<Vec<_>>().join(", ");
            assert_eq!(message, format!("state size `{text}` is not one of {names}"));
        }
    }
}
