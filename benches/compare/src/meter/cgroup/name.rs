//! The names of the groups made here: `compare-<pid of the maker>-<number>`.

/// What the names of all groups made here begin with.
pub(super) const PREFIX: &str = "compare-";

/// The maker's pid in a group's name.
pub(super) fn maker(name: &str) -> Option<u32> {
    let (pid, number) = name.strip_prefix(PREFIX)?.split_once('-')?;
    number.parse::<u32>().ok()?;
    pid.parse().ok()
}
