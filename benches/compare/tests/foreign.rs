//! Foreign text: what a record, an argument, the environment or a server says is shown, and never obeyed.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::{assert_narrow, compare, record_file, run, scratch, stderr, stdout};
use record::synthetic::{asking_run, small_run};
use record::{Conditions, ErrorLine, LimitValue, Record, read_file};
use serde_json::Value;
use tempfile::TempDir;

/// An escape sequence, an OSC, a bell, C1, marks of direction, markup of pages and of Markdown, and line
/// ends of every kind.
const HOSTILE: &str = "\u{1b}[31m\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}\u{2066}\u{feff}\
    <img src=x onerror=alert(1)>|`**[x](javascript:alert(1))**`|\r\n# \u{85}\u{2028}</details>{x}";

/// What a terminal would obey, and what cannot be seen.
fn assert_harmless(text: &str, of: &str) {
    let is_obeyed =
        |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2066}\u{feff}\u{2028}".contains(c));
    if let Some(at) = text.find(is_obeyed) {
        let from: String =
            text[..at].chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect();
        panic!("{of}: {:?} after {from:?}", text[at..].chars().next());
    }
}

fn assert_harmless_output(output: &Output, of: &str) {
    let code = output.status.code();
    assert!(matches!(code, Some(0..=2)), "{of}: {code:?}: {}", stderr(output));
    assert_harmless(&stdout(output), of);
    assert_harmless(&stderr(output), of);
    assert!(!stderr(output).contains("panicked"), "{of}: {}", stderr(output));
}

/// Everything that was written into this folder is harmless, and no markup of a foreign text is markup.
fn assert_harmless_pages(folder: &Path) -> usize {
    let mut pages = 0;
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            pages += assert_harmless_pages(&path);
            continue;
        }
        let of = path.display().to_string();
        let page = fs::read_to_string(&path).unwrap();
        assert_harmless(&page, &of);
        assert!(!page.contains("<img src=x"), "{of}: {page}");
        // One page has all of the others.
        let most = if of.ends_with(".html") { 2_000_000 } else { 1_000_000 };
        assert!(page.len() < most, "{of}: {} bytes", page.len());
        if of.ends_with(".md") {
            // What stands for a picture is an attribute, in which Markdown is not read.
            let mut lines = page.lines().filter(|line| !line.starts_with("  <img alt=\""));
            let is_markup =
                |line: &str| line.contains("](javascript:") || line.starts_with("</details>{");
            assert!(!lines.any(is_markup), "{of}: {page}");
        }
        pages += 1;
    }
    pages
}

/// This record with every text in it changed: those that a program decides by, of which it knows all, are
/// left as they are, and the work of a cell too, or it would be no work that is known.
fn hostile(folder: &TempDir, record: Record, change: &impl Fn(&str) -> String) -> PathBuf {
    fn walk(value: &mut Value, key: &str, change: &impl Fn(&str) -> String) {
        match value {
            Value::String(text) => {
                let is_decided_by =
                    ["kind", "status", "build", "extent", "cgroup", "wait", "arrival"];
                if !is_decided_by.contains(&key) && text != "unlimited" {
                    *text = change(text);
                }
            }
            Value::Array(all) => all.iter_mut().for_each(|value| walk(value, key, change)),
            Value::Object(fields) => {
                let is_of_names = [
                    "contestants",
                    "env",
                    "versions",
                    "cautions",
                    "timers",
                    "limits",
                    "allocator_settings",
                    "build",
                    "system",
                ];
                let renames = is_of_names.contains(&key);
                let old = std::mem::take(fields);
                for (key, mut value) in old {
                    walk(&mut value, &key, change);
                    fields.insert(if renames { change(&key) } else { key }, value);
                }
            }
            _ => {}
        }
    }
    let path = record_file(folder, "record.jsonl", record);
    let lines = fs::read_to_string(&path).unwrap();
    let lines = lines.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        walk(&mut line, "", change);
        format!("{line}\n")
    });
    fs::write(&path, lines.collect::<String>()).unwrap();
    path
}

/// A run in which everything happens, and requests.
fn everything() -> Record {
    let mut record = small_run();
    let asking = asking_run();
    record.cells.extend(asking.cells);
    record.throughput.extend(asking.throughput);
    for limit in ["pid_max", "nofile", "memory_bytes"] {
        record.run.host.limits.insert(limit.into(), LimitValue::Number(40_000));
    }
    record.run.cautions.insert("coroutines/smol".into(), "old".into());
    record.run.timers.insert("coroutines/smol".into(), "a heap".into());
    record.run.host.allocator_settings.insert("MALLOC_ZZZ".into(), "1".into());
    record.run.host.cgroup_note = Some("none".into());
    record.run.program = Some("build".into());
    record.run.host.not_loaded = vec!["lib.so".into(), "other.so".into()];
    record.run.host.thp = Some("always".into());
    record.cells[1].conditions = Some(Conditions {
        clock: Some("hpet".into()),
        limits: [("nproc".to_owned(), None), ("pid_max".into(), Some(LimitValue::Number(7)))]
            .into(),
        ..Conditions::default()
    });
    let errors = &mut record.cells[0].errors;
    errors.push(ErrorLine { kind: "reset".into(), tasks: 1, first: "gone".into() });
    record
}

/// Every command that reads a record, on this one.
fn read_with_every_command(record: &Path) {
    let path = record.to_str().unwrap();
    let both = format!("{path},{path}");
    let out = record.with_file_name("pages");
    let commands: &[&[&str]] = &[
        &["claims", "--record", path],
        &["claims", "--all", "--record", path],
        &["claims", "--json", "--record", path],
        &["plan", "--tasks", "2k", "--record", path],
        &["plan", "--tasks", "2k", "--json", "--record", path],
        &["plan", "--tasks", "2k", "--workload", "http", "--record", path],
        &["plan", "--memory", "1GiB", "--record", path],
        &["proof", "--record", path],
        &["diff", path, path, "--all"],
        &["diff", path, path, "--json"],
        &["diff", path, path, "--only", HOSTILE],
        &["repeat", "--of", &both, "--all"],
        &["repeat", "--of", &both, "--json"],
        &["run", "--resume", path],
        &["tables", "--record", path, "--out", out.to_str().unwrap()],
        &["tables", "--check", "--record", path, "--out", out.to_str().unwrap()],
    ];
    for command in commands {
        let output = compare().args(*command).output().unwrap();
        let of = command.join(" ");
        assert_harmless_output(&output, &of);
        if command[0] == "tables" && output.status.code() != Some(0) {
            panic!("{of}: {}", stderr(&output));
        }
        if !command.contains(&"--json") {
            assert_narrow(&stdout(&output));
        }
    }
    assert!(assert_harmless_pages(&out) > 10);
}

#[test]
fn hostile_names_and_reasons_reach_no_terminal_and_no_page() {
    let folder = scratch();
    // The names still belong to models, so they get as far as names can.
    let record = hostile(&folder, everything(), &|text| format!("{text}{HOSTILE}"));
    assert_eq!(read_file(&record).unwrap().cells.len(), everything().cells.len());
    read_with_every_command(&record);
}

#[test]
fn texts_that_are_nothing_else_are_harmless_too() {
    let folder = scratch();
    read_with_every_command(&hostile(&folder, everything(), &|_| HOSTILE.to_owned()));
}

#[test]
fn endless_texts_are_cut() {
    let folder = scratch();
    let mut record = everything();
    record.cells.truncate(40);
    // A line of a record is no longer than a megabyte, and its first one has many texts.
    let long = |text: &str| {
        let times = if text.contains('/') { 8_192 } else { 2_048 };
        format!("{text}{}", "long <b>".repeat(times))
    };
    let record = hostile(&folder, record, &long);
    read_with_every_command(&record);
    let claims = compare().arg("claims").arg("--record").arg(&record).output().unwrap();
    assert!(claims.status.success(), "{}", stderr(&claims));
}

/// An allocator's settings are the environment's, which may be of any length.
#[test]
fn an_environment_of_any_length_has_its_tables() {
    let folder = scratch();
    let record = folder.path().join("record.jsonl");
    let output = compare()
        .args(["run", "--only", "coroutines/bare", "--tasks", "10", "--no-heap", "--record"])
        .arg(&record)
        .env("MALLOC_ZZZ", format!("{HOSTILE}{}", "x".repeat(70_000)))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_harmless_output(&output, "run");
    let settings = read_file(&record).unwrap().run.host.allocator_settings;
    assert!(settings.contains_key("MALLOC_ZZZ"), "{settings:?}");
    read_with_every_command(&record);
}

#[test]
fn what_is_no_record_is_quoted_harmlessly() {
    let folder = scratch();
    let (_, plain) = run(&folder, &["--only", "callbacks/*", "--tasks", "2", "--no-heap"]);
    let text = fs::read_to_string(&plain).unwrap();
    let first = text.lines().next().unwrap();
    let path = folder.path().join("\u{1b}]0;record\u{7}.jsonl");
    let unknown = |kind: &str| format!("{first}\n{}\n", serde_json::json!({ "kind": kind }));
    let schema = first.replacen("\"schema\":1", &format!("\"schema\":{}", Value::from(HOSTILE)), 1);
    for text in [unknown(HOSTILE), schema, HOSTILE.into(), first.replace("\"full\"", HOSTILE)] {
        fs::write(&path, text).unwrap();
        for command in ["claims", "tables", "proof", "plan"] {
            let mut asked = compare();
            asked.arg(command).arg("--record").arg(&path);
            if command == "plan" {
                asked.args(["--tasks", "10"]);
            }
            let output = asked.output().unwrap();
            assert_harmless_output(&output, command);
        }
    }
    let missing = compare().args(["claims", "--record", HOSTILE]).output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
    assert_eq!(stderr(&missing).lines().count(), 1);
    assert_harmless_output(&missing, "missing");
    let unknown = compare().args(["run", "--only", HOSTILE]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
    assert_harmless_output(&unknown, "only");
}

/// A server that is none says what it likes.
#[cfg(feature = "server")]
#[test]
fn a_hostile_server_is_quoted_harmlessly() {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let answers = [
            format!("HTTP/1.1 {HOSTILE}\r\n\r\n"),
            "HTTP/1.1 200 \u{1b}]0;x\u{7}\r\nContent-Length: 4\r\n\r\n\u{1b}[2J".to_owned(),
            "HTTP/1.1 500 \u{1b}]0;x\u{7}\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "\u{1b}[2J".repeat(10_000),
        ];
        for (stream, answer) in listener.incoming().zip(answers.iter().cycle()) {
            let Ok(mut stream) = stream else { continue };
            let _ = stream.read(&mut [0; 4_096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    for _ in 0..4 {
        let output = compare()
            .args(["run", "--workload", "http", "--only", "coroutines/bare", "--tasks", "1"])
            .args(["--no-heap", "--server", &url, "--record", "-"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
        assert_harmless_output(&output, "server");
    }
}
