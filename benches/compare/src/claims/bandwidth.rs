//! Network bandwidth bounds the data moved: bodies through a server with a rate limit.

use super::{Claim, Evidence, Judgement, Verdict};
use crate::record::Record;
use crate::report::{BASELINE, Transfer, format, transfers};

/// How much of bytes ÷ limit a transfer takes at least. The server may send a little ahead of its
/// limit, and a clock may be a little off.
const LEAST: f64 = 0.95;

/// The claim.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bandwidth;

impl Claim for Bandwidth {
    fn id(&self) -> &'static str {
        "bandwidth"
    }

    fn statement(&self) -> &'static str {
        "Network bandwidth bounds the data moved, whatever the way of waiting"
    }

    fn threshold(&self) -> String {
        format!(
            "bodies are fetched through a server that caps all answers together. A contestant is \
             bound if the median of its times is at least {}× of bytes ÷ limit. The claim holds if \
             every contestant is bound in every transfer with proof, and is refuted if one is not.",
            format::number(LEAST, 2)
        )
    }

    fn judge(&self, record: &Record) -> Judgement {
        let transfers: Vec<Transfer> = transfers(record)
            .into_iter()
            .filter(|transfer| transfer.series.model() != BASELINE && transfer.ratio.is_some())
            .collect();
        let is_bound = |transfer: &Transfer| {
            transfer.ratio.as_ref().is_some_and(|ratio| ratio.estimate.value >= LEAST)
        };
        let verdict = if transfers.is_empty() {
            Verdict::NotMeasured("no transfer in this record has proof".into())
        } else if transfers.iter().all(is_bound) {
            Verdict::Holds
        } else {
            Verdict::Refuted
        };
        let evidence = transfers.iter().map(|transfer| Evidence {
            subject: transfer.series.contestant.clone(),
            figure: format!(
                "time ÷ (bytes ÷ limit), {} bodies of {} B at {} B/s",
                format::count(transfer.bodies),
                format::count(transfer.asked.bytes),
                format::count(transfer.asked.rate_limit.unwrap_or(0)),
            ),
            ratio: transfer.ratio.as_ref().map(|ratio| ratio.estimate),
            finding: if is_bound(transfer) { "bound" } else { "not bound" }.into(),
            is_judged: true,
        });
        Judgement { verdict, evidence: evidence.collect(), notes: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::synthetic::{asking_run, small_run};

    #[test]
    fn without_transfers_it_is_not_measured() {
        assert!(matches!(Bandwidth.judge(&small_run()).verdict, Verdict::NotMeasured(_)));
    }

    #[test]
    fn it_holds_when_nobody_is_faster_than_the_limit_and_falls_when_one_is() {
        let mut record = asking_run();
        assert_eq!(Bandwidth.judge(&record).verdict, Verdict::Holds);
        for cell in &mut record.cells {
            cell.time.iter_mut().for_each(|time| time.wall_ns /= 3);
        }
        assert_eq!(Bandwidth.judge(&record).verdict, Verdict::Refuted);
    }
}
