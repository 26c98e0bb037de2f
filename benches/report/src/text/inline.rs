//! Inline text: words with marks.

/// Words with marks. What stands in it is never markup: each renderer writes every span through the
/// one function in which it makes foreign text harmless.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Span>);

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Words.
    Plain(String),
    /// Words that stand out.
    Strong(String),
    /// Something to type, or a name of the code.
    Code(String),
    /// A link. `page:memory#walls` leads to a generated page, `docs:method.md` to a page written by
    /// hand, and anything else is an address as it stands.
    Link {
        /// What is shown.
        label: String,
        /// Where it leads to.
        to: String,
    },
}

impl Text {
    /// Words without marks.
    pub fn plain(words: impl Into<String>) -> Self {
        Self(vec![Span::Plain(words.into())])
    }

    /// Words that stand out.
    pub fn strong(words: impl Into<String>) -> Self {
        Self(vec![Span::Strong(words.into())])
    }

    /// Something to type, or a name of the code.
    pub fn code(words: impl Into<String>) -> Self {
        Self(vec![Span::Code(words.into())])
    }

    /// This text and then the other, with a space between them.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        if !self.0.is_empty() && !other.0.is_empty() {
            self.0.push(Span::Plain(" ".into()));
        }
        self.0.extend(other.0);
        self
    }

    /// Its words without any mark.
    pub fn words(&self) -> String {
        self.0.iter().map(Span::words).collect()
    }
}

impl Span {
    /// Its words without any mark.
    pub fn words(&self) -> &str {
        match self {
            Self::Plain(words) | Self::Strong(words) | Self::Code(words) => words,
            Self::Link { label, .. } => label,
        }
    }
}

impl From<&str> for Text {
    /// Words without marks.
    fn from(words: &str) -> Self {
        Self::plain(words)
    }
}

impl From<String> for Text {
    /// Words without marks.
    fn from(words: String) -> Self {
        Self::plain(words)
    }
}

/// A sentence of ours with figures and names filled in.
///
/// The template is our own and may hold `**strong**`, `` `code` ``, `[label](to)` and places like
/// `{name}`. What is filled in is never read as markup, so foreign text can be filled in safely.
///
/// # Panics
/// If the template has a place that is not filled, or a mark that does not end: both are slips of
/// ours that the first call shows.
pub fn say(template: &str, with: &[(&str, &str)]) -> Text {
    let fill = |part: &str| fill(part, with);
    let mut spans = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let next = rest.find(['*', '`', '[']).unwrap_or(rest.len());
        let (plain, marked) = rest.split_at(next);
        if !plain.is_empty() {
            spans.push(Span::Plain(fill(plain)));
        }
        let mut take = |inner, end| {
            let (words, after) = until(inner, end, template);
            rest = after;
            fill(words)
        };
        if let Some(inner) = marked.strip_prefix("**") {
            spans.push(Span::Strong(take(inner, "**")));
        } else if let Some(inner) = marked.strip_prefix('`') {
            spans.push(Span::Code(take(inner, "`")));
        } else if let Some(inner) = marked.strip_prefix('[') {
            let (label, inner) = until(inner, "](", template);
            spans.push(Span::Link { label: fill(label), to: take(inner, ")") });
        } else if let Some(after) = marked.strip_prefix('*') {
            spans.push(Span::Plain("*".into()));
            rest = after;
        } else {
            break;
        }
    }
    Text(spans)
}

fn until<'a>(text: &'a str, end: &str, template: &str) -> (&'a str, &'a str) {
    text.split_once(end).unwrap_or_else(|| panic!("`{end}` is missing in `{template}`"))
}

/// The same without marks: a template that has only places.
pub(super) fn fill(part: &str, with: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = until(after, "}", part);
        let value = with.iter().find(|(known, _)| *known == name);
        let (_, value) = value.unwrap_or_else(|| panic!("nothing is filled into `{{{name}}}`"));
        filled.push_str(before);
        filled.push_str(value);
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_has_its_marks_and_its_figures() {
        let said = say(
            "a {what} takes **{times} times** as much, see [{what}](page:memory) or `run {what}`.",
            &[("what", "*task* [x](y) {z}"), ("times", "83")],
        );
        assert_eq!(said.0[1], Span::Strong("83 times".into()));
        assert_eq!(
            said.words(),
            "a *task* [x](y) {z} takes 83 times as much, see *task* [x](y) {z} or run *task* [x](y) \
             {z}."
        );
        assert!(matches!(&said.0[3], Span::Link { to, .. } if to == "page:memory"));
        assert_eq!(said.0.len(), 7);
    }

    #[test]
    #[should_panic(expected = "nothing is filled into `{none}`")]
    fn a_place_that_is_not_filled_is_a_slip() {
        say("{none}", &[]);
    }
}
