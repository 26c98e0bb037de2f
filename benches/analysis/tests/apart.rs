//! Contestants that stand apart have figures, and are in no comparison.

use analysis::Analysis;
use analysis::contestant::{Id, Model, Role};
use analysis::elsewhere::languages;
use record::Record;
use record::synthetic::apart_run;

/// The same run without what stands apart.
fn alone() -> Record {
    let mut record = apart_run();
    let run = record.run.clone();
    let is_compared = |id: &str| Id::of(&run, id).is_compared();
    record.cells.retain(|cell| is_compared(&cell.contestant));
    record.run.contestants.retain(|id, _| is_compared(id));
    record
}

#[test]
fn what_is_compared_is_as_if_nothing_stood_apart() {
    let (with, without) = (Analysis::of(&apart_run(), None), Analysis::of(&alone(), None));
    assert_eq!(with.claims, without.claims);
    assert_eq!(with.lighter, without.lighter);
    assert_eq!(with.crossovers, without.crossovers);
    assert_eq!(with.states, without.states);
    assert_eq!(with.instrument, without.instrument);
    let compared: Vec<_> =
        with.measured.iter().filter(|of| of.series.contestant.is_compared()).cloned().collect();
    assert_eq!(compared, without.measured);
    assert!(with.measured.len() > compared.len() + 8);
    for tasks in [100, 100_000] {
        let case = analysis::plan::Case::timers(tasks, 1_000_000_000, 0);
        let [with, without] = [&with, &without].map(|of| of.plan(&case).unwrap());
        assert_eq!((with.rows, with.advice), (without.rows, without.advice));
    }
}

#[test]
fn who_one_is_follows_from_its_profile_and_not_from_its_id() {
    let mut record = apart_run();
    let of = |record: &Record, id: &str| Id::of(&record.run, id);
    let asyncio = of(&record, "python/asyncio");
    assert_eq!((asyncio.role(), asyncio.model()), (Role::Elsewhere, Model::Other));
    assert_eq!((asyncio.waits_as(), asyncio.language()), (Model::Coroutines, "Python"));
    assert_eq!(of(&record, "own/future").role(), Role::Elsewhere);
    let variant = of(&record, "coroutines/tokio{MALLOC_ARENA_MAX=1}");
    assert_eq!(variant.role(), Role::Variant);
    assert_eq!(variant.counterpart().unwrap().as_str(), "coroutines/tokio");
    assert_eq!(variant.env()["MALLOC_ARENA_MAX"], "1");

    let tokio = record.run.contestants.get_mut("coroutines/tokio").unwrap();
    (tokio.model, tokio.one_thread) = ("threads".into(), true);
    let tokio = of(&record, "coroutines/tokio");
    assert_eq!((tokio.model(), tokio.is_on_one_thread()), (Model::Threads, true));
    // A variant of itself is no circle.
    let variant = record.run.contestants.get_mut("coroutines/tokio{MALLOC_ARENA_MAX=1}").unwrap();
    variant.of = Some(variant.id.clone());
    let variant = of(&record, "coroutines/tokio{MALLOC_ARENA_MAX=1}");
    assert!(variant.counterpart().unwrap().counterpart().is_none());
}

#[test]
fn a_language_with_threads_and_coroutines_says_how_much_lighter_they_are() {
    let [python] = &languages(&Analysis::of(&apart_run(), None))[..] else { panic!("one") };
    assert_eq!((&*python.name, python.thread.contestant.as_str()), ("Python", "python/threads"));
    let is_near = |value: f64, wanted: f64| (value / wanted - 1.0).abs() < 0.05;
    assert!(is_near(python.coroutine.bytes.value, 3_440.0), "{python:?}");
    assert!(is_near(python.times.unwrap().value, 38_000.0 / 3_440.0), "{python:?}");
    let (tokio, times) = python.coroutine.beside.as_ref().unwrap();
    assert!(tokio.as_str() == "coroutines/tokio" && is_near(times.value, 3_440.0 / 440.0));
    assert!(languages(&Analysis::of(&alone(), None)).is_empty());
}
