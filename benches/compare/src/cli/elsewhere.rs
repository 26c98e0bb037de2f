//! The option that names contestants from elsewhere.

use std::path::PathBuf;

use super::heading;
use crate::elsewhere::Elsewhere;

/// Where contestants of other programs come from.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ElsewhereArgs {
    /// The file with contestants of other programs [default: benches/contestants/contestants.toml]
    #[arg(long, value_name = "FILE", help_heading = heading::RUN)]
    contestants: Option<PathBuf>,
}

impl ElsewhereArgs {
    /// Reads the file; nothing if none was given and the project is not here. What is optional is there for
    /// patterns alone.
    pub(super) fn read(&self, only: &[String]) -> anyhow::Result<Elsewhere> {
        match &self.contestants {
            Some(path) => Elsewhere::read(path),
            None if only.is_empty() => Elsewhere::usual().map(Elsewhere::without_optional),
            None => Elsewhere::usual(),
        }
    }
}
