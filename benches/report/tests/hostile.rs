//! A document whose every string is hostile: no form of it is markup, reaches a terminal as a command,
//! or panics.

use analysis::estimate::Estimate;
use report::chart::{Axis, Bar, Chart, DotRow, Line, Plot, RangeRow, SpanRow, Tone, WallMark};
use report::document::{Block, Cell, Column, Document, Table, Unit};
use report::one_page::{Contestant, Data, Metric, OnePage};
use report::render::html::{self, Around};
use report::render::json;
use report::render::markdown::{self, Place};
use report::render::svg::{self, Theme};
use report::render::terminal::{self, Options};
use report::text::{Span, Text};

/// What each string is, and what of it must be found nowhere as it stands.
const HOSTILE: [&str; 12] = [
    "<img src=x onerror=alert(1)>",
    "\u{1b}]0;x\u{7}",
    "\u{9b}31m",
    "\u{202e}evil\u{2066}",
    "a|b`c```d",
    "--><!-- summary:end -->",
    "</details></summary></text></svg>",
    "]]>&lt;",
    "\" onload=\"alert(1)",
    "[x](javascript:alert(1)) ![x](http://x.yz)",
    "\n# heading\r\n\n- point\t\u{0}",
    "${7*7} $x$ www.x.yz x@y.zz :smile: @name",
];

fn plots(string: &str) -> Vec<Plot> {
    let s = || string.to_owned();
    let x = || Axis { label: s(), unit: Unit::Bytes, is_log: true };
    let interval = Some((-1.0, f64::INFINITY));
    vec![
        Plot::Lines {
            x: x(),
            y: x(),
            lines: (0..3)
                .map(|line| Line {
                    name: s(),
                    tone: Tone::Coroutine(line),
                    points: vec![(1.0, 2.0), (f64::NAN, -3.0), (1e300, f64::INFINITY)],
                    wall: Some(WallMark { x: 4.0, y: 5.0, label: s() }),
                })
                .collect(),
        },
        Plot::Stacks {
            x: x(),
            parts: vec![s(); 3],
            bars: vec![Bar { name: s(), parts: vec![1.0, -2.0, f64::NAN] }; 3],
        },
        Plot::Ranges {
            x: x(),
            kinds: vec![s(); 2],
            rows: vec![RangeRow {
                name: s(),
                tone: Tone::Other,
                ranges: vec![Some((0.0, 7.0)), None, Some((f64::NAN, 1.0))],
            }],
        },
        Plot::Dots {
            x: x(),
            rows: vec![DotRow { name: s(), tone: Tone::Pool(9), value: f64::NAN, interval }],
        },
        Plot::Spans {
            x: x(),
            rows: vec![SpanRow {
                name: s(),
                tone: Tone::Other,
                spans: vec![(s(), f64::NAN, 2.0), (s(), -1.0, f64::INFINITY), (s(), 1.0, 2.0)],
            }],
        },
    ]
}

fn charts(string: &str) -> Vec<Chart> {
    let s = || string.to_owned();
    let chart = |plot| Chart { id: "chart", title: s(), subtitle: s(), alt: s(), plot };
    plots(string).into_iter().map(chart).collect()
}

fn document(string: &str) -> Document {
    let text = || {
        Text(vec![
            Span::Plain(string.into()),
            Span::Strong(string.into()),
            Span::Code(string.into()),
            Span::Link { label: string.into(), to: string.into() },
            Span::Link { label: string.into(), to: format!("page:{string}") },
            Span::Link { label: string.into(), to: format!("https://{string}") },
        ])
    };
    let columns = [
        Column::words(text()),
        Column::new(text(), Unit::Bytes).lower().with_intervals(),
        Column::words(text()),
    ];
    let without = vec![Cell::Text(text()), Cell::Missing(text()), Cell::Text(string.into())];
    let with = vec![
        Cell::Text(string.into()),
        Cell::Figure(Estimate::lone(f64::NAN)),
        Cell::Missing(string.into()),
    ];
    let table = Table::of(columns, [without, with]);
    let mut blocks = vec![
        Block::Heading(text()),
        Block::Paragraph(text()),
        Block::Quote(vec![text(); 2]),
        Block::List(vec![text(); 2]),
        Block::Table(table),
        Block::Code(string.into()),
    ];
    blocks.extend(charts(string).into_iter().map(Block::Chart));
    let details = Block::Details { summary: text(), blocks: blocks.clone() };
    blocks.push(details);
    Document { id: "hostile", title: text(), blocks }
}

/// Each hostile string, all of them, each of them so long that nothing has room for it, and no string.
fn strings() -> Vec<String> {
    let long = |string: &str| string.chars().cycle().take(65_536).collect();
    let one = HOSTILE.iter().map(|string| (*string).to_owned());
    let longs = HOSTILE.iter().chain(&["x", "한", "\u{301}", "word "]).map(|string| long(string));
    one.chain([HOSTILE.concat(), String::new()]).chain(longs).collect()
}

fn is_plain(text: &str) -> bool {
    let is_hidden = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    !text.chars().any(is_hidden)
}

/// The tags of a page: the name of each, the whole of it, and what stands behind it.
fn tags(html: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    html.split('<').skip(1).map(|tag| {
        let (tag, after) = tag.split_once('>').expect("a tag ends");
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or_default();
        (name, tag, after)
    })
}

#[test]
fn nothing_hostile_is_markup_on_a_page() {
    for string in strings() {
        let page = markdown::render(
            &document(&string),
            &Place { results: "docs/results/", docs: "docs/" },
        );
        assert!(is_plain(&page));
        let mut options = comrak::Options::default();
        let on = &mut options.extension;
        (on.autolink, on.table, on.strikethrough, on.footnotes) = (true, true, true, true);
        (on.math_dollars, on.math_code, on.tasklist, on.alerts) = (true, true, true, true);
        options.render.r#unsafe = true;
        let html = comrak::markdown_to_html(&page, &options);
        let start = string.chars().take(20).collect::<String>();
        for (name, tag, _) in tags(&html) {
            let known = [
                "h1",
                "h2",
                "h3",
                "p",
                "blockquote",
                "ul",
                "li",
                "table",
                "thead",
                "tbody",
                "tr",
                "th",
                "td",
                "pre",
                "code",
                "strong",
                "span",
                "sub",
                "a",
                "picture",
                "source",
                "img",
                "details",
                "summary",
            ];
            assert!(known.contains(&name), "{tag:.100} of {start:?}");
            let harmless = match name {
                "img" => tag.contains("src=\"docs/results/charts/chart-light.svg\""),
                "a" => {
                    tag.starts_with('/')
                        || tag.contains("href=\"docs/results/")
                        || tag.contains("href=\"https://")
                        || !tag.contains(':')
                }
                _ => true,
            };
            let attributes = tag.matches("=\"").count();
            assert!(harmless && attributes <= 3, "{tag:.200} of {start:?}");
        }
        assert_eq!(html.matches("<img").count(), 2 * charts(&string).len(), "{start:?}");
        assert_eq!(html.matches("</details>").count(), 1, "{start:?}");
        assert!(!page.contains("<!--"), "{start:?}");
    }
}

#[test]
fn nothing_hostile_is_markup_on_the_one_page() {
    for string in strings().iter().filter(|string| string.len() < 1_000) {
        let s = || string.clone();
        let contestant = Contestant {
            id: s(),
            name: s(),
            colors: [s(), s()],
            is_compared: true,
            is_first: true,
        };
        let metric = Metric { id: s(), name: s(), unit: Unit::Bytes, lines: Vec::new() };
        let data = Data {
            contestants: vec![contestant],
            works: vec![s()],
            metrics: vec![metric],
            left_out: 0,
            plan: None,
        };
        let page = OnePage {
            title: s(),
            lead: vec![Text::plain(s())],
            documents: vec![document(string), document(string)],
            is_of_servers: false,
            data,
        };
        let html = html::render(&page, &Around { results: Some(""), docs: Some("../") });
        assert_eq!((html.matches("<script").count(), html.matches("</script>").count()), (3, 3));
        let (_, body) = html.split_once("<body class=\"of-tasks\">").unwrap();
        let (body, data) =
            body.split_once("<script type=\"application/json\" id=\"figures\">").unwrap();
        assert!(is_plain(body));
        for (name, tag, after) in tags(body) {
            assert!(!after.contains('>'), "{after:.100}");
            let known = [
                "a",
                "h1",
                "h2",
                "h3",
                "h4",
                "header",
                "p",
                "nav",
                "ul",
                "li",
                "main",
                "section",
                "blockquote",
                "div",
                "table",
                "thead",
                "tbody",
                "tr",
                "th",
                "td",
                "pre",
                "code",
                "strong",
                "figure",
                "picture",
                "source",
                "img",
                "details",
                "summary",
                "noscript",
                "form",
                "label",
                "input",
                "select",
                "option",
                "fieldset",
                "legend",
                "button",
                "footer",
            ];
            assert!(known.contains(&name), "{tag:.100}");
            assert!(!tag.contains("href=\"javascript:"), "{tag:.200}");
            let outside = tag.split('"').step_by(2).collect::<String>();
            let mut attributes = outside.split_whitespace().skip(1);
            assert!(
                attributes.all(|name| !name.starts_with("on")),
                "no attribute is a script: {tag:.200}"
            );
        }
        let (data, _) = data.split_once("</script>").unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        let shown = data["works"][0].as_str().unwrap();
        assert_eq!(shown.chars().count(), string.chars().count());
        assert!(!shown.contains(['\u{9b}', '\u{202e}', '\u{2066}']), "{shown:?}");
    }
}

#[test]
fn nothing_hostile_reaches_a_terminal() {
    for string in strings() {
        for width in [None, Some(0), Some(1), Some(40), Some(80), Some(u16::MAX)] {
            let text = terminal::render(&document(&string), Options { width, details: true });
            assert!(is_plain(&text));
        }
        assert!(is_plain(&terminal::clean(&string)));
        assert!(is_plain(&json::text(&serde_json::Value::String(string))));
    }
}

#[test]
fn nothing_hostile_is_markup_in_a_picture() {
    for string in strings() {
        for (chart, theme) in
            charts(&string).iter().flat_map(|chart| Theme::ALL.map(|theme| (chart, theme)))
        {
            let picture = svg::render(chart, theme);
            assert!(is_plain(&picture) && picture.len() < 100_000);
            for (name, tag, after) in tags(&picture) {
                let known = [
                    "svg", "title", "desc", "rect", "text", "line", "polyline", "polygon", "circle",
                ];
                assert!(known.contains(&name), "{tag:.100}");
                assert!(!tag.contains("onload") && !tag.contains("href"), "{tag:.100}");
                assert!(!after.contains('>'), "{after:.100}");
            }
            assert_eq!(picture.matches("</svg>").count(), 1);
        }
    }
}
