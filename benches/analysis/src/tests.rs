//! Readings whose line is known, for tests.

use oorandom::Rand64;
use record::Record;

use crate::Analysis;
use crate::claims::{ClaimId, Judgement};
use crate::estimate::Bootstrap;
use crate::reading::Reading;

/// A bootstrap like any other.
pub(crate) const ANY: Bootstrap = Bootstrap { seed: 7, resamples: 400, rounds: None };

/// Four readings at each of four N: this much a task above a base, off by up to half of the noise
/// either way.
pub(crate) fn line(slope: f64, noise: f64) -> Vec<Reading> {
    let mut random = Rand64::new(3);
    let mut readings = Vec::new();
    for tasks in [1, 100, 1_000, 10_000] {
        for _ in 0..4 {
            let off = (random.rand_float() - 0.5) * noise;
            readings.push(Reading { tasks, value: 5e6 + slope * tasks as f64 + off });
        }
    }
    readings
}

/// Nearly a normal deviate: the sum of twelve uniform ones.
pub(crate) fn normal(random: &mut Rand64) -> f64 {
    (0..12).map(|_| random.rand_float()).sum::<f64>() - 6.0
}

/// What this record says to a claim.
pub(crate) fn judged(record: &Record, id: ClaimId) -> Judgement {
    let claims = Analysis::of(record, None).claims;
    claims.into_iter().find(|claimed| claimed.id == id).unwrap().judgement
}
