//! `compare` over a counting allocator, for cells whose heap is counted and whose time is not.

use std::process::ExitCode;

use compare::meter::heap::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

fn main() -> ExitCode {
    compare::cli::main()
}
