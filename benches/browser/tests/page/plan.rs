//! The calculator, held against `compare plan`.

use serde_json::{Value, json};

use super::check_quiet;
use super::driver::{Browser, DESK};
use super::pages::{committed, compare};

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
