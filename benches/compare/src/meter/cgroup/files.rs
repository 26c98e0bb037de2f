//! The formats of the kernel's files on control groups.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

/// A file's single number.
pub(super) fn single(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// A file of lines `key number`.
pub(super) fn flat_keyed(path: &Path) -> HashMap<String, u64> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let pairs = text.lines().filter_map(|line| {
        let (key, number) = line.split_once(' ')?;
        Some((key.to_owned(), number.trim().parse().ok()?))
    });
    pairs.collect()
}

/// The processes in the group of this folder, as far as they are in this pid namespace: others are listed
/// as 0.
pub(super) fn pids(group: &Path) -> Vec<i32> {
    let text = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).filter(|pid| *pid > 0).collect()
}

/// The path of the group in the hierarchy with these controllers, as a process's `cgroup` file has it.
pub(super) fn group_in(cgroup: &str, has_controllers: impl Fn(&str) -> bool) -> Option<&str> {
    // hierarchy-id:controllers:path; the path may itself hold colons.
    cgroup.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let controllers = fields.next()?;
        has_controllers(controllers).then(|| fields.next())?
    })
}

/// Whether a list with commas has this item.
pub(super) fn lists(list: &str, wanted: &str) -> bool {
    list.split(',').any(|item| item == wanted)
}

/// mountinfo writes space, tab, line end and backslash as `\` and three octal digits.
pub(super) fn unescape(field: &str) -> String {
    field.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

/// The error with the file that it is about, which the system does not name.
pub(super) fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
