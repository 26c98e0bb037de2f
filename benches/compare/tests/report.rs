//! `compare report`, run as a process. What a person does with the page is tested in a browser (`benches/browser`).

mod common;

use std::fs;

use common::{compare, scratch, small_record, stderr, stdout};

#[test]
fn the_page_stands_beside_its_record_or_where_it_is_wanted() {
    let folder = scratch();
    let (record, _) = small_record(&folder);
    let page = folder.path().join("record.html");
    let output = compare().arg("report").arg("--record").arg(&record).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output).trim_end(), page.to_string_lossy());
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("bare futures"));
    assert!(!html.contains(&*folder.path().to_string_lossy()), "no path of this machine");
    assert!(!html.contains("href=\"../"), "no link to a file that is not there");
    let elsewhere = folder.path().join("new/page.html");
    let text = fs::read_to_string(&record).unwrap();
    let mut command = compare();
    command.args(["report", "--record", "-", "--out"]).arg(&elsewhere).write_stdin(text);
    assert!(command.output().unwrap().status.success());
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), html);
}

#[test]
fn what_cannot_be_a_page_is_said_in_a_line_and_nothing_is_written() {
    let folder = scratch();
    let (record, text) = small_record(&folder);
    let other = folder.path().join("other.jsonl");
    fs::write(&other, text.replacen("\"schema\":1", "\"schema\":2", 1)).unwrap();
    let empty = folder.path().join("empty.jsonl");
    fs::write(&empty, "").unwrap();
    let missing = folder.path().join("missing.jsonl");
    let before = fs::read_dir(folder.path()).unwrap().count();
    let paths = [&other, &empty, &missing, &record].map(|path| path.to_str().unwrap().to_owned());
    let [other, empty, missing, record] = &paths;
    for (arguments, said) in [
        (vec!["--record", other], "line 1: schema 2"),
        (vec!["--record", empty], "is empty"),
        (vec!["--record", missing], "missing.jsonl"),
        (vec!["--record", "-"], "say with --out where the page goes"),
        (
            vec!["--record", record, "--out", record],
            "is the record, and a page would be written over it",
        ),
        (vec!["--record", record, "--out", "/proc/no/page.html"], "cannot be written"),
    ] {
        let output = compare().arg("report").args(&arguments).write_stdin("").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let line = stderr(&output);
        assert!(line.contains(said) && line.trim_end().lines().count() == 1, "{line}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before);
    assert_eq!(&fs::read_to_string(record).unwrap(), &text);
    let committed = compare::project::Project::find().unwrap().record();
    let before = fs::metadata(&committed).unwrap().modified().unwrap();
    let mut command = compare();
    assert_eq!(
        command.args(["report", "--out"]).arg(&committed).output().unwrap().status.code(),
        Some(2)
    );
    assert_eq!(fs::metadata(&committed).unwrap().modified().unwrap(), before);
}

#[test]
fn where_no_browser_opens_the_page_is_written_all_the_same() {
    let folder = scratch();
    let (record, _) = small_record(&folder);
    let mut command = compare();
    command.args(["report", "--open", "--record"]).arg(&record).env("PATH", folder.path());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no browser could be opened"), "{}", stderr(&output));
    assert!(folder.path().join("record.html").is_file());
}
