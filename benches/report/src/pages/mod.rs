//! The generated pages. One file each, with a line in [`all`].
//!
//! | file | page |
//! | --- | --- |
//! | `page` | [`Page`]: what a page is |

mod page;

pub use page::Page;

/// All of them, in the order in which they are linked.
pub fn all() -> Vec<Page> {
    vec![]
}
