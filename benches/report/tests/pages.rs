//! Every page of every kind of record: it fits, it begins with an answer, and it says nothing odd.

use std::io::Read;
use std::path::Path;

use analysis::Analysis;
use flate2::read::GzDecoder;
use record::synthetic::{Bill, Synthetic, apart_run, asking_run, small_run};
use record::{Extent, Host, Memory, Record, Status};
use report::document::{Block, Document, Table};
use report::pages::{self, front};
use report::render::markdown::{self, Place};
use report::render::terminal::{self, Options};
use report::text::{en::ENGLISH, ko::KOREAN};

/// A table of a page has so many columns and rows at most.
const MOST: (usize, usize) = (6, 12);

fn real(name: &str) -> Record {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../analysis/tests/records").join(name);
    let mut text = String::new();
    let file = std::fs::File::open(&path).unwrap();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    record::read_from(&path, text.as_bytes()).unwrap()
}

/// Records of every kind, good and poor, with what each is.
fn records() -> Vec<(&'static str, Record)> {
    let mut failures = Synthetic::new();
    failures
        .without("threads/per-task", 10, Status::Failed, "no proof")
        .without("coroutines/bare", 10, Status::Skipped, "out of time")
        .without("coroutines/bare", 20, Status::Wall, "refused");
    let mut one = Synthetic::new();
    one.line("coroutines/tokio", &[1, 1_000, 100_000], Bill::of(448));
    let mut once = small_run();
    once.run.extent = Extent::Quick;
    once.cells.retain(|cell| cell.repeat == 0);
    let mut no_group = Synthetic::new();
    no_group
        .without_cgroup("the hierarchy is read-only")
        .line("coroutines/tokio", &[1, 1_000, 100_000], Bill::of(448))
        .line("threads/per-task", &[1, 100, 1_000], Bill { threads: 1, ..Bill::of(10_000) });
    let mut killed = small_run();
    killed.truncated = true;
    killed.cells.truncate(5);
    killed.throughput.clear();
    let mut bare = small_run();
    bare.run.host = Host::default();
    for cell in &mut bare.cells {
        cell.memory = Memory::default();
        cell.time = None;
        cell.lateness_ns = None;
    }
    vec![
        ("rates in rounds", rated()),
        ("thorough", real("amd-2-cores-thorough.jsonl.gz")),
        ("default", real("intel-2-cores-default.jsonl.gz")),
        ("small", small_run()),
        ("asking", asking_run()),
        ("apart", apart_run()),
        ("empty", Synthetic::new().record()),
        ("failures", failures.record()),
        ("one contestant", one.record()),
        ("quick, once", once),
        ("no control group", no_group.record()),
        ("killed", killed),
        ("nothing read", bare),
    ]
}

/// Rates in rounds of timers and requests, with criterion's beside them.
fn rated() -> Record {
    const ROUNDS: [u64; 5] = [20_000_000, 20_400_000, 20_200_000, 19_900_000, 20_100_000];
    let slow = ROUNDS.map(|ns| 10 * ns);
    let mut made = Synthetic::new();
    made.line("coroutines/tokio", &[1, 1_000, 100_000], Bill::of(448).with_kernel(0))
        .line("threads/per-task", &[1, 100, 1_000], Bill { threads: 1, ..Bill::of(10_000) })
        .waves("coroutines/tokio", 10_000, &ROUNDS)
        .waves("threads/per-task", 10_000, &slow)
        .timed("coroutines/tokio", 10_000, &ROUNDS)
        .asking(1_024, None)
        .waves("coroutines/tokio", 1_000, &slow)
        .waves("threads/per-task", 1_000, &slow)
        .in_rounds();
    made.record()
}

fn documents(record: &Record, previous: Option<&Record>) -> Vec<Document> {
    let analysis = Analysis::of(record, previous);
    let mut documents: Vec<Document> =
        pages::all().iter().map(|page| (page.build)(&analysis)).collect();
    documents.push(front::front(&analysis, &ENGLISH));
    documents.push(front::front(&analysis, &KOREAN));
    documents.push(report::run::document(&analysis));
    documents
}

fn tables(blocks: &[Block]) -> impl Iterator<Item = &Table> {
    blocks.iter().filter_map(|block| match block {
        Block::Table(table) => Some(table),
        _ => None,
    })
}

#[test]
fn every_page_of_every_record_fits_and_answers() {
    for (kind, record) in records() {
        for document in documents(&record, Some(&record)) {
            let id = document.id;
            let first = document.blocks.first();
            assert!(
                matches!(first, Some(Block::Paragraph(_) | Block::Quote(_) | Block::Heading(_))),
                "{kind}: {id} does not begin with words"
            );
            for table in tables(&document.blocks).filter(|_| !matches!(id, "all" | "run")) {
                let size = (table.columns.len(), table.rows.len());
                assert!(size.0 <= MOST.0 && size.1 <= MOST.1, "{kind}: {id} has {size:?}");
            }
            let page = markdown::render(&document, &Place { results: "", docs: "../" });
            for odd in ["NaN", "inf ", "−∞", "{", "  \n"] {
                let is_code = odd == "{" && page.contains("```");
                assert!(!page.contains(odd) || is_code, "{kind}: `{odd}` in {id}\n{page}");
            }
        }
    }
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for (kind, record) in records() {
        for document in documents(&record, None) {
            for width in [40, 80, 120] {
                let options = Options { width: Some(width), details: true };
                for line in terminal::render(&document, options).lines() {
                    let columns = textwrap::core::display_width(line);
                    assert!(columns <= usize::from(width), "{kind}: {}: {line}", document.id);
                }
            }
        }
    }
}

/// What a picture is called is one picture, whichever page it stands on.
#[test]
fn a_picture_has_one_name() {
    let analysis = Analysis::of(&real("amd-2-cores-thorough.jsonl.gz"), None);
    let mut seen: Vec<report::chart::Chart> = Vec::new();
    for page in pages::all() {
        for block in (page.build)(&analysis).blocks {
            let Block::Chart(chart) = block else { continue };
            match seen.iter().find(|other| other.id == chart.id) {
                Some(other) => assert_eq!(*other, chart),
                None => seen.push(chart),
            }
        }
    }
    assert!(seen.len() >= 6, "{}", seen.len());
}

#[test]
fn rates_are_on_the_front_page_once_they_are_sure() {
    let front = |record: &Record| {
        let analysis = Analysis::of(record, None);
        [front::front(&analysis, &ENGLISH), front::front(&analysis, &KOREAN)].map(|page| {
            let is_rates = |block: &&Block| match block {
                Block::Table(table) => table.rows.iter().any(|row| row.len() == 3),
                _ => false,
            };
            let blocks = page.blocks.iter().filter(is_rates).take(1).cloned().collect();
            let place = Place { results: "", docs: "../" };
            markdown::render(&Document { blocks, ..page }, &place).replace('\u{a0}', " ")
        })
    };
    let [english, korean] = front(&rated());
    insta::assert_snapshot!(english, @"
    # The weight of waiting

    |             | timers of 1 ms, 10,000 at once ↑ | requests answered after 1 ms, 1,000 at once ↑ |
    | ----------- | -------------------------------: | --------------------------------------------: |
    | thread each |                           49,705 |                                         4,971 |
    | tokio       |                          497,054 |                                         4,971 |
    ");
    for said in
        ["타이머 1 ms, 동시에 10,000개", "1 ms 뒤에 답하는 요청", "작업별 스레드", "497,054"]
    {
        assert!(korean.contains(said), "{korean}");
    }
    let mut few = rated();
    few.cells.retain(|cell| cell.repeat < 4);
    assert!(front(&few).iter().all(|page| !page.contains("10,000")), "{:?}", front(&few));
}

#[test]
fn the_same_record_makes_the_same_pages() {
    let record = small_run();
    assert_eq!(documents(&record, None), documents(&record, None));
}

/// The verdict on the two real machines, as a reader sees it.
#[test]
fn the_front_page_says_how_many_times() {
    for name in ["amd-2-cores-thorough.jsonl.gz", "intel-2-cores-default.jsonl.gz"] {
        let analysis = Analysis::of(&real(name), None);
        let options = Options { width: Some(100), details: false };
        let text = terminal::render(&front::front(&analysis, &ENGLISH), options);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("takes 448 B, a thread 37.4 kB: 83 times as much."), "{text}");
        let text = terminal::render(&front::front(&analysis, &KOREAN), options);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("83배"), "{text}");
    }
}
