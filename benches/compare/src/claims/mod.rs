//! Sentences that can be checked against a record, and what the record says to them.
//!
//! | file | claim |
//! | --- | --- |
//! | `lighter` | coroutines are lighter than threads |
//! | `many_http` | one program can have many HTTP requests open at once |
//! | `bandwidth` | network bandwidth bounds the data moved |
//!
//! A claim is one file here and one line in [`all`]. It states its threshold in its own text, so
//! that what counts as holding is known before any evidence is read.

mod bandwidth;
pub(crate) mod lighter;
mod many_http;

use std::fmt;

use serde_json::{Value, json};

use crate::fit::Estimate;
use crate::report::table::{Align, Table};
use crate::report::{format, page_head};
use record::Record;

/// A sentence that can be checked.
pub trait Claim {
    /// Its name, in tables and on the command line.
    fn id(&self) -> &'static str;

    /// What is claimed, in our words.
    fn statement(&self) -> &'static str;

    /// What must be seen for it to hold.
    fn threshold(&self) -> String;

    /// What this record says to it.
    fn judge(&self, record: &Record) -> Judgement;
}

/// All claims.
pub fn all() -> Vec<Box<dyn Claim>> {
    vec![Box::new(lighter::Lighter), Box::new(many_http::ManyHttp), Box::new(bandwidth::Bandwidth)]
}

/// What a record says to a claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The answer.
    pub verdict: Verdict,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// What to know when reading it.
    pub notes: Vec<String>,
}

/// The answer to a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds in everything that was measured.
    Holds,
    /// It holds under these conditions.
    HoldsWhen(String),
    /// What was measured says otherwise.
    Refuted,
    /// What was measured does not say, for this reason.
    NotMeasured(String),
}

impl Verdict {
    /// The condition or the reason, where there is one.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::HoldsWhen(detail) | Self::NotMeasured(detail) => Some(detail),
            Self::Holds | Self::Refuted => None,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::HoldsWhen(_) => "holds when",
            Self::Refuted => "refuted",
            Self::NotMeasured(_) => "not measured",
        }
    }
}

/// `holds`, `holds when …`, `refuted` or `not measured`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HoldsWhen(condition) => write!(f, "holds when {condition}"),
            _ => f.write_str(self.word()),
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Of what.
    pub subject: String,
    /// Which figure.
    pub figure: String,
    /// What was found, where it is a ratio.
    pub ratio: Option<Estimate>,
    /// What was found, in words.
    pub finding: String,
    /// Whether the verdict rests on it, or it is only shown beside.
    pub is_judged: bool,
}

/// The page `claims.md`.
pub fn render_markdown(record: &Record) -> String {
    let mut text = page_head(
        record,
        "What is claimed, and what was found",
        &[
            "Each claim has a threshold that was fixed before the record was made, and one of four".into(),
            "verdicts: `holds`, `holds when …`, `refuted`, `not measured`. The evidence follows, row".into(),
            "by row. Rows in brackets are shown beside and not judged.".into(),
        ],
    );
    let judged: Vec<(Judgement, Box<dyn Claim>)> =
        all().into_iter().map(|claim| (claim.judge(record), claim)).collect();
    let mut overview = Table::new([
        ("Claim", Align::Left),
        ("What is claimed", Align::Left),
        ("Verdict", Align::Left),
    ]);
    for (judgement, claim) in &judged {
        overview.push(vec![
            format!("`{}`", claim.id()),
            claim.statement().into(),
            judgement.verdict.to_string(),
        ]);
    }
    text.push_str(&format!("\n{}", overview.markdown()));
    for (judgement, claim) in &judged {
        text.push_str(&section(claim.as_ref(), judgement));
    }
    text
}

/// The judgements as JSON: an array with `id`, `statement`, `threshold`, `verdict` (`holds`, `holds
/// when`, `refuted`, `not measured`), `detail` (the condition or the reason, or null), `evidence`
/// (with `ratio` as `value`, `low` and `high`, or null) and `notes`. The ends of an unbounded
/// interval are null.
pub fn to_json(record: &Record) -> Value {
    let claims = all().into_iter().map(|claim| {
        let judgement = claim.judge(record);
        let evidence: Vec<Value> = judgement
            .evidence
            .iter()
            .map(|evidence| {
                json!({
                    "subject": evidence.subject,
                    "figure": evidence.figure,
                    "ratio": evidence.ratio,
                    "finding": evidence.finding,
                    "judged": evidence.is_judged,
                })
            })
            .collect();
        json!({
            "id": claim.id(),
            "statement": claim.statement(),
            "threshold": claim.threshold(),
            "verdict": judgement.verdict.word(),
            "detail": judgement.verdict.detail(),
            "evidence": evidence,
            "notes": judgement.notes,
        })
    });
    Value::Array(claims.collect())
}

fn section(claim: &dyn Claim, judgement: &Judgement) -> String {
    let mut text = format!(
        "\n## `{}`: {}\n\nThreshold: {}\n\nVerdict: **{}**",
        claim.id(),
        claim.statement(),
        claim.threshold(),
        judgement.verdict
    );
    match &judgement.verdict {
        Verdict::NotMeasured(reason) => text.push_str(&format!(": {reason}.\n\n")),
        _ => text.push_str(".\n\n"),
    }
    let mut table = Table::new([
        ("Of what", Align::Left),
        ("Figure", Align::Left),
        ("Ratio", Align::Right),
        ("Finding", Align::Left),
    ]);
    for evidence in &judgement.evidence {
        let ratio = evidence.ratio.as_ref();
        let finding = if evidence.is_judged {
            evidence.finding.clone()
        } else {
            format!("({})", evidence.finding)
        };
        table.push(vec![
            evidence.subject.clone(),
            evidence.figure.clone(),
            ratio.map_or_else(|| format::NONE.into(), format::ratio),
            finding,
        ]);
    }
    text.push_str(&table.markdown());
    if !judgement.notes.is_empty() {
        text.push('\n');
    }
    for note in &judgement.notes {
        text.push_str(&format!("- {note}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::{Synthetic, small_run};

    #[test]
    fn verdicts_print_as_the_four_words() {
        assert_eq!(Verdict::Holds.to_string(), "holds");
        assert_eq!(Verdict::HoldsWhen("N ≥ 9".into()).to_string(), "holds when N ≥ 9");
        assert_eq!(Verdict::Refuted.to_string(), "refuted");
        assert_eq!(Verdict::NotMeasured("why".into()).to_string(), "not measured");
    }

    #[test]
    fn every_claim_has_a_name_of_its_own_and_a_threshold() {
        let ids: std::collections::BTreeSet<&str> = all().iter().map(|claim| claim.id()).collect();
        assert_eq!(ids.len(), all().len());
        assert!(all().iter().all(|claim| !claim.threshold().is_empty()));
    }

    #[test]
    fn json_carries_the_verdict_and_its_reason() {
        let empty = to_json(&Synthetic::new().record());
        assert_eq!(empty[0]["verdict"], "not measured");
        assert!(empty[0]["detail"].is_string());
        let full = to_json(&small_run());
        assert!(full[0]["evidence"][0]["ratio"]["value"].is_f64());
    }

    #[test]
    fn the_page_of_a_small_run() {
        insta::assert_snapshot!(render_markdown(&small_run()), @r#"
        <!-- Generated from record.jsonl by `compare tables`; do not edit. -->

        # What is claimed, and what was found

        Each claim has a threshold that was fixed before the record was made, and one of four
        verdicts: `holds`, `holds when …`, `refuted`, `not measured`. The evidence follows, row
        by row. Rows in brackets are shown beside and not judged.
        Made by `cargo bench -p compare`. Intervals hold 95 % of 2,000 bootstrap resamples.

        Machine: Example CPU, 2 cores, 24.0 GiB, Linux 6.1.0; run of 2026-01-02T03:04:05Z.

        | Claim       | What is claimed                                                      | Verdict      |
        | ----------- | -------------------------------------------------------------------- | ------------ |
        | `lighter`   | Coroutines are lighter than threads                                  | holds        |
        | `many-http` | One program can have many HTTP requests open at once                 | not measured |
        | `bandwidth` | Network bandwidth bounds the data moved, whatever the way of waiting | not measured |

        ## `lighter`: Coroutines are lighter than threads

        Threshold: each coroutine contestant is set against each thread contestant doing the same. In a figure per task (bytes per waiting task, start cost, CPU per wait) a coroutine is lighter when the whole interval of the ratio coroutine ÷ thread lies below 1.00, heavier when it lies above, and otherwise undecided, as also when a slope cannot be told from zero. At one N its process is lighter when the heaviest of its repeats weighs less than the lightest of the thread's. The claim holds if every pair is lighter in every figure and at every N that both have measured, it holds with conditions if at least one pair is lighter in bytes, and it is refuted if none is and at least one is heavier.

        Verdict: **holds**.

        | Of what                            | Figure                             |                      Ratio | Finding                          |
        | ---------------------------------- | ---------------------------------- | -------------------------: | -------------------------------- |
        | coroutines/smol ÷ threads/per-task | bytes per waiting task (full bill) | 0.00919× (0.00919–0.00919) | lighter                          |
        | coroutines/smol ÷ threads/per-task | bytes per waiting task (RSS)       |    0.0300× (0.0300–0.0300) | (lighter)                        |
        | coroutines/smol ÷ threads/per-task | start cost                         |    0.0300× (0.0300–0.0300) | lighter                          |
        | coroutines/smol ÷ threads/per-task | CPU per wait                       |    0.0300× (0.0300–0.0300) | lighter                          |
        | coroutines/smol ÷ threads/per-task | whole process (full bill)          |                          — | lighter at N = 1, 100 and 10,000 |

        - RSS is what the process holds itself. The full bill adds what the kernel holds for it: the stacks of its threads in the kernel, slab and page tables. A thread has all three, a coroutine nearly none, so the two ratios differ.
        - Each slope is over the N that its own contestant reached; threads reach fewer.
        - Each interval holds for its own pair, not for all of them at once: among many pairs, a few will be on the wrong side by chance.

        ## `many-http`: One program can have many HTTP requests open at once

        Threshold: the server counts by itself how many requests it has open. A contestant has many open at once if, in a cell with proof, the server's high-water mark is the number of its tasks and at least 1,000. The claim holds if every contestant does, it holds with conditions if some do, and it is refuted if none does that was asked for as many.

        Verdict: **not measured**: no contestant was asked for 1,000 requests at once with proof.

        There is nothing of this in the record.

        - The server is a process of its own and does not know who asks it. Its count is part of a cell's proof: a cell in which it differs from the client's is a failure.

        ## `bandwidth`: Network bandwidth bounds the data moved, whatever the way of waiting

        Threshold: bodies are fetched through a server that caps all answers together. A contestant is bound by it if the median of its times is from 0.95× to 1.25× of bytes ÷ limit. The claim holds if every contestant is bound in every transfer with proof, it holds with conditions if some take longer, and is refuted if one takes less or all take longer.

        Verdict: **not measured**: no transfer in this record has proof.

        There is nothing of this in the record.
        "#);
    }
}
