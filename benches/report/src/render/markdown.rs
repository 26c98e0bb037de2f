//! A page in Markdown, as a code host shows it (GitHub's dialect).

use textwrap::core::display_width;

use super::foreign;
use super::layout::{LONGEST_TEXT, Layout, cut};
use super::svg::Theme;
use crate::chart::Chart;
use crate::document::{Block, Document, Table};
use crate::text::{Span, Text};

/// The first line of a generated page.
pub const GENERATED: &str =
    "<!-- Generated from record.jsonl by `compare tables`; do not edit. -->\n\n";

/// Where a file stands: how the others are reached from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// What precedes the name of a results page or a picture: ``, `docs/results/`, `../results/`.
    pub results: &'a str,
    /// What precedes the name of a page written by hand: `docs/`, `../`.
    pub docs: &'a str,
}

/// The page: its title as `#`, its headings as `##`.
pub fn render(document: &Document, place: &Place<'_>) -> String {
    format!("# {}\n\n{}", place.line(&document.title), render_body(document, place))
}

/// The page without its title, to go into another one.
pub fn render_body(document: &Document, place: &Place<'_>) -> String {
    format!("{}\n", place.blocks(&document.blocks, 2).trim_end())
}

/// So wide a cell is padded to, in columns: a longer one stands out by itself.
const WIDEST: usize = 80;

/// A picture's width on a page, in pixels; on a narrower screen it shrinks with its column.
const CHART_WIDTH: u32 = 640;

/// What a string is written into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// Words of a line, in Markdown or in HTML.
    Words,
    /// Code between backticks, in one line.
    Code,
    /// Code between fences.
    Fence,
    /// An attribute of HTML.
    Attribute,
}

impl Place<'_> {
    fn blocks(&self, blocks: &[Block], level: usize) -> String {
        blocks.iter().map(|block| self.block(block, level) + "\n\n").collect()
    }

    fn block(&self, block: &Block, level: usize) -> String {
        let lines = |mark: &str, texts: &[Text], between: &str| {
            let lines = texts.iter().map(|text| format!("{mark} {}", self.line(text)));
            lines.collect::<Vec<_>>().join(between)
        };
        match block {
            Block::Heading(heading) => {
                format!("{} {}", "#".repeat(level.min(6)), self.line(heading))
            }
            Block::Paragraph(paragraph) => self.line(paragraph),
            Block::Quote(parts) => lines(">", parts, "\n>\n"),
            Block::List(points) => lines("-", points, "\n"),
            Block::Table(table) => self.table(table),
            Block::Chart(chart) => self.chart(chart),
            Block::Code(text) => code(text),
            Block::Details { summary, blocks } => format!(
                "<details>\n<summary>{}</summary>\n\n{}</details>",
                self.inline(summary, true),
                self.blocks(blocks, level + 1)
            ),
        }
    }

    /// The table, padded so that a change of one figure changes one line.
    fn table(&self, table: &Table) -> String {
        let layout = Layout::of(table, true, |text| self.line(text));
        let columns = || {
            let widths = layout.widths.iter().map(|width| (*width).clamp(3, WIDEST));
            widths.zip(&layout.is_number)
        };
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(columns()).map(|(cell, (width, is_number))| {
                let pad = " ".repeat(width.saturating_sub(display_width(cell)));
                if *is_number { format!(" {pad}{cell} |") } else { format!(" {cell}{pad} |") }
            });
            format!("|{}", cells.collect::<String>())
        };
        let rule = columns().map(|(width, is_number)| match is_number {
            true => format!(" {}: |", "-".repeat(width - 1)),
            false => format!(" {} |", "-".repeat(width)),
        });
        let mut lines = vec![line(&layout.heads), format!("|{}", rule.collect::<String>())];
        lines.extend(layout.rows.iter().map(line));
        if !layout.notes.is_empty() {
            lines.push(format!("\n<sub>{}</sub>", layout.notes.join(" · ")));
        }
        lines.join("\n")
    }

    fn chart(&self, chart: &Chart) -> String {
        let file =
            |theme: Theme| foreign::address(&format!("{}{}", self.results, theme.file(chart.id)));
        format!(
            "<picture>\n  <source media=\"(prefers-color-scheme: dark)\" srcset=\"{}\">\n  \
             <img alt=\"{}\" src=\"{}\" width=\"{CHART_WIDTH}\">\n</picture>",
            file(Theme::Dark),
            foreign(&chart.alt, Within::Attribute),
            file(Theme::Light),
        )
    }

    /// The text in a line of Markdown.
    fn line(&self, text: &Text) -> String {
        self.inline(text, false)
    }

    /// The text in a line; in HTML, Markdown's marks mean nothing.
    fn inline(&self, text: &Text, is_html: bool) -> String {
        let text = cut(text, LONGEST_TEXT);
        let mut line = String::new();
        for (index, span) in text.0.iter().enumerate() {
            let words = foreign(span.words(), Within::Words);
            line += &match span {
                Span::Plain(_) => words,
                Span::Strong(_) => {
                    let next = text.0.get(index + 1).and_then(|next| next.words().chars().next());
                    match !is_html && is_flanked(line.chars().last(), &words, next) {
                        true => format!("**{words}**"),
                        false => format!("<strong>{words}</strong>"),
                    }
                }
                Span::Code(code) if !is_html && is_plain_code(code) && !line.ends_with('`') => {
                    format!("`{}`", foreign(code, Within::Code))
                }
                Span::Code(_) => format!("<code>{words}</code>"),
                Span::Link { to, .. } => match self.target(to) {
                    None => words,
                    Some(to) if is_html => format!("<a href=\"{to}\">{words}</a>"),
                    Some(to) => format!("[{words}]({to})"),
                },
            };
        }
        if is_html { line } else { at_start(line.trim()) }
    }

    /// Where a link leads to from here; `None` where that is no address that a page may lead to.
    fn target(&self, to: &str) -> Option<String> {
        let whole = if let Some(page) = to.strip_prefix("page:") {
            let (page, anchor) = page.split_at(page.find('#').unwrap_or(page.len()));
            format!("{}{page}.md{anchor}", self.results)
        } else if let Some(page) = to.strip_prefix("docs:") {
            format!("{}{page}", self.docs)
        } else if to.starts_with("https://") || to.starts_with("http://") || !to.contains(':') {
            to.to_owned()
        } else {
            return None;
        };
        Some(foreign::address(&whole))
    }
}

/// The one way of a string into a page: what it holds is shown literally, whatever it is.
///
/// Marks of Markdown and of HTML become entities, which no reader of Markdown takes for a mark. What a
/// code host makes something of only after that (addresses, mail, formulas, boxes to tick, `:names:` of
/// pictures) is cut apart by an element without effect.
fn foreign(text: &str, within: Within) -> String {
    let characters: Vec<char> = text
        .chars()
        .map(|c| if within == Within::Fence && c == '\n' { c } else { foreign::shown(c) })
        .collect();
    let is_letter = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
    let mut written = String::with_capacity(text.len());
    for (index, character) in characters.iter().copied().enumerate() {
        let rest = &characters[index + 1..];
        match (within, character) {
            (Within::Code | Within::Fence, _) => written.push(character),
            (_, '&') => written.push_str("&amp;"),
            (_, '<') => written.push_str("&lt;"),
            (_, '>') => written.push_str("&gt;"),
            (Within::Attribute, '"') => written.push_str("&quot;"),
            (Within::Attribute, _) => written.push(character),
            _ if is_made_something_of(character, rest) => {
                written.push_str(&format!("<span>&#{};</span>", u32::from(character)));
            }
            (_, '_') if is_letter(characters[..index].last()) && is_letter(rest.first()) => {
                written.push('_');
            }
            (_, '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '^') => {
                written.push_str(&format!("&#{};", u32::from(character)));
            }
            (_, '!') if rest.is_empty() => written.push_str("&#33;"),
            _ => written.push(character),
        }
    }
    written
}

/// Whether a code host would make something of a text from this character on.
fn is_made_something_of(character: char, rest: &[char]) -> bool {
    let starts = |with: &str| {
        with.chars().zip(rest).filter(|(a, b)| *a == b.to_ascii_lowercase()).count() == with.len()
    };
    match character {
        '$' | '@' => true,
        ':' if starts("//") => true,
        ':' => {
            let is_name = |c: &&char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_');
            let name = rest.iter().take_while(is_name).count();
            name > 0 && rest.get(name) == Some(&':')
        }
        'w' | 'W' => starts("ww."),
        '[' => starts(" ]") || starts("x]"),
        _ => false,
    }
}

/// Whether code can stand between backticks, in a cell of a table too.
fn is_plain_code(code: &str) -> bool {
    !code.is_empty() && code.trim() == code && !code.contains(['`', '<', '>', '&', '|', '$'])
}

/// Whether `**` before and after these words is read as a mark there.
fn is_flanked(before: Option<char>, words: &str, after: Option<char>) -> bool {
    let is_apart = |c: Option<char>| {
        c.is_none_or(|c| c != '*' && (c.is_whitespace() || c.is_ascii_punctuation()))
    };
    let is_fine = |inner: Option<char>, outer: Option<char>| {
        inner.is_some_and(|inner| {
            outer != Some('*')
                && (inner.is_alphanumeric() || !inner.is_whitespace() && is_apart(outer))
        })
    };
    is_fine(words.chars().next(), before) && is_fine(words.chars().last(), after)
}

/// The line without what would begin a list or be a rule.
fn at_start(line: &str) -> String {
    let mark = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let mut after = mark.chars();
    let marks = match after.next() {
        Some('.' | ')') => mark.len() < line.len(),
        Some('+' | '-') => mark.len() == line.len(),
        _ => false,
    };
    let is_apart = after.as_str().chars().next().is_none_or(|c| c.is_whitespace() || c == '-');
    if !marks || !is_apart {
        return line.to_owned();
    }
    let (number, mark) = line.split_at(line.len() - mark.len());
    format!("{number}&#{};{}", mark.as_bytes()[0], after.as_str())
}

/// Lines as they stand. Where they hold what would end a fence, or what a page is put together by,
/// they are written as HTML.
fn code(lines: &str) -> String {
    let lines = lines.trim_end_matches('\n');
    if lines.contains('`') || lines.contains("<!--") || lines.contains("-->") {
        let lines: Vec<String> =
            lines.split('\n').map(|line| foreign(line, Within::Words)).collect();
        return format!("<pre><code>{}</code></pre>", lines.join("\n"));
    }
    format!("```console\n{}\n```", foreign(lines, Within::Fence))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::render::synthetic;

    const HERE: Place<'_> = Place { results: "", docs: "../" };

    fn page(blocks: Vec<Block>) -> String {
        render_body(&Document { id: "x", title: "x".into(), blocks }, &HERE)
    }

    /// What a code host makes of a page.
    fn html(markdown: &str) -> String {
        let mut options = comrak::Options::default();
        let on = &mut options.extension;
        (on.autolink, on.table, on.strikethrough, on.tasklist) = (true, true, true, true);
        (on.footnotes, on.alerts, on.math_dollars, on.math_code) = (true, true, true, true);
        options.render.r#unsafe = true;
        comrak::markdown_to_html(markdown, &options)
    }

    /// The text of a page of HTML, and its tags without their attributes.
    fn text_and_tags(html: &str) -> (String, Vec<String>) {
        let (mut text, mut tags) = (String::new(), Vec::new());
        let mut rest = html;
        while let Some((before, after)) = rest.split_once('<') {
            text.push_str(before);
            let (tag, after) = after.split_once('>').expect("a tag ends");
            tags.push(tag.split([' ', '\n']).next().unwrap_or_default().to_owned());
            rest = after;
        }
        text.push_str(rest);
        let named = [("lt", '<'), ("gt", '>'), ("quot", '"'), ("amp", '&')];
        let mut parts = text.split('&');
        let mut decoded = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (entity, after) = part.split_once(';').expect("an entity ends");
            let named = named.iter().find(|(name, _)| *name == entity).map(|(_, is)| *is);
            let number = entity.strip_prefix('#').and_then(|number| number.parse().ok());
            decoded.extend(named.or_else(|| char::from_u32(number?)));
            decoded.push_str(after);
        }
        (decoded, tags)
    }

    #[test]
    fn a_page_has_every_kind_of_block() {
        insta::assert_snapshot!(render(&synthetic::document(), &HERE), @r##"
        # What one more waiting task takes

        > **83 times as much** memory.
        >
        > It is read from &#96;outside&#96;.

        ## The bill

        `vm.max_map_count` stops it, see [the walls](walls.md#threads), [the method](../method.md) and [the kernel](https://docs.kernel.org/).

        |             |                timer ↓ | open request ↓ | requests a second ↑ | what stops it                                |
        | ----------- | ---------------------: | -------------: | ------------------: | -------------------------------------------- |
        | thread each | 37.4 kB (37.3–37.4 kB) |        45.5 kB |              31,000 | vm.max_map_count 65,530, 4 mappings a thread |
        | tokio       |      448 B (447–449 B) |             —¹ |              30,000 | memory                                       |
        | smol        |                     —² |             —¹ |                   — | memory                                       |

        <sub>¹ exit 101 at 4,000 · ² one repeat</sub>

        <picture>
          <source media="(prefers-color-scheme: dark)" srcset="charts/cpu-dark.svg">
          <img alt="A thread takes 118 µs, &quot;tokio&quot; 2 µs." src="charts/cpu-light.svg" width="640">
        </picture>

        - one
        - two: <code>a&#124;b</code>

        ```console
        compare plan --tasks 20k
        ```

        <details>
        <summary>By <strong>heap</strong></summary>

        ### Heap

        Without the kernel's part.

        </details>
        "##);
    }

    #[test]
    fn links_lead_there_from_where_the_page_is() {
        let readme = Place { results: "docs/results/", docs: "docs/" };
        let to = |to: &str| readme.target(to);
        assert_eq!(to("page:memory#x").as_deref(), Some("docs/results/memory.md#x"));
        assert_eq!(to("docs:method.md").as_deref(), Some("docs/method.md"));
        assert_eq!(to("#below").as_deref(), Some("#below"));
        assert_eq!(to("https://a.b/c?d=(e) f").as_deref(), Some("https://a.b/c?d=%28e%29%20f"));
        assert_eq!(to("javascript:alert(1)"), None);
    }

    /// Marks of Markdown, HTML and a code host, and what is not to be seen.
    fn nasty() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec![
            "<img src=x onerror=alert(1)>",
            "<!--",
            "-->",
            "</details>",
            "</summary>",
            "]]>",
            "`",
            "``",
            "```",
            "|",
            "\\",
            "\n",
            "\n\n",
            "\r",
            "\t",
            "    ",
            "# ",
            "- ",
            "+ ",
            "1. ",
            "12) ",
            "===",
            "---",
            "> ",
            "[x](y)",
            "![x](y)",
            "](",
            "[",
            "]",
            "(",
            ")",
            "[^1]",
            "[ ] ",
            "[!NOTE]",
            "**",
            "*",
            "_",
            "__",
            "~~",
            "~",
            "$",
            "$$",
            "$`",
            ":smile:",
            ":",
            "http://a.b",
            "www.a.bc",
            "a@b.cd",
            "&lt;",
            "&",
            ";",
            "\u{202e}",
            "\u{200b}",
            "\u{1b}[0m",
            "\u{7}",
            "\u{0}",
            "w",
            "W",
            "!",
            "a",
            "한",
            "é",
            " ",
            "<",
            ">",
            "\"",
            "'",
        ]);
        prop::collection::vec(part, 0..5)
            .prop_filter("cells are cut", |parts: &Vec<&str>| parts.concat().len() < 30)
            .prop_map(|parts| parts.concat())
    }

    /// Everything but white space as it may be shown: lines are trimmed, and white space in HTML is one.
    fn squeezed(text: &str) -> String {
        text.chars().map(foreign::shown).filter(|c| !c.is_whitespace()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn what_is_foreign_is_shown_literally(a in nasty(), b in nasty(), c in nasty()) {
            let text = || Text(vec![
                Span::Plain(a.clone()),
                Span::Strong(b.clone()),
                Span::Code(c.clone()),
                Span::Plain(b.clone()),
                Span::Link { label: a.clone(), to: "page:memory".into() },
            ]);
            let said = squeezed(&text().words());
            let line = HERE.line(&text());
            prop_assert!(!line.contains('\n') && !line.contains("<!--"), "{}", line);
            let rows = [vec![crate::document::Cell::Text(text())]];
            let table = Table::of([crate::document::Column::words("h")], rows);
            for (blocks, around) in [
                (vec![Block::Paragraph(text())], ""),
                (vec![Block::Heading(text())], ""),
                (vec![Block::Quote(vec![text()])], ""),
                (vec![Block::List(vec![text()])], ""),
                (vec![Block::Table(table)], "h"),
                (vec![Block::Details { summary: text(), blocks: vec![] }], ""),
            ] {
                let page = page(blocks);
                let html = html(&page);
                let (shown, tags) = text_and_tags(&html);
                prop_assert_eq!(squeezed(&shown), format!("{}{}", around, &said), "{} => {}", page, html);
                for tag in tags {
                    let known = ["p", "h2", "blockquote", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "span", "strong", "code", "a"];
                    prop_assert!(known.contains(&tag.trim_start_matches('/')), "{tag} in {html}");
                }
                prop_assert_eq!(html.matches("<a ").count(), 1, "{}", html);
                prop_assert_eq!(html.matches("<strong").count(), 1, "{}", html);
            }
        }

        #[test]
        fn code_is_shown_literally(lines in nasty()) {
            let page = page(vec![Block::Code(lines.clone())]);
            let html = html(&page);
            let (shown, tags) = text_and_tags(&html);
            prop_assert_eq!(squeezed(&shown), squeezed(&lines));
            prop_assert!(tags.iter().all(|tag| ["pre", "code", "span"].contains(&tag.trim_start_matches('/'))), "{}", html);
            prop_assert!(!page.contains("<!--"), "{}", page);
        }

        #[test]
        fn an_attribute_stays_one(alt in any::<String>()) {
            let written = foreign(&alt, Within::Attribute);
            prop_assert!(!written.contains(['"', '<', '>', '\n']));
        }
    }
}
