//! The one page of HTML in a real browser: it loads nothing, every control does what it says, and its figures are
//! those of the record.

mod driver;
mod looks;
mod pages;
mod plan;
mod records;

use std::fs;

use serde_json::Value;

use self::driver::{Browser, DESK};
use self::pages::{committed, root};

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
