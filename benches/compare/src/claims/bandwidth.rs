//! Network bandwidth bounds the data moved: bodies through a server with a rate limit.

use super::{Claim, Evidence, Judgement, Verdict};
use crate::report::{BASELINE, Transfer, format, transfers};
use record::Record;

/// How much of bytes ÷ limit a transfer takes at least. The server may send a little ahead of its
/// limit, and a clock may be a little off.
const LEAST: f64 = 0.95;

/// How much of it at most. Beyond that it was not the bandwidth that bound the transfer.
const MOST: f64 = 1.25;

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
             bound by it if the median of its times is from {}× to {}× of bytes ÷ limit. The claim \
             holds if every contestant is bound in every transfer with proof, it holds with \
             conditions if some take longer, and is refuted if one takes less or all take longer.",
            format::number(LEAST, 2),
            format::number(MOST, 2)
        )
    }

    fn judge(&self, record: &Record) -> Judgement {
        let transfers: Vec<Transfer> = transfers(record)
            .into_iter()
            .filter(|transfer| transfer.series.model() != BASELINE && transfer.ratio.is_some())
            .collect();
        let verdict = verdict(&transfers);
        let evidence = transfers.iter().map(|transfer| Evidence {
            subject: transfer.series.contestant.clone(),
            figure: format!(
                "time ÷ (bytes ÷ limit), {} bodies of {} B at {} B/s",
                format::count(transfer.bodies),
                format::count(transfer.asked.bytes),
                format::count(transfer.asked.rate_limit.unwrap_or(0)),
            ),
            ratio: transfer.ratio.as_ref().map(|ratio| ratio.estimate),
            finding: finding(transfer).into(),
            is_judged: true,
        });
        Judgement { verdict, evidence: evidence.collect(), notes: Vec::new() }
    }
}

const BOUND: &str = "bound";
const FASTER: &str = "faster than the limit";
const SLOWER: &str = "slower than the limit";

fn finding(transfer: &Transfer) -> &'static str {
    match transfer.ratio.as_ref().map(|ratio| ratio.estimate.value) {
        Some(ratio) if ratio < LEAST => FASTER,
        Some(ratio) if ratio > MOST => SLOWER,
        _ => BOUND,
    }
}

fn verdict(transfers: &[Transfer]) -> Verdict {
    let found = |what| transfers.iter().filter(move |transfer| finding(transfer) == what);
    if transfers.is_empty() {
        return Verdict::NotMeasured("no transfer in this record has proof".into());
    }
    if found(FASTER).count() > 0 || found(SLOWER).count() == transfers.len() {
        return Verdict::Refuted;
    }
    let mut slower: Vec<&str> =
        found(SLOWER).map(|transfer| transfer.series.contestant.as_str()).collect();
    slower.dedup();
    if slower.is_empty() {
        Verdict::Holds
    } else {
        let who = format::list(&slower);
        Verdict::HoldsWhen(format!("the way of waiting keeps up, as {who} did not"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::{asking_run, small_run};

    #[test]
    fn without_transfers_it_is_not_measured() {
        assert!(matches!(Bandwidth.judge(&small_run()).verdict, Verdict::NotMeasured(_)));
    }

    #[test]
    fn it_holds_when_nobody_is_faster_than_the_limit_and_falls_when_one_is() {
        let mut record = asking_run();
        assert_eq!(Bandwidth.judge(&record).verdict, Verdict::Holds);
        for cell in record.cells.iter_mut().filter(|cell| cell.contestant.ends_with("smol")) {
            cell.time.iter_mut().for_each(|time| time.wall_ns *= 3);
        }
        let Verdict::HoldsWhen(condition) = Bandwidth.judge(&record).verdict else {
            panic!("one of them did not keep up")
        };
        assert!(condition.contains("coroutines/smol"), "{condition}");
        for cell in &mut record.cells {
            cell.time.iter_mut().for_each(|time| time.wall_ns /= 9);
        }
        assert_eq!(Bandwidth.judge(&record).verdict, Verdict::Refuted);
    }
}
