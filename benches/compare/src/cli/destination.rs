//! Where a record goes.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::tables::is_standard;
use crate::project::{Project, RECORD};

/// Where a record goes; in the folder of this command if nothing was said.
///
/// # Errors
/// If a record cannot be made there, or one is there that may not be replaced.
pub(super) fn record_path(
    given: Option<&Path>,
    command: &str,
    overwrite: bool,
) -> anyhow::Result<PathBuf> {
    let Some(path) = given else {
        return Ok(Project::find()?.scratch().join(command).join(RECORD));
    };
    check_free(path, overwrite)?;
    Ok(path.to_owned())
}

/// Checks that a record can be made there.
///
/// # Errors
/// If it cannot, or one is there that may not be replaced.
pub(super) fn check_free(path: &Path, overwrite: bool) -> anyhow::Result<()> {
    if is_standard(path) {
        bail!(
            "`-` is the standard output here; give a file for the record, or ./- if it is called that"
        );
    }
    if path.is_dir() {
        bail!("{} is a folder; give a file for the record", path.display());
    }
    if path.exists() && !path.is_file() {
        bail!("{} is no ordinary file; give another one for the record", path.display());
    }
    if path.exists() && !overwrite {
        bail!("{} exists; give another file, or --overwrite to replace it", path.display());
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if folder.exists() && !folder.is_dir() {
        bail!("{} is not a folder; give another file for the record", folder.display());
    }
    Ok(())
}
