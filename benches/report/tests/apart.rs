//! Contestants that stand apart have rows under their own headings, and what is hostile in a profile is
//! text.

use analysis::Analysis;
use record::synthetic::{apart_run, small_run};
use record::{Profile, Record};
use report::pages::{self, front};
use report::render::markdown::{self, Place};
use report::text::{en::ENGLISH, ko::KOREAN};

fn page(record: &Record, id: &str) -> String {
    let pages = pages::all();
    let page = pages.iter().find(|page| page.id == id).unwrap();
    let document = (page.build)(&Analysis::of(record, None));
    markdown::render(&document, &Place { results: "", docs: "../" })
}

#[test]
fn each_page_with_rows_has_them_under_their_own_heading() {
    let mut record = apart_run();
    // As a record has them, from which the parts of a bill follow.
    for weight in record.cells.iter_mut().filter_map(|cell| cell.memory.waiting.as_mut()) {
        let Some(threads) = weight.threads else { continue };
        weight.stack_bytes = Some((threads - 1) * 9_000);
        weight.kernel_stack_bytes = Some(threads * 16_384);
    }
    for id in ["memory", "cpu", "rates", "walls", "bill", "all"] {
        let text = page(&record, id);
        let (compared, apart) = text.split_once("Contestants from elsewhere").expect(id);
        assert!(apart.contains("asyncio"), "{id}\n{text}");
        assert!(!compared.contains("asyncio") && !compared.contains("own/future"), "{id}\n{text}");
        // No variant was timed.
        if id != "rates" {
            let (_, variants) = apart.split_once("In other environments").expect(id);
            assert!(variants.contains("tokio, with LD_PRELOAD=libjemalloc.so.2"), "{id}\n{text}");
        }
    }
    for id in pages::all().iter().map(|page| page.id) {
        let text = page(&small_run(), id);
        assert!(!text.contains("from elsewhere") && !text.contains("other environments"), "{id}");
    }
}

#[test]
fn the_front_page_and_the_index_say_what_this_shows_about_python() {
    let analysis = Analysis::of(&apart_run(), None);
    let [english, korean] = [front::front(&analysis, &ENGLISH), front::front(&analysis, &KOREAN)]
        .map(|document| markdown::render(&document, &Place { results: "", docs: "" }));
    let said = "a waiting task of python/asyncio takes";
    assert!(
        english.contains(said) && english.contains("the thread takes **11 times as much**"),
        "{english}"
    );
    assert!(korean.contains("**Python**: 대기 작업 하나가 python/asyncio에서"), "{korean}");
    assert!(page(&apart_run(), "README").contains(said));
    assert!(page(&small_run(), "README").contains("No Python program was measured"));
}

#[test]
fn what_is_not_installed_has_its_reason_once() {
    let text = page(&apart_run(), "memory");
    assert_eq!(text.matches("is not installed here").count(), 1, "{text}");
}

#[test]
fn each_allocator_has_its_row_and_a_run_without_says_so() {
    let text = page(&apart_run(), "allocators");
    assert_eq!(text.matches("jemalloc 5.3").count(), 6, "{text}");
    assert!(text.contains("tokio") && text.contains("mimalloc 2.0") && !text.contains("ARENA"));
    let none = page(&small_run(), "allocators");
    assert!(none.contains("No contestant was run under another allocator"), "{none}");
    assert!(none.lines().filter(|line| !line.is_empty()).count() <= 4, "{none}");
}

#[test]
fn nothing_hostile_in_a_profile_is_markup() {
    const HOSTILE: &str = "<img src=x>|`\u{1b}]0;x\u{7}[x](javascript:alert(1))\n# {id}";
    let clean = apart_run();
    // Each text of a profile in turn, and all that is text in a map.
    let fields: [fn(&mut Profile); 8] = [
        |of| of.model = HOSTILE.into(),
        |of| of.language = format!("{}{HOSTILE}", of.language),
        |of| of.of = Some(HOSTILE.into()),
        |of| (of.timer, of.caution) = (Some(HOSTILE.into()), Some(HOSTILE.into())),
        |of| (of.allocator, of.build_id) = (Some(HOSTILE.into()), Some(HOSTILE.into())),
        |of| drop(of.env.insert(HOSTILE.into(), HOSTILE.into())),
        |of| drop(of.versions.insert(HOSTILE.into(), HOSTILE.into())),
        |of| (of.id, of.summary) = (HOSTILE.into(), HOSTILE.into()),
    ];
    for change in fields {
        let mut record = clean.clone();
        record.run.contestants.values_mut().for_each(change);
        let analysis = Analysis::of(&record, Some(&clean));
        let mut documents: Vec<_> =
            pages::all().iter().map(|page| (page.build)(&analysis)).collect();
        documents.push(front::front(&analysis, &ENGLISH));
        documents.push(front::front(&analysis, &KOREAN));
        for document in documents {
            let text = markdown::render(&document, &Place { results: "", docs: "" });
            assert!(!text.contains('\u{1b}') && !text.contains("<img src=x"), "{text}");
            assert!(!text.contains("](javascript") && !text.contains("\n# {id}"), "{text}");
        }
    }
}
