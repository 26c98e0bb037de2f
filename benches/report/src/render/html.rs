//! Documents as one page of HTML that loads nothing: styles, script, pictures and figures stand in it.
//!
//! Without a script it has every word, table and picture. With one it has charts to pick from and a plan of
//! one's own too (`assets/report.js`).

use std::collections::BTreeSet;

use super::foreign;
use super::layout::{LONGEST_TEXT, Layout, cut};
use super::svg::{self, Theme};
use crate::chart::Chart;
use crate::document::{Block, Cell, Document, Table};
use crate::one_page::OnePage;
use crate::text::{Span, Text};

/// The first line of a generated page, which also says what it is.
pub const GENERATED: &str =
    "<!DOCTYPE html>\n<!-- Generated from record.jsonl by `compare report`; do not edit. -->\n";

/// What stands around the page: how other files are reached from it. Where they are not at hand, a link to
/// them is words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Around<'a> {
    /// What precedes the name of a results page.
    pub results: Option<&'a str>,
    /// What precedes the name of a page written by hand.
    pub docs: Option<&'a str>,
}

/// So many characters of what a part is called by those who do not see it, and in an address.
const LONGEST_LABEL: usize = 160;

/// So many rows of a table are shown: a page of a huge record still opens.
const MOST_ROWS: usize = 500;

/// The page around everything, with a mark for each part.
const FRAME: &str = include_str!("../../assets/report.html");

/// What the marks of the frame stand for that are the same in every page.
const ASSETS: [(&str, &str); 4] = [
    ("chart-style", include_str!("../../assets/uplot/uPlot.min.css")),
    ("style", include_str!("../../assets/report.css")),
    ("chart-script", include_str!("../../assets/uplot/uPlot.iife.min.js")),
    ("script", include_str!("../../assets/report.js")),
];

/// The page.
pub fn render(page: &OnePage, around: &Around<'_>) -> String {
    let ids: Vec<&str> = page.documents.iter().map(|document| document.id).collect();
    let writer =
        || Writer { around, ids: &ids, page: "", heading: String::new(), taken: BTreeSet::new() };
    let section = |document: &Document| writer().section(document);
    let lead: String =
        page.lead.iter().map(|text| format!("<p>{}</p>", writer().inline(text))).collect();
    let (first, rest) = page.documents.split_at(page.documents.len().min(1));
    let link = |document: &Document| {
        let title = foreign(&document.title.words());
        format!("<li><a href=\"#{}\">{title}</a></li>", foreign(document.id))
    };
    let parts = [
        ("of", if page.is_of_servers { "servers" } else { "tasks" }.into()),
        ("title", foreign(&page.title)),
        ("lead", lead),
        ("first-link", first.iter().map(link).collect()),
        ("links", rest.iter().map(link).collect()),
        ("first", first.iter().map(section).collect()),
        ("rest", rest.iter().map(section).collect()),
        ("data", data(page)),
    ];
    let part = |mark: &str| {
        let of_assets = || ASSETS.iter().find(|(name, _)| *name == mark).map(|(_, text)| *text);
        parts.iter().find(|(name, _)| *name == mark).map(|(_, text)| &**text).or_else(of_assets)
    };
    // The marks are looked for in the frame alone: what is filled in may hold anything.
    let mut html = GENERATED.to_owned();
    for (index, piece) in FRAME.split("{{").enumerate() {
        match piece.split_once("}}").filter(|_| index > 0) {
            Some((mark, after)) => {
                html += part(mark).unwrap_or_default();
                html += after;
            }
            None => html += piece,
        }
    }
    html
}

/// The figures for the script, as JSON that ends no element.
fn data(page: &OnePage) -> String {
    let json = serde_json::to_string(&page.data).unwrap_or_else(|_| "null".into());
    let json: String = json.chars().map(foreign::shown).collect();
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

struct Writer<'a> {
    around: &'a Around<'a>,
    /// The documents that are on the page.
    ids: &'a [&'a str],
    /// The document that is written.
    page: &'a str,
    /// The heading above what is written: what a table is called.
    heading: String,
    /// The ids that are taken.
    taken: BTreeSet<String>,
}

impl<'a> Writer<'a> {
    fn section(mut self, document: &'a Document) -> String {
        self.page = document.id;
        self.heading = document.title.words();
        let (id, title) = (foreign(document.id), self.inline(&document.title));
        let blocks = self.blocks(&document.blocks, 3);
        format!(
            "<section id=\"{id}\" aria-labelledby=\"{id}--title\"><h2 id=\"{id}--title\">{title}</h2>\n{blocks}</section>\n"
        )
    }

    fn blocks(&mut self, blocks: &[Block], level: usize) -> String {
        blocks.iter().map(|block| self.block(block, level) + "\n").collect()
    }

    fn block(&mut self, block: &Block, level: usize) -> String {
        match block {
            Block::Heading(heading) => {
                self.heading = heading.words();
                let (level, id) = (level.min(6), self.id(&heading.words()));
                format!("<h{level} id=\"{id}\">{}</h{level}>", self.inline(heading))
            }
            Block::Paragraph(paragraph) => format!("<p>{}</p>", self.inline(paragraph)),
            Block::Quote(parts) => format!("<blockquote>{}</blockquote>", self.each("p", parts)),
            Block::List(points) => format!("<ul>{}</ul>", self.each("li", points)),
            Block::Table(table) => self.table(table),
            Block::Chart(chart) => picture(chart),
            Block::Code(text) => format!(
                "<pre tabindex=\"0\"><code>{}</code></pre>",
                text.trim_end().split('\n').map(foreign).collect::<Vec<_>>().join("\n")
            ),
            Block::Details { summary, blocks } => {
                let id = match summary.0.first() {
                    Some(Span::Code(name)) => format!(" id=\"{}\"", self.id(name)),
                    _ => String::new(),
                };
                let heading = std::mem::replace(&mut self.heading, summary.words());
                let inner = self.blocks(blocks, level + 1);
                self.heading = heading;
                format!(
                    "<details{id}><summary>{}</summary>\n{inner}</details>",
                    self.inline(summary)
                )
            }
        }
    }

    fn each(&self, element: &str, texts: &[Text]) -> String {
        let each = |text: &Text| format!("<{element}>{}</{element}>", self.inline(text));
        texts.iter().map(each).collect()
    }

    /// The table. What a number is, beside how it is written, is an attribute of its cell, for sorting.
    fn table(&self, table: &Table) -> String {
        let all = table.rows.len();
        let shown = Table {
            columns: table.columns.clone(),
            rows: table.rows[..all.min(MOST_ROWS)].to_vec(),
        };
        let layout = Layout::of(&shown, true, |text| self.inline(text));
        let head = |(head, is_number): (&String, &bool)| {
            let class = if *is_number { " class=\"n\"" } else { "" };
            format!("<th scope=\"col\"{class}>{head}</th>")
        };
        let cell = |(index, (cell, words)): (usize, (&Cell, &String))| {
            let value = match cell {
                Cell::Text(_) => None,
                Cell::Count(count) => Some(*count as f64),
                Cell::Figure(figure) => Some(figure.value),
                Cell::Missing(_) => Some(f64::NAN),
            };
            let value = value.map(|value| format!(" data-v=\"{value}\"")).unwrap_or_default();
            match (index, layout.is_number[index]) {
                (0, _) => format!("<th scope=\"row\"{value}>{words}</th>"),
                (_, true) => format!("<td class=\"n\"{value}>{words}</td>"),
                (_, false) => format!("<td{value}>{words}</td>"),
            }
        };
        let row = |(cells, words): (&Vec<Cell>, &Vec<String>)| {
            let cells: String = cells.iter().zip(words).enumerate().map(cell).collect();
            format!("<tr>{cells}</tr>\n")
        };
        let heads: String = layout.heads.iter().zip(&layout.is_number).map(head).collect();
        let rows: String = shown.rows.iter().zip(&layout.rows).map(row).collect();
        let mut html = format!(
            "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table>\n\
             <thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>",
            foreign(&foreign::cut(&self.heading, LONGEST_LABEL))
        );
        if all > MOST_ROWS {
            html += &format!("<p class=\"note\">The first {MOST_ROWS} of {all} rows.</p>");
        }
        if !layout.notes.is_empty() {
            html += &format!("<p class=\"note\">{}</p>", layout.notes.join(" · "));
        }
        html
    }

    fn inline(&self, text: &Text) -> String {
        let span = |span: &Span| {
            let words = foreign(span.words());
            match span {
                Span::Plain(_) => words,
                Span::Strong(_) => format!("<strong>{words}</strong>"),
                Span::Code(_) => format!("<code>{words}</code>"),
                Span::Link { to, .. } => match self.target(to) {
                    Some(to) => format!("<a href=\"{to}\">{words}</a>"),
                    None => words,
                },
            }
        };
        cut(text, LONGEST_TEXT).0.iter().map(span).collect()
    }

    /// Where a link leads to: a part of this page where the document is on it, else the file, if there is one.
    fn target(&self, to: &str) -> Option<String> {
        let here;
        let (folder, file) = if let Some(page) = to.strip_prefix("page:") {
            (self.around.results, page)
        } else if let Some(page) = to.strip_prefix("docs:") {
            (self.around.docs, page)
        } else if to.starts_with("https://") || to.starts_with("http://") {
            return Some(foreign::address(to));
        } else if to.starts_with('#') {
            here = format!("{}{to}", self.page);
            (None, &*here)
        } else {
            return None;
        };
        let (name, anchor) = file.split_once('#').unwrap_or((file, ""));
        let name = name.strip_suffix(".md").unwrap_or(name);
        let to = match (self.ids.contains(&name), anchor) {
            (true, "") => format!("#{name}"),
            (true, _) => format!("#{name}-{anchor}"),
            (false, "") => format!("{}{name}.md", folder?),
            (false, _) => format!("{}{name}.md#{anchor}", folder?),
        };
        Some(foreign::address(&to))
    }

    /// An id for what stands under these words, as a code host makes one, below that of its document.
    fn id(&mut self, words: &str) -> String {
        let kept = words.to_lowercase();
        let kept = kept.chars().take(LONGEST_LABEL).filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || matches!(c, '-' | '_') => Some(c),
            _ => None,
        });
        let slug = format!("{}-{}", self.page, kept.collect::<String>());
        let mut id = slug.clone();
        let mut times = 0;
        while !self.taken.insert(id.clone()) {
            times += 1;
            id = format!("{slug}-{times}");
        }
        foreign(&id)
    }
}

/// The chart as a picture, light or dark by what the reader's system prefers.
fn picture(chart: &Chart) -> String {
    let [light, dark] = [Theme::Light, Theme::Dark].map(|theme| {
        let encode = |c: char| match c {
            '%' | '#' | '"' | '<' | '>' | '&' | ' ' | '\n' => format!("%{:02X}", u32::from(c)),
            c => c.to_string(),
        };
        let svg: String = svg::render(chart, theme).chars().map(encode).collect();
        format!("data:image/svg+xml,{svg}")
    });
    format!(
        "<figure><picture><source media=\"(prefers-color-scheme: dark)\" srcset=\"{dark}\">\
         <img alt=\"{}\" src=\"{light}\" width=\"640\"></picture></figure>",
        foreign(&chart.alt),
    )
}

/// The one way of a string into the page: what it holds is shown literally, in words and in attributes.
fn foreign(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars().map(foreign::shown) {
        match character {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            '\'' => written.push_str("&#39;"),
            character => written.push(character),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Column;
    use crate::one_page::Data;
    use crate::render::synthetic;
    use crate::text::say;

    fn page(documents: Vec<Document>) -> OnePage {
        let data = Data {
            contestants: vec![],
            works: vec!["</script>".into()],
            metrics: vec![],
            left_out: 0,
            plan: None,
        };
        let (title, lead) = ("A < B".into(), vec!["Measured {{data}}.".into()]);
        OnePage { title, lead, documents, is_of_servers: false, data }
    }

    fn html(documents: Vec<Document>) -> String {
        render(&page(documents), &Around { results: Some(""), docs: None })
    }

    #[test]
    fn a_page_has_every_kind_of_block() {
        let html = html(vec![synthetic::document()]);
        for part in [
            "<title>A &lt; B</title>",
            "<p>Measured {{data}}.</p>",
            "<li><a href=\"#memory\">What one more waiting task takes</a></li>",
            "<section id=\"memory\" aria-labelledby=\"memory--title\"><h2 id=\"memory--title\">",
            "<blockquote><p><strong>83 times as much</strong> memory.</p><p>It is read from `outside`.</p>",
            "<h3 id=\"memory-the-bill\">The bill</h3>",
            "<code>vm.max_map_count</code> stops it, see <a href=\"walls.md#threads\">the walls</a>, the method and \
             <a href=\"https://docs.kernel.org/\">the kernel</a>.",
            "aria-label=\"The bill\"><table>",
            "<th scope=\"col\" class=\"n\">timer\u{A0}↓</th>",
            "<th scope=\"row\">thread each</th><td class=\"n\" data-v=\"37379\">37.4 kB (37.3–37.4 kB)</td>",
            "<td class=\"n\" data-v=\"NaN\">—¹</td>",
            "<p class=\"note\">¹ exit 101 at 4,000 · ² one repeat</p>",
            "<img alt=\"A thread takes 118 µs, &quot;tokio&quot; 2 µs.\" src=\"data:image/svg+xml,%3Csvg%20xmlns=",
            "<li>two: <code>a|b</code></li>",
            "<pre tabindex=\"0\"><code>compare plan --tasks 20k</code></pre>",
            "<details><summary>By <strong>heap</strong></summary>\n<h4 id=\"memory-heap\">Heap</h4>",
            "\"works\":[\"\\u003c/script\\u003e\"]",
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert!(html.starts_with(GENERATED) && html.trim_end().ends_with("</html>"));
        assert_eq!(html.matches("</script>").count(), 3);
    }

    #[test]
    fn a_link_leads_to_the_part_the_file_or_nowhere() {
        let links = "[a](page:memory#the-bill) [b](page:all#x) [c](docs:walls.md) [d](docs:method.md) [e](javascript:x)";
        let blocks = vec![Block::Paragraph(say(links, &[]))];
        let walls = Document { id: "walls", title: "Walls".into(), blocks };
        let html = html(vec![synthetic::document(), walls]);
        let expected = "<a href=\"#memory-the-bill\">a</a> <a href=\"all.md#x\">b</a> <a href=\"#walls\">c</a> d e";
        assert!(html.contains(expected), "{}", html.split_once("id=\"walls\"").unwrap().1);
    }

    #[test]
    fn a_long_table_says_how_much_of_it_is_shown() {
        let rows = (0..MOST_ROWS as u64 + 7).map(|row| vec![Cell::Count(row)]);
        let table = Table::of([Column::words("row")], rows);
        let long = Document { id: "long", title: "Long".into(), blocks: vec![Block::Table(table)] };
        let html = html(vec![long]);
        assert!(html.contains("The first 500 of 507 rows."));
        assert_eq!(html.matches("<tr>").count(), 1 + MOST_ROWS);
    }

    #[test]
    fn headings_of_the_same_words_have_ids_of_their_own() {
        let blocks = vec![Block::Heading("Run".into()), Block::Heading("Run".into())];
        let html = html(vec![Document { id: "twice", title: "Twice".into(), blocks }]);
        assert!(html.contains("id=\"twice-run\"") && html.contains("id=\"twice-run-1\""));
    }
}
