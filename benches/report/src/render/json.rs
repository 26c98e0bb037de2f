//! JSON as it may be printed, for programs.

use std::fmt::Write;

use serde_json::Value;

use super::foreign;

/// A value as text, over several lines. What a terminal would obey and what cannot be seen is written
/// as an escape, `\u202e`: it reads back as it was.
pub fn text(value: &Value) -> String {
    escaped(&format!("{value:#}")) + "\n"
}

/// The same of JSON that is text already, such as a record.
pub fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + 1);
    for character in json.chars() {
        if character == '\n' || foreign::shown(character) == character {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_string_reads_back_and_is_harmless(string in any::<String>()) {
            let written = text(&Value::String(string.clone()));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), string);
            prop_assert!(written.trim_end().chars().all(|c| foreign::shown(c) == c));
        }
    }
}
