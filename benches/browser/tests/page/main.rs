//! The one page of HTML in a real browser: it loads nothing, every control does what it says, and its figures are
//! those of the record.

mod driver;
mod pages;

use std::fs;
use std::time::Instant;

use serde_json::{Value, json};

use self::driver::{Browser, DESK, PHONE};
use self::pages::{committed, compare, hostile, huge, odd, page_of, root, written};

/// Nothing was said in the console, and nothing was asked for but the page itself.
async fn check_quiet(browser: &Browser) {
    let console = browser.console().await;
    assert!(console.is_empty(), "{console:?}");
    let asked = browser.requests().await;
    let is_own = |url: &&String| {
        url.starts_with("data:")
            || url.starts_with("about:")
            || (url.starts_with("file:") && url.contains(".html"))
    };
    assert_eq!(asked.iter().filter(|url| !is_own(url)).count(), 0, "{asked:?}");
    assert!(
        asked.iter().any(|url| url.starts_with("file:")),
        "the log has the page itself: {asked:?}"
    );
}

#[tokio::test]
async fn it_loads_nothing_and_fits_in_two_megabytes() {
    let Some(browser) = Browser::start(DESK).await else { return };
    browser.open(&committed()).await;
    assert_eq!(browser.eval("document.documentElement.classList.contains('script')").await, true);
    for section in
        ["claims", "plan", "draw", "README", "memory", "walls", "trust", "machine", "method"]
    {
        let words =
            browser.eval(&format!("document.getElementById('{section}').textContent.length")).await;
        assert!(words.as_u64().unwrap() > 200, "{section}");
    }
    assert!(fs::metadata(committed()).unwrap().len() <= 2_000_000);
    let timing = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd";
    println!("interactive after {} ms", browser.eval(timing).await);
    check_quiet(&browser).await;
}

#[tokio::test]
async fn each_verdict_opens_to_its_threshold_and_evidence_by_keyboard() {
    let Some(browser) = Browser::start(DESK).await else { return };
    browser.open(&committed()).await;
    let count = browser.eval("document.querySelectorAll('#claims > details').length").await;
    assert_eq!(count, 12);
    browser.run("document.querySelector('#claims > details > summary').focus()").await;
    let is_open = "document.querySelector('#claims > details').open";
    assert_eq!(browser.eval(is_open).await, false);
    browser.keys("\u{E007}").await;
    assert_eq!(browser.eval(is_open).await, true);
    let words = browser.text("#claims > details").await;
    assert!(words.contains("Threshold.") && words.contains("Evidence:"), "{words}");
    // A link to a claim opens it.
    browser.open_at(&committed(), "claims-many-http").await;
    assert_eq!(browser.eval("document.getElementById('claims-many-http').open").await, true);
}

#[tokio::test]
async fn everything_is_reached_with_the_tab_key() {
    let Some(browser) = Browser::start(DESK).await else { return };
    browser.open(&committed()).await;
    browser.keys("\u{E004}").await;
    assert_eq!(browser.eval("document.activeElement.className").await, "skip");
    let mut reached = Vec::new();
    for _ in 0..80 {
        browser.keys("\u{E004}").await;
        let of = "document.activeElement.name || document.activeElement.tagName + (document.activeElement.closest('section') || {id: ''}).id";
        reached.push(browser.eval(of).await.as_str().unwrap().to_owned());
    }
    for wanted in
        ["tasks", "wait", "workload", "state", "rate", "memory", "metric", "work", "x", "y"]
    {
        assert!(reached.iter().any(|one| one == wanted), "{wanted} is not among {reached:?}");
    }
    let outline = browser.eval("getComputedStyle(document.activeElement).outlineStyle").await;
    assert_ne!(outline, "none", "the focus is seen");
}

#[tokio::test]
async fn tables_sort_by_value_and_filter() {
    let Some(browser) = Browser::start(DESK).await else { return };
    browser.open(&committed()).await;
    // The first table of the page on memory that has several rows, and its first column of numbers.
    let table = "[...document.querySelectorAll('#memory table')].find((one) => one.tBodies[0].rows.length > 2 && one.querySelector('thead th.n'))";
    let column =
        format!("[...{table}.tHead.rows[0].cells].findIndex((head) => head.className === 'n')");
    let values = format!(
        "[...{table}.tBodies[0].rows].map((row) => Number(row.cells[{column}].dataset.v)).filter((value) => !Number.isNaN(value))"
    );
    let click = format!("{table}.querySelector('thead th.n button').click()");
    let is_sorted = |values: &Value, way: f64| {
        let values: Vec<f64> =
            values.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() * way).collect();
        values.len() > 1 && values.is_sorted()
    };
    browser.run(&click).await;
    assert!(is_sorted(&browser.eval(&values).await, 1.0));
    assert_eq!(
        browser.eval(&format!("{table}.querySelector('th.n').getAttribute('aria-sort')")).await,
        "ascending"
    );
    browser.run(&click).await;
    assert!(is_sorted(&browser.eval(&values).await, -1.0));
    let shown = "[...document.querySelectorAll('input.filter')].map((input) => {
        const rows = [...input.nextElementSibling.querySelectorAll('tbody tr')];
        const before = rows.length;
        input.value = 'smol';
        input.dispatchEvent(new Event('input'));
        const shown = rows.filter((row) => !row.hidden);
        return [before, shown.length, shown.every((row) => row.textContent.includes('smol'))];
    })";
    let filtered = browser.eval(shown).await;
    let filtered = filtered.as_array().unwrap();
    assert!(filtered.len() > 3, "{filtered:?}");
    assert!(filtered.iter().all(|one| one[2] == true && one[1].as_u64() <= one[0].as_u64()));
    assert!(filtered.iter().any(|one| one[1].as_u64().unwrap() > 0 && one[1] != one[0]));
    let of_script =
        "document.querySelectorAll('#plan-answer input.filter, #draw-values input.filter').length";
    assert_eq!(browser.eval(of_script).await, 2, "what the script makes is filtered too");
}

/// A case: its arguments for `compare plan`, and for the page.
type Case = (&'static [&'static str], Value);

fn cases() -> Vec<Case> {
    let s = 1_000_000_000_u64;
    let ms = 1_000_000_u64;
    vec![
        (
            &["--tasks", "20k", "--wait", "200ms", "--state", "2KiB"],
            json!({"tasks": 20_000, "wait": 200 * ms, "state": 2048}),
        ),
        (&["--tasks", "1"], json!({"tasks": 1})),
        (&["--tasks", "100", "--wait", "10s"], json!({"tasks": 100, "wait": 10 * s})),
        (&["--tasks", "7777"], json!({"tasks": 7777})),
        (&["--tasks", "50k", "--workload", "http"], json!({"tasks": 50_000, "work": "http"})),
        (
            &["--tasks", "8k", "--wait", "200ms", "--workload", "http", "--state", "1KiB"],
            json!({"tasks": 8000, "wait": 200 * ms, "work": "http", "state": 1024}),
        ),
        (&["--tasks", "30M", "--wait", "1m"], json!({"tasks": 30_000_000, "wait": 60 * s})),
        (&["--rate", "5k/s", "--wait", "200ms"], json!({"rate": 5000, "wait": 200 * ms})),
        (
            &["--rate", "200k/s", "--wait", "5s", "--state", "100"],
            json!({"rate": 200_000, "wait": 5 * s, "state": 100}),
        ),
        (
            &["--rate", "3/s", "--wait", "1ms", "--tasks", "10"],
            json!({"rate": 3, "wait": ms, "tasks": 10}),
        ),
        (&["--memory", "512MiB", "--state", "8KiB"], json!({"memory": 512 << 20, "state": 8192})),
        (&["--memory", "100MiB"], json!({"memory": 100 << 20})),
        (&["--memory", "1GiB", "--workload", "http"], json!({"memory": 1 << 30, "work": "http"})),
        (&["--memory", "40MiB", "--tasks", "1000"], json!({"memory": 40 << 20, "tasks": 1000})),
        (&["--tasks", "1000", "--state", "64KiB"], json!({"tasks": 1000, "state": 64 << 10})),
        (&["--tasks", "1000", "--state", "100KiB"], json!({"tasks": 1000, "state": 100 << 10})),
        (&["--tasks", "5000", "--wait", "1m 30.5s"], json!({"tasks": 5000, "wait": 90_500 * ms})),
        (
            &["--tasks", "12345", "--state", "3000", "--wait", "1ms"],
            json!({"tasks": 12_345, "state": 3000, "wait": ms}),
        ),
    ]
}

fn check_alike(planned: &Value, page: &Value, what: &str) {
    match (planned.as_f64(), page.as_f64()) {
        (Some(a), Some(b)) => {
            assert!(
                (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
                "{what}: {a} is planned, the page has {b}"
            );
        }
        (None, None) => {}
        _ => panic!("{what}: {planned} is planned, the page has {page}"),
    }
}

#[tokio::test]
async fn the_calculator_agrees_with_compare_plan() {
    let Some(browser) = Browser::start(DESK).await else { return };
    browser.open(&committed()).await;
    for (arguments, asked) in cases() {
        let planned = compare(&[&["plan", "--json"], arguments].concat());
        let planned: Value = serde_json::from_slice(&planned.stdout).unwrap();
        let numbers =
            |of: &str| format!("({of} ? [{of}.value, {of}.low, {of}.high] : [null, null, null])");
        let page = browser
            .eval(&format!(
                "comparePlan({asked}).rows.map((one) => ({{ contestant: one.part.of.contestant, kind: one.outcome.kind,
                   memory: {}, cpu: {}, busy: {}, late: one.late && one.late[1].value, most: one.most,
                   way: one.inTheWay.map((by) => by.tasks), next: one.next && one.next.tasks }}))",
                numbers("one.memory"),
                numbers("one.cpu"),
                numbers("one.busy"),
            ))
            .await;
        let (rows, page) = (planned["rows"].as_array().unwrap(), page.as_array().unwrap());
        let ids = |rows: &[Value]| -> Vec<String> {
            rows.iter().map(|row| row["contestant"].to_string()).collect()
        };
        assert_eq!(ids(rows), ids(page), "{arguments:?}");
        for (row, on_page) in rows.iter().zip(page) {
            let what = |part: &str| format!("{arguments:?}, {}, {part}", row["contestant"]);
            let kind = row["outcome"].as_str().map_or_else(
                || row["outcome"].as_object().unwrap().keys().next().unwrap().clone(),
                str::to_owned,
            );
            assert_eq!(kind, on_page["kind"].as_str().unwrap(), "{}", what("outcome"));
            for (name, key) in [("memory", "memory"), ("cpu_ns", "cpu"), ("cores", "busy")] {
                for (index, end) in ["value", "low", "high"].into_iter().enumerate() {
                    check_alike(&row[name][end], &on_page[key][index], &what(name));
                }
            }
            check_alike(&row["late"]["p99_ns"]["value"], &on_page["late"], &what("late"));
            check_alike(&row["most"], &on_page["most"], &what("most"));
            check_alike(&row["next"]["tasks"], &on_page["next"], &what("next"));
            let way = row["in_the_way"].as_array().unwrap();
            assert_eq!(
                way.len(),
                on_page["way"].as_array().unwrap().len(),
                "{}",
                what("in the way")
            );
            for (one, other) in way.iter().zip(on_page["way"].as_array().unwrap()) {
                check_alike(&one["tasks"], other, &what("in the way"));
            }
        }
    }
}

/// Words without what a terminal breaks, indents and marks.
fn bare(words: &str) -> String {
    let words: String =
        words.chars().filter(|c| !matches!(c, '`' | '*' | '>' | '│' | '┃' | '|')).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_calculator_says_what_compare_plan_says() {
    let Some(browser) = Browser::start(DESK).await else { return };
    browser.open(&committed()).await;
    for (arguments, _) in cases() {
        for field in ["tasks", "wait", "state", "rate", "memory"] {
            browser
                .run(&format!("document.querySelector('#plan [name={field}]').value = ''"))
                .await;
        }
        browser.pick("#plan [name=workload]", "timer").await;
        for pair in arguments.chunks(2) {
            let selector = format!("#plan [name={}]", pair[0].trim_start_matches("--"));
            match pair[0] {
                "--workload" => browser.pick(&selector, pair[1]).await,
                _ => browser.fill(&selector, pair[1]).await,
            }
        }
        let planned =
            bare(&String::from_utf8(compare(&[&["plan"], arguments].concat()).stdout).unwrap());
        let lines = browser.eval("[...document.querySelectorAll('#plan-answer blockquote p')].map((one) => one.textContent)").await;
        let lines = lines.as_array().unwrap();
        assert!(!lines.is_empty(), "{arguments:?}");
        for line in lines {
            let line = bare(line.as_str().unwrap());
            assert!(
                planned.contains(&line),
                "{arguments:?}: the page says {line:?}, compare plan {planned}"
            );
        }
        let rows = browser.eval("document.querySelectorAll('#plan-answer tbody tr').length").await;
        assert!(rows.as_u64().unwrap() > 5);
    }
    check_quiet(&browser).await;
}

#[tokio::test]
async fn what_is_wrong_is_named_and_takes_no_answer_with_it() {
    let Some(browser) = Browser::start(DESK).await else { return };
    browser.open(&committed()).await;
    for (field, wrong, said) in [
        ("tasks", "ten", "“ten” is not a count"),
        ("tasks", "0", "“0” is not a count"),
        ("tasks", "<b>9</b>", "“<b>9</b>” is not a count"),
        ("wait", "5", "“5” is not a duration"),
        ("wait", "2h", "“2h” is not a duration"),
        ("state", "1.5MiB", "“1.5MiB” is not a size"),
        ("rate", "5k/m", "“5k/m” is not a rate"),
        ("memory", "lots", "“lots” is not a size"),
    ] {
        let selector = format!("#plan [name={field}]");
        browser.fill(&selector, wrong).await;
        let problem = browser.text("#plan-problem").await;
        assert!(problem.starts_with(said), "{problem}");
        assert_eq!(browser.eval("document.querySelectorAll('#plan-answer tr').length").await, 0);
        browser.fill(&selector, "").await;
        browser.fill("#plan [name=tasks]", "1000").await;
    }
    assert_eq!(browser.text("#plan-problem").await, "");
    browser.fill("#plan [name=tasks]", "1,000").await;
    assert!(
        browser.text("#plan-answer").await.contains("1,000 of them"),
        "as the page itself writes it"
    );
    browser.fill("#plan [name=state]", "4GiB").await;
    assert!(browser.text("#plan-problem").await.starts_with("The live state alone is"));
}

#[tokio::test]
async fn a_chart_is_drawn_of_what_is_picked_and_tells_values_with_intervals() {
    let Some(browser) = Browser::start(DESK).await else { return };
    browser.open(&committed()).await;
    let drawn = "document.querySelectorAll('#draw-chart canvas').length";
    assert_eq!(browser.eval(drawn).await, 1);
    browser.run("document.getElementById('draw').scrollIntoView()").await;
    browser.point_at("#draw-chart .u-over").await;
    let hover = browser.text("#draw-hover").await;
    assert!(hover.contains(" tasks: ") && hover.contains('–'), "{hover}");
    // Every metric draws, and its table has the values of its lines.
    let metrics = browser
        .eval(
            "[...document.querySelectorAll('#draw [name=metric] option')].map((one) => one.value)",
        )
        .await;
    let metrics: Vec<String> = serde_json::from_value(metrics).unwrap();
    assert!(metrics.len() >= 8, "{metrics:?}");
    for metric in &metrics {
        browser.pick("#draw [name=metric]", metric).await;
        browser.click("#draw-all").await;
        assert_eq!(browser.eval(drawn).await, 1, "{metric}");
        let rows = browser.eval("document.querySelectorAll('#draw-values tbody tr').length").await;
        assert!(rows.as_u64().unwrap() > 0, "{metric}");
    }
    browser.click("#draw-none").await;
    assert_eq!(browser.eval(drawn).await, 0);
    assert_eq!(browser.text("#draw-hover").await, "No contestant is picked.");
    check_quiet(&browser).await;
}

#[tokio::test]
async fn the_address_has_what_is_picked() {
    let Some(browser) = Browser::start(DESK).await else { return };
    browser.open(&committed()).await;
    browser.fill("#plan [name=tasks]", "4321").await;
    browser.fill("#plan [name=memory]", "2GiB").await;
    browser.pick("#draw [name=metric]", "tasks-a-second").await;
    browser.click("#draw [name=x]").await;
    browser.click("#draw-none").await;
    browser.click("#draw-pick input[value='coroutines/tokio']").await;
    let state = "[...document.querySelectorAll('#plan input, #plan select, #draw select')].map((one) => one.value)
        .concat([...document.querySelectorAll('#draw input')].map((one) => one.checked))
        .concat([document.getElementById('plan-answer').textContent, document.getElementById('draw-values').textContent])";
    let before = browser.eval(state).await;
    let link = browser.eval("document.getElementById('permalink').getAttribute('href')").await;
    let link = link.as_str().unwrap().trim_start_matches('#').to_owned();
    assert!(link.contains("tasks=4321") && link.contains("of=coroutines%2Ftokio"), "{link}");
    browser.open_at(&committed(), &link).await;
    assert_eq!(browser.eval(state).await, before);
    // What no page ever wrote does no harm.
    browser.open_at(&committed(), "50%").await;
    assert_eq!(browser.eval("typeof comparePlan").await, "function");
    browser
        .open_at(
            &committed(),
            "metric=no-such&work=%3Cb%3E&of=nobody&tasks=%3Cscript%3E&workload=x",
        )
        .await;
    assert_eq!(
        browser.eval("document.querySelectorAll('#draw [name=metric] option').length > 5").await,
        true
    );
    assert!(browser.text("#plan-problem").await.contains("“<script>” is not a count"));
    assert!(browser.console().await.is_empty());
}

#[tokio::test]
async fn without_a_script_the_words_tables_and_pictures_are_there() {
    let Some(browser) = Browser::start(DESK).await else { return };
    browser.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    browser.open(&committed()).await;
    let words = browser.text("body").await;
    for wanted in [
        "Coroutines are lighter than threads",
        "Threshold",
        "holds when",
        "This part needs a script",
    ] {
        // What is folded away is not shown, and not gone.
        assert!(words.contains(wanted) || wanted == "Threshold", "{wanted}");
    }
    assert!(!words.contains("Each waits"), "no control is shown that would do nothing");
    browser.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": false })).await;
    let drawn =
        "[...document.images].filter((one) => one.complete && one.naturalWidth > 300).length";
    assert!(browser.eval(drawn).await.as_u64().unwrap() >= 8);
    assert_eq!(
        browser.eval("[...document.images].every((one) => one.alt.length > 20)").await,
        true
    );
}

/// The least contrast of words and what is behind them (WCAG 2.2), and where it is too little.
const CONTRAST: &str = "
    const light = (color) => {
        const [r, g, b] = color.match(/[\\d.]+/g).map(Number).slice(0, 3).map((c) => {
            const part = c / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const color = getComputedStyle(at).backgroundColor;
            if (!/, 0\\)$/.test(color) && color !== 'transparent') return color;
        }
        return getComputedStyle(document.body).backgroundColor;
    };
    document.querySelectorAll('details').forEach((one) => { one.open = true; });
    const poor = [];
    let least = 99;
    for (const element of document.querySelectorAll('body *')) {
        const hasWords = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        if (!hasWords || !element.checkVisibility() || ['SCRIPT', 'STYLE', 'NOSCRIPT', 'OPTION'].includes(element.tagName)) continue;
        const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
        const contrast = (a + 0.05) / (b + 0.05);
        least = Math.min(least, contrast);
        if (contrast < 4.5) poor.push(`${contrast.toFixed(2)} ${element.tagName}: ${element.textContent.slice(0, 40)}`);
    }
    return [least, poor];";

#[tokio::test]
async fn words_stand_out_in_light_and_dark() {
    let Some(browser) = Browser::start(DESK).await else { return };
    for theme in ["light", "dark"] {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
        browser.cdp("Emulation.setEmulatedMedia", features).await;
        browser.open(&committed()).await;
        let page = browser.eval("getComputedStyle(document.body).backgroundColor").await;
        assert_eq!(page == "rgb(255, 255, 255)", theme == "light", "{page}");
        let found = browser.run(CONTRAST).await;
        assert_eq!(found[1].as_array().unwrap().len(), 0, "{theme}: {found}");
        println!("{theme}: the least contrast is {}", found[0]);
    }
}

#[tokio::test]
async fn it_fits_a_phone_and_names_what_a_screen_reader_meets() {
    let Some(browser) = Browser::start(PHONE).await else { return };
    browser.open(&committed()).await;
    browser
        .run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        .await;
    let wide = "[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1
        && !one.closest('.table') && !one.closest('pre') && !one.closest('.skip') && one.checkVisibility()).map((one) => one.outerHTML.slice(0, 80))";
    assert_eq!(browser.eval("innerWidth").await, PHONE.0);
    assert_eq!(browser.eval(wide).await, json!([]));
    assert_eq!(browser.eval("document.documentElement.scrollWidth <= innerWidth").await, true);
    for (what, nameless) in [
        (
            "fields",
            "[...document.querySelectorAll('input, select')].filter((one) => !one.labels.length && !one.getAttribute('aria-label'))",
        ),
        (
            "buttons",
            "[...document.querySelectorAll('button')].filter((one) => !one.textContent.trim())",
        ),
        (
            "regions",
            "[...document.querySelectorAll('[role=region]')].filter((one) => !one.getAttribute('aria-label'))",
        ),
        (
            "sections",
            "[...document.querySelectorAll('section')].filter((one) => !document.getElementById(one.getAttribute('aria-labelledby')))",
        ),
        ("heads", "[...document.querySelectorAll('th')].filter((one) => !one.scope)"),
        (
            "links",
            "[...document.querySelectorAll('a[href^=\"#\"]')].filter((one) => { const id = one.getAttribute('href').slice(1); return id && !id.includes('=') && !document.getElementById(decodeURIComponent(id)); }).map((one) => one.outerHTML)",
        ),
        (
            "ids",
            "(() => { const ids = [...document.querySelectorAll('[id]')].map((one) => one.id); return ids.filter((id, at) => ids.indexOf(id) !== at); })()",
        ),
    ] {
        assert_eq!(browser.eval(nameless).await, json!([]), "{what}");
    }
}

#[tokio::test]
async fn the_figures_are_those_of_the_pages() {
    let Some(browser) = Browser::start(DESK).await else { return };
    browser.open(&committed()).await;
    let pages = ["memory", "bill", "cpu", "walls", "state", "rates"];
    let mut seen = 0;
    for page in pages {
        let markdown = fs::read_to_string(root().join(format!("docs/results/{page}.md"))).unwrap();
        let rows = browser
            .eval(&format!(
                "[...document.querySelectorAll('#{page} tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
            ))
            .await;
        let of_markdown: Vec<Vec<String>> = markdown
            .lines()
            .filter(|line| line.starts_with('|'))
            .map(|line| {
                line.trim_matches('|')
                    .split(" | ")
                    .map(|cell| cell.trim().replace(['*', '`'], ""))
                    .collect()
            })
            .collect();
        for row in rows.as_array().unwrap() {
            let cells: Vec<&str> =
                row.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap()).collect();
            // Words are written otherwise in Markdown where they hold its marks.
            if cells.concat().contains(['_', '[', '&', '#']) || cells.len() < 2 {
                continue;
            }
            assert!(of_markdown.iter().any(|other| *other == cells), "{page}: {cells:?}");
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

#[tokio::test]
async fn hostile_words_of_a_record_stay_words() {
    let Some(browser) = Browser::start(DESK).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = page_of(&hostile(folder.path()), folder.path());
    browser.open(&page).await;
    browser.click("#draw-all").await;
    browser.fill("#plan [name=tasks]", "50k").await;
    assert_eq!(browser.eval("document.title").await, "The weight of waiting");
    assert_eq!(
        browser
            .eval(
                "document.querySelectorAll('img[src=x], main script, a[href^=javascript]').length"
            )
            .await,
        0
    );
    assert_eq!(browser.eval("document.body.textContent.includes('\u{202e}')").await, false);
    assert_eq!(
        browser.eval("document.querySelectorAll('#plan-answer code').length < 20").await,
        true
    );
    let shown = browser.eval("document.body.textContent.split('<img src=x').length").await;
    assert!(shown.as_u64().unwrap() > 20, "hostile words are shown as they are: {shown}");
    check_quiet(&browser).await;
}

#[tokio::test]
async fn a_record_of_which_there_is_little_to_say_has_a_page_too() {
    let Some(browser) = Browser::start(DESK).await else { return };
    for (what, record) in odd() {
        let folder = tempfile::tempdir().unwrap();
        let page = page_of(&written(&record, folder.path()), folder.path());
        browser.open(&page).await;
        let verdicts = browser.eval("document.querySelectorAll('#claims > details').length").await;
        assert_eq!(verdicts, 12, "{what}");
        for part in ["plan", "draw"] {
            let words = browser.text(&format!("#{part}")).await;
            assert!(words.len() > 40, "{what}: {words}");
        }
        if what == "nothing" || what == "failures alone" {
            assert!(browser.text("#plan").await.contains("nothing can be planned"), "{what}");
            assert_eq!(
                browser.eval("document.querySelectorAll('form').length < 2").await,
                true,
                "{what}"
            );
        }
        let console = browser.console().await;
        assert!(console.is_empty(), "{what}: {console:?}");
    }
}

#[tokio::test]
async fn a_record_of_a_hundred_thousand_cells_opens() {
    let Some(browser) = Browser::start(DESK).await else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = page_of(&huge(100_000, folder.path()), folder.path());
    let begun = Instant::now();
    browser.open(&page).await;
    assert_eq!(browser.eval("document.querySelectorAll('#draw-chart canvas').length").await, 1);
    println!("{} bytes open after {:?}", fs::metadata(&page).unwrap().len(), begun.elapsed());
    assert!(fs::metadata(&page).unwrap().len() < 8_000_000);
}

/// A verdict and its condition stand in the line that is seen; all evidence would be a hundred sheets.
#[tokio::test]
async fn it_prints_every_verdict_and_what_is_open() {
    let Some(browser) = Browser::start(DESK).await else { return };
    browser.open(&committed()).await;
    browser.click("#claims-many > summary").await;
    browser.cdp("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
    let seen = |selector: &str| {
        format!(
            "[...document.querySelectorAll('{selector}')].filter((one) => one.checkVisibility({{ contentVisibilityAuto: true }})).length"
        )
    };
    assert_eq!(browser.eval(&seen("#claims > details > summary")).await, 12);
    assert!(browser.eval(&seen("#claims-many table")).await.as_u64() > Some(0));
    assert_eq!(browser.eval(&seen("#claims-lighter table")).await, 0);
    assert_eq!(browser.eval(&seen("form, nav, #plan, #draw")).await, 0);
    let pdf = browser.cdp("Page.printToPDF", json!({})).await;
    assert!(pdf["data"].as_str().unwrap().len() > 100_000);
}
