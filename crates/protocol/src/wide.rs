//! Numbers of 64 bits are text on the way between two processes.
//!
//! In half of the languages a JSON number is a double, and above 2⁵³ not what was sent. The types here
//! have numbers; a line has digits in quotes for the fields of [`FIELDS`]. A record, which only this
//! program reads, keeps numbers.

use serde_json::Value;

/// The fields that are 64 bits wide, wherever they stand.
pub const FIELDS: &[&str] = &[
    "at_ns",
    "bytes",
    "checksum",
    "completed",
    "connect_timeout_ns",
    "depth_bytes",
    "duration_ns",
    "heap_bytes",
    "holds_bytes",
    "in_flight",
    "in_flight_after_weighing",
    "involuntary_switches",
    "largest_state_bytes",
    "lost",
    "max",
    "p50",
    "p90",
    "p99",
    "p999",
    "peak_in_flight",
    "rate_limit",
    "read_timeout_ns",
    "spread_ns",
    "start_cpu_ns",
    "start_ns",
    "state_bytes",
    "system_ns",
    "threads",
    "total_timeout_ns",
    "user_ns",
    "voluntary_switches",
    "wall_ns",
];

/// Fields whose own fields are names of anything.
const NAMES: &[&str] = &["versions", "build", "env"];

/// A list within which `tasks` is wide too.
const ERRORS: &str = "errors";

/// Has every wide number as text.
pub(crate) fn to_text(value: &mut Value) {
    each_wide(value, false, &mut |value| {
        if value.is_u64() {
            *value = Value::String(value.to_string());
        }
        Ok(())
    })
    .expect("nothing is refused");
}

/// Has every wide number as a number again.
///
/// # Errors
/// If one is not text, or text that is no number of 64 bits.
pub(crate) fn from_text(value: &mut Value) -> Result<(), String> {
    each_wide(value, false, &mut |value| {
        if value.is_null() {
            return Ok(());
        }
        let digits = value.as_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let number: Option<u64> = digits.and_then(|digits| digits.parse().ok());
        *value = number.ok_or("must be digits in quotes, at most 18446744073709551615")?.into();
        Ok(())
    })
}

fn each_wide(
    value: &mut Value,
    is_in_errors: bool,
    change: &mut impl FnMut(&mut Value) -> Result<(), &'static str>,
) -> Result<(), String> {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if NAMES.contains(&&**name) {
                    continue;
                }
                let is_wide = FIELDS.contains(&&**name) || is_in_errors && name == "tasks";
                if is_wide && !value.is_object() {
                    change(value).map_err(|why| format!("`{name}` {why}"))?;
                } else {
                    each_wide(value, name == ERRORS, change)?;
                }
            }
            Ok(())
        }
        Value::Array(all) => {
            all.iter_mut().try_for_each(|value| each_wide(value, is_in_errors, change))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wide_numbers_are_text_and_come_back() {
        let line = json!({
            "v": 2, "tasks": 7, "checksum": u64::MAX, "heap_bytes": null,
            "errors": [{ "kind": "reset", "tasks": 3 }],
            "lateness_ns": { "p50": 1, "max": 2 },
            "versions": { "bytes": "1.12.1" },
        });
        let mut text = line.clone();
        to_text(&mut text);
        assert_eq!(
            text,
            json!({
                "v": 2, "tasks": 7, "checksum": "18446744073709551615", "heap_bytes": null,
                "errors": [{ "kind": "reset", "tasks": "3" }],
                "lateness_ns": { "p50": "1", "max": "2" },
                "versions": { "bytes": "1.12.1" },
            })
        );
        from_text(&mut text).unwrap();
        assert_eq!(text, line);
    }

    #[test]
    fn what_is_not_text_of_a_wide_number_is_refused() {
        for wrong in [json!(7), json!("+7"), json!(""), json!("18446744073709551616"), json!([])] {
            let mut line = json!({ "checksum": wrong });
            let problem = from_text(&mut line).unwrap_err();
            assert!(problem.starts_with("`checksum` must be digits in quotes"), "{problem}");
        }
    }
}
