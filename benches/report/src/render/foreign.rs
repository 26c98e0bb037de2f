//! What no form lets through. Text from a record, an argument or a server may hold anything; what
//! moves a cursor, turns text around or cannot be seen is shown as U+FFFD.

/// What stands in the place of a character that is not let through.
const REPLACEMENT: char = '\u{FFFD}';

/// What stands at the end of what was cut off.
pub(crate) const CUT: char = '…';

/// The character as it may be shown: white space that ends a line or jumps is a space, and a control,
/// bidirectional or invisible character is U+FFFD.
pub(crate) fn shown(character: char) -> char {
    match character {
        '\t' | '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        character if character.is_control() || is_invisible(character) => REPLACEMENT,
        character => character,
    }
}

/// The text as it may be shown, cut after so many characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let mut characters = text.chars().map(shown);
    let mut kept: String = characters.by_ref().take(most).collect();
    if characters.next().is_some() {
        kept.pop();
        kept.push(CUT);
    }
    kept
}

/// An address as it may stand in an attribute: what stands for nothing in an address is written as bytes.
pub(crate) fn address(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars().map(shown) {
        match character {
            '&' => written.push_str("&amp;"),
            c if c.is_ascii_alphanumeric() || "-._~/#?=%:+,@".contains(c) => written.push(c),
            c => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    written.push_str(&format!("%{byte:02X}"));
                }
            }
        }
    }
    written
}

/// Marks of direction, joiners, fillers, variation and language tags, annotations, and what is no
/// character.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{FFFE}'..='\u{FFFF}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown_as_such() {
        assert_eq!(
            cut("a\tb\r\nc\u{1b}[0m\u{9b}\u{202e}\u{feff}é한", 99),
            "a b  c\u{FFFD}[0m\u{FFFD}\u{FFFD}\u{FFFD}é한"
        );
    }

    #[test]
    fn what_is_long_is_cut() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
    }
}
