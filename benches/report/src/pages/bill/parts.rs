//! The parts of a bill, with their names.

use analysis::bill::Bill;
use analysis::estimate::Estimate;

use crate::format;

/// A part of a bill.
pub(super) struct Part {
    /// Above a column and in a picture.
    pub(super) name: &'static str,
    /// Its bytes; `None` where it was not read.
    pub(super) of: fn(&Bill) -> Option<Estimate>,
}

const HEAP: Part = Part { name: "heap", of: |bill| bill.heap };
const ALLOCATOR: Part = Part { name: "allocator", of: |bill| bill.allocator };
const BOTH: Part = Part { name: "heap and allocator", of: |bill| bill.heap_and_allocator };
const UNSPLIT: Part = Part { name: "private, not split", of: |bill| bill.other_private };
const STACKS: Part = Part { name: "own stacks", of: |bill| bill.stacks };
const PAGE_TABLES: Part = Part { name: "page tables", of: |bill| Some(bill.page_tables) };
const KERNEL_STACKS: Part = Part { name: "kernel stacks", of: |bill| Some(bill.kernel_stacks) };
const OTHER_KERNEL: Part = Part { name: "kernel objects", of: |bill| bill.other_kernel };
const SOCKETS: Part = Part { name: "socket buffers", of: |bill| bill.sockets };

/// The parts of the table that is not folded away.
pub(super) const FEW: [Part; 5] = [BOTH, STACKS, PAGE_TABLES, KERNEL_STACKS, OTHER_KERNEL];

/// The parts that add up to the whole, in the order in which they are stacked.
pub(super) const ALL: [Part; 8] =
    [HEAP, ALLOCATOR, UNSPLIT, STACKS, PAGE_TABLES, KERNEL_STACKS, OTHER_KERNEL, SOCKETS];

/// From which part of the whole on a part is named in a sentence.
const NAMED: f64 = 0.02;

/// The whole, and the parts that make it up, the largest first.
pub(super) fn in_words(bill: &Bill) -> (String, String) {
    let mut parts: Vec<(f64, &str)> = ALL
        .iter()
        .filter_map(|part| Some(((part.of)(bill)?.value, in_a_sentence(part.name))))
        .filter(|(bytes, _)| *bytes >= NAMED * bill.sum.value)
        .collect();
    parts.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let parts: Vec<String> =
        parts.into_iter().map(|(bytes, name)| format!("{} {name}", format::bytes(bytes))).collect();
    (format::bytes(bill.total.unwrap_or(bill.sum).value), format::list(&parts))
}

fn in_a_sentence(name: &'static str) -> &'static str {
    match name {
        "heap" => "asked of the allocator",
        "allocator" => "added by the allocator",
        "own stacks" => "of its own stack",
        "page tables" => "of page tables",
        "kernel stacks" => "of its stack in the kernel",
        "kernel objects" => "of kernel objects",
        other => other,
    }
}
