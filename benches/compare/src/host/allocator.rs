//! What the environment sets of the allocator.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// As long at most is a setting that is kept.
const LONGEST: usize = 500;

/// Settings in the environment that change what an allocator keeps, or which one is loaded; see
/// mallopt(3), ld.so(8) and each allocator's manual.
pub(super) fn settings(
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> BTreeMap<String, String> {
    const FAMILIES: [&str; 6] =
        ["MALLOC_", "_RJEM_MALLOC_", "JE_MALLOC_", "MIMALLOC_", "TCMALLOC_", "SNMALLOC_"];
    const NAMES: [&str; 3] = ["GLIBC_TUNABLES", "LD_PRELOAD", "SCUDO_OPTIONS"];
    let text = |given: OsString| given.to_string_lossy().into_owned();
    environment
        .map(|(name, value)| (text(name), text(value)))
        .filter(|(name, _)| {
            FAMILIES.iter().any(|family| name.starts_with(family)) || NAMES.contains(&&**name)
        })
        .map(|(name, value)| (cut(&name), cut(&value)))
        .collect()
}

/// A text that is not longer than is kept.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_allocators_settings_are_kept() {
        let long = "x".repeat(LONGEST + 1);
        let environment = [
            ("MALLOC_ARENA_MAX", "1"),
            ("MALLOC_CONF", &long),
            ("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0"),
            ("LD_PRELOAD", "libjemalloc.so.2"),
            ("MIMALLOC_PAGE_RESET", "0"),
            ("HOME", "/"),
            ("JEMALLOC_MALLOC_", "x"),
        ];
        let kept =
            settings(environment.map(|(name, value)| (name.into(), value.into())).into_iter());
        let names: Vec<&str> = kept.keys().map(String::as_str).collect();
        let expected = [
            "GLIBC_TUNABLES",
            "LD_PRELOAD",
            "MALLOC_ARENA_MAX",
            "MALLOC_CONF",
            "MIMALLOC_PAGE_RESET",
        ];
        assert_eq!(names, expected);
        assert_eq!(kept["MALLOC_ARENA_MAX"], "1");
        assert_eq!(kept["MALLOC_CONF"], "x".repeat(LONGEST) + "…");
    }
}
