//! How much of its threads' stacks a process has touched, from `/proc/PID/smaps`.
//!
//! Neither `smaps_rollup` nor a control group tells stacks from other anonymous memory, so the
//! mappings are gone through one by one (proc_pid_smaps(5)). What counts as a stack:
//!
//! * the main thread's, which the kernel names `[stack]`;
//! * anonymous memory that may be read and written, right above a *guard*: anonymous memory of at
//!   most [`LARGEST_GUARD`] that may not be touched at all. That is how glibc, musl and std lay out
//!   a thread's stack, and std the signal stack of each of its threads.
//!
//! A heap of glibc's malloc is the other way round, with what it has not used yet above it as such a
//! mapping. Where that is small and the next heap follows it, the two look alike; but heaps begin at
//! multiples of [`ARENA_ALIGNMENT`], and stacks above a guard do not.
//!
//! A C library that guards stacks without a mapping of its own (glibc from 2.42 on, where the kernel
//! has `MADV_GUARD_INSTALL`) leaves nothing to tell them by. Its stacks are then not seen, and stand
//! with the allocator's part of the bill.
//!
//! What a thread keeps at the upper end of its stack, thread-locals and the C library's own
//! description of it, counts as stack.

use std::io::{self, BufRead};
use std::ops::Range;

/// The largest guard: one page of the largest size that Linux has.
pub const LARGEST_GUARD: u64 = 64 * 1024;

/// `HEAP_MAX_SIZE` of glibc's malloc on 64-bit systems.
pub const ARENA_ALIGNMENT: u64 = 64 * 1024 * 1024;

/// The bytes of all stacks that have been touched, swapped out or not, from the text of `smaps`, which is read as a
/// stream: ten thousand threads have some 30 MB of it.
///
/// # Errors
/// If it cannot be read, or a line is not as the kernel writes it.
pub fn touched_bytes(mut smaps: impl BufRead) -> io::Result<u64> {
    let mut line = Vec::new();
    let mut below: Option<Mapping> = None;
    let mut is_stack = false;
    let mut touched = 0_u64;
    loop {
        line.clear();
        if smaps.read_until(b'\n', &mut line)? == 0 {
            return Ok(touched);
        }
        if is_header(&line) {
            let mapping = Mapping::parse(&line).ok_or_else(|| strange(&line))?;
            is_stack = mapping.is_stack(below.as_ref());
            below = Some(mapping);
        } else if is_stack
            && let Some(value) =
                line.strip_prefix(b"Anonymous:").or_else(|| line.strip_prefix(b"Swap:"))
        {
            let bytes = kilobytes(value).ok_or_else(|| strange(&line))?;
            touched = touched.checked_add(bytes).ok_or_else(|| strange(&line))?;
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Mapping {
    addresses: Range<u64>,
    /// Anonymous memory that may be read and written.
    is_writable: bool,
    is_guard: bool,
    is_main_stack: bool,
}

impl Mapping {
    /// The line `start-end permissions offset device inode [name]`.
    fn parse(line: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(line).ok()?;
        let mut fields = line.split_ascii_whitespace();
        let (start, end) = fields.next()?.split_once('-')?;
        let addresses = u64::from_str_radix(start, 16).ok()?..u64::from_str_radix(end, 16).ok()?;
        let permissions = fields.next()?;
        let inode = fields.nth(2)?;
        let name = fields.next().unwrap_or_default();
        // A program can give anonymous memory a name: PR_SET_VMA_ANON_NAME of prctl(2).
        let is_anonymous = inode == "0" && (name.is_empty() || name.starts_with("[anon:"));
        let size = addresses.end.saturating_sub(addresses.start);
        Some(Self {
            addresses,
            is_writable: is_anonymous && permissions == "rw-p",
            is_guard: is_anonymous && permissions == "---p" && size <= LARGEST_GUARD,
            is_main_stack: name == "[stack]",
        })
    }

    fn is_stack(&self, below: Option<&Self>) -> bool {
        let Range { start, .. } = self.addresses;
        let is_above_guard =
            below.is_some_and(|below| below.is_guard && below.addresses.end == start);
        self.is_main_stack
            || (self.is_writable && is_above_guard && !start.is_multiple_of(ARENA_ALIGNMENT))
    }
}

/// A mapping's first line begins with an address in lower case, the others with a capital.
fn is_header(line: &[u8]) -> bool {
    line.first().is_some_and(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn kilobytes(value: &[u8]) -> Option<u64> {
    let value = std::str::from_utf8(value).ok()?.trim().strip_suffix("kB")?;
    value.trim_end().parse::<u64>().ok()?.checked_mul(1024)
}

fn strange(line: &[u8]) -> io::Error {
    let line = String::from_utf8_lossy(line);
    io::Error::new(io::ErrorKind::InvalidData, format!("`{}` is no line of smaps", line.trim_end()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAGE: u64 = 4096;

    /// A mapping as `smaps` has it, cut down to the lines that matter and one that does not.
    fn mapping(start: u64, size: u64, may: &str, name: &str, anonymous: u64) -> String {
        format!(
            "{start:x}-{:x} {may} 00000000 00:00 0 {name}\nSize: {} kB\nRss: {} kB\n\
             Anonymous: {:>14} kB\nVmFlags: rd wr mr mw me ac \n",
            start + size,
            size / 1024,
            anonymous / 1024,
            anonymous / 1024
        )
    }

    fn touched(text: &str) -> u64 {
        touched_bytes(text.as_bytes()).unwrap()
    }

    #[test]
    fn stacks_of_threads_and_signals_and_the_main_one_count() {
        let base = 0x7fb6_7c48_e000;
        let text = [
            mapping(base, PAGE, "---p", "", 0),
            mapping(base + PAGE, 3 * PAGE, "rw-p", "", PAGE),
            mapping(base + 4 * PAGE, PAGE, "---p", "", 0),
            mapping(base + 5 * PAGE, 512 * PAGE, "rw-p", "", 2 * PAGE),
            mapping(0x7ffc_7fb9_b000, 33 * PAGE, "rw-p", "[stack]", 11 * PAGE),
        ];
        assert_eq!(touched(&text.concat()), 14 * PAGE);
    }

    #[test]
    fn named_stacks_are_anonymous_all_the_same() {
        let base = 0x7fb6_7c48_e000;
        let name = "[anon: glibc: pthread stack: 77]";
        let text = mapping(base, PAGE, "---p", name, 0)
            + &mapping(base + PAGE, 3 * PAGE, "rw-p", name, PAGE);
        assert_eq!(touched(&text), PAGE);
    }

    #[test]
    fn heaps_are_no_stacks_also_where_the_one_below_is_nearly_full() {
        let heap = 40 * ARENA_ALIGNMENT;
        let used = ARENA_ALIGNMENT - 2 * PAGE;
        let text = [
            mapping(heap, used, "rw-p", "", used),
            mapping(heap + used, 2 * PAGE, "---p", "", 0),
            mapping(heap + ARENA_ALIGNMENT, 33 * PAGE, "rw-p", "", 7 * PAGE),
            mapping(heap + ARENA_ALIGNMENT + 33 * PAGE, ARENA_ALIGNMENT / 2, "---p", "", 0),
            mapping(heap + ARENA_ALIGNMENT * 3 / 2 + 33 * PAGE, PAGE, "rw-p", "", PAGE),
        ];
        assert_eq!(touched(&text.concat()), 0);
    }

    #[test]
    fn what_is_not_right_above_its_guard_or_is_a_file_is_no_stack() {
        let base = 0x7fb6_7c48_e000;
        let apart = mapping(base, PAGE, "---p", "", 0)
            + &mapping(base + 2 * PAGE, 3 * PAGE, "rw-p", "", PAGE);
        assert_eq!(touched(&apart), 0);
        let file = mapping(base, PAGE, "---p", "/lib/a.so", 0)
            + &mapping(base + PAGE, 3 * PAGE, "rw-p", "", PAGE);
        assert_eq!(touched(&file), 0);
        let large = mapping(base, LARGEST_GUARD + PAGE, "---p", "", 0)
            + &mapping(base + LARGEST_GUARD + PAGE, 3 * PAGE, "rw-p", "", PAGE);
        assert_eq!(touched(&large), 0);
    }

    #[test]
    fn a_line_that_is_cut_off_is_an_error_and_not_a_small_stack() {
        for text in ["7fb6", "7fb6-7fb7 rw-p", "7ffc-7ffd rw-p 0 00:00 0 [stack]\nAnonymous: 4\n"] {
            assert!(touched_bytes(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[derive(Clone, Copy, Debug)]
    enum Piece {
        Stack { guard_pages: u64, pages: u64, touched: u64 },
        Heap { pages: u64, touched: u64 },
        Gap { pages: u64 },
        File { pages: u64 },
    }

    fn piece() -> impl Strategy<Value = Piece> {
        prop_oneof![
            (1_u64..=16, 1_u64..600, 0_u64..600).prop_map(|(guard_pages, pages, touched)| {
                Piece::Stack { guard_pages, pages, touched: touched.min(pages) }
            }),
            (1_u64..=16_384, 0_u64..16_384)
                .prop_map(|(pages, touched)| Piece::Heap { pages, touched: touched.min(pages) }),
            (1_u64..1000).prop_map(|pages| Piece::Gap { pages }),
            (1_u64..1000).prop_map(|pages| Piece::File { pages }),
        ]
    }

    proptest! {
        #[test]
        fn only_stacks_count_whatever_lies_between_them(
            pieces in proptest::collection::vec(piece(), 0..40)
        ) {
            let mut text = String::new();
            let mut at = 1000 * ARENA_ALIGNMENT + PAGE;
            let mut expected = 0;
            for piece in pieces {
                match piece {
                    Piece::Stack { guard_pages, pages, touched } => {
                        // A stack that begins where a heap could is one in sixteen thousand.
                        if (at + guard_pages * PAGE).is_multiple_of(ARENA_ALIGNMENT) {
                            at += PAGE;
                        }
                        text += &mapping(at, guard_pages * PAGE, "---p", "", 0);
                        at += guard_pages * PAGE;
                        text += &mapping(at, pages * PAGE, "rw-p", "", touched * PAGE);
                        at += pages * PAGE;
                        expected += touched * PAGE;
                    }
                    Piece::Heap { pages, touched } => {
                        at = at.next_multiple_of(ARENA_ALIGNMENT);
                        text += &mapping(at, pages * PAGE, "rw-p", "", touched * PAGE);
                        let rest = ARENA_ALIGNMENT - pages * PAGE;
                        if rest > 0 {
                            text += &mapping(at + pages * PAGE, rest, "---p", "", 0);
                        }
                        at += ARENA_ALIGNMENT;
                        // What follows a heap directly is another heap, or lies apart from it.
                        text += &mapping(at, PAGE, "r--p", "/lib/a.so", 0);
                        at += PAGE;
                    }
                    Piece::Gap { pages } => at += pages * PAGE,
                    Piece::File { pages } => {
                        text += &mapping(at, pages * PAGE, "rw-p", "/lib/a.so", pages * PAGE);
                        at += pages * PAGE;
                    }
                }
            }
            prop_assert_eq!(touched(&text), expected);
        }

        #[test]
        fn no_text_breaks_the_reader(text in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = touched_bytes(text.as_slice());
        }

        #[test]
        fn no_line_breaks_the_reader(text in "([0-9a-f]{1,20}-[0-9a-f]{1,20} [rwxp-]{4} 0 00:00 0 ?(\\[stack\\])?\nAnonymous: [0-9]{1,22} kB\n){0,4}") {
            let _ = touched_bytes(text.as_bytes());
        }
    }
}
