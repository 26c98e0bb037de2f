//! Status and headers of an answer, and how its body ends.

use std::mem::MaybeUninit;

use super::error::CodecError;
use super::limits::{Limit, Limits};

/// Status and headers of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The status code, from 200 to 999.
    pub status: u16,
    /// What the server adds to it in words; empty if it adds nothing or not in ASCII.
    pub reason: &'a str,
    /// How the body ends.
    pub framing: Framing,
    /// Whether the server keeps the connection open after this answer.
    pub keep_alive: bool,
    headers: &'a [httparse::Header<'a>],
}

/// How a body ends (RFC 9112, 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// After this many bytes.
    Length(u64),
    /// With a chunk of size zero and its trailers.
    Chunked,
    /// When the server closes the connection.
    UntilClose,
}

impl<'a> Head<'a> {
    /// The first header with this name, whichever way its letters are written.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Names and values of all headers, in the order in which they came.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.headers.iter().map(|header| (header.name, header.value))
    }
}

/// A head, or what there is instead.
pub(super) enum Parsed {
    /// The head of the answer was handed on.
    Final(Framing, bool),
    /// An informational answer, after which another one comes.
    Informational,
    /// The bytes are the beginning of a head.
    Partial,
}

/// Parses `bytes`, which end with the first blank line in them or before it, and hands a head to
/// `use_head`.
pub(super) fn parse<E: From<CodecError>>(
    bytes: &[u8],
    most_headers: u8,
    use_head: impl FnOnce(Head<'_>) -> Result<(), E>,
) -> Result<Parsed, E> {
    // Not initialised: 2 KiB of stack that most answers never touch.
    let mut slots = [const { MaybeUninit::uninit() }; Limits::MOST_HEADERS as usize];
    let slots = &mut slots[..usize::from(most_headers.min(Limits::MOST_HEADERS))];
    let mut response = httparse::Response::new(&mut []);
    match httparse::ParserConfig::default().parse_response_with_uninit_headers(
        &mut response,
        bytes,
        slots,
    ) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        // Cannot be, as far as is known; but bytes must not be lost between two opinions.
        Ok(httparse::Status::Complete(_)) => {
            return Err(CodecError::Garbage("the head ends before its end").into());
        }
        Ok(httparse::Status::Partial) => return Ok(Parsed::Partial),
        Err(error) => return Err(refusal(error).into()),
    }
    let (Some(version), Some(status)) = (response.version, response.code) else {
        return Err(CodecError::Garbage("the head has no status").into());
    };
    match status {
        // RFC 9110, 15.2: a client must be able to read any number of these before the answer.
        100 | 102..=199 => return Ok(Parsed::Informational),
        101 => return Err(CodecError::Garbage("another protocol, which was not asked for").into()),
        200.. => {}
        0..100 => return Err(CodecError::Garbage("the status is below 100").into()),
    }
    let fields = Fields::of(response.headers)?;
    let framing = fields.framing(status, version)?;
    let keep_alive = framing != Framing::UntilClose && fields.keep_alive(version);
    let reason = response.reason.unwrap_or_default();
    use_head(Head { status, reason, framing, keep_alive, headers: response.headers })?;
    Ok(Parsed::Final(framing, keep_alive))
}

/// A decimal number as HTTP writes it: digits alone, and no more than 64 bits hold.
pub fn decimal(digits: &[u8]) -> Option<u64> {
    let is_number = digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()
}

/// What the headers say about the body's end and the connection.
#[derive(Default)]
struct Fields {
    length: Length,
    transfer: Transfer,
    close: bool,
    persist: bool,
}

#[derive(Clone, Copy, Default)]
enum Length {
    #[default]
    None,
    Is(u64),
    /// No number, or two of them.
    Wrong,
}

#[derive(Clone, Copy, Default)]
enum Transfer {
    #[default]
    None,
    Chunked,
    Other,
}

impl Fields {
    fn of(headers: &[httparse::Header<'_>]) -> Result<Self, CodecError> {
        let mut fields = Self::default();
        for header in headers {
            if header.name.eq_ignore_ascii_case("content-length") {
                // RFC 9112, 6.3: the same number again, in another header or in a list, is allowed.
                for item in header.value.split(|byte| *byte == b',') {
                    fields.length = match (fields.length, decimal(item.trim_ascii())) {
                        (Length::None, Some(length)) => Length::Is(length),
                        (Length::Is(old), Some(length)) if old == length => Length::Is(old),
                        _ => Length::Wrong,
                    };
                }
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                for coding in list(header.value) {
                    fields.transfer = match fields.transfer {
                        Transfer::None if coding.eq_ignore_ascii_case(b"chunked") => {
                            Transfer::Chunked
                        }
                        _ => Transfer::Other,
                    };
                }
            } else if header.name.eq_ignore_ascii_case("connection") {
                for option in list(header.value) {
                    fields.close |= option.eq_ignore_ascii_case(b"close");
                    fields.persist |= option.eq_ignore_ascii_case(b"keep-alive");
                }
            }
        }
        Ok(fields)
    }

    /// RFC 9112, 6.3, for an answer to a GET.
    fn framing(&self, status: u16, version: u8) -> Result<Framing, CodecError> {
        if matches!(status, 204 | 304) {
            return Ok(Framing::Length(0));
        }
        match (self.transfer, self.length) {
            (Transfer::None, Length::None) => Ok(Framing::UntilClose),
            (Transfer::None, Length::Is(length)) => Ok(Framing::Length(length)),
            (Transfer::None, Length::Wrong) => {
                Err(CodecError::Garbage("the body's length is not one number"))
            }
            // Two ends of one body are how answers are smuggled.
            (_, Length::Is(_) | Length::Wrong) => {
                Err(CodecError::Garbage("a body with a length and a transfer coding"))
            }
            // RFC 9112, 6.1: its framing is faulty, even if it looks right.
            (_, Length::None) if version == 0 => {
                Err(CodecError::Garbage("a transfer coding in HTTP/1.0"))
            }
            (Transfer::Chunked, Length::None) => Ok(Framing::Chunked),
            (Transfer::Other, Length::None) => {
                Err(CodecError::Garbage("a transfer coding that was not asked for"))
            }
        }
    }

    /// RFC 9112, 9.3.
    fn keep_alive(&self, version: u8) -> bool {
        !self.close && (version > 0 || self.persist)
    }
}

/// The items of a list (RFC 9110, 5.6.1), in which empty ones do not count.
fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|item| !item.is_empty())
}

fn refusal(error: httparse::Error) -> CodecError {
    match error {
        httparse::Error::TooManyHeaders => CodecError::TooLarge(Limit::Headers),
        httparse::Error::HeaderName => CodecError::Garbage("a header's name is none"),
        httparse::Error::HeaderValue => CodecError::Garbage("a header's value is none"),
        httparse::Error::NewLine => CodecError::Garbage("a line of the head does not end"),
        httparse::Error::Status => CodecError::Garbage("the status is no number"),
        httparse::Error::Version => CodecError::Garbage("the version is not HTTP/1.0 or HTTP/1.1"),
        httparse::Error::Token => CodecError::Garbage("the head has a character out of place"),
    }
}
