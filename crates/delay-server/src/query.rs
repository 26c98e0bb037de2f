//! What a request's path and query ask for.

use std::str::FromStr;
use std::time::Duration;

use workload::Task;
use workload::http::Fault;
use workload::http::spec::{LARGEST_BODY, LONGEST_DELAY};

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// `/wait`: an answer after a delay.
    Wait(Wanted),
    /// `/fault`: something that goes wrong, after a delay; for [`Fault::SlowDrip`] the delay is the
    /// pause before each byte instead.
    Fault(Fault, Wanted),
    /// `/stats`: what the server counted, in all or of one group.
    Stats(Option<u32>),
}

/// What an answer is to be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The two numbers to add. The body follows from them.
    pub task: Task,
    /// How long to wait from when the request was read; at most [`LONGEST_DELAY`].
    pub delay: Duration,
    /// The size of the body, at most [`LARGEST_BODY`].
    pub bytes: u64,
    /// The group under which the request is counted.
    pub group: u32,
    /// How the end of the body is told.
    pub encoding: Encoding,
}

/// How a client learns where the body ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// From `Content-Length`.
    #[default]
    Length,
    /// From the last chunk.
    Chunked,
    /// From the connection's end.
    Close,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is nothing at this path.
    #[error("there is no `{0}` here: ask for /wait, /fault or /stats")]
    Path(String),
    /// A parameter that is not known at this path.
    #[error("`{name}` is no parameter of {path}: it takes {known}")]
    Unknown {
        /// What was given.
        name: String,
        /// The path.
        path: &'static str,
        /// What is known there.
        known: String,
    },
    /// A parameter that stands there twice.
    #[error("`{0}` is given twice: give it once")]
    Twice(&'static str),
    /// A parameter that must not be left out.
    #[error("`{name}` is not given: it takes {allowed}")]
    Missing {
        /// The parameter.
        name: &'static str,
        /// What it takes.
        allowed: String,
    },
    /// A value that is not allowed.
    #[error("`{name}` is `{value}`: it takes {allowed}")]
    Value {
        /// The parameter.
        name: &'static str,
        /// What was given.
        value: String,
        /// What it takes.
        allowed: String,
    },
}

impl Request {
    /// Reads a path and what follows its question mark.
    ///
    /// # Errors
    /// If there is no such path, or the query is not as it must be.
    pub fn parse(path: &str, query: &str) -> Result<Self, Refused> {
        match path {
            "/wait" => {
                let mut values = Values::read("/wait", &WAIT, query)?;
                Ok(Self::Wait(values.wanted(0, Duration::ZERO)?))
            }
            "/fault" => {
                let mut values = Values::read("/fault", &FAULT, query)?;
                let fault = values.fault()?;
                let delay = match fault {
                    Fault::SlowDrip => Duration::from_secs(1),
                    _ => Duration::ZERO,
                };
                let wanted = values.wanted(1024, delay)?;
                if wanted.bytes == 0 && matches!(fault, Fault::Truncate | Fault::Stall) {
                    let allowed = format!("a whole number from 1 to {LARGEST_BODY} with {fault}");
                    return Err(Refused::Value { name: "bytes", value: "0".to_owned(), allowed });
                }
                Ok(Self::Fault(fault, wanted))
            }
            "/stats" => {
                let mut values = Values::read("/stats", &["group"], query)?;
                Ok(Self::Stats(values.number("group")?))
            }
            other => Err(Refused::Path(other.to_owned())),
        }
    }
}

const WAIT: [&str; 6] = ["ms", "bytes", "a", "b", "group", "encoding"];
const FAULT: [&str; 6] = ["kind", "ms", "bytes", "a", "b", "group"];

/// The parameters of a query that have not been taken yet.
struct Values<'a>(Vec<(&'static str, &'a str)>);

impl<'a> Values<'a> {
    fn read(path: &'static str, known: &[&'static str], query: &'a str) -> Result<Self, Refused> {
        let mut values: Vec<(&'static str, &'a str)> = Vec::with_capacity(known.len());
        let parts = query.split('&').filter(|_| !query.is_empty());
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let Some(&name) = known.iter().find(|known| **known == name) else {
                let (name, known) = (name.to_owned(), known.join(", "));
                return Err(Refused::Unknown { name, path, known });
            };
            if values.iter().any(|(other, _)| *other == name) {
                return Err(Refused::Twice(name));
            }
            values.push((name, value));
        }
        Ok(Self(values))
    }

    fn wanted(&mut self, bytes: u64, delay: Duration) -> Result<Wanted, Refused> {
        let task = Task { a: self.number("a")?.unwrap_or(0), b: self.number("b")?.unwrap_or(0) };
        Ok(Wanted {
            task,
            delay: self.delay()?.unwrap_or(delay),
            bytes: self.bytes()?.unwrap_or(bytes),
            group: self.number("group")?.unwrap_or(0),
            encoding: self.encoding()?.unwrap_or_default(),
        })
    }

    fn take(&mut self, name: &'static str) -> Option<&'a str> {
        let at = self.0.iter().position(|(other, _)| *other == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// The value of `name`, if there is one, as `read` reads it.
    fn take_as<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
        allowed: impl FnOnce() -> String,
    ) -> Result<Option<T>, Refused> {
        let Some(text) = self.take(name) else { return Ok(None) };
        let refused = || Refused::Value { name, value: text.to_owned(), allowed: allowed() };
        read(text).map(Some).ok_or_else(refused)
    }

    fn number(&mut self, name: &'static str) -> Result<Option<u32>, Refused> {
        self.take_as(name, whole, || format!("a whole number from 0 to {}", u32::MAX))
    }

    fn bytes(&mut self) -> Result<Option<u64>, Refused> {
        let read = |text: &str| whole(text).filter(|bytes| *bytes <= LARGEST_BODY);
        self.take_as("bytes", read, || format!("a whole number from 0 to {LARGEST_BODY}"))
    }

    fn delay(&mut self) -> Result<Option<Duration>, Refused> {
        let read = |text: &str| milliseconds(text).filter(|delay| *delay <= LONGEST_DELAY);
        self.take_as("ms", read, || {
            let longest = LONGEST_DELAY.as_millis();
            format!("milliseconds from 0 to {longest}, such as 50 or 0.5")
        })
    }

    fn encoding(&mut self) -> Result<Option<Encoding>, Refused> {
        let read = |text: &str| match text {
            "length" => Some(Encoding::Length),
            "chunked" => Some(Encoding::Chunked),
            "close" => Some(Encoding::Close),
            _ => None,
        };
        self.take_as("encoding", read, || "length, chunked or close".to_owned())
    }

    fn fault(&mut self) -> Result<Fault, Refused> {
        let allowed = || Fault::ALL.map(Fault::name).join(", ");
        let read = |text: &str| Fault::ALL.into_iter().find(|fault| fault.name() == text);
        self.take_as("kind", read, allowed)?
            .ok_or_else(|| Refused::Missing { name: "kind", allowed: allowed() })
    }
}

/// A number without a sign, which Rust would take.
fn whole<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// A decimal number of milliseconds, to the nanosecond.
fn milliseconds(text: &str) -> Option<Duration> {
    const DIGITS_TO_THE_NANOSECOND: usize = 6;
    let (before, after) = text.split_once('.').unwrap_or((text, "0"));
    if after.is_empty() || after.len() > DIGITS_TO_THE_NANOSECOND {
        return None;
    }
    let before = Duration::from_millis(whole(before)?);
    let after: u64 = whole(&format!("{after:0<DIGITS_TO_THE_NANOSECOND$}"))?;
    before.checked_add(Duration::from_nanos(after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(path: &str, query: &str) -> String {
        Request::parse(path, query).unwrap_err().to_string()
    }

    #[test]
    fn a_query_says_what_is_wanted() {
        let wanted = Wanted {
            task: Task { a: 1, b: 2 },
            delay: Duration::from_millis(50),
            bytes: 1024,
            group: 0,
            encoding: Encoding::Length,
        };
        let parsed = Request::parse("/wait", "ms=50&bytes=1024&a=1&b=2");
        assert_eq!(parsed, Ok(Request::Wait(wanted)));
        let parsed = Request::parse("/fault", "b=2&ms=50&kind=reset&a=1&group=9");
        assert_eq!(parsed, Ok(Request::Fault(Fault::Reset, Wanted { group: 9, ..wanted })));
        assert_eq!(Request::parse("/stats", ""), Ok(Request::Stats(None)));
        assert_eq!(Request::parse("/stats", "group=0"), Ok(Request::Stats(Some(0))));
    }

    #[test]
    fn what_is_left_out_is_nothing() {
        let nothing = Wanted {
            task: Task { a: 0, b: 0 },
            delay: Duration::ZERO,
            bytes: 0,
            group: 0,
            encoding: Encoding::Length,
        };
        assert_eq!(Request::parse("/wait", ""), Ok(Request::Wait(nothing)));
        let drip = Wanted { delay: Duration::from_secs(1), bytes: 1024, ..nothing };
        let parsed = Request::parse("/fault", "kind=slow-drip");
        assert_eq!(parsed, Ok(Request::Fault(Fault::SlowDrip, drip)));
    }

    #[test]
    fn a_refusal_names_the_parameter_the_value_and_what_is_allowed() {
        assert_eq!(refusal("/wai", ""), "there is no `/wai` here: ask for /wait, /fault or /stats");
        assert_eq!(
            refusal("/wait", "ms=ten"),
            "`ms` is `ten`: it takes milliseconds from 0 to 600000, such as 50 or 0.5"
        );
        assert_eq!(
            refusal("/wait", "bytes=67108865"),
            "`bytes` is `67108865`: it takes a whole number from 0 to 67108864"
        );
        assert_eq!(
            refusal("/wait", "delay=5"),
            "`delay` is no parameter of /wait: it takes ms, bytes, a, b, group, encoding"
        );
        assert_eq!(refusal("/wait", "a=1&a=1"), "`a` is given twice: give it once");
        assert_eq!(
            refusal("/fault", "a=1"),
            "`kind` is not given: it takes close, reset, garbage, truncate, stall, slow-drip, \
             silence, 500"
        );
        assert!(refusal("/fault", "kind=fire").starts_with("`kind` is `fire`: it takes close, "));
        assert_eq!(
            refusal("/fault", "kind=stall&bytes=0"),
            "`bytes` is `0`: it takes a whole number from 1 to 67108864 with stall"
        );
        assert!(refusal("/wait", "encoding=gzip").ends_with("length, chunked or close"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for value in ["", "+1", "-1", "1e3", "4294967296", "0x1", " 1", "1.0", "%31", "1,0"] {
            refusal("/wait", &format!("a={value}"));
        }
        for value in ["", ".", "5.", ".5", "-1", "1e3", "600000.000001", "0.0000001", "1.-1", "5m"]
        {
            refusal("/wait", &format!("ms={value}"));
        }
        for query in ["&", "a=1&", "=", "=1", "a", "a=1&&b=2", "kind=close"] {
            refusal("/wait", query);
        }
    }

    #[test]
    fn the_limits_themselves_are_allowed() {
        let Ok(Request::Wait(wanted)) = Request::parse("/wait", "ms=600000&bytes=67108864") else {
            panic!("refused");
        };
        assert_eq!((wanted.delay, wanted.bytes), (LONGEST_DELAY, LARGEST_BODY));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_in_one_line(
            path in "/(wait|fault|stats)", query in "[ -~]{0,60}",
        ) {
            if let Err(refused) = Request::parse(&path, &query) {
                prop_assert!(!refused.to_string().contains('\n'));
            }
        }

        #[test]
        fn what_is_asked_for_in_any_order_is_what_is_read(
            a: u32, b: u32, group: u32,
            bytes in 0..=LARGEST_BODY,
            ns in 0..=600_000_000_000_u64,
            order in Just([0_usize, 1, 2, 3, 4]).prop_shuffle(),
        ) {
            let ms = format!("{}.{:06}", ns / 1_000_000, ns % 1_000_000);
            let pairs = [
                format!("a={a}"),
                format!("b={b}"),
                format!("group={group}"),
                format!("bytes={bytes}"),
                format!("ms={ms}"),
            ];
            let query = order.map(|at| pairs[at].clone()).join("&");
            let wanted = Wanted {
                task: Task { a, b },
                delay: Duration::from_nanos(ns),
                bytes,
                group,
                encoding: Encoding::Length,
            };
            prop_assert_eq!(Request::parse("/wait", &query), Ok(Request::Wait(wanted)));
        }
    }
}
