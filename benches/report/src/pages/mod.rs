//! The generated pages. One file each, with a line in [`all`].
//!
//! | file | page |
//! | --- | --- |
//! | `contestants` | which contestants a page shows first |
//! | `cpu` | what a wait costs in CPU |
//! | `page` | [`Page`]: what a page is |

mod contestants;
mod cpu;
mod page;

pub use page::Page;

/// All of them, in the order in which they are linked.
pub fn all() -> Vec<Page> {
    vec![cpu::PAGE]
}
