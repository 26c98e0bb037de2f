//! Bytes in, events out.

use super::chunked::{Chunked, Piece, take};
use super::error::CodecError;
use super::head::{self, Framing, Head, Parsed};
use super::limits::{Limit, Limits};

/// Reads one answer to a GET.
///
/// It is held for as long as a task waits, so it is small and, until a head comes in pieces, holds
/// no heap; it gives that back when the head is whole. A body is never copied.
#[derive(Debug)]
pub struct ResponseReader {
    state: State,
    /// What the body may still bring.
    body_left: u64,
    /// What heads and trailers may still bring.
    head_left: u32,
    most_headers: u8,
    has_begun: bool,
    is_past_head: bool,
    keep_alive: bool,
}

/// A part of an answer.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Its status and headers. Comes first, and before it is looked at whether its body is too
    /// large.
    Head(Head<'a>),
    /// The next bytes of its body, at least one.
    Body(&'a [u8]),
    /// It is whole. Comes last.
    End,
}

#[derive(Debug)]
enum State {
    /// Before the blank line of a head. The bytes of it that came, if it did not come in one piece.
    Head(Option<Box<Partial>>),
    /// In a body with this many bytes left, at least one.
    Length(u64),
    Chunked(Chunked),
    UntilClose,
    /// The answer is whole, or something was wrong.
    Over,
}

#[derive(Debug)]
struct Partial {
    bytes: Vec<u8>,
    line: Line,
}

impl ResponseReader {
    /// A reader for one answer that keeps these limits.
    #[inline]
    pub const fn new(limits: Limits) -> Self {
        Self {
            state: State::Head(None),
            body_left: limits.body_bytes,
            head_left: limits.head_bytes,
            most_headers: limits.headers,
            has_begun: false,
            is_past_head: false,
            keep_alive: false,
        }
    }

    /// Reads these bytes and hands each event to `on_event`.
    ///
    /// Returns how many of them belong to the answer: less than all if it ends before they do. What
    /// follows was not asked for, so the connection is not to be used again.
    ///
    /// # Errors
    /// The error of the codec, or what `on_event` returned. The reader takes nothing more then.
    pub fn feed<E: From<CodecError>>(
        &mut self,
        bytes: &[u8],
        mut on_event: impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let mut rest = bytes;
        let result = self.read(&mut rest, &mut on_event);
        if result.is_err() {
            self.state = State::Over;
        }
        result.map(|()| bytes.len() - rest.len())
    }

    /// Takes note that no more bytes come. That is how some answers end, and otherwise an error.
    ///
    /// # Errors
    /// [`CodecError::Closed`] if no byte came at all, [`CodecError::Truncated`] if the answer is not
    /// whole, [`CodecError::Garbage`] if what came of its head was not one either; or what
    /// `on_event` returned.
    pub fn end_of_stream<E: From<CodecError>>(
        &mut self,
        mut on_event: impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Head(_) if !self.has_begun => Err(CodecError::Closed.into()),
            State::Head(Some(partial)) => {
                head::parse(&partial.bytes, self.most_headers, |_| Ok::<_, E>(()))?;
                Err(CodecError::Truncated.into())
            }
            State::Head(None) | State::Length(_) | State::Chunked(_) => {
                Err(CodecError::Truncated.into())
            }
            State::UntilClose => on_event(Event::End),
            State::Over => Ok(()),
        }
    }

    /// Whether any byte came.
    #[inline]
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether the head was whole and the body had not been refused for its announced size.
    #[inline]
    pub fn is_past_head(&self) -> bool {
        self.is_past_head
    }

    /// Whether the answer is whole, or something was wrong with it.
    #[inline]
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// Whether the server keeps the connection open after the answer. `false` before its head.
    #[inline]
    pub fn keep_alive(&self) -> bool {
        self.keep_alive
    }

    /// How many bytes the body may still have before it is too large.
    #[inline]
    pub fn body_left(&self) -> u64 {
        self.body_left
    }

    fn read<E: From<CodecError>>(
        &mut self,
        rest: &mut &[u8],
        on_event: &mut impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.has_begun |= !rest.is_empty();
        while !rest.is_empty() {
            match &mut self.state {
                State::Head(_) => self.read_head(rest, on_event)?,
                State::Length(left) => {
                    let data = take(rest, *left);
                    *left -= data.len() as u64;
                    let is_last = *left == 0;
                    self.body_left -= data.len() as u64;
                    on_event(Event::Body(data))?;
                    if is_last {
                        self.end(on_event)?;
                    }
                }
                State::Chunked(chunked) => match chunked.read(rest, &mut self.head_left)? {
                    Piece::Chunk(size) => self.allow(size)?,
                    Piece::Data(data) => {
                        self.body_left -= data.len() as u64;
                        on_event(Event::Body(data))?;
                    }
                    Piece::End => self.end(on_event)?,
                    Piece::More => {}
                },
                State::UntilClose => {
                    // All that is allowed is handed out first, as it would be byte by byte.
                    let data = take(rest, self.body_left);
                    self.body_left -= data.len() as u64;
                    if !data.is_empty() {
                        on_event(Event::Body(data))?;
                    }
                    self.allow(rest.len() as u64)?;
                }
                State::Over => return Ok(()),
            }
        }
        Ok(())
    }

    /// Reads on to the end of the head. The first to come is the common case, in which all of it is
    /// there: nothing is copied, and it is parsed where it lies.
    fn read_head<E: From<CodecError>>(
        &mut self,
        rest: &mut &[u8],
        on_event: &mut impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let State::Head(partial) = &mut self.state else { return Ok(()) };
        let so_far = partial.as_ref().map_or(0, |partial| partial.bytes.len());
        let room = usize::try_from(self.head_left).unwrap_or(usize::MAX).saturating_sub(so_far);
        let within = &rest[..rest.len().min(room)];

        let line = partial.as_ref().map_or(Line::Begun, |partial| partial.line);
        check_beginning(so_far, within)?;
        let (end, line) = line.find_blank(within);
        if end.is_none() && within.len() == room {
            return Err(CodecError::TooLarge(Limit::HeadBytes).into());
        }
        let new = take(rest, end.unwrap_or(within.len()) as u64);
        match (end, partial) {
            (Some(_), None) => self.use_head(new, on_event),
            (Some(_), Some(partial)) => {
                let mut bytes = std::mem::take(&mut partial.bytes);
                bytes.extend_from_slice(new);
                self.use_head(&bytes, on_event)
            }
            (None, Some(partial)) => {
                partial.bytes.extend_from_slice(new);
                partial.line = line;
                Ok(())
            }
            (None, partial @ None) => {
                *partial = Some(Box::new(Partial { bytes: new.to_vec(), line }));
                Ok(())
            }
        }
    }

    /// Parses a whole head and goes on to what follows it.
    fn use_head<E: From<CodecError>>(
        &mut self,
        bytes: &[u8],
        on_event: &mut impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        // No head is longer than what is left; what is left is 32 bits.
        self.head_left -= u32::try_from(bytes.len()).unwrap_or(self.head_left);
        self.state = State::Head(None);
        let parsed = head::parse(bytes, self.most_headers, |head| on_event(Event::Head(head)))?;
        let (framing, keep_alive) = match parsed {
            Parsed::Final(framing, keep_alive) => (framing, keep_alive),
            Parsed::Informational => return Ok(()),
            Parsed::Partial => return Err(CodecError::Garbage("the head does not end").into()),
        };
        self.keep_alive = keep_alive;
        match framing {
            Framing::Length(length) => {
                self.allow(length)?;
                self.state = State::Length(length);
            }
            Framing::Chunked => self.state = State::Chunked(Chunked::BEGIN),
            Framing::UntilClose => self.state = State::UntilClose,
        }
        self.is_past_head = true;
        if framing == Framing::Length(0) { self.end(on_event) } else { Ok(()) }
    }

    /// Whether so many bytes of body more are allowed.
    fn allow(&self, bytes: u64) -> Result<(), CodecError> {
        if bytes > self.body_left { Err(CodecError::TooLarge(Limit::BodyBytes)) } else { Ok(()) }
    }

    fn end<E>(&mut self, on_event: &mut impl FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        self.state = State::Over;
        on_event(Event::End)
    }
}

/// Whether a head can go on with `bytes` after its first `so_far` bytes.
///
/// What is no HTTP at all is found out by its first bytes, not when 16 KiB of it are there or the
/// time is up. An empty line before the status, which httparse would skip, is not let through
/// either: it would be the blank line that ends the head.
fn check_beginning(so_far: usize, bytes: &[u8]) -> Result<(), CodecError> {
    const BEGINNING: &[u8] = b"HTTP/1.";
    let expected = BEGINNING.get(so_far..).unwrap_or_default();
    if expected.iter().zip(bytes).all(|(expected, byte)| expected == byte) {
        Ok(())
    } else {
        Err(CodecError::Garbage("it does not begin with HTTP/1."))
    }
}

/// What there is of the line before the next byte. Keeping it makes the search for the blank line
/// linear in however many pieces a head comes.
#[derive(Clone, Copy, Debug)]
enum Line {
    /// Something other than CR.
    Begun,
    /// Nothing.
    Empty,
    /// CR alone.
    Cr,
}

impl Line {
    /// Where the first blank line ends, if it does, and else the line after all bytes. A line may
    /// end with LF alone (RFC 9112, 2.2).
    fn find_blank(mut self, bytes: &[u8]) -> (Option<usize>, Self) {
        for (position, byte) in bytes.iter().enumerate() {
            self = match (self, byte) {
                (Self::Begun, b'\n') => Self::Empty,
                (Self::Empty | Self::Cr, b'\n') => return (Some(position + 1), Self::Begun),
                (Self::Empty, b'\r') => Self::Cr,
                _ => Self::Begun,
            };
        }
        (None, self)
    }
}

#[cfg(test)]
mod tests;
