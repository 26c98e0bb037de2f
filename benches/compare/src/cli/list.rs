//! `compare list`: the contestants that can be run.

use std::process::ExitCode;

use analysis::contestant::Id;
use report::document::{Block, Cell, Column, Document, Table};
use report::text::{Text, names, say};
use serde_json::json;
use workload::Settings;

use super::elsewhere::ElsewhereArgs;
use crate::output::{print_document, print_json};
use crate::registry;

/// What `compare list` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only ids that match one of these globs, such as 'coroutines/*'
    #[arg(long, value_name = "GLOB")]
    only: Vec<String>,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Prints the list.
///
/// # Errors
/// If a pattern matches no contestant.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let contestants = registry::select(&args.only, &args.elsewhere.read(&args.only)?)?;
    let settings = Settings::default();
    if args.json {
        let list: Vec<_> = contestants
            .iter()
            .map(|contestant| {
                let ceiling = contestant.ceiling(&settings).to_string();
                let missing = contestant.missing.as_ref().map(|missing| &missing.reason);
                json!({
                    "id": contestant.id(),
                    "model": contestant.model(),
                    "ceiling": ceiling,
                    "summary": contestant.profile.summary,
                    "caution": contestant.profile.caution,
                    "missing": missing,
                    "hello": contestant.profile,
                })
            })
            .collect();
        print_json(&list)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = contestants.iter().map(|contestant| {
        vec![
            Cell::text(contestant.id()),
            Cell::text(contestant.ceiling(&settings).to_string()),
            Cell::text(&*contestant.profile.summary),
        ]
    });
    let table = Table::of(["contestant", "in flight", "what it is"].map(Column::words), rows);
    let cautions = contestants.iter().filter_map(|contestant| {
        let caution = contestant.profile.caution.as_ref()?;
        let name = names::contestant(&Id::new(contestant.id()));
        Some(say("{name}: {caution}", &[("name", &name), ("caution", caution)]))
    });
    let compiled_out = registry::compiled_out().map(|(id, feature)| {
        say(
            "{id} is compiled out; `--features {feature}` brings it back",
            &[("id", id), ("feature", feature)],
        )
    });
    let notes: Vec<Text> = cautions.chain(compiled_out).collect();
    let mut blocks = vec![Block::Table(table)];
    blocks.extend((!notes.is_empty()).then_some(Block::List(notes)));
    print_document(&Document { id: "list", title: "Contestants".into(), blocks }, false);
    Ok(ExitCode::SUCCESS)
}
