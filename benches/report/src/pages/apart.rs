//! Contestants that stand apart: those from elsewhere, and those in another environment. They are in no
//! comparison, so each kind has a table of its own.

use std::collections::{BTreeMap, BTreeSet};

use analysis::Analysis;
use analysis::contestant::{Id, Role};
use analysis::missing::Why;

use super::contestants::MOST_ROWS;
use crate::document::{Block, Table};
use crate::tables;
use crate::text::{Text, say};

/// Those that stand apart, with the heading of each kind.
pub(crate) const KINDS: [(&str, Role); 2] =
    [("Contestants from elsewhere", Role::Elsewhere), ("In other environments", Role::Variant)];

/// Those of these that are of this kind, in their order.
pub(crate) fn of_kind<'a>(all: impl IntoIterator<Item = &'a Id>, role: Role) -> Vec<Id> {
    let ids: BTreeSet<&Id> = all.into_iter().filter(|id| id.role() == role).collect();
    ids.into_iter().cloned().collect()
}

/// For each kind that there is, its heading and its rows; a long table is folded away.
pub(crate) fn sections<'a>(
    all: impl IntoIterator<Item = &'a Id> + Clone,
    rows: impl Fn(&[Id]) -> Table,
) -> Vec<Block> {
    let of = |(head, role): (&str, Role)| {
        let table = rows(&of_kind(all.clone(), role));
        tables::headed(head, &format!("{} rows", table.rows.len()), table)
    };
    KINDS.into_iter().flat_map(of).collect()
}

/// Those from elsewhere that were not run at all, each with its reason.
pub(crate) fn not_run(analysis: &Analysis) -> Option<Block> {
    let has_figure = |id: &Id| {
        analysis.measured.iter().any(|of| of.series.contestant == *id && !of.proven_at.is_empty())
    };
    let mut reasons: BTreeMap<&Id, &str> = BTreeMap::new();
    for row in &analysis.missing {
        let id = &row.series.contestant;
        let is_told = id.role() == Role::Elsewhere && row.why == Why::Skipped && !has_figure(id);
        if let Some(reason) = row.reason.as_deref().filter(|_| is_told) {
            reasons.entry(id).or_insert(reason);
        }
    }
    let more = reasons.len().saturating_sub(MOST_ROWS);
    let said = reasons.into_iter().take(MOST_ROWS).map(|(id, reason)| {
        say("{id} was not run: {reason}.", &[("id", id.as_str()), ("reason", reason)])
    });
    let more = (more > 0).then(|| format!("{more} more were not run.").into());
    let said: Vec<Text> = said.chain(more).collect();
    (!said.is_empty()).then_some(Block::List(said))
}
