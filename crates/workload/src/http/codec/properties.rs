//! What holds for any answer, any bytes and any split of them into reads.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::head::Framing;
use super::transcript::Transcript;
use super::{CodecError, Limits};

/// How many cases each property is tried with.
const CASES: u32 = 26_000;

/// How many properties there are.
const PROPERTIES: u32 = 4;

/// How many cases the codec is tried with in every ordinary run of the tests: [`CASES`] ×
/// [`PROPERTIES`].
const ALL_CASES: u32 = CASES * PROPERTIES;

const _: () = assert!(ALL_CASES >= 100_000, "too few cases to trust the codec");

const LIMITS: Limits = Limits::body(1000);

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: CASES,
        // A case that fails becomes a test of its own.
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_written_is_read_back(
        answer in answers(),
        rest in vec(any::<u8>(), 0..8),
        lengths in splits(),
    ) {
        let mut bytes = answer.bytes();
        let length = bytes.len();
        if answer.framing != Kind::UntilClose {
            bytes.extend_from_slice(&rest);
        }
        let all = Transcript::of(LIMITS, &bytes, lengths);
        prop_assert_eq!(all.error, None);
        prop_assert_eq!(all.taken, length);
        prop_assert_eq!(&all.body, &answer.body);
        prop_assert_eq!(all.whole, answer.framing != Kind::UntilClose);
        prop_assert_eq!(all.keep_alive, answer.keep_alive());
        let head = all.head.unwrap();
        prop_assert_eq!((head.status, head.reason.as_str()), (answer.status, "As Asked"));
        prop_assert_eq!(head.framing, answer.framing());
        prop_assert_eq!(&head.headers[..answer.headers.len()], &answer.headers[..]);
    }

    #[test]
    fn splits_of_an_answer_change_nothing(answer in answers(), lengths in splits()) {
        check_splits(LIMITS, &answer.bytes(), lengths)?;
    }

    #[test]
    fn splits_of_a_damaged_answer_change_nothing(
        answer in answers(),
        damages in vec(damages(), 1..4),
        limits in limits(),
        lengths in splits(),
    ) {
        let mut bytes = answer.bytes();
        for damage in damages {
            damage.apply(&mut bytes);
        }
        check_splits(limits, &bytes, lengths)?;
    }

    #[test]
    fn splits_of_anything_change_nothing(
        begins_well in any::<bool>(),
        parts in vec(select(PARTS), 0..20),
        limits in limits(),
        lengths in splits(),
    ) {
        let beginning = if begins_well { &b"HTTP/1.1 200 OK\r\n"[..] } else { b"" };
        let bytes = [beginning, &parts.concat()].concat();
        check_splits(limits, &bytes, lengths)?;
    }
}

/// Reads the bytes at once, in these pieces and one by one.
fn check_splits(limits: Limits, bytes: &[u8], lengths: Vec<usize>) -> Result<(), TestCaseError> {
    let whole = Transcript::of(limits, bytes, []);
    prop_assert_eq!(&Transcript::of(limits, bytes, lengths), &whole);
    prop_assert_eq!(&Transcript::of(limits, bytes, std::iter::repeat(1)), &whole);
    prop_assert_eq!(whole.error == Some(CodecError::Closed), bytes.is_empty());
    Ok(())
}

/// An answer to write.
#[derive(Clone, Debug)]
struct Written {
    informational: usize,
    version: u8,
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    closes: bool,
    framing: Kind,
    body: Vec<u8>,
    chunks: Vec<usize>,
    extension: &'static str,
    trailers: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Length,
    Chunked,
    UntilClose,
}

impl Written {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"HTTP/1.1 102 Processing\r\nA: b\r\n\r\n".repeat(self.informational);
        let Self { version, status, body, .. } = self;
        bytes.extend(format!("HTTP/1.{version} {status} As Asked\r\n").bytes());
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        if self.closes {
            bytes.extend_from_slice(b"Connection: foo, close\r\n");
        }
        match self.framing {
            Kind::Length => {
                bytes.extend(format!("Content-Length:{}\r\n\r\n", body.len()).bytes());
                bytes.extend_from_slice(body);
            }
            Kind::Chunked => {
                bytes.extend_from_slice(b"transfer-encoding: CHUNKED\r\n\r\n");
                self.write_chunks(&mut bytes);
            }
            Kind::UntilClose => {
                bytes.extend_from_slice(b"\r\n");
                bytes.extend_from_slice(body);
            }
        }
        bytes
    }

    fn write_chunks(&self, bytes: &mut Vec<u8>) {
        let mut sizes = self.chunks.iter().copied();
        let mut body = &self.body[..];
        while !body.is_empty() {
            let size = sizes.next().unwrap_or(body.len()).min(body.len());
            let (chunk, rest) = body.split_at(size);
            body = rest;
            bytes.extend(format!("{size:x}{}\r\n", self.extension).bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend(format!("00{}\r\n", self.extension).bytes());
        bytes.extend_from_slice(&b"Trailer: what, ever\r\n".repeat(self.trailers));
        bytes.extend_from_slice(b"\r\n");
    }

    fn framing(&self) -> Framing {
        match self.framing {
            Kind::Length => Framing::Length(self.body.len() as u64),
            Kind::Chunked => Framing::Chunked,
            Kind::UntilClose => Framing::UntilClose,
        }
    }

    fn keep_alive(&self) -> bool {
        self.version == 1 && !self.closes && self.framing != Kind::UntilClose
    }
}

fn answers() -> impl Strategy<Value = Written> {
    let head = (0_usize..2, any::<bool>(), select(&[200_u16, 299, 404, 500, 999][..]), 0_usize..4);
    let body = (
        select(&[Kind::Length, Kind::Chunked, Kind::UntilClose][..]),
        vec(any::<u8>(), 0..50),
        vec(1_usize..20, 0..5),
        select(&["", ";a", " ; b=\"c;\"", "\t;\u{fc}"][..]),
        0_usize..3,
    );
    (head, any::<bool>(), body).prop_map(|(head, closes, body)| {
        let (informational, is_old, status, n_headers) = head;
        let (framing, body, chunks, extension, trailers) = body;
        let headers = [("X-Sum", &b"12"[..]), ("Empty", b""), ("Text", b"a \xff\t b")];
        Written {
            informational,
            // RFC 9112, 6.1: chunks are not for HTTP/1.0.
            version: u8::from(!is_old || framing == Kind::Chunked),
            status,
            headers: headers
                .into_iter()
                .take(n_headers)
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            closes,
            framing,
            body,
            chunks,
            extension,
            trailers,
        }
    })
}

fn splits() -> impl Strategy<Value = Vec<usize>> {
    vec(0_usize..40, 0..8)
}

/// Limits that answers as above may keep or not.
fn limits() -> impl Strategy<Value = Limits> {
    (0_u32..250, 0_u8..6, 0_u64..60).prop_map(|(head_bytes, headers, body_bytes)| Limits {
        head_bytes,
        headers,
        body_bytes,
    })
}

/// Something done to bytes. Places are taken modulo their number.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Change { at: usize, to: u8 },
    Insert { at: usize, byte: u8 },
    Remove { at: usize, length: usize },
    Repeat { at: usize, length: usize },
    End { at: usize },
}

impl Damage {
    fn apply(self, bytes: &mut Vec<u8>) {
        let place = |at: usize| at % (bytes.len() + 1);
        match self {
            Self::Change { at, to } => {
                let at = place(at);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = to;
                }
            }
            Self::Insert { at, byte } => bytes.insert(place(at), byte),
            Self::Remove { at, length } => {
                let from = place(at);
                let to = bytes.len().min(from + length);
                bytes.drain(from..to);
            }
            Self::Repeat { at, length } => {
                let from = place(at);
                let again = bytes[from..bytes.len().min(from + length)].to_vec();
                bytes.splice(from..from, again);
            }
            Self::End { at } => bytes.truncate(place(at)),
        }
    }
}

fn damages() -> impl Strategy<Value = Damage> {
    let byte = || prop_oneof![any::<u8>(), select(&b"\r\n :;,0\0"[..])];
    let at = any::<u16>().prop_map(usize::from);
    (0_u8..5, at, byte(), 1_usize..30).prop_map(|(which, at, byte, length)| match which {
        0 => Damage::Change { at, to: byte },
        1 => Damage::Insert { at, byte },
        2 => Damage::Remove { at, length },
        3 => Damage::Repeat { at, length },
        _ => Damage::End { at },
    })
}

/// What HTTP is made of, and what it is not.
const PARTS: &[&[u8]] = &[
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.0 200\r\n",
    b"HTTP/1.1 100 C\r\n",
    b"HTTP/1.1 204 N\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: 4\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"X-Sum: 1\r\n",
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"\r",
    b"abc",
    b"3\r\nabc\r\n",
    b"0\r\n\r\n",
    b"0\r\n",
    b"ffffffffffffffff\r\n",
    b"5;x=y\r\n",
    b"a: b\r\n",
    b" ",
    b":",
    b"\0",
    b"\xff",
];
