//! Sentences that can be checked against a record, and what the record says to them.
//!
//! | file | what lives there |
//! | --- | --- |
//! | [`judgement`] | [`ClaimId`], [`Judgement`] and what it is made of: verdict, conditions, evidence |
//! | `inputs` | what claims are judged from |
//! | [`lighter`] | coroutines are lighter than threads |
//! | [`many`] | very many coroutines at once use resources well |
//! | [`many_http`] | one program can have many HTTP requests open at once |
//! | [`sync_waits`] | a synchronous call waits for the one before it |
//! | [`async_overlaps`] | asynchronous waits overlap |
//! | [`resumes`] | a coroutine goes on where it stopped; a subroutine starts over |
//! | [`parallel`] | coroutines let several jobs run in parallel |
//! | [`callback_order`] | a callback runs after the call that it was handed to has ended |
//! | [`readable`] | async code reads more easily than callbacks |
//! | [`threads_share`] | threads share memory, and each has its own path |
//! | [`released`] | what tasks take is given back |
//! | [`bandwidth`] | network bandwidth bounds the data moved |
//!
//! # A new claim
//!
//! It takes four files:
//!
//! 1. `claims/NAME.rs`: its thresholds as constants, above the evidence that they judge, and
//!    `judge(&Inputs) -> Judgement`, with a test for every verdict that it can give;
//! 2. here: the `mod` line, its line in the table above, and its line in `CLAIMS`;
//! 3. `claims/judgement.rs`: its [`ClaimId`] and name, and a [`Measure`] for what it looks at, if
//!    there is none yet;
//! 4. `text/claims.rs` of the crate `report`: its statement, its threshold and its verdicts in words.
//!    The compiler asks for each of them.
//!
//! The page, the command and the JSON have it then.

pub mod async_overlaps;
pub mod bandwidth;
pub mod callback_order;
mod inputs;
pub mod judgement;
pub mod lighter;
pub mod many;
pub mod many_http;
pub mod parallel;
pub mod readable;
pub mod released;
pub mod resumes;
pub mod sync_waits;
pub mod threads_share;

pub(crate) use inputs::Inputs;
pub use judgement::{
    ClaimId, Claimed, Command, Condition, Evidence, Finding, Judgement, Measure, NotMeasured,
    Subject, Value, Verdict, Why, Work,
};
pub use lighter::Summary;

/// What judges a claim.
type Judge = fn(&Inputs<'_>) -> Judgement;

/// Every claim and what judges it, in the order in which they are shown.
const CLAIMS: [(ClaimId, Judge); 12] = [
    (ClaimId::Lighter, lighter::judge),
    (ClaimId::Many, many::judge),
    (ClaimId::ManyHttp, many_http::judge),
    (ClaimId::SyncWaits, sync_waits::judge),
    (ClaimId::AsyncOverlaps, async_overlaps::judge),
    (ClaimId::Resumes, resumes::judge),
    (ClaimId::Parallel, parallel::judge),
    (ClaimId::CallbackOrder, callback_order::judge),
    (ClaimId::Readable, readable::judge),
    (ClaimId::ThreadsShare, threads_share::judge),
    (ClaimId::Released, released::judge),
    (ClaimId::Bandwidth, bandwidth::judge),
];

/// What the record says to each claim.
pub(crate) fn of(inputs: &Inputs<'_>) -> Vec<Claimed> {
    CLAIMS.map(|(id, judge)| Claimed { id, judgement: judge(inputs) }).to_vec()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use record::synthetic::{Synthetic, asking_run, small_run};

    use super::*;
    use crate::Analysis;

    #[test]
    fn each_claim_is_judged_once_and_has_the_same_name_everywhere() {
        let ids: BTreeSet<ClaimId> = CLAIMS.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids.len(), CLAIMS.len());
        for id in ids {
            assert_eq!(serde_json::to_value(id).unwrap(), id.name());
        }
    }

    #[test]
    fn an_empty_record_says_nothing_to_any() {
        for claimed in Analysis::of(&Synthetic::new().record(), None).claims {
            let judgement = claimed.judgement;
            assert!(matches!(judgement.verdict, Verdict::NotMeasured(_)), "{:?}", claimed.id);
            assert!(judgement.evidence.is_empty() && judgement.conditions.is_empty());
        }
    }

    #[test]
    fn a_condition_stands_with_the_verdict_that_has_one_and_with_no_other() {
        for record in [small_run(), asking_run()] {
            for Claimed { id, judgement } in Analysis::of(&record, None).claims {
                let has_conditions = !judgement.conditions.is_empty();
                assert_eq!(judgement.verdict == Verdict::HoldsWhen, has_conditions, "{id:?}");
            }
        }
    }
}
