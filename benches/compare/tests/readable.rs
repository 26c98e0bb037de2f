//! What is counted in the files that hold the models' tasks.

#[path = "../build/readable.rs"]
mod readable;

use std::fs;
use std::path::Path;

use readable::{Counts, measure};

fn counted(source: &str) -> Counts {
    measure(source).unwrap()
}

fn source(model: &str, file: &str) -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../crates/{model}/src/{file}"));
    fs::read_to_string(path).unwrap()
}

#[test]
fn lines_are_those_with_code_before_the_tests() {
    let source = "//! A file.\n\n// A comment.\nfn f() {\n    g(); // said\n}\n\n#[cfg(test)]\nmod tests {\n    fn t() {}\n}\n";
    let counts = counted(source);
    assert_eq!((counts.lines, counts.functions), (3, 1));
    let code_after = "#[cfg(test)]\nmod tests {}\nfn f() {}\n";
    assert_eq!(measure(code_after).unwrap_err(), "there is code after the tests");
    assert!(measure("fn f( {").is_err());
}

#[test]
fn blocks_nest_and_the_braces_of_an_arm_do_not() {
    let nesting = |body: &str| counted(&format!("pub fn f() {{ {body} }}")).nesting;
    assert_eq!(nesting("g();"), 0);
    assert_eq!(nesting("if a { g(); } else if b { g(); } else { g(); }"), 1);
    assert_eq!(nesting("match a { 1 => { g(); } _ => h() }"), 1);
    assert_eq!(nesting("async move { while let Some(a) = g() { h(); } }"), 2);
    assert_eq!(nesting("g(|a| match a { 1 => { if b { h(); } } _ => {} })"), 3);
    assert_eq!(nesting("g(|a| { h(|b| c) })"), 2);
    assert_eq!(nesting("let Some(a) = b else { return };"), 1);
    assert_eq!(nesting("fn g() { loop { loop {} } }"), 2);
}

#[test]
fn every_fork_is_a_branch() {
    let branches = |body: &str| counted(&format!("pub fn f() {{ {body} }}")).branches;
    assert_eq!(branches("g()?;"), 1);
    assert_eq!(branches("if a && b || c { g(); } else if d { h(); }"), 4);
    assert_eq!(branches("match a { 1 => g(), 2 if b => h(), _ => i() }"), 3);
    assert_eq!(branches("while a { for b in c { loop { break; } } }"), 3);
    assert_eq!(branches("let Some(a) = b else { return };"), 1);
    assert_eq!(branches("match a { b => c }"), 0);
}

#[test]
fn values_that_go_from_step_to_step_are_carried() {
    let carried = |source: &str| counted(source).carried;
    assert_eq!(carried("pub fn entry(a: A, b: B) { g(|c| a.h(b, c)); }"), 0, "it calls no step");
    assert_eq!(carried("pub fn entry(a: A) { step(a, 1); } fn step(a: A, b: B) {}"), 2);
    assert_eq!(carried("struct Held { a: A, b: B } pub struct Pair(A, B);"), 4);
    // Its parameter, and what it has of the function around it. `k` is not bound there, and `c` is
    // its own.
    let chained = "pub fn entry(a: A, b: B) {
        g(move |c| { let d = k; entry(a, Held { b }, c, d); });
    }";
    assert_eq!(carried(chained), 3);
    // A closure within a step is part of it.
    assert_eq!(carried("pub fn entry(a: A) { g(|b| h(|c| entry(a))); }"), 1 + 1 + 1 + 1);
}

/// The names of the functions in a model's file, in their order.
fn functions(model: &str, file: &str) -> Vec<String> {
    let items = syn::parse_file(&source(model, file)).unwrap().items;
    let names = items.into_iter().filter_map(|item| match item {
        syn::Item::Fn(function) => Some(function.sig.ident.to_string()),
        _ => None,
    });
    names.collect()
}

/// Two of them can be read side by side.
#[test]
fn the_models_have_the_same_functions_in_the_same_order() {
    for (file, names) in [
        ("timer.rs", &["add"][..]),
        ("http.rs", &["fetch", "connect", "exchange", "send", "receive"]),
        ("relay.rs", &["pass"]),
    ] {
        assert_eq!(functions("subroutine", file), names);
        assert_eq!(functions("coroutines", file), names);
        assert_eq!(functions("threads", file), names[..1], "it runs the subroutine");
        // It has more of them, because each wait ends one. An exchange is a send that a receive follows.
        let mut callbacks = functions("callbacks", file);
        callbacks.retain(|name| names.contains(&name.as_str()));
        let expected: Vec<_> = names.iter().filter(|name| **name != "exchange").collect();
        assert_eq!(callbacks.iter().collect::<Vec<_>>(), expected);
    }
}

/// The one in which the task is cut into steps carries more than the one in which it is written down.
#[test]
fn the_models_differ_in_what_is_carried() {
    let model = |model: &str, file: &str| counted(&source(model, file));
    for file in ["timer.rs", "http.rs"] {
        let [subroutine, threads, callbacks, coroutines] =
            ["subroutine", "threads", "callbacks", "coroutines"].map(|name| model(name, file));
        assert!(callbacks.carried > coroutines.carried, "{file}");
        assert!(callbacks.carried > subroutine.carried, "{file}");
        assert_eq!((threads.functions, threads.carried), (1, 0), "{file}");
        assert!(callbacks.functions > coroutines.functions, "{file}");
    }
    let timers = ["subroutine", "coroutines"].map(|name| model(name, "timer.rs"));
    assert_eq!(timers.map(|counts| (counts.functions, counts.carried)), [(1, 0), (1, 0)]);
}

#[test]
fn counts_are_written_as_json() {
    let counts = Counts { lines: 1, functions: 2, nesting: 3, branches: 4, carried: 5 };
    let json: serde_json::Value = serde_json::from_str(&counts.to_json()).unwrap();
    let expected =
        serde_json::json!({"lines": 1, "functions": 2, "nesting": 3, "branches": 4, "carried": 5});
    assert_eq!(json, expected);
}
