//! How the page looks and is read: without a script, light and dark, on a phone, on paper.

use serde_json::json;

use super::driver::{Browser, DESK, PHONE};
use super::pages::committed;

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
