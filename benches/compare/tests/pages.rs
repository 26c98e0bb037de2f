//! `compare tables` and `compare claims`, run as processes.

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{compare, scratch, small_record, stderr, stdout};

fn tables(record: &Path, more: &[&str]) -> Output {
    compare().arg("tables").arg("--record").arg(record).args(more).output().unwrap()
}

#[test]
fn a_changed_page_is_stale() {
    let folder = scratch();
    let (path, _) = small_record(&folder);
    assert_eq!(tables(&path, &["--check"]).status.code(), Some(1), "there are no pages yet");
    assert!(tables(&path, &[]).status.success());
    let output = tables(&path, &["--check"]);
    assert!(output.status.success());
    assert!(stdout(&output).contains("files are what the record yields"), "{}", stdout(&output));
    for page in report::pages::all() {
        let page = format!("{}.md", page.id);
        let page = folder.path().join(page);
        let text = fs::read_to_string(&page).unwrap();
        fs::write(&page, format!("{text} ")).unwrap();
        let output = tables(&path, &["--check"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(&*page.to_string_lossy()), "{}", stderr(&output));
        fs::write(&page, text).unwrap();
    }
    assert!(tables(&path, &["--check"]).status.success());
}

#[test]
fn a_cut_off_last_line_is_said_and_any_other_bad_line_refused() {
    let folder = scratch();
    let (path, text) = small_record(&folder);
    fs::write(&path, &text[..text.len() - 20]).unwrap();
    let output = tables(&path, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("the last line of"), "{}", stderr(&output));

    let lines: Vec<_> = text.lines().collect();
    let refused = [
        (format!("{}\nrubbish\n{}\n", lines[0], lines[1]), "line 2"),
        (format!("{}\n{}\n{{}}\n", lines[0], lines[1]), "line 3"),
        (format!("{}\n{}\n", lines[0], lines[0]), "line 2: a second run"),
        (text.replacen("\"schema\":1", "\"schema\":2", 1), "line 1: schema 2"),
        (format!("{}\n", lines[1]), "line 1: not a run"),
        (String::new(), "is empty"),
    ];
    for (text, expected) in refused {
        fs::write(&path, &text).unwrap();
        fs::write(folder.path().join("memory.md"), "untouched").unwrap();
        let output = tables(&path, &[]);
        let line = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{expected}: {line}");
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(line.contains(expected), "{expected}: {line}");
        assert_eq!(fs::read_to_string(folder.path().join("memory.md")).unwrap(), "untouched");
    }
}

#[test]
fn claims_come_as_text_and_as_json() {
    let folder = scratch();
    let (path, _) = small_record(&folder);
    let claims = |more: &[&str]| {
        compare().arg("claims").arg("--record").arg(&path).args(more).output().unwrap()
    };
    assert!(stdout(&claims(&[])).contains("not measured"), "{}", stdout(&claims(&[])));
    let json: serde_json::Value = serde_json::from_slice(&claims(&["--json"]).stdout).unwrap();
    assert!(json.to_string().contains("lighter"), "{json}");
}
