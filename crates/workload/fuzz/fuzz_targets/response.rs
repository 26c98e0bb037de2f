//! Any bytes, in any pieces, give the same events, keep the limits and make no panic.
//!
//! The first five bytes of an input are limits, the sixth says how many lengths of pieces follow,
//! and the rest is what a server answers.
//!
//! In the folder `crates/workload`:
//!
//! ```text
//! mkdir -p fuzz/corpus/response
//! cargo +nightly fuzz run response fuzz/corpus/response fuzz/seeds/response -- \
//!     -dict=fuzz/http.dict -max_len=1024 -max_total_time=60
//! ```
#![no_main]

use libfuzzer_sys::fuzz_target;
use workload::http::codec::{CodecError, Event, Limits, ResponseReader, head};

/// The same as in the codec's own properties.
#[path = "../../src/http/codec/transcript.rs"]
mod transcript;

use transcript::Transcript;

fuzz_target!(|data: &[u8]| {
    let Some((&[head_low, head_high, headers, body_low, body_high, pieces], data)) =
        data.split_first_chunk()
    else {
        return;
    };
    let limits = Limits {
        head_bytes: u32::from(u16::from_le_bytes([head_low, head_high])),
        headers,
        body_bytes: u64::from(u16::from_le_bytes([body_low, body_high])),
    };
    let (lengths, bytes) = data.split_at(usize::from(pieces).min(data.len()));
    let whole = Transcript::of(limits, bytes, []);
    let lengths = lengths.iter().copied().map(usize::from);
    assert_eq!(Transcript::of(limits, bytes, lengths), whole);
    assert_eq!(Transcript::of(limits, bytes, std::iter::repeat(1)), whole);
});
