//! Which allocator is loaded.

use std::fs;
use std::path::Path;

/// What is loaded where `LD_PRELOAD`, or whoever linked the program, has the say.
#[derive(Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The allocator that answers.
    pub allocator: String,
    /// The libraries that were to be loaded first and are not there.
    pub missing: Vec<String>,
}

/// What is loaded into this process.
pub fn loaded() -> Loaded {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let preload = std::env::var_os("LD_PRELOAD").unwrap_or_default();
    loaded_of(&maps, &preload.to_string_lossy())
}

/// The same of these mappings.
fn loaded_of(maps: &str, preload: &str) -> Loaded {
    let mapped = || maps.lines().filter_map(|line| Some(&line[line.find('/')?..]));
    let is_allocator = |path: &&str| {
        let name = name_of(path);
        name.contains(".so") && ["malloc", "hoard", "scudo"].iter().any(|word| name.contains(word))
    };
    let allocator = match mapped().find(is_allocator) {
        Some(path) => {
            // Two builds of one version are seldom of one size.
            let bytes = fs::metadata(path).map(|file| format!(" ({} bytes)", file.len()));
            format!("{}{} in place of {}", name_of(path), bytes.unwrap_or_default(), of_libc())
        }
        None => of_libc(),
    };
    Loaded { allocator, missing: not_loaded(maps, preload) }
}

/// What of this list (`LD_PRELOAD`, see ld.so(8)) is not among these mappings (proc_pid_maps(5)); nothing where
/// there are none to read.
pub fn not_loaded(maps: &str, preload: &str) -> Vec<String> {
    let mapped = || maps.lines().filter_map(|line| Some(&line[line.find('/')?..]));
    let is_mapped = |wanted: &str| {
        let real = Path::new(wanted).canonicalize().unwrap_or_default();
        let is_exact = wanted.contains('/') && !wanted.contains('$');
        mapped().any(|path| match is_exact {
            true => Path::new(path) == real,
            false => name_of(path).starts_with(name_of(wanted)),
        })
    };
    let wanted = preload.split([':', ' ']).filter(|name| !name.is_empty());
    wanted.filter(|name| !maps.is_empty() && !is_mapped(name)).map(str::to_owned).collect()
}

fn name_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn of_libc() -> String {
    // SAFETY: gnu_get_libc_version takes nothing and has no preconditions.
    let version = unsafe { libc::gnu_get_libc_version() };
    // SAFETY: it returns a string that ends with a zero byte and lives as long as the program.
    let version = unsafe { std::ffi::CStr::from_ptr(version) };
    format!("glibc malloc {}", version.to_string_lossy())
}

#[cfg(target_env = "musl")]
fn of_libc() -> String {
    "musl malloc".to_owned()
}

#[cfg(not(any(all(target_os = "linux", target_env = "gnu"), target_env = "musl")))]
fn of_libc() -> String {
    "system".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mapped_is_what_is_loaded() {
        let maps = "5500-5600 r-xp 0 08:01 7   /usr/bin/compare\n\
                    7f00-7f10 r-xp 0 08:01 9   /lib/my libs/libjemalloc.so.2\n\
                    7f10-7f20 rw-p 0 00:00 0   [heap]\n7f20-7f30 rw-p 0 00:00 0\n";
        let with = loaded_of(maps, "libjemalloc.so:/lib/libjemalloc.so.2 libtcmalloc.so");
        let expected = format!("libjemalloc.so.2 in place of {}", of_libc());
        assert_eq!(with.allocator, expected);
        assert_eq!(with.missing, ["/lib/libjemalloc.so.2", "libtcmalloc.so"]);

        let without = loaded_of("5500-5600 r-xp 0 08:01 7   /home/malloc/compare\n", "");
        assert_eq!(without, Loaded { allocator: of_libc(), missing: Vec::new() });
        // Without /proc nothing is said to be missing.
        assert!(loaded_of("", "libtcmalloc.so").missing.is_empty());
    }

    #[test]
    fn a_library_is_found_behind_its_links() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap().join("libx.so.1.2");
        fs::write(&real, "12345").unwrap();
        let link = folder.path().join("libx.so");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let maps = format!("7f00-7f10 r-xp 0 08:01 9   {}\n", real.display());
        assert!(loaded_of(&maps, &link.to_string_lossy()).missing.is_empty());
        let renamed = folder.path().canonicalize().unwrap().join("libmimalloc.so");
        fs::rename(&real, &renamed).unwrap();
        let maps = format!("7f00-7f10 r-xp 0 08:01 9   {}\n", renamed.display());
        assert!(loaded_of(&maps, "").allocator.starts_with("libmimalloc.so (5 bytes) in place"));
    }
}
