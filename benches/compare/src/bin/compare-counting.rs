//! The process of a cell over a counting allocator, whose heap is counted and whose time is not. It has
//! nothing of `compare` but that, and so is soon linked.

use std::process::ExitCode;

use contestant::heap::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_none_or(|command| command != "cell") {
        eprintln!("compare-counting: `compare` starts this for cells whose heap is counted");
        return ExitCode::from(2);
    }
    compare::limits::raise_descriptors();
    compare::registry::serve(std::env::args().nth(2).as_deref())
}
