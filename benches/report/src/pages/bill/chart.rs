//! The bills as stacked bars. A thread takes so much more than a task that they have pictures of their
//! own, each with its own axis.

use analysis::Analysis;
use analysis::bill::Bill;
use analysis::contestant::Model;
use analysis::series::Series;

use super::parts::{ALL, Part};
use crate::chart::{Axis, Bar, Chart, Plot};
use crate::document::Unit;
use crate::format;
use crate::pages::weights::leading;
use crate::text::names;

/// All of them: threads that wait for timers, tasks that do, and both with an open request.
pub(super) fn charts(analysis: &Analysis) -> Vec<Chart> {
    let of = |is_wanted: fn(&Series) -> bool| -> Vec<&Bill> {
        analysis.bills.iter().filter(|bill| is_wanted(&bill.series)).collect()
    };
    let charts = [
        stacks(
            "bill-threads",
            "What holds the memory of a thread that waits for a timer",
            "The axis is not that of the tasks below: a thread takes far more.",
            &of(|series| series.shape.is_plain() && series.model() == Model::Threads),
        ),
        stacks(
            "bill-tasks",
            "What holds the memory of a task that waits for a timer",
            "Callbacks and coroutines.",
            &of(|series| series.shape.is_plain() && series.model() != Model::Threads),
        ),
        stacks(
            "bill-requests",
            "What holds the memory of an open request",
            "The client's side of the connection is among the kernel's objects; the server's is \
             not weighed.",
            &of(|series| series.shape.is_plain_request()),
        ),
    ];
    charts.into_iter().flatten().collect()
}

/// What is a smaller part than this of every bar is not drawn: it would be a name without a colour.
const LEAST_DRAWN: f64 = 0.01;

fn stacks(id: &'static str, title: &str, subtitle: &str, bills: &[&Bill]) -> Option<Chart> {
    let shown = leading(bills.iter().map(|bill| &bill.series.contestant));
    let bills = bills.iter().filter(|bill| shown.contains(&bill.series.contestant));
    // What was asked for and not touched is below zero, by next to nothing.
    let bytes =
        |bill: &Bill, part: &Part| (part.of)(bill).map_or(0.0, |estimate| estimate.value.max(0.0));
    let is_drawn =
        |part: &&Part| bills.clone().any(|bill| bytes(bill, part) >= LEAST_DRAWN * bill.sum.value);
    let parts: Vec<&Part> = ALL.iter().filter(is_drawn).collect();
    let name = |bill: &Bill| names::contestant(&bill.series.contestant);
    let said = bills.clone().map(|bill| {
        format!("{} {}", name(bill), format::bytes(bill.total.unwrap_or(bill.sum).value))
    });
    let said = said.collect::<Vec<_>>().join(", ");
    let bar = |bill: &&Bill| Bar {
        name: name(bill),
        parts: parts.iter().map(|part| bytes(bill, part)).collect(),
    };
    let bars: Vec<Bar> = bills.map(bar).collect();
    let x = Axis { label: "One more waiting task".into(), unit: Unit::Bytes, is_log: false };
    (!bars.is_empty()).then(|| Chart {
        id,
        title: title.into(),
        subtitle: subtitle.into(),
        alt: format!("{title}: {said}."),
        plot: Plot::Stacks { x, parts: parts.iter().map(|part| part.name.into()).collect(), bars },
    })
}
