//! A document as JSON, for programs: numbers are numbers, in the unit that their column names. A bound
//! that is not known is `null`.

use std::fmt::Write;

use serde_json::Value;

use super::foreign;
use crate::document::Document;

/// The document as a value.
pub fn render(document: &Document) -> Value {
    // Every key is a string, so that no type of a document fails to be written.
    serde_json::to_value(document).unwrap_or(Value::Null)
}

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
    use analysis::estimate::Estimate;
    use proptest::prelude::*;

    use super::*;
    use crate::document::{Block, Cell, Column, Table, Unit};

    #[test]
    fn numbers_are_numbers_and_what_is_unbounded_is_null() {
        let mut table = Table::new([Column::words(""), Column::new("timer", Unit::Bytes).lower()]);
        table.push(vec![Cell::text("tokio"), Cell::Figure(Estimate::lone(448.5))]);
        let document =
            Document { id: "one", title: "One".into(), blocks: vec![Block::Table(table)] };
        let value = render(&document);
        let figure = &value["blocks"][0]["table"]["rows"][0][1]["figure"];
        assert_eq!(figure["value"], 448.5);
        assert!(figure["low"].is_null() && figure["high"].is_null());
        assert_eq!(value["blocks"][0]["table"]["columns"][1]["unit"], "bytes");
    }

    proptest! {
        #[test]
        fn every_string_reads_back_and_is_harmless(string in any::<String>()) {
            let written = text(&Value::String(string.clone()));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), string);
            prop_assert!(written.trim_end().chars().all(|c| foreign::shown(c) == c));
        }
    }
}
