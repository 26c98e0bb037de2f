//! Where the chunks of a chunked body begin and end (RFC 9112, 7.1).

use super::error::CodecError;
use super::limits::{Limit, Limits};

/// How far a chunked body has been read. It keeps no bytes, only what the next byte may be.
///
/// Lines end with CR LF and nothing else: a server and a client that disagree about a lone LF here
/// disagree about where the next answer begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunked {
    /// The size of the chunk as far as its digits were read, then what is left of it.
    left: u64,
    /// Bytes read of the line that begins a chunk.
    line: u16,
    next: Next,
}

/// What was found in the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A chunk of this size, at least 1, begins.
    Chunk(u64),
    /// Bytes of the body, at least one.
    Data(&'a [u8]),
    /// The body ended here.
    End,
    /// The bytes are used up.
    More,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    FirstDigit,
    Digit,
    BlankOrExtension,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    TrailerOrEnd,
    TrailerName,
    TrailerValue,
    TrailerLf,
    LastLf,
    Nothing,
}

impl Chunked {
    pub(super) const BEGIN: Self = Self { left: 0, line: 0, next: Next::FirstDigit };

    /// Reads on to the next piece and takes it from `bytes`.
    ///
    /// Trailers are checked for their form and skipped, as RFC 9110, 6.5.1 allows; their bytes are
    /// taken from `trailer_bytes`.
    pub(super) fn read<'a>(
        &mut self,
        bytes: &mut &'a [u8],
        trailer_bytes: &mut u32,
    ) -> Result<Piece<'a>, CodecError> {
        loop {
            if self.next == Next::Data {
                return Ok(self.data(bytes));
            }
            let Some((&byte, rest)) = bytes.split_first() else { return Ok(Piece::More) };
            *bytes = rest;
            if let Some(piece) = self.step(byte, trailer_bytes)? {
                return Ok(piece);
            }
        }
    }

    fn data<'a>(&mut self, bytes: &mut &'a [u8]) -> Piece<'a> {
        if bytes.is_empty() {
            return Piece::More;
        }
        let data = take(bytes, self.left);
        self.left -= data.len() as u64;
        if self.left == 0 {
            self.next = Next::DataCr;
        }
        Piece::Data(data)
    }

    fn step(
        &mut self,
        byte: u8,
        trailer_bytes: &mut u32,
    ) -> Result<Option<Piece<'static>>, CodecError> {
        use Next::{
            BlankOrExtension, Data, DataCr, DataLf, Digit, Extension, FirstDigit, LastLf, Nothing,
            SizeLf, TrailerLf, TrailerName, TrailerOrEnd, TrailerValue,
        };
        match self.next {
            FirstDigit | Digit | BlankOrExtension | Extension | SizeLf => {
                self.line += 1;
                if self.line > Limits::CHUNK_LINE_BYTES {
                    return Err(CodecError::TooLarge(Limit::ChunkLine));
                }
            }
            TrailerOrEnd if byte == b'\r' => {}
            TrailerOrEnd | TrailerName | TrailerValue | TrailerLf => {
                *trailer_bytes =
                    trailer_bytes.checked_sub(1).ok_or(CodecError::TooLarge(Limit::HeadBytes))?;
            }
            Data | DataCr | DataLf | LastLf | Nothing => {}
        }
        self.next = match (self.next, byte) {
            (FirstDigit | Digit, _) if byte.is_ascii_hexdigit() => {
                self.left = with_digit(self.left, byte)?;
                Digit
            }
            (Digit | BlankOrExtension, b' ' | b'\t') => BlankOrExtension,
            (Digit | BlankOrExtension, b';') => Extension,
            (Digit | BlankOrExtension | Extension, b'\r') => SizeLf,
            (Extension, _) if is_text(byte) => Extension,
            (SizeLf, b'\n') => {
                self.line = 0;
                if self.left > 0 {
                    self.next = Data;
                    return Ok(Some(Piece::Chunk(self.left)));
                }
                TrailerOrEnd
            }
            (DataCr, b'\r') => DataLf,
            (DataLf, b'\n') => FirstDigit,
            (TrailerOrEnd, b'\r') => LastLf,
            (TrailerOrEnd | TrailerName, _) if is_token(byte) => TrailerName,
            (TrailerName, b':') => TrailerValue,
            (TrailerValue, b'\r') => TrailerLf,
            (TrailerValue, _) if is_text(byte) => TrailerValue,
            (TrailerLf, b'\n') => TrailerOrEnd,
            (LastLf, b'\n') => {
                self.next = Nothing;
                return Ok(Some(Piece::End));
            }
            (FirstDigit | Digit | BlankOrExtension, _) => {
                return Err(CodecError::Garbage("a chunk begins with no size"));
            }
            (Extension | SizeLf, _) => {
                return Err(CodecError::Garbage("a chunk's first line does not end"));
            }
            (Data | DataCr | DataLf, _) => {
                return Err(CodecError::Garbage("a chunk does not end where it should"));
            }
            (TrailerOrEnd | TrailerName | TrailerValue | TrailerLf | LastLf | Nothing, _) => {
                return Err(CodecError::Garbage("a chunked body ends with no trailer"));
            }
        };
        Ok(None)
    }
}

/// Takes at most `most` bytes.
pub(super) fn take<'a>(bytes: &mut &'a [u8], most: u64) -> &'a [u8] {
    let length = usize::try_from(most).map_or(bytes.len(), |most| most.min(bytes.len()));
    let (taken, rest) = bytes.split_at(length);
    *bytes = rest;
    taken
}

fn with_digit(size: u64, digit: u8) -> Result<u64, CodecError> {
    let digit = char::from(digit).to_digit(16).map_or(0, u64::from);
    size.checked_mul(16)
        .and_then(|size| size.checked_add(digit))
        .ok_or(CodecError::Garbage("a chunk's size is no 64-bit number"))
}

/// What a value may be made of: `HTAB`, `SP`, `VCHAR` and `obs-text` of RFC 9110, 5.5.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// `tchar` of RFC 9110, 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body in these bytes, and what is left of them after it.
    fn read(mut bytes: &[u8]) -> Result<(Vec<u8>, &[u8]), CodecError> {
        let (mut chunked, mut trailer_bytes, mut body) = (Chunked::BEGIN, 40, Vec::new());
        loop {
            match chunked.read(&mut bytes, &mut trailer_bytes)? {
                Piece::Chunk(_) => {}
                Piece::Data(data) => body.extend_from_slice(data),
                Piece::End => return Ok((body, bytes)),
                Piece::More => return Err(CodecError::Truncated),
            }
        }
    }

    #[test]
    fn chunks_are_joined_and_their_decoration_is_skipped() {
        for (bytes, body, rest) in [
            ("0\r\n\r\n", "", ""),
            ("3\r\nabc\r\n002\r\nde\r\n000\r\n\r\nx", "abcde", "x"),
            ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789", ""),
            ("1 \t;a;b=c;d=\"e;\"\r\nx\r\n0;last\r\n\r\n", "x", ""),
            ("1 \r\nx\r\n0\r\nDate: now\r\nEmpty:\r\n\r\n0\r\n", "x", "0\r\n"),
        ] {
            assert_eq!(read(bytes.as_bytes()), Ok((body.into(), rest.as_bytes())), "{bytes:?}");
        }
    }

    #[test]
    fn what_another_reader_might_take_otherwise_is_garbage() {
        for bytes in [
            "\r\n",
            "x",
            " 1",
            "-1",
            "+1",
            "0x1",
            "1\n",
            "1\rx",
            "1;a\nb",
            "1;\0",
            "1 2\r\n",
            "1\r\nab",
            "1\r\na\n",
            "1\r\na\r\r",
            "0\r\n\n",
            "0\r\n a",
            "0\r\na b:c\r\n",
            "0\r\na\r\n",
            "0\r\n:a\r\n",
            "0\r\na:b\nc",
            "0\r\na:b\r\rc",
            "0\r\n\rx",
            "10000000000000000\r\n",
            "ffffffffffffffff0\r\n",
        ] {
            let error = read(bytes.as_bytes()).unwrap_err();
            assert!(matches!(error, CodecError::Garbage(_)), "{bytes:?}: {error}");
        }
    }

    #[test]
    fn lines_and_trailers_are_limited() {
        let most = usize::from(Limits::CHUNK_LINE_BYTES);
        let line = |length: usize| format!("{}\r\n", "0".repeat(length - 2));
        assert_eq!(read(line(most).as_bytes()), Err(CodecError::Truncated));
        assert_eq!(read(line(most + 1).as_bytes()), Err(CodecError::TooLarge(Limit::ChunkLine)));
        let chunks = "1;extension\r\nx\r\n".repeat(most);
        let body = vec![b'x'; most];
        let bytes = format!("{chunks}0\r\n\r\n");
        assert_eq!(read(bytes.as_bytes()), Ok((body, &b""[..])), "each line has its own limit");
        let trailer = |length: usize| format!("0\r\na:{}\r\n\r\n", "b".repeat(length - 4));
        assert!(read(trailer(40).as_bytes()).is_ok());
        assert_eq!(read(trailer(41).as_bytes()), Err(CodecError::TooLarge(Limit::HeadBytes)));
    }
}
