//! The heap, counted: how many bytes a program has asked its allocator for and not given back.
//!
//! What a process weighs depends on its allocator's bins, arenas and unreturned pages; what it
//! *asked for* does not. The difference between both is the allocator's part of the bill.
//!
//! Counting slows down programs whose threads allocate at once, because all of them write one
//! counter. So only a build of its own counts, and that build is never timed:
//!
//! ```no_run
//! use contestant::heap::CountingAllocator;
//!
//! #[global_allocator]
//! static HEAP: CountingAllocator = CountingAllocator::new();
//! ```

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The bytes live in the program's [`CountingAllocator`]; `None` if this program's global allocator
/// is another.
///
/// The count is of bytes *requested*, without what the allocator adds for alignment and
/// bookkeeping. Memory that a program takes with mmap(2) by itself, such as thread stacks, is not
/// in it.
pub fn live_bytes() -> Option<u64> {
    // Every Rust program allocates before `main`, so a counting global allocator has been called.
    GLOBAL.called.load(Ordering::Relaxed).then(|| GLOBAL.live.load(Ordering::Relaxed))
}

/// The system's allocator, with its live bytes counted.
///
/// Every value made by [`CountingAllocator::new`] counts into the one counter that [`live_bytes`]
/// reads, since a program has one global allocator.
#[derive(Debug)]
pub struct CountingAllocator {
    counter: &'static Counter,
}

impl CountingAllocator {
    /// The allocator to declare as `#[global_allocator]`.
    pub const fn new() -> Self {
        Self { counter: &GLOBAL }
    }
}

impl Default for CountingAllocator {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: every call is passed on to `System` with the arguments given, and what it returns is
// returned as it is. Counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps `GlobalAlloc::alloc`'s contract, which is `System`'s.
        let block = unsafe { System.alloc(layout) };
        if !block.is_null() {
            self.counter.add(layout.size());
        }
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps `GlobalAlloc::alloc_zeroed`'s contract, which is `System`'s.
        let block = unsafe { System.alloc_zeroed(layout) };
        if !block.is_null() {
            self.counter.add(layout.size());
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller got `block` from this allocator, hence from `System`, with `layout`.
        unsafe { System.dealloc(block, layout) };
        self.counter.subtract(layout.size());
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller got `block` from this allocator, hence from `System`, with `layout`,
        // and keeps `GlobalAlloc::realloc`'s contract for `new_size`.
        let moved = unsafe { System.realloc(block, layout, new_size) };
        if !moved.is_null() {
            // In this order the count never falls below zero in between.
            self.counter.add(new_size);
            self.counter.subtract(layout.size());
        }
        moved
    }
}

static GLOBAL: Counter = Counter::new();

#[derive(Debug)]
struct Counter {
    called: AtomicBool,
    live: AtomicU64,
}

impl Counter {
    const fn new() -> Self {
        Self { called: AtomicBool::new(false), live: AtomicU64::new(0) }
    }

    // Relaxed: the counter orders nothing. A reader wants a total of what was done before it was
    // told to read, and the message that told it orders that.
    fn add(&self, bytes: usize) {
        if !self.called.load(Ordering::Relaxed) {
            self.called.store(true, Ordering::Relaxed);
        }
        self.live.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn subtract(&self, bytes: usize) {
        self.live.fetch_sub(bytes as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An allocator with a counter of its own, so that tests do not see each other's bytes.
    fn counting() -> (CountingAllocator, &'static Counter) {
        let counter: &'static Counter = Box::leak(Box::new(Counter::new()));
        (CountingAllocator { counter }, counter)
    }

    fn live(counter: &Counter) -> u64 {
        counter.live.load(Ordering::Relaxed)
    }

    #[test]
    fn blocks_are_live_until_given_back() {
        let (heap, counter) = counting();
        let small = Layout::from_size_align(24, 8).unwrap();
        let aligned = Layout::from_size_align(1000, 64).unwrap();
        // SAFETY: the layout is not empty.
        let first = unsafe { heap.alloc(small) };
        assert_eq!(live(counter), 24);
        // SAFETY: the layout is not empty.
        let second = unsafe { heap.alloc_zeroed(aligned) };
        assert_eq!(live(counter), 1024);
        assert_eq!(second.align_offset(64), 0);
        // SAFETY: `alloc_zeroed` returned 1000 zeroed bytes.
        let zeroed = unsafe { std::slice::from_raw_parts(second, 1000) };
        assert!(zeroed.iter().all(|&byte| byte == 0));
        // SAFETY: `first` came from this allocator with this layout and is not used again.
        unsafe { heap.dealloc(first, small) };
        assert_eq!(live(counter), 1000);
        // SAFETY: `second` came from this allocator with this layout and is not used again.
        unsafe { heap.dealloc(second, aligned) };
        assert_eq!(live(counter), 0);
    }

    #[test]
    fn a_block_that_grows_or_shrinks_counts_as_its_new_size() {
        let (heap, counter) = counting();
        let layout = |size| Layout::from_size_align(size, 8).unwrap();
        // SAFETY: the layout is not empty.
        let block = unsafe { heap.alloc(layout(100)) };
        // SAFETY: `block` is 100 bytes long.
        unsafe { block.write(42) };
        // SAFETY: `block` came from this allocator with this layout; the new size is not zero.
        let block = unsafe { heap.realloc(block, layout(100), 10_000) };
        assert_eq!(live(counter), 10_000);
        // SAFETY: `block` came from this allocator with this layout; the new size is not zero.
        let block = unsafe { heap.realloc(block, layout(10_000), 10) };
        assert_eq!(live(counter), 10);
        // SAFETY: `block` is 10 bytes long, and its first byte was written above.
        assert_eq!(unsafe { block.read() }, 42);
        // SAFETY: `block` came from this allocator with this layout and is not used again.
        unsafe { heap.dealloc(block, layout(10)) };
        assert_eq!(live(counter), 0);
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri ends the program where an allocator would return null")]
    fn what_is_refused_is_not_counted() {
        let (heap, counter) = counting();
        // More than any address space has room for.
        let huge = Layout::from_size_align(isize::MAX as usize - 4095, 4096).unwrap();
        // SAFETY: the layout is not empty.
        let block = unsafe { heap.alloc(huge) };
        assert!(block.is_null());
        assert_eq!(live(counter), 0);
    }

    #[test]
    fn threads_count_together() {
        let (heap, counter) = counting();
        let layout = Layout::from_size_align(16, 8).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        // SAFETY: the layout is not empty.
                        let block = unsafe { heap.alloc(layout) };
                        // SAFETY: `block` came from this allocator with this layout.
                        unsafe { heap.dealloc(block, layout) };
                    }
                });
            }
        });
        assert_eq!(live(counter), 0);
    }

    #[test]
    fn a_program_with_another_allocator_has_no_count() {
        assert_eq!(live_bytes(), None);
    }
}
