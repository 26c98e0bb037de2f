//! All that was read from some bytes, in however many pieces they came.
//!
//! The properties and the fuzz target share this file; it sees the codec alone.

use super::head::Framing;
use super::{CodecError, Event, Limits, ResponseReader};

/// All that was read from some bytes and the end of the stream after them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Transcript {
    pub(crate) head: Option<OwnHead>,
    pub(crate) body: Vec<u8>,
    /// Whether the answer was whole, and before the end of the stream.
    pub(crate) whole: bool,
    /// Whether it is whole, if it may end with the stream.
    pub(crate) whole_at_end: bool,
    /// How many bytes belong to the answer; 0 after an error, when that is not known.
    pub(crate) taken: usize,
    pub(crate) error: Option<CodecError>,
    pub(crate) keep_alive: bool,
}

/// A head that is kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OwnHead {
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) framing: Framing,
    pub(crate) keep_alive: bool,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
}

impl Transcript {
    /// Reads the bytes in pieces of these lengths and, when there are no more lengths, the rest in
    /// one, then the end of the stream.
    ///
    /// # Panics
    /// If the reader breaks a promise that it makes for any bytes.
    pub(crate) fn of(
        limits: Limits,
        mut bytes: &[u8],
        lengths: impl IntoIterator<Item = usize>,
    ) -> Self {
        let mut reader = ResponseReader::new(limits);
        let mut transcript = Self::default();
        let mut lengths = lengths.into_iter();
        while !bytes.is_empty() && !reader.is_over() {
            let length = lengths.next().unwrap_or(bytes.len()).min(bytes.len());
            let (piece, rest) = bytes.split_at(length);
            bytes = rest;
            let body_before = transcript.body.len();
            match reader.feed(piece, |event| transcript.note(limits, event)) {
                Ok(taken) => {
                    assert!(taken == length || reader.is_over(), "bytes are left to no one");
                    transcript.taken += taken;
                }
                Err(error) => transcript.error = Some(error),
            }
            let own = (transcript.body.len() - body_before) as u64;
            assert!(own <= length as u64, "a body out of nothing");
        }
        transcript.whole = reader.is_over() && transcript.error.is_none();
        assert_eq!(transcript.whole, transcript.whole_at_end, "an end comes with its event");
        transcript.keep_alive = reader.keep_alive();
        let at_end = reader.end_of_stream(|event| transcript.note(limits, event));
        if transcript.error.is_none() {
            transcript.error = at_end.err();
        }
        if transcript.error.is_some() {
            transcript.taken = 0;
        }
        assert!(reader.is_over());
        assert_eq!(transcript.whole_at_end, transcript.error.is_none(), "an end or an error");
        transcript
    }

    fn note(&mut self, limits: Limits, event: Event<'_>) -> Result<(), CodecError> {
        assert!(!self.whole_at_end, "nothing comes after the end");
        match event {
            Event::Head(head) => {
                assert!(self.head.is_none(), "one head");
                let headers: Vec<_> = head
                    .headers()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect();
                assert!(headers.len() <= usize::from(limits.headers.min(Limits::MOST_HEADERS)));
                self.head = Some(OwnHead {
                    status: head.status,
                    reason: head.reason.to_owned(),
                    framing: head.framing,
                    keep_alive: head.keep_alive,
                    headers,
                });
            }
            Event::Body(bytes) => {
                assert!(self.head.is_some() && !bytes.is_empty());
                self.body.extend_from_slice(bytes);
                assert!(self.body.len() as u64 <= limits.body_bytes);
            }
            Event::End => {
                assert!(self.head.is_some());
                self.whole_at_end = true;
            }
        }
        Ok(())
    }
}
