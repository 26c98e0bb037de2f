//! The parts of a bill, with their names.

use analysis::bill::Bill;
use analysis::estimate::Estimate;

use crate::format;

/// A part of a bill.
#[derive(Clone, Copy)]
pub(super) struct Part {
    /// Above a column and in a picture.
    pub(super) name: &'static str,
    /// After so many bytes, in a sentence.
    in_a_sentence: &'static str,
    /// Its bytes; `None` where it was not read.
    pub(super) of: fn(&Bill) -> Option<Estimate>,
}

const fn part(
    name: &'static str,
    in_a_sentence: &'static str,
    of: fn(&Bill) -> Option<Estimate>,
) -> Part {
    Part { name, in_a_sentence, of }
}

const STACKS: Part = part("own stacks", "of its own stack", |bill| bill.stacks);
const PAGE_TABLES: Part = part("page tables", "of page tables", |bill| Some(bill.page_tables));
const KERNEL_STACKS: Part =
    part("kernel stacks", "of its stack in the kernel", |bill| Some(bill.kernel_stacks));
const OTHER_KERNEL: Part = part("kernel objects", "of kernel objects", |bill| bill.other_kernel);

/// The parts of the table that is not folded away.
pub(super) const FEW: [Part; 5] = [
    part("heap and allocator", "", |bill| bill.heap_and_allocator),
    STACKS,
    PAGE_TABLES,
    KERNEL_STACKS,
    OTHER_KERNEL,
];

/// The parts that add up to the whole, in the order in which they are stacked.
pub(super) const ALL: [Part; 8] = [
    part("heap", "asked of the allocator", |bill| bill.heap),
    part("allocator", "added by the allocator", |bill| bill.allocator),
    part("private, not split", "private, not split", |bill| bill.other_private),
    STACKS,
    PAGE_TABLES,
    KERNEL_STACKS,
    OTHER_KERNEL,
    part("socket buffers", "socket buffers", |bill| bill.sockets),
];

/// From which part of the whole on a part is named in a sentence.
const NAMED: f64 = 0.02;

/// The whole, and the parts that make it up, the largest first.
pub(super) fn in_words(bill: &Bill) -> (String, String) {
    let mut parts: Vec<(f64, &str)> = ALL
        .iter()
        .filter_map(|part| Some(((part.of)(bill)?.value, part.in_a_sentence)))
        .filter(|(bytes, _)| *bytes >= NAMED * bill.sum.value)
        .collect();
    parts.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let parts = parts.into_iter().map(|(bytes, name)| format!("{} {name}", format::bytes(bytes)));
    (format::bytes(bill.total.unwrap_or(bill.sum).value), format::list(parts))
}
