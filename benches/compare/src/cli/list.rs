//! `compare list`: who there is.

use std::process::ExitCode;

use serde_json::json;
use workload::Settings;

use crate::output::print;
use crate::registry;
use crate::report::table::{Align, Table};

/// What `compare list` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only ids that match one of these globs, such as 'coroutines/*'
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    only: Vec<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Prints the list.
///
/// # Errors
/// If a pattern matches nobody.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let contestants = registry::select(&args.only)?;
    let settings = Settings::default();
    if args.json {
        let list: Vec<_> = contestants
            .iter()
            .map(|contestant| {
                json!({
                    "id": contestant.id().as_str(),
                    "model": contestant.id().model(),
                    "ceiling": contestant.ceiling(&settings).to_string(),
                    "summary": contestant.summary(),
                    "caution": contestant.caution(),
                })
            })
            .collect();
        print(serde_json::to_string_pretty(&list)?);
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new([
        ("contestant", Align::Left),
        ("in flight at most", Align::Left),
        ("what it is", Align::Left),
    ]);
    for contestant in &contestants {
        let mut summary = contestant.summary().to_owned();
        if let Some(caution) = contestant.caution() {
            summary = format!("{summary}; {caution}");
        }
        table.push(vec![
            contestant.id().to_string(),
            contestant.ceiling(&settings).to_string(),
            summary,
        ]);
    }
    print(table.terminal(None));
    for (id, feature) in registry::compiled_out() {
        print(format_args!("{id} is compiled out; `--features {feature}` brings it back"));
    }
    Ok(ExitCode::SUCCESS)
}
