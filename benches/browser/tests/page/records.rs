//! Pages of other records: hostile ones, odd ones, a huge one.

use std::fs;
use std::time::Instant;

use super::check_quiet;
use super::driver::{Browser, DESK};
use super::pages::{hostile, huge, odd, page_of, written};

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
